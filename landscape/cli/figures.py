"""`landscape figures`: every figure redrawn from data, every claim in it checked."""

from __future__ import annotations

from pathlib import Path

import click

from landscape.cli.console import print_table
from landscape.figures.gallery import write_gallery
from landscape.figures.registry import experiment_names, load_experiment
from landscape.figures.run import FigureResult, make_figure
from landscape.parallel import make_executor


@click.command("figures")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--list", "list_only", is_flag=True, help="List the figures and stop.")
@click.option("--quick", is_flag=True, help="Smaller samples: all figures in a few minutes.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("paper_figures"),
    show_default=True,
    help="Folder to write to.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of all randomness.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1), help="Worker processes.")
def command(names: tuple[str, ...], list_only: bool, quick: bool, out: Path, seed: int, jobs: int) -> None:
    """Regenerate the figures called NAME, or all of them: data, claims, PNG, PDF and a gallery page.

    Exit status 1 if a claim fails.
    """
    for name in names:
        if name not in experiment_names():
            raise ValueError(f"there is no figure {name!r}; `landscape figures --list` shows them")
    if list_only:
        for name in experiment_names():
            click.echo(f"{name:<28}{load_experiment(name).title}")
        return
    results: list[FigureResult] = []
    with make_executor(jobs) as executor:
        for name in names or experiment_names():
            click.echo(f"{name} ...", err=True)
            results.append(make_figure(name, out, quick, seed, executor))
    page = write_gallery(out)
    _print_summary(results)
    click.echo(f"gallery: {page}")
    failed = [(r.name, c) for r in results for c in r.claims if not c.holds]
    for name, claim in failed:
        click.echo(f"claim fails in {name}: {claim.text}: measured {claim.measured}", err=True)
    if failed:
        raise SystemExit(1)


def _print_summary(results: list[FigureResult]) -> None:
    rows = [
        [
            r.name,
            f"{sum(c.holds for c in r.claims)} of {len(r.claims)}",
            f"{r.data_seconds:.1f} s",
            f"{r.draw_seconds:.1f} s",
        ]
        for r in results
    ]
    print_table(["figure", "claims held", "data", "drawing"], rows)
