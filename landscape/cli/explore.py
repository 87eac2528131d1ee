"""`landscape explore`: the critical points of every index, or of some, until the set seems complete."""

from __future__ import annotations

from pathlib import Path

import click

from landscape.cli.console import note, print_json, progress_bar
from landscape.cli.options import Indices, make_target, target_options
from landscape.cli.report import print_counts, print_points
from landscape.critical.exploration import Exploration, explore
from landscape.critical.points import CriticalPoints
from landscape.random import stream
from landscape.study.destinations import require_finite_somewhere
from landscape.study.report import points_json
from landscape.study.store import check_writable
from landscape.study.target import Value


@click.command("explore")
@target_options
@click.option("--indices", type=Indices(), help="Look for points of these indices only, as 0,1; of all by default.")
@click.option(
    "--target-coverage",
    default=0.99,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Stop when, for every index, the lower end of the coverage's interval is this high.",
)
@click.option("--searches", default=50_000, show_default=True, type=click.IntRange(min=1), help="Searches at most.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of all randomness.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the points in this .npz file.")
@click.option("--json", "json_output", is_flag=True, help="Print one JSON object and nothing else.")
def command(
    problem: str,
    settings: tuple[tuple[str, Value], ...],
    dim: int | None,
    box: tuple[tuple[float, float], ...] | None,
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
    target = make_target(problem, settings, dim, box)
    landscape = target.load()
    if out is not None:
        check_writable(out)
    rng = stream(seed, {"explore": problem}, 0)
    require_finite_somewhere(problem, landscape, [landscape.starts(rng, 1000)])
    strategy = Exploration(target_coverage, indices, max_searches=searches)
    if not json_output:
        note(target.note())
    with progress_bar() as progress:

        def look(done: int, known: CriticalPoints) -> None:
            if progress is not None:
                progress("searches", done, searches)

        points = explore(landscape, rng, strategy, look)
    if out is not None:
        points.save(out)
        note(f"saved in {out}")
    if json_output:
        print_json({"problem": problem, "dim": landscape.dim, "seed": seed, **points_json(points)})
        return
    print_counts(points, indices)
    print_points(points)
