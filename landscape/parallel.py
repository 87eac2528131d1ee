"""Where parallel work enters: any `concurrent.futures.Executor`, or none."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

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


def make_executor(jobs: int) -> Executor:
    """An executor of `jobs` processes on this machine; with one job, this process itself.

    Worker processes are spawned, not forked, because JAX and BLAS threads do not survive a fork.

    Raises
    ------
    ValueError
        If `jobs` is below 1.
    """
    if jobs < 1:
        raise ValueError(f"jobs is {jobs} but must be at least 1")
    if jobs == 1:
        return SerialExecutor()
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))


def single_threaded(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function with one BLAS thread, so that N workers use N cores and round alike everywhere."""
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
