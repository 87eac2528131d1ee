"""Making a figure: compute, save, check the claims, and draw from what was saved."""

from __future__ import annotations

import io
import json
import logging
import os
import time
import zipfile
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.figures.claims import Claim
from landscape.figures.registry import Data, Experiment, load_experiment
from landscape.figures.style import figure_style
from landscape.parallel import single_threaded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DATA_FILE = "data.npz"
CLAIMS_FILE = "claims.json"

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip file can hold
_NO_DATES: dict[str, dict[str, Any]] = {"png": {"Software": None}, "pdf": {"CreationDate": None}}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FigureResult:
    """What making a figure gave.

    Attributes
    ----------
    name : str
    claims : list of Claim
    data_seconds, draw_seconds : float
        Wall time of the data step and of the draw step.
    files : list of Path
        Everything that was written.
    """

    name: str
    claims: list[Claim]
    data_seconds: float
    draw_seconds: float
    files: list[Path]


def make_figure(
    name: str, out: str | os.PathLike[str], quick: bool = False, seed: int = 0, executor: Executor | None = None
) -> FigureResult:
    """Make one figure, from nothing.

    Writes `<out>/<name>/`: `data.npz`, `claims.json`, `<name>.png` and `<name>.pdf`. Each file is complete or is not
    there.

    Parameters
    ----------
    name : str
        One of `experiment_names()`.
    out : path
        Folder of all figures; made if it is missing.
    quick : bool
        Smaller samples.
    seed : int
        Of all randomness.
    executor : Executor, optional
        Where parallel parts run; the data do not depend on it.

    Raises
    ------
    ValueError
        If there is no such figure.
    """
    experiment = load_experiment(name)
    folder = Path(out) / name
    folder.mkdir(parents=True, exist_ok=True)

    began = time.perf_counter()
    # One BLAS thread, here as in worker processes: the batches are small, and rounding must not depend on the machine.
    computed = single_threaded(experiment.compute, quick, seed, executor)
    data_seconds = time.perf_counter() - began
    data_file = folder / DATA_FILE
    write_atomically(data_file, data_bytes(computed))
    data = read_data(data_file)

    claims = experiment.claims(data)
    for claim in claims:
        if not claim.holds:
            _log.warning("claim fails in %s: %s: measured %s", name, claim.text, claim.measured)
    claims_file = folder / CLAIMS_FILE
    write_atomically(claims_file, _claims_bytes(experiment, claims, quick, seed))

    began = time.perf_counter()
    pictures = draw_figure(experiment, data, folder)
    draw_seconds = time.perf_counter() - began
    return FigureResult(name, claims, data_seconds, draw_seconds, [data_file, claims_file, *pictures])


def draw_figure(experiment: Experiment, data: Data, folder: Path) -> list[Path]:
    """Draw data to `<name>.png` and `<name>.pdf` in a folder; the same data give the same bytes."""
    files = []
    with figure_style():
        figure = experiment.draw(data)
        for kind in _NO_DATES:
            path = folder / f"{experiment.name}.{kind}"
            write_atomically(path, _picture_bytes(figure, kind))
            files.append(path)
    return files


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


def read_data(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a figure's `data.npz`."""
    with np.load(path, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees a part of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _claims_bytes(experiment: Experiment, claims: list[Claim], quick: bool, seed: int) -> bytes:
    record = {
        "name": experiment.name,
        "title": experiment.title,
        "caption": experiment.caption,
        "quick": bool(quick),
        "seed": int(seed),
        "claims": [claim.as_json() for claim in claims],
    }
    return (json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n").encode()


def _picture_bytes(figure: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata=_NO_DATES[kind])
    return buffer.getvalue()
