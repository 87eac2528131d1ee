"""The search loop: any method, from many starts at once, each with its own status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, BoolArray, IntArray, as_batch, norm
from landscape.batch import RUNNING, Observer, parts, run_active_set, with_memory
from landscape.function import Landscape
from landscape.results import Results, in_words, shared

_TOGETHER = 4_000_000  # numbers in the largest array of the searches that run together, 32 MB; the others wait
FAR = 100  # a search is lost when it is this many diagonals from its start


class SearchStatus(IntEnum):
    """How a search ended."""

    STEP_LIMIT = RUNNING
    """Still moving after `max_steps` steps: more steps may help."""
    CONVERGED = 1
    """At a critical point: the next Newton step stays put."""
    FLAT = 2
    """Where the gradient lies in the kernel of the Hessian: no small step reduces it, yet it is not zero."""
    LEFT_DOMAIN = 3
    """Outside the landscape's domain, or a hundred of its diagonals from the start."""
    NON_FINITE = 4
    """At a point where the gradient or the Hessian is not finite."""


class Search(NamedTuple):
    """What every search carries, whatever the method: position, ambient gradient, trust radius and start."""

    x: Array
    gradient: Array
    radius: Array
    start: Array

    def moved(self, taken: BoolArray, x: Array, gradient: Array, radius: Array) -> Search:
        """The searches after a step to `x` with gradient there, for those that have `taken` it, (m,)."""
        return Search(
            np.where(taken[:, None], x, self.x), np.where(taken[:, None], gradient, self.gradient), radius, self.start
        )


class SearchMethod(Protocol):
    """A way to look for critical points.

    A newcomer writes these two methods; leaving the batch, merging and classification are the library's. A method
    that steps by the dense Hessian has most of its `step` in `trust_region_step`, and so a `propose`: as many of its
    searches run together as there is memory for their Hessians.
    """

    def init(self, landscape: Landscape, x: Array) -> Any:
        """The memory before the first step: a named tuple of arrays of leading length m."""

    def step(self, landscape: Landscape, run: Search, memory: Any) -> tuple[Search, Any, IntArray]:
        """One step of every search: where they are now, the new memory, and the `SearchStatus` of each, (m,)."""


@dataclass(frozen=True, eq=False, repr=False)
class SearchRuns(Results):
    """Where each search ended.

    Attributes
    ----------
    start, x : (m, n)
        First and last position.
    gradient_norm : (m,)
        At the last position.
    status : (m,)
        `SearchStatus`.
    steps : (m,)
    """

    start: Array
    x: Array
    gradient_norm: Array
    status: IntArray
    steps: IntArray
    method: str = field(default="", metadata=shared())

    def count(self) -> dict[str, int]:
        """Number of runs that ended in each status, by its name in lower case."""
        return {s.name.lower(): int((self.status == s).sum()) for s in SearchStatus}

    def converged(self) -> Self:
        """The runs that found a critical point."""
        return self[self.status == SearchStatus.CONVERGED]

    def __repr__(self) -> str:
        return f"SearchRuns({self.method}: {in_words(self.count()) or 'none'})"


def search(
    landscape: Landscape,
    starts: npt.ArrayLike,
    method: SearchMethod,
    max_steps: int = 500,
    progress: Callable[[int, int], None] | None = None,
) -> SearchRuns:
    """Look for a critical point from each start.

    Parameters
    ----------
    starts : (m, n)
    method : SearchMethod
        For example `Newton()` or `EigenvectorFollowing(index=1)`.
    max_steps : int
        Steps after which a run ends as `STEP_LIMIT`.
    progress : callable, optional
        Called after each step with its number and how many searches still run or wait.

    Returns
    -------
    SearchRuns
        One row a start, in their order.

    Raises
    ------
    ValueError
        If `starts` has the wrong shape or `max_steps` is negative.

    Examples
    --------
    >>> import landscape
    >>> camel = landscape.problem("six_hump_camel")
    >>> runs = landscape.search(camel, [[0.5, 0.1], [1.2, 0.5]], landscape.EigenvectorFollowing(index=2))
    >>> runs.x.round(4).tolist()
    [[1.2302, 0.1623], [1.2302, 0.1623]]
    """
    x = landscape.manifold.normalize(as_batch(starts, landscape.dim, "starts"))
    if max_steps < 0:
        raise ValueError(f"max_steps is {max_steps} but must not be negative")

    def searched(part: slice) -> SearchRuns:
        waiting = len(x) - part.stop

        def observe(number: int, active: IntArray, state: Any) -> None:
            if progress is not None:
                progress(number, active.size + waiting)

        return _search(landscape, x[part], method, max_steps, observe)

    return SearchRuns.concatenate([searched(part) for part in parts(len(x), _numbers(landscape, method), _TOGETHER)])


def _search(
    landscape: Landscape, x: Array, method: SearchMethod, max_steps: int, observe: Observer | None
) -> SearchRuns:
    """`search` from starts that fit into memory together."""
    with np.errstate(all="ignore"):
        first = Search(x, landscape.gradient(x), np.full(len(x), 0.1 * landscape.diagonal), x)
        memory = method.init(landscape, x)
        memory_type = type(memory)
        state_type = with_memory(Search, memory_type)
        status = np.where(_lost(landscape, first), SearchStatus.LEFT_DOMAIN, RUNNING)
        status[~np.isfinite(first.gradient).all(axis=1)] = SearchStatus.NON_FINITE

        def step(state: Any) -> tuple[Any, IntArray]:
            common = len(Search._fields)
            run = Search(*state[:common])
            run, memory, now = method.step(landscape, run, memory_type(*state[common:]))
            lost = (now != SearchStatus.NON_FINITE) & _lost(landscape, run)
            return state_type(*run, *memory), np.where(lost, SearchStatus.LEFT_DOMAIN, now)

        state, status, steps = run_active_set(step, state_type(*first, *memory), status, max_steps, observe)
        residual = norm(landscape.manifold.project(state.x, state.gradient))
    return SearchRuns(x, state.x, residual, status, steps, method=repr(method))


def _numbers(landscape: Landscape, method: SearchMethod) -> int:
    """How many numbers the largest array of one search has: a Hessian's, for methods that propose steps by it."""
    return landscape.dim ** (2 if hasattr(method, "propose") else 1)


def _lost(landscape: Landscape, run: Search) -> BoolArray:
    """Which searches are outside the domain or too far from their start, (m,)."""
    distance = landscape.manifold.distance(run.x, run.start)
    return ~landscape.inside(run.x) | (distance > FAR * landscape.diagonal)
