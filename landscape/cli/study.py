"""`landscape study`: the whole chain, reported and saved."""

from __future__ import annotations

from pathlib import Path

import click

from landscape.cli.console import note
from landscape.cli.options import Asked, seed_option, target_options
from landscape.cli.running import run_and_report, running_options
from landscape.study.declaration import Study
from landscape.study.run import state_of
from landscape.study.store import check_writable

_AT_LEAST_ONE = click.IntRange(min=1)


@click.command("study")
@target_options
@click.option("--starts", default=1000, show_default=True, type=click.IntRange(min=1), help="Number of random starts.")
@seed_option
@click.option(
    "--store",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the study in this file, chunk by chunk; what it holds already is not computed again.",
)
@click.option(
    "--network/--no-network",
    default=True,
    show_default=True,
    help="Follow the gradient flow from each saddle of index 1 to what it joins.",
)
@click.option(
    "--descent-steps", default=2000, show_default=True, type=_AT_LEAST_ONE, help="Steps of a descent at most."
)
@click.option("--search-steps", default=300, show_default=True, type=_AT_LEAST_ONE, help="Of a Newton search.")
@click.option("--climb-steps", default=100, show_default=True, type=_AT_LEAST_ONE, help="Of a climb to a saddle.")
@click.option("--escape-steps", default=20_000, show_default=True, type=_AT_LEAST_ONE, help="Of an escape.")
@click.option("--escape-starts", default=100, show_default=True, type=_AT_LEAST_ONE, help="Starts round each saddle.")
@running_options
def command(
    asked: Asked,
    starts: int,
    seed: int,
    store: Path | None,
    network: bool,
    descent_steps: int,
    search_steps: int,
    climb_steps: int,
    escape_steps: int,
    escape_starts: int,
    jobs: int,
    executor: str | None,
    chunk_timeout: float | None,
    json_output: bool,
) -> None:
    """Study PROBLEM: from many starts to descents, classified critical points, escape from every saddle, and the
    network of what the saddles join.

    \b
    landscape study himmelblau --starts 2000
    landscape study lennard_jones --set atoms=7 --starts 4000 --jobs 2 --store lj7.sqlite
    landscape study my_loss.py:loss --dim 3 --box -2:2
    """
    study = Study(
        asked.target(), starts, seed, escape_starts, descent_steps, search_steps, climb_steps, escape_steps, network
    )
    study.target.load()
    if not json_output:
        note(study.target.note())
    if store is not None:
        _announce(study, store)
    run_and_report(study, store, jobs, executor, chunk_timeout, json_output)


def _announce(study: Study, path: Path) -> None:
    """Say what the store holds already; refuse one that cannot be used before any work."""
    if not path.exists():
        check_writable(path)
        note(f"saving in {path}")
        return
    note(state_of(path, study)[1])
