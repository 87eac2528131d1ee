"""Quadratic forms with the random matrix that stands for the Hessian of a neural network's loss."""

from __future__ import annotations

import math

import numpy as np

from landscape.arrays import Array, symmetrize
from landscape.function import Landscape, Truth
from landscape.manifolds import Euclidean
from landscape.problems.registry import register, require_at_least

_MOST_COLUMNS = 2**53


@register
def wishart_quadratic(dim: int = 10, ratio: float = 0.5, error: float = 0.1, seed: int = 0) -> Landscape:
    """A quadratic form whose matrix is a Wishart plus a Wigner matrix.

    f = x.(H0 + H1) x / 2 with H0 = J J' / m, J normal of shape dim x m and m = dim / ratio, rounded; and H1 symmetric
    and normal of variance 2 error / dim off the diagonal, twice that on it (Pennington & Bahri 2017, PMLR 70, 2798:
    Gauss-Newton matrix and residuals, with `ratio` the number of parameters over the number of data). The origin is the
    only critical point: a minimum for error 0, with a plane of degenerate points if dim > m. For large dim its index
    fraction is `landscape.theory.free_probability.index_fraction`.
    """
    require_at_least("dim", dim, 1)
    require_at_least("seed", seed, 0)
    matrix = wishart_plus_wigner(dim, ratio, error, 1, np.random.default_rng(seed))[0]
    lam = np.linalg.eigvalsh(matrix)
    lam = np.where(np.abs(lam) > 8 * dim * np.finfo(np.float64).eps * np.abs(lam).max(), lam, 0.0)
    minimum = 0.0 if (lam >= 0).all() else None
    if (lam == 0).any():
        truth = Truth({}, minimum_value=minimum, degenerate=1, source="a plane of degenerate points, counted as one")
    else:
        truth = Truth({int((lam < 0).sum()): 1}, minimum_value=minimum, source="signs of the eigenvalues")

    def hessian(x: Array) -> Array:
        return np.broadcast_to(matrix, (*x.shape, dim)).copy()

    return Landscape(
        name="wishart_quadratic",
        manifold=Euclidean(dim, (-1.0, 1.0)),
        value=lambda x: 0.5 * np.einsum("...i,...i->...", x, x @ matrix),
        gradient=lambda x: x @ matrix,
        hessian=hessian,
        hvp=lambda x, v: np.broadcast_arrays(x, v)[1] @ matrix,
        confining=bool((lam > 0).all()),
        hessian_lipschitz=lambda x, radius: np.zeros(x.shape[:-1]),
        truth=truth,
    )


def wishart_plus_wigner(dim: int, ratio: float, error: float, size: int, rng: np.random.Generator) -> Array:
    """Random matrices H0 + H1 as in `wishart_quadratic`, (size, dim, dim).

    Raises
    ------
    ValueError
        If `ratio` is not positive, or too small, or `error` negative.
    """
    if not ratio > 0:
        raise ValueError(f"ratio is {ratio} but must be positive")
    require_at_least("error", error, 0)
    m = wishart_columns(dim, ratio)
    factor = rng.standard_normal((size, dim, m))
    matrix: Array = factor @ np.swapaxes(factor, 1, 2) / m
    return matrix + math.sqrt(4 * error / dim) * symmetrize(rng.standard_normal((size, dim, dim)))


def wishart_columns(dim: int, ratio: float) -> int:
    """m, how many columns the factor of a Wishart matrix of positive `ratio` has.

    Raises
    ------
    ValueError
        If there are more than a number counts.
    """
    columns = dim / ratio
    if columns > _MOST_COLUMNS:
        raise ValueError(f"ratio is {ratio} but must be at least {dim / _MOST_COLUMNS:.1e} in dim {dim}")
    return max(1, round(columns))
