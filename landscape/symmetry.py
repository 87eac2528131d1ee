"""Symmetries of a landscape: when two points are the same point, and which directions are flat
for that reason.

A symmetry supplies a *fingerprint* (numbers that every element of the group leaves alone, for finding
candidates quickly), the *distance modulo the group* (which decides), the *zero modes* (tangent vectors of its
orbits, along which the Hessian at a critical point vanishes), the *size of an orbit* (which weighs a point in a
Morse sum), and *symmetric points*, where searches find what they would hardly meet elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.manifolds import Manifold


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
        """How many orbits of the group's identity component the orbit of each `x` consists of, (...): the number of
        its points if the group is finite. None where that cannot be told, and 0 for a point of which it cannot."""

    def symmetrize(self, x: Array, rng: np.random.Generator) -> Array:
        """Each of the points `x`, (m, n), moved to where a random element of the group other than the identity leaves
        it alone; `x` itself where the group has no such points worth searching from.

        The gradient there is tangent to the set of such points (principle of symmetric criticality, Palais, Commun.
        Math. Phys. 69, 19, 1979): a search stays in it, in fewer dimensions, and finds symmetric critical points that
        one from anywhere hardly ever meets."""


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

    def symmetrize(self, x: Array, rng: np.random.Generator) -> Array:
        return x


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

    def symmetrize(self, x: Array, rng: np.random.Generator) -> Array:
        return x
