"""AdaGrad (Duchi, Hazan & Singer, J. Mach. Learn. Res. 12, 2121, 2011, Figure 1, the diagonal version)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array
from landscape.descent.method import require_positive
from landscape.descent.rmsprop import SquaredGradients
from landscape.function import Landscape


@dataclass(frozen=True)
class AdaGrad:
    """v <- v + g^2; x <- R_x(-lr g / (sqrt(v) + epsilon)), coordinate by coordinate.

    PyTorch's rule. The steps shrink for good, and more in coordinates that were steep. On a manifold the scaled
    direction is projected on the tangent space, where it still leads down.

    Parameters
    ----------
    lr : float
        Learning rate, in units of the coordinates: the length of the first step in each of them.
    epsilon : float
        What keeps the denominator from zero, in units of the gradient.
    """

    lr: float = 0.01
    epsilon: float = 1e-10

    def __post_init__(self) -> None:
        require_positive("lr", self.lr)
        require_positive("epsilon", self.epsilon)

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> SquaredGradients:
        return SquaredGradients(np.zeros_like(x))

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: SquaredGradients, rng: np.random.Generator | None
    ) -> tuple[Array, Array, SquaredGradients]:
        squared = memory.squared + gradient**2
        direction = landscape.manifold.project(x, gradient / (squared**0.5 + self.epsilon))
        x = landscape.manifold.retract(x, -self.lr * direction)
        return x, landscape.riemannian_gradient(x), SquaredGradients(squared)
