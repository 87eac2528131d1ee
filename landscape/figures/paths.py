"""Paths as figures draw them: how far along each of its points is, and points at equal distances."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, norm


def distance_along(path: npt.ArrayLike) -> Array:
    """How far along a path (frames, n) each of its points is, (frames,)."""
    points = _as_path(path)
    return np.concatenate([[0.0], np.cumsum(norm(np.diff(points, axis=0)))])


def equally_spaced(path: npt.ArrayLike, number: int) -> Array:
    """Points at equal distances along the polygon through those of a path.

    Parameters
    ----------
    path : (frames, n)
        NaN may end it, as it does the recorded lines of the gradient flow.
    number : int
        How many points, the first and the last included.

    Returns
    -------
    (number, n)

    Raises
    ------
    ValueError
        If the path has no point or the wrong shape, or `number` is less than 2.

    Examples
    --------
    >>> equally_spaced([[0.0, 0.0], [1.0, 0.0], [1.0, 3.0]], 3).tolist()
    [[0.0, 0.0], [1.0, 1.0], [1.0, 3.0]]
    """
    points = _as_path(path)
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) == 0:
        raise ValueError("path has no finite point, but needs at least one")
    if number < 2:
        raise ValueError(f"number is {number} but must be at least 2")
    along = distance_along(points)
    at = np.linspace(0, along[-1], number)
    return np.stack([np.interp(at, along, column) for column in points.T], axis=1)


def _as_path(path: npt.ArrayLike) -> Array:
    points = np.asarray(path, dtype=np.float64)
    if points.ndim != 2 or len(points) == 0:
        raise ValueError(f"path has shape {points.shape} but must have shape (frames, n) with at least one frame")
    return points
