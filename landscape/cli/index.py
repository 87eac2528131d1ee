"""`landscape index`: how the index of critical points is distributed, against dimension."""

from __future__ import annotations

import math
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from landscape.cli.console import note, number, print_json, print_table
from landscape.cli.files import check_output, saving
from landscape.cli.heartbeat import bar_or_heartbeat
from landscape.cli.options import Asked, Settings, jobs_option, json_option, seed_option, settings_option
from landscape.function import Landscape
from landscape.parallel import make_executor
from landscape.random import stream
from landscape.results import finite_or_none
from landscape.statistics.ensembles import (
    GOE,
    Ensemble,
    GaussianField,
    MixedSpinGlass,
    RandomLandscapes,
    Separable,
    SphericalSpinGlass,
    Wishart,
)
from landscape.statistics.index import CHUNKS, IndexStatistics, index_statistics
from landscape.study.target import Value

ENSEMBLES: dict[str, type[Any]] = {
    "goe": GOE,
    "wishart": Wishart,
    "separable": Separable,
    "gaussian-field": GaussianField,
    "spin-glass": SphericalSpinGlass,
    "mixed-spin-glass": MixedSpinGlass,
}
_SAMPLES = {True: 100_000, False: 20}  # by default: of single points, of landscapes to be searched
_LARGEST = 2000


class Dimensions(click.ParamType):
    """LOW:HIGH, both included, or comma-separated whole numbers."""

    name = "low:high"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        parts = value.split(":") if ":" in value else value.split(",")
        if not all(part.strip().isdecimal() for part in parts) or (":" in value and len(parts) != 2):
            self.fail(f"{value!r} is neither a range such as 1:12 nor a list such as 2,5,10", param, ctx)
        numbers = [int(part) for part in parts]
        if ":" in value and numbers[0] > numbers[1]:
            self.fail(f"{value!r} has a low end above its high end", param, ctx)
        if max(numbers) > _LARGEST:
            self.fail(f"{value!r} has a dimension above {_LARGEST}", param, ctx)
        return tuple(range(numbers[0], numbers[1] + 1)) if ":" in value else tuple(numbers)


@click.command("index")
@click.argument("ensemble")
@click.option("--dims", type=Dimensions(), default="1:5", show_default=True, help="Dimensions: 1:12 or 2,5,10.")
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    help="Samples in each dimension: 100000 where each is one point, 20 where it is a landscape to be searched.",
)
@settings_option(help="Set a parameter of ENSEMBLE, as p=4; repeatable.")
@seed_option
@jobs_option
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw to this .png or .pdf file.")
@json_option
def command(
    ensemble: str,
    dims: tuple[int, ...],
    samples: int | None,
    settings: Settings,
    seed: int,
    jobs: int,
    plot: Path | None,
    json_output: bool,
) -> None:
    """Measure the index of critical points of ENSEMBLE against dimension, beside what theory says.

    ENSEMBLE is goe, wishart, separable, gaussian-field, spin-glass or mixed-spin-glass, or a factory of your own,
    path/to/file.py:make, where make(dim, seed) or make(dim, rng) returns a Landscape with dim directions. Each random
    landscape of the last three, and of your own, is searched until nothing new is found.

    \b
    landscape index goe --dims 1:12 --samples 200000
    landscape index spin-glass --set p=4 --dims 2:5 --samples 50 --json
    landscape index my_landscapes.py:make --dims 2,3 --plot index.png
    """
    chosen = make_ensemble(ensemble, settings, dims[0])
    check_output(plot, "--plot", ".png", ".pdf")
    size = samples or _SAMPLES[bool(chosen.independent)]
    tasks = min(CHUNKS, size) * len(dims)
    with bar_or_heartbeat("") as progress, make_executor(jobs) as executor:
        rng = stream(seed, {"index": ensemble}, 0)
        measured = index_statistics(
            chosen, dims, size, rng, executor, progress=lambda done: progress("samples", done, tasks)
        )
    if plot is not None:
        _draw(measured, ensemble, plot)
        note(f"drawn to {plot}")
    if json_output:
        print_json({"ensemble": ensemble, "seed": seed, "rows": [_row(measured, k) for k in range(len(measured))]})
        return
    _print(measured)


def make_ensemble(name: str, settings: Settings, dim: int) -> Ensemble:
    """The ensemble of that name, with its parameters checked; a factory of the user's is tried in dimension `dim`."""
    given: dict[str, Any] = dict(settings)
    own = name not in ENSEMBLES
    if own and ":" not in name and not name.endswith(".py"):
        raise ValueError(f"unknown ensemble {name!r}; there are {', '.join(ENSEMBLES)}, or your own file.py:make")
    kind = RandomLandscapes if own else ENSEMBLES[name]
    defaults = {f.name: f.default for f in fields(kind) if f.name not in ("make", "name")}
    for key, value in given.items():
        if key not in defaults:
            raise ValueError(f"ensemble {name!r} has no parameter {key!r}; it takes {', '.join(defaults) or 'none'}")
        given[key] = _checked(key, value, defaults[key])
    if own:
        return RandomLandscapes(partial(_make, name, _seed_keyword(name, dim)), name, **given)
    made: Ensemble = kind(**given)
    return made


def _checked(key: str, value: Value, default: object) -> Value:
    """`value` as the type of the parameter's default."""
    if isinstance(default, tuple):
        numbers = value if isinstance(value, tuple) else (value,)
        if all(isinstance(v, int | float) and math.isfinite(v) for v in numbers):
            return tuple(float(v) for v in numbers)
        raise ValueError(f"{key} is {value!r} but must be comma-separated finite numbers")
    if isinstance(default, float):
        if isinstance(value, int | float) and math.isfinite(value):
            return float(value)
        raise ValueError(f"{key} is {value!r} but must be a finite number")
    if isinstance(value, int) and value >= 1:
        return value
    raise ValueError(f"{key} is {value!r} but must be a whole number of at least 1")


def _make(name: str, keyword: str, dim: int, seed: int) -> Landscape:
    """A landscape from the user's factory."""
    source: Any = seed if keyword == "seed" else np.random.default_rng(seed)
    return Asked(name, (("dim", dim), (keyword, source))).target().load()


def _seed_keyword(name: str, dim: int) -> str:
    """Whether the user's factory takes `seed` or `rng`; it is tried once."""
    try:
        _make(name, "seed", dim, 0)
    except ValueError as error:
        if "cannot be called" not in str(error):
            raise
    else:
        return "seed"
    try:
        _make(name, "rng", dim, 0)
    except ValueError as error:
        if "cannot be called" not in str(error):
            raise
        sentence = f"{name} must be callable as make(dim, seed) or make(dim, rng), to return a Landscape"
        raise ValueError(sentence) from None
    return "rng"


def _draw(measured: IndexStatistics, title: str, path: Path) -> None:
    from landscape.figures.index_plot import plot_index_statistics
    from landscape.figures.style import figure_style

    with figure_style(), saving(path) as draft:
        plot_index_statistics(measured, title).savefig(draft)


def _row(measured: IndexStatistics, row: int) -> dict[str, Any]:
    dim = int(measured.dim[row])
    part = slice(0, dim + 1)
    exact = measured.exact[row, part]
    known = bool(np.isfinite(exact[0]))
    return {
        "n": dim,
        "samples": int(measured.samples[row]),
        "points": int(measured.points[row]),
        "minimum": {
            "measured": float(measured.minimum[row]),
            "low": float(measured.low[row]),
            "high": float(measured.high[row]),
            "exact": float(exact[0]) if known else None,
            "asymptotic": finite_or_none(measured.asymptotic[row]),
            "independent": 0.5**dim,
        },
        "index": {
            "measured": measured.shares[row, part].tolist(),
            "low": measured.index_low[row, part].tolist(),
            "high": measured.index_high[row, part].tolist(),
            "exact": exact.tolist() if known else None,
        },
        "mean_index": float(measured.mean_index[row]),
        "variance_index": float(measured.variance_index[row]),
        "p_value": finite_or_none(measured.p_value[row]),
        "verdict": measured.verdicts[row],
    }


def _print(measured: IndexStatistics) -> None:
    click.echo(f"{measured.ensemble}: share of critical points that are minima, with 95% intervals")
    rows = []
    for k in range(len(measured)):
        report = _row(measured, k)
        minimum = report["minimum"]
        rows.append(
            [
                str(report["n"]),
                str(report["samples"]),
                str(report["points"]),
                number(minimum["measured"], 4),
                f"{number(minimum['low'], 4)} to {number(minimum['high'], 4)}",
                number(minimum["exact"], 5),
                number(minimum["asymptotic"], 5),
                number(minimum["independent"], 5),
                number(report["p_value"], 2),
                report["verdict"],
            ]
        )
    headings = ["n", "samples", "points", "measured", "interval", "exact", "asymptotic", "2^-n", "p", "verdict"]
    print_table(headings, rows)
    if np.isfinite(measured.p_value).any():
        click.echo("p: of the whole law of the index against the exact one; 'differs' once in a thousand by chance.")
