"""The index of a large GOE matrix: how much it fluctuates, and how rare a wrong fraction is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.theory.goe_counts import goe_count_law

_CONSTANT = (1 + np.euler_gamma + 3 * np.log(2)) / np.pi**2 - 1 / 8
_INVERSE = -0.0516  # fitted to exact values up to n = 32


def goe_index_variance(n: int) -> float:
    """Variance of the number of negative eigenvalues of an n x n GOE matrix, exactly.

    Parameters
    ----------
    n : int
        Size of the matrix, from 1 to `goe_counts.MAX_SIZE`.

    Returns
    -------
    float

    Examples
    --------
    >>> round(goe_index_variance(2), 12)  # 1 - 1 / sqrt(2)
    0.292893218813
    """
    law = goe_count_law(n, 0.0)
    return float(law @ (np.arange(n + 1) - n / 2) ** 2)


def goe_index_variance_asymptotic(n: npt.ArrayLike) -> Array:
    """Variance of the number of negative eigenvalues for large n.

    ln n / pi^2 + (1 + gamma + 3 ln 2) / pi^2 - 1/8 - 0.0516 / n. The slope of ln n is that of Majumdar, Nadal,
    Scardicchio & Vivo (Phys. Rev. Lett. 103, 220603, 2009). The constant is a *conjecture*, by analogy with the number
    variance of Dyson & Mehta, and the coefficient of 1/n is a *fit*; exact values support both. Even n are met to 7e-5
    from n = 10, odd n to about 0.12 / n^2.

    Parameters
    ----------
    n : (...)
        Sizes, at least 1; need not be integers.

    Returns
    -------
    (...)

    Examples
    --------
    >>> abs(float(goe_index_variance_asymptotic(32)) - goe_index_variance(32)) < 1e-5
    True
    """
    size = np.asarray(n, dtype=np.float64)
    if not (size >= 1).all():
        raise ValueError(f"n is {n!r} but must be at least 1")
    return np.log(size) / np.pi**2 + _CONSTANT + _INVERSE / size


def goe_index_rate(fraction: npt.ArrayLike) -> Array:
    """Large-deviation function of the index: P(index = fraction n) ~ exp(-n^2 Phi(fraction)).

    Majumdar, Nadal, Scardicchio & Vivo (Phys. Rev. Lett. 103, 220603, 2009; Phys. Rev. E 83, 041105, 2011). With x
    scaled by sqrt(n), the density of eigenvalues that has a fraction c > 1/2 on one side of zero is
    sqrt((L - x) (x^2 + L x + L^2 - 2) / x) / pi: a band that ends at zero, a gap, and a second band. L follows from c;
    the energy is that of the logarithmic gas, whose second moment stays 1/2.

    Parameters
    ----------
    fraction : (...)
        Index divided by n, between 0 and 1.

    Returns
    -------
    (...)
        Phi: 0 at 1/2, ln(3) / 4 at 0 and 1.

    Raises
    ------
    ValueError
        If a fraction is not between 0 and 1.

    Examples
    --------
    >>> goe_index_rate([0.0, 0.25, 0.5]).round(6).tolist()
    [0.274653, 0.05651, 0.0]
    """
    given = np.asarray(fraction, dtype=np.float64)
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError(f"fraction is {fraction!r} but must lie between 0 and 1")
    c = np.maximum(given, 1 - given)
    low, high = np.full(c.shape, np.sqrt(2.0)), np.full(c.shape, np.sqrt(8 / 3))
    for _ in range(60):  # the share beyond zero grows with L
        middle = (low + high) / 2
        more = _share(middle) < c
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    edge = (low + high) / 2
    # Energy 1/8 + (c mu_right + (1 - c) mu_left) / 2 with the chemical potentials of the two bands.
    energy = _potential(edge) - (1 - c) * _potential_difference(edge)
    return np.maximum(energy - (1 + np.log(2)) / 2, 0.0) / 2


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(120)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2


def _share(edge: Array) -> Array:
    """Fraction of the eigenvalues in the band (0, edge)."""
    # x = L sin^2(theta) takes the roots away; near c = 1/2 there is structure at small theta, hence the cube.
    theta = np.pi / 2 * _NODES**3
    ends = edge[..., None]
    x = ends * np.sin(theta) ** 2
    root = np.sqrt(np.maximum(x**2 + ends * x + ends**2 - 2, 0.0))
    return 2 * edge / np.pi * ((np.cos(theta) ** 2 * root) @ (_WEIGHTS * 3 * np.pi / 2 * _NODES**2))


def _potential(edge: Array) -> Array:
    """L^2 / 2 - int rho ln(L - x) dx, the chemical potential of the band (0, edge)."""
    ends = edge[..., None]
    s = 1 - _NODES**2  # z = L / s, from the edge to infinity
    z = ends / s
    product = ends * (ends**2 - 2)
    v = 2 / z**2 + product / z**3
    root = np.sqrt(np.maximum(1 - v, 0.0))
    excess = (v / (1 + root) + product / z) / (z * (1 + root))  # G(z) - 1 / z, G the resolvent
    integral = (excess * ends / s**2) @ (_WEIGHTS * 2 * _NODES)
    return edge**2 / 2 - np.log(edge) + integral


def _potential_difference(edge: Array) -> Array:
    """Chemical potential of the band at positive x less that of the other: d Phi / d c."""
    gap = np.sqrt(np.maximum(8 - 3 * edge**2, 0.0))
    inner, outer = (edge - gap) / 2, (edge + gap) / 2  # the second band is (-outer, -inner)
    phi = np.pi / 2 * _NODES
    x = inner[..., None] * np.sin(phi) ** 2
    force = np.cos(phi) ** 2 * np.sqrt(np.maximum((edge[..., None] + x) * (outer[..., None] - x), 0.0))
    return 2 * inner * (force @ (_WEIGHTS * np.pi / 2))
