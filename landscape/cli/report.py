"""`landscape report`: what a saved study found."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Collection
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click

from landscape.cli.console import note, number, percent, print_json, print_table
from landscape.cli.files import saving
from landscape.critical.points import CriticalPoints
from landscape.results import in_words
from landscape.study.known import Known, known_points, truth_of
from landscape.study.network import summary
from landscape.study.page import as_html
from landscape.study.parquet import as_parquet, require_pyarrow
from landscape.study.report import as_csv, as_json, basins, kind_name
from landscape.study.result import StudyResult, open_study

_ROWS, _LEAST = 20, 4  # of a table
_SCREEN = 50  # lines, where no terminal tells
_SENTENCES = 10
_FAILED = 5


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "csv", "parquet"]),
    default="table",
    show_default=True,
    help="csv and parquet have one row a critical point.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file, not to the terminal.")
@click.option(
    "--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write one page for a browser instead."
)
def command(file: Path, style: str, out: Path | None, page: Path | None) -> None:
    """Print what the study saved in FILE found, or has found so far."""
    if style == "parquet":
        require_pyarrow()  # before a long look at the study
        if out is None and page is None and sys.stdout.isatty():
            raise ValueError("parquet is nothing to read on a terminal; name a file with --out")
    result = open_study(file)
    if page is not None:
        _write(as_html(result).encode(), page, "--html", file)
    elif style == "parquet":
        data = as_parquet(result)
        click.echo(data, nl=False) if out is None else _write(data, out, "--out", file)
    elif out is not None:
        with redirect_stdout(io.StringIO()) as text:
            _print(result, style)
        _write(text.getvalue().encode(), out, "--out", file)
    else:
        _print(result, style)


def _print(result: StudyResult, style: str) -> None:
    if style == "json":
        print_json(as_json(result))
    elif style == "csv":
        click.echo(as_csv(result), nl=False)
    else:
        note(result.note)
        print_report(result)


def _write(data: bytes, path: Path, option: str, study: Path) -> None:
    if path.exists() and path.samefile(study):
        raise ValueError(f"{option} is {path}, which is the study itself")
    with saving(path) as draft:
        draft.write_bytes(data)
    note(f"written to {path}")


def print_report(result: StudyResult) -> None:
    """The report for people, which fits a screen."""
    study, points = result.study, result.points
    network = summary(result) if len(result.branches) else None
    click.echo(f"{study.target.name}: {points.x.shape[1]} coordinates, {study.starts} starts, seed {study.seed}")
    if result.unfinished is not None:
        click.echo(result.unfinished.sentence())
    known = known_points(truth_of(study), points)
    print_counts(points, sentences=_SENTENCES, known=known)
    click.echo(f"Descents: {in_words(result.descent.count())}")
    if network is not None:
        click.echo(f"Network: {network.sentence()}")
    found = basins(result)
    above = sum((result.note != "", result.unfinished is not None, network is not None, known is not None))
    above += min(len(points.completeness.sentences()), _SENTENCES)
    rows = _rows([len(points), len(found), len(result.escapes)], above)
    print_points(points, rows)
    _print_basins(found, rows)
    _print_escapes(result, rows)
    _print_troubles(result)


def _rows(tables: list[int], above: int) -> int:
    """How many rows of each table there is room for, at most, below so many lines that not every report has: on the
    terminal, if there is one."""
    lines = shutil.get_terminal_size().lines if sys.stdout.isatty() else _SCREEN
    room = lines - 7 - above
    for limit in range(_ROWS, _LEAST, -1):
        if sum(3 + min(rows, limit) + (rows > limit) for rows in tables if rows) <= room:
            return limit
    return _LEAST


def print_counts(
    points: CriticalPoints,
    wanted: Collection[int] | None = None,
    sentences: int | None = None,
    known: Known | None = None,
) -> None:
    """How many critical points there are, of how many that are `known`, and what is known of those that are missing, in
    so many `sentences`; where only some indices were `wanted`, of those."""
    by_index = points.count_by_index()
    counted = ", ".join(f"{count} of index {index}" for index, count in by_index.items()) or "none"
    click.echo(f"\nCritical points: {len(points)} ({counted}; {len(points.degenerate)} degenerate)")
    findings = points.completeness.sentences(wanted)
    if known is not None:
        click.echo(f"  {known.sentence()}")
        if wanted is None and points.euler.expected is None:
            findings = findings[1:]  # that the theory does not say
    shown = len(findings) if sentences is None or len(findings) <= sentences + 1 else sentences
    for sentence in findings[:shown]:
        click.echo(f"  {sentence}")
    if len(findings) > shown:
        click.echo(f"  ... {len(findings)} such sentences in all; `landscape report FILE --format json` has them")
    certified = int((points.certified_radius > 0).sum())
    if certified:
        click.echo(f"Certified: {certified} of {len(points)}, each the only critical point in a ball of its own")
    click.echo(f"Searches: {in_words(points.search_counts)}")


def print_points(points: CriticalPoints, limit: int = _ROWS) -> None:
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
        for row in range(min(len(points), limit))
    ]
    headings = ["point", "kind", "index", "value", "|gradient|", "lowest eigenvalue", "highest", "found"]
    print_table(headings, rows)
    if len(points) > limit:
        click.echo(f"... {len(points)} critical points in all")


def _print_basins(found: list[dict[str, Any]], limit: int) -> None:
    if not found:
        return
    rows = [
        [str(b["point"]), number(b["value"], 9), percent(b["fraction"]), " to ".join(percent(v) for v in b["interval"])]
        for b in found[:limit]
    ]
    print_table(["descends to point", "value", "of starts", "95% interval"], rows)
    if len(found) > limit:
        click.echo(f"... {len(found)} basins in all; `landscape report FILE --format json` lists them")


def _print_escapes(result: StudyResult, limit: int) -> None:
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
        for row in range(min(len(escapes), limit))
    ]
    print_table(["escape from point", "index", "value", "escaped", "median steps", "linear prediction"], rows)
    if len(escapes) > limit:
        click.echo(f"... {len(escapes)} saddles in all; `landscape report FILE --format json` lists them")


def _print_troubles(result: StudyResult) -> None:
    """Where the user's function failed, and which chunks of work have no result."""
    for fault in result.faults:
        click.echo(f"The function {fault.sentence()}")
    for failed in result.failed[:_FAILED]:
        click.echo(failed.sentence())
    if len(result.failed) > _FAILED:
        click.echo(f"... {len(result.failed)} chunks failed; `landscape report FILE --format json` lists them")
