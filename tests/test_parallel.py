"""Parallel work: any executor, the same bits, errors as they were raised, progress as it is made."""

import math
import operator
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from landscape.parallel import SerialExecutor, make_executor, map_chunks, single_threaded
from landscape.statistics.index import GOE, SphericalSpinGlass, index_statistics

# Worker processes import functions by name, so that these tests send functions of installed modules.


def goe_task(chunk):
    return (GOE(), 40, 30, 7, chunk)


def test_processes_and_this_process_give_the_same_bits():
    from landscape.statistics.index import _sample_chunk

    tasks = [goe_task(chunk) for chunk in range(4)] + [(SphericalSpinGlass(starts=30), 3, 2, 1, 0)]
    serial = list(map_chunks(None, _sample_chunk, tasks))
    with make_executor(2) as executor:
        processes = list(map_chunks(executor, _sample_chunk, tasks))
        squares = list(map_chunks(executor, operator.pow, [(k, 2) for k in range(20)]))
        seen = []
        list(map_chunks(executor, math.sqrt, [(4.0,), (9.0,)], seen.append))
        with pytest.raises(ZeroDivisionError, match="division by zero"):
            list(map_chunks(executor, operator.truediv, [(1, 1), (1, 0), (1, 2)]))
        assert list(map_chunks(executor, math.sqrt, [(16.0,)])) == [4.0]  # the pool outlives an error in a task
        statistics = index_statistics(GOE(), [2, 30], 50, np.random.default_rng(3), executor)
    for one, other in zip(serial, processes, strict=True):
        np.testing.assert_array_equal(one, other)
    assert squares == [k * k for k in range(20)]
    assert seen == [1, 2]
    alone = index_statistics(GOE(), [2, 30], 50, np.random.default_rng(3))
    np.testing.assert_array_equal(statistics.counts, alone.counts)
    np.testing.assert_array_equal(statistics.high, alone.high)


@pytest.mark.parametrize("make", [lambda: None, SerialExecutor, lambda: ThreadPoolExecutor(2)])
def test_any_executor_keeps_order_and_reports_errors(make):
    executor = make()
    assert list(map_chunks(executor, operator.sub, [(5, k) for k in range(7)])) == [5 - k for k in range(7)]
    done = map_chunks(executor, operator.truediv, [(6, 2), (1, 0), (1, 1)])
    assert next(done) == 3.0
    with pytest.raises(ZeroDivisionError):
        next(done)
    assert list(map_chunks(executor, operator.sub, [])) == []


def test_serial_work_is_done_when_it_is_asked_for():
    started, seen = [], []
    done = map_chunks(None, started.append, [(k,) for k in range(3)], seen.append)
    assert started == []
    next(done)
    assert started == [0]
    list(done)
    assert (started, seen) == ([0, 1, 2], [1, 2, 3])


def test_leaving_early_cancels_what_has_not_begun():
    release = threading.Event()
    ran = []

    def work(k):
        ran.append(k)
        if k:
            release.wait(5)
        return k

    with ThreadPoolExecutor(1) as executor:
        done = map_chunks(executor, work, [(k,) for k in range(50)])
        assert next(done) == 0
        done.close()
        release.set()
    assert len(ran) <= 3


def test_a_serial_executor_holds_an_error_until_it_is_asked():
    executor = SerialExecutor()
    future = executor.submit(operator.truediv, 1, 0)
    assert isinstance(future.exception(), ZeroDivisionError)
    assert executor.submit(pow, 2, 5).result() == 32


def test_single_threaded_limits_blas_and_gives_the_threads_back():
    before = [pool["num_threads"] for pool in threadpool_info()]
    inside = single_threaded(lambda: [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"])
    assert inside
    assert set(inside) == {1}
    assert [pool["num_threads"] for pool in threadpool_info()] == before


@pytest.mark.parametrize("jobs", [0, -3])
def test_fewer_than_one_job_is_refused(jobs):
    with pytest.raises(ValueError, match=rf"^jobs is {jobs} but must be at least 1$"):
        make_executor(jobs)


def test_one_job_is_this_process():
    assert isinstance(make_executor(1), SerialExecutor)
