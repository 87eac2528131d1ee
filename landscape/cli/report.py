"""`landscape report`: what a saved study found."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import click

from landscape.cli.console import note, number, percent, print_json, print_table
from landscape.critical.points import CriticalPoints
from landscape.results import in_words
from landscape.study.page import as_html
from landscape.study.report import as_csv, as_json, basins, kind_name
from landscape.study.result import StudyResult, open_study

_ROWS = 20  # a report fits a screen


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "style", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@click.option(
    "--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write one page for a browser instead."
)
def command(file: Path, style: str, page: Path | None) -> None:
    """Print what the study saved in FILE found, or has found so far."""
    result = open_study(file)
    if page is not None:
        if page.exists() and page.samefile(file):
            raise ValueError(f"--html is {page}, which is the study itself")
        try:
            page.write_text(as_html(result), encoding="utf-8")
        except OSError as error:
            raise ValueError(f"{page} cannot be written: {error.strerror}") from error
        note(f"written to {page}")
        return
    if style == "json":
        print_json(as_json(result))
    elif style == "csv":
        click.echo(as_csv(result), nl=False)
    else:
        note(result.note)
        print_report(result)


def print_report(result: StudyResult) -> None:
    """The report for people."""
    study, points = result.study, result.points
    click.echo(f"{study.target.name}: {points.x.shape[1]} coordinates, {study.starts} starts, seed {study.seed}")
    if result.unfinished is not None:
        click.echo(result.unfinished.sentence())
    print_counts(result.points)
    click.echo(f"Descents: {in_words(result.descent.count())}")
    print_points(result.points)
    _print_basins(result)
    _print_escapes(result)
    _print_troubles(result)


def print_counts(points: CriticalPoints, wanted: Collection[int] | None = None) -> None:
    """How many critical points there are, and what is known of those that are missing; where only some indices were
    `wanted`, of those."""
    by_index = points.count_by_index()
    counted = ", ".join(f"{count} of index {index}" for index, count in by_index.items()) or "none"
    click.echo(f"\nCritical points: {len(points)} ({counted}; {len(points.degenerate)} degenerate)")
    for sentence in points.completeness.sentences(wanted):
        click.echo(f"  {sentence}")
    certified = int((points.certified_radius > 0).sum())
    if certified:
        click.echo(f"Certified: {certified} of {len(points)}, each the only critical point in a ball of its own")
    click.echo(f"Searches: {in_words(points.search_counts)}")


def print_points(points: CriticalPoints) -> None:
    """The first critical points, one line each."""
    rows = [
        [
            str(row),
            kind_name(points, row),
            str(points.index[row]),
            number(points.value[row], 9),
            f"{points.gradient_norm[row]:.0e}",
            number(points.spectrum(row)[0], 5) if len(points.spectrum(row)) else "-",
            number(points.spectrum(row)[-1], 5) if len(points.spectrum(row)) else "-",
            str(points.found[row]),
        ]
        for row in range(min(len(points), _ROWS))
    ]
    headings = ["point", "kind", "index", "value", "|gradient|", "lowest eigenvalue", "highest", "found"]
    print_table(headings, rows)
    if len(points) > _ROWS:
        click.echo(f"... {len(points)} critical points in all")


def _print_basins(result: StudyResult) -> None:
    found = basins(result)
    if not found:
        return
    rows = [
        [str(b["point"]), number(b["value"], 9), percent(b["fraction"]), " to ".join(percent(v) for v in b["interval"])]
        for b in found[:_ROWS]
    ]
    print_table(["descends to point", "value", "of starts", "95% interval"], rows)
    if len(found) > _ROWS:
        click.echo(f"... {len(found)} basins in all; `landscape report FILE --format json` lists them")


def _print_escapes(result: StudyResult) -> None:
    escapes, points = result.escapes, result.points
    if not len(escapes):
        return
    rows = [
        [
            str(escapes.point[row]),
            str(points.index[escapes.point[row]]),
            number(points.value[escapes.point[row]], 9),
            f"{escapes.escaped[row]} of {escapes.starts}",
            number(escapes.median_steps[row]),
            number(escapes.predicted_median_steps[row]),
        ]
        for row in range(min(len(escapes), _ROWS))
    ]
    print_table(["escape from point", "index", "value", "escaped", "median steps", "linear prediction"], rows)
    if len(escapes) > _ROWS:
        click.echo(f"... {len(escapes)} saddles in all; `landscape report FILE --format json` lists them")


def _print_troubles(result: StudyResult) -> None:
    """Where the user's function failed, and which chunks of work have no result."""
    for fault in result.faults:
        click.echo(f"The function {fault.sentence()}")
    for failed in result.failed[:_ROWS]:
        click.echo(failed.sentence())
    if len(result.failed) > _ROWS:
        click.echo(f"... {len(result.failed)} chunks failed; `landscape report FILE --format json` lists them")
