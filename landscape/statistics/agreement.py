"""Whether measured counts by index agree with a law: p-values."""

from __future__ import annotations

import numpy as np
from scipy import stats

from landscape.arrays import Array, IntArray

_LEAST_EXPECTED = 5.0  # a cell of a chi-square test expects at least so many; rarer neighbours are put together
_RANK = 1e-10  # smallest variance of a combination of counts, in units of the largest, that is not zero


def chi_square_p_value(counts: IntArray, law: Array) -> float:
    """Pearson's test of counts of independent draws against a law; neighbouring rare cells are put together.

    Parameters
    ----------
    counts, law : (k,)
        Draws in each cell, and its probability.

    Returns
    -------
    float
        1 if there is only one cell with enough draws.

    Raises
    ------
    ValueError
        If the shapes differ or the law does not add up to 1.
    """
    probability = _checked_law(counts.shape, law)
    total = counts.sum()
    expected = probability * total
    if (counts[expected == 0] > 0).any():
        return 0.0
    cell = np.zeros(len(expected), dtype=np.int64)
    held = 0.0
    for k in range(1, len(expected)):
        held += expected[k - 1]
        enough = held >= _LEAST_EXPECTED and expected[k:].sum() >= _LEAST_EXPECTED
        cell[k] = cell[k - 1] + enough
        held = 0.0 if enough else held
    observed, wanted = np.bincount(cell, weights=counts), np.bincount(cell, weights=expected)
    if len(wanted) == 1:
        return 1.0
    return float(stats.chi2.sf(((observed - wanted) ** 2 / wanted).sum(), len(wanted) - 1))


def ratio_p_value(counts: IntArray, law: Array) -> float:
    """Whether mean counts stand in the proportions of a law, from samples that hold many points each.

    Hotelling's test (Ann. Math. Stat. 2, 360, 1931) of whether counts - law * total has mean zero, in the directions in
    which it varies between samples at all: symmetries and Morse sums take away some. One imaginary sample, of
    independent points, adds to the covariance, so that a direction in which few samples happened to vary is not taken
    for certain. Approximate, because counts are not normal.

    Parameters
    ----------
    counts : (m, k)
        One row a sample.
    law : (k,)
        Ratio of mean counts.

    Returns
    -------
    float
        NaN if there are too few samples for the number of directions.

    Raises
    ------
    ValueError
        If the shapes differ or the law does not add up to 1.
    """
    probability = _checked_law(counts.shape[1:], law)
    m = len(counts)
    excess = counts - counts.sum(axis=1, keepdims=True) * probability
    mean = excess.mean(axis=0)
    covariance = np.atleast_2d(np.cov(excess, rowvar=False)) if m > 1 else np.zeros((len(law), len(law)))
    variance, axes = np.linalg.eigh(covariance)
    space = axes[:, variance > _RANK * (counts**2).mean()]
    rest = mean - space @ (space.T @ mean)
    if np.linalg.norm(rest) > np.sqrt(_RANK) * counts.mean():
        space = np.column_stack([space, rest / np.linalg.norm(rest)])
    rank = space.shape[1]
    if rank == 0:
        return 1.0
    if m < 2 * rank + 2:
        return float("nan")
    imaginary = counts.sum(axis=1).mean() * (np.diag(probability) - np.outer(probability, probability))
    along = mean @ space
    statistic = m * along @ np.linalg.solve(space.T @ (covariance + imaginary / m) @ space, along)
    return float(stats.f.sf(statistic * (m - rank) / (rank * (m - 1)), rank, m - rank))


def _checked_law(shape: tuple[int, ...], law: Array) -> Array:
    probability = np.asarray(law, dtype=np.float64)
    if probability.shape != shape:
        raise ValueError(f"law has shape {probability.shape} but the counts have {shape}")
    if not ((probability >= 0).all() and abs(probability.sum() - 1) < 1e-6):
        raise ValueError(f"law adds up to {probability.sum()} but must be made of probabilities that add up to 1")
    return probability
