"""Noisy gradient descent (Ge, Huang, Jin & Yuan 2015, COLT, arXiv:1503.02101, Algorithm 1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array
from landscape.batch import NoMemory
from landscape.descent.method import require_generator, require_not_negative, require_positive
from landscape.descent.noise import uniform_on_sphere
from landscape.function import Landscape


@dataclass(frozen=True)
class NoisyGradientDescent:
    """x <- R_x(-lr (grad f(x) + noise u)), u uniform among tangent vectors of length 1, drawn anew at each step.

    The noise takes runs off saddles and keeps them from coming to rest: round a minimum they fluctuate with a
    covariance that is proportional to lr where lr is small (`landscape.theory.noise.stationary_covariance`).

    Parameters
    ----------
    lr : float
        Learning rate.
    noise : float
        Length of the random vector, in units of the gradient; 1 in the paper.
    """

    lr: float = 0.01
    noise: float = 1.0

    random = True

    def __post_init__(self) -> None:
        require_positive("lr", self.lr)
        require_not_negative("noise", self.noise)

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> NoMemory:
        return NoMemory()

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: NoMemory, rng: np.random.Generator | None
    ) -> tuple[Array, Array, NoMemory]:
        kick = self.noise * uniform_on_sphere(landscape.manifold, x, require_generator(self, rng))
        x = landscape.manifold.retract(x, -self.lr * (gradient + kick))
        return x, landscape.riemannian_gradient(x), memory
