"""Certificates: a ball in which exactly one critical point exists, and over which its index cannot change."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum

import numpy as np

from landscape.arrays import Array, norm
from landscape.batch import parts
from landscape.critical.points import CriticalPoints
from landscape.critical.trust_region import gradient_noise
from landscape.function import Landscape
from landscape.manifolds import Euclidean, Manifold, Product, Sphere, Torus
from landscape.spectrum.dense import tangent_system

_BLOCK = 2**20  # Hessian entries of the points that are certified together
_HALVINGS = np.concatenate([[-np.inf], np.arange(40.0)])  # of the diagonal: sizes of the balls that are tried
_SAMPLED_HALVINGS = np.arange(3.0, 21.0, 3.0)  # fewer where each costs Hessians
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

    With mu the smallest |eigenvalue| at x less its error, g the gradient with its rounding, and K a Lipschitz constant
    of the Hessian, carried along geodesics, over the ball of radius r round x, there is exactly one critical point in
    the ball if it is convex and

        K r <= mu,   h = K |g| / mu^2 <= 1/4   and   t = (1 - sqrt(1 - 2 h)) mu / K <= r,

    and by Weyl's inequality no eigenvalue changes its sign in it. The theorem of Newton and Kantorovich (Ortega &
    Rheinboldt 1970, *Iterative Solution of Nonlinear Equations in Several Variables*, Theorem 12.6.2; on manifolds
    Ferreira & Svaiter, J. Complexity 18, 304, 2002) asks for h <= 1/2 only; with 1/4 the proof is short.

    There is one: on the path x' = -H^{-1} grad f from x the gradient falls as exp(-time), and after a length s no
    |eigenvalue| is below mu - K s. So (mu - K s) ds <= |g| exp(-time) d(time), hence mu s - K s^2 / 2 < |g|, which
    means s < t, and the path ends at a critical point p. There is no other: if q is one at distance l from p, the
    gradient carried along the geodesic from p to q changes by at least (mu - K t) l - K l^2 / 2, and by nothing, so
    that l >= 2 sqrt(1 - 2 h) mu / K, but within the ball l <= t + r <= (2 - sqrt(1 - 2 h)) mu / K, which is less.

    The largest r that qualifies is searched among the halvings of the landscape's diagonal. Where a symmetry has zero
    modes, the ball is one in the affine space across them, on which the Hessian is the projected one: what is critical
    there is critical in all directions as long as the ball is smaller than the structure.

    Parameters
    ----------
    points : CriticalPoints
        Of this landscape.

    Returns
    -------
    CriticalPoints
        With `certificate` and `certified_radius`, a length; 0 where there is none, infinite where the Hessian is
        constant.

    Examples
    --------
    >>> import landscape
    >>> himmelblau = landscape.problem("himmelblau")
    >>> point = landscape.certify(himmelblau, landscape.classify(himmelblau, [3.0, 2.0]))
    >>> landscape.Certificate(point.certificate[0]).name, float(point.certified_radius[0].round(3))
    ('RIGOROUS', 0.265)
    """
    blocks = [_balls(landscape, points[rows]) for rows in parts(len(points), landscape.dim**2, _BLOCK)]
    radius = np.concatenate(blocks)
    kind = Certificate.RIGOROUS if has_rigorous_certificates(landscape) else Certificate.ESTIMATED
    return replace(points, certified_radius=radius, certificate=np.where(radius > 0, kind, Certificate.NONE))


def has_rigorous_certificates(landscape: Landscape) -> bool:
    """Whether the landscape supplies what a rigorous certificate needs: a bound, exact derivatives, and a manifold
    whose small balls are known to be convex, a flat one if its points have orbits."""
    if landscape.hessian_lipschitz is None or landscape.provenance.hessian != "exact":
        return False
    convex = _convexity_radius(landscape.manifold)
    point = landscape.manifold.normalize(np.ones(landscape.dim))
    return convex == np.inf or (convex > 0 and landscape.symmetry.zero_modes(point).shape[-1] == 0)


def _balls(landscape: Landscape, points: CriticalPoints) -> Array:
    """Certified radii of a block of points, (m,)."""
    if len(points) == 0:
        return np.zeros(0)
    system = tangent_system(landscape, points.x)
    curvatures = np.sort(np.abs(points.eigenvalues), axis=1)  # the symmetry's zero modes come first
    smallest = np.minimum(points.orbit_dimension, curvatures.shape[1] - 1)[:, None]
    mu = np.take_along_axis(curvatures, smallest, axis=1)[:, 0] - points.eigenvalue_error
    slope = points.gradient_norm + gradient_noise(landscape, points.x, system)

    bound = landscape.hessian_lipschitz if has_rigorous_certificates(landscape) else None
    halvings = _SAMPLED_HALVINGS if bound is None else _HALVINGS
    convex = _convexity_radius(landscape.manifold)
    radius = np.zeros(len(points))
    for size in np.minimum(landscape.diagonal * 2.0**-halvings, convex if convex > 0 else np.inf):
        with np.errstate(all="ignore"):
            reach = np.full(len(points), size)
            lipschitz = bound(points.x, reach) if bound else _sampled_lipschitz(landscape, points, size)
            r = np.minimum(reach, mu / lipschitz)
            h = lipschitz * slope / mu**2
            nearest = 2 * slope / (mu * (1 + np.sqrt(1 - 2 * h)))
            holds = (mu > 0) & (h <= 0.25) & (nearest <= r)
        radius = np.maximum(radius, np.where(holds, r, 0.0))
        if (radius >= size / 2).all():
            break
    return radius


def _convexity_radius(manifold: Manifold) -> float:
    """A radius up to which balls are convex, on the torus those of its universal cover; 0 where none is known."""
    match manifold:
        case Euclidean() | Torus():
            return np.inf
        case Sphere():
            return manifold.radius  # less than a quarter of a great circle
        case Product():
            return min(_convexity_radius(factor) for factor in manifold.factors)
        case _:
            return 0.0


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
