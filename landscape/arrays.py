"""Batched linear algebra on points of shape (..., n), and the checks at the library's doors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


def alternating_sum(numbers: Sequence[int] | npt.NDArray[np.object_]) -> int:
    """n_0 - n_1 + n_2 - ..., in Python's integers."""
    return int(sum(numbers[::2]) - sum(numbers[1::2]))


def dot(a: Array, b: Array) -> Array:
    """Inner product along the last axis: (..., n) and (..., n) give (...)."""
    # A product with ones runs in BLAS and is several times faster than a reduction over a short axis.
    product: Array = (a * b) @ np.ones(a.shape[-1], dtype=a.dtype)
    return product


def norm(v: Array) -> Array:
    """Euclidean length along the last axis: (..., n) gives (...)."""
    length: Array = dot(v, v) ** 0.5  # not np.sqrt, which JAX cannot trace
    return length


def matvec(matrix: Array, v: Array) -> Array:
    """Matrix times vector: (..., m, n) and (..., n) give (..., m)."""
    return (matrix @ v[..., None])[..., 0]


def transpose(matrix: Array) -> Array:
    """Swap the last two axes."""
    return np.swapaxes(matrix, -1, -2)


def symmetrize(matrix: Array) -> Array:
    """The symmetric part of each matrix."""
    return 0.5 * (matrix + transpose(matrix))


def spectral_radius_bound(matrix: Array) -> Array:
    """Upper bound of the largest |eigenvalue| of symmetric matrices: the largest absolute row sum, (...)."""
    row_sums: Array = np.abs(matrix) @ np.ones(matrix.shape[-1])
    return row_sums.max(axis=-1, initial=0.0)


def as_points(x: npt.ArrayLike, dim: int, name: str) -> Array:
    """`x` as float64 points of shape (..., dim).

    Raises
    ------
    ValueError
        If the last axis is not `dim` long, or a coordinate is not finite.
    """
    try:
        points = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers of shape (..., {dim}): {error}") from error
    if points.ndim == 0 or points.shape[-1] != dim:
        raise ValueError(f"{name} has shape {points.shape} but the landscape has dim {dim}")
    if not np.isfinite(points).all():
        raise ValueError(f"{name} has coordinates that are not finite")
    return points


def as_batch(x: npt.ArrayLike, dim: int, name: str) -> Array:
    """`x` as a two-dimensional batch (m, dim); a single point becomes a batch of one."""
    return as_points(x, dim, name).reshape(-1, dim)
