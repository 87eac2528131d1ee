"""The whole chain: starts, descent, critical points, classification, escape, network; chunk by chunk."""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from landscape.network.branches import saddle_groups
from landscape.study.chunks import (
    ESCAPE,
    EXPLORATION,
    NETWORK,
    SEARCH,
    Part,
    escape_chunk,
    escape_groups,
    explore_chunk,
    finish_chunk,
    first_look,
    network_chunk,
    search_chunk,
)
from landscape.study.declaration import Study, difference
from landscape.study.dispatch import Failure, dispatch
from landscape.study.faults import tolerated
from landscape.study.reading import StoreError
from landscape.study.result import Loaded, StudyResult, basins_of, merged_part, merged_points, unfinished
from landscape.study.store import RESULT, Store, check_writable

Progress = Callable[[str, int, int], None]


class StudyInterrupted(Exception):  # noqa: N818  # asked for, not an error
    """The study was asked to stop, and what it has done is stored; the text says how much."""


def run_study(
    study: Study,
    executor: Executor | None = None,
    progress: Progress | None = None,
    store: str | os.PathLike[str] | None = None,
    chunk_timeout: float | None = None,
    stop: Callable[[], bool] | None = None,
    retry: bool = False,
    watch: Callable[[Part], None] | None = None,
) -> StudyResult:
    """Run a study, or go on with one.

    Parameters
    ----------
    executor : concurrent.futures.Executor, optional
        Where chunks run; the result does not depend on it.
    progress : callable, optional
        Called at the beginning of each phase ('descent and search', 'exploration', 'escape', 'network') and after each
        of its chunks, with the phase, the chunks done and their number.
    store : path, optional
        File that keeps each chunk as soon as it is done. If it holds part of this study already, the rest is done: the
        result is that of a study that was never interrupted, to the last bit.
    chunk_timeout : float, optional
        Seconds after which a chunk is given up. In this process a call that does not come back to Python is waited
        for; `make_executor(1, apart=True)` ends those, too.
    stop : callable, optional
        Asked before each chunk; once it says so, no more begin.
    retry : bool
        Whether chunks that failed before are done anew, and all that rests on them.
    watch : callable, optional
        Called with what each chunk came to, before `progress`; first with those that the store holds already. A
        `Tally` adds them up.

    Raises
    ------
    ValueError
        If the target cannot be loaded, is not finite at any start, or all its chunks fail.
    StoreError
        If the store cannot be used, or holds another study.
    StoreWriteError
        If the store cannot be written to.
    StudyInterrupted
        If `stop` said so before the end.
    """
    if chunk_timeout is not None and not (chunk_timeout > 0 and math.isfinite(chunk_timeout)):
        raise ValueError(f"chunk_timeout is {chunk_timeout} but must be a positive number of seconds")
    if store is not None and Path(store).exists():
        finished = _finished(study, store, retry)
        if finished is not None:
            return finished
    else:
        if store is not None:
            check_writable(Path(store))
        study.target.load()
        for _, complaint, _ in dispatch(executor, first_look, {0: (study,)}, chunk_timeout):
            if complaint and not isinstance(complaint, Failure):  # what fails will fail again, and is told of then
                raise ValueError(complaint)
    with _opened(study, store) as kept:
        if retry:
            _forget_failures(kept)
        _Run(study, kept, executor, progress, watch, chunk_timeout, stop).complete()
        loaded = Loaded.of(kept)
    return loaded.result()


def state_of(path: str | os.PathLike[str], study: Study | None = None) -> tuple[Study, str]:
    """The study in a file, and in words how far it is.

    Parameters
    ----------
    study : Study, optional
        What it must be.

    Raises
    ------
    StoreError
        If it is another study, or the file cannot be used.
    """
    shown = os.fspath(path)
    with Store.reading(path) as store:
        entries = store.entries()
        there = Study.from_json(entries["study"])
        left = unfinished(store, there)
    if study is not None:
        _require_same(entries, study, shown)
    versions = entries["versions"]
    if left is None:
        return there, f"{shown} holds this study already; nothing is left to compute"
    changed = [f"{name} {versions.get(name)}" for name, version in _versions().items() if versions.get(name) != version]
    rounded = f"; it began with {', '.join(changed)}: last digits may differ" if changed else ""
    return there, f"going on with {shown}, {left.sentence()}{rounded}"


def _finished(study: Study, path: str | os.PathLike[str], retry: bool) -> StudyResult | None:
    """What a complete study found, without writing; None if something is left to do. Another study is refused before
    there is a lock beside it."""
    with Store.reading(path) as store:
        entries = store.entries()
        left = unfinished(store, Study.from_json(entries["study"]))
        loaded = Loaded.of(store) if left is None else None
    _require_same(entries, study, os.fspath(path))
    return None if loaded is None or (retry and loaded.failed(study)) else loaded.result()


@contextmanager
def _opened(study: Study, path: str | os.PathLike[str] | None) -> Iterator[Store]:
    if path is not None and Path(path).exists():
        with Store.writing(Path(path)) as store:
            _require_same(store.entries(), study, os.fspath(path))
            yield store
        return
    entries = declaration(study)
    with Store.in_memory(entries) if path is None else Store.writing(Path(path), entries) as store:
        yield store


def declaration(study: Study) -> dict[str, Any]:
    """The entries that a study's store begins with.

    Raises
    ------
    ValueError
        If the target cannot be loaded.
    """
    landscape = study.target.load()
    return {
        "study": study.as_json(),
        "dim": landscape.dim,
        "source": study.target.source_digest(),
        "note": study.target.note(),
        "parameters": _plain({**dict(study.target.parameters), **landscape.parameters}),
        "versions": _versions(),
    }


def _forget_failures(store: Store) -> None:
    """Remove the chunks that failed, and those that depend on them: all of the phases that follow, but that neither
    escape nor network depends on the other."""
    for k, phase in enumerate(order := (SEARCH, EXPLORATION, RESULT, ESCAPE, NETWORK)):
        failed = store.failures(phase)
        if failed and phase not in (ESCAPE, NETWORK):
            for later in reversed(order[k + 1 :]):
                store.forget(later, store.chunks(later))
        if failed:
            store.forget(phase, list(failed))


def _versions() -> dict[str, str]:
    own = importlib.metadata.version("landscape")
    return {"landscape": own, "numpy": np.__version__, "scipy": scipy.__version__, "python": platform.python_version()}


def _require_same(entries: Mapping[str, Any], study: Study, shown: str) -> None:
    """Raise `StoreError` unless a store's entries are of this study, of the same function."""
    differs = difference(Study.from_json(entries["study"]), study)
    source = entries["source"]
    if not differs and source is not None and study.target.source_digest() != source:
        files = [f"the file of {study.target.name}"] if study.target.is_own else []
        differs = f"{' or '.join([*files, *study.target.data_files()])} has changed since"
    if differs:
        raise StoreError(f"{shown} holds another study: {differs}")


@dataclass(frozen=True, eq=False)
class _Run:
    """A study on its way: phase after phase, each of those chunks that the store lacks."""

    study: Study
    store: Store
    executor: Executor | None
    progress: Progress | None
    watch: Callable[[Part], None] | None
    limit: float | None
    stop: Callable[[], bool] | None

    def complete(self) -> None:
        """Do what is missing."""
        study, store = self.study, self.store
        if not store.chunks(RESULT):
            sizes = study.chunk_sizes(store.entry("dim"))
            self._phase(SEARCH, search_chunk, [(study, chunk, size) for chunk, size in enumerate(sizes)])
            self._require_a_result()
            landscape = study.target.load()
            with tolerated() as log:
                points = merged_points(landscape, self._found(SEARCH))
                again = [(study, chunk, size, points) for chunk, size in enumerate(sizes)]
                self._phase(EXPLORATION, explore_chunk, again)
                points = merged_points(landscape, chain([Part(points)], self._found(EXPLORATION)))
                basin = basins_of(landscape, points, self._found(SEARCH))
            whole = Part(points, basin=basin, faults=tuple(log.faults()))
            for _, finished, seconds in dispatch(self.executor, finish_chunk, {0: (study, whole)}, self.limit):
                failed = isinstance(finished, Failure)
                whole = replace(whole, failure=finished.reason) if failed else finished
                store.put(RESULT, 0, replace(whole, seconds=seconds))
        else:
            self._show(SEARCH)
            self._show(EXPLORATION)
        points, _ = merged_part(store.get(RESULT, 0))
        groups = enumerate(escape_groups(points))
        self._phase(ESCAPE, escape_chunk, [(study, chunk, rows, points.x[rows]) for chunk, rows in groups])
        if study.network:
            groups = enumerate(saddle_groups(points))
            self._phase(NETWORK, network_chunk, [(study, chunk, rows, points.x) for chunk, rows in groups])

    def _phase(self, name: str, function: Callable[..., Part], tasks: Sequence[tuple[object, ...]]) -> None:
        """Do the chunks of a phase that are missing."""
        done = set(self.store.chunks(name))
        missing = {chunk: arguments for chunk, arguments in enumerate(tasks) if chunk not in done}
        self._show(name)
        if missing and self.progress is not None:
            self.progress(name, len(done), len(tasks))
        for chunk, value, seconds in dispatch(self.executor, function, missing, self.limit, self.stop):
            part = Part(failure=value.reason) if isinstance(value, Failure) else value
            self.store.put(name, chunk, replace(part, seconds=seconds))
            done.add(chunk)
            if self.watch is not None:
                self.watch(part)
            if self.progress is not None:
                self.progress(name, len(done), len(tasks))
        if len(done) < len(tasks):
            raise StudyInterrupted(f"{len(done)} of {len(tasks)} chunks of {name} are done")

    def _show(self, phase: str) -> None:
        """Chunks that were done before, to whoever watches."""
        if self.watch is not None:
            for _, part in self.store.parts(phase):
                self.watch(part)

    def _found(self, phase: str) -> Iterator[Part]:
        """What the chunks of a phase found, in order, one by one: all of it may not fit into memory."""
        return (part for _, part in self.store.parts(phase, {"points", "basin"}) if not part.failure)

    def _require_a_result(self) -> None:
        """Raise ValueError, and forget all, if every chunk of the search failed."""
        failures, done = self.store.failures(SEARCH), self.store.chunks(SEARCH)
        if len(failures) == len(done):
            self.store.forget(SEARCH, done)
            raise ValueError(f"{self.study.target.name}: every chunk of {SEARCH} failed; the first {failures[0]}")


def _plain(value: Any) -> Any:
    """A value as strict JSON gives it back: lists for tuples and arrays, words for what JSON has no form of."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)
