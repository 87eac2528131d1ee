"""Steps by the dense Hessian within a trust radius: what Newton's method and eigenvector following share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray, matvec, norm
from landscape.batch import RUNNING
from landscape.critical.search import Search, SearchStatus
from landscape.function import Landscape
from landscape.spectrum.dense import TangentSystem, tangent_system

POSITION_TOLERANCE = 1e-9  # a search has converged when its step is this small in units of the length scale
FLAT_TOLERANCE = 1e-3  # relative change of the gradient's norm, to first order, across the landscape's diagonal


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


class TrustRegionMethod(Protocol):
    """A search method that steps by the dense Hessian."""

    def propose(self, landscape: Landscape, system: TangentSystem, radius: Array, memory: Any) -> tuple[Proposal, Any]:
        """A step of at most `radius` (m,) for each member, and the new memory."""

    def judge(self, norms: GradientNorms) -> tuple[BoolArray, Array]:
        """Whether to take the step, and the factor by which the trust radius changes, (m,) and (m,)."""


def trust_region_step(
    landscape: Landscape, method: TrustRegionMethod, state: Search, memory: Any
) -> tuple[Search, Any, IntArray]:
    """One step of every search by the dense Hessian: propose, evaluate, judge.

    A search has converged when its step is tiny and, by the quadratic model, removes the gradient. It is flat where,
    to first order, the gradient's norm would hardly change across the whole landscape: the gradient lies in the
    Hessian's kernel.
    """
    manifold = landscape.manifold
    system = tangent_system(landscape, state.x, state.gradient)
    usable = system.finite
    if not usable.all():
        system = system.made_finite()
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
    radius = np.minimum(state.radius * np.where(accepted, factor, np.minimum(factor, 0.25)), landscape.diagonal)

    noise = norms.before <= gradient_noise(landscape, state.x, system)
    solved = noise | (norms.expected <= 0.5 * norms.before)
    still = norm(proposal.step) <= POSITION_TOLERANCE * manifold.length_scale
    flat = ~noise & (norm(system.slope) * landscape.diagonal <= FLAT_TOLERANCE * norms.before**2)
    status = np.select(
        [~usable, still & solved, flat],
        [SearchStatus.NON_FINITE, SearchStatus.CONVERGED, SearchStatus.FLAT],
        RUNNING,
    )
    # The others end where they were judged.
    take = accepted & ((status == RUNNING) | (status == SearchStatus.CONVERGED))
    return state.moved(take, moved, gradient, radius), memory, status


def gradient_noise(landscape: Landscape, x: Array, system: TangentSystem) -> Array:
    """The gradient norm that rounding alone leaves at a critical point, (m,): |H| times the spacing of the
    coordinates."""
    spacing = landscape.provenance.relative_error * (landscape.manifold.length_scale + norm(x))
    return 16 * spacing * system.scale


def model_residual(system: TangentSystem, step: Array) -> Array:
    """The gradient expected after a step, g + H s, (m, d)."""
    return system.gradient + matvec(system.hessian, step)


def followed_step(eigenvalues: Array, slope: Array, uphill: Array, length: float) -> Array:
    """Steps along eigenvectors, +-2 g / (|lambda| + sqrt(lambda^2 + 4 g^2 / l^2)), (m, d): a Newton step near a saddle
    of the right index, and never longer than l (Wales, J. Chem. Phys. 101, 3750, 1994, eq. 4).

    Parameters
    ----------
    eigenvalues, slope : (m, d)
        lambda and g of each eigenvector.
    uphill : (m, d)
        1 for those that are climbed, -1 for the others.
    length : float
        l.
    """
    curvature = np.abs(eigenvalues) + np.sqrt(eigenvalues**2 + 4 * (slope / length) ** 2)
    return uphill * 2 * slope / (curvature + np.finfo(np.float64).tiny)


def shorten(step: Array, radius: Array) -> Array:
    """Scale steps (m, d) down to at most `radius` (m,)."""
    return step * np.minimum(1.0, radius / np.maximum(norm(step), np.finfo(np.float64).tiny))[:, None]
