"""Lines of the flow from saddles of index k to those of index k - 1, counted one by one.

Two branches leave a saddle of index 1, and two arrive at one of index d - 1, so that k = 1 and k = d are settled by
following them. From a point of index 2 lines leave in a circle of directions; between directions whose lines part there
is one that runs into a saddle of index 1, found by bisection. Index d - 1 is the same for -f. This covers every index
in up to four dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray, dot, norm
from landscape.critical.merge import nearest
from landscape.critical.points import CriticalPoints
from landscape.escape.flow import FlowStatus, flow
from landscape.escape.manifolds import DISPLACEMENT, upside_down
from landscape.function import Landscape
from landscape.network.geometry import displacement, unstable_directions

_ELLIPSE = 1e-2  # longest distance from a point at which its circle of lines begins, in units of the length scale
_FIRST_DIRECTIONS = 96
_PARTS = 12  # into which the gap between two lines is divided
_MOST_ROUNDS = 80
_TURN = 0.7853  # the first direction: none that symmetry could prefer
_SPACING = 0.01  # of the points on a line, in units of the length scale
_ACCURACY = 1e-6  # of these lines, which neighbours tell from their distance
_APART = 0.15  # lines part when they are so far from each other at one height, in units of the length scale
_TOGETHER = 0.02  # and have not begun to before they are so far
_LEVELS = 60  # heights at which lines are compared
_NEAR = 0.03  # a line passes a saddle when it comes so near, in units of the length scale
_BEYOND = 0.03  # how far beyond a saddle it is decided to which side a line went, in units of the length scale
_ELSEWHERE = -1  # the end of a line that arrives nowhere
_REACH = 2.0  # a line has left when it is so many diagonals, of the box or of the points, from its start


@dataclass(frozen=True)
class Connections:
    """How many lines lead from each point of index k to each of index k - 1.

    Attributes
    ----------
    count : (a, b) int
        Lines from each of a points of index k - 1, up to each of b points of index k.
    unresolved : int
        Directions in which lines part without a saddle being recognised between them.
    """

    count: IntArray
    unresolved: int


def count_connections(landscape: Landscape, points: CriticalPoints, k: int) -> Connections:
    """Count lines from points of index k to points of index k - 1.

    Parameters
    ----------
    points : CriticalPoints
        All critical points, of every index.
    k : int
        From 1 to the number of dimensions; one that the module covers.
    """
    d = landscape.manifold.intrinsic_dim
    lower, upper = points[points.index == k - 1], points[points.index == k]
    if len(lower) == 0 or len(upper) == 0:
        return Connections(np.zeros((len(lower), len(upper)), dtype=np.int64), 0)
    reach = _reach(landscape, points.x)
    if k == 1:
        return two_branches(landscape, upper, lower, reach)
    if k == d:
        turned = two_branches(upside_down(landscape), lower, upper, reach)
        return Connections(turned.count.T, turned.unresolved)
    if k == 2:
        return circles(landscape, upper, lower, points[points.index == 0], points.value.min(), reach)
    assert k == d - 1, f"lines from index {k} in {d} dimensions are not covered"
    turned = circles(upside_down(landscape), lower, upper, points[points.index == d], -points.value.max(), reach)
    return Connections(turned.count.T, turned.unresolved)


def _reach(landscape: Landscape, x: Array) -> float:
    """How far lines may go, in units of the landscape's diagonal: its box may be smaller than what is round it."""
    spread = float(norm(x.max(axis=0) - x.min(axis=0)))
    return _REACH * max(landscape.diagonal, spread) / landscape.diagonal


def two_branches(landscape: Landscape, saddles: CriticalPoints, ends: CriticalPoints, reach: float) -> Connections:
    """Lines from saddles with one unstable direction to the ends (b points); those that run to infinity, farther than
    `reach` diagonals of the landscape, end nowhere."""
    direction = unstable_directions(landscape, saddles.x, 1)[0][:, 0]
    both = np.concatenate([direction, -direction])
    away = DISPLACEMENT * landscape.manifold.length_scale
    start = landscape.manifold.retract(np.concatenate([saddles.x, saddles.x]), away * both)
    lines = flow(landscape, start, reach=reach)
    arrived = lines.status == FlowStatus.ARRIVED
    end = np.where(arrived, nearest(landscape, ends.x, lines.x), _ELSEWHERE)
    owner = np.tile(np.arange(len(saddles)), 2)
    count = np.zeros((len(ends), len(saddles)), dtype=np.int64)
    np.add.at(count, (end[end >= 0], owner[end >= 0]), 1)
    unresolved = int((arrived & (end < 0)).sum() + np.isin(lines.status, (FlowStatus.STEP_LIMIT,)).sum())
    return Connections(count, unresolved)


def circles(
    landscape: Landscape,
    tops: CriticalPoints,
    saddles: CriticalPoints,
    ends: CriticalPoints,
    lowest: float,
    reach: float,
) -> Connections:
    """Lines from points with two unstable directions to saddles with one.

    Parameters
    ----------
    tops, saddles, ends : CriticalPoints
        Points with two, one and no unstable directions.
    lowest : float
        A height below which there are no critical points, for lines that run to infinity.
    reach : float
        How far these are followed, in diagonals of the landscape.
    """
    fan = _Fan(landscape, saddles, ends, lowest, reach)
    count = np.zeros((len(saddles), len(tops)), dtype=np.int64)
    owner = np.arange(len(tops))
    starts = _circle(landscape, tops.x)
    for _ in range(_MOST_ROUNDS):
        if len(owner) == 0:
            break
        lines = fan.trace(starts)
        row, column = np.nonzero(lines.parted(_APART * landscape.manifold.length_scale))
        saddle, across = fan.between(lines, row, column)
        settled = (saddle >= 0) & across
        np.add.at(count, (saddle[settled], owner[row[settled]]), 1)
        row, column = row[~settled], column[~settled]
        owner = owner[row]
        low, high = fan.still_together(lines, row, column)
        step = displacement(landscape.manifold, low, high)
        part = np.linspace(0, 1, _PARTS + 1)[:, None]
        starts = landscape.manifold.retract(low[:, None], part * step[:, None])
    return Connections(count, len(owner))


def _circle(landscape: Landscape, x: Array) -> Array:
    """Points round each of `x` (m, n) in its unstable plane, all equally far below it, the first once more as the last,
    (m, directions + 1, n)."""
    plane, curvature = unstable_directions(landscape, x, 2)
    axes = plane * np.sqrt(np.abs(curvature).min(axis=1, keepdims=True) / np.abs(curvature))[..., None]
    angle = _TURN + 2 * np.pi * np.arange(_FIRST_DIRECTIONS + 1) / _FIRST_DIRECTIONS
    along = np.stack([np.cos(angle), np.sin(angle)], axis=1) @ axes
    return landscape.manifold.retract(x[:, None], _ELLIPSE * landscape.manifold.length_scale * along)


@dataclass(frozen=True)
class _Lines:
    """Neighbouring lines of the flow, in r rows of c.

    Attributes
    ----------
    end : (r, c)
        Where each ends, `_ELSEWHERE` if nowhere.
    path : (frames, r, c, n)
        NaN after a line's end.
    height : (frames, r, c)
    gap : (r, c - 1, levels)
        Distance of neighbours at heights that are the same for a whole row.
    """

    end: IntArray
    path: Array
    height: Array
    gap: Array

    def parted(self, apart: float) -> BoolArray:
        """Which neighbours part, (r, c - 1)."""
        parted: BoolArray = (np.diff(self.end, axis=1) != 0) | (self.gap.max(axis=2) > apart)
        return parted


class _Fan:
    """Lines that lead from points with two unstable directions past the saddles to the ends."""

    def __init__(
        self, landscape: Landscape, saddles: CriticalPoints, ends: CriticalPoints, lowest: float, reach: float
    ) -> None:
        self.landscape, self.saddles, self.ends, self.lowest, self.reach = landscape, saddles, ends, lowest, reach
        self.scale = landscape.manifold.length_scale
        ways, curvature = unstable_directions(landscape, saddles.x, 1)
        self.way = ways[:, 0]
        self.decided = landscape.value(saddles.x) - 0.5 * np.abs(curvature[:, 0]) * (_BEYOND * self.scale) ** 2

    def trace(self, starts: Array) -> _Lines:
        """Follow the lines from rows of starts, (r, c, n)."""
        landscape, shape = self.landscape, starts.shape[:2]
        starts = starts.reshape(-1, landscape.dim)
        lines = flow(landscape, starts, spacing=_SPACING, reach=self.reach, record=True, accuracy=_ACCURACY)
        assert lines.path is not None
        arrived = lines.status == FlowStatus.ARRIVED
        end = np.where(arrived, nearest(landscape, self.ends.x, lines.x), _ELSEWHERE).reshape(shape)
        height = landscape.value(lines.path)
        bottom = np.where(end >= 0, landscape.value(lines.x).reshape(shape), self.lowest).min(axis=1)
        top = height[0].reshape(shape).min(axis=1)
        part = (1 - np.cos(np.pi * np.linspace(0, 1, _LEVELS + 1)[:-1])) / 2
        levels = top[:, None] + part * (bottom - top)[:, None]
        at_level = _at_heights(landscape, lines.path, height, np.repeat(levels, shape[1], axis=0))
        at_level = at_level.reshape(*shape, _LEVELS, -1)
        gap = landscape.manifold.distance(at_level[:, 1:], at_level[:, :-1])
        frames = len(lines.path)
        return _Lines(end, lines.path.reshape(frames, *shape, -1), height.reshape(frames, *shape), gap)

    def still_together(self, lines: _Lines, row: IntArray, column: IntArray) -> tuple[Array, Array]:
        """Where the lines in these columns and the next are when they begin to part, (m, n) and (m, n)."""
        first, second = lines.path[:, row, column], lines.path[:, row, column + 1]
        height = lines.height[:, row, column]
        levels = np.where(np.isfinite(height), height, np.nanmin(height, axis=0, initial=np.inf)).T
        other = _at_heights(self.landscape, second, lines.height[:, row, column + 1], levels)
        gap = self.landscape.manifold.distance(first.swapaxes(0, 1), other)
        near = np.logical_and.accumulate(gap <= _TOGETHER * self.scale, axis=1).sum(axis=1)
        every, frame = np.arange(len(row)), np.maximum(near - 1, 0)
        return first[frame, every], np.where(near[:, None] > 0, other[every, frame], second[0])

    def between(self, lines: _Lines, row: IntArray, column: IntArray) -> tuple[IntArray, BoolArray]:
        """The saddle that the lines in these columns and the next both pass, -1 if none, and whether they leave it on
        different sides, (m,)."""
        saddle = np.full(len(row), -1)
        across = np.zeros(len(row), dtype=bool)
        manifold = self.landscape.manifold
        for number, (r, c) in enumerate(zip(row.tolist(), column.tolist(), strict=True)):
            paths = [lines.path[np.isfinite(lines.height[:, r, k]), r, k] for k in (c, c + 1)]
            gap = np.stack([manifold.distance(self.saddles.x[:, None], path).min(axis=1) for path in paths]).max(axis=0)
            q = int(gap.argmin())
            if gap[q] > _NEAR * self.scale:
                continue
            sides = []
            for k in (c, c + 1):
                height = lines.height[:, r, k]
                below = np.flatnonzero(height <= self.decided[q])
                # A line may end above that height: in a minimum that is hardly lower than the saddle.
                frame = below[0] if below.size else np.isfinite(height).sum() - 1
                from_saddle = displacement(manifold, self.saddles.x[q], lines.path[frame, r, k])
                sides.append(float(dot(from_saddle, self.way[q])))
            saddle[number], across[number] = q, sides[0] * sides[1] < 0
        return saddle, across


def _at_heights(landscape: Landscape, path: Array, height: Array, levels: Array) -> Array:
    """Where lines, at `path` (frames, m, n) and of falling `height` (frames, m), are at `levels` (m, l): (m, l, n)."""
    frame = np.empty(levels.shape, dtype=np.int64)
    last = np.isfinite(height).sum(axis=0) - 1
    depth = np.maximum.accumulate(np.where(np.isfinite(height), -height, np.inf), axis=0)
    for line in range(len(levels)):
        frame[line] = np.searchsorted(depth[:, line], -levels[line], side="right") - 1
    before = np.clip(frame, 0, last[:, None])
    after = np.minimum(before + 1, last[:, None])
    every = np.arange(len(levels))[:, None]
    fall = depth[after, every] - depth[before, every]
    part = np.divide(-levels - depth[before, every], fall, out=np.zeros_like(levels), where=fall > 0)
    step = displacement(landscape.manifold, path[before, every], path[after, every])
    return landscape.manifold.retract(path[before, every], np.clip(part, 0, 1)[..., None] * step)
