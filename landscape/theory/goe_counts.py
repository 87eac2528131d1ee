"""How many eigenvalues of a GOE matrix lie below a threshold, and averages over its ordered eigenvalues, exactly.

The joint weight of the eigenvalues is exp(-sum x_i^2 / 2) prod |x_i - x_j|. The generating function of the number N
below t is a Pfaffian (de Bruijn, J. Indian Math. Soc. 19, 133, 1955),

    E[z^N] ~ Pf(z^2 L + z (a b' - b a') + U)   (for even n; bordered by z a + b for odd n),

with the skew moments L of the functions below t, U above, and their single moments a below and b above. The middle
term has rank two, so that even and odd counts separate: even ones belong to the pencil z^2 L + U on a subspace, odd
ones on another. The eigenvalues of (L + U)^-1 L come in equal pairs that lie, as far as has been computed, between 0
and 1. *Given its parity, half the count is a sum of independent coins with these probabilities*, which makes every
probability a sum of positive terms. In the basis of Hermite functions the moments have closed forms in the error
function and double precision suffices.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, transpose
from landscape.theory.checks import positive_integer
from landscape.theory.hermite import hermite_functions, hermite_integrals, hermite_overlaps

MAX_SIZE = 200  # time and memory grow like n^3 for each threshold; the Hermite functions underflow at n of about 700
_BLOCK = 2_000_000  # entries of the moment matrices that are held at once
_MARGIN = 9.0  # beyond the edge sqrt(2 n) of the spectrum by so much, nothing of double precision is left

Function = Callable[[Array], Array]


def goe_count_law(n: int, t: npt.ArrayLike) -> Array:
    """Probability that exactly k eigenvalues of an n x n GOE matrix lie below t, for k = 0 to n.

    Accurate to about 1e-14, and far better for improbable counts as long as no coin's probability is lost in
    rounding: the law at t = 0 is known to all digits from `goe_index_law`.

    Parameters
    ----------
    n : int
        Size of the matrix, from 1 to `MAX_SIZE`; the spectrum fills (-sqrt(2 n), sqrt(2 n)).
    t : (...)
        Thresholds.

    Returns
    -------
    (..., n + 1)

    Raises
    ------
    ValueError
        If `n` is out of range or a threshold is not finite.

    Examples
    --------
    >>> goe_count_law(3, [0.0, 1.0]).round(6).tolist()
    [[0.024921, 0.475079, 0.475079, 0.024921], [0.000318, 0.078332, 0.642279, 0.279072]]
    """
    n = _size(n)
    threshold = np.asarray(t, dtype=np.float64)
    if not np.isfinite(threshold).all():
        raise ValueError(f"t is {t!r} but must be finite")
    return _laws(n, threshold.ravel())[0].reshape(*threshold.shape, n + 1)


def goe_ordered_mean(n: int, function: Function, derivative: Function, reach: float = 0.0) -> tuple[Array, Array]:
    """Mean of a function of each ordered eigenvalue, x_0 <= ... <= x_(n-1), of an n x n GOE matrix.

    By parts from the law of the counts, E[g(x_k)] = g(c) + int_c g' P(x_k > t) dt - int^c g' P(x_k < t) dt, with the
    c, an end of the line or zero, for which least cancels.

    Parameters
    ----------
    n : int
        Size of the matrix, from 1 to `MAX_SIZE`.
    function, derivative : callable
        g and g', from (m,) to (..., m); smooth on the scale of the level spacing.
    reach : float
        How far out g still matters, if that is beyond the edge sqrt(2 n) of the spectrum.

    Returns
    -------
    mean, error : (..., n)
        The mean for k = 0 to n - 1, and by how much rounding may have changed it.

    Raises
    ------
    ValueError
        If `n` is out of range.

    Examples
    --------
    >>> mean, error = goe_ordered_mean(2, lambda x: x, lambda x: np.ones_like(x))  # +-sqrt(pi) / 2
    >>> mean.round(12).tolist(), bool((error < 1e-12).all())
    ([-0.886226925453, 0.886226925453], True)
    """
    n = _size(n)
    end = max(math.sqrt(2 * n), reach) + _MARGIN
    t, weights, above, below, doubt_above, doubt_below = _cumulative(n, end)
    slope = weights * derivative(t)
    slope = slope[..., None, :]  # (..., 1, m) against (n, m)
    candidates = []
    for centre in (-end, 0.0, end):
        right = t > centre
        terms = slope * np.where(right, above, -below)
        doubt = np.abs(slope * np.where(right, doubt_above, doubt_below)).sum(axis=-1)
        start = function(np.array([centre]))
        mass = np.abs(start) + np.abs(terms).sum(axis=-1)
        candidates.append((start + terms.sum(axis=-1), doubt + 1e-15 * mass))
    means, errors = (np.stack(part) for part in zip(*candidates, strict=True))
    best = errors.argmin(axis=0)[None]
    return np.take_along_axis(means, best, axis=0)[0], np.take_along_axis(errors, best, axis=0)[0]


def goe_ordered_density(n: int, t: npt.ArrayLike) -> Array:
    """Probability density of each ordered eigenvalue of an n x n GOE matrix at t.

    The derivative of the law of the counts by a difference of fourth order; good to about 1e-10 of the largest.

    Parameters
    ----------
    n : int
        Size of the matrix, from 1 to `MAX_SIZE`.
    t : (...)
        Where.

    Returns
    -------
    (..., n)
        Densities of x_0 <= ... <= x_(n-1).

    Examples
    --------
    >>> goe_ordered_density(1, [0.0]).round(9).tolist()  # 1 / sqrt(2 pi)
    [[0.39894228]]
    """
    n = _size(n)
    place = np.asarray(t, dtype=np.float64)
    h = 2e-3 / math.sqrt(n)
    above, below = _tails(goe_count_law(n, place[..., None] + h * np.array([-2.0, -1.0, 1.0, 2.0])))
    stencil = np.array([1.0, -8.0, 8.0, -1.0]) / (12 * h)
    falling, rising = (np.einsum("...jk,j->...k", tail, stencil) for tail in (-above, below))
    # The smaller of the two tails has the smaller rounding error.
    return np.maximum(np.where(above[..., 1, :] < below[..., 1, :], falling, rising), 0.0)


def goe_ordered_tails(n: int, t: npt.ArrayLike) -> tuple[Array, Array]:
    """P(x_k > t) and P(x_k < t) of each ordered eigenvalue of an n x n GOE matrix, however small they are.

    What rounding may have taken is added, so that both are upper bounds; above 1e-25 or so it is below a percent.

    Parameters
    ----------
    n : int
        Size of the matrix, from 1 to `MAX_SIZE`.
    t : (...)
        Where.

    Returns
    -------
    above, below : (..., n)
        For x_0 <= ... <= x_(n-1).

    Examples
    --------
    >>> above, below = goe_ordered_tails(2, [0.0])
    >>> above.round(6).tolist(), below.round(6).tolist()
    ([[0.146447, 0.853553]], [[0.853553, 0.146447]])
    """
    n = _size(n)
    place = np.asarray(t, dtype=np.float64)
    law, fewer, more = (_tails(part) for part in _laws(n, place.ravel()))
    above, below = (x + np.abs(a - b) for x, a, b in zip(law, fewer, more, strict=True))
    return above.reshape(*place.shape, n), below.reshape(*place.shape, n)


def _size(n: int) -> int:
    if positive_integer("n", n) > MAX_SIZE:
        raise ValueError(f"n is {n} but must be at most {MAX_SIZE}")
    return int(n)


def _tails(law: Array) -> tuple[Array, Array]:
    """P(x_k > t) = P(at most k below t) and P(x_k < t), each a sum of positive terms, (..., n)."""
    above = np.cumsum(law, axis=-1)[..., :-1]
    below = np.cumsum(law[..., ::-1], axis=-1)[..., ::-1][..., 1:]
    return above, below


@lru_cache(maxsize=8)
def _cumulative(n: int, end: float) -> tuple[Array, ...]:
    """Nodes and weights, (m,), the tails of every ordered eigenvalue there, and their uncertainties, (n, m)."""
    nodes, weights = np.polynomial.legendre.leggauss(math.ceil((40 + 2 * n) * end / (math.sqrt(2 * n) + _MARGIN)))
    t = end / 2 * np.concatenate([nodes - 1, nodes + 1])  # each half line apart: the centre of the sum may be zero
    law, fewer, more = _laws(n, t)
    tails = _tails(law)
    doubts = [np.abs(a - b) for a, b in zip(_tails(fewer), _tails(more), strict=True)]
    return t, end / 2 * np.tile(weights, 2), *(np.ascontiguousarray(a.T) for a in (*tails, *doubts))


def _laws(n: int, t: Array) -> tuple[Array, Array, Array]:
    """The law of the count at thresholds (m,), and as it is with all coins less or more likely by their error."""
    block = max(1, _BLOCK // n**2)
    far = -np.abs(t)  # on this side small probabilities keep their digits; the other is its mirror image
    parts = [_laws_of_block(n, far[start : start + block]) for start in range(0, len(t), block)]
    if not parts:
        return (np.zeros((0, n + 1)),) * 3
    law, fewer, more = (np.concatenate(part) for part in zip(*parts, strict=True))
    mirrored = t > 0
    for part in (law, fewer, more):
        part[mirrored] = part[mirrored, ::-1]
    return law, fewer, more


def _laws_of_block(n: int, t: Array) -> tuple[Array, Array, Array]:
    lower, a = _lower_moments(n, t)
    mirror, b = _lower_moments(n, -t)
    parity = (-1.0) ** np.arange(n)
    upper, b = -parity[:, None] * parity * mirror, parity * b
    total = lower + upper + a[:, :, None] * b[:, None] - b[:, :, None] * a[:, None]
    total = total[len(t) // 2]  # the same for every t
    spaces: list[Array | None]
    if n % 2 == 0:
        odd = np.einsum("mi,ij,mj->m", b, np.linalg.inv(total), a)
        spaces = [None, _complement(np.stack([a, b], axis=-1))]
    else:
        null = np.linalg.svd(total)[2][-1]
        odd = (a @ null) / ((a + b) @ null)
        spaces = [_complement(b[..., None]), _complement(a[..., None])]
    odd = np.clip(odd, 0.0, 1.0)
    laws = np.zeros((3, len(t), n + 1))
    for rest, (space, share) in enumerate(zip(spaces, [1 - odd, odd], strict=True)):
        coins, error = _coins(lower, upper, space)
        for law, shift in zip(laws, [np.zeros_like(error), -error, error], strict=True):
            law[:, rest::2] = share[:, None] * _sum_of_coins(np.clip(coins + shift, 0.0, 1.0))
    return laws[0], laws[1], laws[2]


def _complement(vectors: Array) -> Array:
    """Orthonormal basis of the complement of a few vectors, (m, n, c) to (m, n, n - c)."""
    return np.linalg.qr(vectors, mode="complete")[0][..., vectors.shape[-1] :]


def _coins(lower: Array, upper: Array, space: Array | None) -> tuple[Array, Array]:
    """One of each pair of eigenvalues of (L + U)^-1 L on a subspace, (m, r), and their errors, (m, 1)."""
    if space is not None:
        lower, upper = (transpose(space) @ moments @ space for moments in (lower, upper))
    if lower.shape[-1] == 0:
        return np.zeros((len(lower), 0)), np.zeros((len(lower), 1))
    values = np.linalg.eigvals(np.linalg.solve(lower + upper, lower))
    pairs = np.sort(values.real, axis=-1).reshape(len(values), -1, 2)
    coins = pairs.mean(axis=-1)
    # Equal in exact arithmetic, between 0 and 1: what they differ by, or stand out, is rounding.
    error = np.stack([np.ptp(pairs, axis=-1).max(axis=-1), np.abs(values.imag).max(axis=-1), -coins[:, 0]])
    error = np.maximum(error.max(axis=0), coins[:, -1] - 1)[:, None]
    return coins, np.maximum(error, np.finfo(np.float64).eps * np.abs(values).max(axis=-1)[:, None])


def _sum_of_coins(coins: Array) -> Array:
    """Law of the number of heads of independent coins, (m, r) to (m, r + 1)."""
    law = np.zeros((len(coins), coins.shape[1] + 1))
    law[:, 0] = 1.0
    for i, coin in enumerate(coins.T[:, :, None]):
        law[:, 1 : i + 2] = law[:, 1 : i + 2] * (1 - coin) + law[:, : i + 1] * coin
        law[:, :1] *= 1 - coin
    return law


def _lower_moments(n: int, t: Array) -> tuple[Array, Array]:
    """Skew moments int int_(x < y < t) [psi_i(x) psi_j(y) - psi_j(x) psi_i(y)] and moments int_(x < t) psi_i.

    psi_i are the orthonormal Hermite functions; (m,) to (m, n, n) and (m, n). All follow from
    psi_i' = sqrt(i / 2) psi_(i-1) - sqrt((i + 1) / 2) psi_(i+1) by integration.
    """
    psi = hermite_functions(n + 1, t)
    overlap = hermite_overlaps(n, psi, t)
    single = hermite_integrals(n, psi, t)
    ordered = np.zeros((n, n, len(t)))  # int int_(x < y < t) psi_i(x) psi_j(y)
    ordered[0, 0] = single[0] ** 2 / 2
    for i in range(1, n):
        ordered[i, 0] = math.sqrt((i - 1) / i) * ordered[max(i - 2, 0), 0] - math.sqrt(2 / i) * overlap[i - 1, 0]
    ordered[0] = single[0] * single - ordered[:, 0]
    for i in range(1, n):
        ordered[i] = math.sqrt((i - 1) / i) * ordered[max(i - 2, 0)] - math.sqrt(2 / i) * overlap[i - 1]
    skew = 2 * ordered - single[:, None] * single
    skew = (skew - np.swapaxes(skew, 0, 1)) / 2
    return np.moveaxis(skew, -1, 0), single.T
