"""`landscape descend`: where descent ends, from many starts."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click

from landscape.cli.console import note, number, percent, print_json, print_table, progress_bar
from landscape.cli.options import make_target, target_options
from landscape.descent.ensemble import Descent, descend
from landscape.descent.method import DescentMethod
from landscape.descent.methods import METHODS
from landscape.random import stream
from landscape.study.destinations import destinations, require_finite_somewhere, tally
from landscape.study.report import kind_name
from landscape.study.target import Value


@click.command("descend")
@target_options
@click.option("--method", type=click.Choice(sorted(METHODS)), default="armijo", show_default=True)
@click.option("--starts", default=1000, show_default=True, type=click.IntRange(min=1), help="Number of random starts.")
@click.option("--steps", default=1000, show_default=True, type=click.IntRange(min=0), help="Steps at most.")
@click.option("--tol", default=1e-6, show_default=True, type=click.FloatRange(min=0), help="Gradient norm to reach.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of the starts.")
@click.option("--json", "json_output", is_flag=True, help="Print one JSON object and nothing else.")
def command(
    problem: str,
    settings: tuple[tuple[str, Value], ...],
    dim: int | None,
    box: tuple[tuple[float, float], ...] | None,
    method: str,
    starts: int,
    steps: int,
    tol: float,
    seed: int,
    json_output: bool,
) -> None:
    """Descend on PROBLEM from many random starts and say where the runs end.

    --set goes to the method where it has such a parameter (lr, momentum, ...), otherwise to PROBLEM.

    \b
    landscape descend himmelblau --method gradient-descent --set lr=0.01
    landscape descend rastrigin --set dim=3 --starts 10000
    """
    own = {f.name for f in fields(METHODS[method])}
    chosen = _make_method(method, {key: value for key, value in settings if key in own})
    target = make_target(problem, tuple(s for s in settings if s[0] not in own), dim, box)
    landscape = target.load()
    x = landscape.starts(stream(seed, {"descend": problem}, 0), starts)
    require_finite_somewhere(problem, landscape, [x])
    with progress_bar() as progress:
        step = None if progress is None else lambda done, left: progress("descent", done, steps)
        descent = descend(landscape, x, chosen, max_steps=steps, tol=tol, progress=step)
    points, basin = destinations(landscape, descent)
    ends = [
        {
            "value": float(points.value[row]),
            "kind": kind_name(points, row),
            "fraction": fraction,
            "low": low,
            "high": high,
            "x": points.x[row].tolist(),
        }
        for row, fraction, low, high in tally(basin)
    ]
    if json_output:
        print_json(_as_json(problem, landscape.dim, seed, descent, ends))
        return
    note(target.note())
    click.echo(repr(descent))
    if ends:
        columns = ["ends at", "value", "of starts", "95% interval"]
        table = [
            [e["kind"], number(e["value"], 9), percent(e["fraction"]), f"{percent(e['low'])} to {percent(e['high'])}"]
            for e in ends[:20]
        ]
        print_table(columns, table)
        if len(ends) > 20:
            click.echo(f"... {len(ends)} points in all; --json lists them")


def _make_method(name: str, parameters: dict[str, Value]) -> DescentMethod:
    for key, value in parameters.items():
        if not isinstance(value, int | float):
            raise ValueError(f"{key} is {value!r} but must be a number")
    made: DescentMethod = METHODS[name](**parameters)
    return made


def _as_json(problem: str, dim: int, seed: int, descent: Descent, ends: list[dict[str, Any]]) -> dict[str, Any]:
    counts = descent.count()
    counts["nonfinite"] = counts.pop("non_finite")
    return {
        "problem": problem,
        "dim": dim,
        "seed": seed,
        "starts": len(descent),
        "method": descent.method,
        **counts,
        "destinations": ends,
    }
