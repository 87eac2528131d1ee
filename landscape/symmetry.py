"""Symmetries of a landscape: when two points are the same point, and which directions are flat
for that reason.

A symmetry supplies a *fingerprint* (numbers that every element of the group leaves alone, for finding
candidates quickly), the *distance modulo the group* (which decides), the *zero modes* (tangent vectors of its
orbits, along which the Hessian at a critical point vanishes) and, for a finite group, the *size of an orbit*
(which weighs a point in a Morse sum).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment

from landscape.arrays import Array, IntArray, dot, norm, transpose
from landscape.manifolds import Manifold

_POINTS_PER_BLOCK = 256
_PAIRS_PER_BLOCK = 4_000_000  # elements of the largest temporary array in an alignment, about 100 MB in all
_GOOD_MATCH = 5.0  # matches up to this many times the smallest misfit are refined


class Symmetry(Protocol):
    """What every symmetry offers."""

    def fingerprint(self, manifold: Manifold, x: Array) -> Array:
        """Invariants of the orbit of `x`, (..., m), none of which moves faster than twice as fast as `x`."""

    def distance(self, manifold: Manifold, x: Array, y: Array, within: float = np.inf) -> Array:
        """Distance between the orbits of `x` and `y`, (...); exact where it is below `within`, `inf` or an
        upper bound elsewhere."""

    def zero_modes(self, x: Array) -> Array:
        """Orthonormal columns that span the tangent space of the orbit of `x`, (..., n, k); a column of zeros
        fills the place where the orbit of a special point has fewer than k dimensions."""

    def orbit_size(self, manifold: Manifold, x: Array) -> IntArray | None:
        """How many points the orbit of each `x` has, (...); None where the group is not finite."""


@dataclass(frozen=True)
class Identity:
    """No symmetry: every point is its own."""

    def fingerprint(self, manifold: Manifold, x: Array) -> Array:
        return manifold.embed(x)

    def distance(self, manifold: Manifold, x: Array, y: Array, within: float = np.inf) -> Array:
        return manifold.distance(x, y)

    def zero_modes(self, x: Array) -> Array:
        return np.zeros((*x.shape, 0))

    def orbit_size(self, manifold: Manifold, x: Array) -> IntArray | None:
        return np.ones(x.shape[:-1], dtype=np.int64)


@dataclass(frozen=True)
class SignFlip:
    """x and -x are the same point."""

    def fingerprint(self, manifold: Manifold, x: Array) -> Array:
        here, there = manifold.embed(x), manifold.embed(manifold.normalize(-x))
        return np.concatenate([(here + there) / 2, np.abs(here - there) / 2], axis=-1)

    def distance(self, manifold: Manifold, x: Array, y: Array, within: float = np.inf) -> Array:
        return np.minimum(manifold.distance(x, y), manifold.distance(x, manifold.normalize(-y)))

    def zero_modes(self, x: Array) -> Array:
        return np.zeros((*x.shape, 0))

    def orbit_size(self, manifold: Manifold, x: Array) -> IntArray | None:
        fixed = manifold.distance(x, manifold.normalize(-x)) < 1e-6 * manifold.length_scale
        return np.where(fixed, 1, 2).astype(np.int64)


@dataclass(frozen=True)
class ParticleSymmetry:
    """Identical particles in three dimensions: permutations, translations, rotations and, unless told
    otherwise, reflections.

    Parameters
    ----------
    particles : int
        Number of particles N; a point is their concatenated coordinates, shape (..., 3 N).
    reflection : bool
        Whether mirror images are the same point.
    """

    particles: int
    reflection: bool = True

    def fingerprint(self, manifold: Manifold, x: Array) -> Array:
        """All pair distances in increasing order, (..., N (N - 1) / 2)."""
        r = self._positions(x)
        i, j = np.triu_indices(self.particles, k=1)
        return np.sort(norm(r[..., i, :] - r[..., j, :]), axis=-1)

    def zero_modes(self, x: Array) -> Array:
        """Three translations and the rotations: three, or two for a linear arrangement, (..., 3 N, 6)."""
        r = self._positions(x)
        r = r - r.mean(axis=-2, keepdims=True)
        axes = np.eye(3)
        shape = (*x.shape[:-1], 3, x.shape[-1])
        translations = np.broadcast_to(np.tile(axes, self.particles) / np.sqrt(self.particles), shape)
        # Rotations of a centred structure are orthogonal to translations, and to each other about its principal axes.
        turns = np.cross(axes[:, None, :], r[..., None, :, :]).reshape(shape)
        moments, principal = np.linalg.eigh(turns @ transpose(turns))
        kept = moments > 1e-12 * moments[..., -1:]
        length = np.sqrt(np.where(kept, moments, 1.0))
        rotations = (transpose(principal) @ turns) * (kept / length)[..., None]
        return transpose(np.concatenate([translations, rotations], axis=-2))

    def orbit_size(self, manifold: Manifold, x: Array) -> IntArray | None:
        return None

    def distance(self, manifold: Manifold, x: Array, y: Array, within: float = np.inf) -> Array:
        """Distance after the best alignment.

        The farthest particle of `x` from the centroid and the one that spans the largest triangle with it fix
        a frame. Every pair of particles of `y` that could be their images fixes another; in each, particles
        are matched to their nearest, and the match is refined by the optimal rotation (Kabsch, Acta Cryst.
        A32, 922, 1976). Congruent structures are always recognised. For structures far apart the result is an
        upper bound.
        """
        x, y = np.broadcast_arrays(x, y)
        flat_x, flat_y = x.reshape(-1, x.shape[-1]), y.reshape(-1, y.shape[-1])
        result = np.full(len(flat_x), np.inf)
        for start in range(0, len(flat_x), _POINTS_PER_BLOCK):
            part = slice(start, start + _POINTS_PER_BLOCK)
            result[part] = self._aligned_distance(flat_x[part], flat_y[part], within)
        return result.reshape(x.shape[:-1])

    def _positions(self, x: Array) -> Array:
        return x.reshape(*x.shape[:-1], self.particles, 3)

    def _aligned_distance(self, x: Array, y: Array, within: float) -> Array:
        """`distance` for two batches of shape (m, 3 N), giving (m,)."""
        r, q = self._positions(x), self._positions(y)
        if self.particles == 1:
            return np.zeros(len(x))
        r = r - r.mean(axis=1, keepdims=True)
        q = q - q.mean(axis=1, keepdims=True)
        m = np.arange(len(r))
        first = norm(r).argmax(axis=1)
        anchor = r[m, first]
        span = norm(np.cross(anchor[:, None], r))
        span[m, first] = -1.0  # on a line every span is zero, and the partner must still be another particle
        partner = r[m, span.argmax(axis=1)]

        # Particles as they are numbered first: the result is never farther than x and y themselves.
        result = _kabsch_distance(r, q)
        pairs = np.broadcast_to(~np.eye(self.particles, dtype=bool), (len(r), self.particles, self.particles))
        if np.isfinite(within):
            radius = norm(q)
            slack = within * (norm(anchor) + norm(partner)) + within**2
            pairs = pairs & (np.abs(radius - norm(anchor)[:, None]) <= within)[:, :, None]
            pairs &= (np.abs(radius - norm(partner)[:, None]) <= within)[:, None, :]
            pairs &= np.abs(q @ transpose(q) - dot(anchor, partner)[:, None, None]) <= slack[:, None, None]
        owner, a, b = np.nonzero(pairs)
        if owner.size == 0:
            return result
        if 2 * owner.size * self.particles**2 > _PAIRS_PER_BLOCK and len(x) > 1:
            half = len(x) // 2  # too many frames to hold at once
            parts = (slice(half), slice(half, None))
            return np.concatenate([self._aligned_distance(x[part], y[part], within) for part in parts])

        frames_x = _frames(anchor, partner)[owner]
        frames_y = _frames(q[owner, a], q[owner, b])
        if self.reflection:
            mirrored = frames_y * np.array([1.0, 1.0, -1.0])
            owner, frames_x = np.tile(owner, 2), np.tile(frames_x, (2, 1, 1))
            frames_y = np.concatenate([frames_y, mirrored])
        turned_x, turned_y = r[owner] @ frames_x, q[owner] @ frames_y
        gaps = norm(turned_x[:, :, None] - turned_y[:, None])
        match = gaps.argmin(axis=2)
        misfit = gaps.min(axis=2).sum(axis=1)
        # A structure that is nearly symmetric has many good matches: all of them are refined, for a frame's
        # misfit does not tell which is best. Of matches that are no permutation only the best is repaired.
        one_to_one = (np.sort(match, axis=1) == np.arange(self.particles)).all(axis=1)
        best = _argmin_by_owner(owner, misfit, len(r))
        limit = np.where(best >= 0, _GOOD_MATCH * misfit[best], 0.0)
        best = best[best >= 0]
        good = one_to_one & (misfit <= limit[owner])
        good[best] = True
        chosen = np.nonzero(good)[0]
        permutation = match[chosen]
        for k in np.nonzero(~one_to_one[chosen])[0]:
            permutation[k] = linear_sum_assignment(gaps[chosen[k]])[1]
        matched = np.take_along_axis(turned_y[chosen], permutation[:, :, None], axis=1)
        np.minimum.at(result, owner[chosen], _kabsch_distance(turned_x[chosen], matched))
        return result


def _frames(anchor: Array, partner: Array) -> Array:
    """Right-handed orthonormal frames in columns whose first axes span `anchor` and `partner`, (m, 3, 3)."""
    length = norm(anchor)[:, None]
    e1 = np.divide(anchor, length, out=np.tile([1.0, 0.0, 0.0], (len(anchor), 1)), where=length > 0)
    across = partner - e1 * dot(e1, partner)[:, None]
    # On a line any perpendicular will do: take the coordinate axis that leans least along it.
    linear = norm(across) <= 1e-9 * length[:, 0]
    if linear.any():
        axis = np.eye(3)[np.abs(e1).argmin(axis=1)]
        across = np.where(linear[:, None], axis - e1 * dot(e1, axis)[:, None], across)
    e2 = across / norm(across)[:, None]
    return np.stack([e1, e2, np.cross(e1, e2)], axis=-1)


def _argmin_by_owner(owner: IntArray, cost: Array, owners: int) -> IntArray:
    """For each owner the position of its cheapest entry, -1 where it has none."""
    order = np.lexsort((cost, owner))
    first = np.full(owners, -1, dtype=np.int64)
    unique, position = np.unique(owner[order], return_index=True)
    first[unique] = order[position]
    return first


def _kabsch_distance(r: Array, q: Array) -> Array:
    """Distance of centred, matched structures after the optimal rotation, (m,)."""
    u, _, vt = np.linalg.svd(transpose(q) @ r)
    handedness = np.sign(np.linalg.det(u @ vt))
    u = u.copy()
    u[..., :, -1] *= handedness[:, None]
    return norm((q @ (u @ vt) - r).reshape(len(r), -1))
