"""A plain loss of the user's: for NumPy, JAX or PyTorch, for one point or for many, whichever it turns out to be."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from landscape.arrays import Array
from landscape.autodiff import BatchFunction
from landscape.study.faults import described_error


class ComplexValueError(TypeError):
    """A loss gave a complex number."""


def call_once(loss: Callable[[Any], Any], point: Array) -> tuple[str, Array | None, Exception | None]:
    """Which engine a loss is written for, and its value at one point, or the error that it raised."""
    failure: Exception | None = None
    conversions: list[Callable[[Array], Any]] = [lambda x: x]
    if "torch" in sys.modules:
        conversions.append(sys.modules["torch"].as_tensor)
    for convert in conversions:
        try:
            with np.errstate(all="ignore"):
                result = _real(loss(convert(point.copy())))
            owner = type(result).__module__.partition(".")[0]
            if owner in ("jax", "jaxlib"):
                return "JAX", np.asarray(result), None
            if owner == "torch":
                return "PyTorch", result.detach().numpy(), None
            return "NumPy", np.asarray(result, dtype=np.float64), None
        except Exception as error:
            if failure is None or isinstance(error, ComplexValueError):  # it is the form of point that the loss takes
                failure = error
    return "NumPy", None, failure


def of_batch_of_one(loss: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A loss of a batch as a loss of one point."""

    def value(x: Any) -> Any:
        return loss(x[None])[0]

    return value


def good_points(loss: Callable[[Any], Any], points: Array, size: int) -> Array:
    """The first points at which a loss does not raise, if there are so many; otherwise simply the first."""
    good: list[Array] = []
    for point in points:
        if any(call_once(form, point)[1] is not None for form in (loss, of_batch_of_one(loss))):
            good.append(point)
        if len(good) == size:
            return np.array(good)
    return points[:size]


def numpy_values(
    loss: Callable[[Any], Any], points: Array, single: Array | None, error: Exception | None, name: str
) -> tuple[BatchFunction, str]:
    """A NumPy loss as a batched function, and what it is written for.

    A loss of one point that only indexes and computes takes a batch with its coordinates first as well; if it gives the
    same values it is called so, because a loop over points is a hundred times slower."""
    batched = values_of_many(loss, points, len(points))
    if single is None or single.shape != ():
        if batched is not None:
            return _on_batches(loss), "a batch (m, n)"
        if single is None:
            raise ValueError(f"{name} {_told(error)} for a point of shape {points.shape[1:]}")
        raise ValueError(
            f"{name} returned shape {single.shape} for one point of shape {points.shape[1:]}, expected one number"
        )
    alone = np.array([_number(loss, point, name) for point in points])
    if _agree(batched, alone):
        return _on_batches(loss), "a batch (..., n)"
    if _agree(values_of_many(loss, np.ascontiguousarray(points.T), len(points)), alone):
        return _on_coordinates(loss), "one point, and good for many with their coordinates first"
    return _on_each_point(loss), "one point"


def _agree(batched: Array | None, alone: Array) -> bool:
    return batched is not None and np.allclose(batched, alone, rtol=1e-9, atol=0, equal_nan=True)


def _number(loss: Callable[[Any], Any], point: Array, name: str) -> float:
    try:
        with np.errstate(all="ignore"):
            return float(_real(loss(point.copy())))
    except Exception as error:
        raise ValueError(f"{name} {_told(error)} at x = {point.tolist()}") from error


def _told(error: Exception | None) -> str:
    return str(error) if isinstance(error, ComplexValueError) else f"raised {described_error(error)}"


def _real(result: Any) -> Any:
    """What a loss of any engine gave, unless it is complex: a cast would only warn that it drops imaginary parts."""
    if "complex" in str(getattr(result, "dtype", "")):
        raise ComplexValueError("returned a complex number where a real one is expected")
    return result


def values_of_many(loss: Callable[[Any], Any], points: Array, size: int) -> Array | None:
    """Values (size,) from one call with many points, or None if the loss does not take them."""
    try:
        with np.errstate(all="ignore"):
            result = np.asarray(_real(loss(points.copy())), dtype=np.float64)
    except Exception:
        return None
    return result if result.shape == (size,) else None


# Each hands the loss a copy, because a loss may compute in place.


def _on_batches(loss: Callable[[Any], Any]) -> BatchFunction:
    def value(x: Array) -> Array:
        points = x.reshape(-1, x.shape[-1]).copy()
        return np.asarray(loss(points)).reshape(x.shape[:-1])

    return value


def _on_coordinates(loss: Callable[[Any], Any]) -> BatchFunction:
    def value(x: Array) -> Array:
        coordinates = x.reshape(-1, x.shape[-1]).T.copy()
        return np.asarray(loss(coordinates)).reshape(x.shape[:-1])

    return value


def _on_each_point(loss: Callable[[Any], Any]) -> BatchFunction:
    def value(x: Array) -> Array:
        points = x.reshape(-1, x.shape[-1]).copy()
        return np.array([loss(point) for point in points]).reshape(x.shape[:-1])

    return value
