"""The trace of a Hessian from its products with random vectors: Hutch++."""

from __future__ import annotations

import numpy as np

from landscape.arrays import dot, norm
from landscape.memory import require_memory
from landscape.spectrum.memory import krylov_bytes
from landscape.spectrum.operator import HessianOperator


def estimate_trace(operator: HessianOperator, rng: np.random.Generator, products: int = 40) -> tuple[float, float]:
    """The trace and its standard error from a given number of products.

    Hutch++ (Meyer, Musco, Musco & Woodruff, SOSA 2021, algorithm 1): the images of random vectors span a space that
    holds the largest eigenvalues, on which the trace is taken exactly; that of the rest is estimated from random unit
    vectors off that space (normalised as in Epperly, Tropp & Webber, SIAM J. Matrix Anal. Appl. 45, 1, 2024, section
    2.3). Those are independent given the space, so that the estimate is unbiased and its standard error is what their
    scatter says. XTrace of the same paper has an error smaller by a fifth or so, but the scatter of its terms, which
    share vectors, understates it.

    Parameters
    ----------
    products : int
        A third each for the vectors, for the space, and for the rest.

    Returns
    -------
    trace, standard_error : float
        The error is that of rounding where the products are enough for all directions.

    Raises
    ------
    ValueError
        If there are too few products, or the vectors do not fit into memory.
    """
    if products < 6:
        raise ValueError(f"products is {products} but must be at least 6")
    r = operator.rank
    space = min(products // 3, r)
    rest = max(products - 2 * space, 2)
    require_memory(krylov_bytes(operator.dim, 4 * rest), f"the trace from {products} products", "use fewer products")
    image = operator(operator.random_directions(rng, space))
    basis = operator.project(np.linalg.qr(image.T)[0].T)
    held = dot(basis, operator(basis))
    rounding = operator.rounding(float(np.abs(held).max(initial=0.0))) * space
    if space == r:
        return float(held.sum()), rounding
    v = operator.random_directions(rng, rest)
    v -= (v @ basis.T) @ basis
    v /= norm(v)[:, None]
    terms = (r - space) * dot(v, operator(v))
    return float(held.sum() + terms.mean()), float(terms.std(ddof=1)) / rest**0.5 + rounding
