"""What a descent method is: a first memory, and a step that moves the whole ensemble."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from landscape.arrays import Array
from landscape.function import Landscape


class DescentMethod(Protocol):
    """A way to go down.

    A newcomer writes `init` and `step`; batching, statuses, recording and manifolds are the library's. `step` moves a
    whole batch: positions `x` (m, n) with Riemannian gradients `gradient` (m, n) and the memory, a named tuple of
    arrays of leading length m, become new positions, the gradients there, and a new memory. It moves by
    `landscape.manifold.retract` along tangent vectors and writes to none of its arguments. A method that draws random
    numbers takes them from `rng` and says so by a class attribute `random = True`: `descend` then insists on a
    generator.
    """

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> Any:
        """The memory before the first step."""

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: Any, rng: np.random.Generator | None
    ) -> tuple[Array, Array, Any]:
        """New positions, gradients and memory."""


def require_generator(method: DescentMethod, rng: np.random.Generator | None) -> np.random.Generator:
    """The generator that a method draws from, or ValueError if there is none."""
    if rng is None:
        raise ValueError(f"{type(method).__name__} draws random numbers: pass descend(..., rng=...)")
    return rng


def require_positive(name: str, value: float) -> None:
    """Raise ValueError unless a parameter is a positive number."""
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} is {value} but must be a positive number")


def require_not_negative(name: str, value: float) -> None:
    """Raise ValueError unless a parameter is a finite number, at least 0."""
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} is {value} but must be a number that is not negative")


def require_kept_part(name: str, value: float) -> None:
    """Raise ValueError unless a parameter, the part of a memory that a step keeps, lies in [0, 1)."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} is {value} but must be at least 0 and below 1")


def require_count(name: str, value: int, least: int = 1) -> None:
    """Raise ValueError unless a parameter is a whole number, at least `least`."""
    if not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} is {value} but must be a whole number, at least {least}")
