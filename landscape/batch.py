"""The one loop over a batch: members advance together, and each leaves as soon as it is finished.

Written once for searches and descents, after the pattern of SciPy's elementwise iterative methods: the state is a named
tuple of arrays of equal leading length, and what remains of it stays dense.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from landscape.arrays import IntArray

RUNNING = 0
MOST_STEPS = 2**63 - 1  # that a count of steps holds

State = TypeVar("State", bound=NamedTuple)
Step = Callable[[State], tuple[State, IntArray | None]]
Observer = Callable[[int, IntArray, Any], None]


class NoMemory(NamedTuple):
    """The memory of methods that remember nothing from step to step."""


def with_memory(common: type[Any], memory: type[Any]) -> type[Any]:
    """A named tuple type of the fields common to all methods, then those of one method's memory."""
    return namedtuple("State", (*common._fields, *(f"memory_{name}" for name in memory._fields)))


def parts(members: int, entries: int, budget: int) -> list[slice]:
    """Consecutive parts of a batch, for work whose arrays would not all fit into memory, or not into the cache.

    A part's members have `budget` numbers between them if each has `entries`. There is always a first part, and every
    part but that of an empty batch has a member. The parts depend on nothing else: work done part by part gives the
    same bits wherever it is done.
    """
    size = max(1, budget // entries)
    return [slice(start, min(start + size, members)) for start in range(0, max(members, 1), size)]


def compress(state: State, keep: IntArray) -> State:
    """The members of a state at the indices `keep`; fields that are kept column by column remain so."""
    return state._make(
        field.T.take(keep, axis=-1).T if field.flags.f_contiguous else field.take(keep, axis=0) for field in state
    )


def run_active_set(
    step: Step[State], state: State, status: IntArray, max_steps: int, observe: Observer | None = None
) -> tuple[State, IntArray, IntArray]:
    """Advance every member until its status is no longer `RUNNING` or `max_steps` steps are done.

    Parameters
    ----------
    step : callable
        Takes the state of the members that still run; gives their new state and their statuses, or None for those if
        all of them still run.
    state : named tuple of arrays
        Arrays of equal leading length m.
    status : (m,) int
        Statuses before the first step; a member that is not `RUNNING` takes none.
    max_steps : int
        Members that are still running then keep the status `RUNNING`.
    observe : callable, optional
        Called after each step with its number, the indices of the members that took it, and their state.

    Returns
    -------
    state, status, steps
        For all m members, in their order; `steps` counts the steps that each took.

    Raises
    ------
    ValueError
        If `max_steps` is above `MOST_STEPS`.
    """
    if max_steps > MOST_STEPS:
        raise ValueError(f"max_steps is {max_steps} but must be at most {MOST_STEPS}")
    final = state._make(np.array(field) for field in state)
    status = np.array(status)
    steps = np.zeros(len(status), dtype=np.int64)
    active = np.nonzero(status == RUNNING)[0]
    state = compress(state, active)
    for number in range(1, max_steps + 1):
        if active.size == 0:
            break
        state, now = step(state)
        if observe is not None:
            observe(number, active, state)
        if now is None:
            continue
        finished = np.flatnonzero(now)
        if finished.size:
            leaving = active[finished]
            for target, source in zip(final, state, strict=True):
                target[leaving] = source[finished]
            status[leaving] = now[finished]
            steps[leaving] = number
            running = np.flatnonzero(now == RUNNING)
            active, state = active[running], compress(state, running)
    for target, source in zip(final, state, strict=True):
        target[active] = source
    steps[active] = max_steps
    return final, status, steps
