"""How much memory is free, so that what cannot fit is refused before it is tried."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

_SYSTEM = Path("/proc/meminfo")
_CONTAINER = Path("/sys/fs/cgroup")
_PROCESS = Path("/proc/self/statm")
_USABLE = 0.8  # of what is free


def available_memory() -> int | None:
    """Bytes that this process can still take, or None where the system does not say.

    On Linux what the kernel reckons to be available, and not more than the process's control group (the limit of a
    container or a batch job) and its own limit (`ulimit -v`) have left; elsewhere all of the machine's memory.
    """
    room: list[int | None] = []
    try:
        lines = dict(line.split(":") for line in _SYSTEM.read_text().splitlines())
        room.append(int(lines["MemAvailable"].split()[0]) * 1024)
    except (OSError, KeyError, ValueError):
        room.append(_physical_memory())
    try:
        limit = int((_CONTAINER / "memory.max").read_text())
        used = dict(line.split() for line in (_CONTAINER / "memory.stat").read_text().splitlines())
        room.append(max(limit - int(used["anon"]), 0))  # the file cache makes way
    except (OSError, KeyError, ValueError):
        pass  # no control group, or none with a limit
    room.append(_address_space_left())
    known = [size for size in room if size is not None]
    return min(known, default=None)


def _physical_memory() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _address_space_left() -> int | None:
    """What a limit on the process's address space leaves of it; None without one."""
    try:
        resource = importlib.import_module("resource")  # not on Windows
        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return None
        return max(int(limit) - int(_PROCESS.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE"), 0)
    except (ImportError, AttributeError, OSError, ValueError):
        return None


def gigabytes(size: float) -> str:
    """A number of bytes as people read it.

    Examples
    --------
    >>> gigabytes(22.5e12)
    '22,500 GB'
    """
    return f"{float(f'{size / 1e9:.3g}'):,.10g} GB"


def fits(needed: float) -> bool:
    """Whether so many bytes are free; yes where the system does not say."""
    room = available_memory()
    return room is None or needed <= _USABLE * room


def require_memory(needed: float, what: str, instead: str) -> None:
    """Refuse what cannot fit.

    Parameters
    ----------
    needed : float
        Bytes.
    what : str
        What takes them.
    instead : str
        What to do instead.

    Raises
    ------
    ValueError
        If more than four fifths of the free memory are needed.

    Examples
    --------
    >>> require_memory(4e15, "the dense Hessian", "use less")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: the dense Hessian takes 4,000,000 GB but ... GB are free; use less
    """
    if not fits(needed):
        room = available_memory() or 0
        raise ValueError(f"{what} takes {gigabytes(needed)} but {gigabytes(room)} are free; {instead}")
