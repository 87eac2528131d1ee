"""Gradient descent with Armijo's backtracking, run by run (Armijo, Pacific J. Math. 16, 1, 1966)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array, BoolArray, dot, norm
from landscape.descent.method import require_positive
from landscape.function import Landscape

_ROUNDING = 16 * np.finfo(np.float64).eps


class LineSearch(NamedTuple):
    """Value at the current point and the last accepted step of each run, (m,)."""

    value: Array
    step_size: Array


@dataclass(frozen=True)
class ArmijoGradientDescent:
    """x <- R_x(-t grad f(x)) with the first t among t0, beta t0, beta^2 t0, ... that decreases f enough:

        f(R_x(-t grad f)) <= f(x) - c t |grad f|^2.

    Each run tries first the step `growth` times its last accepted one, so that it follows the local curvature up and
    down. Where the curvature along the path is at most L, an accepted step is at least min(t0, 2 beta (1 - c)/L).
    Near a minimum, where rounding hides the decrease of f, the condition is put in terms of the slope along the path,
    which on a quadratic is the same (Hager & Zhang, SIAM J. Optim. 16, 170, 2005, eq. 4.1):

        grad f(R_x(-t grad f)) . grad f(x) >= -(1 - 2 c) |grad f(x)|^2.

    A run for which `max_backtracks` are not enough stays where it is, and goes on from there with its shortest trial.

    Parameters
    ----------
    first_step : float, optional
        First trial t0; by default a tenth of the landscape's length scale divided by the gradient's norm.
    decrease : float
        The constant c.
    backtrack : float
        The factor beta.
    growth : float
        At least 1. Not 1/beta, because then a run could come back to the same step for ever, and one just below 2/L
        hardly contracts.
    """

    first_step: float | None = None
    decrease: float = 1e-4
    backtrack: float = 0.5
    growth: float = 1.5

    @property
    def max_backtracks(self) -> int:
        """Backtracks in one step at most: 60, or as many as make a trial 2^60 times shorter, but never over 10,000."""
        return max(60, math.ceil(min(60 * (math.log(2) / -math.log(self.backtrack)), 10_000)))

    def __post_init__(self) -> None:
        if self.first_step is not None:
            require_positive("first_step", self.first_step)
        for name in ("decrease", "backtrack"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)} but must lie between 0 and 1")
        if not 1 <= self.growth < float("inf"):
            raise ValueError(f"growth is {self.growth} but must be at least 1 and finite")

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> LineSearch:
        if self.first_step is None:
            slope = np.maximum(norm(gradient), np.finfo(np.float64).tiny)
            trial = 0.1 * landscape.manifold.length_scale / slope
        else:
            trial = np.full(len(x), self.first_step)
        return LineSearch(landscape.value(x), trial / self.growth)

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: LineSearch, rng: np.random.Generator | None
    ) -> tuple[Array, Array, LineSearch]:
        manifold = landscape.manifold
        t = memory.step_size * self.growth
        if self.first_step is not None:
            t = np.minimum(t, self.first_step)
        squared = dot(gradient, gradient)
        moved = manifold.retract(x, -t[:, None] * gradient)
        value = landscape.value(moved)

        def failing() -> BoolArray:
            # A NaN at the end of the step fails; where f is NaN already, no step mends it.
            failed: BoolArray = ~(value <= memory.value - self.decrease * t * squared) & ~np.isnan(memory.value)
            unclear = np.abs(value - memory.value) <= _ROUNDING * np.abs(memory.value)
            if unclear.any():
                slope = dot(landscape.riemannian_gradient(moved[unclear]), gradient[unclear])
                failed[unclear] = slope < -(1 - 2 * self.decrease) * squared[unclear]
            return failed

        for _ in range(self.max_backtracks):
            failed = failing()
            if not failed.any():
                break
            t = np.where(failed, self.backtrack * t, t)
            moved[failed] = manifold.retract(x[failed], -t[failed, None] * gradient[failed])
            value[failed] = landscape.value(moved[failed])
        else:
            failed = failing()
            moved[failed], value[failed] = x[failed], memory.value[failed]
        return moved, landscape.riemannian_gradient(moved), LineSearch(value, t)
