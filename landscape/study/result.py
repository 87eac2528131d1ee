"""What a study has found, read back from its store; also before it is complete."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np

from landscape.arrays import IntArray
from landscape.critical.find import union
from landscape.critical.merge import nearest
from landscape.critical.points import CriticalPoints
from landscape.descent.ensemble import Descent
from landscape.function import Landscape
from landscape.network.branches import Branches, joined, saddle_groups
from landscape.study.chunks import (
    ESCAPE,
    EXPLORATION,
    NETWORK,
    SEARCH,
    Escapes,
    Part,
    escape_groups,
    follow,
    no_escapes,
    search_chunk,
)
from landscape.study.declaration import Study
from landscape.study.faults import Fault, tolerated
from landscape.study.faults import joined as joined_faults
from landscape.study.reading import StoreError
from landscape.study.store import RESULT, Store

Graph = Any  # a NetworkX graph: the library comes without types

_TOGETHER = 50_000  # points that are merged at a time, unless more are known to be distinct


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
        members = "saddles" if self.phase in (ESCAPE, NETWORK) else "starts"
        which = " of index 1" if self.phase == NETWORK else ""
        return f"No result of {self.phase} for {members} {self.first} to {self.stop - 1}{which}: {self.reason}"


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
    branches : Branches
        Where the flow leads from the saddles of index 1: to rows of `points`, and after them of `added`.
    added : CriticalPoints
        Points that only the flow has led to. Where chunks share one, it takes the study's function to tell: without it
        a point may stand here once for each.
    faults : tuple of Fault
        Where the user's function failed.
    failed : tuple of FailedChunk
        Chunks that have no result.
    unfinished : Unfinished or None
        None if the study is complete.
    versions : dict
        Of Python and the packages that the study was begun with.
    seconds : dict
        What each phase took, summed over its chunks.
    """

    study: Study
    note: str
    parameters: dict[str, Any]
    points: CriticalPoints
    descent: Descent
    basin: IntArray
    escapes: Escapes
    branches: Branches
    added: CriticalPoints
    faults: tuple[Fault, ...] = ()
    failed: tuple[FailedChunk, ...] = ()
    unfinished: Unfinished | None = None
    versions: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def graph(self) -> Graph:
        """The network of the study's points: each a node, with an edge for each branch of the flow from a saddle of
        index 1, as `landscape.connect` gives it; `landscape.transition_network` makes the usual view of it.

        Of a complete study the lines are those that it has followed; where a chunk of them failed, they count as lost.
        If it is incomplete, or was not to follow them, they are followed now.

        Raises
        ------
        ValueError
            If the study's function cannot be loaded.

        Examples
        --------
        >>> from landscape.study.run import run_study
        >>> from landscape.study.target import Target
        >>> run_study(Study(Target("muller_brown"), starts=300, escape_starts=5)).graph().number_of_edges()
        4
        """
        from landscape.network.connect import assembled, connect

        landscape = self.study.target.load()
        followed = self.study.network and self.unfinished is None
        graph: Graph = (
            assembled(landscape, self.points, self.branches, self.added)
            if followed
            else connect(landscape, self.points)
        )
        return graph


def open_study(path: str | os.PathLike[str]) -> StudyResult:
    """What a study's file holds, without ever writing to it; also while the study goes on.

    Parameters
    ----------
    path : path
        What `landscape study --store` or `run_study(..., store=...)` wrote.

    Returns
    -------
    StudyResult
        With `points` (`CriticalPoints`), `descent` (`Descent`), `basin`, `escapes` and `branches`; `graph()` is the
        network of the points; `unfinished` tells what is left.

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


@dataclass(frozen=True, eq=False)
class Loaded:
    """What a store holds of a study, in memory; of a complete one without what each chunk found."""

    entries: dict[str, Any]
    search: dict[int, Part]
    rounds: dict[int, Part]
    escapes: dict[int, Part]
    network: dict[int, Part]
    merged: Part | None
    descent: Descent | None

    @classmethod
    def of(cls, store: Store) -> Loaded:
        found = set() if store.chunks(RESULT) else {"points", "basin"}
        search, descent = _with_one_descent(store.parts(SEARCH, {"descent", *found}))
        rounds, escapes, network, merged = (
            dict(store.parts(phase, wanted))
            for phase, wanted in (
                (EXPLORATION, found),
                (ESCAPE, {"escapes"}),
                (NETWORK, {"branches", "added"}),
                (RESULT, {"points", "basin"}),
            )
        )
        return cls(store.entries(), search, rounds, escapes, network, merged.get(0), descent)

    def result(self) -> StudyResult:
        study = Study.from_json(self.entries["study"])
        points, basin = self._so_far(study) if self.merged is None else merged_part(self.merged)
        escapes = [part.escapes for part in self.escapes.values() if part.escapes is not None]
        branches, added = self._lines(study, points)
        phases = self._phases()
        everything = chain.from_iterable(parts.values() for parts in phases.values())
        return StudyResult(
            study=study,
            note=self.entries["note"],
            parameters=self.entries["parameters"],
            points=points,
            descent=_no_descents(study) if self.descent is None else self.descent,
            basin=basin,
            escapes=Escapes.concatenate(escapes) if escapes else no_escapes(study),
            branches=branches,
            added=added,
            faults=tuple(joined_faults(fault for part in everything for fault in part.faults)),
            failed=self.failed(study),
            unfinished=self.unfinished(study),
            versions=self.entries["versions"],
            seconds={name: float(np.nansum([p.seconds for p in parts.values()])) for name, parts in phases.items()},
        )

    def failed(self, study: Study) -> tuple[FailedChunk, ...]:
        """The chunks that have no result."""
        ends = _ends(study, self.entries["dim"], self._points())
        return tuple(
            FailedChunk(phase, chunk, ends[phase][chunk], ends[phase][chunk + 1], part.failure)
            for phase, parts in self._phases().items()
            for chunk, part in parts.items()
            if part.failure
        )

    def unfinished(self, study: Study) -> Unfinished | None:
        """What is left to do."""
        done = {phase: len(parts) for phase, parts in self._phases().items()}
        return _left(_ends(study, self.entries["dim"], self._points()), done)

    def _phases(self) -> dict[str, dict[int, Part]]:
        merged = {} if self.merged is None else {0: self.merged}
        after = {ESCAPE: self.escapes, NETWORK: self.network, RESULT: merged}
        return {SEARCH: self.search, EXPLORATION: self.rounds, **after}

    def _lines(self, study: Study, points: CriticalPoints) -> tuple[Branches, CriticalPoints]:
        """The lines of the flow, and the points that only they have led to."""
        none = points[:0]
        groups = [
            (part.branches, none if part.added is None else part.added)
            for part in self.network.values()
            if part.branches is not None
        ]
        landscape = None
        if any(len(added) for _, added in groups):
            with suppress(ValueError):  # the rest of the study is there without its function
                landscape = study.target.load()
        return joined(landscape, points, groups)

    def _points(self) -> CriticalPoints | None:
        return None if self.merged is None else merged_part(self.merged)[0]

    def _so_far(self, study: Study) -> tuple[CriticalPoints, IntArray]:
        """The points of an incomplete study, and the basins as their rows."""
        landscape = study.target.load()
        searched = [part for part in self.search.values() if not part.failure] or [_nothing(study)]
        with tolerated():
            points = merged_points(landscape, [*searched, *self.rounds.values()])
            return points, basins_of(landscape, points, searched)


def unfinished(store: Store, study: Study) -> Unfinished | None:
    """What is left to do of a study, without a look at what it has found."""
    phases = (SEARCH, EXPLORATION, ESCAPE, NETWORK, RESULT)
    done = {phase: len(store.chunks(phase)) for phase in phases}
    points = merged_part(store.get(RESULT, 0))[0] if done[RESULT] else None
    return _left(_ends(study, store.entry("dim"), points), done)


def _ends(study: Study, dim: int, points: CriticalPoints | None) -> dict[str, list[int]]:
    """Where the chunks of each phase end among its starts or saddles, each list with a zero before."""
    starts = np.cumsum([0, *study.chunk_sizes(dim)]).tolist()
    groups = [] if points is None else escape_groups(points)
    saddles = np.cumsum([0, *map(len, groups)]).tolist()
    groups = saddle_groups(points) if study.network and points is not None else []
    of_index_1 = np.cumsum([0, *map(len, groups)]).tolist()
    return {SEARCH: starts, EXPLORATION: starts, ESCAPE: saddles, NETWORK: of_index_1, RESULT: [0, starts[-1]]}


def _left(ends: Mapping[str, list[int]], done: Mapping[str, int]) -> Unfinished | None:
    phases = (ESCAPE, NETWORK) if done[RESULT] else (SEARCH, EXPLORATION)
    left = [Unfinished(phase, done[phase], len(ends[phase]) - 1) for phase in phases]
    last = None if done[RESULT] else left[-1]
    return next((phase for phase in left if phase.done < phase.total), last)


def _nothing(study: Study) -> Part:
    """What no start at all comes to."""
    return search_chunk(study, 0, 0)


def _no_descents(study: Study) -> Descent:
    descent = _nothing(study).descent
    assert descent is not None
    return descent


def _with_one_descent(parts: Iterator[tuple[int, Part]]) -> tuple[dict[int, Part], Descent | None]:
    """The parts without their descents, and these as one: column by column, so that only one is in memory twice."""
    kept, sample = {}, None
    columns: dict[str, Any] = defaultdict(list)
    for number, part in parts:
        kept[number] = replace(part, descent=None)
        if part.descent is not None:
            sample = part.descent[:0]
            for name in Descent.row_fields():
                columns[name].append(getattr(part.descent, name))
    if sample is None:
        return kept, None
    for name in columns:
        columns[name] = np.concatenate(columns[name])
    return kept, replace(sample, **columns)


def merged_points(landscape: Landscape, parts: Iterable[Part]) -> CriticalPoints:
    """The distinct points of parts, merged as they come: in memory are at most three times the distinct ones and fifty
    thousand more. In which order they come is part of what the result rests on."""
    together: list[CriticalPoints] = []
    waiting = 0
    for part in parts:
        if part.points is None:
            continue
        together.append(part.points)
        waiting += len(part.points)
        if waiting > max(_TOGETHER, 2 * len(together[0])):
            together, waiting = [union(landscape, together)], 0
    return union(landscape, together)


def merged_part(part: Part) -> tuple[CriticalPoints, IntArray]:
    if part.points is None or part.basin is None:
        raise StoreError("its result has no points")
    return part.points, part.basin


def basins_of(landscape: Landscape, points: CriticalPoints, parts: Iterable[Part]) -> IntArray:
    """The chunks' basins as rows of the study's points."""
    rows = [
        follow(part.basin, nearest(landscape, points.x, part.points.x))
        for part in parts
        if part.basin is not None and part.points is not None
    ]
    return np.concatenate(rows)
