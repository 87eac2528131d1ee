"""Mean number of critical points of each index of the pure spherical p-spin, exactly.

Auffinger, Ben Arous & Cerny (Commun. Pure Appl. Math. 66, 165, 2013, arXiv:1003.1129) turn the Kac-Rice
integral into an average over one ordered eigenvalue x_k of an n x n GOE matrix of joint weight
exp(-sum x_i^2 / 2) prod |x_i - x_j|:

    E[n_k] = 2 sqrt(2 / p) (p - 1)^(n / 2) E[exp(-(p - 2) x_k^2 / (2 p))].

The law of x_k follows from the number of eigenvalues below t, whose generating function is a ratio of
Pfaffians of skew moments (de Bruijn, J. Indian Math. Soc. 19, 133, 1955). In the basis of Hermite functions
the moments have closed forms in the error function and the Pfaffians are well conditioned, so that double
precision suffices.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfc

from landscape.arrays import Array, transpose

MAX_SIZE = 32  # memory and time grow like n^4: half a gigabyte and a few seconds here
_ROUNDING = 1e-14  # error of a probability; an index law at n = 20 comes out good to 1e-15
_ACCURACY = 1e-8  # relative error of a mean number that is still let through


def mean_critical_points(p: int, n: int) -> Array:
    """Mean number of critical points of each index of the pure p-spin on the sphere in R^n.

    Parameters
    ----------
    p : int
        Order of the interaction, at least 2.
    n : int
        Number of spins, the ambient dimension of the sphere, from 1 to `MAX_SIZE`.

    Returns
    -------
    (n,)
        Mean numbers for index 0 to n - 1; symmetric, and 2 each for p = 2.

    Raises
    ------
    ValueError
        If `p` or `n` is out of range.
    ArithmeticError
        If the exponentially small averages of a large (p - 1)^(n / 2) would be lost in rounding.

    Examples
    --------
    >>> mean_critical_points(3, 4).round(6).tolist()
    [3.579524, 5.815592, 5.815592, 3.579524]
    """
    if p < 2 or p != int(p):
        raise ValueError(f"p is {p!r} but must be an integer of at least 2")
    if not 1 <= n <= MAX_SIZE or n != int(n):
        raise ValueError(f"n is {n!r} but must be an integer from 1 to {MAX_SIZE}")
    # E[g(x_k)] for g(t) = exp(-a t^2 / 2), by parts: 1 + int_0^inf g'(t) [P(x_k > t) + P(x_k < -t)] dt, where
    # the second probability is P(x_(n-1-k) > t) by symmetry.
    a = (p - 2) / p
    end = math.sqrt(2 * n) + 9.0  # the edge of the spectrum and nine deviations
    nodes, weights = np.polynomial.legendre.leggauss(80 + 4 * n)
    t, weights = end * (nodes + 1) / 2, end * weights / 2
    above = np.cumsum(_count_below(n, t), axis=1)[:, :n]  # P(x_k > t) = P(at most k eigenvalues below t)
    slope = weights * a * t * np.exp(-a * t**2 / 2)
    mean = 1 - slope @ (above + above[:, ::-1])
    if _ACCURACY * mean.min() < _ROUNDING:
        raise ArithmeticError(
            f"double precision does not resolve p = {p}, n = {n}: the rarest index needs {mean.min():.1e}"
        )
    return 2 * math.sqrt(2 / p) * (p - 1) ** (n / 2) * mean


def _count_below(n: int, t: Array) -> Array:
    """Probability that exactly j eigenvalues of the GOE lie below each t, (m,) to (m, n + 1).

    The generating function is a polynomial of degree n in z, recovered from its values at the roots of unity.
    """
    lower, single_lower = _lower_moments(n, t)
    mirror, single_mirror = _lower_moments(n, -t)
    parity = (-1.0) ** np.arange(n)
    upper = -parity[:, None] * parity * mirror
    single_upper = parity * single_mirror
    mixed = single_lower[:, :, None] * single_upper[:, None, :]
    mixed = mixed - transpose(mixed)
    z = np.exp(2j * np.pi * np.arange(n + 1) / (n + 1))[:, None, None, None]
    moments = z**2 * lower + z * mixed + upper
    if n % 2:
        border = z[..., 0] * single_lower + single_upper
        bordered = np.zeros((*moments.shape[:2], n + 1, n + 1), dtype=complex)
        bordered[..., :n, :n] = moments
        bordered[..., :n, n] = border
        bordered[..., n, :n] = -border
        moments = bordered
    generating = _pfaffian(moments.reshape(-1, *moments.shape[2:])).reshape(n + 1, len(t))
    return np.fft.fft(generating / generating[0], axis=0).real.T / (n + 1)


def _lower_moments(n: int, t: Array) -> tuple[Array, Array]:
    """Skew moments int int_(x < y < t) [psi_i(x) psi_j(y) - psi_j(x) psi_i(y)] and moments int_(x < t) psi_i.

    psi_i are the orthonormal Hermite functions; (m,) to (m, n, n) and (m, n). All follow from
    psi_i' = sqrt(i / 2) psi_(i-1) - sqrt((i + 1) / 2) psi_(i+1) by integration.
    """
    psi = np.zeros((n + 1, len(t)))
    psi[0] = np.pi**-0.25 * np.exp(-(t**2) / 2)
    psi[1] = math.sqrt(2) * t * psi[0]
    for i in range(1, n):
        psi[i + 1] = math.sqrt(2 / (i + 1)) * t * psi[i] - math.sqrt(i / (i + 1)) * psi[i - 1]

    overlap = _overlaps(n, t, psi)
    single = np.zeros((n, len(t)))
    single[0] = np.pi**0.25 / math.sqrt(2) * erfc(-t / math.sqrt(2))
    ordered = np.zeros((n, n, len(t)))  # int int_(x < y < t) psi_i(x) psi_j(y)
    ordered[0, 0] = single[0] ** 2 / 2
    for i in range(1, n):
        before = math.sqrt((i - 1) / i)
        single[i] = before * single[max(i - 2, 0)] - math.sqrt(2 / i) * psi[i - 1]
        ordered[i, 0] = before * ordered[max(i - 2, 0), 0] - math.sqrt(2 / i) * overlap[i - 1, 0]
    ordered[0] = single[0] * single - ordered[:, 0]
    for i in range(1, n):
        ordered[i] = math.sqrt((i - 1) / i) * ordered[max(i - 2, 0)] - math.sqrt(2 / i) * overlap[i - 1]
    skew = 2 * ordered - single[:, None] * single
    skew = (skew - np.swapaxes(skew, 0, 1)) / 2
    return np.moveaxis(skew, -1, 0), single.T


def _overlaps(n: int, t: Array, psi: Array) -> Array:
    """int_(x < t) psi_i psi_j, (n, n, m): the Wronskian over 2 (i - j), and a recursion on the diagonal."""
    i = np.arange(n)
    slope = t * psi[:n] - np.sqrt(2 * (i + 1))[:, None] * psi[1:]  # psi' = t psi - sqrt(2 (i + 1)) psi_(i+1)
    wronskian = psi[:n, None] * slope - slope[:, None] * psi[:n]
    difference = 2.0 * (i[:, None] - i)
    np.fill_diagonal(difference, 1.0)
    overlap = wronskian / difference[..., None]
    loss = np.concatenate([np.zeros((1, len(t))), psi[1:n] * psi[: n - 1] / np.sqrt(2 * i[1:])[:, None]])
    overlap[i, i] = erfc(-t) / 2 - np.cumsum(loss, axis=0)
    return overlap


def _pfaffian(matrices: Array) -> Array:
    """Pfaffians of skew-symmetric matrices of even size, (m, s, s) to (m,), by Parlett-Reid elimination."""
    a = matrices.copy()
    m, size = np.arange(len(a)), a.shape[-1]
    result = np.ones(len(a), dtype=a.dtype)
    for k in range(0, size, 2):
        pivot = k + 1 + np.abs(a[:, k, k + 1 :]).argmax(axis=1)
        order = np.tile(np.arange(size), (len(a), 1))
        order[m, pivot], order[:, k + 1] = k + 1, pivot
        a = a[m[:, None, None], order[:, :, None], order[:, None, :]]
        entry = a[:, k, k + 1]
        result *= np.where(pivot == k + 1, entry, -entry)
        tau = a[:, k, k + 2 :] / entry[:, None]
        column = a[:, k + 2 :, k + 1]
        update = tau[:, :, None] * column[:, None, :]
        a[:, k + 2 :, k + 2 :] += update - transpose(update)
    return result
