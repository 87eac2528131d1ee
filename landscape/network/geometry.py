"""The vector from one point of a manifold to another, the nearest copy of a point, and the ways down from a saddle."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.spatial.transform import Rotation

from landscape.arrays import Array, norm
from landscape.function import Landscape
from landscape.manifolds import Manifold, Product, Torus
from landscape.particles import ParticleSymmetry
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.eigensystem import eigensystem
from landscape.symmetry import SignFlip

_ANTIPODAL = 1e-8  # part of the distance that is left of its projection, below which points are opposite
_ORIENTATIONS = 60
_MATCHES = 8


def displacement(manifold: Manifold, x: Array, y: Array) -> Array:
    """The tangent vector at `x` (..., n) towards `y` (..., n), as long as the distance between them.

    On a sphere the direction of the great circle; between antipodes, where every direction will do, that of the tangent
    basis' first vector.
    """
    if isinstance(manifold, Torus):
        periods = np.asarray(manifold.periods)
        difference = y - x
        shortest: Array = difference - periods * np.round(difference / periods)
        return shortest
    if isinstance(manifold, Product):
        x, y = np.broadcast_arrays(x, y)
        parts, start = [], 0
        for factor in manifold.factors:
            part = slice(start, start + factor.dim)
            parts.append(displacement(factor, x[..., part], y[..., part]))
            start += factor.dim
        return np.concatenate(parts, axis=-1)
    towards, distance = manifold.project(x, y - x), manifold.distance(x, y)
    antipodal = norm(towards) < _ANTIPODAL * distance
    if antipodal.any():
        towards = np.array(towards)
        towards[antipodal] = manifold.tangent_basis(np.broadcast_to(x, towards.shape)[antipodal])[..., 0]
    length = norm(towards)
    scale = np.divide(distance, length, out=np.zeros_like(length), where=length > 0)
    return towards * scale[..., None]


def aligned(landscape: Landscape, x: Array, y: Array) -> Array:
    """The copy of `y` (n,) under the landscape's symmetry that is nearest to `x` (n,), or nearly so.

    Particles are matched and turned by turns (assignment, then Kabsch's rotation) from many orientations; the best
    result need not be the nearest copy of all.
    """
    symmetry, manifold = landscape.symmetry, landscape.manifold
    if isinstance(symmetry, SignFlip):
        flipped = manifold.normalize(-y)
        return flipped if manifold.distance(x, flipped) < manifold.distance(x, y) else y
    if not isinstance(symmetry, ParticleSymmetry):
        return y
    r, q = x.reshape(-1, 3), y.reshape(-1, 3)
    centre = r.mean(axis=0) if symmetry.translation else np.zeros(3)
    r, q = r - centre, q - (q.mean(axis=0) if symmetry.translation else 0.0)
    best, least = q, np.inf
    quaternions = np.random.default_rng(0).standard_normal((_ORIENTATIONS, 4))
    for turn in Rotation.from_quat(quaternions).as_matrix():
        for mirror in (1.0, -1.0) if symmetry.reflection else (1.0,):
            turned = mirror * q @ turn
            for _ in range(_MATCHES):
                turned = turned[linear_sum_assignment(cdist(r, turned, "sqeuclidean"))[1]]
                turned = turned @ _best_rotation(turned, r)
            misfit = float(((r - turned) ** 2).sum())
            if misfit < least:
                best, least = turned, misfit
    return np.asarray(best + centre).reshape(-1)


def unstable_directions(landscape: Landscape, x: Array, number: int) -> tuple[Array, Array]:
    """The lowest eigenvectors at points (m, n), as (m, number, n), and their eigenvalues, (m, number)."""
    system = tangent_system(landscape, x)
    curvature, modes = eigensystem(system.lifted_hessian())
    axes = np.stack([system.ambient(modes[..., k]) for k in range(number)], axis=1)
    return axes, curvature[:, :number]


def _best_rotation(q: Array, r: Array) -> Array:
    """The rotation R that brings q R nearest to r, both (N, 3) (Kabsch 1976, Acta Cryst. A32, 922)."""
    u, _, vt = np.linalg.svd(q.T @ r)
    u[:, -1] *= np.sign(np.linalg.det(u @ vt))
    rotation: Array = u @ vt
    return rotation
