"""RMSProp (Tieleman & Hinton 2012, *Neural Networks for Machine Learning*, Coursera, lecture 6.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array
from landscape.descent.method import require_kept_part, require_positive
from landscape.function import Landscape


class SquaredGradients(NamedTuple):
    """A sum or a running mean of squared gradients, coordinate by coordinate, (m, n)."""

    squared: Array


@dataclass(frozen=True)
class RMSProp:
    """v <- smoothing v + (1 - smoothing) g^2; x <- R_x(-lr g / (sqrt(v) + epsilon)), coordinate by coordinate.

    PyTorch's rule. With a constant learning rate runs do not come to rest: near a minimum sqrt(v) shrinks with the
    gradient until lr / sqrt(v) is beyond 2/L, and they end on cycles of period 2 and half-width lr / 2 round it. On a
    manifold the scaled direction is projected on the tangent space, where it still leads down; like the method itself
    it depends on the choice of coordinates.

    Parameters
    ----------
    lr : float
        Learning rate, in units of the coordinates.
    smoothing : float
        Part of the running mean that a step keeps, in [0, 1).
    epsilon : float
        What keeps the denominator from zero, in units of the gradient.
    """

    lr: float = 0.01
    smoothing: float = 0.99
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        require_positive("lr", self.lr)
        require_kept_part("smoothing", self.smoothing)
        require_positive("epsilon", self.epsilon)

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> SquaredGradients:
        return SquaredGradients(np.zeros_like(x))

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: SquaredGradients, rng: np.random.Generator | None
    ) -> tuple[Array, Array, SquaredGradients]:
        squared = self.smoothing * memory.squared + (1 - self.smoothing) * gradient**2
        direction = landscape.manifold.project(x, gradient / (squared**0.5 + self.epsilon))
        x = landscape.manifold.retract(x, -self.lr * direction)
        return x, landscape.riemannian_gradient(x), SquaredGradients(squared)
