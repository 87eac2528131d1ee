"""`landscape figures`: every figure redrawn from data, every claim in it checked."""

from __future__ import annotations

import signal
import sys
from concurrent.futures import BrokenExecutor
from pathlib import Path

import click

from landscape.cli.console import note, print_table
from landscape.cli.options import executor_option, jobs_option, seed_option
from landscape.cli.running import WorkError
from landscape.figures.gallery import write_gallery
from landscape.figures.registry import experiment_names, load_experiment
from landscape.figures.run import FigureFailure, FigureResult, check_figures, make_figures
from landscape.study.executors import named_executor


@click.command("figures")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--list", "list_only", is_flag=True, help="List the figures and stop.")
@click.option("--quick", is_flag=True, help="Smaller samples: all figures in a few minutes.")
@click.option("--force", is_flag=True, help="Compute the data anew, also where the same code made them before.")
@click.option("--check", is_flag=True, help="Check claims on the data that are there; draw and write nothing.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("paper_figures"),
    show_default=True,
    help="Folder to write to.",
)
@seed_option
@jobs_option
@executor_option
def command(
    names: tuple[str, ...],
    list_only: bool,
    quick: bool,
    force: bool,
    check: bool,
    out: Path,
    seed: int,
    jobs: int,
    executor: str | None,
) -> None:
    """Regenerate the figures called NAME, or all of them: data, claims, PNG, PDF and a gallery page.

    Data are computed where they are missing, or where the code or the packages that they come from have changed since;
    otherwise the figure is only drawn. Interrupted, the same command goes on with the figures that are not done.

    Exit status 1 if a claim or a figure fails.
    """
    for name in names:
        if name not in experiment_names():
            raise ValueError(f"there is no figure {name!r}; `landscape figures --list` shows them")
    if list_only:
        for name in experiment_names():
            click.echo(f"{name:<28}{load_experiment(name).title}")
        return
    wanted = list(dict.fromkeys(names or experiment_names()))
    if not check:
        _make_folder(out)
    done: list[FigureResult | FigureFailure] = []
    kept = "" if check else f"; what was done is in {out}, and the same command goes on from there"
    try:
        with named_executor(executor, jobs) as workers:
            asked = wanted, out, quick, seed, workers, force
            for result in check_figures(*asked, _announce) if check else make_figures(*asked):
                done.append(result)
                note(f"{len(done)}/{len(wanted)} {result.name}")
    except KeyboardInterrupt:
        note(f"landscape: interrupted{kept}")
        sys.exit(128 + signal.SIGINT)
    except BrokenExecutor as error:
        raise WorkError(f"the workers are gone ({error}){kept}") from error
    except OSError as error:
        raise WorkError(f"{error}{kept}") from error
    _report(sorted(done, key=lambda result: wanted.index(result.name)))
    if not check:
        click.echo(f"gallery: {write_gallery(out)}")
    if not all(isinstance(result, FigureResult) and all(c.holds for c in result.claims) for result in done):
        raise SystemExit(1)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"--out is {str(path)!r}, which cannot be made: {error.strerror}") from error


def _announce(number: int) -> None:
    note(f"computing the data of {number} figure{'s' if number > 1 else ''} in order to check the claims")


def _report(results: list[FigureResult | FigureFailure]) -> None:
    """A row for each figure; below, on standard error, what failed."""
    print_table(["figure", "claims held", "data time", "draw time"], [_row(result) for result in results])
    for result in results:
        if isinstance(result, FigureFailure):
            note(f"figure fails: {result.name}: {result.reason}")
            continue
        for claim in result.claims:
            if not claim.holds:
                note(f"claim fails in {result.name}: {claim.text}: measured {claim.measured}")


def _row(result: FigureResult | FigureFailure) -> list[str]:
    if isinstance(result, FigureFailure):
        return [result.name, "-", "failed", "-"]
    held = f"{sum(claim.holds for claim in result.claims)} of {len(result.claims)}"
    data = result.origin if result.data_seconds is None else f"{result.data_seconds:.1f} s"
    return [result.name, held, data, "-" if result.draw_seconds is None else f"{result.draw_seconds:.1f} s"]
