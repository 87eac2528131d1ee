"""Extreme eigenpairs of a Hessian from its products with vectors, with bounds that hold whatever the solver did."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array, norm
from landscape.spectrum.operator import HessianOperator
from landscape.spectrum.thick_restart import thick_restart_lanczos

PRODUCTS = 1000  # with vectors, for one end, unless more are asked for


class Eigenpairs(NamedTuple):
    """Ritz pairs at one end of the spectrum, the extreme one first.

    Attributes
    ----------
    values : (k,)
        Ritz values theta: v H v for the vectors v.
    residuals : (k,)
        |H v - theta v|, rounding included: an eigenvalue is no farther than this from theta.
    vectors : (k, n)
        Orthonormal tangent vectors in ambient coordinates.
    converged : bool
        Whether all pairs are found to the tolerance; else the residuals say how far they may be off.
    complete : bool
        Whether, besides, a fresh start off the pairs found no other that belongs among them.
    products : int
        With vectors, that the iteration did.
    """

    values: Array
    residuals: Array
    vectors: Array
    converged: bool = True
    complete: bool = False
    products: int = 0


def extreme_eigenpairs(
    operator: HessianOperator,
    end: str,
    count: int,
    rng: np.random.Generator,
    tolerance: float = 1e-7,
    products: int = PRODUCTS,
    progress: Callable[[int, int], None] | None = None,
) -> Eigenpairs:
    """The `count` largest or smallest eigenpairs by Lanczos' iteration with thick restarts.

    For at most so many `products`. Eigenvalues that crowd at an end, as the negative ones of wide networks do, may need
    more: then the pairs are what the iteration has, each with its residual.

    The pairs are worked out anew by Rayleigh-Ritz. What is certain, to rounding: an eigenvalue lies within each
    residual (Parlett 1998, *The Symmetric Eigenvalue Problem*, Theorem 4.5.1), and the j-th smallest eigenvalue is at
    most the j-th smallest Ritz value (Cauchy's interlacing, Theorem 10.1.1). What is not: that none was missed. Where
    the result is complete, a fresh random start off the pairs has found none among them, so that one that is missed,
    such as a further copy of a multiple eigenvalue, would be at right angles to that start too.

    Parameters
    ----------
    end : {'largest', 'smallest'}
    tolerance : float
        Residual to reach, in units of the spectral radius: of the largest |Ritz value| that the iteration has had, of
        either end.
    products : int
        With vectors, at most; some more are needed for the residuals.
    progress : callable, optional
        Called with the products done and the most there may be.

    Raises
    ------
    ValueError
        If fewer directions are left than the solver needs, or its vectors do not fit into memory.
    """
    if end not in ("largest", "smallest"):
        raise ValueError(f"end is {end!r} but must be 'largest' or 'smallest'")
    if not 1 <= count <= (operator.rank - 1) // 2:
        raise ValueError(
            f"{count} eigenpairs of {operator.rank} are asked for; without the dense Hessian at least one and fewer "
            "than half: use dense=True"
        )
    if products < count:
        raise ValueError(f"products is {products} but must be at least the number of eigenpairs, {count}")
    found = thick_restart_lanczos(operator, end, count, rng, tolerance / 2, products, progress)
    pairs = rayleigh_ritz(operator, found.vectors, end)
    converged = found.converged and bool((pairs.residuals <= 2 * tolerance * found.radius).all())
    return pairs._replace(converged=converged, complete=converged and found.complete, products=found.products)


def rayleigh_ritz(operator: HessianOperator, vectors: Array, end: str) -> Eigenpairs:
    """Ritz pairs on the space of `vectors` (k, n), the largest or the smallest first."""
    basis = np.linalg.qr(operator.project(vectors).T)[0].T
    images = operator(basis)
    small = basis @ images.T
    values, turn = np.linalg.eigh((small + small.T) / 2)
    if end == "largest":
        values, turn = values[::-1], turn[:, ::-1]
    basis, images = turn.T @ basis, turn.T @ images
    residuals = norm(images - values[:, None] * basis) + operator.rounding(float(np.abs(values).max()))
    return Eigenpairs(values, residuals, basis)
