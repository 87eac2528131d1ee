"""`landscape problems`: the zoo, or one entry of it."""

from __future__ import annotations

import inspect

import click

from landscape.cli.console import print_table
from landscape.function import Landscape
from landscape.problems import ProblemEntry, entry, problem, problem_names


@click.command("problems")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the zoo of landscapes, or show NAME with its parameters and what is known to be true of it."""
    if name is None:
        for key in problem_names():
            click.echo(f"{key:<22}{entry(key).summary}")
            if entry(key).parameters:
                click.echo(f"{'':<22}--set {' --set '.join(_settings(entry(key)))}")
        return
    _show(entry(name))


def _settings(known: ProblemEntry) -> list[str]:
    return [f"{p.name}={_value(p.default)}" for p in known.parameters]


def _value(value: object) -> str:
    """A parameter's value as `--set` takes it."""
    return ",".join(str(v) for v in value) if isinstance(value, tuple) else str(value)


def _show(known: ProblemEntry) -> None:
    click.echo(inspect.getdoc(known.factory) or known.summary)
    if known.parameters:
        print_table(["parameter", "type", "default"], [[p.name, p.type, _value(p.default)] for p in known.parameters])
    if any(p.default == "required" for p in known.parameters):
        return
    _show_truth(problem(known.name))


def _show_truth(landscape: Landscape) -> None:
    manifold = type(landscape.manifold).__name__
    click.echo(f"\nWith the defaults: {landscape.dim} coordinates on {manifold}, symmetry {landscape.symmetry!r}.")
    if landscape.euler_characteristic is not None:
        click.echo(f"The Morse sum of its critical points is {landscape.euler_characteristic}.")
    truth = landscape.truth
    if truth is None:
        click.echo("Its critical points are not known beforehand.")
        return
    if truth.counts is not None:
        known = ", ".join(f"{count} of index {index}" for index, count in truth.counts.items())
        click.echo(f"Known critical points: {known}{'' if truth.complete else ' (other indices are not listed)'}.")
    if truth.degenerate:
        click.echo(f"Degenerate critical points: {truth.degenerate}.")
    if truth.minimum_value is not None:
        click.echo(f"Global minimum: {truth.minimum_value:.12g}.")
    if truth.source:
        click.echo(f"Source: {truth.source}")
