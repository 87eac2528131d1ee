"""Files of a figure: each complete or not there, the same content always the same bytes."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landscape.files import whole

DATA_FILE = "data.npz"
CLAIMS_FILE = "claims.json"

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip file can hold


def data_bytes(data: Mapping[str, npt.ArrayLike]) -> bytes:
    """An `.npz` archive without dates and in order of names: the same data give the same bytes.

    Raises
    ------
    TypeError
        If an array holds anything but numbers, truth values and words.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for key in sorted(data):
            array = np.asanyarray(data[key])
            if array.dtype.kind not in "biufU":
                raise TypeError(f"figure data {key!r} has dtype {array.dtype}; expected numbers, truth values or words")
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{key}.npy", _EPOCH)
            entry.create_system = 3  # whatever this one is
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.getvalue())
    return buffer.getvalue()


def read_data(file: str | os.PathLike[str] | io.BytesIO) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a figure's `data.npz`."""
    with np.load(file, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees a part of it."""
    with whole(path) as draft:
        draft.write_bytes(content)
