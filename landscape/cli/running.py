"""What `landscape study` and `landscape resume` share: running a study to its end, or to a clean stop."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from landscape.cli import InputError
from landscape.cli.console import note, print_json
from landscape.cli.heartbeat import heartbeat
from landscape.cli.options import executor_option, jobs_option, json_option
from landscape.cli.report import print_report
from landscape.study.chunks import Part
from landscape.study.declaration import Study
from landscape.study.duration import Duration, study_duration
from landscape.study.executors import named_executor
from landscape.study.report import as_json
from landscape.study.result import StudyResult
from landscape.study.run import Progress, StudyInterrupted, run_study
from landscape.study.store import StoreWriteError
from landscape.study.tally import Tally

F = TypeVar("F", bound=Callable[..., Any])


class WorkError(InputError):
    """Work that could not be finished: one sentence, exit status 1."""

    exit_code = 1


def running_options(command: F) -> F:
    """--jobs, --executor, --chunk-timeout and --json."""
    for decorator in (
        json_option,
        click.option(
            "--chunk-timeout",
            type=click.FloatRange(min=0, min_open=True),
            help="Seconds after which a chunk of the work is given up and reported.",
        ),
        executor_option,
        jobs_option,
    ):
        command = decorator(command)
    return command


def run_and_report(
    study: Study,
    store: Path | None,
    jobs: int,
    executor: str | None,
    chunk_timeout: float | None,
    json_output: bool,
    retry: bool = False,
) -> None:
    """Run a study, or what its store lacks, and print the report."""
    result = _run(study, store, jobs, executor, chunk_timeout, retry)
    if json_output:
        print_json(as_json(result))
    else:
        print_report(result)
    if result.failed:
        chunks = "1 chunk" if len(result.failed) == 1 else f"{len(result.failed)} chunks"
        raise WorkError(f"{chunks} of work failed; the report says which, and why")


def _run(
    study: Study, store: Path | None, jobs: int, executor: str | None, chunk_timeout: float | None, retry: bool
) -> StudyResult:
    apart = chunk_timeout is not None  # so that a call that never comes back can be ended
    again = f"`landscape resume {store}` goes on"
    try:
        with (
            _stop_at_signal(store is not None) as stopped,
            _live(study) as (progress, watch),
            named_executor(executor, jobs, apart) as workers,
        ):
            if store is None or not store.exists():
                duration = study_duration(study, workers, chunk_timeout)
                if duration is not None:
                    note(duration.sentence("the descents and searches take", _shorter(duration, executor)))
            return run_study(study, workers, progress, store, chunk_timeout, lambda: bool(stopped), retry, watch)
    except StudyInterrupted as interrupted:
        click.echo(f"landscape: interrupted: {interrupted} and saved in {store}; {again}", err=True)
        sys.exit(128 + stopped[0])
    except KeyboardInterrupt:
        if store is None or not store.exists():
            raise
        click.echo(f"landscape: interrupted; what was done is saved in {store}; {again}", err=True)
        sys.exit(128 + signal.SIGINT)
    except StoreWriteError as error:
        raise WorkError(f"{error}; {again}" if store is not None and store.exists() else str(error)) from error
    except BrokenExecutor as error:
        if store is None:
            raise
        raise WorkError(f"the workers are gone ({error}); what was done is saved in {store}; {again}") from error


def _shorter(duration: Duration, executor: str | None) -> tuple[str, ...]:
    """The options that would make a study shorter."""
    cores = os.cpu_count() or 1
    more = (f"--jobs {cores}",) if executor is None and duration.workers < cores else ()
    return "fewer --starts", "fewer --search-steps and --climb-steps", *more


@contextmanager
def _live(study: Study) -> Iterator[tuple[Progress | None, Callable[[Part], None] | None]]:
    """On a terminal, a bar for each phase with the time that it has left, and below them what was found so far;
    elsewhere a line now and then. The callbacks that move them."""
    if not sys.stderr.isatty():
        with heartbeat("chunks") as beat:
            yield beat, None
        return
    console = Console(stderr=True, highlight=False)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    bars = Bars(*columns, console=console, speed_estimate_period=600)
    tally, tasks, found = Tally(study.target.load()), dict[str, TaskID](), Text()

    def watch(part: Part) -> None:
        tally.add(part)
        found.plain = tally.sentence()

    def progress(phase: str, done: int, total: int) -> None:
        if phase in tasks:
            bars.update(tasks[phase], completed=done)
        else:
            tasks[phase] = bars.add_task(phase, total=total, completed=done)

    with Live(Group(bars, found), console=console, transient=True, refresh_per_second=4):
        yield progress, watch


@contextmanager
def _stop_at_signal(wanted: bool) -> Iterator[list[int]]:
    """Where work is kept, Ctrl-C and the signal with which batch systems end a job let the chunks in flight finish;
    the list then holds the signal. The second one ends them, too."""
    seen: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if seen:
            raise KeyboardInterrupt
        seen.append(number)
        note("landscape: finishing the chunks of work in flight; once more to drop them")

    if not wanted:
        yield seen
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
