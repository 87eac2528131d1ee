"""How much memory is free, so that what cannot fit is refused before it is tried."""

from __future__ import annotations

import os
from pathlib import Path

_SYSTEM = Path("/proc/meminfo")
_CONTAINER = Path("/sys/fs/cgroup")


def available_memory() -> int | None:
    """Bytes that this process can still take, or None where the system does not say.

    On Linux what the kernel reckons to be available, and not more than the process's control group (the limit of a
    container or a batch job) has left; elsewhere all of the machine's memory.
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
    known = [size for size in room if size is not None]
    return min(known, default=None)


def _physical_memory() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def gigabytes(size: float) -> str:
    """A number of bytes as people read it."""
    return f"{size / 1e9:.3g} GB"
