"""Identical particles in three dimensions: which structures are the same, and which are symmetric."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from landscape.arrays import Array, BoolArray, IntArray, dot, norm, transpose
from landscape.manifolds import Manifold

_POINTS_PER_BLOCK = 256
_PAIRS_PER_BLOCK = 4_000_000  # elements of the largest temporary array in an alignment, about 100 MB in all
_GOOD_MATCH = 5.0  # matches up to this many times the smallest misfit are refined
_FIXED = 1e-5  # a point nearer than this to its image, in units of the length scale, is its own image
_NO_TURN = 1e-12  # squared length, beside the largest, below which a rotation moves nothing
_MOST_PARTICLES = 20  # beyond, 2 N! does not fit 64 bits


@dataclass(frozen=True)
class ParticleSymmetry:
    """Identical particles in three dimensions: permutations, rotations and, unless told otherwise, reflections and
    translations.

    Parameters
    ----------
    particles : int
        Number of particles N; a point is their concatenated coordinates, shape (..., 3 N).
    reflection : bool
        Whether mirror images are the same point.
    translation : bool
        Whether displaced structures are the same point; if not, as for particles on a sphere, rotations and
        reflections are about the origin.
    """

    particles: int
    reflection: bool = True
    translation: bool = True

    def fingerprint(self, manifold: Manifold, x: Array) -> Array:
        """All pair distances in increasing order, (..., N (N - 1) / 2); without translations those from the origin
        come first."""
        r = self._positions(x)
        i, j = np.triu_indices(self.particles, k=1)
        pairs = np.sort(norm(r[..., i, :] - r[..., j, :]), axis=-1)
        return pairs if self.translation else np.concatenate([np.sort(norm(r), axis=-1), pairs], axis=-1)

    def zero_modes(self, x: Array) -> Array:
        """Three translations, if there are any, and the rotations: three, or two for a linear arrangement,
        (..., 3 N, 6) or (..., 3 N, 3)."""
        r = self._centred(x)
        modes = np.zeros((6, *r.shape))
        translations, rotations = modes[:3], modes[3:]
        for k in range(3):
            a, b = (k + 1) % 3, (k + 2) % 3
            translations[k, ..., k] = 1 / np.sqrt(self.particles)
            rotations[k, ..., a], rotations[k, ..., b] = -r[..., b], r[..., a]
        modes = modes.reshape(6, *x.shape)
        _orthonormalize(modes[3:])  # rotations of a centred structure are orthogonal to translations already
        return np.moveaxis(modes if self.translation else modes[3:], 0, -1)

    def orbit_size(self, manifold: Manifold, x: Array) -> IntArray | None:
        """How many structures, told apart by the particles' numbers and by handedness but not by where they are and
        how they are turned, are the same point, (...).

        With reflections 2 N! / |point group|, the number of permutation-inversion isomers (Wales 2003, *Energy
        Landscapes*, section 3.4), and half as many for a linear arrangement, whose every reflection is undone by a
        rotation. 0 where particles coincide. None for more than 20 particles, where 2 N! does not fit 64 bits: see
        `log_orbit_size`.
        """
        if self.particles > _MOST_PARTICLES:
            return None
        elements = (2 if self.reflection else 1) * math.factorial(self.particles)
        order = self.point_group_order(manifold, x)
        return np.where(order > 0, elements // np.maximum(order, 1), 0)

    def log_orbit_size(self, manifold: Manifold, x: Array) -> Array:
        """The natural logarithm of `orbit_size` for any number of particles, (...); not a number where they
        coincide.

        Examples
        --------
        >>> import landscape
        >>> ring = np.exp(2j * np.pi * np.arange(30) / 30)
        >>> x = np.stack([ring.real, ring.imag, np.zeros(30)], axis=-1).ravel()
        >>> isomers = landscape.ParticleSymmetry(30).log_orbit_size(landscape.Euclidean(90), x)
        >>> bool(np.isclose(isomers, math.log(math.factorial(30) // 60)))
        True
        """
        elements = math.lgamma(self.particles + 1) + (math.log(2) if self.reflection else 0.0)
        order = self.point_group_order(manifold, x)
        return np.where(order > 0, elements - np.log(np.maximum(order, 1)), np.nan)

    def point_group_order(self, manifold: Manifold, x: Array) -> IntArray:
        """How many of the permutations, with or without a reflection if these count, a rigid motion undoes, (...).

        The order of the point group; for a linear arrangement, whose point group is infinite, that of the group modulo
        rotations about the line, 4 with a centre and 2 without. 0 where particles coincide.

        A structure is laid onto itself in every pair of frames that could make it fit, see `distance`: a frame and a
        handedness leave one motion, which counts if every particle arrives at one.
        """
        if self.particles == 1:
            return np.full(x.shape[:-1], 2 if self.reflection else 1, dtype=np.int64)
        r = self._centred(x).reshape(-1, self.particles, 3)
        tolerance = _FIXED * manifold.length_scale
        order = np.zeros(len(r), dtype=np.int64)
        for frames in self._matches(r, r, tolerance):
            fixing = frames.one_to_one & (frames.gap.max(axis=1, initial=0.0) <= tolerance)
            order += np.bincount(frames.owner[fixing], minlength=len(r))
        return order.reshape(x.shape[:-1])

    def symmetrize(self, x: Array, rng: np.random.Generator) -> Array:
        """Each structure of `x`, (m, 3 N), given a rotation axis of prime order, a mirror plane or a centre.

        Every finite point group but the trivial one has an element of prime order (Cauchy's theorem), so that these
        reach all symmetric structures. The particles nearest to the axis, plane or centre are moved onto it; of the
        others the farthest stay, and their images take the places of the rest. How many stay is drawn uniformly."""
        r = self._centred(x)
        result = r.copy()
        elements = _elements_of_prime_order(self.particles, self.reflection)
        weight = np.array([1 / element.order for element in elements])
        drawn = rng.choice(len(elements), len(r), p=weight / weight.sum())
        share = rng.random(len(r))
        for number, element in enumerate(elements):
            choices = range(element.least, self.particles // element.order + 1)
            staying = element.least + (share * len(choices)).astype(np.int64)
            for orbits in choices:
                rows = np.flatnonzero((drawn == number) & (staying == orbits))
                result[rows] = _with_element(r[rows], element, orbits)
        return result.reshape(x.shape)

    def distance(self, manifold: Manifold, x: Array, y: Array, within: float = np.inf) -> Array:
        """Distance after the best alignment.

        The farthest particle of `x` from the centroid, or from the origin where there are no translations, and the one
        that spans the largest triangle with it fix a frame. Every pair of particles of `y` that could be their images
        fixes another; in each, particles are matched to their nearest, and the match is refined by the optimal
        rotation (Kabsch, Acta Cryst. A32, 922, 1976). Congruent structures are always recognised. For structures far
        apart the result is an upper bound.
        """
        x, y = np.broadcast_arrays(x, y)
        r, q = (self._centred(z).reshape(-1, self.particles, 3) for z in (x, y))
        result = np.full(len(r), np.inf)
        for frames in self._matches(r, q, within):
            chosen, permutation = frames.best()
            matched = np.take_along_axis(frames.q[chosen], permutation[:, :, None], axis=1)
            np.minimum.at(result, frames.owner[chosen], _kabsch_distance(frames.r[chosen], matched))
        # Particles as they are numbered: the result is never farther than x and y themselves.
        open_ = np.flatnonzero(~(result <= within) | np.isinf(within))
        result[open_] = np.minimum(result[open_], _kabsch_distance(r[open_], q[open_]))
        return result.reshape(x.shape[:-1])

    def _positions(self, x: Array) -> Array:
        return x.reshape(*x.shape[:-1], self.particles, 3)

    def _centred(self, x: Array) -> Array:
        """Positions relative to the point about which structures are turned, (..., N, 3)."""
        r = self._positions(x)
        return r - r.mean(axis=-2, keepdims=True) if self.translation else r

    def _matches(self, r: Array, q: Array, within: float) -> Iterator[_Matches]:
        """Structures `r` and `q`, (m, N, 3), in every pair of frames that could align them to `within`, in blocks."""
        m = len(r)
        every = np.arange(m)
        first = norm(r).argmax(axis=1)
        anchor = r[every, first]
        span = norm(np.cross(anchor[:, None], r))
        span[every, first] = -1.0  # on a line every span is zero, and the partner must still be another particle
        partner = r[every, span.argmax(axis=1)]
        frames_r = _frames(anchor, partner)

        blocks = [every[start : start + _POINTS_PER_BLOCK] for start in range(0, m, _POINTS_PER_BLOCK)]
        while blocks:
            rows = blocks.pop()
            owner, a, b = _images(q[rows], anchor[rows], partner[rows], within)
            if 2 * owner.size * self.particles**2 > _PAIRS_PER_BLOCK and len(rows) > 1:
                half = len(rows) // 2  # too many frames to hold at once
                blocks += [rows[:half], rows[half:]]
                continue
            owner = rows[owner]
            turned_r = r[owner] @ frames_r[owner]
            turned_q = q[owner] @ _frames(q[owner, a], q[owner, b])
            if self.reflection:
                owner, turned_r = np.tile(owner, 2), np.tile(turned_r, (2, 1, 1))
                turned_q = np.concatenate([turned_q, turned_q * np.array([1.0, 1.0, -1.0])])
            # The nearest has the least |q|^2 - 2 r.q, which one product gives for all pairs.
            nearest = ((turned_q**2).sum(axis=2)[:, None] - 2 * turned_r @ transpose(turned_q)).argmin(axis=2)
            gap = norm(turned_r - np.take_along_axis(turned_q, nearest[:, :, None], axis=1))
            yield _Matches(owner, turned_r, turned_q, nearest, gap)


class _Element(NamedTuple):
    """An element of a point group: its matrix (3, 3) for vectors in rows, the projection onto what it leaves alone
    (3, 3), its order, and how many orbits of particles that it moves a structure has at least."""

    matrix: Array
    fixed: Array
    order: int
    least: int


def _elements_of_prime_order(particles: int, reflection: bool) -> list[_Element]:
    """Rotations about the third axis and, if these count, the reflection across it and the inversion."""
    elements = []
    for order in filter(_is_prime, range(2, max(particles, 2) + 1)):
        c, s = np.cos(2 * np.pi / order), np.sin(2 * np.pi / order)
        turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        elements.append(_Element(turn, np.diag([0.0, 0.0, 1.0]), order, 0 if order == 2 else 1))  # 0: on a line
    if reflection:
        mirror = np.diag([1.0, 1.0, -1.0])
        elements.append(_Element(mirror, np.diag([1.0, 1.0, 0.0]), 2, 0))
        elements.append(_Element(-np.eye(3), np.zeros((3, 3)), 2, particles // 2))  # no two meet in the centre
    return elements


def _is_prime(number: int) -> bool:
    return all(number % divisor for divisor in range(2, math.isqrt(number) + 1))


def _with_element(r: Array, element: _Element, orbits: int) -> Array:
    """Structures (m, N, 3) with a symmetry that moves the particles of so many orbits."""
    outwards = norm(r - r @ element.fixed).argsort(axis=1)
    r = np.take_along_axis(r, outwards[:, :, None], axis=1)
    particles = r.shape[1]
    parts = [r[:, : particles - element.order * orbits] @ element.fixed]
    image = r[:, particles - orbits :]
    for _ in range(element.order):
        parts.append(image)
        image = image @ element.matrix
    return np.concatenate(parts, axis=1)


@dataclass(frozen=True)
class _Matches:
    """Two structures in frames that may align them: `r` and `q`, (f, N, 3), of the pair number `owner`, (f,); for each
    particle of `r` the `nearest` of `q`, (f, N), and the `gap` to it, (f, N)."""

    owner: IntArray
    r: Array
    q: Array
    nearest: IntArray
    gap: Array

    @property
    def one_to_one(self) -> BoolArray:
        """Where the nearest particles are a permutation, (f,)."""
        distinct: BoolArray = (np.sort(self.nearest, axis=1) == np.arange(self.nearest.shape[1])).all(axis=1)
        return distinct

    def best(self) -> tuple[IntArray, IntArray]:
        """The rows (k,) worth refining, and their permutations (k, N).

        A structure that is nearly symmetric has many good matches: all of them are refined, for a frame's misfit does
        not tell which is best. Of matches that are no permutation only the best is repaired.
        """
        misfit, one_to_one = self.gap.sum(axis=1), self.one_to_one
        order = np.lexsort((misfit, self.owner))
        start = np.flatnonzero(np.diff(self.owner[order], prepend=-1))
        best = order[start]
        limit = np.repeat(_GOOD_MATCH * misfit[best], np.diff(start, append=len(order)))
        good = np.zeros(len(order), dtype=bool)
        good[order] = one_to_one[order] & (misfit[order] <= limit)
        good[best] = True
        chosen = np.flatnonzero(good)
        permutation = self.nearest[chosen]
        for k in np.flatnonzero(~one_to_one[chosen]):
            gaps = norm(self.r[chosen[k]][:, None] - self.q[chosen[k]])
            permutation[k] = linear_sum_assignment(gaps)[1]
        return chosen, permutation


def _images(q: Array, anchor: Array, partner: Array, within: float) -> tuple[IntArray, IntArray, IntArray]:
    """Which particles a and b of the structures number `owner` in `q`, (m, N, 3), could be the images of `anchor` and
    `partner`, (m, 3): those whose distances from the centre and inner product agree."""
    m, particles, _ = q.shape
    pairs = np.broadcast_to(~np.eye(particles, dtype=bool), (m, particles, particles))
    if np.isfinite(within):
        radius = norm(q)
        slack = within * (norm(anchor) + norm(partner)) + within**2
        pairs = pairs & (np.abs(radius - norm(anchor)[:, None]) <= within)[:, :, None]
        pairs &= (np.abs(radius - norm(partner)[:, None]) <= within)[:, None, :]
        pairs &= np.abs(q @ transpose(q) - dot(anchor, partner)[:, None, None]) <= slack[:, None, None]
    owner, a, b = np.nonzero(pairs)
    return owner, a, b


def _orthonormalize(vectors: Array) -> None:
    """Gram-Schmidt along the first axis, in place, on vectors (k, ..., n), the longest that is left first; what is left
    of one that depends on the others becomes zero."""
    floor = _NO_TURN * dot(vectors, vectors).max(axis=0)
    for k in range(len(vectors)):
        rest = vectors[k:]
        squares = dot(rest, rest)
        longest = squares.argmax(axis=0)[None, ..., None]
        chosen = np.take_along_axis(rest, longest, axis=0)
        np.put_along_axis(rest, longest, rest[:1], axis=0)
        square = squares.max(axis=0)
        kept = square > floor
        rest[:1] = chosen * (kept / np.sqrt(np.where(kept, square, 1.0)))[..., None]
        rest[1:] -= dot(rest[1:], rest[:1])[..., None] * rest[:1]


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


def _kabsch_distance(r: Array, q: Array) -> Array:
    """Distance of centred, matched structures after the optimal rotation, (m,)."""
    u, _, vt = np.linalg.svd(transpose(q) @ r)
    handedness = np.sign(np.linalg.det(u @ vt))
    u = u.copy()
    u[..., :, -1] *= handedness[:, None]
    return norm((q @ (u @ vt) - r).reshape(len(r), 3 * r.shape[1]))
