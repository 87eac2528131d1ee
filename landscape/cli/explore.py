"""`landscape explore`: the critical points of every index, or of some, until the set seems complete."""

from __future__ import annotations

from pathlib import Path

import click

from landscape.cli.console import note, print_json
from landscape.cli.files import check_output, saving
from landscape.cli.heartbeat import bar_or_heartbeat
from landscape.cli.options import Asked, Indices, json_option, search_options, target_options
from landscape.cli.report import print_counts, print_points
from landscape.critical.exploration import Exploration, explore
from landscape.critical.points import CriticalPoints
from landscape.function import Landscape
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
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the points in this .npz file.")
@json_option
def command(
    asked: Asked,
    indices: tuple[int, ...] | None,
    target_coverage: float,
    searches: int,
    seed: int,
    out: Path | None,
    json_output: bool,
) -> None:
    """Look for the critical points of PROBLEM until no index seems to lack any.

    \b
    landscape explore lennard_jones --set atoms=8 --indices 0,1
    landscape explore spherical_spin_glass --set n=10 --out points.npz
    """
    target = asked.target()
    landscape = target.load()
    check_output(out, "--out")
    strategy = Exploration(target_coverage, indices, max_searches=searches)
    points = searched(target, strategy, seed, quiet=json_output)
    if out is not None:
        with saving(out) as draft:
            points.save(draft)
        note(f"saved in {out}")
    known = known_points(landscape.truth, points, indices)
    if json_output:
        report = {"problem": asked.problem, "dim": landscape.dim, "seed": seed, **points_json(points)}
        print_json({**report, "known": None if known is None else known.as_json()})
        return
    print_counts(points, indices, known=known)
    print_points(points)


def searched(target: Target, strategy: Exploration, seed: int, quiet: bool) -> CriticalPoints:
    """The critical points that a search finds, with a note on how the user's function was understood."""
    landscape = target.load()
    rng = stream(seed, {"explore": target.name}, 0)
    require_finite_somewhere(target.name, landscape, [landscape.starts(rng, 1000)])
    if not quiet:
        note(target.note())
    _warn_of_long(landscape, strategy)
    with bar_or_heartbeat("") as progress:
        progress("searches", 0, strategy.max_searches)

        def look(done: int, known: CriticalPoints) -> None:
            progress("searches", done, strategy.max_searches)

        return explore(landscape, rng, strategy, look)


def _warn_of_long(landscape: Landscape, strategy: Exploration) -> None:
    """Say how long the first two rounds may take, if that is long: there are never fewer."""
    first = min(strategy.round_size, strategy.max_searches)
    second = min(strategy.round_size, strategy.max_searches - first)
    times = step_times(landscape, strategy.round_size)
    opening = 2 * times.newton if strategy.indices is None else times.climb
    seconds = strategy.climb_steps * (first * opening + second * times.climb)
    duration = Duration(seconds, landscape.dim, times, 1, dict(landscape.parameters))
    fewer = ("fewer --searches",) if strategy.max_searches <= 2 * strategy.round_size else (f"--searches {first}",)
    note(duration.sentence(f"the first {first + second} of {strategy.max_searches} searches take", fewer))
