"""What a study has found, read back from its store; also before it is complete."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from landscape.arrays import IntArray
from landscape.critical.find import nearest, union
from landscape.critical.points import CriticalPoints
from landscape.descent.ensemble import Descent
from landscape.function import Landscape
from landscape.study.chunks import (
    ESCAPE,
    EXPLORATION,
    SEARCH,
    Escapes,
    Part,
    escape_groups,
    follow,
    no_escapes,
    search_chunk,
)
from landscape.study.declaration import Study
from landscape.study.faults import Fault, joined, tolerated
from landscape.study.reading import StoreError
from landscape.study.store import RESULT, Store


@dataclass(frozen=True)
class FailedChunk:
    """A chunk that has no result: its phase, its number, which starts or saddles it had (the first, and the one after
    the last), and why."""

    phase: str
    chunk: int
    first: int
    stop: int
    reason: str

    def sentence(self) -> str:
        members = "saddles" if self.phase == ESCAPE else "starts"
        return f"No result of {self.phase} for {members} {self.first} to {self.stop - 1}: {self.reason}"


@dataclass(frozen=True)
class Unfinished:
    """How far a study is that is not complete: chunks done of the phase that it is in."""

    phase: str
    done: int
    total: int

    def sentence(self) -> str:
        return f"incomplete: {self.done} of {self.total} chunks of {self.phase}"


@dataclass(frozen=True, eq=False)
class StudyResult:
    """All that a study found, or has found so far.

    Attributes
    ----------
    study : Study
    note : str
        How the user's function was understood.
    parameters : dict
        The landscape's parameters, defaults included.
    points : CriticalPoints
    descent : Descent
        One row a start, in the order of the chunks that are done.
    basin : (m,)
        For each descent the row of the critical point that it led to, -1 for none.
    escapes : Escapes
    faults : tuple of Fault
        Where the user's function failed.
    failed : tuple of FailedChunk
        Chunks that have no result.
    unfinished : Unfinished or None
        None if the study is complete.
    versions : dict
        Of Python and the packages that the study was begun with.
    """

    study: Study
    note: str
    parameters: dict[str, Any]
    points: CriticalPoints
    descent: Descent
    basin: IntArray
    escapes: Escapes
    faults: tuple[Fault, ...] = ()
    failed: tuple[FailedChunk, ...] = ()
    unfinished: Unfinished | None = None
    versions: dict[str, str] = field(default_factory=dict)


def open_study(path: str | os.PathLike[str]) -> StudyResult:
    """What a study's file holds, without ever writing to it; also while the study goes on.

    Parameters
    ----------
    path : path
        What `landscape study --store` or `run_study(..., store=...)` wrote.

    Returns
    -------
    StudyResult
        With `points` (`CriticalPoints`), `descent` (`Descent`), `basin` and `escapes`; `unfinished` tells what is left.

    Raises
    ------
    StoreError
        If there is no such file, it is not a study, is from another version, or is damaged.
    ValueError
        If the study is not complete and its function cannot be loaded, which is needed to tell points apart.

    Examples
    --------
    >>> import landscape, tempfile
    >>> from landscape.study.declaration import Study
    >>> from landscape.study.run import run_study
    >>> from landscape.study.target import Target
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = run_study(Study(Target("himmelblau"), starts=50), store=f"{folder}/study.sqlite")
    ...     landscape.open_study(f"{folder}/study.sqlite").points.count_by_index()
    {0: 4, 1: 4, 2: 1}
    """
    with Store.reading(path) as store:
        loaded = Loaded.of(store)
    return loaded.result()


class _Progress(NamedTuple):
    failed: tuple[FailedChunk, ...]
    unfinished: Unfinished | None


@dataclass(frozen=True, eq=False)
class Loaded:
    """What a store holds of a study, in memory."""

    entries: dict[str, Any]
    search: dict[int, Part]
    rounds: dict[int, Part]
    escapes: dict[int, Part]
    merged: Part | None

    @classmethod
    def of(cls, store: Store) -> Loaded:
        parts = {
            phase: {chunk: store.get(phase, chunk) for chunk in store.chunks(phase)}
            for phase in (SEARCH, EXPLORATION, ESCAPE, RESULT)
        }
        return cls(store.entries(), parts[SEARCH], parts[EXPLORATION], parts[ESCAPE], parts[RESULT].get(0))

    def result(self) -> StudyResult:
        study = Study.from_json(self.entries["study"])
        searched = [part for part in self.search.values() if not part.failure] or [search_chunk(study, 0, 0)]
        points, basin = self._so_far(study, searched) if self.merged is None else merged_part(self.merged)
        escapes = [part.escapes for part in self.escapes.values() if part.escapes is not None]
        everything = [*self.search.values(), *self.rounds.values(), *self.escapes.values()]
        everything += [] if self.merged is None else [self.merged]
        progress = self.progress(study)
        return StudyResult(
            study=study,
            note=self.entries["note"],
            parameters=self.entries["parameters"],
            points=points,
            descent=Descent.concatenate([part.descent for part in searched if part.descent is not None]),
            basin=basin,
            escapes=Escapes.concatenate(escapes) if escapes else no_escapes(study),
            faults=tuple(joined(fault for part in everything for fault in part.faults)),
            failed=progress.failed,
            unfinished=progress.unfinished,
            versions=self.entries["versions"],
        )

    def progress(self, study: Study) -> _Progress:
        """Which chunks failed, and what is left to do."""
        starts = np.cumsum([0, *study.chunk_sizes(self.entries["dim"])]).tolist()
        groups = [] if self.merged is None else escape_groups(merged_part(self.merged)[0])
        saddles = np.cumsum([0, *map(len, groups)]).tolist()
        phases = [(SEARCH, self.search, starts), (EXPLORATION, self.rounds, starts), (ESCAPE, self.escapes, saddles)]
        failed = tuple(
            FailedChunk(phase, chunk, ends[chunk], ends[chunk + 1], part.failure)
            for phase, parts, ends in phases
            for chunk, part in parts.items()
            if part.failure
        )
        if self.merged is not None and self.merged.failure:
            failed += (FailedChunk(RESULT, 0, 0, starts[-1], self.merged.failure),)
        relevant = phases[:2] if self.merged is None else phases[2:]
        left = [Unfinished(phase, len(parts), len(ends) - 1) for phase, parts, ends in relevant]
        unfinished = next((phase for phase in left if phase.done < phase.total), None)
        if unfinished is None and self.merged is None:
            unfinished = left[-1]
        return _Progress(failed, unfinished)

    def _so_far(self, study: Study, searched: list[Part]) -> tuple[CriticalPoints, IntArray]:
        """The points of an incomplete study, and the basins as their rows."""
        landscape = study.target.load()
        rounds = [part for part in self.rounds.values() if not part.failure]
        with tolerated():
            points = union(landscape, points_of([*searched, *rounds]))
            return points, basins_of(landscape, points, searched)


def points_of(parts: list[Part]) -> list[CriticalPoints]:
    return [part.points for part in parts if part.points is not None]


def merged_part(part: Part) -> tuple[CriticalPoints, IntArray]:
    if part.points is None or part.basin is None:
        raise StoreError("its result has no points")
    return part.points, part.basin


def basins_of(landscape: Landscape, points: CriticalPoints, parts: list[Part]) -> IntArray:
    """The chunks' basins as rows of the study's points."""
    rows = [
        follow(part.basin, nearest(landscape, points.x, part.points.x))
        for part in parts
        if part.basin is not None and part.points is not None
    ]
    return np.concatenate(rows)
