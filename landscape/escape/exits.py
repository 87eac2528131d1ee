"""The moment at which descent leaves a ball: any method, any starts, without second derivatives."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, BoolArray, IntArray, as_batch, as_points
from landscape.batch import RUNNING, run_active_set, with_memory
from landscape.descent.method import DescentMethod, require_generator
from landscape.function import Landscape
from landscape.results import Results, in_words, shared


class ExitStatus(IntEnum):
    """How a run near a saddle ended."""

    INSIDE = RUNNING
    """Still in the ball after the last step: more steps may help."""
    ESCAPED = 1
    """Farther from the centre than the radius."""
    STUCK = 2
    """Still in the ball, and its last step did not change one bit of its position: rounding holds it there."""
    NON_FINITE = 3
    """Its position is no longer a number."""


@dataclass(frozen=True, eq=False, repr=False)
class Exits(Results):
    """Where and when each run left a ball, one row a start.

    Attributes
    ----------
    x : (m, n)
        Position at the first step outside, or at the last step taken.
    steps : (m,)
        Steps until then; infinite for a run that did not leave.
    status : (m,)
        `ExitStatus`.
    radius : float
    method : str
    """

    x: Array
    steps: Array
    status: IntArray
    radius: float = field(default=0.0, metadata=shared())
    method: str = field(default="", metadata=shared())

    def count(self) -> dict[str, int]:
        """Number of runs that ended in each status, by its name in lower case."""
        return count_exits(self.status)

    def __repr__(self) -> str:
        return f"{len(self)} runs of {self.method} in a ball of radius {self.radius:g}: {in_words(self.count())}"


def count_exits(status: IntArray) -> dict[str, int]:
    """Number of runs in each `ExitStatus`, by its name in lower case."""
    return {s.name.lower(): int((status == s).sum()) for s in ExitStatus}


class _Run(NamedTuple):
    x: Array
    gradient: Array
    moved: BoolArray


def leave_ball(
    landscape: Landscape,
    center: npt.ArrayLike,
    starts: npt.ArrayLike,
    radius: float,
    method: DescentMethod,
    rng: np.random.Generator | None = None,
    max_steps: int = 100_000,
) -> Exits:
    """Run a descent method from given starts until each run is farther than `radius` from a centre.

    Only gradients are used, so that a million coordinates are no obstacle.

    Parameters
    ----------
    center : (n,)
        The saddle.
    starts : (m, n)
        A start outside the ball has left after 0 steps.
    radius : float
        Distance (geodesic) that counts as escape.
    method : DescentMethod
    rng : numpy.random.Generator, optional
        For methods that draw random numbers.
    max_steps : int
        Runs that are inside after so many steps have not escaped.

    Returns
    -------
    Exits

    Raises
    ------
    ValueError
        If a shape is wrong or the radius is not positive.

    Examples
    --------
    >>> import landscape
    >>> saddle = landscape.problem("quadratic", eigenvalues=(-1.0, 1.0))
    >>> step = landscape.GradientDescent(lr=0.1)
    >>> landscape.leave_ball(saddle, [0.0, 0.0], [[1e-6, 0.1], [0.0, 0.1]], 1.0, step, max_steps=10_000)
    2 runs of GradientDescent(lr=0.1) in a ball of radius 1: 1 escaped, 1 stuck
    """
    manifold = landscape.manifold
    middle = as_points(center, landscape.dim, "center")
    if middle.ndim != 1:
        raise ValueError(f"center has shape {middle.shape} but must be one point ({landscape.dim},)")
    start = manifold.normalize(as_batch(starts, landscape.dim, "starts"))
    if not (radius > 0 and np.isfinite(radius)):
        raise ValueError(f"radius is {radius} but must be a positive number")
    if getattr(method, "random", False):
        require_generator(method, rng)

    def status(x: Array) -> IntArray:
        distance = manifold.distance(middle, x)
        inside = np.where(np.isnan(distance), ExitStatus.NON_FINITE, ExitStatus.ESCAPED)
        return np.where(distance <= radius, RUNNING, inside)

    def step(state: tuple[Array, ...]) -> tuple[tuple[Array, ...], IntArray]:
        x, gradient, _, *memory = state
        moved, gradient, new_memory = method.step(landscape, x, gradient, memory_type(*memory), rng)
        return state_type(moved, gradient, (moved != x).any(axis=1), *new_memory), status(moved)

    with np.errstate(all="ignore"):
        gradient = landscape.riemannian_gradient(start)
        memory = method.init(landscape, start, gradient)
        memory_type = type(memory)
        state_type = with_memory(_Run, memory_type)
        state = state_type(start, gradient, np.ones(len(start), dtype=bool), *memory)
        final, ended, steps = run_active_set(step, state, status(start), max_steps)
    if not getattr(method, "random", False):  # a random method may rest before it kicks
        ended[(ended == ExitStatus.INSIDE) & ~final.moved] = ExitStatus.STUCK
    return Exits(
        x=final.x,
        steps=np.where(ended == ExitStatus.ESCAPED, steps, np.inf),
        status=ended,
        radius=float(radius),
        method=repr(method),
    )


def underflowed(start: Array, x: Array) -> BoolArray:
    """Which coordinates have lost their memory: below the smallest normal number, though they started above it.

    A coordinate that shrinks at every step becomes zero after some thousand halvings, or stands still at the smallest
    subnormal number. If it is one along which the run should later leave a saddle, float64 has put the run on the
    saddle's stable manifold, where it stays.

    Parameters
    ----------
    start, x : (..., n)
        First and last position.

    Returns
    -------
    (..., n) bool
    """
    tiny = np.finfo(np.float64).tiny
    result: BoolArray = (np.abs(x) < tiny) & (np.abs(start) >= tiny)
    return result
