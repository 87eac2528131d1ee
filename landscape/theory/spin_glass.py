"""Mean number of critical points of each index of spherical spin glasses, exactly at finite n.

Auffinger, Ben Arous & Cerny (Commun. Pure Appl. Math. 66, 165, 2013, arXiv:1003.1129) turn the Kac-Rice
integral for the pure p-spin into an average over one ordered eigenvalue x_k of an n x n GOE matrix of joint weight
exp(-sum x_i^2 / 2) prod |x_i - x_j|:

    E[n_k] = 2 sqrt(2 / p) (p - 1)^(n / 2) E[exp(-(p - 2) x_k^2 / (2 p))],

where f / sqrt(variance) = sqrt(2 (p - 1) / p) x_k. For a mixture of covariance nu(x . y) on the unit sphere the radial
derivative, which shifts the Hessian, has variance nu'(1) + nu''(1) and is independent of the rest of it, so that the
same formula holds with p = 1 + nu''(1) / nu'(1) (Auffinger & Ben Arous, Ann. Probab. 41, 4214, 2013, arXiv:1110.5872).
The limits for many spins are in `landscape.theory.complexity`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.theory.checks import positive_integer
from landscape.theory.goe_counts import Function, goe_ordered_density, goe_ordered_mean, goe_ordered_tails
from landscape.theory.random_matrices import goe_density

_ACCURACY = 1e-7  # relative error of a mean number that is still let through
_FAR = 37.0  # Hermite functions underflow beyond


class Mixture(NamedTuple):
    """nu(1), nu'(1) and nu''(1) of a spin glass with covariance n nu(x . y / n) on the sphere of radius sqrt(n)."""

    variance: float
    slope: float
    bend: float


def pure(p: int) -> Mixture:
    """The pure p-spin: nu(r) = r^p.

    Examples
    --------
    >>> pure(3)
    Mixture(variance=1.0, slope=3.0, bend=6.0)
    """
    if p != int(p) or p < 2:
        raise ValueError(f"p is {p!r} but must be an integer of at least 2")
    return mixed({int(p): 1.0})


def mixed(weights: Mapping[int, float]) -> Mixture:
    """A mixture: nu(r) = sum_p weights[p] r^p, the weights being the variances of the parts.

    Parameters
    ----------
    weights : mapping from int to float
        Variance of the part of each degree p >= 1; none negative, at least one of p >= 2 positive.

    Returns
    -------
    Mixture

    Raises
    ------
    ValueError
        If a degree or a weight is out of range.

    Examples
    --------
    >>> mixed({2: 0.5, 4: 0.5})
    Mixture(variance=1.0, slope=3.0, bend=7.0)
    """
    degrees, variances = np.array(list(weights), dtype=np.float64), np.array(list(weights.values()), dtype=np.float64)
    if not ((degrees >= 1) & (degrees == np.round(degrees)) & (variances >= 0) & np.isfinite(variances)).all():
        raise ValueError(f"weights are {dict(weights)!r} but need integer degrees of at least 1 and finite variances")
    slopes = degrees * variances
    bend = float(slopes @ (degrees - 1))
    if bend == 0:
        raise ValueError(f"weights are {dict(weights)!r} but need a positive one of degree 2 or more")
    return Mixture(float(variances.sum()), float(slopes.sum()), bend)


def mean_critical_points(p: int, n: int) -> Array:
    """Mean number of critical points of each index of the pure p-spin on the sphere in R^n.

    Parameters
    ----------
    p : int
        Order of the interaction, at least 2.
    n : int
        Number of spins, the ambient dimension of the sphere, from 1 to `goe_counts.MAX_SIZE`; a second at 70.

    Returns
    -------
    (n,)
        Mean numbers for index 0 to n - 1; symmetric, and 2 each for p = 2.

    Raises
    ------
    ValueError
        If `p` or `n` is out of range.
    ArithmeticError
        If double precision does not resolve an exponentially rare index.

    Examples
    --------
    >>> mean_critical_points(3, 4).round(6).tolist()
    [3.579524, 5.815592, 5.815592, 3.579524]
    """
    return mixed_mean_critical_points(pure(p), n)


def mixed_mean_critical_points(mixture: Mixture, n: int) -> Array:
    """Mean number of critical points of each index of a mixed spin glass on the sphere in R^n.

    Parameters
    ----------
    mixture : Mixture
        From `mixed` or `pure`. With a part of degree 1, a random field, the numbers may fall to the least possible, one
        minimum and one maximum (Fyodorov 2013, arXiv:1307.2379).
    n : int
        As for `mean_critical_points`, which also says what is returned and raised.

    Returns
    -------
    (n,)

    Examples
    --------
    >>> mixed_mean_critical_points(mixed({1: 1.0, 3: 0.1}), 4).round(6).tolist()
    [1.331803, 0.585091, 0.585091, 1.331803]
    """
    p, a = _order(mixture, n)
    mean, error = goe_ordered_mean(n, _weight(a), lambda x: -a * x * _weight(a)(x), _reach(a, n))
    if (error > _ACCURACY * mean).any():
        raise ArithmeticError(
            f"double precision does not resolve {mixture}, n = {n}: the rarest index needs {mean.min():.1e}"
        )
    return 2 * math.sqrt(2 / p) * (p - 1) ** (n / 2) * mean


def mean_critical_points_total(mixture: Mixture, n: int) -> float:
    """Mean number of critical points of any index, from the exact density of the GOE: quick up to n of 500.

    Examples
    --------
    >>> round(mean_critical_points_total(pure(3), 10), 8)
    286.91587955
    """
    p, a = _order(mixture, n)
    end = max(math.sqrt(2 * n), _reach(a, n)) + 9.0
    nodes, weights = np.polynomial.legendre.leggauss(160 + 4 * n + 4 * math.ceil(end))
    mean = end * weights @ (goe_density(n, end * nodes) * _weight(a)(end * nodes))
    return 2 * math.sqrt(2 / p) * (p - 1) ** (n / 2) * float(mean)


def mean_value_by_index(p: int, n: int) -> Array:
    """Mean value f / sqrt(n) at the critical points of each index of the pure p-spin of variance 1.

    Parameters
    ----------
    p : int
        Order of the interaction, at least 2.
    n : int
        Number of spins, from 1 to `goe_counts.MAX_SIZE`.

    Returns
    -------
    (n,)
        Ratio of means for index 0 to n - 1, increasing and odd about the middle; the layers -E_k of
        `landscape.theory.complexity` are its lower ends for large n.

    Examples
    --------
    >>> mean_value_by_index(3, 4).round(6).tolist()
    [-0.942207, -0.299978, 0.299978, 0.942207]
    """
    _, a = _order(pure(p), n)
    weight = _weight(a)
    mean, _ = goe_ordered_mean(n, weight, lambda x: -a * x * weight(x))
    first, _ = goe_ordered_mean(n, lambda x: x * weight(x), lambda x: (1 - a * x**2) * weight(x))
    value = math.sqrt(2 * (p - 1) / (p * n)) * first / mean
    odd: Array = (value - value[::-1]) / 2
    return odd


def value_density(p: int, n: int, u: npt.ArrayLike) -> Array:
    """Mean number of critical points of each index per unit of the value u = f / sqrt(n), for the pure p-spin.

    Parameters
    ----------
    p : int
        Order of the interaction, at least 2.
    n : int
        Number of spins, from 1 to `goe_counts.MAX_SIZE`.
    u : (...)
        Value over sqrt(n), for a p-spin of variance 1.

    Returns
    -------
    (..., n)
        Integrates over u to `mean_critical_points`.

    Examples
    --------
    >>> value_density(3, 3, 0.0).round(6).tolist()
    [0.572433, 3.90882, 0.572433]
    """
    order, a = _order(pure(p), n)
    scale = _scale(p, n)
    x = np.asarray(u, dtype=np.float64) * scale
    weight = 2 * math.sqrt(2 / order) * (order - 1) ** (n / 2) * scale * _weight(a)(x)
    return weight[..., None] * goe_ordered_density(n, x)


def index_at_value(p: int, n: int, u: npt.ArrayLike) -> Array:
    """Mean index of the critical points of a given value u = f / sqrt(n), exactly, for the pure p-spin.

    At such a point the Hessian is that of a GOE matrix of size n - 1 shifted by -p f, weighted by its determinant: the
    index has the law of the number of eigenvalues below one that lies at u sqrt(n p / (2 (p - 1))), among n.

    Parameters
    ----------
    p, n, u
        As for `value_density`.

    Returns
    -------
    (...)
        Between 0 and n - 1; over n - 1 it tends to `complexity.index_fraction_at_energy`.

    Examples
    --------
    >>> index_at_value(3, 3, [-1.0, 0.0]).round(6).tolist()
    [0.104274, 1.0]
    """
    density = goe_ordered_density(n, np.asarray(u, dtype=np.float64) * _scale(p, n))
    return density @ np.arange(float(n)) / density.sum(axis=-1)


def value_bounds(p: int, n: int, expected: float) -> tuple[Array, Array]:
    """Values between which all critical points of each index lie, but for an expected number, for the pure p-spin.

    The mean number of points outside is bounded by `expected`, all indices together, and so is the probability that a
    sample has a single one (Markov's inequality). It holds for every point of the sample, however it was found: a
    fraction of the index far from that of its value costs n^2 in the exponent, and there are only exp(n) points.

    Parameters
    ----------
    p : int
        Order of the interaction, at least 2.
    n : int
        Number of spins, from 2 to `goe_counts.MAX_SIZE`; four seconds at 100.
    expected : float
        Positive.

    Returns
    -------
    low, high : (n,)
        Bounds of u = f / sqrt(n) for index 0 to n - 1.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    ArithmeticError
        If so small a number would be lost in rounding.

    Examples
    --------
    >>> low, high = value_bounds(3, 10, 1e-3)
    >>> low[:2].round(2).tolist(), high[:2].round(2).tolist()
    ([-2.22, -1.77], [-0.45, -0.15])
    """
    if positive_integer("n", n) < 2 or not expected > 0:
        raise ValueError(f"n is {n} and expected {expected} but they must be at least 2 and positive")
    order, a = _order(pure(p), n)
    edge = math.sqrt(2 * n)
    steps = max(600, math.ceil((2 * edge + 11) * 4 * edge / math.pi))  # at most a quarter of the level spacing
    x = np.linspace(-edge - 2, edge + 9, steps)
    above, _ = goe_ordered_tails(n, x)
    # E[g(x_k); x_k > x] = g P(x_k > x) + int_x g' P(x_k > t) dt, where g, the weight, rises to zero and falls beyond.
    weight = _weight(a)(x)
    rise = np.maximum(_weight(a)(np.minimum(np.append(x[1:], 0.0), 0.0)) - weight, 0.0) * (x < 0)
    beyond = weight[:, None] * above + (rise[:, None] * above)[::-1].cumsum(axis=0)[::-1]
    enough = 2 * math.sqrt(2 / order) * (order - 1) ** (n / 2) * beyond <= expected / (2 * n)
    if not enough[-1].all():
        raise ArithmeticError(f"double precision does not resolve an expected number of {expected:.1e} at n = {n}")
    high = x[len(x) - np.argmin(enough[::-1], axis=0)] / _scale(p, n)
    return -high[::-1], high


def _scale(p: int, n: int) -> float:
    """The eigenvalue that stands for the value is u times this."""
    return math.sqrt(n * p / (2 * (p - 1)))


def _order(mixture: Mixture, n: int) -> tuple[float, float]:
    """The effective order p and the exponent (p - 2) / p."""
    positive_integer("n", n)
    p = 1 + mixture.bend / mixture.slope
    return p, (p - 2) / p


def _weight(a: float) -> Function:
    return lambda x: np.exp(-a * x**2 / 2)


def _reach(a: float, n: int) -> float:
    """With a < 0 the weight grows, and the largest eigenvalue counts further out."""
    if a >= 0:
        return 0.0
    end = (math.sqrt(2 * n) + 9.0) / math.sqrt(1 + a)
    if end > _FAR:
        raise ArithmeticError(f"the random field is too strong for double precision: (p - 2) / p = {a:.6f} at n = {n}")
    return end - 9.0
