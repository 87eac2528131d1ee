"""What the lines of the flow that a study has followed amount to, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from landscape.critical.points import Kind
from landscape.network.branches import LOST
from landscape.study.result import StudyResult


@dataclass(frozen=True)
class NetworkSummary:
    """A study's network.

    Attributes
    ----------
    minima : int
        Also those that only the flow has led to, and degenerate points without negative eigenvalues where a line ends.
    saddles : int
        Of index 1, from which both lines lead to minima.
    pieces : int
        Minima between which the lines lead are of one piece.
    lost_lines : int
        That arrive nowhere.
    added_points : int
        That only the flow has led to.
    """

    minima: int
    saddles: int
    pieces: int
    lost_lines: int
    added_points: int

    def sentence(self) -> str:
        """'4 minima joined by 12 saddles, 1 piece'."""
        joined = f"{_some(self.minima, 'minimum', 'minima')} joined by {_some(self.saddles, 'saddle', 'saddles')}"
        parts = [joined, _some(self.pieces, "piece", "pieces")]
        if self.lost_lines:
            parts.append(f"{_some(self.lost_lines, 'line arrives', 'lines arrive')} nowhere")
        if self.added_points:
            parts.append(f"{_some(self.added_points, 'point', 'points')} found only by the flow")
        return ", ".join(parts)


def summary(result: StudyResult) -> NetworkSummary | None:
    """The network of a complete study that has followed the lines of its saddles; None of another."""
    if result.unfinished is not None or not result.study.network:
        return None
    branches, points, added = result.branches, result.points, result.added
    total = len(points) + len(added)
    kind, index = (np.concatenate([getattr(p, name) for p in (points, added)]) for name in ("kind", "index"))
    there = branches.end != LOST
    source, end = np.repeat(branches.saddle, 2)[there.ravel()], branches.end.ravel()[there.ravel()]
    minimum = kind == Kind.MINIMUM
    minimum[end[(kind[end] == Kind.DEGENERATE) & (index[end] == 0)]] = True
    _, piece = connected_components(coo_array((np.ones(len(end)), (source, end)), shape=(total, total)), directed=False)
    arrives = minimum.copy()  # at a minimum, perhaps by way of other saddles
    while not arrives[source[arrives[end]]].all():
        arrives[source[arrives[end]]] = True
    return NetworkSummary(
        minima=int(minimum.sum()),
        saddles=int((there & np.where(there, arrives[branches.end], False)).all(axis=1).sum()),
        pieces=len(np.unique(piece[minimum])),
        lost_lines=int((~there).sum()),
        added_points=len(added),
    )


def _some(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
