"""`landscape descend`: where descent ends, from many starts."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from landscape.cli.console import note, number, percent, print_json, print_table
from landscape.cli.files import check_output, saving
from landscape.cli.heartbeat import bar_or_heartbeat
from landscape.cli.methods import make_method, method_option, split
from landscape.cli.options import Asked, json_option, seed_option, step_count, target_options
from landscape.descent.ensemble import Descent, descend
from landscape.descent.trajectory import thinning
from landscape.function import Landscape
from landscape.memory import gigabytes
from landscape.random import stream
from landscape.study.destinations import destinations, require_finite_somewhere
from landscape.study.report import destinations_json

LARGEST_TRAJECTORY = 200e6  # bytes


@click.command("descend")
@target_options
@method_option(default="armijo")
@click.option("--starts", default=1000, show_default=True, type=click.IntRange(min=1), help="Number of random starts.")
@click.option("--steps", default=1000, show_default=True, type=step_count, help="Steps at most.")
@click.option("--tol", default=1e-6, show_default=True, type=click.FloatRange(min=0), help="Gradient norm to reach.")
@seed_option
@click.option("--trajectory", type=click.Path(dir_okay=False, path_type=Path), help="Save positions to this .npz file.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw to this .png or .pdf file.")
@json_option
def command(
    asked: Asked,
    method: str,
    starts: int,
    steps: int,
    tol: float,
    seed: int,
    trajectory: Path | None,
    plot: Path | None,
    json_output: bool,
) -> None:
    """Descend on PROBLEM from many random starts and say where the runs end.

    --set goes to the method where it has such a parameter (lr, momentum, ...), otherwise to PROBLEM. The file of
    --trajectory holds arrays `steps` (frames,), `x` (frames, starts, dim) and `status` (starts,); of long descents it
    keeps as many steps as 200 MB hold.

    \b
    landscape descend himmelblau --method adam --set lr=0.01 --plot paths.png
    landscape descend rastrigin --set dim=3 --starts 10000 --trajectory runs.npz
    """
    parameters, asked = split(asked, method)
    chosen = make_method(method, parameters)
    target, problem = asked.target(), asked.problem
    check_output(trajectory, "--trajectory", ".npz")
    check_output(plot, "--plot", ".png", ".pdf")
    landscape = target.load()
    record = _thinning(starts, landscape.dim, steps) if trajectory or plot else None
    x = landscape.starts(stream(seed, {"descend": problem}, 0), starts)
    require_finite_somewhere(problem, landscape, [x])
    rng = stream(seed, {"descend": problem}, 1)
    with bar_or_heartbeat("steps") as progress:
        step = partial(progress, "descent")
        descent = descend(landscape, x, chosen, steps, tol, record, progress=step, rng=rng)
    points, basin = destinations(landscape, descent)
    ends = destinations_json(points, basin)
    if trajectory and descent.trajectory:
        with saving(trajectory) as draft:
            np.savez(draft, steps=descent.trajectory.steps, x=descent.trajectory.x, status=descent.status)
        every = "every step" if record == 1 else f"every {record} steps"
        note(f"positions after {every} saved to {trajectory}")
    if plot:
        _draw(landscape, descent, f"{problem}, {method}", plot)
        note(f"drawn to {plot}")
    if json_output:
        print_json(_as_json(problem, landscape.dim, seed, descent, ends))
        return
    note(target.note())
    click.echo(repr(descent))
    reached = _values(descent)
    if reached is not None and descent.count()["converged"] < len(descent):
        click.echo("values reached: " + ", ".join(f"{name} {number(value, 9)}" for name, value in reached.items()))
    if ends:
        columns = ["ends at", "value", "of starts", "95% interval"]
        table = [
            [e["kind"], number(e["value"], 9), percent(e["fraction"]), f"{percent(e['low'])} to {percent(e['high'])}"]
            for e in ends[:20]
        ]
        print_table(columns, table)
        if len(ends) > 20:
            click.echo(f"... {len(ends)} points in all; --json lists them")


def _thinning(starts: int, dim: int, steps: int) -> int:
    """Every how many steps positions are kept."""
    frame = 8 * starts * dim
    record = thinning(frame, steps, LARGEST_TRAJECTORY)
    if record is None:
        raise ValueError(
            f"the first and last positions of {starts} starts in dim {dim} take {gigabytes(2 * frame)}, more than the "
            f"{gigabytes(LARGEST_TRAJECTORY)} that are kept: use fewer --starts"
        )
    return record


def _draw(landscape: Landscape, descent: Descent, title: str, file: Path) -> None:
    from landscape.figures.descent_plot import plot_descent
    from landscape.figures.style import figure_style

    with figure_style(), saving(file) as draft:
        plot_descent(landscape, descent, title).savefig(draft)


def _values(descent: Descent) -> dict[str, float] | None:
    """The lowest, median and highest value at the last positions, of those that are finite; None if there are none."""
    value = descent.value[np.isfinite(descent.value)]
    if not value.size:
        return None
    return {"lowest": float(value.min()), "median": float(np.median(value)), "highest": float(value.max())}


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
        "values": _values(descent),
        "destinations": ends,
    }
