"""`landscape descend`: where descent ends, from many starts."""

from __future__ import annotations

import io
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import numpy as np

from landscape.cli.console import note, number, percent, print_json, print_table, progress_bar
from landscape.cli.options import make_target, target_options
from landscape.descent.ensemble import Descent, descend
from landscape.descent.method import DescentMethod
from landscape.descent.methods import METHODS
from landscape.descent.trajectory import Trajectory, thinning
from landscape.function import Landscape
from landscape.memory import gigabytes
from landscape.random import stream
from landscape.study.destinations import destinations, require_finite_somewhere, tally
from landscape.study.report import kind_name
from landscape.study.store import check_writable
from landscape.study.target import Value

LARGEST_TRAJECTORY = 200e6  # bytes


@click.command("descend")
@target_options
@click.option("--method", type=click.Choice(sorted(METHODS)), default="armijo", show_default=True)
@click.option("--starts", default=1000, show_default=True, type=click.IntRange(min=1), help="Number of random starts.")
@click.option("--steps", default=1000, show_default=True, type=click.IntRange(min=0), help="Steps at most.")
@click.option("--tol", default=1e-6, show_default=True, type=click.FloatRange(min=0), help="Gradient norm to reach.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of all randomness.")
@click.option("--trajectory", type=click.Path(dir_okay=False, path_type=Path), help="Save positions to this .npz file.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw to this .png or .pdf file.")
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
    own = {f.name for f in fields(METHODS[method])}
    chosen = make_method(method, {key: value for key, value in settings if key in own})
    target = make_target(problem, tuple(s for s in settings if s[0] not in own), dim, box)
    for path, option, endings in ((trajectory, "--trajectory", (".npz",)), (plot, "--plot", (".png", ".pdf"))):
        if path is not None:
            _check_file(path, option, endings)
    landscape = target.load()
    record = _thinning(starts, landscape.dim, steps) if trajectory or plot else None
    x = landscape.starts(stream(seed, {"descend": problem}, 0), starts)
    require_finite_somewhere(problem, landscape, [x])
    rng = stream(seed, {"descend": problem}, 1)
    with progress_bar() as progress:
        step = None if progress is None else lambda done, total: progress("descent", done, total)
        descent = descend(landscape, x, chosen, steps, tol, record, progress=step, rng=rng)
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
    if trajectory and descent.trajectory:
        _save(descent, descent.trajectory, trajectory)
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
    if ends:
        columns = ["ends at", "value", "of starts", "95% interval"]
        table = [
            [e["kind"], number(e["value"], 9), percent(e["fraction"]), f"{percent(e['low'])} to {percent(e['high'])}"]
            for e in ends[:20]
        ]
        print_table(columns, table)
        if len(ends) > 20:
            click.echo(f"... {len(ends)} points in all; --json lists them")


def make_method(name: str, parameters: dict[str, Value]) -> DescentMethod:
    """The method of that name in `METHODS`."""
    for key, value in parameters.items():
        if not isinstance(value, int | float):
            raise ValueError(f"{key} is {value!r} but must be a number")
    made: DescentMethod = METHODS[name](**parameters)
    return made


def _check_file(path: Path, option: str, endings: tuple[str, ...]) -> None:
    """Find what would keep a file from being written, before any work is done."""
    if path.suffix not in endings:
        raise ValueError(f"{option} is {path.name!r} but must end in {' or '.join(endings)}")
    check_writable(path)


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


def _save(descent: Descent, path: Trajectory, file: Path) -> None:
    from landscape.figures.run import write_atomically

    content = io.BytesIO()
    np.savez(content, steps=path.steps, x=path.x, status=descent.status)
    write_atomically(file, content.getvalue())


def _draw(landscape: Landscape, descent: Descent, title: str, file: Path) -> None:
    from landscape.figures.descent_plot import plot_descent
    from landscape.figures.run import write_atomically
    from landscape.figures.style import figure_style

    with figure_style():
        content = io.BytesIO()
        plot_descent(landscape, descent, title).savefig(content, format=file.suffix[1:])
    write_atomically(file, content.getvalue())


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
