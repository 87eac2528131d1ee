"""`landscape explore`: the critical points of every index, or of some, until the set seems complete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from landscape.cli.console import note, print_json
from landscape.cli.files import check_output, saving
from landscape.cli.heartbeat import bar_or_heartbeat
from landscape.cli.options import Asked, Indices, jobs_option, json_option, search_options, target_options
from landscape.cli.report import print_counts, print_points
from landscape.critical.exploration import Exploration, explore
from landscape.critical.points import CriticalPoints
from landscape.critical.recapture import Recapture, recapture
from landscape.function import Landscape
from landscape.parallel import make_executor, map_chunks
from landscape.random import stream
from landscape.study.destinations import require_finite_somewhere
from landscape.study.duration import Duration, step_times
from landscape.study.known import known_points
from landscape.study.report import points_json
from landscape.study.target import Target


@click.command("explore")
@target_options
@click.option("--indices", type=Indices(), help="Look for points of these indices only, as 0,1; of all by default.")
@search_options("Stop when, for every index, the lower end of the coverage's interval is this high.")
@click.option(
    "--explorations",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Explore so many times from nothing; what only few find tells how many points all have missed.",
)
@jobs_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the points in this .npz file.")
@json_option
def command(
    asked: Asked,
    indices: tuple[int, ...] | None,
    target_coverage: float,
    searches: int,
    seed: int,
    explorations: int,
    jobs: int,
    out: Path | None,
    json_output: bool,
) -> None:
    """Look for the critical points of PROBLEM until no index seems to lack any.

    \b
    landscape explore lennard_jones --set atoms=8 --indices 0,1
    landscape explore spherical_spin_glass --set n=10 --out points.npz
    landscape explore mlp --set widths=2 --indices 0,1 --explorations 4 --jobs 2
    """
    target = asked.target()
    landscape = target.load()
    check_output(out, "--out")
    strategy = Exploration(target_coverage, indices, max_searches=searches)
    if explorations == 1:
        if jobs > 1:
            raise ValueError(f"--jobs is {jobs} but one exploration is one job; ask for more with --explorations")
        points, again = searched(target, strategy, seed, quiet=json_output), None
    else:
        again = _recaptured(target, strategy, seed, explorations, jobs, quiet=json_output)
        points = again.points
    if out is not None:
        with saving(out) as draft:
            points.save(draft)
        note(f"saved in {out}")
    known = known_points(landscape.truth, points, indices)
    if json_output:
        report = {"problem": asked.problem, "dim": landscape.dim, "seed": seed, **points_json(points)}
        repeated = {} if again is None else {"explorations": _as_json(again, indices)}
        print_json({**report, **repeated, "known": None if known is None else known.as_json()})
        return
    print_counts(points, indices, known=known)
    if again is not None:
        click.echo(f"Independent explorations: {explorations}")
        for sentence in again.sentences(indices):
            click.echo(f"  {sentence}")
    print_points(points)


def searched(target: Target, strategy: Exploration, seed: int, quiet: bool) -> CriticalPoints:
    """The critical points that a search finds, with a note on how the user's function was understood."""
    landscape = target.load()
    rng = stream(seed, {"explore": target.name}, 0)
    _announce(target, landscape, strategy, rng, quiet)
    with bar_or_heartbeat("") as progress:
        progress("searches", 0, strategy.max_searches)

        def look(done: int, known: CriticalPoints) -> None:
            progress("searches", done, strategy.max_searches)

        return explore(landscape, rng, strategy, look)


def _announce(
    target: Target,
    landscape: Landscape,
    strategy: Exploration,
    rng: np.random.Generator,
    quiet: bool,
    explorations: int = 1,
    jobs: int = 1,
) -> None:
    require_finite_somewhere(target.name, landscape, [landscape.starts(rng, 1000)])
    if not quiet:
        note(target.note())
    _warn_of_long(landscape, strategy, explorations, min(jobs, explorations))


def _recaptured(
    target: Target, strategy: Exploration, seed: int, explorations: int, jobs: int, quiet: bool
) -> Recapture:
    """What several explorations find, each with a stream of its own."""
    landscape = target.load()
    rng = stream(seed, {"explore": target.name}, 0)
    _announce(target, landscape, strategy, rng, quiet, explorations, jobs)
    tasks = [(target, strategy, seed, which) for which in range(explorations)]
    with bar_or_heartbeat("") as progress, make_executor(jobs) as executor:
        progress("explorations", 0, explorations)
        parts = list(map_chunks(executor, _explored, tasks, lambda done: progress("explorations", done, explorations)))
    return recapture(landscape, parts)


def _explored(target: Target, strategy: Exploration, seed: int, which: int) -> CriticalPoints:
    return explore(target.load(), stream(seed, {"explorations": target.name}, which), strategy)


def _as_json(again: Recapture, wanted: tuple[int, ...] | None) -> dict[str, Any]:
    rows = []
    for index in again.missing if wanted is None else sorted(wanted):
        times = again.of_index(index).sum(axis=1)
        missing = again.missing.get(index)
        rows.append(
            {
                "index": index,
                "points": len(times),
                "in_each": again.of_index(index).sum(axis=0).tolist(),
                "in_one_only": int((times == 1).sum()),
                "in_two": int((times == 2).sum()),
                "missing": None if missing is None else missing._asdict(),
            }
        )
    return {"number": again.found_by.shape[1], "by_index": rows}


def _warn_of_long(landscape: Landscape, strategy: Exploration, explorations: int, workers: int) -> None:
    """Say how long the first two rounds may take, if that is long: there are never fewer."""
    first = min(strategy.round_size, strategy.max_searches)
    second = min(strategy.round_size, strategy.max_searches - first)
    times = step_times(landscape, strategy.round_size)
    opening = 2 * times.newton if strategy.indices is None else times.climb
    seconds = strategy.climb_steps * (first * opening + second * times.climb) * explorations / workers
    duration = Duration(seconds, landscape.dim, times, workers, dict(landscape.parameters))
    fewer = ("fewer --searches",) if strategy.max_searches <= 2 * strategy.round_size else (f"--searches {first}",)
    each = "" if explorations == 1 else f" of each of {explorations} explorations"
    note(duration.sentence(f"the first {first + second} of {strategy.max_searches} searches{each} take", fewer))
