"""Chunks outlive workers that die, calls that hang and interruptions; what is lost is told, what is right is kept."""

import multiprocessing
import threading
import time
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from landscape.parallel import ProcessExecutor, SerialExecutor
from landscape.study import target
from landscape.study.chunks import starts_of_chunk
from landscape.study.declaration import Study
from landscape.study.dispatch import Failure, attempt, dispatch
from landscape.study.faults import tolerated
from landscape.study.run import run_study
from landscape.study.target import Target

# Workers import functions by name: `eval` takes the work as text.

DIE = "__import__('os')._exit(1)"
LOOP = "exec('while True: pass')"
DEAF = "sum(range(10**13))"  # hears no signal before it is done


def outcomes(executor, tasks, limit=None, stop=None):
    chunks = {k: (text,) for k, text in enumerate(tasks)}
    return {chunk: value for chunk, value, _ in dispatch(executor, eval, chunks, limit, stop)}


@pytest.mark.parametrize("make", [lambda: None, SerialExecutor, lambda: ThreadPoolExecutor(3)])
def test_every_chunk_has_one_outcome(make):
    tasks = [f"{k}**2" for k in range(12)]
    tasks[5] = "1 / 0"
    found = outcomes(make(), tasks)
    assert found.pop(5) == Failure("raised ZeroDivisionError: division by zero")
    assert found == {k: k * k for k in range(12) if k != 5}
    assert outcomes(make(), []) == {}


def test_a_chunk_takes_time():
    ((_, value, seconds),) = dispatch(None, time.sleep, {0: (0.05,)})
    assert value is None
    assert 0.05 <= seconds < 1


def test_nothing_begins_once_it_is_to_stop():
    for executor in (None, ThreadPoolExecutor(1)):
        begun = []
        assert outcomes(executor, ["1"] * 5, stop=lambda: True) == {}
        found = outcomes(
            executor, [f"{k}" for k in range(50)], stop=lambda begun=begun: len(begun) > 1 or begun.append(0)
        )
        assert 0 < len(found) < 10


@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor(2)])
def test_a_chunk_that_loops_is_given_up(executor):
    found = outcomes(executor, ["1", LOOP, "3"], limit=2.0)
    assert found == {0: 1, 1: Failure("took longer than 2 s"), 2: 3}


def test_a_function_cannot_swallow_the_limit():
    text = "exec('while True:\\n try:\\n  while True: pass\\n except Exception: pass')"
    assert attempt(eval, 0.2, text)[0] == Failure("took longer than 0.2 s")


def test_a_worker_that_dies_is_survived(tmp_path):
    """One chunk kills its worker always, one the first time; those that were in flight with them are innocent."""
    flag = tmp_path / "flag"
    once = f"__import__('os').path.exists({str(flag)!r}) or (open({str(flag)!r}, 'w').close(), {DIE})"
    tasks = [str(k) for k in range(8)]
    tasks[1], tasks[4] = DIE, once
    with ProcessExecutor(2) as executor:
        found = outcomes(executor, tasks)
        assert found.pop(1) == Failure("its worker died 3 times")
        assert found.pop(4) is True
        assert found == {k: k for k in range(8) if k not in (1, 4)}
        assert outcomes(executor, ["5"]) == {0: 5}


class KilledWorker(Exception):  # noqa: N818
    """As Dask calls it."""


class Blaming(Executor):
    """Three chunks fly together, and all of them are blamed, one after another, for the worker that died; later ones
    fly alone."""

    _max_workers = 2

    def __init__(self):
        self.first = []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        if len(self.first) < 3:
            self.first.append(future)
            if len(self.first) == 3:
                for k, blamed in enumerate(self.first):
                    threading.Timer(0.05 * k, blamed.set_exception, [KilledWorker()]).start()
        elif args[-1] == DIE:
            future.set_exception(KilledWorker())
        else:
            future.set_result(fn(*args))
        return future


def test_those_that_were_in_flight_with_a_chunk_that_kills_are_not_blamed():
    found = outcomes(Blaming(), ["0", DIE, "2", "3"])
    assert found == {0: 0, 1: Failure("its worker died 3 times"), 2: 2, 3: 3}


@pytest.mark.slow
def test_a_chunk_that_is_deaf_is_ended_with_its_worker():
    with ProcessExecutor(2) as executor:
        found = outcomes(executor, ["1", DEAF, LOOP, "4"], limit=1)
    late = Failure("took longer than 1 s")
    assert found == {0: 1, 1: late, 2: late, 3: 4}


def test_an_executor_that_is_lost_is_no_fault_of_the_chunks():
    spawn = multiprocessing.get_context("spawn")  # a fork would take JAX threads along
    with ProcessPoolExecutor(1, mp_context=spawn) as executor, pytest.raises(BrokenExecutor):
        outcomes(executor, [DIE, "1"])

    class Dropping(Executor):
        def submit(self, fn, /, *args, **kwargs):
            future = Future()
            future.set_exception(CancelledError())
            return future

    with pytest.raises(BrokenExecutor, match="the executor has dropped its work"):
        outcomes(Dropping(), ["1"])


LETHAL = """
import os
import numpy as np

def loss(x):
    if (x == START).all(axis=-1).any():
        pass
        WAY
    return ((x**2 - 1) ** 2).sum(axis=-1)
"""


@pytest.fixture
def lethal(tmp_path):
    """A study in whose second chunk something happens at one start."""

    def make(way):
        path = tmp_path / "lethal.py"
        study = Study(Target(f"{path}:loss", dim=2, box=((-2.0, 2.0),)), starts=3000, escape_starts=5)
        path.write_text(LETHAL.replace("START", "9").replace("WAY", "pass"))
        start = starts_of_chunk(study, study.target.load(), 1, 1000)[500].tolist()
        path.write_text(LETHAL.replace("START", repr(start)).replace("WAY", way))
        return study

    return make


def test_a_study_survives_a_function_that_kills_its_workers(lethal, tmp_path, differing):
    study = lethal("os._exit(3)")
    path = tmp_path / "study.sqlite"
    with ProcessExecutor(2) as executor:
        result = run_study(study, executor, store=path)
    (failed,) = result.failed
    assert failed.sentence() == "No result of descent and search for starts 1000 to 1999: its worker died 3 times"
    assert len(result.basin) == 2000
    assert result.points.count_by_index() == {0: 4, 1: 4, 2: 1}
    assert result.unfinished is None
    assert differing(run_study(study, store=path), result) == []  # what failed is not tried again by itself


@pytest.mark.slow
def test_a_study_survives_a_function_that_kills_a_worker_once(lethal, tmp_path, differing):
    study = lethal(f"os.path.exists('{tmp_path}/flag') or (open('{tmp_path}/flag', 'w').close(), os._exit(3))")
    with ProcessExecutor(2) as executor:
        result = run_study(study, executor)
    assert (tmp_path / "flag").exists()
    assert result.failed == ()
    assert differing(run_study(study), result) == []


def test_a_study_whose_every_chunk_fails_says_why(tmp_path):
    path, flag = tmp_path / "own.py", tmp_path / "flag"
    loop = f"while len(x) > 40 and os.path.exists({str(flag)!r}): pass"
    path.write_text(f"import os\ndef loss(x):\n    {loop}\n    return (x**2).sum(axis=-1)\n")
    study, store = Study(Target(f"{path}:loss", dim=2), starts=60, escape_starts=5), tmp_path / "study.sqlite"
    study.target.load()
    flag.touch()
    with pytest.raises(ValueError, match=r"own\.py:loss: every chunk of descent and search failed; the first took"):
        run_study(study, store=store, chunk_timeout=0.1)
    flag.unlink()
    assert run_study(study, store=store).unfinished is None


@pytest.mark.slow
def test_failed_chunks_are_done_anew_if_that_is_asked_for(lethal, tmp_path, differing):
    """With all that rests on them: the study is then as if they had never failed."""
    flag, store = tmp_path / "flag", tmp_path / "study.sqlite"
    study = lethal(f"while os.path.exists({str(flag)!r}): pass")
    target._load.cache_clear()
    flag.touch()
    (failed,) = run_study(study, store=store, chunk_timeout=4).failed
    assert (failed.chunk, failed.first, failed.stop, failed.reason) == (1, 1000, 2000, "took longer than 4 s")
    flag.unlink()
    assert run_study(study, store=store).failed == (failed,)
    again = run_study(study, store=store, retry=True)
    assert again.failed == ()
    assert differing(again, run_study(study)) == []
    assert differing(run_study(study, store=store, retry=True), again) == []


@pytest.mark.parametrize("limit", [0, -1, np.nan, np.inf])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(ValueError, match=r"^chunk_timeout is .* but must be a positive number of seconds$"):
        run_study(Study(Target("himmelblau")), chunk_timeout=limit)


def test_raising_points_are_halved_out_and_the_others_keep_their_bits(tmp_path):
    path = tmp_path / "own.py"
    path.write_text("""
import numpy as np
def loss(x):
    if (x[..., 0] > 0.9).any():
        raise KeyError("far")
    return np.where(x[..., 1] > 0.9, np.nan, x[..., 0] + x[..., 1] ** 2)
""")
    landscape = Target(f"{path}:loss", dim=2).load()
    x = np.random.default_rng(0).uniform(-1, 1, (7, 30, 2))
    far, none = x[..., 0] > 0.9, x[..., 1] > 0.9
    with tolerated() as log:
        value = landscape.value(x)
    np.testing.assert_array_equal(np.isnan(value), far | none)
    np.testing.assert_array_equal(value[~far & ~none], (x[..., 0] + x[..., 1] ** 2)[~far & ~none])
    faults = {fault.kind: fault for fault in log.faults()}
    for kind, where in (("raised KeyError", far), ("was not a number", none & ~far)):
        fault = faults[kind]
        assert (fault.count, fault.message) == (where.sum(), "'far'" if where is far else "")
        assert fault.first == x[where][0].tolist()
        assert (fault.low, fault.high) == (x[where].min(axis=0).tolist(), x[where].max(axis=0).tolist())
    with tolerated() as log:
        assert landscape.gradient(x).shape == (7, 30, 2)
    for fault in log.faults():
        assert fault.low["raised" not in fault.kind] > 0.9, "located where the function fails, not where it is needed"
    with pytest.raises(ValueError, match=r"own\.py:loss raised KeyError: 'far' for points of shape"):
        landscape.value(x)
    with tolerated() as log:
        assert np.isnan(landscape.hessian(x[far])).all()
        assert landscape.value(np.full((2, 2), np.nan)).shape == (2,)
    assert [fault.kind for fault in log.faults()] == ["raised KeyError"]
