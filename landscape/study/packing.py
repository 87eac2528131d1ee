"""What a chunk came to, as checksummed `.npy` bytes and as values that JSON can write, and back."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from landscape.critical.points import CriticalPoints
from landscape.descent.ensemble import Descent
from landscape.network.branches import Branches
from landscape.results import Results
from landscape.study.chunks import Escapes, Part
from landscape.study.reading import StoreError

RESULTS: dict[str, type[Results]] = {
    "points": CriticalPoints,
    "descent": Descent,
    "escapes": Escapes,
    "branches": Branches,
    "added": CriticalPoints,
}
EVERYTHING = frozenset({*RESULTS, "basin"})

D = TypeVar("D", str, bytes)


def digest(data: str | bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


def checked(
    row: tuple[Any, Any] | None, kind: type[D], what: str, of: Callable[[D], str | bytes] = lambda data: data
) -> D:
    """The data of a row (checksum, data), if it is what was written; `of` tells what the checksum is of."""
    if row is None:
        raise StoreError(f"its {what} is missing")
    checksum, data = row
    if not isinstance(data, kind):
        raise StoreError(f"its {what} is {type(data).__name__}, expected {kind.__name__}")
    if digest(of(data)) != checksum:
        raise StoreError(f"the checksum of its {what} is wrong")
    return data


def taken_apart(part: Part) -> tuple[dict[str, bytes], dict[str, Any]]:
    """A part's arrays as `.npy` bytes, and what else its results hold as values that JSON can write."""
    arrays: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    for name in RESULTS:
        result = getattr(part, name)
        if result is not None:
            arrays |= {f"{name}.{row_field}": getattr(result, row_field) for row_field in result.row_fields()}
            shared[name] = {key: getattr(result, key) for key in result.shared_fields()}
    if part.basin is not None:
        arrays["basin"] = part.basin
    return {name: _npy(array) for name, array in arrays.items()}, shared


def put_together(arrays: dict[str, bytes], shared: dict[str, Any], wanted: Collection[str]) -> dict[str, Any]:
    """The fields of a `Part` that `taken_apart` took apart, those that are `wanted`."""
    made: dict[str, Any] = {}
    for name in RESULTS.keys() & shared.keys() & set(wanted):
        kind = RESULTS[name]
        made[name] = kind(**{f: _array(arrays[f"{name}.{f}"]) for f in kind.row_fields()}, **shared[name])
    if "basin" in arrays and "basin" in wanted:
        made["basin"] = _array(arrays["basin"])
    return made


def _npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _array(data: bytes) -> Any:
    """What `np.load` gives; a study has ten thousands of arrays with few different headers, which cost most of it."""
    end = 10 + int.from_bytes(data[8:10], "little")
    dtype, shape, fortran = _header(data[:end])
    return np.ndarray(shape, dtype, data, end, order="F" if fortran else "C").copy("K")


@lru_cache(maxsize=256)
def _header(data: bytes) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    header = io.BytesIO(data)
    if np.lib.format.read_magic(header) != (1, 0):
        raise ValueError("an array of another format")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(header)
    if dtype.hasobject:
        raise ValueError("an array of Python objects")
    return dtype, shape, fortran
