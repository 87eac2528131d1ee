"""Critical points of a random field in a parabola, mu |x|^2 / 2 + V(x): how they vanish as the parabola steepens.

V is the isotropic Gaussian field of covariance exp(-|x - y|^2 / 2) on R^n and the strength is u = mu / sqrt(n). For
large n there are exponentially many critical points below u = 1 and a single one above: the trivialisation of the
topology (Fyodorov, Phys. Rev. Lett. 92, 240601, 2004; Fyodorov & Nadal, Phys. Rev. Lett. 109, 167203, 2012). At finite
n everything is a mean over the ordered eigenvalues x_k of an (n + 1) x (n + 1) GOE matrix, as in
`landscape.theory.gaussian_field`, with the weight exp(-(x_k + sqrt(2) mu)^2 / 2) in place of exp(-x_k^2 / 2).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from landscape.arrays import Array
from landscape.theory.checks import positive, positive_integer
from landscape.theory.goe_counts import goe_ordered_mean
from landscape.theory.random_matrices import airy_density, goe_density, tracy_widom_density

_ACCURACY = 1e-7  # relative error of a mean number that is still called resolved


def confined_field_counts(n: int, strength: npt.ArrayLike) -> Array:
    """Mean number of critical points of each index in the whole space.

    N_k = (2 / mu^2)^(n/2) sqrt(2 / pi) Gamma((n+1)/2) E[exp(-(x_k + sqrt(2) mu)^2 / 2 + mu^2 / 2)].

    Parameters
    ----------
    n : int
        Dimension, at least 1; up to 100 in a few seconds.
    strength : (...)
        u = mu / sqrt(n), positive.

    Returns
    -------
    (..., n + 1)
        Numbers for index 0 to n, whose alternating sum is 1. NaN where the number is so small that double precision
        does not resolve it to 1e-7.

    Raises
    ------
    ValueError
        If `n` or `strength` is out of range.

    Examples
    --------
    >>> confined_field_counts(1, [0.5, 1.0]).round(6).tolist()
    [[1.939162, 0.939162], [1.303058, 0.303058]]
    """
    mu = positive("strength", strength) * math.sqrt(positive_integer("n", n))
    shift = math.sqrt(2) * mu[..., None]

    def weight(x: Array) -> Array:
        return np.exp(-((x + shift) ** 2) / 2 + (_log_rate(n, mu) + mu**2 / 2)[..., None])

    mean, error = goe_ordered_mean(n + 1, weight, lambda x: -(x + shift) * weight(x), float(shift.max(initial=0.0)))
    return np.where(error <= _ACCURACY * mean, mean, np.nan)


def confined_field_total(n: int, strength: npt.ArrayLike) -> Array:
    """Mean number of critical points of any index, from the exact density of the GOE; n up to 499.

    Examples
    --------
    >>> confined_field_total(10, [0.5, 1.0, 1.5]).round(6).tolist()
    [146.231258, 2.490945, 1.124736]
    """
    mu = positive("strength", strength) * math.sqrt(positive_integer("n", n))
    shift = math.sqrt(2) * mu[..., None]
    end = max(math.sqrt(2 * (n + 1)), float(shift.max(initial=0.0))) + 9.0
    nodes, weights = np.polynomial.legendre.leggauss(160 + 4 * n + 4 * math.ceil(end))
    exponent = -((end * nodes + shift) ** 2) / 2 + (_log_rate(n, mu) + mu**2 / 2)[..., None]
    total: Array = np.exp(exponent) @ (end * weights * goe_density(n + 1, end * nodes))
    return total


def confined_field_complexity(strength: npt.ArrayLike) -> Array:
    """ln(mean number of critical points) / n for large n: (u^2 - 1) / 2 - ln u below u = 1, and 0 above.

    Fyodorov 2004.

    Examples
    --------
    >>> confined_field_complexity([0.5, 1.0, 2.0]).round(6).tolist()
    [0.318147, 0.0, 0.0]
    """
    u = np.minimum(positive("strength", strength), 1.0)
    return (u**2 - 1) / 2 - np.log(u)


def confined_field_minima_complexity(strength: npt.ArrayLike) -> Array:
    """ln(mean number of minima) / n for large n: 2 u - u^2 / 2 - 3 / 2 - ln u below u = 1, and 0 above.

    It vanishes as (1 - u)^3 / 3 (Fyodorov & Williams, J. Stat. Phys. 129, 1081, 2007).

    Examples
    --------
    >>> confined_field_minima_complexity([0.5, 1.0, 2.0]).round(6).tolist()
    [0.068147, 0.0, 0.0]
    """
    u = np.minimum(positive("strength", strength), 1.0)
    return 2 * u - u**2 / 2 - 1.5 - np.log(u)


def trivialisation_minima(distance: npt.ArrayLike) -> Array:
    """Mean number of minima for large n in the critical window u = 1 + distance n^(-1/3).

    2 exp(-d^3 / 3) E[exp(d s)] with s from the Tracy-Widom law (Fyodorov & Nadal 2012): 2 at d = 0, 1 far above.

    Parameters
    ----------
    distance : (...)
        d, from -3, where the left tail of the law is still good to 1e-5, to 6.

    Returns
    -------
    (...)

    Examples
    --------
    >>> trivialisation_minima([0.0, 3.0]).round(4).tolist()
    [2.0, 1.0]
    """
    d = _window(distance, -3.0)
    s, weights = _edge()
    return _tilted(d, s, weights * tracy_widom_density(s))


def trivialisation_total(distance: npt.ArrayLike) -> Array:
    """Mean number of critical points for large n in the window u = 1 + distance n^(-1/3) above the threshold.

    As `trivialisation_minima` with the density of all eigenvalues at the edge, `airy_density`, in place of that of the
    last one. It diverges as `distance` falls to zero, below which the number is exponential.

    Parameters
    ----------
    distance : (...)
        d, from 0.5 to 6.

    Returns
    -------
    (...)

    Examples
    --------
    >>> trivialisation_total([1.0, 3.0]).round(4).tolist()
    [1.1996, 1.0]
    """
    d = _window(distance, 0.5)
    s, weights = _edge(low=-60.0, nodes=400)
    return _tilted(d, s, weights * airy_density(s))


def _window(distance: npt.ArrayLike, low: float) -> Array:
    d = np.asarray(distance, dtype=np.float64)
    if not ((d >= low) & (d <= 6)).all():
        raise ValueError(f"distance is {distance!r} but must lie between {low} and 6")
    return d


def _edge(low: float = -9.5, nodes: int = 160) -> tuple[Array, Array]:
    """Quadrature over the edge of the spectrum; the largest distance moves the weight to about 36."""
    high = 60.0
    node, weight = np.polynomial.legendre.leggauss(nodes)
    return (high + low) / 2 + (high - low) / 2 * node, (high - low) / 2 * weight


def _tilted(d: Array, s: Array, density: Array) -> Array:
    result: Array = 2 * np.exp(d[..., None] * s - d[..., None] ** 3 / 3) @ density
    return result


def _log_rate(n: int, mu: Array) -> Array:
    return n / 2 * math.log(2) - n * np.log(mu) + math.log(2 / math.pi) / 2 + float(gammaln((n + 1) / 2))
