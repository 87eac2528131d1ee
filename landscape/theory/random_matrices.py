"""Spectra of random symmetric matrices: limiting densities, the exact density of the GOE, and its edge."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import airy

from landscape.arrays import Array
from landscape.theory.checks import positive, positive_integer
from landscape.theory.hermite import hermite_functions, hermite_integrals

_FAR_LEFT = -60.0  # where a quadrature of the Airy function still resolves all its waves

MAX_SIZE = 500  # of the exact density; beyond, the Hermite functions underflow inside the spectrum


def semicircle_density(x: npt.ArrayLike, radius: npt.ArrayLike = 1.0, centre: npt.ArrayLike = 0.0) -> Array:
    """Density of Wigner's semicircle (Ann. Math. 67, 325, 1958), shifted to `centre`.

    A GOE matrix with joint weight exp(-sum x_i^2 / 2) fills radius sqrt(2 n).

    Parameters
    ----------
    x, radius, centre : (...)
        Broadcast together.

    Returns
    -------
    (...)

    Examples
    --------
    >>> round(float(semicircle_density(0.0)) * 3.141592653589793, 12)
    2.0
    """
    r = positive("radius", radius)
    y = (np.asarray(x, dtype=np.float64) - np.asarray(centre, dtype=np.float64)) / r
    return 2 / (np.pi * r) * np.sqrt(np.maximum(1 - y**2, 0.0))


def semicircle_cdf(x: npt.ArrayLike, radius: npt.ArrayLike = 1.0, centre: npt.ArrayLike = 0.0) -> Array:
    """Share of a semicircle that lies below x; at x = 0 it is the index fraction of a shifted GOE matrix.

    1/2 + [y sqrt(1 - y^2) + arcsin y] / pi with y = (x - centre) / radius.

    Examples
    --------
    >>> semicircle_cdf([-1.0, 0.0, 1.0]).round(12).tolist()
    [0.0, 0.5, 1.0]
    """
    distance = np.asarray(x, dtype=np.float64) - np.asarray(centre, dtype=np.float64)
    y = np.clip(distance / positive("radius", radius), -1.0, 1.0)
    return 0.5 + (y * np.sqrt(1 - y**2) + np.arcsin(y)) / np.pi


def marchenko_pastur_density(x: npt.ArrayLike, ratio: npt.ArrayLike, variance: npt.ArrayLike = 1.0) -> Array:
    """Continuous part of the Marchenko-Pastur law (Math. USSR Sb. 1, 457, 1967) of J J' / m with J of shape (n, m).

    It fills variance (1 -+ sqrt(ratio))^2; for ratio > 1 a share 1 - 1 / ratio of the eigenvalues is zero besides.

    Parameters
    ----------
    x : (...)
        Eigenvalue.
    ratio : (...)
        n / m.
    variance : (...)
        Of the entries of J.

    Returns
    -------
    (...)

    Examples
    --------
    >>> round(float(marchenko_pastur_density(1.0, 1.0)), 9)  # sqrt(3) / (2 pi)
    0.275664448
    """
    q, v = positive("ratio", ratio), positive("variance", variance)
    y = np.asarray(x, dtype=np.float64) / v
    inside = np.maximum(((1 + np.sqrt(q)) ** 2 - y) * (y - (1 - np.sqrt(q)) ** 2), 0.0)
    return np.divide(
        np.sqrt(inside), 2 * np.pi * q * y * v, out=np.zeros(np.broadcast(y, q, v).shape), where=inside > 0
    )


def goe_density(n: int, x: npt.ArrayLike) -> Array:
    """Exact mean density of eigenvalues of an n x n GOE matrix of joint weight exp(-sum x_i^2 / 2).

    Mehta 2004, *Random Matrices*, section 7.2: the density of the unitary ensemble and a correction.

    Parameters
    ----------
    n : int
        Size of the matrix, from 1 to `MAX_SIZE`.
    x : (...)
        Where.

    Returns
    -------
    (...)
        Eigenvalues per unit length; integrates to n.

    Raises
    ------
    ValueError
        If `n` is out of range.

    Examples
    --------
    >>> goe_density(1, [0.0, 1.0]).round(9).tolist()  # the standard normal law
    [0.39894228, 0.241970725]
    """
    if positive_integer("n", n) > MAX_SIZE:
        raise ValueError(f"n is {n} but must be at most {MAX_SIZE}")
    where = np.asarray(x, dtype=np.float64)
    t = where.ravel()
    psi = hermite_functions(n + 1, t)
    single = hermite_integrals(n + 1, psi, t)
    far = np.array([40.0])
    whole = hermite_integrals(n + 1, hermite_functions(n + 1, far), far)[:, 0]
    density = (psi[:n] ** 2).sum(axis=0) + math.sqrt(n / 2) * psi[n - 1] * (single[n] - whole[n] / 2)
    if n % 2:
        density += psi[n - 1] / whole[n - 1]
    return density.reshape(where.shape)


def tracy_widom_cdf(s: npt.ArrayLike, nodes: int = 50) -> Array:
    """Tracy-Widom law of beta = 1 (Commun. Math. Phys. 177, 727, 1996): the largest eigenvalue of a GOE matrix.

    P(x_max < sqrt(2 n) + s n^(-1/6) / sqrt(2)) for n to infinity. It is the Fredholm determinant of 1 - Ai(x + y + s)
    on the positive half line (Ferrari & Spohn, J. Phys. A 38, L557, 2005), evaluated by quadrature as in Bornemann
    (Math. Comput. 79, 871, 2010). Absolute error about 1e-14.

    Parameters
    ----------
    s : (...)
        Scaled distance from the edge; far out, below -20, the law is zero to all digits.
    nodes : int
        Of the quadrature.

    Returns
    -------
    (...)

    Examples
    --------
    >>> tracy_widom_cdf([-2.0, 0.0]).round(9).tolist()
    [0.274320198, 0.831908066]
    """
    return _tracy_widom(s, nodes)[0]


def tracy_widom_density(s: npt.ArrayLike, nodes: int = 50) -> Array:
    """Density of `tracy_widom_cdf`: the derivative of the determinant, by Jacobi's formula.

    Examples
    --------
    >>> tracy_widom_density([-2.0, 0.0]).round(6).tolist()
    [0.281388, 0.18142]
    """
    return _tracy_widom(s, nodes)[1]


def _tracy_widom(s: npt.ArrayLike, nodes: int) -> tuple[Array, Array]:
    place = np.asarray(s, dtype=np.float64)
    if not np.isfinite(place).all():
        raise ValueError(f"s is {s!r} but must be finite")
    shift = np.maximum(place.ravel(), -20.0)[:, None, None]
    node, weight = np.polynomial.legendre.leggauss(nodes)
    length = 16 + np.maximum(-shift, 0.0)  # Ai(16) is below 1e-19
    x, root = length / 2 * (node + 1), np.sqrt(length / 2 * weight)
    value, slope, _, _ = airy(np.swapaxes(x, 1, 2) + x + shift)
    pair = np.swapaxes(root, 1, 2) * root
    matrix = np.eye(nodes) - pair * value
    cdf = np.linalg.det(matrix)
    density = -cdf * np.trace(np.linalg.solve(matrix, pair * slope), axis1=1, axis2=2)
    kept = place.ravel() > -20
    return np.where(kept, cdf, 0.0).reshape(place.shape), np.where(kept, density, 0.0).reshape(place.shape)


def airy_density(s: npt.ArrayLike) -> Array:
    """Mean density of GOE eigenvalues at the edge of the spectrum, in the variable of `tracy_widom_cdf`.

    Ai'(s)^2 - s Ai(s)^2 + Ai(s) (1 - int_s^inf Ai) / 2 (Forrester, Nagao & Honner, Nucl. Phys. B 553, 601, 1999).
    Far to the right it is the density of the largest eigenvalue, far to the left sqrt(-s) / pi.

    Examples
    --------
    >>> round(float(airy_density(-20.0)) * 3.141592653589793 / 20**0.5, 2)
    1.0
    """
    where = np.asarray(s, dtype=np.float64)
    value, slope, _, _ = airy(where)
    return slope**2 - where * value**2 + value * (1 - _airy_integral(where, value, slope)) / 2


def _airy_integral(s: Array, value: Array, slope: Array) -> Array:
    """int_s^inf Ai(x) dx by Gauss-Legendre quadrature over the part that is not negligible, (...) to (...).

    Far to the left by parts, from Ai = Ai'' / x: the integral from -inf is the sum over j of c_j s^(-3 j) times
    Ai'(s) / s + (3 j + 1) Ai(s) / s^2, with c_0 = 1 and c_(j + 1) = (3 j + 1) (3 j + 2) c_j.
    """
    node, weight = np.polynomial.legendre.leggauss(200)
    near, far = np.maximum(s, _FAR_LEFT), np.minimum(s, _FAR_LEFT)
    length = np.maximum(16 - near, 0.0)[..., None]
    whole = (airy(near[..., None] + length / 2 * (node + 1))[0] * weight * length / 2).sum(axis=-1)
    below, factor = np.zeros_like(far), np.ones_like(far)
    for j in range(4):  # the next term is below 1e-16
        below += factor * (slope / far + (3 * j + 1) * value / far**2)
        factor *= (3 * j + 1) * (3 * j + 2) / far**3
    return np.where(s < _FAR_LEFT, 1 - below, whole)
