"""How rarely every eigenvalue of a random symmetric matrix is positive: the Gaussian Orthogonal Ensemble.

The joint weight of the eigenvalues is exp(-sum x_i^2 / 2) prod |x_i - x_j|. Integrated over the positive half
line it is a Pfaffian (de Bruijn, J. Indian Math. Soc. 19, 133, 1955), here of moments known in closed form;
over the whole line it is Mehta's integral (Mehta 2004, *Random Matrices*, eq. 17.6.7). The leading law
3^(-n^2/4) is Dean & Majumdar's (Phys. Rev. Lett. 97, 160201, 2006).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt

from landscape.arrays import Array

_DIGITS = 30  # decimal digits of ln P that must survive a rise of the working precision

# ln P(n) = -(ln 3 / 4) n^2 - _LINEAR n - ln(n) / 24 + _CONSTANT + _INVERSE / n + ...
_QUADRATIC = math.log(3) / 4
_LINEAR = (2 * math.log(2 + math.sqrt(3)) - math.log(3)) / 4
_CONSTANT = -0.0172232  # fitted to exact values up to n = 32
_INVERSE = -0.0155  # fitted to exact values up to n = 32


def goe_log_probability_minimum(n: int) -> float:
    """Natural logarithm of the probability that all eigenvalues of an n x n GOE matrix are positive.

    Exact to double precision: the Pfaffian is evaluated in multiple precision, twice, and the two must agree.
    Under a second at n = 60; results are remembered.

    Parameters
    ----------
    n : int
        Size of the matrix, at least 1.

    Returns
    -------
    float
        ln P(n).

    Raises
    ------
    ValueError
        If `n` is not a positive integer.
    ArithmeticError
        If the working precision turns out too low.

    Examples
    --------
    >>> round(goe_log_probability_minimum(2), 12)  # ln((2 - sqrt(2)) / 4)
    -1.921094357859
    """
    return float(_log_probability_minimum(_size(n)))


def goe_probability_minimum(n: int) -> float:
    """Probability that all eigenvalues of an n x n GOE matrix are positive; 0.0 once it underflows (n > 51).

    Examples
    --------
    >>> round(goe_probability_minimum(1), 15)
    0.5
    """
    return math.exp(goe_log_probability_minimum(n))


def goe_log_probability_minimum_asymptotic(n: npt.ArrayLike) -> Array:
    """Large-n law of `goe_log_probability_minimum` with its corrections.

    The quadratic coefficient, ln 3 / 4, is Dean & Majumdar's. The linear coefficient was identified from
    exact values, not derived. The constant -0.0172232 and the coefficient -0.0155 of 1/n are *fits* to exact
    values up to n = 32. 3^(-n^2/4) alone is 24 times too large at n = 8; this is good to 1e-4 in ln P from n
    = 8 (2e-6 at n = 60).

    Parameters
    ----------
    n : (...)
        Sizes, at least 1; need not be integers.

    Returns
    -------
    (...)
        ln P(n).
    """
    size = np.asarray(n, dtype=np.float64)
    if not (size >= 1).all():
        raise ValueError(f"n is {n!r} but must be at least 1")
    return -_QUADRATIC * size**2 - _LINEAR * size - np.log(size) / 24 + _CONSTANT + _INVERSE / size


def _size(n: int) -> int:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"n is {n!r} but must be a positive integer")
    return int(n)


@lru_cache(maxsize=256)
def _log_probability_minimum(n: int) -> Any:
    """ln P(n) as an mpmath number good to `_DIGITS` digits."""
    # The moments grow like factorials and cancel down to 3^(-n^2/4): about two digits are lost for every row.
    digits = 60 + 4 * n
    first, second = (_pfaffian_log_probability(n, d) for d in (digits, digits + digits // 4))
    if not abs(first - second) <= mpmath.mpf(10) ** -_DIGITS * max(1, abs(second)):
        raise ArithmeticError(f"{digits} digits are too few for the Pfaffian of n = {n}: {first} against {second}")
    return second


def _pfaffian_log_probability(n: int, digits: int) -> Any:
    """ln P(n) computed with a working precision of `digits` decimal digits."""
    mp = mpmath.MPContext()  # a context of our own: the global precision stays as it is
    mp.dps = digits
    half_gamma = [mp.gamma(mp.mpf(s) / 2) / 2 if s else mp.inf for s in range(2 * n)]  # int y^(s-1) e^(-y^2) dy
    moments = _ordered_moments(mp, n, half_gamma)
    matrix = [[moments[i][j] - moments[j][i] for j in range(n)] for i in range(n)]
    if n % 2:
        # A border of single moments, int x^i e^(-x^2/2) dx, makes the size even.
        border = [mp.power(2, mp.mpf(i - 1) / 2) * mp.gamma(mp.mpf(i + 1) / 2) for i in range(n)]
        for row, moment in zip(matrix, border, strict=True):
            row.append(moment)
        matrix.append([-moment for moment in border] + [mp.zero])
    log_positive = _log_pfaffian(mp, matrix)
    log_all = mp.log(2 * mp.pi) * n / 2 - mp.loggamma(n + 1)
    log_all += sum(mp.loggamma(1 + mp.mpf(j) / 2) - mp.loggamma(mp.mpf(3) / 2) for j in range(1, n + 1))
    return log_positive - log_all


def _ordered_moments(mp: Any, n: int, half_gamma: list[Any]) -> list[list[Any]]:
    """I(i, j) = int_0^inf y^j e^(-y^2/2) int_0^y x^i e^(-x^2/2) dx dy for i, j < n, by parts."""
    root_pi = mp.sqrt(mp.pi)
    table: list[list[Any]] = [[mp.zero] * max(n, 2) for _ in range(max(n, 2))]
    table[0][0], table[1][1] = mp.pi / 4, mp.mpf(1) / 2
    table[0][1], table[1][0] = root_pi / 2, mp.sqrt(mp.pi / 2) - root_pi / 2
    for i in range(n):
        for j in range(n):
            if i >= 2:
                table[i][j] = (i - 1) * table[i - 2][j] - half_gamma[i + j]
            elif j >= 2:
                table[i][j] = (j - 1) * table[i][j - 2] + half_gamma[i + j]
    return table


def _log_pfaffian(mp: Any, matrix: list[list[Any]]) -> Any:
    """ln |Pf| of a skew-symmetric matrix of even size by Parlett-Reid elimination; it uses up `matrix`."""
    size = len(matrix)
    result = mp.zero
    for k in range(0, size, 2):
        pivot = max(range(k + 1, size), key=lambda row: abs(matrix[row][k]))
        if pivot != k + 1:
            matrix[k + 1], matrix[pivot] = matrix[pivot], matrix[k + 1]
            for row in matrix:
                row[k + 1], row[pivot] = row[pivot], row[k + 1]
        entry = matrix[k][k + 1]
        result += mp.log(abs(entry))
        below = range(k + 2, size)
        tau = [matrix[k][j] / entry for j in below]
        column = [matrix[j][k + 1] for j in below]
        for a, i in enumerate(below):
            for b in range(a):
                j = k + 2 + b
                updated = matrix[i][j] + tau[a] * column[b] - column[a] * tau[b]
                matrix[i][j], matrix[j][i] = updated, -updated
    return result
