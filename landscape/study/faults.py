"""Where a user's function raised, or was not a number: counted and located, while the rest of the study goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from dataclasses import dataclass, replace

import numpy as np

from landscape.arrays import Array

FAILURES = (Exception, SystemExit)
"""What a user's code may raise that must not end the program."""


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes
    ----------
    kind : str
        'raised ZeroDivisionError', or 'was not a number'.
    message : str
        Of the first one.
    count : int
        Evaluations at which it happened.
    first : list of float
        Where it happened first.
    low, high : list of float
        Corners of the box that holds all places where it happened.
    """

    kind: str
    message: str
    count: int
    first: list[float]
    low: list[float]
    high: list[float]

    def joined(self, other: Fault) -> Fault:
        """This fault and later ones of its kind."""
        return replace(
            self,
            count=self.count + other.count,
            low=np.minimum(self.low, other.low).tolist(),
            high=np.maximum(self.high, other.high).tolist(),
        )

    def sentence(self) -> str:
        """The fault in words."""
        where = ", ".join(f"{low:.4g} to {high:.4g}" for low, high in list(zip(self.low, self.high, strict=True))[:4])
        more = ", ..." if len(self.low) > 4 else ""
        said = f" ({self.message})" if self.message else ""
        return f"{self.kind} in {self.count} evaluations, first at {_place(self.first)}{said}; all in {where}{more}"


def _place(x: list[float]) -> str:
    return "(" + ", ".join(f"{v:.4g}" for v in x[:4]) + (", ...)" if len(x) > 4 else ")")


class FaultLog:
    """Faults as they happen."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}

    def note(self, kind: str, x: Array, message: str = "") -> None:
        """A fault at each of the points x, (m, n); at those that are no points, it is no fault."""
        x = np.real(x[np.isfinite(x).all(axis=1)])  # a complex step is from a real point
        if len(x) == 0:
            return
        low, high = np.min(x, axis=0).tolist(), np.max(x, axis=0).tolist()
        self._add(Fault(kind, message, len(x), x[0].tolist(), low, high))

    def _add(self, fault: Fault) -> None:
        known = self._faults.get(fault.kind)
        self._faults[fault.kind] = fault if known is None else known.joined(fault)

    def faults(self) -> list[Fault]:
        """One of each kind."""
        return list(self._faults.values())


def joined(faults: Iterable[Fault]) -> list[Fault]:
    """The faults of several pieces of work, one of each kind, the most frequent first."""
    log = FaultLog()
    for fault in faults:
        log._add(fault)
    return sorted(log.faults(), key=lambda fault: (-fault.count, fault.kind))


_current: ContextVar[FaultLog | None] = ContextVar("faults", default=None)


def current_log() -> FaultLog | None:
    """The log of the work that goes on here; None where a fault is an error."""
    return _current.get()


@contextmanager
def tolerated() -> Iterator[FaultLog]:
    """Within, a user's function may fail at some points: it is taken to be not a number there, and the log says so."""
    log = FaultLog()
    token = _current.set(log)
    try:
        yield log
    finally:
        _current.reset(token)


def tolerant(function: Callable[..., Array], arrays: tuple[Array, ...], derivative: int, log: FaultLog) -> Array:
    """What a function gives for points (..., n), not a number at those that raise: these are found by halving. The log
    is told of them, and of where else it is not a number."""
    x = np.asarray(arrays[0])
    n = x.shape[-1]
    try:
        with redirect_stdout(sys.stderr):
            result = function(*arrays)
        _note_where_nan(x.reshape(-1, n), result, log)
        return result
    except FAILURES:
        pass
    flat = [np.asarray(array).reshape(-1, n) for array in arrays]
    result = np.full((len(flat[0]),) + (n,) * derivative, np.nan, np.result_type(x.dtype, np.float64))
    stack = [slice(0, len(result))]
    while stack:
        part = stack.pop()
        try:
            with redirect_stdout(sys.stderr):
                result[part] = function(*(array[part] for array in flat))
        except FAILURES as error:
            if part.stop - part.start == 1:
                log.note(f"raised {type(error).__name__}", flat[0][part], str(error).partition("\n")[0])
            elif part.stop > part.start:
                middle = (part.start + part.stop) // 2
                stack += [slice(middle, part.stop), slice(part.start, middle)]  # the first half is next
        else:
            _note_where_nan(flat[0][part], result[part], log)
    return result.reshape(x.shape[:-1] + (n,) * derivative)


def _note_where_nan(points: Array, result: Array, log: FaultLog) -> None:
    bad = np.isnan(result)
    if bad.any():
        log.note("was not a number", points[bad.reshape(len(points), -1).any(axis=1)])


def described_error(error: BaseException | None) -> str:
    """An error in one line: its type, and the first line of its message."""
    text = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
