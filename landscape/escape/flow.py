"""Lines of the gradient flow, dx/dt = -grad f, many at once.

Exponential Rosenbrock integration (Hochbruck, Ostermann & Schweitzer, SIAM J. Numer. Anal. 47, 786, 2009, the method
exprb32): each step solves the local quadratic model exactly, so that stiff valleys cost nothing and saddles are left
exactly, corrects it to third order, and takes the correction as its error. Without the correction it is the local
quadratic approximation of reaction paths (Page & McIver, J. Chem. Phys. 88, 922, 1988).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray, as_batch, matvec, norm, transpose
from landscape.batch import RUNNING, run_active_set
from landscape.critical.trust_region import gradient_noise
from landscape.function import Landscape
from landscape.results import Results, in_words, transient
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.eigensystem import eigensystem

ARRIVED_WITHIN = 1e-8  # a line has arrived when its Newton step is this short, in units of the length scale
_SMALLEST, _LARGEST = 0.2, 5.0  # factors by which the step in time may change
_SERIES_BELOW = 0.05  # where phi functions lose digits to cancellation


class FlowStatus(IntEnum):
    """How a line ended."""

    STEP_LIMIT = RUNNING
    """Still moving after the last step: more steps may help."""
    ARRIVED = 1
    """At a critical point: a minimum, or a saddle that it runs into exactly."""
    LEFT = 2
    """Farther from its start than it was to go, or outside the landscape's domain."""
    NON_FINITE = 3
    """The derivatives are not finite there, or so near that no step is short enough."""


@dataclass(frozen=True, eq=False, repr=False)
class FlowLines(Results):
    """Lines of the gradient flow, one row a line.

    Attributes
    ----------
    start, x : (m, n)
        First and last position.
    time : (m,)
        Duration of the flow.
    status : (m,)
        `FlowStatus`.
    steps : (m,)
    path : (frames, m, n) or None
        Positions of each line, NaN after its end; not kept by slicing or `save`.
    """

    start: Array
    x: Array
    time: Array
    status: IntArray
    steps: IntArray
    path: Array | None = field(default=None, metadata=transient())

    def count(self) -> dict[str, int]:
        """Number of lines that ended in each status, by its name in lower case."""
        return {s.name.lower(): int((self.status == s).sum()) for s in FlowStatus}

    def __repr__(self) -> str:
        return f"{len(self)} lines of the gradient flow: {in_words(self.count())}"


class _Line(NamedTuple):
    x: Array
    gradient: Array
    time: Array
    pace: Array  # the next step in time
    accepted: IntArray
    start: Array


def flow(
    landscape: Landscape,
    starts: npt.ArrayLike,
    max_steps: int = 5000,
    spacing: float = 0.1,
    reach: float = 100.0,
    record: bool = False,
    accuracy: float = 1e-4,
) -> FlowLines:
    """Follow the gradient flow down from every start, to where it ends.

    Parameters
    ----------
    starts : (m, n)
    max_steps : int
    spacing : float
        Longest step, in units of the landscape's length scale; smaller makes a smoother path, not a truer one.
    reach : float
        A line has left when it is this many of the landscape's diagonals from its start.
    record : bool
        Whether to keep the positions on the way.
    accuracy : float
        Longest correction that a step may bring to the local quadratic model, in units of the length scale; the error
        that it leaves is of higher order. At a tenth of 1e-4, of tens of thousands of random lines on the zoo none ends
        elsewhere.

    Returns
    -------
    FlowLines

    Raises
    ------
    ValueError
        If `starts` has the wrong shape, or a parameter is out of range.

    Examples
    --------
    >>> import landscape
    >>> lines = flow(landscape.problem("himmelblau"), [[0.0, 0.0], [-1.0, 1.0]])
    >>> lines.x.round(4).tolist()
    [[3.0, 2.0], [-2.8051, 3.1313]]
    """
    manifold = landscape.manifold
    start = manifold.normalize(as_batch(starts, landscape.dim, "starts"))
    for name, number in (("spacing", spacing), ("reach", reach), ("accuracy", accuracy)):
        if not number > 0:
            raise ValueError(f"{name} is {number} but must be positive")
    if max_steps < 0:
        raise ValueError(f"max_steps is {max_steps} but must not be negative")
    scale = manifold.length_scale
    longest, farthest = spacing * scale, reach * landscape.diagonal
    frames: list[tuple[IntArray, Array, IntArray]] = [(np.arange(len(start)), start, np.zeros(len(start), np.int64))]

    def step(line: _Line) -> tuple[_Line, IntArray]:
        system = tangent_system(landscape, line.x, line.gradient)
        finite = system.finite
        lam, modes = eigensystem(np.where(finite[:, None, None], system.hessian, 0.0))
        g = matvec(transpose(modes), np.where(finite[:, None], system.gradient, 0.0))
        arrived = _newton_length(lam, g, scale) <= ARRIVED_WITHIN * scale
        # What rounding leaves of the gradient may point along zero modes, where Newton steps are long and mean nothing.
        arrived |= finite & (norm(system.gradient) <= gradient_noise(landscape, line.x, system))

        z = -line.pace[:, None] * lam
        first = -line.pace[:, None] * _phi1(z) * g
        tried = manifold.retract(line.x, system.ambient(matvec(modes, first)))
        there = matvec(transpose(modes), matvec(transpose(system.basis), landscape.riemannian_gradient(tried)))
        correction = 2 * line.pace[:, None] * _phi3(z) * (g + lam * first - there)
        move = first + correction
        x = manifold.retract(line.x, system.ambient(matvec(modes, move)))
        gradient = landscape.gradient(x)

        error = norm(correction) / (accuracy * scale)
        length = norm(move) / longest
        sound = np.isfinite(gradient).all(axis=1) & np.isfinite(error)
        taken = sound & (error <= 1) & (length <= 1) & ~arrived & finite
        change = np.minimum(0.9 * np.maximum(error, 1e-30) ** (-1 / 3), 0.95 / np.maximum(length, 1e-30))
        change = np.where(sound, np.clip(change, _SMALLEST, _LARGEST), _SMALLEST)
        moved = _Line(
            np.where(taken[:, None], x, line.x),
            np.where(taken[:, None], gradient, line.gradient),
            np.where(taken, line.time + line.pace, line.time),
            np.minimum(line.pace * change, 1e15 / np.maximum(np.abs(lam).max(axis=1), 1e-300)),
            line.accepted + taken,
            line.start,
        )
        still = taken & (x == line.x).all(axis=1)
        gone = ~landscape.inside(moved.x) | (manifold.distance(moved.x, moved.start) > farthest)
        status = np.select(
            [~finite | still, arrived, gone],
            [FlowStatus.NON_FINITE, FlowStatus.ARRIVED, FlowStatus.LEFT],
            RUNNING,
        )
        return moved, status

    def observe(number: int, active: IntArray, line: _Line) -> None:
        if record:
            frames.append((active, line.x, line.accepted))

    with np.errstate(all="ignore"):
        gradient = landscape.gradient(start)
        steepest = np.maximum(norm(landscape.riemannian_gradient(start)), np.finfo(np.float64).tiny)
        pace = 0.01 * scale / steepest
        zero = np.zeros(len(start))
        state = _Line(start, gradient, zero, pace, np.zeros(len(start), np.int64), start)
        final, status, steps = run_active_set(step, state, np.full(len(start), RUNNING), max_steps, observe)
    path = _assemble(frames, final) if record else None
    return FlowLines(start, final.x, final.time, status, steps, path)


def _assemble(frames: list[tuple[IntArray, Array, IntArray]], final: _Line) -> Array:
    """Positions by number of accepted steps, (frames, m, n), NaN after each line's end."""
    m, n = final.x.shape
    path = np.full((int(final.accepted.max(initial=0)) + 1, m, n), np.nan)
    for active, x, accepted in frames:
        path[accepted, active] = x
    return path


def _newton_length(lam: Array, g: Array, length_scale: float) -> Array:
    """Length of the Newton step in the eigenbasis; infinite where it leaves most of the gradient, (m,)."""
    sigma = norm(g)[:, None] / (2 * length_scale)
    damped = lam**2 + sigma**2
    step = -g * np.divide(lam, damped, out=np.zeros_like(lam), where=damped > 0)
    return np.where(norm(g + lam * step) <= 0.5 * norm(g), norm(step), np.inf)


def _phi1(z: Array) -> Array:
    """(e^z - 1) / z."""
    return np.divide(np.expm1(z), z, out=np.ones_like(z), where=z != 0)


def _phi3(z: Array) -> Array:
    """(e^z - 1 - z - z^2 / 2) / z^3."""
    small = np.abs(z) < _SERIES_BELOW
    safe = np.where(small, 1.0, z)
    series = 1 / 6 + z * (1 / 24 + z * (1 / 120 + z * (1 / 720 + z * (1 / 5040 + z / 40320))))
    return np.where(small, series, (np.expm1(safe) - safe - safe * safe / 2) / safe**3)
