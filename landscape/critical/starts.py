"""Starts of searches: from nowhere known, and off points that are."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, IntArray, matvec, norm
from landscape.critical.along_descent import along_descent
from landscape.critical.points import CriticalPoints
from landscape.descent.armijo import ArmijoGradientDescent
from landscape.descent.ensemble import descend
from landscape.function import Landscape
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.eigensystem import eigensystem

# Shortest and longest step off a known point, in units of the landscape's diagonal: short ones reach the neighbouring
# index by its own separatrix, long ones leave the point's own basin.
STEPS_OFF_NEIGHBOURS = (0.01, 0.1)
STEPS_OFF_SAME = (0.1, 0.3)
_SAME = 0.5  # weight of the points of the index that is sought, in units of that of each neighbouring index
_DESCENT_STEPS = 60
_STARTS_PER_DESCENT = 4
_REACH = 2.0  # how far from a sampled point a start on a descent may be, in units of the landscape's diagonal
_NOISE = 0.3  # about a descent: narrower tubes lead to fewer saddles of clusters, LJ8 and LJ9


def fresh_starts(landscape: Landscape, index: int | None, size: int, rng: np.random.Generator) -> Array:
    """Starts for points of `index`, or of any, that need no known point, (size, n).

    Half of them are moved to where a random element of the symmetry leaves them alone: symmetric points have small
    basins among all others, and large ones among their own kind. A quarter comes from the landscape's sampler as it is.
    A quarter lies along descents from the sampler, which pass all heights below; for the upper half of the indices,
    whose points are higher, the sampler takes its place.

    Parameters
    ----------
    index : int or None
    size : int
    """
    x = landscape.starts(rng, size)
    half, quarter = size // 2, size // 4
    with np.errstate(all="ignore"):
        symmetric = landscape.manifold.normalize(landscape.symmetry.symmetrize(x[:half], rng))
        # Particles that meet have no gradient.
        possible = np.isfinite(landscape.gradient(symmetric)).all(axis=1)
    x[:half][possible] = symmetric[possible]
    if quarter and (index is None or 2 * index <= landscape.manifold.intrinsic_dim):
        tops = landscape.starts(rng, -(-quarter // _STARTS_PER_DESCENT))
        descent = descend(landscape, tops, ArmijoGradientDescent(), max_steps=_DESCENT_STEPS, record=4)
        lower = along_descent(landscape, descent, rng, quarter, _NOISE)
        # Where there is no bottom descents run away; and the noise may leave the domain.
        near = (landscape.manifold.distance(lower, tops[0]) <= _REACH * landscape.diagonal) & landscape.inside(lower)
        x[half : half + quarter][near] = lower[near]
    return x


def steps_off(
    landscape: Landscape, points: CriticalPoints, index: int, size: int, rng: np.random.Generator
) -> tuple[Array, IntArray]:
    """Starts for points of `index`: steps off known points of that index and its neighbours, along their eigenvectors.

    From a point of higher index a step goes along one of the unstable eigenvectors, from one of lower index along a
    random combination of the stable ones, from one of the same index along such a combination of all. The steps are
    shared among lower, higher and the same index, half as many for the same as for another, and among the points of an
    index in inverse proportion to the root of how often they were found. The length of the steps is uniform in its
    logarithm.

    Returns
    -------
    starts : (size, n)
    sources : (size,)
        The row of `points` that each stepped off.

    Both are empty if no such point is known.
    """
    candidates = np.flatnonzero(points.decided & (np.abs(points.index - index) <= 1))
    if len(candidates) == 0 or size == 0:
        return np.zeros((0, landscape.dim)), np.zeros(0, dtype=np.int64)
    neighbour, relation = np.unique(points.index[candidates], return_inverse=True)
    weight = 1 / np.sqrt(points.found[candidates])
    weight *= (np.where(neighbour == index, _SAME, 1.0) / np.bincount(relation, weight))[relation]
    rows = rng.choice(candidates, size, p=weight / weight.sum())
    sources, owner = np.unique(rows, return_inverse=True)
    system = tangent_system(landscape, points.x[sources])
    modes = (system.basis @ eigensystem(system.lifted_hessian())[1])[owner]
    chosen = points[rows]
    place = np.arange(modes.shape[-1])
    unstable = place < chosen.index[:, None]
    movable = place < (modes.shape[-1] - chosen.orbit_dimension)[:, None]
    same = (chosen.index == index)[:, None]
    wanted = (same | (unstable == (chosen.index > index)[:, None])) & movable
    direction = rng.standard_normal((size, modes.shape[-1])) * wanted
    # Down from above along one eigenvector, because a mixture of two ends on one side of the steeper for ever.
    foremost = np.abs(direction) == np.abs(direction).max(axis=1, keepdims=True)
    direction = np.where((chosen.index > index)[:, None] & ~foremost, 0.0, direction)
    shortest, longest = np.log(np.where(same, STEPS_OFF_SAME, STEPS_OFF_NEIGHBOURS)).T
    length = landscape.diagonal * np.exp(rng.uniform(shortest, longest))
    direction *= (length / np.maximum(norm(direction), np.finfo(np.float64).tiny))[:, None]
    return landscape.manifold.retract(chosen.x, matvec(modes, direction)), rows
