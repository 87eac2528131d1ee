"""Where a user's function raised, or was not a number: counted and located, while the rest of the study goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from landscape.arrays import Array


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


def as_json(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """Faults as values that JSON can write."""
    return [vars(fault).copy() for fault in faults]
