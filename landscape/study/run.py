"""The whole chain: starts, descent, critical points, classification, escape from every saddle."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.critical.eigenvector_following import EigenvectorFollowing
from landscape.critical.exploration import explore_round
from landscape.critical.find import collect, finish, nearest, union
from landscape.critical.newton import Newton
from landscape.critical.points import CriticalPoints, Kind
from landscape.critical.search import search
from landscape.descent.armijo import ArmijoGradientDescent
from landscape.descent.ensemble import Descent, descend
from landscape.escape.times import escape_times
from landscape.function import Landscape
from landscape.parallel import map_chunks
from landscape.random import stream
from landscape.results import Results, shared
from landscape.study.declaration import Study
from landscape.study.destinations import destinations, require_finite_somewhere

Progress = Callable[[str, int, int], None]

ESCAPE_RADIUS = 0.01  # of the ball that descent has to leave, in units of the landscape's diagonal
ESCAPE_LEARNING_RATE = 0.5  # in units of 1 / max |eigenvalue| at the saddle
_SADDLES_PER_CHUNK = 20


@dataclass(frozen=True, eq=False)
class Escapes(Results):
    """Escape from each saddle of a study, one row a saddle.

    Attributes
    ----------
    point : (k,)
        Row of the saddle among the study's critical points.
    radius, lr : (k,)
    escaped : (k,)
        How many of the starts left.
    median_steps, predicted_median_steps : (k,)
        Infinite where fewer than half left.
    """

    point: IntArray
    radius: Array
    lr: Array
    escaped: IntArray
    median_steps: Array
    predicted_median_steps: Array
    starts: int = field(default=0, metadata=shared())


@dataclass(frozen=True, eq=False)
class StudyResult:
    """All that a study found.

    Attributes
    ----------
    study : Study
    note : str
        How the user's function was understood.
    parameters : dict
        The landscape's parameters, defaults included.
    points : CriticalPoints
    descent : Descent
        One row a start.
    basin : (starts,)
        For each start the row of the critical point that its descent led to, -1 for none.
    escapes : Escapes
    """

    study: Study
    note: str
    parameters: dict[str, Any]
    points: CriticalPoints
    descent: Descent
    basin: IntArray
    escapes: Escapes


def run_study(study: Study, executor: Executor | None = None, progress: Progress | None = None) -> StudyResult:
    """Run a study.

    Parameters
    ----------
    executor : concurrent.futures.Executor, optional
        Where chunks run; the result does not depend on it.
    progress : callable, optional
        Called with the phase ('descent and search', 'exploration', 'escape'), the chunks done and their number.

    Raises
    ------
    ValueError
        If the target cannot be loaded, or is not finite at any start.
    """
    landscape = study.target.load()
    sizes = study.chunk_sizes(landscape.dim)
    drawn = (starts_of_chunk(study, landscape, chunk, size) for chunk, size in enumerate(sizes))
    require_finite_somewhere(study.target.name, landscape, drawn)

    def report(phase: str, total: int) -> Callable[[int], None]:
        return lambda done: None if progress is None else progress(phase, done, total)

    tasks = [(study, chunk, size) for chunk, size in enumerate(sizes)]
    parts = list(map_chunks(executor, _search_chunk, tasks, report("descent and search", len(tasks))))
    points = union(landscape, [part.points for part in parts])
    again = [(study, chunk, size, points) for chunk, size in enumerate(sizes)]
    rounds = list(map_chunks(executor, _explore_chunk, again, report("exploration", len(again))))
    points = finish(landscape, union(landscape, [points, *rounds]))
    basin = np.concatenate([_relabel(landscape, points, part) for part in parts])

    saddles = np.flatnonzero(points.kind == Kind.SADDLE)
    groups = [saddles[k : k + _SADDLES_PER_CHUNK] for k in range(0, len(saddles), _SADDLES_PER_CHUNK)]
    escape_tasks = [(study, chunk, rows, points.x[rows]) for chunk, rows in enumerate(groups)]
    escapes = list(map_chunks(executor, _escape_chunk, escape_tasks, report("escape", len(escape_tasks))))
    return StudyResult(
        study=study,
        note=study.target.note(),
        parameters=_plain({**dict(study.target.parameters), **landscape.parameters}),
        points=points,
        descent=Descent.concatenate([part.descent for part in parts]),
        basin=basin,
        escapes=Escapes.concatenate(escapes) if escapes else _no_escapes(study),
    )


def starts_of_chunk(study: Study, landscape: Landscape, chunk: int, size: int) -> Array:
    """The random starts of one chunk, (size, n)."""
    return landscape.starts(stream(study.seed, {"starts": study.cell()}, chunk), size)


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


@dataclass(frozen=True, eq=False)
class _Chunk:
    """What one chunk of starts led to; `basin` holds rows of this chunk's own points."""

    descent: Descent
    points: CriticalPoints
    basin: IntArray


def _search_chunk(study: Study, chunk: int, size: int) -> _Chunk:
    landscape = study.target.load()
    starts = starts_of_chunk(study, landscape, chunk, size)
    descent = descend(landscape, starts, ArmijoGradientDescent(), study.descent_steps)
    ends, basin = destinations(landscape, descent, study.search_steps)
    runs = [search(landscape, starts, Newton(), study.search_steps)]
    if landscape.manifold.intrinsic_dim > 1:
        runs.append(search(landscape, starts, EigenvectorFollowing(1), study.climb_steps))
    points = union(landscape, [ends, *(collect(landscape, r) for r in runs)])
    return _Chunk(descent, points, _follow(basin, nearest(landscape, points.x, ends.x)))


def _explore_chunk(study: Study, chunk: int, size: int, points: CriticalPoints) -> CriticalPoints:
    rng = stream(study.seed, {"exploration": study.cell()}, chunk)
    return explore_round(study.target.load(), points, size, rng, study.climb_steps)


def _relabel(landscape: Landscape, points: CriticalPoints, part: _Chunk) -> IntArray:
    """A chunk's basins as rows of the study's points."""
    return _follow(part.basin, nearest(landscape, points.x, part.points.x))


def _follow(basin: IntArray, row: IntArray) -> IntArray:
    """Basins with each row number k replaced by `row[k]`; -1 stays."""
    return np.append(row, -1)[basin]


def _escape_chunk(study: Study, chunk: int, rows: IntArray, saddles: Array) -> Escapes:
    landscape = study.target.load()
    radius = ESCAPE_RADIUS * landscape.diagonal
    rng = stream(study.seed, {"escape": study.cell()}, chunk)
    times = []
    for saddle in saddles:
        steepest = np.abs(np.linalg.eigvalsh(landscape.tangent_hessian(saddle))).max()
        lr = ESCAPE_LEARNING_RATE / steepest
        times.append(escape_times(landscape, saddle, radius, study.escape_starts, lr, rng, study.escape_steps))
    return Escapes(
        point=rows,
        radius=np.array([t.radius for t in times]),
        lr=np.array([t.lr for t in times]),
        escaped=np.array([np.isfinite(t.steps).sum() for t in times]),
        median_steps=np.array([t.median_steps for t in times]),
        predicted_median_steps=np.array([t.predicted_median_steps for t in times]),
        starts=study.escape_starts,
    )


def _no_escapes(study: Study) -> Escapes:
    none, empty = np.zeros(0), np.zeros(0, dtype=np.int64)
    return Escapes(empty, none, none, empty, none, none, starts=study.escape_starts)
