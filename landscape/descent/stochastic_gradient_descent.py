"""Stochastic gradient descent (Robbins & Monro, Ann. Math. Stat. 22, 400, 1951, eq. 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array
from landscape.descent.method import require_count, require_generator, require_not_negative, require_positive
from landscape.function import Landscape


class Clock(NamedTuple):
    """Steps that each run has taken, (m,)."""

    steps: Array


@dataclass(frozen=True)
class StochasticGradientDescent:
    """x <- R_x(-lr_t g) with the gradient g of a few random terms of a mean, and lr_t = lr / (1 + decay t).

    The terms are drawn anew at each step, independently and with replacement, for each run its own. Whether a run has
    converged is judged by the gradient of the whole function, as for all methods, which costs a full gradient a step.
    With a constant learning rate runs fluctuate round a minimum with a covariance proportional to lr where lr is small
    (`landscape.theory.noise`); with decay they settle, the squared distance falling as 1/t where lr / decay is more
    than half the inverse of the smallest curvature.

    Parameters
    ----------
    lr : float
        Learning rate of the first step.
    batch_size : int
        Terms drawn at each step.
    decay : float
        How fast the learning rate falls; 0 keeps it constant.
    """

    lr: float = 0.01
    batch_size: int = 1
    decay: float = 0.0

    random = True

    def __post_init__(self) -> None:
        require_positive("lr", self.lr)
        require_count("batch_size", self.batch_size)
        require_not_negative("decay", self.decay)

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> Clock:
        if landscape.terms is None:
            raise ValueError(f"StochasticGradientDescent needs a landscape with terms, but {landscape.name} has none")
        return Clock(np.zeros(len(x)))

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: Clock, rng: np.random.Generator | None
    ) -> tuple[Array, Array, Clock]:
        manifold, terms = landscape.manifold, landscape.terms
        assert terms is not None
        which = require_generator(self, rng).integers(terms.count, size=(len(x), self.batch_size))
        sampled = manifold.project(x, terms.gradient(x, which))
        lr = self.lr / (1 + self.decay * memory.steps)
        x = manifold.retract(x, -lr[:, None] * sampled)
        return x, landscape.riemannian_gradient(x), Clock(memory.steps + 1)
