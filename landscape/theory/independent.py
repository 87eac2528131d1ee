"""The index when curvatures are independent: what a sum of functions of one coordinate each gives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from landscape.arrays import Array


def independent_index_log_probability(n: npt.ArrayLike, k: npt.ArrayLike) -> Array:
    """Natural logarithm of `independent_index_probability`, which underflows beyond n of about 1000.

    Examples
    --------
    >>> round(float(independent_index_log_probability(2000, 0) / np.log(2)), 9)
    -2000.0
    """
    size, index = _counts(n, k)
    return gammaln(size + 1) - gammaln(index + 1) - gammaln(size - index + 1) - size * np.log(2)


def independent_index_probability(n: npt.ArrayLike, k: npt.ArrayLike) -> Array:
    """Probability of index k in n dimensions when curvatures are signed by independent fair coins.

    C(n, k) 2^(-n). It is exact for the critical points of a separable landscape, sum_i f_i(x_i), whose
    one-dimensional functions have as many minima as maxima (such as sum cos x_i), and wrong for every other
    landscape.

    Parameters
    ----------
    n, k : (...)
        Dimensions and indices, integers with 0 <= k <= n; broadcast together.

    Returns
    -------
    (...)
        Probabilities.

    Raises
    ------
    ValueError
        If `n` or `k` is not an integer, or k is outside 0 to n.

    Examples
    --------
    >>> independent_index_probability(2, [0, 1, 2]).round(12).tolist()
    [0.25, 0.5, 0.25]
    """
    return np.exp(independent_index_log_probability(n, k))


def _counts(n: npt.ArrayLike, k: npt.ArrayLike) -> tuple[Array, Array]:
    size, index = (np.asarray(a, dtype=np.float64) for a in (n, k))
    for name, given, a in (("n", n, size), ("k", k, index)):
        if not (np.isfinite(a) & (a == np.round(a))).all():
            raise ValueError(f"{name} is {given!r} but must be made of integers")
    if not ((index >= 0) & (index <= size)).all():
        raise ValueError(f"k is {k!r} but must lie between 0 and n, {n!r}")
    return size, index
