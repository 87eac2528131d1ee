"""Descent on JAX landscapes: a method's own `step`, traced and compiled into blocks of many steps.

A block of steps is one compiled call. It stops a run whose gradient falls below the tolerance, and with a tolerance of
zero, when no run is expected to, not even that if the method has no memory, which makes it as fast as a loop written by
hand. Runs that ended otherwise are taken through the block again, step by step, to find where.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray, dot
from landscape.autodiff import JaxFunction
from landscape.batch import RUNNING
from landscape.descent.method import DescentMethod
from landscape.descent.status import DIVERGED_BEYOND, UNDERFLOW, DescentStatus
from landscape.function import Landscape

BLOCKS = 50, 400  # steps of the first block and of the longest: they grow as long as no run ends
WALKERS = 256  # runs that go step by step together

_log = logging.getLogger(__name__)


class Kernel:
    """A method on a landscape, compiled."""

    def __init__(self, landscape: Landscape, method: DescentMethod) -> None:
        jax = importlib.import_module("jax")
        gradient, value = landscape.gradient, landscape.value
        assert isinstance(gradient, JaxFunction)
        traced = replace(landscape, gradient=jax.vmap(gradient.of_one))
        if isinstance(value, JaxFunction):
            traced = replace(traced, value=jax.vmap(value.of_one))
        far = DIVERGED_BEYOND * landscape.manifold.length_scale
        jnp, lax = jax.numpy, jax.lax

        def step(x: Any, memory: Any) -> tuple[Any, Any, Any]:
            # The gradient is computed here, not carried along: what the method returns is dead code in a block.
            moved, steep, kept = method.step(traced, x, traced.riemannian_gradient(x), memory, None)
            kept = type(memory)(*(new.astype(old.dtype) for new, old in zip(kept, memory, strict=True)))
            return moved.astype(x.dtype), steep.astype(x.dtype), kept

        def leap(x: Any, memory: Any, count: Any, tol: Any, tiny: bool) -> tuple[Any, Any, Any, Any]:
            x, memory = lax.fori_loop(0, count, lambda _, state: step(*state)[::2], (x, memory))
            return x, memory, status(x, traced.riemannian_gradient(x), tol, tiny), jnp.full(len(x), count)

        def watched_leap(x: Any, memory: Any, count: Any, tol: Any, tiny: bool) -> tuple[Any, Any, Any, Any]:
            def advance(_: Any, state: Any) -> Any:
                x, memory, taken = state
                steep = traced.riemannian_gradient(x)
                # XLA sums along a short axis faster than it multiplies by ones.
                going = above((steep * steep).sum(axis=1), steep, tol, tiny)
                moved, _, kept = step(x, memory)
                return chosen(going, moved, x), chosen_memory(going, kept, memory), taken + going

            x, memory, taken = lax.fori_loop(0, count, advance, (x, memory, jnp.zeros(len(x), dtype=int)))
            now = status(x, traced.riemannian_gradient(x), tol, tiny)
            stopped = (taken < count) & (now == RUNNING)  # where the two ways to sum round differently
            return x, memory, jnp.where(stopped, int(DescentStatus.CONVERGED), now), taken

        def status(x: Any, steep: Any, tol: Any, tiny: bool) -> Any:
            steepness = dot(steep, steep)
            judged = jnp.where(above(steepness, steep, tol, tiny), RUNNING, int(DescentStatus.CONVERGED))
            judged = jnp.where(jnp.isfinite(steepness), judged, int(DescentStatus.NON_FINITE))
            return jnp.where((jnp.abs(x) < far).all(axis=1), judged, int(DescentStatus.DIVERGED))

        def above(steepness: Any, steep: Any, tol: Any, tiny: bool) -> Any:
            # With a tiny tolerance both squares may underflow.
            return steepness > tol**2 if not tiny else (steepness > tol**2) | (jnp.abs(steep).max(axis=1) > tol)

        def walk(x: Any, memory: Any, now: Any, count: Any, tol: Any, tiny: bool) -> tuple[Any, Any, Any, Any]:
            def advance(state: Any) -> Any:
                number, x, memory, now, taken = state
                going = now == RUNNING
                moved, steep, kept = step(x, memory)
                now = jnp.where(going, status(moved, steep, tol, tiny), now)
                return number + 1, chosen(going, moved, x), chosen_memory(going, kept, memory), now, taken + going

            def unfinished(state: Any) -> Any:
                return (state[0] < count) & (state[3] == RUNNING).any()

            return lax.while_loop(unfinished, advance, (0, x, memory, now, jnp.zeros_like(now)))[1:]

        def chosen(rows: Any, new: Any, old: Any) -> Any:
            return jnp.where(rows.reshape(-1, *[1] * (new.ndim - 1)), new, old)

        def chosen_memory(rows: Any, new: Any, old: Any) -> Any:
            return type(old)(*(chosen(rows, *pair) for pair in zip(new, old, strict=True)))

        self._step = step
        self._shapes = jax.eval_shape
        self.leap: Callable[..., Any] = jax.jit(leap, static_argnames="tiny")
        self.watched_leap: Callable[..., Any] = jax.jit(watched_leap, static_argnames="tiny")
        self.walk: Callable[..., Any] = jax.jit(walk, static_argnames="tiny")

    def traces(self, x: Array, memory: Any) -> bool:
        """Whether the method's step can be compiled, for points (m, n) and their memory."""
        try:
            self._shapes(self._step, x, memory)
        except Exception as error:  # the step by step loop will raise it again if it is the method's mistake
            _log.debug("not compiled: %s", error)
            return False
        return True

    def run(
        self,
        start: Array,
        memory: Any,
        status: IntArray,
        max_steps: int,
        tol: float,
        every: int | None,
        observe: Callable[[int, IntArray, Array], None],
    ) -> tuple[Array, IntArray, IntArray]:
        """Advance runs (m, n) until they end: last positions, statuses and numbers of steps.

        Parameters
        ----------
        memory : named tuple of arrays
            The method's, before the first step.
        status : (m,)
            Before the first step.
        every : int, optional
            A block ends at each multiple of so many steps.
        observe : callable
            Called after each block with the number of steps, the runs that still go on, and their positions.
        """
        end, status, steps = start.copy(), status.copy(), np.zeros(len(start), dtype=np.int64)
        run = np.where(status == RUNNING, np.arange(len(start)), -1)
        x = start
        if 0 < len(x) <= WALKERS:
            x, memory, run = _gather(x, memory, run, np.arange(len(x)), _power_of_two(len(x)))
        done, longest = 0, BLOCKS[0]
        while (run >= 0).any() and done < max_steps:
            count = min(longest, max_steps - done, every - done % every if every else longest)
            x, memory, ends = self._block(x, memory, run >= 0, count, tol)
            longest = min(2 * longest, BLOCKS[1]) if ends is None else BLOCKS[0]
            if ends is not None:
                rows = run[ends.rows]
                end[rows], status[rows], steps[rows] = ends.x, ends.status, done + ends.steps
                run[ends.rows] = -1
            done += count
            live = np.flatnonzero(run >= 0)
            observe(done, run[live], np.asarray(x) if live.size == run.size else np.asarray(x)[live])
            if 4 * live.size <= run.size > WALKERS:
                x, memory, run = _gather(x, memory, run, live, max(WALKERS, _power_of_two(live.size)))
        live = np.flatnonzero(run >= 0)
        end[run[live]], steps[run[live]] = np.asarray(x)[live], done
        return end, status, steps

    def _block(self, x: Any, memory: Any, alive: BoolArray, count: int, tol: float) -> tuple[Any, Any, _Ends | None]:
        """`count` steps: where all are then, their memory, and which ended on the way, if any did."""
        tiny = tol < UNDERFLOW
        if len(x) <= WALKERS:
            moved, kept, now, taken = self.walk(x, memory, np.where(alive, RUNNING, -1), count, tol, tiny)
            return moved, kept, _Ends.of(np.arange(len(x)), alive, moved, now, taken)
        watched = tol > 0 or len(memory) > 0
        moved, kept, now, taken = (self.watched_leap if watched else self.leap)(x, memory, count, tol, tiny)
        now = np.asarray(now)
        known = alive & (now == DescentStatus.CONVERGED) & watched
        found = [_Ends.of(np.arange(len(x)), known, moved, now, taken)]
        # Where nobody watched, the step at which the others ended is not known, but that they did is: what is not a
        # number remains so, and without a memory so does a gradient of zero.
        doubtful = np.flatnonzero(alive & ~known & (now != RUNNING))
        for first in range(0, doubtful.size, WALKERS):
            some = doubtful[first : first + WALKERS]
            again, before, which = _gather(x, memory, np.arange(len(x)), some, WALKERS)
            end, _, now, taken = self.walk(again, before, np.where(which >= 0, RUNNING, -1), count, tol, tiny)
            found.append(_Ends.of(which, which >= 0, end, now, taken))
        ends = [part for part in found if part is not None]
        return moved, kept, _Ends(*map(np.concatenate, zip(*ends, strict=True))) if ends else None


class _Ends(NamedTuple):
    """Runs that ended within a block: their rows, where, how, and after how many of its steps."""

    rows: IntArray
    x: Array
    status: IntArray
    steps: IntArray

    @classmethod
    def of(cls, rows: IntArray, alive: BoolArray, x: Any, status: Any, steps: Any) -> _Ends | None:
        ended = np.flatnonzero(alive & (np.asarray(status) != RUNNING))
        if ended.size == 0:
            return None
        return cls(rows[ended], *(np.asarray(field)[ended] for field in (x, status, steps)))


def kernel_for(landscape: Landscape, method: DescentMethod) -> Kernel | None:
    """The compiled method, or None where the landscape is not JAX's or the method cannot be compiled."""
    if not isinstance(landscape.gradient, JaxFunction) or landscape.domain is not None:
        return None
    if getattr(method, "random", False) or type(method).__hash__ is None:
        return None
    return _kernel(landscape, method)  # type: ignore[arg-type]  # a hash was asked for above


@lru_cache(maxsize=32)
def _kernel(landscape: Landscape, method: DescentMethod) -> Kernel | None:
    """Made once for each method on each landscape."""
    made = Kernel(landscape, method)
    x = landscape.manifold.sample(np.random.default_rng(0), 1)
    return made if made.traces(x, method.init(landscape, x, np.zeros_like(x))) else None


def _gather(x: Any, memory: Any, run: IntArray, rows: IntArray, size: int) -> tuple[Array, Any, IntArray]:
    """The given rows with their runs, and copies of the first row, whose run is -1, up to one of few sizes, because
    each size is compiled anew."""
    padded = np.zeros(size, dtype=np.int64)
    padded[: len(rows)] = rows
    which = np.full(size, -1)
    which[: len(rows)] = run[rows]
    return np.asarray(x)[padded], type(memory)(*(np.asarray(field)[padded] for field in memory)), which


def _power_of_two(count: int) -> int:
    """The smallest one that is at least `count`."""
    return 1 << max(count - 1, 0).bit_length()
