"""Quadratic forms: the one landscape on which everything about descent and escape is known in closed form."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, symmetrize
from landscape.function import Landscape, Truth
from landscape.manifolds import Euclidean
from landscape.problems.registry import register, require_at_least


@register
def quadratic(eigenvalues: tuple[float, ...] = (1.0, -1.0)) -> Landscape:
    """A quadratic form with given eigenvalues along the axes.

    f = half the sum of lambda_i x_i^2. The origin is critical, of index the number of negative eigenvalues.
    If one is zero, the critical points fill a plane of degenerate ones, which the truth counts as one.
    """
    lam = np.array(eigenvalues, dtype=np.float64)
    n = lam.size

    def hessian(x: Array) -> Array:
        return np.broadcast_to(np.diag(lam), (*x.shape, n)).copy()

    def hvp(x: Array, v: Array) -> Array:
        return lam * np.broadcast_arrays(x, v)[1]

    return Landscape(
        name="quadratic",
        manifold=Euclidean(n, (-1.0, 1.0)),
        value=lambda x: 0.5 * ((x * x) @ lam),
        gradient=lambda x: lam * x,
        hessian=hessian,
        hvp=hvp,
        confining=bool((lam > 0).all()),
        hessian_lipschitz=_constant_hessian,
        truth=_truth(lam),
    )


@register
def goe_quadratic(dim: int = 10, seed: int = 0) -> Landscape:
    """A quadratic form whose matrix is drawn from the Gaussian Orthogonal Ensemble.

    f = x.A x / 2 with A symmetric, its entries independent and normal, of variance 1 off the diagonal and 2
    on it (Mehta 2004, *Random Matrices*). The origin is the only critical point; its index is that of A, and
    A is positive definite with a probability that falls as 3^(-n^2/4) (Dean & Majumdar 2006, Phys. Rev. Lett.
    97, 160201).
    """
    require_at_least("dim", dim, 1)
    require_at_least("seed", seed, 0)
    rng = np.random.default_rng(seed)
    matrix = np.sqrt(2.0) * symmetrize(rng.standard_normal((dim, dim)))

    def gradient(x: Array) -> Array:
        return x @ matrix

    def value(x: Array) -> Array:
        return 0.5 * np.einsum("...i,...i->...", x, x @ matrix)

    def hessian(x: Array) -> Array:
        return np.broadcast_to(matrix, (*x.shape, dim)).copy()

    def hvp(x: Array, v: Array) -> Array:
        return np.broadcast_arrays(x, v)[1] @ matrix

    lam = np.linalg.eigvalsh(matrix)
    return Landscape(
        name="goe_quadratic",
        manifold=Euclidean(dim, (-1.0, 1.0)),
        value=value,
        gradient=gradient,
        hessian=hessian,
        hvp=hvp,
        confining=bool((lam > 0).all()),
        hessian_lipschitz=_constant_hessian,
        truth=_truth(lam),
    )


def _constant_hessian(x: Array, radius: Array) -> Array:
    """The Lipschitz constant of a Hessian that is the same everywhere: zero."""
    return np.zeros(x.shape[:-1])


def _truth(lam: Array) -> Truth:
    """The critical points of a quadratic form with eigenvalues `lam`, (n,)."""
    minimum = 0.0 if (lam >= 0).all() else None
    if (lam == 0).any():
        return Truth({}, minimum_value=minimum, degenerate=1, source="a plane of degenerate points, counted as one")
    return Truth({int((lam < 0).sum()): 1}, minimum_value=minimum, source="signs of the eigenvalues")
