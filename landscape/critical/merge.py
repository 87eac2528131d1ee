"""Which of many positions are the same point, modulo the landscape's symmetry."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, IntArray, norm
from landscape.function import Landscape

MERGE_TOLERANCE = 1e-5  # positions nearer than this, in units of the length scale, are one point
_PAIRS_PER_BLOCK = 2**20


def merge(landscape: Landscape, x: Array, tolerance: float = MERGE_TOLERANCE) -> tuple[IntArray, IntArray]:
    """Group positions that are the same point.

    Positions are sorted by one number, a projection of their fingerprint, so that copies of a point stand together; the
    distance modulo the symmetry then decides. The cost grows as m log m for m positions.

    Parameters
    ----------
    x : (m, n)
    tolerance : float
        In units of the manifold's length scale.

    Returns
    -------
    representative : (k,) int
        For each distinct point the row of `x` that stands for it, in increasing order: its first occurrence.
    label : (m,) int
        For each position the number of its point, 0 to k - 1.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> turn = landscape.Torus([2 * np.pi])
    >>> ring = landscape.Landscape.from_function(lambda x: np.cos(x).sum(axis=-1), manifold=turn)
    >>> landscape.merge(ring, np.array([[0.0], [3.0], [2 * np.pi]]))  # a whole turn apart
    (array([0, 1]), array([0, 1, 0]))
    """
    if len(x) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    within = tolerance * landscape.manifold.length_scale
    _, (key, other), reach = _keys(landscape, x, within)
    owner = np.arange(len(x))

    def link(first: IntArray, second: IntArray) -> bool:
        """Give the later of two rows, neighbours in the order of the keys, to the earlier if they are one point."""
        near = np.flatnonzero(
            (key[second] - key[first] <= reach)
            & (np.abs(other[second] - other[first]) <= reach)
            & (owner[first] == first)
            & (owner[second] == second)
        )
        first, second = first[near], second[near]
        same = landscape.symmetry.distance(landscape.manifold, x[first], x[second], within) <= within
        owner[np.maximum(first, second)[same]] = np.minimum(first, second)[same]
        return bool(same.any())

    rest = np.argsort(key, kind="stable")
    while link(rest[:-1], rest[1:]):  # copies stand together, and leave
        rest = rest[owner[rest] == rest]
    for apart in range(2, len(rest)):  # what stands between copies is another point with nearly the same key
        if (key[rest[apart:]] - key[rest[:-apart]]).min() > reach:
            break
        link(rest[:-apart], rest[apart:])
    while (owner[owner] != owner).any():
        owner = owner[owner]
    representative, label = np.unique(owner, return_inverse=True)
    return representative, label.astype(np.int64)


def nearest(landscape: Landscape, points: Array, x: Array, tolerance: float = 1e-3) -> IntArray:
    """For each of `x`, (m, n), the row of the nearest of `points`, (k, n), that it coincides with to `tolerance` length
    scales; -1 if there is none."""
    result = np.full(len(x), -1)
    within = tolerance * landscape.manifold.length_scale
    prints, (key, other), reach = _keys(landscape, points, within)
    sought_prints, (sought_key, sought_other), _ = _keys(landscape, x, within)
    order = np.argsort(key, kind="stable")
    first = np.searchsorted(key[order], sought_key - reach)
    number = np.searchsorted(key[order], sought_key + reach, side="right") - first
    block = np.cumsum(number) // _PAIRS_PER_BLOCK
    for rows in np.split(np.arange(len(x)), np.flatnonzero(np.diff(block)) + 1):
        before = np.cumsum(number[rows]) - number[rows]
        place = np.arange(number[rows].sum()) + np.repeat(first[rows] - before, number[rows])
        row, candidate = np.repeat(rows, number[rows]), order[place]
        near = np.abs(other[candidate] - sought_other[row]) <= reach
        row, candidate = row[near], candidate[near]
        near = norm(prints[candidate] - sought_prints[row]) <= reach
        row, candidate = row[near], candidate[near]
        gap = landscape.symmetry.distance(landscape.manifold, points[candidate], x[row], within)
        farthest_first = np.lexsort((candidate, gap))[::-1]
        farthest_first = farthest_first[gap[farthest_first] <= within]
        result[row[farthest_first]] = candidate[farthest_first]  # the last that is written stays
    return result


def _keys(landscape: Landscape, x: Array, within: float) -> tuple[Array, Array, float]:
    """The fingerprint of each position, (m, ...), two numbers made of it, (2, m), and how far apart both may be, of
    positions that coincide to `within`."""
    fingerprint = landscape.symmetry.fingerprint(landscape.manifold, x)
    weights = np.random.default_rng(0).standard_normal((fingerprint.shape[-1], 2))
    # Fingerprints of n coordinates move at most 2 sqrt(n) times as far as the point does.
    return fingerprint, (fingerprint @ (weights / norm(weights.T))).T, 2 * np.sqrt(x.shape[-1]) * within
