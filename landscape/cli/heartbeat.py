"""Signs of life where no terminal shows a bar: now and then a line on standard error."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from landscape.cli.console import note, progress_bar

FIRST = 30.0  # seconds of silence at the beginning
GROWTH = 0.1  # the silences grow with the time that has passed, so that a night's log stays short


def bar_or_heartbeat(unit: str) -> AbstractContextManager[Callable[[str, int, int], None]]:
    """A callback (phase, done, total) that moves a bar on a terminal and leaves a line now and then elsewhere.

    Parameters
    ----------
    unit : str
        What is counted, as 'steps'.
    """
    return progress_bar() if sys.stderr.isatty() else heartbeat(unit)


@contextmanager
def heartbeat(unit: str) -> Iterator[Callable[[str, int, int], None]]:
    """A callback (phase, done, total) to tell how far the work is. A line says so after half a minute, and again at
    least that long after each line, also while nothing is told; work that is done sooner leaves none.

    Parameters
    ----------
    unit : str
        What is counted, as 'chunks'.
    """
    began = time.monotonic()
    ended = threading.Event()
    state: list[tuple[str, int, int]] = []

    def progress(phase: str, done: int, total: int) -> None:
        state[:] = [(phase, done, total)]

    def beat() -> None:
        while not ended.wait(max(FIRST, GROWTH * (time.monotonic() - began))):
            for phase, done, total in state:
                note(f"{phase}: {done} of {total} {unit}".rstrip() + f" after {_elapsed(time.monotonic() - began)}")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        ended.set()
        thread.join()


def _elapsed(seconds: float) -> str:
    """A time as '0:00:30' (hours, minutes, seconds)."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
