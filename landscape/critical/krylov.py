"""Rayleigh-Ritz on small block Krylov spaces: what a few Hessian-vector products tell of the Hessian."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray, norm, spectral_radius_bound, symmetrize, transpose
from landscape.function import Landscape
from landscape.spectrum.eigensystem import eigensystem

Product = Callable[[Array, Array, Array], Array]
"""Positions (m, n), ambient gradients (m, n) and tangent vectors (m, p, n) to Riemannian Hessian times vectors."""

# A direction is dropped when the others hold all of it but this part of its length, or of its length squared: ten of
# the sixteen digits of what is left are wrong at worst, and the second pass mends them.
_DEPENDENT = 1e-10
_TINY = float(np.finfo(np.float64).tiny)


class RitzSpace(NamedTuple):
    """The Hessian on a small space of directions at each of m points.

    Attributes
    ----------
    basis, images : (m, p, n)
        Orthonormal tangent rows, off the symmetry's zero modes, and the Hessian times each. Where there are fewer than
        p independent directions, the rows left over are zero.
    values : (m, p)
        Ritz values in increasing order; that of a zero row is put above every other.
    modes : (m, p, p)
        Ritz vectors in the basis, in columns.
    scale : (m,)
        An upper bound of the largest |Ritz value|.
    usable : (m,)
        Whether all images are finite.
    """

    basis: Array
    images: Array
    values: Array
    modes: Array
    scale: Array
    usable: BoolArray


def ritz_space(
    landscape: Landscape, product: Product, x: Array, gradient: Array, block: Array, depth: int = 2
) -> RitzSpace:
    """The Hessian on the space of `block`, (m, b, n), its images and so on: p = b `depth` directions, as many products.

    Each block after the first is the image of the last one made orthonormal to all before it (block Lanczos: Golub &
    Underwood 1977, in *Mathematical Software III*, 361), with all overlaps taken out.

    Parameters
    ----------
    product : Product
    x, gradient : (m, n)
        Positions and ambient gradients.
    block : (m, b, n)
        Rows need not be independent, tangent or normalised.
    """
    nothing = np.zeros((len(x), 0, x.shape[1]))
    return _with_blocks(landscape, product, x, gradient, nothing, nothing, block, depth)


def deepened(
    landscape: Landscape, product: Product, x: Array, gradient: Array, space: RitzSpace, rows: IntArray, depth: int
) -> RitzSpace:
    """The space, of `depth` at some of the points, `rows` (j,), with twice that depth there.

    It comes out as from `ritz_space`; at the other points zero rows fill up."""
    before = space.basis.shape[1]
    basis, images = space.basis[rows], space.images[rows]
    last = images[:, -(before // depth) :]
    deep = _with_blocks(landscape, product, x[rows], gradient[rows], basis, images, last, depth)
    if rows.size == len(x):
        return deep
    wide = RitzSpace(
        basis=np.pad(space.basis, ((0, 0), (0, before), (0, 0))),
        images=np.pad(space.images, ((0, 0), (0, before), (0, 0))),
        values=np.concatenate([space.values, np.repeat(2 * space.scale[:, None] + _TINY, before, axis=1)], axis=1),
        modes=np.pad(space.modes, ((0, 0), (0, before), (0, before))) + np.diag(np.repeat((0.0, 1.0), before)),
        scale=space.scale.copy(),
        usable=space.usable.copy(),
    )
    for field, deeper in zip(wide, deep, strict=True):
        field[rows] = deeper
    return wide


def _with_blocks(
    landscape: Landscape,
    product: Product,
    x: Array,
    gradient: Array,
    basis: Array,
    images: Array,
    latest: Array,
    blocks: int,
) -> RitzSpace:
    """The space of `basis`, (m, p, n), with its images, of `latest`, (m, b, n), and of the images of that and so on."""
    zero_modes = landscape.symmetry.zero_modes(x)
    for _ in range(blocks):
        latest = _orthonormal(landscape, x, zero_modes, latest, basis)
        basis = np.concatenate([basis, latest], axis=1)
        latest = product(x, gradient, latest)
        images = np.concatenate([images, latest], axis=1)
    small = symmetrize(basis @ transpose(images))
    usable = np.isfinite(small.sum(axis=(1, 2)))
    small = np.where(usable[:, None, None], small, 0.0)
    scale = spectral_radius_bound(small)
    lift = np.where(norm(basis) > 0.5, 0.0, 2 * scale[:, None] + _TINY)
    values, modes = eigensystem(small + lift[:, :, None] * np.eye(basis.shape[1]))
    return RitzSpace(basis, images, values, modes, scale, usable)


def _orthonormal(landscape: Landscape, x: Array, zero_modes: Array, rows: Array, basis: Array) -> Array:
    """Orthonormal rows that span, with those of `basis` (m, p, n), what `rows` (m, b, n) span; zero rows fill up.

    From the eigenvectors of the rows' Gram matrix, all rows at once (SVQB: Stathopoulos & Wu, SIAM J. Sci. Comput. 23,
    2165, 2002), and twice, for one pass leaves rounding behind.
    """
    for _ in range(2):
        former = norm(rows)[..., None]
        rows = landscape.manifold.project(x[:, None, :], rows)
        rows = rows - (rows @ zero_modes) @ transpose(zero_modes)
        rows = rows - (rows @ transpose(basis)) @ basis
        length = norm(rows)[..., None]
        rows = np.divide(rows, length, out=np.zeros_like(rows), where=length > _DEPENDENT * former)
        overlap = rows @ transpose(rows)
        finite = np.isfinite(overlap.sum(axis=(1, 2)))
        weight, turn = np.linalg.eigh(np.where(finite[:, None, None], overlap, 0.0))
        kept = weight > _DEPENDENT
        stretch = np.where(kept, 1 / np.sqrt(np.where(kept, weight, 1.0)), 0.0)
        rows = transpose(turn * stretch[:, None, :]) @ rows
    return rows
