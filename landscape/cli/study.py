"""`landscape study`: the whole chain, reported and saved."""

from __future__ import annotations

from pathlib import Path

import click

from landscape.cli.console import note, print_json, progress_bar
from landscape.cli.options import make_target, target_options
from landscape.cli.report import print_report
from landscape.parallel import make_executor
from landscape.study.declaration import Study
from landscape.study.report import as_json
from landscape.study.run import StudyResult, run_study
from landscape.study.store import StoreError, check_writable, difference, load_study, save_study
from landscape.study.target import Value


@click.command("study")
@target_options
@click.option("--starts", default=1000, show_default=True, type=click.IntRange(min=1), help="Number of random starts.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of all randomness.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1), help="Worker processes.")
@click.option("--store", type=click.Path(dir_okay=False, path_type=Path), help="Save the study in this file.")
@click.option("--json", "json_output", is_flag=True, help="Print one JSON object and nothing else.")
def command(
    problem: str,
    settings: tuple[tuple[str, Value], ...],
    dim: int | None,
    box: tuple[tuple[float, float], ...] | None,
    starts: int,
    seed: int,
    jobs: int,
    store: Path | None,
    json_output: bool,
) -> None:
    """Study PROBLEM: from many starts to descents, classified critical points, and escape from every saddle.

    \b
    landscape study himmelblau --starts 2000
    landscape study lennard_jones --set atoms=7 --starts 4000 --jobs 2 --store lj7.sqlite
    landscape study my_loss.py:loss --dim 3 --box -2:2
    """
    study = Study(make_target(problem, settings, dim, box), starts=starts, seed=seed)
    study.target.load()
    if not json_output:
        note(study.target.note())
    result = _stored(study, store)
    if result is None:
        with progress_bar() as progress, make_executor(jobs) as executor:
            result = run_study(study, executor, progress)
        if store is not None:
            save_study(store, result)
            note(f"saved in {store}")
    if json_output:
        print_json(as_json(result))
    else:
        print_report(result)


def _stored(study: Study, store: Path | None) -> StudyResult | None:
    """The study if the store holds it already; None if there is no store yet."""
    if store is None:
        return None
    if not store.exists():
        check_writable(store)
        return None
    result = load_study(store)
    differs = difference(result.study, study)
    if differs:
        raise StoreError(f"{store} holds another study: {differs}")
    note(f"{store} holds this study already; nothing was computed")
    return result
