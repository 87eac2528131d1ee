"""Gradient flow, the limit of descent with small steps, by SciPy's solvers of stiff differential equations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import integrate

from landscape.arrays import Array, as_batch, norm, transpose
from landscape.batch import RUNNING
from landscape.descent.ensemble import Descent
from landscape.descent.status import DescentStatus, status_of
from landscape.function import Landscape
from landscape.results import transient

SOLVERS = ("LSODA", "BDF", "Radau")


@dataclass(frozen=True)
class FlowTrajectory:
    """Positions of every flow at given times.

    Attributes
    ----------
    times : (frames,)
    x : (frames, m, n)
        Positions; a flow that has ended stays where it ended.
    """

    times: Array
    x: Array


@dataclass(frozen=True, eq=False, repr=False)
class GradientFlow(Descent):
    """Where each flow went: a `Descent` whose `steps` are the solver's.

    Attributes
    ----------
    time : (m,)
        When each flow ended.
    path : FlowTrajectory or None
        What `gradient_flow(..., record=...)` asked for; not kept by slicing or `save`.
    """

    time: Array = field(default_factory=lambda: np.zeros(0))
    path: FlowTrajectory | None = field(default=None, metadata=transient())


def gradient_flow(
    landscape: Landscape,
    starts: npt.ArrayLike,
    time: float,
    solver: str = "LSODA",
    tol: float = 1e-6,
    rtol: float = 1e-8,
    record: npt.ArrayLike | None = None,
    max_steps: int = 10_000,
    progress: Callable[[int, int], None] | None = None,
) -> GradientFlow:
    """Follow dx/dt = -grad f(x) from every start.

    One start after the other, because each solver chooses its own steps: some milliseconds a start, good for hundreds
    of them. For thousands take `descend` with a small learning rate, of which x(t) is the limit at step t / lr.

    The solvers see all of space: on a manifold they are given the gradient at the nearest point of it, which keeps a
    flow there but for their error, and positions are projected back. Their Jacobian is the landscape's Hessian.

    Parameters
    ----------
    starts : (m, n)
    time : float
        Until when, in units of length^2 / f.
    solver : str
        'LSODA', which takes implicit steps only where the flow is stiff (Petzold 1983, SIAM J. Sci. Stat. Comput. 4,
        136), 'BDF' or 'Radau', which always do.
    tol : float
        A flow has converged when the gradient's norm is at most this; with 0 it goes on until `time`.
    rtol : float
        Error that the solver allows in a step, relative to the landscape's length scale.
    record : (frames,), optional
        Times in increasing order, from 0 to `time`, at which positions are kept as `result.path`.
    max_steps : int
        Steps after which the solver is stopped.
    progress : callable, optional
        Called after each start with their number so far and in all.

    Returns
    -------
    GradientFlow
        One row a start, in their order. A flow is `STEP_LIMIT` if `time` was over before it converged, and also if the
        solver stopped before that: then its `time` is less.

    Raises
    ------
    ValueError
        If `starts` has the wrong shape or a parameter is out of range.

    Examples
    --------
    >>> import landscape
    >>> bowl = landscape.problem("quadratic", eigenvalues=(1.0, 4.0))
    >>> flow = landscape.gradient_flow(bowl, [[1.0, 1.0]], time=2.0)
    >>> flow.x.round(5).tolist()  # exp(-2) and exp(-8)
    [[0.13534, 0.00034]]
    """
    start = landscape.manifold.normalize(as_batch(starts, landscape.dim, "starts"))
    for name, number in (("time", time), ("rtol", rtol)):
        if not 0 < number < np.inf:
            raise ValueError(f"{name} is {number} but must be a positive number")
    if solver not in SOLVERS:
        raise ValueError(f"solver is {solver!r} but must be one of {', '.join(SOLVERS)}")
    if not tol >= 0:
        raise ValueError(f"tol is {tol} but must not be negative")
    if max_steps < 1:
        raise ValueError(f"max_steps is {max_steps} but must be at least 1")
    times = np.zeros(0) if record is None else np.asarray(record, dtype=np.float64)
    if times.ndim != 1 or not ((times >= 0) & (times <= time)).all() or (np.diff(times) < 0).any():
        raise ValueError(f"record must be times in increasing order, from 0 to {time}")

    solve = _Solver(landscape, time, solver, tol, rtol, times, max_steps)
    lines = []
    for number, point in enumerate(start, start=1):
        with np.errstate(all="ignore"):
            lines.append(solve(point))
        if progress is not None:
            progress(number, len(start))
    x = np.array([line.x for line in lines]).reshape(start.shape)
    with np.errstate(all="ignore"):
        value, gradient_norm = landscape.value(x), norm(landscape.riemannian_gradient(x))
    frames = np.array([line.frames for line in lines]).reshape(*start.shape[:1], len(times), landscape.dim)
    return GradientFlow(
        start=start,
        x=x,
        value=value,
        gradient_norm=gradient_norm,
        status=np.array([line.status for line in lines], dtype=np.int64),
        steps=np.array([line.steps for line in lines], dtype=np.int64),
        method=f"gradient_flow(time={time:g}, solver={solver!r})",
        time=np.array([line.time for line in lines], dtype=np.float64),
        path=None if record is None else FlowTrajectory(times, np.swapaxes(frames, 0, 1)),
    )


@dataclass(frozen=True)
class _Line:
    """One flow: its end, and where it was at the times asked for, (frames, n)."""

    x: Array
    time: float
    status: int
    steps: int
    frames: Array


@dataclass(frozen=True)
class _Solver:
    """The flow from one point (n,)."""

    landscape: Landscape
    time: float
    solver: str
    tol: float
    rtol: float
    times: Array
    max_steps: int

    def __call__(self, point: Array) -> _Line:
        manifold = self.landscape.manifold
        frames = np.tile(point, (len(self.times), 1))
        x, reached, steps = point, 0.0, 0
        status = self._status(x)
        if status == RUNNING:
            run = self._made(point)
        while status == RUNNING and run.status == "running" and steps < self.max_steps:
            run.step()
            if run.status == "failed":
                break
            if not np.isfinite(run.y).all():
                status = DescentStatus.NON_FINITE
                break
            x, reached, steps = manifold.normalize(run.y), run.t, steps + 1
            status = self._status(x)
            between = (self.times > run.t_old) & (self.times <= run.t)
            if between.any():
                frames[between] = manifold.normalize(run.dense_output()(self.times[between]).T)
        frames[self.times > reached] = x
        return _Line(x, reached, status, steps, frames)

    def _made(self, point: Array) -> Any:
        """SciPy's solver. Where it leaves the real numbers it takes smaller steps, until it gives up."""
        made = getattr(integrate, self.solver)
        return made(
            lambda t, y: self._velocity(y),
            0.0,
            point,
            self.time,
            rtol=self.rtol,
            atol=self.rtol * self.landscape.manifold.length_scale,
            jac=lambda t, y: self._jacobian(y),
        )

    def _velocity(self, y: Array) -> Array:
        return -self.landscape.riemannian_gradient(self.landscape.manifold.normalize(y))

    def _jacobian(self, y: Array) -> Array:
        x = self.landscape.manifold.normalize(y)
        basis = self.landscape.manifold.tangent_basis(x)
        return -basis @ self.landscape.tangent_hessian(x) @ transpose(basis)

    def _status(self, x: Array) -> int:
        batch = x[None]
        status = status_of(self.landscape, batch, self.landscape.riemannian_gradient(batch), self.tol)
        return DescentStatus.STEP_LIMIT if status is None else int(status[0])
