"""From starts to classified critical points: search, merge, classify."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from landscape.arrays import IntArray
from landscape.critical.certificate import certify, has_rigorous_certificates
from landscape.critical.classify import classify
from landscape.critical.completeness import boundary_winding
from landscape.critical.merge import merge
from landscape.critical.newton import Newton
from landscape.critical.points import CriticalPoints, Kind
from landscape.critical.search import SearchMethod, SearchRuns, search
from landscape.function import Landscape
from landscape.manifolds import Euclidean


def find_critical_points(
    landscape: Landscape,
    starts: npt.ArrayLike,
    method: SearchMethod | None = None,
    max_steps: int = 500,
    progress: Callable[[int, int], None] | None = None,
) -> CriticalPoints:
    """All critical points, of every index, that a search from `starts` leads to.

    Parameters
    ----------
    starts : (m, n)
        For example `landscape.starts(rng, 1000)`.
    method : SearchMethod, optional
        `Newton()` if left out.
    max_steps : int
        Steps after which a search is given up.
    progress : callable, optional
        Called after each step with its number and how many searches still run.

    Returns
    -------
    CriticalPoints
        Distinct points modulo the landscape's symmetry, sorted by index and value; `search_counts` tells how the
        searches ended.

    Raises
    ------
    ValueError
        If `starts` has the wrong shape.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> himmelblau = landscape.problem("himmelblau")
    >>> points = landscape.find_critical_points(himmelblau, himmelblau.starts(np.random.default_rng(0), 200))
    >>> points.count_by_index()
    {0: 4, 1: 4, 2: 1}
    """
    runs = search(landscape, starts, method or Newton(), max_steps, progress)
    return finish(landscape, collect(landscape, runs))


def finish(landscape: Landscape, points: CriticalPoints) -> CriticalPoints:
    """What is worked out once for a final set: rigorous certificates where the landscape supplies bounds, and for
    `completeness` the winding number of the gradient round a two-dimensional sampling box."""
    return with_winding(landscape, with_rigorous_certificates(landscape, points))


def with_rigorous_certificates(landscape: Landscape, points: CriticalPoints) -> CriticalPoints:
    """The same points with their certificates, where the landscape supplies the bounds that make them rigorous."""
    return certify(landscape, points) if has_rigorous_certificates(landscape) else points


def with_winding(landscape: Landscape, points: CriticalPoints) -> CriticalPoints:
    """The same points with the winding number of the gradient round a two-dimensional sampling box, where there is
    one."""
    winding = boundary_winding(landscape)
    if winding is None or not isinstance(landscape.manifold, Euclidean):
        return points
    box = [np.asarray(corner).tolist() for corner in landscape.manifold.box]
    return replace(points, winding=winding, box=box)


def collect(landscape: Landscape, runs: SearchRuns) -> CriticalPoints:
    """The distinct critical points at which searches converged, classified and counted.

    `search_counts` tells under 'unconfirmed' how many searches converged to a position that `classify` does not
    accept: a point so degenerate that rounding blurs where it is.
    """
    converged = runs.converged()
    converged = converged[np.argsort(converged.gradient_norm, kind="stable")]  # a point's best copy stands for it
    representative, label = merge(landscape, converged.x)
    best = converged[representative]
    points = classify(landscape, best.x, np.bincount(label, minlength=len(best)))
    points = replace(points, start=best.start, method=np.full(len(best), best.method))
    confirmed = points.kind != Kind.NOT_CRITICAL
    unconfirmed = int(points.found[~confirmed].sum())
    counts = runs.count()
    counts["converged"] -= unconfirmed
    return replace(points[confirmed], search_counts={**counts, "unconfirmed": unconfirmed}).sorted()


def union(landscape: Landscape, parts: Sequence[CriticalPoints]) -> CriticalPoints:
    """The distinct points of several sets; how often each was found and how searches ended is added up."""
    return union_with_rows(landscape, parts)[0]


def union_with_rows(landscape: Landscape, parts: Sequence[CriticalPoints]) -> tuple[CriticalPoints, IntArray]:
    """`union`, and for each point of the parts, one part after another, its row there."""
    together = CriticalPoints.concatenate(list(parts))
    representative, label = merge(landscape, together.x)
    found = np.bincount(label, weights=together.found, minlength=len(representative)).astype(np.int64)
    counts: dict[str, int] = {}
    for part in parts:
        for name, number in part.search_counts.items():
            counts[name] = counts.get(name, 0) + number
    points = replace(together[representative], found=found, search_counts=counts)
    order = points.order()
    row = np.empty(len(points), dtype=np.int64)
    row[order] = np.arange(len(points))
    return points[order], row[label]
