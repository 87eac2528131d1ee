"""Factorizations and linear networks: all their critical points, and how long the learning of a mode takes.

Let lambda_1, ..., lambda_n be the eigenvalues of M in |X X^T - M|^2 / 4 with X (n, r), the singular values of A in
|U V^T - A|^2 / 2, or the variances along the principal axes of a linear autoencoder with r hidden units (Baldi &
Hornik, Neural Networks 2, 53, 1989). Each set I of at most r of them is one critical point, up to the continuous
symmetry: its modes are learnt, the others left out. If all lambda are positive and different, there are no more, and
none is degenerate but for the symmetry.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, BoolArray, IntArray
from landscape.theory.checks import positive


def learnt_subsets(n: int, rank: int) -> BoolArray:
    """All sets of at most `rank` of n modes: True for the learnt ones, (sets, n).

    Examples
    --------
    >>> learnt_subsets(2, 1).tolist()
    [[False, False], [True, False], [False, True]]
    """
    chosen = [list(subset) for size in range(min(rank, n) + 1) for subset in combinations(range(n), size)]
    result = np.zeros((len(chosen), n), dtype=bool)
    for row, subset in zip(result, chosen, strict=True):
        row[subset] = True
    return result


def left_out(costs: npt.ArrayLike, learnt: npt.ArrayLike) -> Array:
    """Critical values: the sum of the costs of all modes that are not learnt.

    Parameters
    ----------
    costs : (n,)
        lambda^2 / 4 for |X X^T - M|^2 / 4, lambda^2 / 2 for |U V^T - A|^2 / 2, lambda for the autoencoder.
    learnt : (..., n)

    Returns
    -------
    (...)

    Examples
    --------
    >>> left_out([4.0, 2.0, 1.0], [[False, False, False], [True, False, True]]).tolist()
    [7.0, 2.0]
    """
    return (~np.asarray(learnt, dtype=bool)) @ np.asarray(costs, dtype=np.float64)


def subset_index(eigenvalues: npt.ArrayLike, learnt: npt.ArrayLike, rank: int) -> IntArray:
    """Index of the critical points: #{i in I, j not in I: lambda_j > lambda_i} + (r - s)(n - s), s = |I|.

    Exchanging a learnt mode for a larger one that is left out goes downhill, and so does putting any mode that is left
    out in one of the r - s unused columns (Baldi & Hornik 1989; Kawaguchi, NeurIPS 2016, for deep networks).

    Parameters
    ----------
    eigenvalues : (n,)
        Positive and different from each other.
    learnt : (..., n)
        At most `rank` of them True.

    Returns
    -------
    (...)

    Raises
    ------
    ValueError
        If eigenvalues are not positive or not different, or more than `rank` are learnt.

    Examples
    --------
    >>> subset_index([4.0, 2.0, 1.0], learnt_subsets(3, 1), rank=1).tolist()
    [3, 0, 1, 2]
    """
    lam, chosen = positive("eigenvalues", eigenvalues), np.asarray(learnt, dtype=bool)
    if len(np.unique(lam)) < lam.size:
        raise ValueError(f"eigenvalues is {eigenvalues!r} but they must differ from each other")
    size = chosen.sum(axis=-1)
    if (size > rank).any():
        raise ValueError(f"learnt has up to {size.max()} modes but rank is {rank}")
    larger = lam[None, :] > lam[:, None]  # row i: the modes that are larger than mode i
    exchanges = (chosen[..., :, None] & ~chosen[..., None, :] & larger).sum(axis=(-2, -1))
    return exchanges + (rank - size) * (lam.size - size)


def mode_strength(t: npt.ArrayLike, s: npt.ArrayLike, a0: npt.ArrayLike) -> Array:
    """Strength a(t) of a mode in a two-layer linear network under gradient flow: a sigmoid from a0 to s.

    a(t) = s e^(2 s t) / (e^(2 s t) - 1 + s / a0), for layers of equal strength, a = w^2 with dw/dt = w (s - w^2) (Saxe,
    McClelland & Ganguli, arXiv:1312.6120, 2014, eq. 8).

    Parameters
    ----------
    t : (...)
        Time; learning rate times steps.
    s : (...)
        Singular value of the mode.
    a0 : (...)
        Strength at t = 0, positive.

    Examples
    --------
    >>> mode_strength([0.0, 1.900101, 20.0], s=2.0, a0=1e-3).round(5).tolist()
    [0.001, 1.0, 2.0]
    """
    target, start = positive("s", s), positive("a0", a0)
    decay = np.exp(-2 * target * np.asarray(t, dtype=np.float64))
    return target / (1 - decay + decay * target / start)


def mode_half_time(s: npt.ArrayLike, a0: npt.ArrayLike) -> Array:
    """Time at which a mode has reached half its strength: ln(s / a0 - 1) / (2 s), for a0 < s / 2.

    Examples
    --------
    >>> round(float(mode_half_time(2.0, 1e-3)), 6)
    1.900101
    """
    target, start = positive("s", s), positive("a0", a0)
    if not (2 * start <= target).all():
        raise ValueError(f"a0 is {a0!r} but must be at most half of s, {s!r}")
    return np.log(target / start - 1) / (2 * target)


def small_start_strength(first: npt.ArrayLike, second: npt.ArrayLike) -> Array:
    """Strengths a0 from which modes grow in a linear network W_2 W_1 that starts with small layers of any kind.

    While all is small, row j of c = (W_1^T + W_2) / 2 grows as e^(s_j t), and what it differs by between the layers
    decays. A mode that is learnt keeps its direction in the hidden layer to itself: of the next only the part at right
    angles to those before it goes on. So each mode follows `mode_strength` from the squared length of that part, to
    leading order in the size of the start (the argument of Saxe et al. 2014, section 1.2, mode after mode).

    Parameters
    ----------
    first : (..., h, n)
        W_1, in the basis of the modes, the one with the largest singular value first.
    second : (..., n, h)
        W_2.

    Returns
    -------
    (..., min(n, h))

    Examples
    --------
    >>> first = np.array([[1e-3, 1e-3], [0.0, 1e-4]])
    >>> small_start_strength(first, first.T).round(12).tolist()
    [1e-06, 1e-08]
    """
    w1, w2 = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    across = np.linalg.qr(0.5 * (w1 + np.swapaxes(w2, -1, -2)), mode="r")
    return np.diagonal(across, axis1=-2, axis2=-1) ** 2
