"""One writer at a time: a lock that the operating system takes back when its process ends, however it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # not a POSIX system: SQLite's own locks keep the file whole, but two runs may do the same work
    fcntl = None  # type: ignore[assignment]


class Locked(Exception):  # noqa: N818  # a state, not an error
    """Another process holds the lock."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of the file at `path`, which need not exist.

    The lock is on a hidden file beside it: one on the file itself would interfere with SQLite's where locks are
    emulated, as on NFS. It is removed at the end; one that a killed process leaves behind locks nothing.

    Raises
    ------
    Locked
        If another process, or another part of this one, holds it.
    OSError
        If there can be no lock file.
    """
    path = path.resolve()
    beside = path.with_name(f".{path.name}.lock")
    handle = _acquire(beside)
    try:
        yield
    finally:
        with suppress(OSError):
            beside.unlink()
        os.close(handle)


def _acquire(beside: Path) -> int:
    while True:
        handle = os.open(beside, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), os.stat(beside)):
                return handle
        except FileNotFoundError:  # its last holder has removed it meanwhile
            pass
        except BlockingIOError:
            os.close(handle)
            raise Locked(str(beside)) from None
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
