"""The ensemble: one descent method, many starts, one batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray, as_batch, dot, norm
from landscape.batch import RUNNING, run_active_set, with_memory
from landscape.descent.method import DescentMethod
from landscape.function import Landscape
from landscape.results import Results, shared, transient

DIVERGED_BEYOND = 1e8  # a run has diverged when a coordinate is this many length scales from the origin


class DescentStatus(IntEnum):
    """How a run ended."""

    STEP_LIMIT = RUNNING
    """The gradient is still above the tolerance: more steps or a larger learning rate may help."""
    CONVERGED = 1
    """The gradient's norm is at most the tolerance."""
    DIVERGED = 2
    """It ran away: a smaller learning rate may help."""
    NON_FINITE = 3
    """The gradient is not finite at a point that is."""
    LEFT_DOMAIN = 4
    """It left the landscape's domain."""


@dataclass(frozen=True)
class Trajectory:
    """Recorded positions of every run.

    Attributes
    ----------
    steps : (frames,)
        After how many steps each frame was taken; the first is 0.
    x : (frames, m, n)
        Positions; a run that has ended stays where it ended.
    """

    steps: IntArray
    x: Array


@dataclass(frozen=True, eq=False, repr=False)
class Descent(Results):
    """Where each run went.

    Attributes
    ----------
    start, x : (m, n)
        First and last position.
    value, gradient_norm : (m,)
        At the last position.
    status : (m,)
        `DescentStatus`.
    steps : (m,)
        Steps taken.
    trajectory : Trajectory or None
        What `descend(..., record=...)` asked for; not kept by slicing or `save`.
    """

    start: Array
    x: Array
    value: Array
    gradient_norm: Array
    status: IntArray
    steps: IntArray
    method: str = field(default="", metadata=shared())
    trajectory: Trajectory | None = field(default=None, metadata=transient())

    def count(self) -> dict[str, int]:
        """Number of runs that ended in each status, by its name in lower case."""
        return {s.name.lower(): int((self.status == s).sum()) for s in DescentStatus}

    def __repr__(self) -> str:
        lines = [f"{len(self)} descents by {self.method}"]
        for status in DescentStatus:
            part = self[self.status == status]
            if len(part):
                name = status.name.lower().replace("_", " ")
                lines.append(f"{name}: {len(part)}, after {int(np.median(part.steps))} steps in the median")
        return "\n".join(lines)


class _Run(NamedTuple):
    """What every run carries, whatever the method."""

    x: Array
    gradient: Array


def descend(
    landscape: Landscape,
    starts: npt.ArrayLike,
    method: DescentMethod,
    max_steps: int = 1000,
    tol: float = 1e-6,
    record: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Descent:
    """Go down from every start at once.

    Parameters
    ----------
    starts : (m, n)
    method : DescentMethod
        For example `GradientDescent(lr=0.01)` or `ArmijoGradientDescent()`.
    max_steps : int
        Steps after which a run ends as `STEP_LIMIT`.
    tol : float
        A run has converged when its gradient's norm is at most this; with 0 it takes all its steps, unless its
        gradient becomes exactly zero.
    record : int, optional
        Keep every `record`-th position of each run as `result.trajectory`, 1 for all of them.
    progress : callable, optional
        Called after each step with its number and how many runs are left.

    Returns
    -------
    Descent
        One row a start, in their order.

    Raises
    ------
    ValueError
        If `starts` has the wrong shape, or a parameter is out of range.

    Examples
    --------
    >>> import landscape
    >>> bowl = landscape.problem("quadratic", eigenvalues=(1.0, 4.0))
    >>> landscape.descend(bowl, [[1.0, 1.0]], landscape.GradientDescent(lr=0.4), tol=1e-9).steps
    array([44])
    """
    start = landscape.manifold.normalize(as_batch(starts, landscape.dim, "starts"))
    if max_steps < 0:
        raise ValueError(f"max_steps is {max_steps} but must not be negative")
    if not tol >= 0:
        raise ValueError(f"tol is {tol} but must not be negative")
    if record is not None and record < 1:
        raise ValueError(f"record is {record} but must be at least 1")

    far = DIVERGED_BEYOND * landscape.manifold.length_scale
    frames = _Frames(start, record)

    def step(state: tuple[Array, ...]) -> tuple[tuple[Array, ...], IntArray | None]:
        x, gradient, *memory = state
        x, gradient, new_memory = method.step(landscape, x, gradient, memory_type(*memory))
        moved = state_type(x, gradient, *new_memory)
        return moved, _status(landscape, x, gradient, tol, far)

    def observe(number: int, active: IntArray, state: Any) -> None:
        frames.take(number, active, state[0])
        if progress is not None:
            progress(number, active.size)

    with np.errstate(all="ignore"):
        gradient = landscape.riemannian_gradient(start)
        memory = method.init(landscape, start, gradient)
        memory_type = type(memory)
        state_type = with_memory(_Run, memory_type)
        status = _status(landscape, start, gradient, tol, far)
        if status is None:
            status = np.full(len(start), RUNNING)
        state, status, steps = run_active_set(step, state_type(start, gradient, *memory), status, max_steps, observe)
        x, gradient = state[0], state[1]
        return Descent(start, x, landscape.value(x), norm(gradient), status, steps, repr(method), frames.done())


def _status(landscape: Landscape, x: Array, gradient: Array, tol: float, far: float) -> IntArray | None:
    """The status of each run from its position and gradient, (m,), or None if all of them go on.

    All of them usually do, which a few reductions over the whole batch show at a fraction of a step's cost."""
    steepness = dot(gradient, gradient)
    # Two sums that are false for NaN and infinity, and true for all but hopeless runs.
    near, finite = np.vdot(x, x) < far**2, steepness.sum() < np.inf
    inside = landscape.domain is None or landscape.inside(x)
    if near and finite and len(x) and steepness.min() > tol**2 and np.all(inside):
        return None
    running = (steepness > tol**2) & (steepness < np.inf) & inside
    if not near:
        running &= (np.abs(x) < far).all(axis=1)
        if running.all():
            return None
    ended = np.nonzero(~running)[0]
    x, steepness = x[ended], steepness[ended]
    status = np.zeros(len(running), dtype=np.int64)
    status[ended] = np.select(
        [~(np.abs(x) < far).all(axis=1), ~np.isfinite(steepness), ~landscape.inside(x)],
        [DescentStatus.DIVERGED, DescentStatus.NON_FINITE, DescentStatus.LEFT_DOMAIN],
        DescentStatus.CONVERGED,
    )
    return status


class _Frames:
    """Positions of all runs at every `record`-th step."""

    def __init__(self, start: Array, record: int | None) -> None:
        self.record = record
        self.current = start.copy()
        self.steps = [0]
        self.x = [start.copy()]

    def take(self, number: int, active: IntArray, x: Array) -> None:
        if self.record is None:
            return
        self.current[active] = x
        if number % self.record == 0:
            self.steps.append(number)
            self.x.append(self.current.copy())

    def done(self) -> Trajectory | None:
        return None if self.record is None else Trajectory(np.array(self.steps), np.stack(self.x))
