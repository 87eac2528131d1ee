"""The ensemble: one descent method, many starts, one batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray, as_batch, norm
from landscape.batch import RUNNING, parts, run_active_set, with_memory
from landscape.descent.compiled import Kernel, kernel_for
from landscape.descent.method import DescentMethod, require_generator
from landscape.descent.status import DescentStatus, status_of
from landscape.descent.trajectory import Recorder, Trajectory
from landscape.function import Landscape
from landscape.results import Results, shared, transient

# Numbers that all runs of a chunk hold between them: about as many as the processor's caches do. On its own threads JAX
# does better with more.
CHUNK_NUMBERS, COMPILED_CHUNK_NUMBERS = 2**18, 2**24
LEAST_CHUNK = 16
COLUMNWISE_UP_TO = 8  # coordinates


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
    rng: np.random.Generator | None = None,
    dtype: npt.DTypeLike = np.float64,
    chunk: int | None = None,
) -> Descent:
    """Go down from every start at once.

    On a landscape from JAX, methods whose step is plain arithmetic run compiled, in blocks of many steps; statuses and
    steps are the same, except that among more than 256 runs one that is far enough away to have diverged, and comes
    back within its block, goes on.

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
        Called on the way with the number of steps that all runs have behind them and the number that they can have at
        most; a run that has ended has all of its steps behind it.
    rng : numpy.random.Generator, optional
        What a method that draws random numbers draws them from.
    dtype : float64 or float32
        Precision of positions, gradients and memory, whatever that of the starts. Where the landscape's functions give
        float32 for float32 (`Landscape.from_function` and `from_jax` pass on what the function does) all is computed in
        it; otherwise results are rounded after each step. A gradient then has about 7 digits: `tol` must not ask for
        more.
    chunk : int, optional
        Starts that go down together; the rest wait, so that memory is bounded. By default as many as the dimension and
        the method's memory allow. Runs do not depend on it but for rounding in the landscape's matrix products, except
        with a method that draws random numbers: there it is part of what the generator's seed determines.

    Returns
    -------
    Descent
        One row a start, in their order.

    Raises
    ------
    ValueError
        If `starts` has the wrong shape, a parameter is out of range, or the trajectory would not fit into memory.

    Examples
    --------
    >>> import landscape
    >>> bowl = landscape.problem("quadratic", eigenvalues=(1.0, 4.0))
    >>> landscape.descend(bowl, [[1.0, 1.0]], landscape.GradientDescent(lr=0.4), tol=1e-9).steps
    array([44])
    """
    precision = np.dtype(dtype)
    if precision not in (np.float32, np.float64):
        raise ValueError(f"dtype is {precision} but must be float32 or float64")
    points = as_batch(starts, landscape.dim, "starts").astype(precision, copy=False)
    start = landscape.manifold.normalize(points).astype(precision, copy=False)
    if max_steps < 0:
        raise ValueError(f"max_steps is {max_steps} but must not be negative")
    if not tol >= 0:
        raise ValueError(f"tol is {tol} but must not be negative")
    for name, number in (("record", record), ("chunk", chunk)):
        if number is not None and number < 1:
            raise ValueError(f"{name} is {number} but must be at least 1")
    if getattr(method, "random", False):
        require_generator(method, rng)
    recorder = None if record is None else Recorder(start, record, max_steps)

    with np.errstate(all="ignore"):
        sample = method.init(landscape, start[:1], np.zeros_like(start[:1]))
        kernel = kernel_for(landscape, method)
        numbers = sum(int(np.prod(field.shape[1:])) for field in (start, start, *sample))
        budget = CHUNK_NUMBERS if kernel is None else COMPILED_CHUNK_NUMBERS
        ends = []
        for part in parts(len(start), 1, chunk or max(LEAST_CHUNK, budget // numbers)):

            def observe(number: int, rows: IntArray, x: Array, part: slice = part) -> None:
                if recorder is not None:
                    recorder.take(number, part.start + rows, x)
                if progress is not None:
                    running = part.stop - part.start - len(rows)
                    progress((part.start + running) * max_steps + len(rows) * number, len(start) * max_steps)

            job = _Chunk(landscape, method, start[part], max_steps, tol)
            ends.append(job.run(rng, observe) if kernel is None else job.run_compiled(kernel, record, observe))
            if progress is not None:
                progress(part.stop * max_steps, len(start) * max_steps)
    x, value, gradient_norm, status, steps = (np.concatenate(column) for column in zip(*ends, strict=True))
    trajectory = None if recorder is None else recorder.trajectory(x, steps)
    return Descent(start, x, value, gradient_norm, status, steps, repr(method), trajectory)


Observer = Callable[[int, IntArray, Array], None]
Ends = tuple[Array, Array, Array, IntArray, IntArray]


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Runs that go down together, from `start` (m, n)."""

    landscape: Landscape
    method: DescentMethod
    start: Array
    max_steps: int
    tol: float

    def run(self, rng: np.random.Generator | None, observe: Observer) -> Ends:
        """Step by step: last positions, values, gradient norms, statuses and steps."""
        landscape, method, tol = self.landscape, self.method, self.tol
        # Of few coordinates each is kept together: what a landscape does with one of them is done at one stride.
        start = np.asfortranarray(self.start) if self.start.shape[1] <= COLUMNWISE_UP_TO else self.start
        gradient, memory, status = self._first(start)
        memory_type = type(memory)
        state_type = with_memory(_Run, memory_type)

        def step(state: tuple[Array, ...]) -> tuple[tuple[Array, ...], IntArray | None]:
            x, gradient, *memory = state
            x, gradient, kept = method.step(landscape, x, gradient, memory_type(*memory), rng)
            moved = state_type(
                *(np.asarray(new, old.dtype) for new, old in zip((x, gradient, *kept), state, strict=True))
            )
            return moved, status_of(landscape, moved.x, moved.gradient, tol)

        state, status, steps = run_active_set(
            step,
            state_type(start, gradient, *memory),
            status,
            self.max_steps,
            lambda number, active, state: observe(number, active, state[0]),
        )
        return self._last(np.ascontiguousarray(state.x), state.gradient, status, steps)

    def run_compiled(self, kernel: Kernel, every: int | None, observe: Observer) -> Ends:
        """In blocks of compiled steps, with the same result."""
        _, memory, status = self._first(self.start)
        x, status, steps = kernel.run(self.start, memory, status, self.max_steps, self.tol, every, observe)
        return self._last(x, self.landscape.riemannian_gradient(x), status, steps)

    def _first(self, start: Array) -> tuple[Array, Any, IntArray]:
        """Gradients, memory and statuses before the first step."""
        gradient = np.asarray(self.landscape.riemannian_gradient(start), start.dtype)
        status = status_of(self.landscape, start, gradient, self.tol)
        memory = self.method.init(self.landscape, start, gradient)
        return gradient, memory, np.full(len(start), RUNNING) if status is None else status

    def _last(self, x: Array, gradient: Array, status: IntArray, steps: IntArray) -> Ends:
        value = np.asarray(self.landscape.value(x), x.dtype)
        return x, value, norm(np.asarray(gradient, x.dtype)), status, steps
