"""Critical points of isotropic Gaussian random fields on R^n, exactly at finite n: Kac-Rice and ordered eigenvalues.

The field V has mean zero and covariance exp(-|x - y|^2 / 2), so that its values, its slopes and the mixed second
derivatives all have variance 1. Its Hessian is H = G - V I with G from the GOE and independent of V. In the Kac-Rice
integral the value V then takes the place of one more eigenvalue, and every mean over critical points of index k is one
over the ordered eigenvalue x_k of an (n + 1) x (n + 1) GOE matrix of joint weight exp(-sum x_i^2 / 2) prod |x_i - x_j|
(Fyodorov, Phys. Rev. Lett. 92, 240601, 2004; Cheng & Schwartzman, Bernoulli 24, 3422, 2018, arXiv:1511.06835; Azais &
Delmas, Extremes 25, 2022, arXiv:1911.02300). The value at such a point is V = sqrt(2) x_k.

For any other smooth isotropic field the fractions by index are the same. Per unit volume its numbers are
(E[f_xx^2] / (3 E[f_x^2]))^(n/2) times those here, and its mean values, in standard deviations, are
E[f_x^2] / sqrt(E[f^2] E[f_xx^2] / 3) times those here.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from landscape.arrays import Array
from landscape.theory.checks import positive, positive_integer
from landscape.theory.goe_counts import goe_ordered_density, goe_ordered_mean
from landscape.theory.random_matrices import goe_density

_ACCURACY = 1e-7  # relative error of a mean that is still let through


def gaussian_field_counts(n: int) -> Array:
    """Mean number of critical points of each index per unit volume, for the covariance exp(-r^2 / 2).

    n_k = sqrt(2) pi^(-(n+1)/2) Gamma((n+1)/2) E[exp(-x_k^2 / 2)].

    Parameters
    ----------
    n : int
        Dimension, at least 1; up to 100 in a few seconds.

    Returns
    -------
    (n + 1,)
        Numbers for index 0 to n, symmetric.

    Raises
    ------
    ValueError
        If `n` is not a positive integer or too large.
    ArithmeticError
        If an exponentially rare index would be lost in rounding.

    Examples
    --------
    >>> gaussian_field_counts(3).round(9).tolist()
    [0.034862409, 0.106507305, 0.106507305, 0.034862409]
    """
    return math.exp(_log_rate(n)) * _resolved(n, *goe_ordered_mean(n + 1, _weight, lambda x: -x * _weight(x)))


def gaussian_field_total(n: int) -> float:
    """Mean number of critical points of any index per unit volume, for the covariance exp(-r^2 / 2).

    From the exact density of the GOE, so that it is good and quick up to n of about 300, where it overflows.

    Raises
    ------
    ValueError
        If `n` is not a positive integer or too large.

    Examples
    --------
    >>> round(gaussian_field_total(1) * 3.141592653589793, 12)  # sqrt(3)
    1.732050807569
    """
    rate = _log_rate(positive_integer("n", n))
    if rate > 700:
        raise ValueError(f"n is {n} but numbers overflow beyond about 300")
    x, weights = _line(n + 1)
    return math.exp(rate) * float(weights @ (goe_density(n + 1, x) * _weight(x)))


def gaussian_field_index_law(n: int) -> Array:
    """Fraction of critical points that have index k, k = 0 to n: the same for every smooth isotropic Gaussian field.

    The ratio of mean numbers. Minima are a share e^(-n + o(n)), and the variance of the index grows like
    2 n / pi^2: both because the Hessian is a GOE matrix plus a common shift.

    Parameters
    ----------
    n : int
        Dimension, at least 1.

    Returns
    -------
    (n + 1,)

    Examples
    --------
    >>> gaussian_field_index_law(3).round(9).tolist()[0] == round((29 - 6 * 6**0.5) / 116, 9)
    True
    """
    counts = gaussian_field_counts(n)
    return counts / counts.sum()


def gaussian_field_mean_value(n: int) -> Array:
    """Mean value of the field at critical points of index k, in standard deviations, for the covariance exp(-r^2 / 2).

    sqrt(2) E[x_k exp(-x_k^2 / 2)] / E[exp(-x_k^2 / 2)].

    Parameters
    ----------
    n : int
        Dimension, at least 1.

    Returns
    -------
    (n + 1,)
        Mean values for index 0 to n, increasing and odd about the middle.

    Examples
    --------
    >>> gaussian_field_mean_value(2).round(6).tolist()
    [-1.30294, 0.0, 1.30294]
    """
    mean = _resolved(n, *goe_ordered_mean(n + 1, _weight, lambda x: -x * _weight(x)))
    first, _ = goe_ordered_mean(n + 1, lambda x: x * _weight(x), lambda x: (1 - x**2) * _weight(x))
    values = math.sqrt(2) * first / mean
    odd: Array = (values - values[::-1]) / 2
    return odd


def gaussian_field_value_density(n: int, value: npt.ArrayLike) -> Array:
    """Mean number of critical points of index k per unit volume and unit of value, for the covariance exp(-r^2 / 2).

    Parameters
    ----------
    n : int
        Dimension, at least 1.
    value : (...)
        Value of the field, in standard deviations.

    Returns
    -------
    (..., n + 1)
        Integrates over the value to `gaussian_field_counts`.

    Examples
    --------
    >>> gaussian_field_value_density(1, 0.0).round(9).tolist()
    [0.089793561, 0.089793561]
    """
    x = np.asarray(value, dtype=np.float64) / math.sqrt(2)
    density = goe_ordered_density(positive_integer("n", n) + 1, x) * _weight(x)[..., None]
    return math.exp(_log_rate(n)) / math.sqrt(2) * density


def gaussian_field_index_at_value(n: int, value: npt.ArrayLike) -> Array:
    """Mean index of the critical points with a given value, exactly, for the covariance exp(-r^2 / 2).

    Parameters
    ----------
    n : int
        Dimension, at least 1.
    value : (...)
        Value of the field, in standard deviations.

    Returns
    -------
    (...)
        Between 0 and n; n times `index_fraction_at_value` of value / sqrt(n) for large n.

    Examples
    --------
    >>> gaussian_field_index_at_value(2, [-1.0, 0.0, 1.0]).round(6).tolist()
    [0.520054, 1.0, 1.479946]
    """
    density = gaussian_field_value_density(n, value)
    return density @ np.arange(n + 1.0) / density.sum(axis=-1)


def index_fraction_at_value(
    value: npt.ArrayLike, variance: npt.ArrayLike = 1.0, slope: npt.ArrayLike = 1.0, bend: npt.ArrayLike = 1.0
) -> Array:
    """Index fraction of the critical points with a given value, for large n (Bray & Dean 2007).

    Phys. Rev. Lett. 98, 150201. The covariance is n f(|x - y|^2 / (2 n)). At a value n u the Hessian is a semicircle
    of radius 2 sqrt(f''(0)) shifted by -t, where t maximises the complexity: t = 2 f'(0) f''(0) u / (f(0) f''(0) +
    f'(0)^2) while the shift lies inside the semicircle, and outside all critical points are minima or maxima.

    Parameters
    ----------
    value : (...)
        u, the value divided by n; for `variance` 1, in standard deviations divided by sqrt(n).
    variance, slope, bend : (...)
        f(0), -f'(0) and f''(0), with f(0) f''(0) >= f'(0)^2; all 1 for f = exp, the field of this module.

    Returns
    -------
    (...)

    Raises
    ------
    ValueError
        If no covariance has these derivatives.

    Examples
    --------
    >>> index_fraction_at_value([-2.0, -1.0, 0.0, 2.0]).round(6).tolist()
    [0.0, 0.195501, 0.5, 1.0]
    """
    f0, f1, f2 = positive("variance", variance), positive("slope", slope), positive("bend", bend)
    if not (f0 * f2 >= f1**2 * (1 - 1e-12)).all():
        raise ValueError("variance times bend must be at least slope^2, as for every covariance")
    y = np.clip(np.sqrt(f2) * f1 * np.asarray(value, dtype=np.float64) / (f0 * f2 + f1**2), -1.0, 1.0)
    return 0.5 + (y * np.sqrt(1 - y**2) + np.arcsin(y)) / np.pi


def _weight(x: Array) -> Array:
    return np.exp(-(x**2) / 2)


def _log_rate(n: int) -> float:
    return math.log(2) / 2 - (n + 1) / 2 * math.log(math.pi) + float(gammaln((positive_integer("n", n) + 1) / 2))


def _resolved(n: int, mean: Array, error: Array) -> Array:
    if (error > _ACCURACY * mean).any():
        raise ArithmeticError(f"double precision does not resolve n = {n}: the rarest index needs {mean.min():.1e}")
    return mean


def _line(size: int) -> tuple[Array, Array]:
    """Quadrature nodes and weights over the spectrum of a GOE matrix."""
    end = math.sqrt(2 * size) + 9.0
    nodes, weights = np.polynomial.legendre.leggauss(160 + 4 * size)
    return end * nodes, end * weights
