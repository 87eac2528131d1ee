"""`landscape check`: whether a function's derivatives are its derivatives."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from landscape.cli.console import note, number, print_json, print_table
from landscape.cli.options import Asked, json_option, target_options
from landscape.derivative_check import check_derivatives
from landscape.random import stream
from landscape.results import finite_or_none


@click.command("check")
@target_options
@click.option("--points", default=20, show_default=True, type=click.IntRange(min=1), help="Number of random points.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of the points.")
@json_option
def command(
    asked: Asked,
    points: int,
    seed: int,
    json_output: bool,
) -> None:
    """Compare gradient, Hessian and Hessian-vector product of PROBLEM with differences of its value.

    Exit status 1 if any entry is wrong.

    \b
    landscape check my_loss.py:landscape
    landscape check muller_brown --points 100
    """
    target = asked.target()
    landscape = target.load()
    checks = check_derivatives(landscape, landscape.starts(stream(seed, {"check": asked.problem}, 0), points))
    if json_output:
        rows = [{**asdict(c), "holds": c.holds, "point": c.point.tolist(), "sentence": c.sentence()} for c in checks]
        finite = [{k: finite_or_none(v) if isinstance(v, float) else v for k, v in row.items()} for row in rows]
        print_json({"problem": asked.problem, "dim": landscape.dim, "seed": seed, "checks": finite})
    else:
        note(target.note())
        print_table(
            ["derivative", "entries", "wrong", "largest error"],
            [[c.name, str(c.entries), str(c.wrong), number(c.error, 2)] for c in checks],
        )
        for check in checks:
            if not check.holds:
                click.echo(check.sentence())
    if not all(check.holds for check in checks):
        sys.exit(1)
