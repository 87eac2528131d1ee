"""What independent explorations, put together, tell of the points that all of them have missed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from landscape.arrays import BoolArray
from landscape.critical.completeness import Coverage, coverage
from landscape.critical.find import union
from landscape.critical.merge import MERGE_TOLERANCE, nearest
from landscape.critical.points import CriticalPoints
from landscape.function import Landscape


@dataclass(frozen=True, eq=False)
class Recapture:
    """Several sets of critical points in one, and who found what.

    Attributes
    ----------
    points : CriticalPoints
        Of all sets, m.
    found_by : (m, sets) bool
        Which sets have each point.
    coverage : dict of int to Coverage
        By index, from how many sets have each point.
    """

    points: CriticalPoints
    found_by: BoolArray
    coverage: dict[int, Coverage]

    def sizes(self, index: int) -> list[int]:
        """How many points of an index each set has."""
        rows = self.points.decided & (self.points.index == index)
        return [int(number) for number in self.found_by[rows].sum(axis=0)]

    def sentences(self, wanted: Collection[int] | None = None) -> list[str]:
        """One for each index, or for those `wanted`, such as 'Index 1: 12 points, of which each of 4 sets has 10 to 12;
        ...'."""
        lines = []
        for index, seen in self.coverage.items():
            if wanted is not None and index not in wanted:
                continue
            sizes = self.sizes(index)
            least, most = min(sizes), max(sizes)
            each = f"{least}" if least == most else f"{least} to {most}"
            low, high = int(np.floor(seen.unseen_low)), int(np.ceil(seen.unseen_high))
            lines.append(
                f"Index {index}: {seen.found} points, of which each of {len(sizes)} sets has {each}; "
                f"estimated missing from all: {low} to {high}"
            )
        return lines

    def __repr__(self) -> str:
        return "\n".join(self.sentences())


def recapture(landscape: Landscape, parts: Sequence[CriticalPoints], confidence: float = 0.95) -> Recapture:
    """Put independent sets of critical points together and estimate what is missing from all of them.

    The searches of one exploration depend on each other: they step off points that others found, so that a region that
    none of them has entered is out of reach of all, and how often each point was found does not tell. Explorations with
    seeds of their own share nothing, and a point that few of them have is a sign of others that none has. Still it is a
    lower bound that is estimated (`coverage`): what no exploration ever finds leaves no sign.

    Parameters
    ----------
    parts : sequence of CriticalPoints
        Of the same landscape, at least two, each found without what is known from the others; they may be from
        different methods.
    confidence : float
        Of the intervals.

    Returns
    -------
    Recapture
        The points of all sets, which set has which, and the estimates.

    Raises
    ------
    ValueError
        If there are fewer than two sets.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> griewank = landscape.problem("griewank")  # with 111 minima, 216 saddles and 110 maxima
    >>> draws = [griewank.starts(rng, 300) for rng in np.random.default_rng(1).spawn(3)]
    >>> landscape.recapture(griewank, [landscape.find_critical_points(griewank, starts) for starts in draws])
    Index 0: 97 points, of which each of 3 sets has 51 to 58; estimated missing from all: 6 to 33
    Index 1: 178 points, of which each of 3 sets has 92 to 110; estimated missing from all: 16 to 56
    Index 2: 92 points, of which each of 3 sets has 49 to 54; estimated missing from all: 8 to 43
    """
    if len(parts) < 2:
        raise ValueError(f"recapture takes at least two independent sets of critical points, and {len(parts)} came")
    points = union(landscape, parts)
    found_by = np.zeros((len(points), len(parts)), dtype=bool)
    for column, part in enumerate(parts):
        rows = nearest(landscape, points.x, part.x, MERGE_TOLERANCE)
        found_by[rows[rows >= 0], column] = True
    times = found_by.sum(axis=1)
    seen = {
        index: coverage(times[points.decided & (points.index == index)], confidence, len(parts))
        for index in points.count_by_index()
    }
    return Recapture(points, found_by, seen)
