"""The pieces of work that a study is made of: each depends on the declaration, its number, and what went before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.critical.eigenvector_following import EigenvectorFollowing
from landscape.critical.exploration import explore_round
from landscape.critical.find import collect, finish, union
from landscape.critical.merge import nearest
from landscape.critical.newton import Newton
from landscape.critical.points import CriticalPoints, Kind
from landscape.critical.search import search
from landscape.descent.armijo import ArmijoGradientDescent
from landscape.descent.ensemble import Descent, descend
from landscape.escape.survey import ESCAPE_RADIUS, LEARNING_RATE
from landscape.escape.times import escape_times
from landscape.function import Landscape
from landscape.network.branches import Branches, follow_branches
from landscape.random import stream
from landscape.results import Results, shared
from landscape.study.declaration import Study
from landscape.study.destinations import destinations, require_finite_somewhere
from landscape.study.faults import Fault, joined, tolerated

SEARCH, EXPLORATION, ESCAPE, NETWORK = ("descent and search", "exploration", "escape", "network")

SADDLES_PER_CHUNK = 20


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
class Part:
    """What a chunk came to: any of these, or why it failed.

    `basin` has for each of the chunk's descents the row of its own `points`. `added` are ends of `branches` that are
    not among the study's points.
    """

    points: CriticalPoints | None = None
    descent: Descent | None = None
    basin: IntArray | None = None
    escapes: Escapes | None = None
    branches: Branches | None = None
    added: CriticalPoints | None = None
    faults: tuple[Fault, ...] = ()
    failure: str = ""
    seconds: float = 0.0


def starts_of_chunk(study: Study, landscape: Landscape, chunk: int, size: int) -> Array:
    """The random starts of one chunk, (size, n)."""
    return landscape.starts(stream(study.seed, {"starts": study.cell()}, chunk), size)


def first_look(study: Study) -> str:
    """What is wrong with a study whose landscape is not finite at any start, in a sentence; empty if it is."""
    landscape = study.target.load()
    sizes = study.chunk_sizes(landscape.dim)
    with tolerated() as log:
        drawn = (starts_of_chunk(study, landscape, chunk, size) for chunk, size in enumerate(sizes))
        try:
            require_finite_somewhere(study.target.name, landscape, drawn)
        except ValueError as error:
            raised = [f"it {fault.sentence()}" for fault in log.faults() if fault.kind.startswith("raised")]
            return "; ".join([str(error), *raised])
    return ""


def search_chunk(study: Study, chunk: int, size: int) -> Part:
    """Descents from random starts, and searches for critical points from the same ones."""
    landscape = study.target.load()
    with tolerated() as log:
        starts = starts_of_chunk(study, landscape, chunk, size)
        descent = descend(landscape, starts, ArmijoGradientDescent(), study.descent_steps)
        ends, basin = destinations(landscape, descent, study.search_steps)
        runs = [search(landscape, starts, Newton(), study.search_steps)]
        if landscape.manifold.intrinsic_dim > 1:
            runs.append(search(landscape, starts, EigenvectorFollowing(1), study.climb_steps))
        points = union(landscape, [ends, *(collect(landscape, r) for r in runs)])
        basin = follow(basin, nearest(landscape, points.x, ends.x))
    return Part(points, descent, basin, faults=tuple(log.faults()))


def explore_chunk(study: Study, chunk: int, size: int, points: CriticalPoints) -> Part:
    """More searches, from what the searches of all chunks have found."""
    rng = stream(study.seed, {"exploration": study.cell()}, chunk)
    with tolerated() as log:
        found = explore_round(study.target.load(), points, size, rng, study.climb_steps)
    return Part(found, faults=tuple(log.faults()))


def finish_chunk(study: Study, whole: Part) -> Part:
    """The study's points with what is worked out once for all of them."""
    with tolerated() as log:
        points = finish(study.target.load(), whole.points) if whole.points is not None else None
    return replace(whole, points=points, faults=tuple(joined([*whole.faults, *log.faults()])))


def escape_chunk(study: Study, chunk: int, rows: IntArray, saddles: Array) -> Part:
    """How descent leaves some of the saddles."""
    landscape = study.target.load()
    radius = ESCAPE_RADIUS * landscape.diagonal
    rng = stream(study.seed, {"escape": study.cell()}, chunk)
    times = []
    with tolerated() as log:
        for saddle in saddles:
            steepest = np.abs(np.linalg.eigvalsh(landscape.tangent_hessian(saddle))).max()
            lr = LEARNING_RATE / steepest
            times.append(escape_times(landscape, saddle, radius, study.escape_starts, lr, rng, study.escape_steps))
    escapes = Escapes(
        point=rows,
        radius=np.array([t.radius for t in times]),
        lr=np.array([t.lr for t in times]),
        escaped=np.array([t.escaped for t in times]),
        median_steps=np.array([t.median_steps for t in times]),
        predicted_median_steps=np.array([t.predicted_median_steps for t in times]),
        starts=study.escape_starts,
    )
    return Part(escapes=escapes, faults=tuple(log.faults()))


def network_chunk(study: Study, chunk: int, rows: IntArray, x: Array) -> Part:
    """Where the flow leads from some of the saddles of index 1 among the study's points x, (m, n)."""
    with tolerated() as log:
        branches, added = follow_branches(study.target.load(), x, rows)
    return Part(branches=branches, added=added if len(added) else None, faults=tuple(log.faults()))


def no_escapes(study: Study) -> Escapes:
    """Of a study without saddles."""
    none, empty = np.zeros(0), np.zeros(0, dtype=np.int64)
    return Escapes(empty, none, none, empty, none, none, starts=study.escape_starts)


def escape_groups(points: CriticalPoints) -> list[IntArray]:
    """The rows of the saddles, as the chunks of the escape have them."""
    saddles = np.flatnonzero(points.kind == Kind.SADDLE)
    return [saddles[k : k + SADDLES_PER_CHUNK] for k in range(0, len(saddles), SADDLES_PER_CHUNK)]


def follow(basin: IntArray, row: IntArray) -> IntArray:
    """Basins with each row number k replaced by `row[k]`; -1 stays."""
    return np.append(row, -1)[basin]
