"""`landscape report`: what a saved study found."""

from __future__ import annotations

from pathlib import Path

import click

from landscape.cli.console import note, number, percent, print_json, print_table
from landscape.results import in_words
from landscape.study.report import as_csv, as_json, basins, kind_name
from landscape.study.run import StudyResult
from landscape.study.store import load_study

_ROWS = 20  # a report fits a screen


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "style", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
def command(file: Path, style: str) -> None:
    """Print what the study saved in FILE found."""
    result = load_study(file)
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
    _print_counts(result)
    _print_points(result)
    _print_basins(result)
    _print_escapes(result)


def _print_counts(result: StudyResult) -> None:
    points = result.points
    by_index = points.count_by_index()
    counted = ", ".join(f"{count} of index {index}" for index, count in by_index.items()) or "none"
    click.echo(f"\nCritical points: {len(points)} ({counted}; {len(points.degenerate)} degenerate)")
    for sentence in points.completeness.sentences():
        click.echo(f"  {sentence}")
    certified = int((points.certified_radius > 0).sum())
    if certified:
        click.echo(f"Certified: {certified} of {len(points)}, each the only critical point in a ball of its own")
    click.echo(f"Searches: {in_words(points.search_counts)}")
    click.echo(f"Descents: {in_words(result.descent.count())}")


def _print_points(result: StudyResult) -> None:
    points = result.points
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
    _print_rest(len(points), "critical points")


def _print_basins(result: StudyResult) -> None:
    found = basins(result)
    if not found:
        return
    rows = [
        [str(b["point"]), number(b["value"], 9), percent(b["fraction"]), " to ".join(percent(v) for v in b["interval"])]
        for b in found[:_ROWS]
    ]
    print_table(["descends to point", "value", "of starts", "95% interval"], rows)
    _print_rest(len(found), "basins")


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
    _print_rest(len(escapes), "saddles")


def _print_rest(total: int, what: str) -> None:
    if total > _ROWS:
        click.echo(f"... {total} {what} in all; `landscape report FILE --format csv` lists them")
