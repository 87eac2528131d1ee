"""What a descent method is: a first memory, and a step that moves the whole ensemble."""

from __future__ import annotations

from typing import Any, Protocol

from landscape.arrays import Array
from landscape.function import Landscape


class DescentMethod(Protocol):
    """A way to go down.

    A newcomer writes `init` and `step`; batching, statuses, recording and manifolds are the library's. `step` moves a
    whole batch: positions `x` (m, n) with Riemannian gradients `gradient` (m, n) and the memory, a named tuple of
    arrays of leading length m, become new positions, the gradients there, and a new memory. It moves by
    `landscape.manifold.retract` along tangent vectors and writes to none of its arguments.
    """

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> Any:
        """The memory before the first step."""

    def step(self, landscape: Landscape, x: Array, gradient: Array, memory: Any) -> tuple[Array, Array, Any]:
        """New positions, gradients and memory."""


def require_positive(name: str, value: float) -> None:
    """Raise ValueError unless a parameter is a positive number."""
    if not (value > 0 and value < float("inf")):
        raise ValueError(f"{name} is {value} but must be a positive number")


def require_momentum(value: float) -> None:
    """Raise ValueError unless the momentum lies in [0, 1)."""
    if not 0 <= value < 1:
        raise ValueError(f"momentum is {value} but must be at least 0 and below 1")
