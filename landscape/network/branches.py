"""The two lines of the flow that leave each saddle of index 1: where they end, and how long they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from landscape.arrays import Array, IntArray, norm
from landscape.batch import parts
from landscape.critical.find import union
from landscape.critical.merge import nearest
from landscape.critical.points import CriticalPoints
from landscape.critical.settle import settle
from landscape.escape.flow import FlowStatus, flow
from landscape.escape.manifolds import DISPLACEMENT
from landscape.function import Landscape
from landscape.network.geometry import unstable_directions
from landscape.results import Results

LOST = -1
"""The end of a line that arrives nowhere."""

_SADDLES_PER_GROUP = 200
_MOST_GROUPS = 256  # each compares its ends with all points, which costs as much as there are points
_PATH_NUMBERS = 10_000_000  # numbers in the paths of the lines that are followed together, 80 MB
_EXPECTED_STEPS = 400  # of a line
_MOST_ROUNDS = 100  # of saddles that lines have run into and that are followed on
_REACH = 100.0  # a line has left when it is so many of the landscape's diagonals from its start


@dataclass(frozen=True, eq=False)
class Branches(Results):
    """The two lines that leave each of s saddles of index 1, one row a saddle: the first begins along the unstable
    direction, the second against it.

    Attributes
    ----------
    saddle : (s,)
        Row of the saddle among m points that are known; from m on of one that was not.
    end : (s, 2)
        Row of the point where each line ends; from m on of a point that was not known, `LOST` where there is none.
    length : (s, 2)
    status : (s, 2)
        `FlowStatus`. A line may have arrived and be lost: where Newton's method does not confirm its end.
    """

    saddle: IntArray
    end: IntArray
    length: Array
    status: IntArray


def saddle_groups(points: CriticalPoints) -> list[IntArray]:
    """The rows of the saddles of index 1, as they are followed together: never in other groups, so that results are
    the same to the last bit wherever that is done."""
    saddles = np.flatnonzero(points.decided & (points.index == 1))
    size = max(_SADDLES_PER_GROUP, -(-len(saddles) // _MOST_GROUPS))
    return [saddles[k : k + size] for k in range(0, len(saddles), size)]


def follow_branches(
    landscape: Landscape, x: Array, rows: IntArray, max_steps: int = 5000
) -> tuple[Branches, CriticalPoints]:
    """Follow the gradient flow from a group of saddles of index 1 down both sides, and from unknown saddles of index 1
    that lines run into, as symmetry may make them, down again.

    Parameters
    ----------
    x : (m, n)
        All points that are known.
    rows : (s,)
        Which of them are the saddles.
    max_steps : int
        Steps of a line at most.

    Returns
    -------
    branches : Branches
        Of the group, and after it of saddles among `added`.
    added : CriticalPoints
        The distinct ends that were not known, whose rows in `branches` are m, m + 1, and so on.
    """
    branches, added = _followed(landscape, x, rows, max_steps)
    fresh = added
    for _ in range(_MOST_ROUNDS):
        known = np.concatenate([x, added.x])
        rows = len(known) - len(fresh) + np.flatnonzero(fresh.decided & (fresh.index == 1))
        if len(rows) == 0:
            break
        more, fresh = _followed(landscape, known, rows, max_steps)
        branches = Branches.concatenate([branches, more])
        added = CriticalPoints.concatenate([added, fresh])
    return branches, added


def _followed(landscape: Landscape, x: Array, rows: IntArray, max_steps: int) -> tuple[Branches, CriticalPoints]:
    """The lines of these saddles alone."""
    direction = unstable_directions(landscape, x[rows], 1)[0][:, 0]
    foremost = np.take_along_axis(direction, np.abs(direction).argmax(axis=1)[:, None], axis=1)
    direction = direction * np.sign(foremost)
    both = np.stack([direction, -direction], axis=1).reshape(-1, landscape.dim)
    away = DISPLACEMENT * landscape.manifold.length_scale
    starts = landscape.manifold.retract(np.repeat(x[rows], 2, axis=0), away * both)
    near = _kept_near(landscape, starts)
    ends, statuses, lengths = [], [], []
    for part in parts(len(starts), _EXPECTED_STEPS * landscape.dim, _PATH_NUMBERS):
        lines = flow(near, starts[part], max_steps, reach=_REACH, record=True)
        assert lines.path is not None
        ends.append(lines.x)
        statuses.append(lines.status)
        lengths.append(away + path_length(landscape, lines.path))
    status = np.concatenate(statuses)
    reached, end = settle(landscape, np.concatenate(ends), status == FlowStatus.ARRIVED)
    row = nearest(landscape, x, reached.x)
    unknown = row < 0
    row[unknown] = len(x) + np.arange(unknown.sum())
    end = np.append(row, LOST)[end]
    length = np.concatenate(lengths)
    return Branches(rows, end.reshape(-1, 2), length.reshape(-1, 2), status.reshape(-1, 2)), reached[unknown]


def _kept_near(landscape: Landscape, starts: Array) -> Landscape:
    """The same landscape, but that the function is not asked about places much farther off than a line may go. Steps
    that the flow tries, and does not take, lead from a saddle to coordinates such as 1e160, where a sound function
    overflows, which its user need not hear of."""
    centre = starts.mean(axis=0) if len(starts) else np.zeros(landscape.dim)
    farthest = 2 * _REACH * landscape.diagonal + norm(starts - centre).max(initial=0.0)

    def gradient(x: Array) -> Array:
        there = norm(x - centre) <= farthest
        if there.all():
            return landscape.gradient(x)
        found = np.full(x.shape, np.nan)
        found[there] = landscape.gradient(x[there])
        return found

    return landscape.with_options(gradient=gradient)


def no_branches() -> Branches:
    """Of a landscape without saddles of index 1."""
    none = np.zeros((0, 2), dtype=np.int64)
    return Branches(none[:, 0], none, np.zeros((0, 2)), none)


def joined(
    landscape: Landscape | None, points: CriticalPoints, groups: Sequence[tuple[Branches, CriticalPoints]]
) -> tuple[Branches, CriticalPoints]:
    """What `follow_branches` gave for each group of saddles as one, in which a point that several groups have added
    stands once, with its lines; without a landscape, which it takes to tell, as often as it was added."""
    if not any(len(added) for _, added in groups):
        return Branches.concatenate([no_branches(), *(branches for branches, _ in groups)]), points[:0]
    together = CriticalPoints.concatenate([added for _, added in groups])
    row = np.arange(len(together))
    if landscape is not None:
        every, together = together, union(landscape, [together])
        row = nearest(landscape, together.x, every.x)
    known, before, numbered = len(points), 0, []
    for branches, added in groups:
        row_of_end = np.concatenate([np.arange(known), known + row[before : before + len(added)], [LOST]])
        numbered.append(replace(branches, saddle=row_of_end[branches.saddle], end=row_of_end[branches.end]))
        before += len(added)
    every_line = Branches.concatenate(numbered)
    return every_line[np.sort(np.unique(every_line.saddle, return_index=True)[1])], together


def path_length(landscape: Landscape, path: Array) -> Array:
    """Lengths (m,) of paths (frames, m, n); NaN ends a path."""
    if len(path) < 2:
        return np.zeros(path.shape[1])
    pieces = landscape.manifold.distance(path[:-1], path[1:])
    total: Array = np.nansum(pieces, axis=0)
    return total
