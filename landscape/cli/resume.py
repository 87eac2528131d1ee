"""`landscape resume`: go on with a study that was interrupted."""

from __future__ import annotations

import os
from pathlib import Path

import click

from landscape.cli.console import note
from landscape.cli.running import run_and_report, running_options
from landscape.study.run import state_of


@click.command("resume")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--retry", is_flag=True, help="Do chunks that failed anew, with all that rests on them.")
@running_options
def command(
    file: Path, retry: bool, jobs: int, executor: str | None, chunk_timeout: float | None, json_output: bool
) -> None:
    """Do what the study saved in FILE still lacks, and report it.

    The report is that of a study that was never interrupted. A function of your own is looked up from the current
    folder, as it was at the start.
    """
    os.environ.setdefault("JAX_ENABLE_X64", "1")  # as for `landscape study`
    study, state = state_of(file)
    note(state)
    run_and_report(study, file, jobs, executor, chunk_timeout, json_output, retry)
