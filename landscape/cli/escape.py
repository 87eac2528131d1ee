"""`landscape escape`: how descent leaves every saddle, and where it goes from there."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import click

from landscape.cli.console import note, number, percent, print_json, print_table
from landscape.cli.heartbeat import bar_or_heartbeat
from landscape.cli.methods import make_method, method_option, parameters_of, split
from landscape.cli.options import Asked, json_option, seed_option, step_count, target_options
from landscape.critical.points import CriticalPoints
from landscape.descent.method import DescentMethod
from landscape.escape.survey import LEARNING_RATE, EscapeSurvey, escape_survey
from landscape.escape.times import EscapeTimes
from landscape.random import stream
from landscape.results import finite_or_none
from landscape.study.declaration import Study
from landscape.study.report import destinations_json, kind_name
from landscape.study.run import run_study

_ROWS = 20
_QUANTILES = (0.1, 0.5, 0.9)


@click.command("escape")
@target_options
@click.option("--index", type=click.IntRange(min=1), help="Only points of this index, maxima too; all saddles if not.")
@click.option("--starts", default=200, show_default=True, type=click.IntRange(min=1), help="Starts round each saddle.")
@click.option("--radius", type=click.FloatRange(min=0, min_open=True), help="Of the ball to leave; 1% of the diagonal.")
@method_option(default="gradient-descent")
@click.option("--steps", default=20_000, show_default=True, type=step_count, help="Steps at most.")
@click.option(
    "--search-starts",
    default=1000,
    show_default=True,
    type=click.IntRange(min=1),
    help="Random starts of the search for saddles.",
)
@seed_option
@json_option
def command(
    asked: Asked,
    index: int | None,
    starts: int,
    radius: float | None,
    method: str,
    steps: int,
    search_starts: int,
    seed: int,
    json_output: bool,
) -> None:
    """Let descent escape from every saddle of PROBLEM: how many steps it takes, and to which points it leads.

    Saddles are found as `landscape study` finds them. Round each, starts are uniform in a hundredth of the ball to
    leave; from where a run gets out, the gradient flow is followed to its end. --set goes to the method where it has
    such a parameter, otherwise to PROBLEM; without --set lr=... the learning rate is half of 1 / max |eigenvalue|.

    \b
    landscape escape himmelblau
    landscape escape xy_chain --index 1 --method heavy-ball --set momentum=0.9
    landscape escape octopus --set dim=3 --method perturbed-gradient-descent --set wait=10
    """
    parameters, asked = split(asked, method)
    make = _method_maker(method, parameters)
    target, problem = asked.target(), asked.problem
    landscape = target.load()
    if index is not None and index > landscape.manifold.intrinsic_dim:
        raise ValueError(f"--index is {index} but {problem} has only {landscape.manifold.intrinsic_dim} directions")
    if radius is not None and not math.isfinite(radius):
        raise ValueError(f"--radius is {radius} but must be finite")
    with bar_or_heartbeat("") as progress:
        searches = Study(target, search_starts, seed, escape_starts=1, escape_steps=1, network=False)
        found = run_study(searches, None, progress).points
        saddles = _chosen(found, index)
        rng = stream(seed, {"escape": problem}, 0)
        survey = escape_survey(landscape, saddles, starts, rng, radius, make, steps, partial(progress, "escapes"))
    report = _as_json(problem, landscape.dim, seed, len(found.degenerate), survey)
    if json_output:
        print_json(report)
    else:
        note(target.note())
        _print(report, survey)


def _chosen(points: CriticalPoints, index: int | None) -> CriticalPoints:
    if index is None:
        return points.saddles
    return points[points.decided & (points.index == index)]


def _method_maker(name: str, parameters: dict[str, float]) -> Callable[[float], DescentMethod]:
    """Makes the method from a saddle's largest |eigenvalue|; its parameters are checked at once."""
    adapts = "lr" in parameters_of(name) - parameters.keys()

    def make(steepest: float) -> DescentMethod:
        rate = {"lr": LEARNING_RATE / steepest} if adapts else {}
        return make_method(name, {**parameters, **rate})

    make(1.0)
    return make


def _as_json(problem: str, dim: int, seed: int, degenerate: int, survey: EscapeSurvey) -> dict[str, Any]:
    saddles = survey.saddles
    return {
        "problem": problem,
        "dim": dim,
        "seed": seed,
        "degenerate_left_out": degenerate,
        "saddles": [
            {
                "index": int(saddles.index[row]),
                "kind": kind_name(saddles, row),
                "value": float(saddles.value[row]),
                "x": saddles.x[row].tolist(),
                "most_negative_eigenvalue": float(saddles.spectrum(row)[0]),
                "method": times.method,
                "radius": times.radius,
                "starts": len(times),
                **times.count(),
                "median_steps": finite_or_none(times.median_steps),
                "predicted_median_steps": finite_or_none(times.predicted_median_steps),
                "quantiles": [_quantile(times, q) for q in _QUANTILES],
                "destinations": destinations_json(survey.points, survey.end[row]),
            }
            for row, times in enumerate(survey.times)
        ],
    }


def _quantile(times: EscapeTimes, q: float) -> dict[str, float | None]:
    low, high = times.quantile_interval(q)
    return {
        "q": q,
        "steps": finite_or_none(times.quantile(q)),
        "low": finite_or_none(max(low, 0.0)),
        "high": finite_or_none(high),
    }


def _print(report: dict[str, Any], survey: EscapeSurvey) -> None:
    saddles = report["saddles"]
    left_out = report["degenerate_left_out"]
    also = f"; {left_out} degenerate point(s) left out" if left_out else ""
    click.echo(f"{report['problem']}: {len(saddles)} saddle{'' if len(saddles) == 1 else 's'} to leave{also}")
    if not saddles:
        return
    click.echo(f"{len(survey.times[0])} starts round each, balls of radius {survey.times[0].radius:.6g}")
    click.echo(f"at the first by {survey.times[0].method}")
    rows = []
    for row, saddle in enumerate(saddles[:_ROWS]):
        early, median, late = saddle["quantiles"]
        rows.append(
            [
                str(row),
                str(saddle["index"]),
                number(saddle["value"], 9),
                number(saddle["most_negative_eigenvalue"], 5),
                f"{saddle['escaped']} of {saddle['starts']}",
                number(median["steps"]),
                f"{number(median['low'])} to {number(median['high'])}",
                number(saddle["predicted_median_steps"]),
                f"{number(early['steps'])} to {number(late['steps'])}",
            ]
        )
    headings = ["saddle", "index", "value", "lowest eigenvalue", "escaped", "median steps", "95% interval", "linear"]
    print_table([*headings, "10% to 90%"], rows)
    ends = [
        [str(row), end["kind"], number(end["value"], 9), _place(end["x"]), percent(end["fraction"]), _between(end)]
        for row, saddle in enumerate(saddles)
        for end in saddle["destinations"]
    ]
    if ends:
        print_table(["from saddle", "leads to", "value", "at", "of starts", "95% interval"], ends[:_ROWS])
    if len(saddles) > _ROWS or len(ends) > _ROWS:
        click.echo(f"... {len(saddles)} saddles and {len(ends)} destinations in all; --json lists them")


def _place(x: list[float]) -> str:
    shown = ", ".join(f"{v:.4g}" for v in x[:3])
    return shown if len(x) <= 3 else f"{shown}, ..."


def _between(end: dict[str, Any]) -> str:
    return f"{percent(end['low'])} to {percent(end['high'])}"
