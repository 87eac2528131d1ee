"""A study gives the same bits on a cluster: a real scheduler and worker processes on this machine."""

import os
import signal
import warnings

import pytest

from landscape.parallel import SerialExecutor
from landscape.study.declaration import Study
from landscape.study.dispatch import Failure, dispatch
from landscape.study.executors import named_executor
from landscape.study.run import run_study
from landscape.study.target import Target

pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
        ) as running:
            yield running


@pytest.fixture
def address(cluster):
    return cluster.scheduler_address.replace("tcp://", "dask://")


def test_dask_gives_the_same_bits(address, tmp_path, differing, himmelblau):
    with named_executor(address) as executor:
        assert differing(run_study(himmelblau.study, executor, store=tmp_path / "study.sqlite"), himmelblau) == []


def test_a_dask_worker_that_is_killed_is_survived(cluster, address, tmp_path, differing):
    study = Study(Target("himmelblau"), starts=6100, escape_starts=5)
    killed = []

    def kill(phase, done, total):
        if not killed:
            killed.append(next(iter(cluster.workers.values())).process.pid)
            os.kill(killed[0], signal.SIGKILL)

    with named_executor(address) as executor:
        result = run_study(study, executor, kill, tmp_path / "study.sqlite")
    assert killed
    assert result.failed == ()
    assert differing(result, run_study(study)) == []


@pytest.mark.slow
def test_a_chunk_that_kills_every_dask_worker_has_failed(address):
    with named_executor(address) as executor:
        tasks = {0: ("1",), 1: ("__import__('os')._exit(1)",), 2: ("3",)}
        found = {chunk: value for chunk, value, _ in dispatch(executor, eval, tasks)}
    assert found == {0: 1, 1: Failure("its worker died 3 times"), 2: 3}


def test_a_time_limit_holds_on_dask(address):
    with named_executor(address) as executor:
        tasks = {0: ("1",), 1: ("exec('while True: pass')",)}
        found = {chunk: value for chunk, value, _ in dispatch(executor, eval, tasks, limit=1)}
    assert found == {0: 1, 1: Failure("took longer than 1 s")}


def test_a_scheduler_that_is_not_there():
    pytest.importorskip("distributed")
    with (
        pytest.raises(ValueError, match=r"^there is no Dask scheduler at 127\.0\.0\.1:9: "),
        named_executor("dask://127.0.0.1:9"),
    ):
        pass


def test_processes_of_this_machine():
    with named_executor(None) as executor:
        assert isinstance(executor, SerialExecutor)
    with named_executor(None, 1, apart=True) as executor:
        assert executor.submit(os.getpid).result() != os.getpid()


@pytest.mark.parametrize("name", ["slurm", "dask://", "dask://host", "dask://host:port"])
def test_executors_that_there_are_not(name):
    with (
        pytest.raises(ValueError, match=rf"^--executor is '{name}' but must be dask://HOST:PORT"),
        named_executor(name),
    ):
        pass


def test_threads_give_the_same_bits(himmelblau, differing):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as executor:
        assert differing(run_study(himmelblau.study, executor), himmelblau) == []
