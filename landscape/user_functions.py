"""Functions of a user's own: made batched, floating, differentiable, and called once to see whether they fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from landscape.arrays import Array
from landscape.autodiff import BatchFunction, complex_step_gradient, complex_steps_agree, difference_gradient
from landscape.manifolds import Euclidean, Manifold
from landscape.memory import require_memory

_PROBE_POINTS = 5
_GRADIENT_PROBE_POINTS = 32
_OUTSIDE = 4.0  # how much wider than the box that is probed for walls, too


def derived_gradient(
    value: BatchFunction, raw: Callable[[Array], Any], manifold: Manifold
) -> tuple[BatchFunction, str]:
    """The gradient of a function that came without one, and how it is taken."""
    n = manifold.dim
    require_memory(
        16.0 * _GRADIENT_PROBE_POINTS * n * n,  # 16 bytes: complex numbers
        f"the gradient of a function of {n} coordinates that comes without one",
        "give its gradient, or write it for JAX or PyTorch",
    )
    rng = np.random.default_rng(1)
    points = manifold.sample(rng, _GRADIENT_PROBE_POINTS)
    agree, telling = complex_steps_agree(value, raw, points, manifold.length_scale)
    if agree and telling and not _differs_outside(value, raw, manifold, rng):
        return complex_step_gradient(raw), "complex step"
    return difference_gradient(value, manifold.length_scale), "finite differences"


def _differs_outside(
    value: BatchFunction, raw: Callable[[Array], Any], manifold: Manifold, rng: np.random.Generator
) -> bool:
    """Whether the complex step is wrong outside the sampling box, where searches may go: at walls that are made of
    absolute values. A function need not be defined there."""
    if not isinstance(manifold, Euclidean):
        return False
    low, high = (np.asarray(corner, dtype=np.float64) for corner in manifold.box)
    middle = (low + high) / 2
    points = middle + _OUTSIDE * (manifold.sample(rng, _GRADIENT_PROBE_POINTS) - middle)
    try:
        return not complex_steps_agree(value, raw, points, manifold.length_scale)[0]
    except Exception:
        return False


def floating(function: Callable[[Array], Any]) -> BatchFunction:
    """A function whose results are float32 for points in float32 and float64 for all others."""

    def call(x: Array) -> Array:
        precision = np.float32 if x.dtype == np.float32 else np.float64
        return np.array(function(x), dtype=precision)  # a copy: the result may be the argument or a constant

    return call


def point_by_point(function: Callable[[Array], Any], rank: int) -> BatchFunction:
    """A batched function from a function of one point whose result has `rank` axes."""

    def call(x: Array) -> Array:
        if x.size == 0:
            return np.zeros(x.shape[:-1] + x.shape[-1:] * rank)
        points = x.reshape(-1, x.shape[-1])
        results = np.array([function(point) for point in points])
        return results.reshape(x.shape[:-1] + results.shape[1:])

    return call


def check_shapes(functions: Mapping[str, BatchFunction], manifold: Manifold, hint: str) -> None:
    """Call each function on a few points and compare the shapes of its results with those expected."""
    n = manifold.dim
    size = _PROBE_POINTS + (n == _PROBE_POINTS)  # a batch as long as a point would hide a transposed result
    points = manifold.sample(np.random.default_rng(0), size)
    expected = {"value": (size,), "gradient": (size, n), "hessian": (size, n, n)}
    for key, function in functions.items():
        with np.errstate(all="ignore"):
            shape = function(points).shape
        if shape != expected[key]:
            raise ValueError(
                f"{key} returned shape {shape} for points of shape {points.shape}, expected {expected[key]}; {hint}"
            )
