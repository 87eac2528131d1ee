"""Which of many positions are the same point, modulo the landscape's symmetry."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, IntArray, norm
from landscape.function import Landscape

MERGE_TOLERANCE = 1e-5  # positions nearer than this, in units of the length scale, are one point


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
    fingerprint = landscape.symmetry.fingerprint(landscape.manifold, x)
    weights = np.random.default_rng(0).standard_normal((fingerprint.shape[-1], 2))
    key, other = (fingerprint @ (weights / norm(weights.T))).T
    # Fingerprints of n coordinates move at most 2 sqrt(n) times as far as the point does.
    reach = 2 * np.sqrt(x.shape[-1]) * within
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
