"""Adam (Kingma & Ba 2015, ICLR, arXiv:1412.6980, Algorithm 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array
from landscape.descent.method import require_kept_part, require_positive
from landscape.function import Landscape


class Moments(NamedTuple):
    """Running means of the gradient and of its square, (m, n), and what is left of their zero beginnings, (m,)."""

    mean: Array
    squared: Array
    mean_left: Array
    squared_left: Array


@dataclass(frozen=True)
class Adam:
    """x <- R_x(-lr m / (sqrt(v) + epsilon)) with running means m of g and v of g^2, coordinate by coordinate:

        m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2, each divided by 1 - beta^t before use.

    PyTorch's rule. With a constant learning rate runs do not come to rest: near a minimum sqrt(v) shrinks with the
    gradient until lr / sqrt(v) is too large for the curvature, and a burst of steps throws them out again. On a
    manifold the scaled direction is projected on the tangent space, and the running mean m is carried along by
    projection; like the method itself this depends on the choice of coordinates.

    Parameters
    ----------
    lr : float
        Learning rate, in units of the coordinates: the length of the first step in each of them.
    beta1, beta2 : float
        Part of the running mean of g and of g^2 that a step keeps, in [0, 1).
    epsilon : float
        What keeps the denominator from zero, in units of the gradient.
    """

    lr: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        require_positive("lr", self.lr)
        require_kept_part("beta1", self.beta1)
        require_kept_part("beta2", self.beta2)
        require_positive("epsilon", self.epsilon)

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> Moments:
        return Moments(np.zeros_like(x), np.zeros_like(x), np.ones(len(x)), np.ones(len(x)))

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: Moments, rng: np.random.Generator | None
    ) -> tuple[Array, Array, Moments]:
        manifold = landscape.manifold
        mean = self.beta1 * memory.mean + (1 - self.beta1) * gradient
        squared = self.beta2 * memory.squared + (1 - self.beta2) * gradient**2
        mean_left, squared_left = self.beta1 * memory.mean_left, self.beta2 * memory.squared_left
        unbiased = mean / (1 - mean_left)[:, None]
        scale = (squared / (1 - squared_left)[:, None]) ** 0.5 + self.epsilon
        x = manifold.retract(x, -self.lr * manifold.project(x, unbiased / scale))
        carried = manifold.project(x, mean)
        return x, landscape.riemannian_gradient(x), Moments(carried, squared, mean_left, squared_left)
