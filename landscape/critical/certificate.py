"""Certificates: a ball in which exactly one critical point exists, and over which its index cannot change."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum

import numpy as np

from landscape.arrays import Array, norm
from landscape.critical.points import CriticalPoints
from landscape.critical.trust_region import gradient_noise
from landscape.function import Landscape
from landscape.manifolds import Euclidean, Torus
from landscape.spectrum.dense import tangent_system

_HALVINGS = np.arange(40)  # of the diagonal: sizes of the balls that are tried
_SAMPLED_HALVINGS = np.arange(3, 21, 3)  # fewer where each costs Hessians
_SAMPLES = 8  # directions in which the Lipschitz constant is sampled where no bound is known
_SAFETY = 2.0  # by which a sampled Lipschitz constant is enlarged


class Certificate(IntEnum):
    """What a point's certified radius rests on."""

    NONE = 0
    """No ball was found: the point is degenerate, or too far from the critical point."""
    ESTIMATED = 1
    """On a Lipschitz constant of the Hessian that was sampled."""
    RIGOROUS = 2
    """On a bound of the third derivative that the landscape supplies."""


def certify(landscape: Landscape, points: CriticalPoints) -> CriticalPoints:
    """The same points with their certificates.

    With mu the smallest |eigenvalue| at x less its error, g the gradient with its rounding, and K a Lipschitz
    constant of the Hessian over the ball of radius r, the theorem of Newton and Kantorovich (Ortega & Rheinboldt
    1970, *Iterative Solution of Nonlinear Equations in Several Variables*, Theorem 12.6.2) gives exactly one critical
    point in the ball if

        K r <= mu,   h = K |g| / mu^2 <= 1/2   and   (1 - sqrt(1 - 2 h)) mu / K <= r,

    and by Weyl's inequality no eigenvalue changes its sign in it. The largest r that qualifies is searched among the
    halvings of the landscape's diagonal. Where a symmetry has zero modes, the ball is one across them.

    Returns
    -------
    CriticalPoints
        With `certificate` and `certified_radius`; 0 where there is none, infinite where the Hessian is constant.
    """
    if len(points) == 0:
        return points
    system = tangent_system(landscape, points.x)
    curvatures = np.sort(np.abs(points.eigenvalues), axis=1)  # the symmetry's zero modes come first
    smallest = np.minimum(points.orbit_dimension, curvatures.shape[1] - 1)[:, None]
    mu = np.take_along_axis(curvatures, smallest, axis=1)[:, 0] - points.eigenvalue_error
    slope = points.gradient_norm + gradient_noise(landscape, points.x, system)

    bound = landscape.hessian_lipschitz if has_rigorous_certificates(landscape) else None
    radius = np.zeros(len(points))
    for size in landscape.diagonal * 2.0 ** -(_SAMPLED_HALVINGS if bound is None else _HALVINGS):
        reach = np.full(len(points), size)
        with np.errstate(all="ignore"):
            lipschitz = bound(points.x, reach) if bound else _sampled_lipschitz(landscape, points, size)
            r = np.where(lipschitz > 0, np.minimum(reach, mu / lipschitz), np.inf)
            h = lipschitz * slope / mu**2
            nearest = np.where(lipschitz > 0, (1 - np.sqrt(1 - 2 * h)) * mu / lipschitz, slope / mu)
            holds = (mu > 0) & (h <= 0.5) & (nearest <= r)
        radius = np.maximum(radius, np.where(holds, r, 0.0))
        if (radius >= size / 2).all():
            break
    kind = Certificate.ESTIMATED if bound is None else Certificate.RIGOROUS
    return replace(points, certified_radius=radius, certificate=np.where(radius > 0, kind, Certificate.NONE))


def has_rigorous_certificates(landscape: Landscape) -> bool:
    """Whether the landscape supplies what a rigorous certificate needs: a bound, exact derivatives, a flat manifold."""
    flat = isinstance(landscape.manifold, Euclidean | Torus)
    return flat and landscape.hessian_lipschitz is not None and landscape.provenance.hessian == "exact"


def _sampled_lipschitz(landscape: Landscape, points: CriticalPoints, size: float) -> Array:
    """A Lipschitz constant of the Hessian's eigenvalues from a few directions, enlarged, (m,)."""
    manifold, x = landscape.manifold, points.x
    rng = np.random.default_rng(0)
    largest = np.zeros(len(x))
    for _ in range(_SAMPLES):
        direction = manifold.project(x, rng.standard_normal(x.shape))
        moved = manifold.retract(x, direction * (size / norm(direction))[:, None])
        change = np.linalg.eigvalsh(tangent_system(landscape, moved).hessian) - points.eigenvalues
        largest = np.maximum(largest, np.abs(change).max(axis=1))
    return _SAFETY * largest / size
