"""Which of many positions are the same point, modulo the landscape's symmetry."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, IntArray
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
    """
    if len(x) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    within = tolerance * landscape.manifold.length_scale
    fingerprint = landscape.symmetry.fingerprint(landscape.manifold, x)
    weights = np.random.default_rng(0).standard_normal(fingerprint.shape[-1])
    key = fingerprint @ (weights / np.linalg.norm(weights))
    order = np.argsort(key, kind="stable")
    # Fingerprints of n coordinates move at most 2 sqrt(n) times as far as the point does.
    reach = 2 * np.sqrt(x.shape[-1]) * within
    groups = np.split(order, np.nonzero(np.diff(key[order]) > reach)[0] + 1)

    owner = np.empty(len(x), dtype=np.int64)
    for group in groups:
        rest = np.sort(group)
        while rest.size:
            first, others = rest[0], rest[1:]
            owner[first] = first
            gap = landscape.symmetry.distance(landscape.manifold, x[first], x[others], within)
            same = gap <= within
            owner[others[same]] = first
            rest = others[~same]
    representative, label = np.unique(owner, return_inverse=True)
    return representative, label.astype(np.int64)
