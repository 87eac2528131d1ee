"""Gradient descent with a constant learning rate (Cauchy, Comptes Rendus 25, 536, 1847)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array
from landscape.batch import NoMemory
from landscape.descent.method import require_positive
from landscape.function import Landscape


@dataclass(frozen=True)
class GradientDescent:
    """x <- R_x(-lr grad f(x)), with the manifold's retraction R.

    Parameters
    ----------
    lr : float
        Learning rate. On a quadratic it converges below 2/L, L the largest eigenvalue, and diverges beyond.
    """

    lr: float = 0.01

    def __post_init__(self) -> None:
        require_positive("lr", self.lr)

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> NoMemory:
        return NoMemory()

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: NoMemory, rng: np.random.Generator | None
    ) -> tuple[Array, Array, NoMemory]:
        x = landscape.manifold.retract(x, -self.lr * gradient)
        return x, landscape.riemannian_gradient(x), memory
