"""Chunks of work that outlive what happens to them: workers that die, calls that hang, an interruption."""

from __future__ import annotations

import ctypes
import faulthandler
import math
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from landscape.parallel import ProcessExecutor, SerialExecutor, single_threaded
from landscape.study.faults import described_error

DEATHS = 3  # a chunk that has lost so many workers is given up
_WIDTH = 64  # chunks in flight where an executor does not say how many workers it has


@dataclass(frozen=True)
class Failure:
    """Why a chunk has no result."""

    reason: str


class Outcome(NamedTuple):
    """What came of a chunk: its result or a `Failure`, and the seconds that it took."""

    chunk: int
    value: Any
    seconds: float


def dispatch(
    executor: Executor | None,
    function: Callable[..., Any],
    tasks: Mapping[int, tuple[object, ...]],
    limit: float | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Outcome]:
    """The outcome of `function(*arguments)` for each chunk, as they are done, each with one BLAS thread.

    A chunk whose worker dies runs again, alone, so that it is known which one the worker died of; after three deaths
    it has failed. What a chunk raises is its failure, too.

    Parameters
    ----------
    executor : Executor, optional
        This process if left out.
    function : callable
        Importable by name, so that other processes find it.
    tasks : mapping of int to tuple
        The chunks' arguments, by their numbers.
    limit : float, optional
        Seconds after which a chunk has failed.
    stop : callable, optional
        Asked before each chunk; once it says so, no more begin, and those in flight are the last.

    Raises
    ------
    BrokenExecutor
        If the executor takes no more work.
    """
    executor = executor or SerialExecutor()
    if not isinstance(executor, SerialExecutor):
        yield from _Dispatcher(executor, function, tasks, limit, stop or (lambda: False)).outcomes()
        return
    for chunk, arguments in tasks.items():
        if stop is not None and stop():
            return
        yield Outcome(chunk, *attempt(function, limit, *arguments))


@dataclass
class _Flight:
    """A chunk that an executor works on, since when, and whether no other was in flight in all that time."""

    chunk: int
    began: float
    alone: bool


class _Dispatcher:
    """Chunks in flight on an executor of several workers, and those that wait."""

    def __init__(
        self,
        executor: Executor,
        function: Callable[..., Any],
        tasks: Mapping[int, tuple[object, ...]],
        limit: float | None,
        stop: Callable[[], bool],
    ) -> None:
        self.executor, self.function, self.tasks, self.limit, self.stop = executor, function, tasks, limit, stop
        self.waiting, self.suspects = deque(tasks), deque[int]()
        self.deaths: Counter[int] = Counter()
        self.flying: dict[Future[Any], _Flight] = {}

    def outcomes(self) -> Iterator[Outcome]:
        try:
            while True:
                self._launch()
                if not self.flying:
                    return
                for future in wait(self.flying, return_when=FIRST_COMPLETED).done:
                    yield from self._landed(future)
        finally:
            for future in self.flying:
                future.cancel()

    def _launch(self) -> None:
        if self.stop():
            return
        if self.suspects:
            if not self.flying:
                self._submit(self.suspects.popleft())
            return
        if self.waiting:
            width = workers_of(self.executor) + 1  # one more, so that no worker waits for this process
            while self.waiting and len(self.flying) < width:
                self._submit(self.waiting.popleft())

    def _submit(self, chunk: int) -> None:
        for other in self.flying.values():
            other.alone = False
        alone = not self.flying
        future = self.executor.submit(attempt, self.function, self.limit, *self.tasks[chunk])
        self.flying[future] = _Flight(chunk, time.monotonic(), alone)

    def _landed(self, future: Future[Any]) -> Iterator[Outcome]:
        flight = self.flying.pop(future)
        chunk = flight.chunk
        try:
            yield Outcome(chunk, *future.result())
        except CancelledError:
            raise BrokenExecutor("the executor has dropped its work") from None
        except Exception as error:
            if isinstance(error, BrokenExecutor):
                self.deaths[chunk] += 1
            elif type(error).__name__ == "KilledWorker":
                # Dask has tried again by itself, but blames all tasks of a worker that dies.
                self.deaths[chunk] = DEATHS if flight.alone else self.deaths[chunk] + 1
            else:
                yield Outcome(chunk, Failure(f"raised {described_error(error)}"), math.nan)
                return
            late = self.limit is not None and time.monotonic() - flight.began >= self.limit
            if flight.alone and late:
                yield Outcome(chunk, Failure(f"took longer than {self.limit:g} s"), math.nan)
            elif self.deaths[chunk] >= DEATHS:
                yield Outcome(chunk, Failure(f"its worker died {DEATHS} times"), math.nan)
            else:
                self.suspects.append(chunk)


def workers_of(executor: Executor | None) -> int:
    """How many chunks an executor works on at a time; a guess where it does not say."""
    if executor is None or isinstance(executor, SerialExecutor):
        return 1
    if isinstance(executor, ProcessExecutor):
        return executor.jobs
    client: Any = getattr(executor, "_client", None)
    if hasattr(client, "nthreads"):  # Dask, whose workers come and go
        return sum(client.nthreads().values())
    return int(getattr(executor, "_max_workers", None) or _WIDTH)


def attempt(function: Callable[..., Any], limit: float | None, /, *arguments: object) -> tuple[Any, float]:
    """A call's result, or the `Failure` that it ended in, and the seconds that it took."""
    began = time.perf_counter()
    value: Any
    try:
        with _time_limit(limit):
            value = single_threaded(function, *arguments)
    except _TimeIsUp:
        value = Failure(f"took longer than {limit:g} s")
    except Exception as error:
        value = Failure(f"raised {described_error(error)}")
    return value, time.perf_counter() - began


class _TimeIsUp(BaseException):  # not an Exception, which the function may well catch
    pass


@contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    """Raises `_TimeIsUp` in the code within after so many seconds.

    A call that never comes back to Python ends with its process, if that is a worker's.
    """
    with ExitStack() as stack:
        if seconds is not None:
            in_main_thread = threading.current_thread() is threading.main_thread()
            if in_main_thread and multiprocessing.parent_process() is not None:
                nowhere = stack.enter_context(open(os.devnull, "w"))
                faulthandler.dump_traceback_later(1.1 * seconds + 2, exit=True, file=nowhere)
                stack.callback(faulthandler.cancel_dump_traceback_later)
            stack.enter_context(
                _alarm(seconds) if in_main_thread and hasattr(signal, "SIGALRM") else _raised_from_outside(seconds)
            )
        yield


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise _TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _raised_from_outside(seconds: float) -> Iterator[None]:
    """The same for a thread, which gets no signals: a call that waits outside Python is not interrupted."""
    thread = ctypes.c_ulong(threading.get_ident())
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    timer = threading.Timer(seconds, raise_in, (thread, ctypes.py_object(_TimeIsUp)))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
