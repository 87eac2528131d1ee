"""Dimension of the boundary between sets of starts with different ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
from scipy import stats

from landscape.arrays import Array, IntArray, norm

Labels = Callable[[Array], IntArray]


def uncertain_counts(label: Labels, x: Array, distances: npt.ArrayLike, rng: np.random.Generator) -> IntArray:
    """How many of the points change their label when they are moved by a distance in a random direction.

    The fraction goes as distance^a where the boundary has box dimension n - a (McDonald, Grebogi, Ott & Yorke 1985,
    Physica D 17, 125, section 3): a = 1 for a smooth one, less for a fractal.

    Parameters
    ----------
    label : callable
        (m, n) to (m,) integers.
    x : (m, n)
    distances : (k,)

    Returns
    -------
    (k,)
    """
    here = label(x)
    counts = []
    for distance in np.asarray(distances, dtype=np.float64):
        direction = rng.standard_normal(x.shape)
        there = label(x + distance * direction / norm(direction)[:, None])
        counts.append(int((there != here).sum()))
    return np.array(counts)


def box_counts(labels: IntArray, sizes: Iterable[int]) -> IntArray:
    """How many square boxes a boundary runs through, for each size of the boxes.

    Parameters
    ----------
    labels : (k + 1, k + 1)
        On a grid of points.
    sizes : (j,)
        Sides of the boxes in grid steps; each divides k. A boundary runs through a box if its (size + 1)^2 points do
        not all have one label.

    Returns
    -------
    (j,)

    Raises
    ------
    ValueError
        If a size is below 1, or the grid cannot be divided into such boxes.
    """
    side = labels.shape[0] - 1
    counts = []
    for size in sizes:
        if size < 1:
            raise ValueError(f"sizes has {size} but each must be at least 1")
        if labels.shape != (side + 1, side + 1) or side < 1 or side % size:
            raise ValueError(f"labels has shape {labels.shape}, which boxes of {size} grid steps do not fill")
        # Over each box and its upper edge along one axis, then along the other.
        low, high = labels, labels
        for axis in (0, 1):
            starts = np.arange(0, side, size)
            edge = np.arange(size, side + 1, size)
            low = np.minimum(np.minimum.reduceat(low, starts, axis), low.take(edge, axis))
            high = np.maximum(np.maximum.reduceat(high, starts, axis), high.take(edge, axis))
        counts.append(int((low != high).sum()))
    return np.array(counts)


def power_law(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[float, float]:
    """Exponent of y against x and its standard error, from the straight line through their logarithms.

    Raises
    ------
    ValueError
        If there are fewer than three points, or one of them is not positive.
    """
    points = np.array([x, y], dtype=np.float64)
    if points.shape[1] < 3 or not ((points > 0) & (points < np.inf)).all():
        raise ValueError("a power law needs at least three points, all positive")
    line = stats.linregress(*np.log(points))
    return float(line.slope), float(line.stderr)
