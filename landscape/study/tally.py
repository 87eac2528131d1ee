"""How far a study is while it goes on: runs done, points by index, how sure it is that none is missing."""

from __future__ import annotations

import time

from landscape.critical.completeness import coverage
from landscape.critical.find import union
from landscape.critical.points import CriticalPoints
from landscape.function import Landscape
from landscape.study.chunks import Part

_SHARE = 0.05  # of the time at most goes into telling points apart


class Tally:
    """Adds up what chunks come to, in whatever order: for `run_study(..., watch=tally.add)`.

    Points that several chunks found are told apart at a twentieth of the time: where that is hard, the counts stay
    behind for a while.

    Attributes
    ----------
    descents, searches, escapes, followed : int
        Runs done so far: descents, searches for critical points, saddles that descents have left, and saddles of index
        1 from which the flow was followed.
    """

    def __init__(self, landscape: Landscape) -> None:
        self._landscape = landscape
        self._points: CriticalPoints | None = None
        self._waiting: list[CriticalPoints] = []
        self._next = 0.0
        self.descents = self.searches = self.escapes = self.followed = 0

    def add(self, part: Part) -> None:
        """One more chunk."""
        self.descents += 0 if part.descent is None else len(part.descent)
        self.escapes += 0 if part.escapes is None else len(part.escapes)
        self.followed += 0 if part.branches is None else len(part.branches)
        if part.points is None:
            return
        self.searches += sum(part.points.search_counts.values())
        self._waiting.append(part.points)
        if time.monotonic() >= self._next:
            self._merge()

    def points(self) -> CriticalPoints | None:
        """The distinct points of all chunks; None before the first."""
        if self._waiting:
            self._merge()
        return self._points

    def sentence(self) -> str:
        """'12000 descents, 24000 searches: 4 of index 0 (coverage 1.000), 4 of index 1 (coverage 0.998)'."""
        counts = (
            (self.descents, "descents"),
            (self.searches, "searches"),
            (self.escapes, "saddles left"),
            (self.followed, "saddles connected"),
        )
        runs = ", ".join(f"{number} {what}" for number, what in counts if number)
        points = self._points
        if points is None:
            return runs
        by_index = []
        for k, number in points.count_by_index().items():
            sure = coverage(points.found[points.decided & (points.index == k)]).coverage
            by_index.append(f"{number} of index {k} (coverage {sure:.3f})")
        return f"{runs}: {', '.join(by_index) or 'no points'}"

    def _merge(self) -> None:
        began = time.monotonic()
        known = [] if self._points is None else [self._points]
        self._points, self._waiting = union(self._landscape, [*known, *self._waiting]), []
        now = time.monotonic()
        self._next = now + (now - began) / _SHARE
