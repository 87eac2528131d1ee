"""Where parallel work enters: any `concurrent.futures.Executor`, or none."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class SerialExecutor(Executor):
    """Runs each call at once, in this process: the executor of one job."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class ProcessExecutor(Executor):
    """Processes on this machine. When one dies, those of its time are lost, and new ones take the calls that follow.

    Worker processes are spawned, not forked, because JAX and BLAS threads do not survive a fork. They leave Ctrl-C to
    this process, and end when it does, however it ends.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if self._pool is not None:
            try:
                return self._pool.submit(fn, *args, **kwargs)
            except BrokenExecutor:
                self._pool.shutdown(wait=False)
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(self.jobs, mp_context=context, initializer=_follow_parent)
        return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt) and self._pool is not None:
            for process in list((self._pool._processes or {}).values()):
                process.terminate()  # whoever interrupts does not wait for work that nobody will look at
        self.shutdown(cancel_futures=kind is not None)


def _follow_parent() -> None:
    """In a worker: leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def make_executor(jobs: int, apart: bool = False) -> Executor:
    """An executor of `jobs` processes on this machine; with one job, this process itself unless it is to be `apart`.

    Raises
    ------
    ValueError
        If `jobs` is below 1.
    """
    if jobs < 1:
        raise ValueError(f"jobs is {jobs} but must be at least 1")
    return SerialExecutor() if jobs == 1 and not apart else ProcessExecutor(jobs)


def single_threaded(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function with one BLAS thread, so that N workers use N cores and round alike everywhere."""
    from threadpoolctl import threadpool_limits  # sets an environment variable when it is imported

    with threadpool_limits(limits=1):
        return function(*args, **kwargs)


def map_chunks(
    executor: Executor | None,
    function: Callable[..., T],
    arguments: Iterable[tuple[object, ...]],
    progress: Callable[[int], None] | None = None,
) -> Iterator[T]:
    """Results of `function(*a)` for each `a`, in order, each with one BLAS thread.

    Parameters
    ----------
    executor : Executor, optional
        This process if left out.
    function : callable
        Importable by name, so that other processes find it.
    progress : callable, optional
        Called with the number of chunks done so far.
    """
    executor = executor or SerialExecutor()
    done = 0
    if isinstance(executor, SerialExecutor):  # lazily, so that progress is seen as it is made
        for a in arguments:
            yield single_threaded(function, *a)
            done += 1
            if progress is not None:
                progress(done)
        return
    futures = [executor.submit(single_threaded, function, *a) for a in arguments]
    try:
        for future in futures:
            yield future.result()
            done += 1
            if progress is not None:
                progress(done)
    finally:
        for future in futures:
            future.cancel()
