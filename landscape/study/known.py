"""The critical points that were found beside those that are known to exist."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from landscape.critical.points import CriticalPoints
from landscape.function import Truth
from landscape.study.declaration import Study

_MANY = 6  # indices, beyond which a sentence does not list them all


@dataclass(frozen=True)
class Known:
    """How many points are known, and how many of those were found.

    Attributes
    ----------
    total, found : int
        A point too many at one index does not make up for one that is missing at another.
    by_index : dict of str to [int, int]
        Known and found, for each index that either has; 'degenerate' beside them.
    source : str
        Where it is known from.
    """

    total: int
    found: int
    by_index: dict[str, list[int]]
    source: str

    def sentence(self) -> str:
        """As in '9 of the 11 known; missing: 1 of index 2, 1 of index 4; source: by hand'."""
        missing = {k: known - found for k, (known, found) in self.by_index.items() if found < known}
        more = {k: found - known for k, (known, found) in self.by_index.items() if found > known}
        parts = [f"{self.found} of the {self.total} known"]
        parts += [f"{word}: {_listed(which)}" for word, which in (("missing", missing), ("not known", more)) if which]
        return "; ".join([*parts, f"source: {self.source}"])

    def as_json(self) -> dict[str, Any]:
        """The same as values that JSON can write, the sentence beside them."""
        return {**asdict(self), "sentence": self.sentence()}


def known_points(truth: Truth | None, points: CriticalPoints, wanted: Collection[int] | None = None) -> Known | None:
    """Compare points with the truth, where it has counts; where only some indices were `wanted`, those."""
    if truth is None or truth.counts is None:
        return None
    here = points.count_by_index()
    indices = set(truth.counts) | set(here) if truth.complete else set(truth.counts)
    if wanted is not None:
        indices &= set(wanted)
    by_index = {str(k): [truth.counts.get(k, 0), here.get(k, 0)] for k in sorted(indices)}
    if truth.complete and wanted is None and (truth.degenerate or len(points.degenerate)):
        by_index["degenerate"] = [truth.degenerate, len(points.degenerate)]
    total = sum(known for known, _ in by_index.values())
    if not total:
        return None
    return Known(total, sum(min(pair) for pair in by_index.values()), by_index, truth.source)


def truth_of(study: Study) -> Truth | None:
    """What is known of a study's landscape, if it is of the zoo: to report is not to run a file of the user's."""
    if study.target.is_own:
        return None
    with suppress(ValueError, ImportError):  # its data may be gone
        return study.target.load().truth
    return None


def _listed(numbers: dict[str, int]) -> str:
    """As in '1 of index 2, 3 of index 5'."""
    if len(numbers) > _MANY:
        return f"{sum(numbers.values())} of {len(numbers)} indices"
    return ", ".join(f"{n} degenerate" if k == "degenerate" else f"{n} of index {k}" for k, n in numbers.items())
