"""A strategy over searches: effort goes where points are still missing, starts come from what is known already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, IntArray, matvec, norm
from landscape.critical.eigenvector_following import EigenvectorFollowing
from landscape.critical.find import collect, finish, union
from landscape.critical.newton import Newton
from landscape.critical.points import CriticalPoints
from landscape.critical.search import search
from landscape.function import Landscape
from landscape.spectrum.dense import tangent_system

STEP_OFF = 0.1  # longest step off a known point, in units of the landscape's diagonal
_LEAST_EFFORT = 0.02  # weight of an index whose points all seem to be known
_FROM_SAMPLER = 0.3  # part of the starts that comes from the landscape's sampler, not from known points


@dataclass(frozen=True)
class Exploration:
    """When to stop exploring, and how much to do in between.

    Parameters
    ----------
    target_coverage : float
        Explore until, for every index, the lower end of the 95 % interval of the coverage is at least this.
    round_size : int
        Searches between two looks at what was found.
    max_searches : int
        The budget.
    climb_steps : int
        Steps of each search.
    """

    target_coverage: float = 0.99
    round_size: int = 1000
    max_searches: int = 50_000
    climb_steps: int = 150

    def __post_init__(self) -> None:
        if not 0 < self.target_coverage < 1:
            raise ValueError(f"target_coverage is {self.target_coverage} but must lie between 0 and 1")
        for name in ("round_size", "max_searches", "climb_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)} but must be at least 1")


def explore(
    landscape: Landscape,
    rng: np.random.Generator,
    strategy: Exploration | None = None,
    progress: Callable[[int, CriticalPoints], None] | None = None,
) -> CriticalPoints:
    """Look for all critical points of every index.

    A first round of Newton's method from the sampler shows which indices there are. Every further round follows
    eigenvectors to each of them and to their neighbours, most to those whose coverage is least sure, from the sampler
    and from steps off known points: downward from points of higher index, upward from points of lower.

    Parameters
    ----------
    strategy : Exploration, optional
        When to stop.
    progress : callable, optional
        Called after each round with the searches done and the points known.

    Returns
    -------
    CriticalPoints
        `completeness` says how sure it is that nothing is missing.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> cluster = landscape.problem("lennard_jones", atoms=4)
    >>> landscape.explore(cluster, np.random.default_rng(0)).count_by_index()
    {0: 1, 1: 1, 2: 2, 3: 1, 4: 1}
    """
    strategy = strategy or Exploration()
    starts = landscape.starts(rng, strategy.round_size)
    points = collect(landscape, search(landscape, starts, Newton(), 2 * strategy.climb_steps))
    done = len(starts)
    while done < strategy.max_searches:
        size = min(strategy.round_size, strategy.max_searches - done)
        known = len(points)
        points = union(landscape, [points, explore_round(landscape, points, size, rng, strategy.climb_steps)])
        done += size
        if progress is not None:
            progress(done, points)
        if len(points) == known and _is_enough(points, strategy.target_coverage):
            break
    return finish(landscape, points)


def explore_round(
    landscape: Landscape, points: CriticalPoints, size: int, rng: np.random.Generator, climb_steps: int = 150
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
    """
    parts = []
    for index, number in enumerate(_effort(points, landscape.manifold.intrinsic_dim, size)):
        if number == 0:
            continue
        sampled = int(np.ceil(_FROM_SAMPLER * number))
        starts = landscape.starts(rng, sampled)
        near = steps_off(landscape, points, index, number - sampled, rng)
        # Where nothing is known nearby, the sampler fills in.
        more = landscape.starts(rng, number - sampled - len(near))
        starts = np.concatenate([starts, near, more])
        parts.append(collect(landscape, search(landscape, starts, EigenvectorFollowing(index), climb_steps)))
    return union(landscape, parts)


def steps_off(landscape: Landscape, points: CriticalPoints, index: int, size: int, rng: np.random.Generator) -> Array:
    """Starts for points of `index`: steps off known points of that index and its neighbours, along their eigenvectors.

    From a point of higher index a step goes along a random combination of the unstable directions, from one of lower
    index along the stable ones, from one of the same index along any.

    Returns
    -------
    (size, n), or (0, n) if no such point is known
    """
    sources = points[points.decided & (np.abs(points.index - index) <= 1)]
    if len(sources) == 0 or size == 0:
        return np.zeros((0, landscape.dim))
    chosen = sources[rng.integers(len(sources), size=size)]
    system = tangent_system(landscape, chosen.x)
    modes = np.linalg.eigh(system.lifted_hessian())[1]
    place = np.arange(modes.shape[-1])
    unstable = place < chosen.index[:, None]
    movable = place < (modes.shape[-1] - chosen.orbit_dimension)[:, None]
    wanted = np.where((chosen.index == index)[:, None], True, unstable == (chosen.index > index)[:, None]) & movable
    direction = rng.standard_normal(modes.shape[:2]) * wanted
    length = STEP_OFF * landscape.diagonal * rng.uniform(0.2, 1.0, size)
    direction *= (length / np.maximum(norm(direction), np.finfo(np.float64).tiny))[:, None]
    return landscape.manifold.retract(chosen.x, system.ambient(matvec(modes, direction)))


def _effort(points: CriticalPoints, dim: int, size: int) -> IntArray:
    """Searches for each index, (dim + 1,): in proportion to what its coverage may still lack."""
    weight = np.zeros(dim + 1)
    seen = points.completeness.coverage
    for index, estimate in seen.items():
        weight[index] = 1 - estimate.coverage_low + _LEAST_EFFORT
        for neighbour in (index - 1, index + 1):
            if 0 <= neighbour <= dim and neighbour not in seen:
                weight[neighbour] = max(weight[neighbour], 2 * _LEAST_EFFORT)
    if not seen:
        weight[: min(2, dim + 1)] = 1.0
    ends = np.rint(size * np.cumsum(weight) / weight.sum()).astype(np.int64)
    return np.diff(ends, prepend=0)


def _is_enough(points: CriticalPoints, target: float) -> bool:
    """Whether every index seems complete and no topological law is broken."""
    known = points.completeness
    sure = all(estimate.coverage_low >= target for estimate in known.coverage.values())
    return bool(known.coverage) and sure and known.euler.holds is not False and not known.violated
