"""Perturbed gradient descent (Jin, Ge, Netrapalli, Kakade & Jordan 2017, ICML, arXiv:1703.00887)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array, norm
from landscape.descent.method import require_count, require_generator, require_positive
from landscape.descent.noise import uniform_in_ball
from landscape.function import Landscape


class Quiet(NamedTuple):
    """Steps since the last perturbation of each run, (m,)."""

    steps: Array


@dataclass(frozen=True)
class PerturbedGradientDescent:
    """Gradient descent that jumps to a random point nearby where the gradient is small (the paper's Algorithm 2).

    Where |grad f(x)| <= gradient_threshold, and more than `wait` steps have passed since the last jump, x moves by a
    tangent vector uniform in a ball of `radius`; then comes the gradient step x <- R_x(-lr grad f(x)). A strict saddle
    whose lowest eigenvalue is -gamma is left within about ln(1/radius) / (lr gamma) steps, with a probability that the
    paper makes as near to 1 as one likes.

    The paper ends a run where `wait` steps after a jump f has hardly fallen; here runs end as all descents do. Give
    `descend` a `tol` well below the threshold: a run that has reached it has ended, even at a saddle.

    On manifolds the jump is made in the tangent space, as by Criscitiello & Boumal 2019 (NeurIPS, arXiv:1906.04321),
    whose steps after it stay in that tangent space, while ours do not.

    Parameters
    ----------
    lr : float
        Learning rate.
    radius : float
        Radius of the ball, in units of the coordinates.
    gradient_threshold : float
        Gradient norm that counts as small.
    wait : int
        Steps between jumps; the paper's t_thres.
    """

    lr: float = 0.01
    radius: float = 0.01
    gradient_threshold: float = 0.01
    wait: int = 100

    random = True

    def __post_init__(self) -> None:
        require_positive("lr", self.lr)
        require_positive("radius", self.radius)
        require_positive("gradient_threshold", self.gradient_threshold)
        require_count("wait", self.wait, least=0)

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> Quiet:
        return Quiet(np.full(len(x), np.inf))

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: Quiet, rng: np.random.Generator | None
    ) -> tuple[Array, Array, Quiet]:
        manifold, rng = landscape.manifold, require_generator(self, rng)
        jumps = np.flatnonzero((norm(gradient) <= self.gradient_threshold) & (memory.steps > self.wait))
        if jumps.size:
            x, gradient = x.copy(), gradient.copy()
            x[jumps] = manifold.retract(x[jumps], uniform_in_ball(manifold, x[jumps], self.radius, rng))
            gradient[jumps] = landscape.riemannian_gradient(x[jumps])
        steps = memory.steps + 1
        steps[jumps] = 1
        x = manifold.retract(x, -self.lr * gradient)
        return x, landscape.riemannian_gradient(x), Quiet(steps)
