"""A strategy over searches: effort goes where points are still missing, starts come from what is known already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray
from landscape.critical.eigenvector_following import EigenvectorFollowing
from landscape.critical.find import collect, union, with_rigorous_certificates, with_winding
from landscape.critical.merge import MERGE_TOLERANCE
from landscape.critical.newton import Newton
from landscape.critical.points import CriticalPoints
from landscape.critical.search import SearchRuns, SearchStatus, search
from landscape.critical.starts import fresh_starts, steps_off
from landscape.function import Landscape

_LEAST_EFFORT = 0.3  # weight of an index whose points all seem to be known, in units of the least known one's
_ABOVE = 0.15  # weight of an index above a wanted one, in units of the weights of all that are wanted
_FRESH = 0.2  # part of the starts that does not come from known points, at most
_FRESH_YIELD = 0.01  # part of them that finds a new point when steps off known ones hardly do any more


@dataclass(frozen=True)
class Exploration:
    """When to stop exploring, and how much to do in between.

    Parameters
    ----------
    target_coverage : float
        Explore until, for every index, the lower end of the 95 % interval of the coverage is at least this.
    indices : sequence of int, optional
        The indices whose points are wanted; all of them if left out.
    round_size : int
        Searches between two looks at what was found.
    max_searches : int
        The budget.
    climb_steps : int
        Steps of each search.
    """

    target_coverage: float = 0.99
    indices: Sequence[int] | None = None
    round_size: int = 1000
    max_searches: int = 50_000
    climb_steps: int = 150

    def __post_init__(self) -> None:
        if not 0 < self.target_coverage < 1:
            raise ValueError(f"target_coverage is {self.target_coverage} but must lie between 0 and 1")
        if self.indices is not None and (len(self.indices) == 0 or min(self.indices) < 0):
            raise ValueError(f"indices is {self.indices} but must name at least one index, none of them negative")
        for name in ("round_size", "max_searches", "climb_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)} but must be at least 1")


def explore(
    landscape: Landscape,
    rng: np.random.Generator,
    strategy: Exploration | None = None,
    progress: Callable[[int, CriticalPoints], None] | None = None,
) -> CriticalPoints:
    """Look for all critical points, of every index or of those that are wanted.

    A first round from fresh starts shows which points there are: from the sampler, along descents from there, and
    where an element of the landscape's symmetry leaves points alone. Every further round follows eigenvectors to each
    index that is wanted, most to those whose coverage is least sure, from fresh starts and from steps off known points
    of that index and its neighbours, rarely found ones first. A search that comes back to the very point it stepped off
    tells nothing of the others: it is counted as 'returned', and not among the times that the point was found.

    Parameters
    ----------
    strategy : Exploration, optional
        What to look for, and when to stop.
    progress : callable, optional
        Called after each round with the searches done and the points known.

    Returns
    -------
    CriticalPoints
        `completeness` says how sure it is that nothing is missing, as if its searches were independent. They are not:
        where most steps off known points lead back to known ones, as on the losses of small networks, a tenth or more
        of the points has been missing at a coverage of 0.99. Several explorations tell more (`recapture`).

    Raises
    ------
    ValueError
        If an index is wanted that is larger than the landscape's number of directions.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> cluster = landscape.problem("lennard_jones", atoms=4)
    >>> landscape.explore(cluster, np.random.default_rng(0)).count_by_index()
    {0: 1, 1: 1, 2: 2, 3: 1, 4: 1}
    """
    strategy = strategy or Exploration()
    wanted = _wanted(landscape, strategy.indices)
    points = with_winding(landscape, _first_round(landscape, rng, strategy, wanted))
    done = sum(points.search_counts.values())
    if progress is not None:
        progress(done, points)
    while done < strategy.max_searches:
        size = min(strategy.round_size, strategy.max_searches - done)
        known = _number(points, wanted)
        found = explore_round(landscape, points, size, rng, strategy.climb_steps, strategy.indices)
        points = union(landscape, [points, found])
        done += size
        if progress is not None:
            progress(done, points)
        if _number(points, wanted) == known and _is_enough(points, wanted, strategy):
            break
    return with_rigorous_certificates(landscape, points)


def _wanted(landscape: Landscape, indices: Sequence[int] | None) -> BoolArray:
    """Which indices are looked for, (d + 1,)."""
    directions = landscape.manifold.intrinsic_dim
    if indices is None:
        return np.ones(directions + 1, dtype=bool)
    if max(indices) > directions:
        raise ValueError(f"index {max(indices)} is wanted but the landscape has only {directions} directions")
    return np.isin(np.arange(directions + 1), indices)


def _first_round(
    landscape: Landscape, rng: np.random.Generator, strategy: Exploration, wanted: BoolArray
) -> CriticalPoints:
    """Searches from fresh starts: Newton's, which goes to any index, or one for each index that is wanted."""
    size = min(strategy.round_size, strategy.max_searches)
    if strategy.indices is None:
        starts = fresh_starts(landscape, None, size, rng)
        return collect(landscape, search(landscape, starts, Newton(), 2 * strategy.climb_steps))
    parts = []
    for index, number in enumerate(_shares(_with_those_above(wanted.astype(np.float64), wanted), size, rng)):
        if number > 0:
            starts = fresh_starts(landscape, index, number, rng)
            parts.append(
                collect(landscape, search(landscape, starts, EigenvectorFollowing(index), strategy.climb_steps))
            )
    return union(landscape, parts)


def explore_round(
    landscape: Landscape,
    points: CriticalPoints,
    size: int,
    rng: np.random.Generator,
    climb_steps: int = 150,
    indices: Sequence[int] | None = None,
) -> CriticalPoints:
    """One round of `explore`: what `size` more searches find, given the points that are known.

    Parameters
    ----------
    points : CriticalPoints
        Known points; their `found` tells how sure their index is to be complete.
    size : int
        Searches, shared among the indices.
    climb_steps : int
        Steps of each search.
    indices : sequence of int, optional
        The indices that are wanted.
    """
    parts = []
    for index, number in enumerate(_shares(_effort(points, _wanted(landscape, indices)), size, rng)):
        if number == 0:
            continue
        fresh = int(np.ceil(_fresh_share(points, index) * number))
        near, sources = steps_off(landscape, points, index, number - fresh, rng)
        starts = np.concatenate([near, fresh_starts(landscape, index, number - len(near), rng)])
        runs = search(landscape, starts, EigenvectorFollowing(index), climb_steps)
        returned = np.zeros(len(runs), dtype=bool)
        returned[: len(near)] = _returned(landscape, runs[: len(near)], points.x[sources])
        part = collect(landscape, runs[~returned])
        counts = {**part.search_counts, "returned": int(returned.sum())}
        parts.append(replace(part, search_counts=counts))
    return union(landscape, parts)


def _fresh_share(points: CriticalPoints, index: int) -> float:
    """The part of the searches for an index that does not begin at known points.

    While many points are missing, steps off known ones find them at less cost; what starts from nowhere is needed for
    the last ones, which may be out of reach from there."""
    seen = points.completeness.coverage.get(index)
    missing = 1.0 if seen is None else seen.unseen / (seen.found + seen.unseen)
    return min(_FRESH, _FRESH_YIELD / (_FRESH_YIELD + missing))


def _returned(landscape: Landscape, runs: SearchRuns, sources: Array) -> BoolArray:
    """Which searches ended at the point that they had stepped off, (m,)."""
    within = MERGE_TOLERANCE * landscape.manifold.length_scale
    gap = landscape.symmetry.distance(landscape.manifold, runs.x, sources, within)
    return (runs.status == SearchStatus.CONVERGED) & (gap <= within)


def _effort(points: CriticalPoints, wanted: BoolArray) -> Array:
    """The weight of each index, (d + 1,): what its coverage may lack, and some for all."""
    weight = np.zeros(len(wanted))
    lacking = {index: 1 - c.coverage_low for index, c in points.completeness.coverage.items() if wanted[index]}
    most = max(lacking.values(), default=1.0)
    for index, lack in lacking.items():
        weight[index] = lack / most + _LEAST_EFFORT
        for neighbour in (index - 1, index + 1):
            if 0 <= neighbour < len(weight) and neighbour not in lacking:
                weight[neighbour] = _LEAST_EFFORT
    weight *= wanted
    if weight.sum() == 0:
        weight[np.flatnonzero(wanted)[:2]] = 1.0
    return _with_those_above(weight, wanted)


def _with_those_above(weight: Array, wanted: BoolArray) -> Array:
    """Weights (d + 1,) with some for each index above a wanted one, because steps down from there find it."""
    above = np.append(False, wanted[:-1]) & ~wanted
    return np.where(above, _ABOVE * weight.sum(), weight)


def _shares(weight: Array, size: int, rng: np.random.Generator) -> IntArray:
    """`size` searches shared in proportion to the weights, on average also where a share is less than one."""
    ends = np.floor(size * np.cumsum(weight) / weight.sum() + rng.uniform()).astype(np.int64)
    ends[-1] = size
    return np.diff(np.minimum(ends, size), prepend=0)


def _number(points: CriticalPoints, wanted: BoolArray) -> int:
    """How many of the points have a wanted index."""
    return int(wanted[points.index[points.decided]].sum())


def _is_enough(points: CriticalPoints, wanted: BoolArray, strategy: Exploration) -> bool:
    """Whether every wanted index seems complete and, where all are wanted, no topological law is broken."""
    known = points.completeness
    seen = {index: estimate for index, estimate in known.coverage.items() if wanted[index]}
    sure = bool(seen) and all(estimate.coverage_low >= strategy.target_coverage for estimate in seen.values())
    if not sure or strategy.indices is not None:
        return sure
    wound = known.winding is None or known.winding.holds or len(points.degenerate) > 0
    return wound and known.euler.holds is not False and not known.violated
