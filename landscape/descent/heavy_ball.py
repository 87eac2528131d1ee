"""The heavy ball (Polyak, USSR Comput. Math. Math. Phys. 4, 1, 1964)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array
from landscape.descent.method import require_kept_part, require_positive
from landscape.function import Landscape


class Velocity(NamedTuple):
    """The last displacement of each run, (m, n)."""

    displacement: Array


@dataclass(frozen=True)
class HeavyBall:
    """v <- momentum v - lr grad f(x); x <- R_x(v).

    On a manifold the displacement is carried along by projection on the new tangent space.

    Parameters
    ----------
    lr : float
        Learning rate.
    momentum : float
        Part of the last displacement that is kept, in [0, 1).
    """

    lr: float = 0.01
    momentum: float = 0.9

    def __post_init__(self) -> None:
        require_positive("lr", self.lr)
        require_kept_part("momentum", self.momentum)

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> Velocity:
        return Velocity(np.zeros_like(x))

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: Velocity, rng: np.random.Generator | None
    ) -> tuple[Array, Array, Velocity]:
        displacement = self.momentum * memory.displacement - self.lr * gradient
        x = landscape.manifold.retract(x, displacement)
        carried = landscape.manifold.project(x, displacement)
        return x, landscape.riemannian_gradient(x), Velocity(carried)
