"""Making figures: compute, save, check the claims, and draw from what was saved."""

from __future__ import annotations

import io
import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landscape.figures.cache import CACHE_FILE, cache_bytes, is_cached, provenance
from landscape.figures.claims import Claim
from landscape.figures.files import CLAIMS_FILE, DATA_FILE, data_bytes, read_data, write_atomically
from landscape.figures.registry import Data, Experiment, load_experiment
from landscape.figures.style import figure_style
from landscape.parallel import single_threaded
from landscape.study.dispatch import Failure, Outcome, attempt, dispatch
from landscape.study.faults import described_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NO_DATES: dict[str, dict[str, Any]] = {"png": {"Software": None}, "pdf": {"CreationDate": None}}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FigureResult:
    """What making a figure gave.

    Attributes
    ----------
    name : str
    claims : list of Claim
    origin : {'computed', 'cached', 'saved'}
        Where the data are from: computed now; computed before by the same code; there already, from code unknown.
    data_seconds, draw_seconds : float or None
        Wall time of the data step and of the draw step; None where there was none.
    files : list of Path
        The files of the figure, all of them new but data that were there.
    """

    name: str
    claims: list[Claim]
    origin: str
    data_seconds: float | None
    draw_seconds: float | None
    files: list[Path]


@dataclass(frozen=True)
class FigureFailure:
    """Why there is no figure."""

    name: str
    reason: str


def make_figures(
    names: Iterable[str],
    out: str | os.PathLike[str],
    quick: bool = False,
    seed: int = 0,
    executor: Executor | None = None,
    force: bool = False,
) -> Iterator[FigureResult | FigureFailure]:
    """Make figures, each as soon as its data are there: first those whose data the same code has made before.

    Writes `<out>/<name>/`: `data.npz`, `claims.json`, `<name>.png` and `<name>.pdf`. Each file is complete or is not
    there. Several data steps run side by side; of a single one, its parts do. A figure that fails leaves the others
    alone.

    Parameters
    ----------
    names : iterable of str
        Of `experiment_names()`.
    out : path
        Folder of all figures; made if it is missing.
    quick : bool
        Smaller samples.
    seed : int
        Of all randomness.
    executor : Executor, optional
        Where data steps run; the data do not depend on it.
    force : bool
        Compute all data anew.

    Raises
    ------
    ValueError
        If there is no such figure.
    OSError
        If a file cannot be written.
    BrokenExecutor
        If the executor takes no more work.
    """
    figures = _declared(names, out, quick, seed)
    origins = ["cached" if not force and figure.is_cached() else "computed" for figure in figures]
    for figure, data in _with_data(figures, origins, executor):
        yield _finished(_made, figure, data)


def check_figures(
    names: Iterable[str],
    out: str | os.PathLike[str],
    quick: bool = False,
    seed: int = 0,
    executor: Executor | None = None,
    force: bool = False,
    computing: Callable[[int], None] | None = None,
) -> Iterator[FigureResult | FigureFailure]:
    """Check the claims of figures on the data that are there, whichever code made them; draw and write nothing.

    Data that are not there are computed for the purpose, or all with `force`. Parameters and errors are those of
    `make_figures`; if any data are to be computed, `computing` is told of how many figures.
    """
    figures = _declared(names, out, quick, seed)
    origins = ["computed" if force else figure.origin() for figure in figures]
    if computing is not None and "computed" in origins:
        computing(origins.count("computed"))
    for figure, data in _with_data(figures, origins, executor):
        yield _finished(_checked, figure, data)


def make_figure(
    name: str,
    out: str | os.PathLike[str],
    quick: bool = False,
    seed: int = 0,
    executor: Executor | None = None,
    force: bool = False,
) -> FigureResult:
    """`make_figures` for a single name, where a failure is an error.

    Raises
    ------
    ValueError
        If there is no such figure.
    RuntimeError
        If it fails.
    """
    (result,) = make_figures([name], out, quick, seed, executor, force)
    if isinstance(result, FigureFailure):
        raise RuntimeError(f"figure {name} failed: {result.reason}")
    return result


@dataclass(frozen=True)
class _Figure:
    """A figure that is to be made."""

    experiment: Experiment
    folder: Path
    quick: bool
    seed: int
    made_by: dict[str, Any]

    @property
    def data_file(self) -> Path:
        return self.folder / DATA_FILE

    def is_cached(self) -> bool:
        return is_cached(self.made_by, self.data_file)

    def origin(self) -> str:
        """Where data are to be taken from when any of the same declaration will do."""
        if self.is_cached():
            return "cached"
        try:
            record = json.loads((self.folder / CLAIMS_FILE).read_text(encoding="utf-8"))
            saved = self.data_file.exists() and (record["quick"], record["seed"]) == (self.quick, self.seed)
        except (OSError, ValueError, KeyError):
            saved = False
        return "saved" if saved else "computed"


@dataclass(frozen=True)
class _Data:
    """The bytes of a figure's data file, where they are from, and the seconds that they took."""

    content: bytes
    origin: str
    seconds: float | None


def _declared(names: Iterable[str], out: str | os.PathLike[str], quick: bool, seed: int) -> list[_Figure]:
    # The code is looked at before any runs, so that what changes meanwhile is never taken for what ran.
    experiments = [load_experiment(name) for name in dict.fromkeys(names)]
    return [_Figure(e, Path(out) / e.name, quick, seed, provenance(e, quick, seed)) for e in experiments]


def _with_data(
    figures: list[_Figure], origins: list[str], executor: Executor | None
) -> Iterator[tuple[_Figure, _Data | Failure]]:
    """Figures as their data are there: first those that need not be computed."""
    waiting = []
    for figure, origin in zip(figures, origins, strict=True):
        if origin == "computed":
            waiting.append(figure)
        else:
            yield figure, _Data(figure.data_file.read_bytes(), origin, None)
    tasks = {k: (figure.experiment.name, figure.quick, figure.seed) for k, figure in enumerate(waiting)}
    if len(tasks) == 1:
        outcomes = iter([Outcome(0, *attempt(compute_data, None, *tasks[0], executor))])
    else:
        outcomes = dispatch(executor, compute_data, tasks)
    for k, value, seconds in outcomes:
        yield waiting[k], value if isinstance(value, Failure) else _Data(value, "computed", seconds)


def _finished(
    finish: Callable[[_Figure, _Data], FigureResult], figure: _Figure, data: _Data | Failure
) -> FigureResult | FigureFailure:
    """What is left to do when the data are there, with one BLAS thread like the data step."""
    name = figure.experiment.name
    if isinstance(data, Failure):
        return FigureFailure(name, data.reason)
    try:
        return single_threaded(finish, figure, data)
    except OSError:
        raise
    except Exception as error:
        _log.exception("claims or drawing of figure %s", name)
        return FigureFailure(name, f"raised {described_error(error)}")


def _checked(figure: _Figure, data: _Data) -> FigureResult:
    experiment = figure.experiment
    claims = experiment.claims(read_data(io.BytesIO(data.content)))
    return FigureResult(experiment.name, claims, data.origin, data.seconds, None, [])


def _made(figure: _Figure, data: _Data) -> FigureResult:
    experiment, folder = figure.experiment, figure.folder
    if data.origin == "computed":
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(figure.data_file, data.content)
        write_atomically(folder / CACHE_FILE, cache_bytes(figure.made_by, data.content))
    arrays = read_data(io.BytesIO(data.content))
    claims = experiment.claims(arrays)
    claims_file = folder / CLAIMS_FILE
    write_atomically(claims_file, _claims_bytes(experiment, claims, figure.quick, figure.seed))
    began = time.perf_counter()
    pictures = draw_figure(experiment, arrays, folder)
    draw_seconds = time.perf_counter() - began
    files = [figure.data_file, claims_file, *pictures]
    return FigureResult(experiment.name, claims, data.origin, data.seconds, draw_seconds, files)


def compute_data(name: str, quick: bool, seed: int, executor: Executor | None = None) -> bytes:
    """The data step of a figure: the bytes of its data file."""
    try:
        return data_bytes(load_experiment(name).compute(quick, seed, executor))
    except Exception:
        _log.exception("data of figure %s", name)  # what comes of it may have to travel, and has no traceback then
        raise


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
