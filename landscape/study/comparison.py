"""Two studies side by side: what was declared differently, and which critical points only one of them found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from landscape.arrays import IntArray
from landscape.critical.merge import nearest
from landscape.study.declaration import difference
from landscape.study.destinations import tally
from landscape.study.result import StudyResult


@dataclass(frozen=True, eq=False)
class Comparison:
    """How two studies of one landscape differ.

    Attributes
    ----------
    one, other : StudyResult
    difference : str
        Of their declarations, in words.
    match : (m,)
        For each point of the first the row of the same point in the second, -1 where there is none.
    only_one, only_other : int arrays
        Rows of the points that the other lacks.
    largest_value_gap : float
        Between the values of points that both have.
    basins : list of (int, int, interval, interval)
        For the points of both that descents led to: rows, and 95 % intervals of the fraction of starts; where they do
        not overlap, the basins differ in size.
    """

    one: StudyResult
    other: StudyResult
    difference: str
    match: IntArray
    only_one: IntArray
    only_other: IntArray
    largest_value_gap: float
    basins: list[tuple[int, int, tuple[float, float], tuple[float, float]]]


def compare(one: StudyResult, other: StudyResult) -> Comparison:
    """Compare two studies of the same landscape.

    Raises
    ------
    ValueError
        If they are of different landscapes, or the landscape cannot be loaded, which is needed to tell points apart.
    """
    target = one.study.target
    if other.study.target != target:
        raise ValueError(f"these are studies of different landscapes: {difference(one.study, other.study)}")
    match = nearest(target.load(), other.points.x, one.points.x)
    both = np.flatnonzero(match >= 0)
    only_other = np.setdiff1d(np.arange(len(other.points)), match)
    gaps = np.abs(one.points.value[both] - other.points.value[match[both]])
    here = {row: (low, high) for row, _, low, high in tally(one.basin)}
    there = {row: (low, high) for row, _, low, high in tally(other.basin)}
    pairs = [(int(row), int(match[row])) for row in both]
    return Comparison(
        one,
        other,
        difference(one.study, other.study),
        match,
        np.flatnonzero(match < 0),
        only_other,
        float(gaps.max(initial=0.0)),
        [(row, twin, here[row], there[twin]) for row, twin in pairs if row in here and twin in there],
    )


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as values that strict JSON can write."""
    one, other = comparison.one, comparison.other
    return {
        "problem": one.study.target.name,
        "difference": comparison.difference,
        "by_index": [{str(k): n for k, n in s.points.count_by_index().items()} for s in (one, other)],
        "total": [len(one.points), len(other.points)],
        "in_both": int((comparison.match >= 0).sum()),
        "only_in_first": comparison.only_one.tolist(),
        "only_in_second": comparison.only_other.tolist(),
        "largest_value_gap": comparison.largest_value_gap,
        "basins": [
            {"points": [row, twin], "intervals": [list(a), list(b)], "overlap": overlap(a, b)}
            for row, twin, a, b in comparison.basins
        ],
        "identical": comparison.difference == "" and _same_bits(one, other),
    }


def overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two intervals have a number in common."""
    return max(one[0], other[0]) <= min(one[1], other[1])


def _same_bits(one: StudyResult, other: StudyResult) -> bool:
    same = [
        getattr(a, name).tobytes() == getattr(b, name).tobytes()
        for a, b in (
            (one.points, other.points),
            (one.descent, other.descent),
            (one.escapes, other.escapes),
            (one.branches, other.branches),
            (one.added, other.added),
        )
        for name in a.row_fields()
    ]
    return all(same) and np.array_equal(one.basin, other.basin)
