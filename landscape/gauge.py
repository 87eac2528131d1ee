"""Continuous symmetries of factorizations: many factors, one product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, IntArray, norm, transpose
from landscape.hidden_units import orthonormal_columns, pack, unpack
from landscape.manifolds import Manifold, Sphere

_AT_REST = 1e-5  # motions shorter than this, in units of the length scale, are none


@dataclass(frozen=True)
class FactorRotation:
    """Factors X of X X^T: X and X Q are the same point for every orthogonal Q.

    Parameters
    ----------
    rank : int
        Columns r of X; a point is X row by row, (..., n r).
    length_scale : float
        That of the landscape.
    """

    rank: int
    length_scale: float = 1.0

    def fingerprint(self, manifold: Manifold, x: Array) -> Array:
        """The entries of (X X^T)^(1/2), (..., n^2): they move at most sqrt(2) times as fast as X (Araki & Yamagami,
        Commun. Math. Phys. 81, 89, 1981)."""
        u, s, _ = np.linalg.svd(self._factor(x), full_matrices=False)
        root = (u * s[..., None, :]) @ transpose(u)
        return root.reshape(*x.shape[:-1], root.shape[-1] ** 2)

    def distance(self, manifold: Manifold, x: Array, y: Array, within: float = np.inf) -> Array:
        """Distance after the best rotation (Schönemann, Psychometrika 31, 1, 1966)."""
        a, b = self._factor(x), self._factor(y)
        u, _, vt = np.linalg.svd(transpose(b) @ a)
        gap = a - b @ (u @ vt)
        return norm(gap.reshape(*gap.shape[:-2], gap.shape[-2] * self.rank))

    def zero_modes(self, x: Array) -> Array:
        """Columns turned into each other, (..., n r, r (r - 1) / 2)."""
        factor = self._factor(x)
        i, j = np.triu_indices(self.rank, k=1)
        modes = np.zeros((*factor.shape, i.size))
        pair = np.arange(i.size)
        modes[..., i, pair] = factor[..., j]
        modes[..., j, pair] = -factor[..., i]
        modes = modes.reshape(*x.shape, i.size)
        return orthonormal_columns(modes, _AT_REST * self.length_scale) if i.size else modes

    def orbit_size(self, manifold: Manifold, x: Array) -> IntArray | None:
        if self.rank > 1:
            return None
        return np.where(norm(x) > _AT_REST * manifold.length_scale, 2, 1).astype(np.int64)

    def symmetrize(self, x: Array, rng: np.random.Generator) -> Array:
        """Factors (m, n r) of lower rank: what columns have along some random directions is taken away."""
        columns = _projections(rng, len(x), self.rank)
        return (self._factor(x) @ columns).reshape(x.shape)

    def _factor(self, x: Array) -> Array:
        return x.reshape(*x.shape[:-1], x.shape[-1] // self.rank, self.rank)


@dataclass(frozen=True)
class InvertibleLayer:
    """Linear networks with one hidden layer: (W_1, W_2) and (G W_1, W_2 G^-1) are the same point for invertible G.

    The group has no invariant metric, so that points are compared by what their networks compute, W_2 W_1.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden units, outputs; a point is W_1, then W_2, row by row.
    length_scale : float
        That of the landscape.
    """

    sizes: tuple[int, ...]
    length_scale: float = 1.0

    def __post_init__(self) -> None:
        if len(self.sizes) != 3:
            raise ValueError(f"sizes is {self.sizes} but must be inputs, hidden units and outputs")

    def fingerprint(self, manifold: Manifold, x: Array) -> Array:
        """The entries of W_2 W_1, (..., outputs * inputs)."""
        (first, _), (second, _) = unpack(x, self.sizes, bias=False)
        return (second @ first).reshape(*x.shape[:-1], self.sizes[0] * self.sizes[2])

    def distance(self, manifold: Manifold, x: Array, y: Array, within: float = np.inf) -> Array:
        return norm(self.fingerprint(manifold, x) - self.fingerprint(manifold, y))

    def zero_modes(self, x: Array) -> Array:
        """Tangents (E W_1, -W_2 E) for E with a single one, (..., n, hidden^2)."""
        inputs, hidden, outputs = self.sizes
        (first, _), (second, _) = unpack(x, self.sizes, bias=False)
        lead = x.shape[:-1]
        unit = np.eye(hidden)
        # Axes: row and column of the weights, then row and column of E.
        into = np.einsum("ar,...bi->...airb", unit, first).reshape(*lead, hidden * inputs, hidden**2)
        from_ = -np.einsum("...oa,bi->...oiab", second, unit).reshape(*lead, outputs * hidden, hidden**2)
        return orthonormal_columns(np.concatenate([into, from_], axis=-2), _AT_REST * self.length_scale)

    def orbit_size(self, manifold: Manifold, x: Array) -> IntArray | None:
        return None

    def symmetrize(self, x: Array, rng: np.random.Generator) -> Array:
        """Networks (m, n) of lower rank: what passes some random directions of the hidden layer is taken away."""
        (first, no_bias), (second, _) = unpack(x, self.sizes, bias=False)
        passing = _projections(rng, len(x), self.sizes[1])
        return pack([(passing @ first, no_bias), (second @ passing, no_bias)])


@dataclass(frozen=True)
class AxisSymmetry:
    """Points that differ by the sign of the first coordinate, and by a rotation or reflection of the others.

    Parameters
    ----------
    length_scale : float
        That of the landscape.
    """

    length_scale: float = 1.0

    def fingerprint(self, manifold: Manifold, x: Array) -> Array:
        """|x_1| and the length of the rest, (..., 2)."""
        return np.stack([np.abs(x[..., 0]), norm(x[..., 1:])], axis=-1)

    def distance(self, manifold: Manifold, x: Array, y: Array, within: float = np.inf) -> Array:
        return norm(self.fingerprint(manifold, x) - self.fingerprint(manifold, y))

    def zero_modes(self, x: Array) -> Array:
        """Rotations of all but the first coordinate, (..., n, n - 2)."""
        n = x.shape[-1]
        modes = np.zeros((*x.shape, max(n - 2, 0)))
        if n > 2:
            across = x[..., 1:]
            length = norm(across)[..., None]
            turned = length > _AT_REST * self.length_scale
            direction = np.where(turned, across, np.eye(n - 1)[0]) / np.where(turned, length, 1.0)
            modes[..., 1:, :] = Sphere(n - 1).tangent_basis(direction) * turned[..., None]
        return modes

    def orbit_size(self, manifold: Manifold, x: Array) -> IntArray | None:
        if x.shape[-1] > 2:
            return None
        moved = self.fingerprint(manifold, x) > _AT_REST * manifold.length_scale
        return 2 ** moved[..., : x.shape[-1]].sum(axis=-1)

    def symmetrize(self, x: Array, rng: np.random.Generator) -> Array:
        """Points (m, n) on the axis or across it."""
        along = rng.random(len(x)) < 0.5
        first = np.arange(x.shape[-1]) == 0
        return np.where(along[:, None] == first, x, 0.0)


def _projections(rng: np.random.Generator, size: int, dimensions: int) -> Array:
    """Orthogonal projections (size, d, d) onto random subspaces of fewer dimensions, each number as likely."""
    axes = np.linalg.qr(rng.standard_normal((size, dimensions, dimensions)))[0]
    kept = np.arange(dimensions) < rng.integers(dimensions, size=size)[:, None]
    return (axes * kept[:, None, :]) @ transpose(axes)
