"""Nesterov's accelerated gradient with constant momentum (Nesterov, Soviet Math. Dokl. 27, 372, 1983)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array
from landscape.descent.heavy_ball import Velocity
from landscape.descent.method import require_kept_part, require_positive
from landscape.function import Landscape


@dataclass(frozen=True)
class Nesterov:
    """v <- momentum v - lr grad f(y); y <- R_y(momentum v - lr grad f(y)).

    The position that is reported is the extrapolated point y, where the gradient is taken, as in PyTorch's
    `SGD(nesterov=True)`.

    Parameters
    ----------
    lr : float
        Learning rate.
    momentum : float
        In [0, 1).
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
        downhill = -self.lr * gradient
        velocity = self.momentum * memory.displacement + downhill
        x = landscape.manifold.retract(x, self.momentum * velocity + downhill)
        carried = landscape.manifold.project(x, velocity)
        return x, landscape.riemannian_gradient(x), Velocity(carried)
