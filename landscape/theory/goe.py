"""The index of a random symmetric matrix, exactly: the Gaussian Orthogonal Ensemble.

The joint weight of the eigenvalues is exp(-sum x_i^2 / 2) prod |x_i - x_j|. Integrated with a factor z for every
negative eigenvalue it is a Pfaffian (de Bruijn, J. Indian Math. Soc. 19, 133, 1955; for the gap probability Chiani,
J. Multivariate Anal. 129, 69, 2014, arXiv:1209.3394). Let w = exp(-x^2 / 2). In the basis e_0 = w,
e_j = (x^(2j-1) w)' and o_j = (x^(2j) w)' of polynomials of degree below n times w, its entries over the positive half
line have closed forms, because each but e_0 is a derivative. By parity the negative half line gives the same entries
up to sign, and the Pfaffian becomes a polynomial in (1 - z^2)^2 / (1 + z^2)^2 whose coefficients follow from the
traces of powers of one matrix of size n / 2. Over the whole line the integral is Mehta's (2004, *Random Matrices*,
eq. 17.6.7). The leading law 3^(-n^2/4) is Dean & Majumdar's (Phys. Rev. Lett. 97, 160201, 2006).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.theory.checks import positive_integer

_DIGITS = 30  # decimal digits of ln P that must survive another algorithm or a rise of the working precision

# ln P(n) = -(ln 3 / 4) n^2 - _LINEAR n - ln(n) / 24 + _CONSTANT + _INVERSE / n + ...
_QUADRATIC = math.log(3) / 4
_LINEAR = (2 * math.log(2 + math.sqrt(3)) - math.log(3)) / 4
_CONSTANT = -0.0172232  # fitted to exact values up to n = 32
_INVERSE = -0.0155  # fitted to exact values up to n = 32


def goe_index_law(n: int) -> Array:
    """Probability that exactly k eigenvalues of an n x n GOE matrix are negative, for k = 0 to n.

    Exact to double precision, however small (0.0 only where the double underflows, from n = 52): see
    `goe_index_log_law`.

    Parameters
    ----------
    n : int
        Size of the matrix, at least 1.

    Returns
    -------
    (n + 1,)
        The law of the index, symmetric.

    Examples
    --------
    >>> goe_index_law(2).round(9).tolist()
    [0.146446609, 0.707106781, 0.146446609]
    """
    return np.exp(goe_index_log_law(n))


def goe_index_log_law(n: int) -> Array:
    """Natural logarithms of `goe_index_law`.

    The polynomial is evaluated in multiple precision and checked: its coefficients must be positive and the first must
    be the probability of the Pfaffian that `goe_log_probability_minimum` evaluates by elimination. Half a second at
    n = 40, five seconds at n = 60, a minute at n = 100; results are remembered.

    Parameters
    ----------
    n : int
        Size of the matrix, at least 1.

    Returns
    -------
    (n + 1,)
        ln P(index k) for k = 0 to n.

    Raises
    ------
    ValueError
        If `n` is not a positive integer.
    ArithmeticError
        If the working precision turns out too low.

    Examples
    --------
    >>> goe_index_log_law(30)[:2].round(6).tolist()
    [-258.861998, -220.355868]
    """
    return np.array(_index_log_law(positive_integer("n", n)))


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
    return float(_log_probability_minimum(positive_integer("n", n)))


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
    sizes = np.asarray(n, dtype=np.float64)
    if not (sizes >= 1).all():
        raise ValueError(f"n is {n!r} but must be at least 1")
    return -_QUADRATIC * sizes**2 - _LINEAR * sizes - np.log(sizes) / 24 + _CONSTANT + _INVERSE / sizes


@lru_cache(maxsize=256)
def _log_probability_minimum(n: int) -> Any:
    """ln P(n) as an mpmath number good to `_DIGITS` digits."""
    # The entries grow like factorials and cancel down to 3^(-n^2/4): about two digits are lost for every row.
    digits = 60 + 4 * n
    first, second = (_pfaffian_log_probability(n, d) for d in (digits, digits + digits // 4))
    if not abs(first - second) <= mpmath.mpf(10) ** -_DIGITS * max(1, abs(second)):
        raise ArithmeticError(f"{digits} digits are too few for the Pfaffian of n = {n}: {first} against {second}")
    return second


@lru_cache(maxsize=256)
def _index_log_law(n: int) -> tuple[float, ...]:
    # All coefficients carry an absolute error of like size, which must be small beside 3^(-n^2/4).
    digits = 60 + 3 * n + math.ceil(_QUADRATIC / math.log(10) * n**2)
    law = _index_law(n, digits)
    mp = law[0].context
    smallest = _log_probability_minimum(n)
    if not all(p > 0 for p in law) or abs(mp.log(law[0]) - smallest) > mpmath.mpf(10) ** -_DIGITS * abs(smallest):
        raise ArithmeticError(f"{digits} digits are too few for the law of the index at n = {n}")
    return tuple(float(mp.log(p)) for p in law)


def _context(digits: int) -> Any:
    mp = mpmath.MPContext()  # a context of our own: the global precision stays as it is
    mp.dps = digits
    return mp


def _half_line_form(mp: Any, evens: int, odds: int) -> tuple[Any, Any, Any]:
    """int int_(0 < x < y) [f(x) g(y) - g(x) f(y)] for f, g among e_i (evens) or o_j (odds): (e, e), (e, o), (o, o).

    With f = F' and F(infinity) = 0 it is 2 int_0^inf F g dx - F(0) int_0^inf g dx, a sum of gamma functions.
    """
    gamma = [mp.inf] + [mp.gamma(mp.mpf(s) / 2) for s in range(1, 2 * (evens + odds) + 1)]
    half = mp.mpf(1) / 2
    even = _matrix(mp, evens, evens, lambda i, j: (j - i) * gamma[2 * (i + j - 1)] if i and j else mp.zero)
    for j in range(1, evens):
        even[0, j], even[j, 0] = -gamma[2 * j], gamma[2 * j]
    mixed = _matrix(mp, evens, odds, lambda i, j: (j - i + half) * gamma[2 * (i + j) - 1] if i else -gamma[2 * j + 1])
    mixed[:1, :1] += mp.sqrt(mp.pi / 2)
    odd = _matrix(mp, odds, odds, lambda i, j: (j - i) * gamma[2 * (i + j)] if i != j else mp.zero)
    return even, mixed, odd


def _matrix(mp: Any, rows: int, columns: int, entry: Any) -> Any:
    """The matrix of mpmath numbers entry(i, j) as an array of objects."""
    result = np.full((rows, columns), mp.zero, dtype=object)
    for i in range(rows):
        for j in range(columns):
            result[i, j] = entry(i, j)
    return result


def _index_law(n: int, digits: int) -> list[Any]:
    """P(index k), k = 0 to n, computed with a working precision of `digits` decimal digits."""
    mp, m = _context(digits), n // 2
    even, mixed, odd = _half_line_form(mp, n - m, m)
    root = mp.sqrt(mp.pi / 2)
    mixed[:1, :1] -= root  # the two half lines differ here: (1 + z^2) root - 2 z root = (1 - z)^2 root is left over
    if n % 2 == 0:
        inverse = _inverse(mp, mixed)
        whole = _half_determinant(mp, inverse @ even @ inverse.T @ odd)
        weight = root * inverse[0, 0]
        inverse = _inverse(mp, mixed[1:, 1:])
        part = _half_determinant(mp, inverse @ even[1:, 1:] @ inverse.T @ odd[1:, 1:])
        law = _expand(mp, whole, m, [1])
        law += weight * _expand(mp, part, m - 1, [1, -2, 1])
    else:
        # A border of single integrals makes the size even: (1 + z) root with e_0 and z - 1 with o_0, no other.
        border = _matrix(mp, m + 1, 1, lambda i, _: mp.zero if i else root)
        inverse = _inverse(mp, np.concatenate([mixed, border], axis=1))
        square = inverse @ even @ inverse.T
        bordered = _matrix(mp, m + 1, m + 1, lambda i, j: odd[i, j] if max(i, j) < m else mp.zero)
        whole = _half_determinant(mp, square @ bordered)
        bordered[0, m] -= 1
        bordered[m, 0] += 1
        part = [b - a for a, b in zip(whole, _half_determinant(mp, square @ bordered), strict=True)]
        law = _expand(mp, whole[: m // 2 + 1], m, [1, 1])
        if m:
            law += _expand(mp, part[1:], m - 1, [1, -1, -1, 1])
    return [p / 2 ** (n - m) for p in law]


def _half_determinant(mp: Any, product: Any) -> list[Any]:
    """Coefficients of the square root of det(1 + u `product`), the product of two skew-symmetric matrices.

    Its eigenvalues come in equal pairs, so that half the traces of its powers are the power sums of one of each
    pair; Newton's identities turn them into the coefficients.
    """
    order = len(product) // 2
    powers = [product]
    while 2 * len(powers) < order:
        powers.append(powers[-1] @ product)
    coefficients = [mp.one]
    sums: list[Any] = []
    for k in range(1, order + 1):
        a = (k + 1) // 2
        trace = (powers[a - 1] * powers[k - a - 1].T).sum() if k > 1 else product.trace()
        sums.append((-1) ** (k - 1) * trace / 2)
        coefficients.append(sum(c * s for c, s in zip(coefficients, reversed(sums), strict=True)) / k)
    return coefficients


def _expand(mp: Any, coefficients: list[Any], degree: int, factor: list[int]) -> Any:
    """Coefficients in z of factor(z) sum_j c_j (1 - z^2)^(2j) (1 + z^2)^(degree - 2j), as an array of objects."""
    total = np.full(2 * degree + len(factor), mp.zero, dtype=object)
    for j, c in enumerate(coefficients):
        term = np.array(factor, dtype=object)
        for sign in [-1] * (2 * j) + [1] * (degree - 2 * j):
            term = np.convolve(term, np.array([1, 0, sign], dtype=object))
        total += c * term
    return total


def _inverse(mp: Any, matrix: Any) -> Any:
    """Inverse by Gauss-Jordan elimination with pivoting."""
    size = len(matrix)
    work = np.concatenate([matrix, _matrix(mp, size, size, lambda i, j: mp.mpf(i == j))], axis=1)
    for k in range(size):
        pivot = k + int(np.abs(work[k:, k]).argmax())
        work[[k, pivot]] = work[[pivot, k]]
        work[k] = work[k] / work[k, k]
        factor = work[:, k].copy()
        factor[k] = mp.zero
        work -= factor[:, None] * work[k]
    return work[:, size:]


def _pfaffian_log_probability(n: int, digits: int) -> Any:
    """ln P(n) computed with a working precision of `digits` decimal digits."""
    mp, m = _context(digits), n // 2
    even, mixed, odd = _half_line_form(mp, n - m, m)
    matrix = [[*a, *b] for a, b in zip(even.tolist(), mixed.tolist(), strict=True)]
    matrix += [[*a, *b] for a, b in zip((-mixed.T).tolist(), odd.tolist(), strict=True)]
    if n % 2:
        # A border of single integrals, nonzero for e_0 and o_0 only, makes the size even.
        border = [mp.zero] * n
        border[0] = mp.sqrt(mp.pi / 2)
        if m:
            border[n - m] = -mp.one
        for row, single in zip(matrix, border, strict=True):
            row.append(single)
        matrix.append([-single for single in border] + [mp.zero])
    log_positive = _log_pfaffian(mp, matrix)
    log_all = mp.log(2 * mp.pi) * n / 2 - mp.loggamma(n + 1)
    log_all += sum(mp.loggamma(1 + mp.mpf(j) / 2) - mp.loggamma(mp.mpf(3) / 2) for j in range(1, n + 1))
    return log_positive - log_all


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
