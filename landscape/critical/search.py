"""The search loop: any method, from many starts at once, each with its own status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, BoolArray, IntArray, as_batch, matvec, norm
from landscape.batch import RUNNING, run_active_set, with_memory
from landscape.function import Landscape
from landscape.results import Results, shared
from landscape.spectrum.dense import TangentSystem, tangent_system

POSITION_TOLERANCE = 1e-9  # a search has converged when its step is this small in units of the length scale
FAR = 100  # a search is lost when it is this many diagonals from its start
FLAT_TOLERANCE = 1e-3  # relative change of the gradient's norm, to first order, across the landscape's diagonal


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


@dataclass(frozen=True)
class Proposal:
    """A method's step in tangent coordinates.

    Attributes
    ----------
    step : (m, d)
    residual : (m, d)
        The gradient that the quadratic model expects after the step.
    """

    step: Array
    residual: Array


@dataclass(frozen=True)
class GradientNorms:
    """Norms of the gradient by which a step is judged, each (m,).

    Attributes
    ----------
    before, after : (m,)
        At the point and at the end of the proposed step.
    expected : (m,)
        What the quadratic model expects after the step.
    deviation : (m,)
        Norm of the difference between the gradient after the step and the model's.
    """

    before: Array
    after: Array
    expected: Array
    deviation: Array


class SearchMethod(Protocol):
    """A way to look for critical points.

    A newcomer writes these three methods; evaluation, statuses, merging and classification are the library's.
    """

    def init(self, landscape: Landscape, x: Array) -> Any:
        """The memory before the first step: a named tuple of arrays of leading length m."""

    def propose(self, landscape: Landscape, system: TangentSystem, radius: Array, memory: Any) -> tuple[Proposal, Any]:
        """A step of at most `radius` (m,) for each member, and the new memory."""

    def judge(self, norms: GradientNorms) -> tuple[BoolArray, Array]:
        """Whether to take the step, and the factor by which the trust radius changes, (m,) and (m,)."""


@dataclass(frozen=True, eq=False, repr=False)
class SearchRuns(Results):
    """Where each search ended.

    Attributes
    ----------
    x : (m, n)
    gradient_norm : (m,)
    status : (m,)
        `SearchStatus`.
    steps : (m,)
    """

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
        counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in self.count().items() if number)
        return f"SearchRuns({self.method}: {counts or 'none'})"


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
        Called after each step with its number and how many searches still run.

    Returns
    -------
    SearchRuns
        One row a start, in their order.

    Raises
    ------
    ValueError
        If `starts` has the wrong shape or `max_steps` is negative.
    """
    x = landscape.manifold.normalize(as_batch(starts, landscape.dim, "starts"))
    if max_steps < 0:
        raise ValueError(f"max_steps is {max_steps} but must not be negative")
    diagonal = landscape.manifold.length_scale * np.sqrt(landscape.manifold.intrinsic_dim)

    def observe(number: int, active: IntArray, state: Any) -> None:
        if progress is not None:
            progress(number, active.size)

    with np.errstate(all="ignore"):
        first = Search(x, landscape.gradient(x), np.full(len(x), 0.1 * diagonal), x)
        memory = method.init(landscape, x)
        memory_type = type(memory)
        state_type = with_memory(Search, memory_type)
        status = np.where(np.isfinite(first.gradient).all(axis=1), RUNNING, SearchStatus.NON_FINITE)

        def step(state: Any) -> tuple[Any, IntArray]:
            common = len(Search._fields)
            run, memory, now = _advance(
                landscape, method, Search(*state[:common]), memory_type(*state[common:]), diagonal
            )
            return state_type(*run, *memory), now

        state, status, steps = run_active_set(step, state_type(*first, *memory), status, max_steps, observe)
        residual = norm(landscape.manifold.project(state.x, state.gradient))
    return SearchRuns(state.x, residual, status, steps, method=repr(method))


def _advance(
    landscape: Landscape, method: SearchMethod, state: Search, memory: Any, diagonal: float
) -> tuple[Search, Any, IntArray]:
    """One step of every search, the method's new memory, and what became of each."""
    manifold = landscape.manifold
    system = tangent_system(landscape, state.x, state.gradient)
    usable = system.finite
    if not usable.all():
        system = _without_unusable(system, usable)
    proposal, memory = method.propose(landscape, system, state.radius, memory)
    moved = manifold.retract(state.x, system.ambient(proposal.step))
    gradient = landscape.gradient(moved)

    projected = manifold.project(moved, gradient)
    model = manifold.project(moved, system.ambient(proposal.residual))
    norms = GradientNorms(
        before=norm(system.gradient),
        after=norm(projected),
        expected=norm(proposal.residual),
        deviation=norm(projected - model),
    )
    accepted, factor = method.judge(norms)
    accepted &= np.isfinite(norms.after)
    radius = np.minimum(state.radius * np.where(accepted, factor, np.minimum(factor, 0.25)), diagonal)

    noise = norms.before <= gradient_noise(landscape, state.x, system)
    solved = noise | (norms.expected <= 0.5 * norms.before)
    still = norm(proposal.step) <= POSITION_TOLERANCE * manifold.length_scale
    slope = norm(matvec(system.hessian, system.gradient)) * diagonal
    flat = ~noise & (slope <= FLAT_TOLERANCE * norms.before**2)
    lost = ~landscape.inside(state.x) | (manifold.distance(state.x, state.start) > FAR * diagonal)
    status = np.select(
        [~usable, lost, still & solved, flat],
        [SearchStatus.NON_FINITE, SearchStatus.LEFT_DOMAIN, SearchStatus.CONVERGED, SearchStatus.FLAT],
        RUNNING,
    )
    # The others end where they were judged.
    take = accepted & ((status == RUNNING) | (status == SearchStatus.CONVERGED))
    x = np.where(take[:, None], moved, state.x)
    return Search(x, np.where(take[:, None], gradient, state.gradient), radius, state.start), memory, status


def _without_unusable(system: TangentSystem, usable: BoolArray) -> TangentSystem:
    """Put harmless numbers where derivatives are not finite, so that solvers do not stumble over them."""
    return TangentSystem(
        np.where(usable[:, None], system.gradient, 0.0),
        np.where(usable[:, None, None], system.hessian, np.eye(system.hessian.shape[-1])),
        system.basis,
        np.where(usable[:, None, None], system.zero_modes, 0.0),
    )


def gradient_noise(landscape: Landscape, x: Array, system: TangentSystem) -> Array:
    """The gradient norm that rounding alone leaves at a critical point, (m,): |H| times the spacing of the
    coordinates."""
    spacing = landscape.provenance.relative_error * (landscape.manifold.length_scale + norm(x))
    return 16 * spacing * system.scale


def model_residual(system: TangentSystem, step: Array) -> Array:
    """The gradient expected after a step, g + H s, (m, d)."""
    return system.gradient + matvec(system.hessian, step)


def shorten(step: Array, radius: Array) -> Array:
    """Scale steps (m, d) down to at most `radius` (m,)."""
    return step * np.minimum(1.0, radius / np.maximum(norm(step), np.finfo(np.float64).tiny))[:, None]
