"""Steepest descent proper: gradient descent with exact line search (Cauchy, Comptes Rendus 25, 536, 1847)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array, dot
from landscape.function import Landscape

_SLOPE_TOLERANCE = 1e-8  # relative to the slope at the start of the line
_STEP_TOLERANCE = 1e-12  # relative width of the bracket at which rounding has the last word
_ROUNDING = 16 * np.finfo(np.float64).eps
_FARTHEST = 1e9  # in length scales: a run that goes there has diverged


class Height(NamedTuple):
    """Value at the current point of each run, (m,)."""

    value: Array


@dataclass(frozen=True)
class ExactLineSearch:
    """x <- R_x(-t grad f(x)) with t at a minimum of f along that line.

    The first trial is Cauchy's step t = |g|^2 / (g . H g), at the price of one Hessian-vector product. On a quadratic
    with Hessian H it is the minimum (Nocedal & Wright 2006, *Numerical Optimization*, eq. 3.26) and the search ends
    with it. On other functions it is the minimum of the local model only; doubling brackets one of the line's minima,
    never higher than the start, and the Illinois rule (Dowell & Jarratt, BIT 11, 168, 1971) closes in on the zero of
    the slope. Where f falls for ever along the line, as on a quadratic of negative curvature along g, the run diverges.

    The slope is taken along the gradient carried to the trial by projection. In Euclidean space and on tori that is the
    slope, on spheres it has the slope's zeros, and on products of spheres it has them nearly.
    """

    max_trials = 100

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> Height:
        return Height(landscape.value(x))

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: Height, rng: np.random.Generator | None
    ) -> tuple[Array, Array, Height]:
        squared = dot(gradient, gradient)
        farthest = _FARTHEST * landscape.manifold.length_scale / np.sqrt(squared)
        curvature = dot(gradient, landscape.riemannian_hvp(x, gradient))
        t = np.where(curvature > 0, squared / curvature, 0.1 / _FARTHEST * farthest)
        t = np.minimum(t, farthest)
        # f falls at `low`; at `high` it rises again (positive slope) or is above the start (slope set to NaN).
        low, low_slope = np.zeros_like(t), -squared
        high, high_slope = np.full_like(t, np.inf), np.full_like(t, np.nan)
        last = np.zeros(len(x), dtype=np.int64)  # the end that moved last: 1 high, -1 low
        moved, end, value = np.empty_like(x), np.empty_like(x), np.empty_like(t)
        todo = np.arange(len(x))
        for _ in range(self.max_trials):
            start = memory.value[todo]
            moved[todo] = landscape.manifold.retract(x[todo], -t[todo, None] * gradient[todo])
            end[todo] = landscape.riemannian_gradient(moved[todo])
            value[todo] = landscape.value(moved[todo])
            slope = -dot(end[todo], gradient[todo])
            higher = ~(value[todo] <= start + _ROUNDING * np.abs(start)) & ~np.isnan(start)
            falls = (slope < 0) & ~higher

            far, near = todo[~falls], todo[falls]
            # Illinois: an end that stays where it is twice running counts for half, lest it stay for ever.
            low_slope[far[last[far] == 1]] /= 2
            high_slope[near[last[near] == -1]] /= 2
            high[far], high_slope[far], last[far] = t[far], np.where(higher, np.nan, slope)[~falls], 1
            low[near], low_slope[near], last[near] = t[near], slope[falls], -1

            settled = ~higher & (np.abs(slope) <= _SLOPE_TOLERANCE * squared[todo])
            settled |= low[todo] >= (1 - _STEP_TOLERANCE) * high[todo]
            settled |= falls & (t[todo] >= farthest[todo])
            todo = todo[~settled]
            if not todo.size:
                break
            t[todo] = _next_trial(low[todo], low_slope[todo], high[todo], high_slope[todo])
        return moved, end, Height(value)


def _next_trial(low: Array, low_slope: Array, high: Array, high_slope: Array) -> Array:
    """Where to look next, (m,): twice as far where there is no bracket, else where the chord of the slopes is zero, or
    halfway where there is no chord."""
    chord = low + (high - low) * low_slope / (low_slope - high_slope)
    halfway = (low + high) / 2
    return np.where(np.isinf(high), 2 * low, np.where((chord > low) & (chord < high), chord, halfway))
