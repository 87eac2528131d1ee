"""What the commands print: tables and JSON to standard output, progress and notes to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

_PIPED_WIDTH = 120


def print_json(value: Any) -> None:
    """Strict JSON to standard output."""
    click.echo(json.dumps(value, indent=2, allow_nan=False))


def print_table(headings: list[str], rows: list[list[str]], title: str | None = None) -> None:
    """A plain table to standard output: the first column to the left, the others to the right."""
    table = Table(box=SIMPLE, title=title, title_justify="left", pad_edge=False)
    for k, heading in enumerate(headings):
        table.add_column(heading, justify="left" if k == 0 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    console = Console(width=width, highlight=False)
    with console.capture() as capture:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in capture.get().rstrip().splitlines()))


def note(text: str) -> None:
    """A remark to standard error."""
    if text:
        click.echo(text, err=True)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A callback (phase, done, total) that moves a bar on a terminal, and does nothing where there is none."""
    if not sys.stderr.isatty():
        yield lambda phase, done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def update(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(phase, total=total)
            bar.update(tasks[phase], completed=done)

        yield update


def number(value: float | None, digits: int = 6) -> str:
    """A number as people read it; a dash for none."""
    return "-" if value is None else f"{value:.{digits}g}"


def percent(value: float) -> str:
    """A fraction as a percentage."""
    return f"{100 * value:.1f}%"
