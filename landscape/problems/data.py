"""Data to learn from: scikit-learn's bundled real sets by name, the user's own file, and Chebyshev polynomials."""

from __future__ import annotations

import csv
import importlib
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray
from landscape.problems.registry import require_at_least

BUNDLED = ("digits", "digits_4x4", "iris", "breast_cancer", "diabetes")
_CHEBYSHEV = re.compile(r"chebyshev(\d+)")
_CHEBYSHEV_POINTS = 20


@dataclass(frozen=True, eq=False)
class DataSet:
    """Samples to learn from.

    Attributes
    ----------
    name : str
    inputs : (samples, p)
    answers : (samples,) or (samples, q)
        Numbers, or labels of classes.
    """

    name: str
    inputs: Array
    answers: npt.NDArray[Any]

    def targets(self, loss: str) -> Array:
        """What outputs are compared with, (samples, q): numbers as they are, classes as columns of zeros and ones.

        Answers are classes if they are words or if `loss` is 'cross_entropy'; its classes may be whole numbers.

        Raises
        ------
        ValueError
            If 'cross_entropy' gets answers that are no classes, or fewer than two.
        """
        if not self._in_words and loss != "cross_entropy":
            return self.answers.reshape(len(self.answers), -1).astype(np.float64)
        label, classes = self.labels(loss)
        return np.eye(classes)[label]

    def labels(self, loss: str) -> tuple[IntArray, int]:
        """The class of each sample, (samples,), and how many classes there are.

        Classes are numbered from 0, words in alphabetical order, whole numbers in their own.

        Parameters
        ----------
        loss : str
            What needs them, for the error.

        Raises
        ------
        ValueError
            If the answers are no classes, or fewer than two.
        """
        column = self.answers[:, 0] if self.answers.shape[1:] == (1,) else self.answers
        whole = self._in_words or bool((column == np.rint(column)).all())
        classes, label = np.unique(column, return_inverse=True)
        if column.ndim != 1 or not whole or len(classes) < 2:
            raise ValueError(
                f"{loss} needs one class a sample, a word or a whole number, of at least two; {self.name} has answers "
                f"of shape {self.answers.shape} with {len(classes)} different value{'s' * (len(classes) != 1)}"
                + ("" if whole else ", not all of them whole")
            )
        return label.astype(np.int64), len(classes)

    @property
    def _in_words(self) -> bool:
        return self.answers.dtype.kind not in "iuf"


def load_data(name: str, samples: int = 0) -> DataSet:
    """A data set by name.

    Parameters
    ----------
    name : str
        'digits', 'iris', 'breast_cancer' (classes) or 'diabetes' (a number), which come with scikit-learn, every input
        shifted and scaled to mean 0 and variance 1, and the number of 'diabetes' too; 'digits_4x4' is 'digits' with
        each 2 x 2 block of pixels averaged. 'chebyshev3' is the Chebyshev polynomial of degree 3 on evenly spaced
        points of [-1, 1] (the synthetic data of Cohen et al., arXiv:2103.00065, 2021). Or a file, as it is: .npz with
        arrays `x` (samples, p) and `y` (samples,) or (samples, q), or .csv with a sample a line, the answer last.
    samples : int
        So many of them, drawn once and for all without replacement; 0 for all. For 'chebyshev', the number of points:
        20 for 0.

    Raises
    ------
    ImportError
        If a bundled set is asked for and scikit-learn is missing.
    ValueError
        If there is no such data set, or the file is not what was expected.

    Examples
    --------
    >>> load_data("chebyshev2", samples=3).answers.tolist()
    [1.0, -1.0, 1.0]
    """
    require_at_least("samples", samples, 0)
    chebyshev = _CHEBYSHEV.fullmatch(name)
    if chebyshev:
        points = np.linspace(-1.0, 1.0, samples or _CHEBYSHEV_POINTS)
        degree = int(chebyshev.group(1))
        return DataSet(name, points[:, None], np.polynomial.Chebyshev.basis(degree)(points))
    if name in BUNDLED:
        inputs, answers = _bundled(name)
    elif name.endswith((".npz", ".csv")):
        inputs, answers = _from_file(Path(name))
    else:
        known = ", ".join(BUNDLED)
        raise ValueError(f"data is {name!r} but must be {known}, chebyshevK with a degree K, or a .npz or .csv file")
    if samples > len(inputs):
        raise ValueError(f"samples is {samples} but {name} has {len(inputs)}")
    if samples:
        chosen = np.sort(np.random.default_rng(0).permutation(len(inputs))[:samples])
        inputs, answers = inputs[chosen], answers[chosen]
    if name in BUNDLED:
        inputs = _standardised(inputs)
        answers = _standardised(answers[:, None])[:, 0] if answers.dtype.kind == "f" else answers
    return DataSet(name, inputs, answers)


def _standardised(x: Array) -> Array:
    """Columns with mean 0 and variance 1; columns that do not vary become 0."""
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _bundled(name: str) -> tuple[Array, npt.NDArray[Any]]:
    try:
        datasets = importlib.import_module("sklearn.datasets")
    except ImportError as error:
        raise ImportError(
            f"{name} comes with scikit-learn, which is not installed; install it with: pip install 'landscape[data]'"
        ) from error
    inputs, answers = getattr(datasets, f"load_{name.removesuffix('_4x4')}")(return_X_y=True)
    inputs = np.asarray(inputs, dtype=np.float64)
    if name == "digits_4x4":
        inputs = inputs.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16)
    return inputs, np.asarray(answers) if name == "diabetes" else np.asarray(answers).astype(str)


def _from_file(path: Path) -> tuple[Array, npt.NDArray[Any]]:
    if not path.is_file():
        raise ValueError(f"there is no file {str(path)!r}")
    inputs, answers = _from_npz(path) if path.suffix == ".npz" else _from_csv(path)
    if inputs.ndim != 2 or inputs.size == 0 or answers.ndim not in (1, 2) or len(answers) != len(inputs):
        raise ValueError(
            f"{path} has inputs of shape {inputs.shape} and answers of shape {answers.shape}; "
            "expected (samples, p) and (samples,) or (samples, q)"
        )
    for part in (inputs, answers):
        if part.dtype.kind == "f" and not np.isfinite(part).all():
            raise ValueError(f"{path} has numbers that are not finite")
    return inputs, answers


def _from_npz(path: Path) -> tuple[Array, npt.NDArray[Any]]:
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            inputs, answers = file["x"].astype(np.float64, casting="same_kind"), file["y"]
        if answers.dtype.kind == "c":
            raise TypeError("complex answers")
    # A file cut short, one of another kind by that name, words or complex numbers as inputs.
    except (KeyError, ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} cannot be read: expected numeric arrays named x and y") from error
    return inputs, answers


def _from_csv(path: Path) -> tuple[Array, npt.NDArray[Any]]:
    """Lines of numbers, the last of them, or a word, the answer; a first line of names is passed over."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets put a byte order mark first
            rows = [row for row in csv.reader(file, skipinitialspace=True) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read: expected a text file in UTF-8") from error
    rows = rows[1:] if _is_header(rows) else rows
    answers = [row[-1].strip() for row in rows]
    if len({len(row) for row in rows}) != 1 or not all(_numbers(row[:-1]) for row in rows) or not all(answers):
        raise ValueError(f"{path} cannot be read: expected lines with as many numbers each, the answer last")
    inputs = np.array([row[:-1] for row in rows], dtype=np.float64)
    return inputs, np.array(answers, dtype=np.float64 if _numbers(answers) else np.str_)


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first line has names: no number before its last cell, or none there where all other lines have one.

    A first sample with a gap has neither, and is refused, not passed over."""
    if not rows or not rows[0][:-1]:
        return False
    named = not any(_numbers([cell]) for cell in rows[0][:-1])
    return named or (not _numbers(rows[0][-1:]) and _numbers([row[-1] for row in rows[1:]]))


def _numbers(cells: list[str]) -> bool:
    try:
        np.array(cells, dtype=np.float64)
    except ValueError:
        return False
    return True
