"""Complexity of spherical spin glasses: ln(mean number of critical points) / n at a given value and index.

Auffinger, Ben Arous & Cerny (Commun. Pure Appl. Math. 66, 165, 2013, arXiv:1003.1129) for the pure p-spin; Auffinger &
Ben Arous (Ann. Probab. 41, 4214, 2013, arXiv:1110.5872) for mixtures. With covariance n nu(x . y / n) on the sphere of
radius sqrt(n), at a critical point of value n u the Hessian is a semicircle of radius 2 sqrt(nu'') shifted by -y, where
y is the radial derivative. The exponent of the number of points with given u and y is

    ln(nu'' / nu') / 2 - (u, y) C^-1 (u, y)' / 2 + y^2 / (4 nu'') - (k + 1) I(y),   C = [[nu, nu'], [nu', nu' + nu'']],

to be maximised over y. I(y), zero for |y| < 2 sqrt(nu''), is the cost of one eigenvalue beyond the semicircle: k of
them must come back for index k, and the determinant is worth one. For a pure model y = p u.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize_scalar

from landscape.arrays import Array
from landscape.theory.random_matrices import semicircle_cdf
from landscape.theory.spin_glass import Mixture

_TOUCHES = 1e-8  # a complexity that rises no higher than this is taken to touch zero


def total_complexity(mixture: Mixture, u: npt.ArrayLike) -> Array:
    """Complexity of the critical points of any index near the value u.

    Parameters
    ----------
    mixture : Mixture
        From `spin_glass.pure` or `spin_glass.mixed`.
    u : (...)
        Value divided by n. For u <= 0 it is also the complexity of all points below u if nu'' >= nu'; if
        nu'' < nu' it is so up to u = -sqrt(nu'), where it is zero, and that of all points below u remains zero beyond.

    Returns
    -------
    (...)
        Negative where there are none in a typical sample. Its maximum over u is ln(nu'' / nu') / 2 if that is positive.

    Examples
    --------
    >>> from landscape.theory.spin_glass import pure
    >>> total_complexity(pure(3), [0.0, -1.0, -1.7]).round(6).tolist()  # ln(2) / 2 first
    [0.346574, 0.221574, -0.030446]
    """
    value = -np.abs(np.asarray(u, dtype=np.float64))  # f and -f have the same law
    y = _shift(mixture, value)
    edge = 2 * math.sqrt(mixture.bend)
    return _exponent(mixture, value, np.where(y < -edge, _outer_shift(mixture, value, 0), y), 0)


def index_complexity(mixture: Mixture, k: int, u: npt.ArrayLike) -> Array:
    """Complexity of the critical points of fixed index k (0: minima) near the value u.

    Parameters
    ----------
    mixture : Mixture
        From `spin_glass.pure` or `spin_glass.mixed`.
    k : int
        Index, not negative.
    u : (...)
        Value divided by n. In a pure model such points with u above -`threshold_energy` are rarer than any exponential
        of n, and the result is -inf.

    Returns
    -------
    (...)

    Raises
    ------
    ValueError
        If `k` is not an integer of at least 0.

    Examples
    --------
    >>> from landscape.theory.spin_glass import pure
    >>> index_complexity(pure(3), 0, [-1.7, -1.64]).round(6).tolist()
    [-0.030446, 0.009843]
    """
    if k != int(k) or k < 0:
        raise ValueError(f"k is {k!r} but must be an integer of at least 0")
    value = np.asarray(u, dtype=np.float64)
    result = _exponent(mixture, value, _outer_shift(mixture, value, int(k)), int(k))
    if _is_pure(mixture):
        result = np.where(value <= -threshold_energy(mixture) * (1 - 1e-12), result, -np.inf)
    return result


def threshold_energy(mixture: Mixture) -> float:
    """E with -E the value above which typical critical points are saddles: E_inf = 2 sqrt((p - 1) / p) if pure.

    For a mixture it is where the shift of the most numerous points leaves the semicircle.

    Examples
    --------
    >>> from landscape.theory.spin_glass import pure
    >>> round(threshold_energy(pure(3)), 9)
    1.632993162
    """
    nu, slope, bend = mixture
    return math.sqrt(1 / bend) * (nu * bend - nu * slope + slope**2) / slope


def layer_energy(mixture: Mixture, k: int = 0) -> float:
    """E_k with -E_k the lowest value at which there are critical points of index k: k = 0 is the ground state.

    The root of `index_complexity`. For pure models E_0 > E_1 > ... > E_inf (Auffinger, Ben Arous & Cerny 2013), and for
    minima typical numbers are mean numbers (Subag, Ann. Probab. 45, 3385, 2017). For mixtures it is a bound: there are
    none below -E_0, whose mean number would be exponentially small.

    Parameters
    ----------
    mixture : Mixture
        From `spin_glass.pure` or `spin_glass.mixed`.
    k : int
        Index, not negative.

    Returns
    -------
    float
        NaN if there are no such points at any value.

    Examples
    --------
    >>> from landscape.theory.spin_glass import pure
    >>> [round(layer_energy(pure(3), k), 9) for k in (0, 1, 2)]
    [1.656998364, 1.652873198, 1.650253127]
    """
    end = -threshold_energy(mixture) * (1 if _is_pure(mixture) else 0)  # above it a pure model has none

    def negative(u: float) -> float:
        return -float(index_complexity(mixture, k, u))

    low = 3 * threshold_energy(mixture)
    if _is_pure(mixture):
        top = end
    else:
        low = max(low, 1.2 * math.sqrt(mixture.slope))  # where the random field is strong, the minima are at -sqrt(nu')
        top = float(minimize_scalar(negative, bounds=(-low, end), method="bounded", options={"xatol": 1e-10}).x)
    if negative(top) > -_TOUCHES:
        return -top if negative(top) < _TOUCHES else math.nan
    while negative(-low) < 0:
        low *= 2
    return -float(brentq(negative, -low, top, xtol=1e-14))


def index_fraction_at_energy(mixture: Mixture, u: npt.ArrayLike) -> Array:
    """Index fraction of the critical points of value n u, for large n.

    The share of the shifted semicircle below zero: 1/2 + [x sqrt(1 - x^2) + arcsin x] / pi with x = u /
    `threshold_energy`.

    Examples
    --------
    >>> from landscape.theory.spin_glass import pure
    >>> index_fraction_at_energy(pure(3), [-1.7, -1.0, 0.0]).round(6).tolist()
    [0.0, 0.136114, 0.5]
    """
    return semicircle_cdf(u, threshold_energy(mixture))


def _is_pure(mixture: Mixture) -> bool:
    nu, slope, bend = mixture
    return nu * (slope + bend) - slope**2 <= 1e-12 * slope**2


def _shift(mixture: Mixture, u: Array) -> Array:
    """The most likely radial derivative while it lies inside the semicircle, where it is linear in u."""
    return 2 * math.sqrt(mixture.bend) * u / threshold_energy(mixture)


def _outer_shift(mixture: Mixture, u: Array, k: int) -> Array:
    """The radial derivative y <= -2 sqrt(nu'') that maximises the exponent of index k.

    With y = -2 sqrt(nu'') cosh(theta) the condition is a quadratic equation for exp(theta).
    """
    nu, slope, bend = mixture
    edge = 2 * math.sqrt(bend)
    if _is_pure(mixture):
        return np.minimum(slope * u / nu, -edge)
    determinant = nu * (slope + bend) - slope**2
    c = slope * u / determinant
    stiff, pull = edge / 2 * (nu / determinant - 1 / (2 * bend)), (k + 1) / edge
    growth = (-c + np.sqrt(np.maximum(c**2 - 4 * (stiff**2 - pull**2), 0.0))) / (2 * (stiff + pull))
    growth = np.maximum(growth, 1.0)
    result: Array = -edge / 2 * (growth + 1 / growth)
    return result


def _exponent(mixture: Mixture, u: Array, y: Array, k: int) -> Array:
    nu, slope, bend = mixture
    if _is_pure(mixture):
        gauss = u**2 / nu
    else:
        gauss = ((slope + bend) * u**2 - 2 * slope * u * y + nu * y**2) / (nu * (slope + bend) - slope**2)
    return math.log(bend / slope) / 2 - gauss / 2 + y**2 / (4 * bend) - (k + 1) * _cost(y, bend)


def _cost(y: Array, bend: float) -> Array:
    """I(y): integral of sqrt(z^2 - 4 nu'') / (2 nu'') from 2 sqrt(nu'') to |y|."""
    c = np.maximum(np.abs(y) / (2 * math.sqrt(bend)), 1.0)
    return c * np.sqrt(c**2 - 1) - np.arccosh(c)
