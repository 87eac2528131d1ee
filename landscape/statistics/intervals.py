"""How uncertain a measured proportion or ratio is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betainccinv, betaincinv

from landscape.arrays import Array

_WEIGHTS_PER_BLOCK = 4_000_000  # elements of the largest temporary array of a bootstrap, 32 MB


def clopper_pearson(successes: npt.ArrayLike, trials: npt.ArrayLike, confidence: float = 0.95) -> tuple[Array, Array]:
    """Exact confidence interval of a proportion (Clopper & Pearson, Biometrika 26, 404, 1934).

    It covers the true proportion with probability at least `confidence`, whatever the proportion and the
    number of trials.

    Parameters
    ----------
    successes, trials : (...)
        Integers with 0 <= successes <= trials and at least one trial; broadcast together.
    confidence : float
        Coverage, between 0 and 1.

    Returns
    -------
    low, high : (...)
        The interval; `low` is 0 without a success and `high` is 1 without a failure.

    Raises
    ------
    ValueError
        If a count or the confidence is out of range.

    Examples
    --------
    >>> low, high = clopper_pearson(0, 10)
    >>> float(low), round(float(high), 6)
    (0.0, 0.308497)
    """
    _check_confidence(confidence)
    k, n = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64))
    if not (np.isfinite(n) & (n >= 1) & (n == np.round(n))).all():
        raise ValueError(f"trials is {trials!r} but must be integers of at least 1")
    if not ((k >= 0) & (k <= n) & (k == np.round(k))).all():
        raise ValueError(f"successes is {successes!r} but must be integers between 0 and trials, {trials!r}")
    tail = (1 - confidence) / 2
    # A beta law needs positive parameters: the ends, whose answers are known, get a 1 in place of the 0.
    low = np.where(k == 0, 0.0, betaincinv(np.maximum(k, 1), n - k + 1, tail))
    high = np.where(k == n, 1.0, betainccinv(k + 1, np.maximum(n - k, 1), tail))
    return low, high


def bootstrap_ratio_interval(
    numerator: npt.ArrayLike,
    denominator: npt.ArrayLike,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> tuple[Array, Array]:
    """Percentile bootstrap interval of a ratio of means, resampling whole samples.

    For ratios such as (mean number of minima) / (mean number of critical points), whose numerator and
    denominator come from the same random landscape and are correlated (Efron & Tibshirani 1993, *An
    Introduction to the Bootstrap*, section 13.3). The coverage is approximate and falls short for a handful
    of samples.

    Parameters
    ----------
    numerator : (m, ...)
        One row a sample; further axes hold several numerators, such as the count of each index.
    denominator : (m,)
        One number a sample, none negative, not all zero.
    rng : numpy.random.Generator
        Source of randomness.
    confidence : float
        Coverage, between 0 and 1.
    resamples : int
        Number of bootstrap samples.

    Returns
    -------
    low, high : (...)
        The interval of sum(numerator) / sum(denominator). Resamples whose denominator is zero say nothing
        about the ratio and are left out.

    Raises
    ------
    ValueError
        If shapes disagree or a parameter is out of range.
    """
    _check_confidence(confidence)
    if resamples < 1:
        raise ValueError(f"resamples is {resamples} but must be at least 1")
    top, bottom = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    if bottom.ndim != 1 or bottom.size == 0 or top.shape[:1] != bottom.shape:
        raise ValueError(
            f"numerator has shape {top.shape} and denominator {bottom.shape}; expected (m, ...) and (m,) with m >= 1"
        )
    if not (np.isfinite(bottom) & (bottom >= 0)).all() or not bottom.any() or not np.isfinite(top).all():
        raise ValueError("numerator must be finite, and denominator finite, not negative and not all zero")
    m = bottom.size
    columns = np.concatenate([top.reshape(m, -1), bottom[:, None]], axis=1)
    block = max(1, _WEIGHTS_PER_BLOCK // m)
    sums = np.concatenate(
        [
            rng.multinomial(m, np.full(m, 1 / m), size=min(block, resamples - start)) @ columns
            for start in range(0, resamples, block)
        ]
    )
    sums = sums[sums[:, -1] > 0]
    if len(sums) == 0:
        raise ValueError("every resample has a zero denominator; more samples or more resamples are needed")
    tail = (1 - confidence) / 2
    low, high = np.quantile(sums[:, :-1] / sums[:, -1:], [tail, 1 - tail], axis=0)
    return low.reshape(top.shape[1:]), high.reshape(top.shape[1:])


def clustered_mean(x: npt.ArrayLike, owner: npt.ArrayLike) -> tuple[float, float]:
    """Mean over all points of all samples, with its standard error: points of a sample belong together.

    The mean is a ratio, of the sum over points to their number, both of which vary between samples; the error is that
    of the delta method (Cochran 1977, *Sampling Techniques*, section 6.4).

    Parameters
    ----------
    x : (m,)
        One number a point.
    owner : (m,)
        Which sample it belongs to, not negative.

    Returns
    -------
    mean, error : float
        The error is zero if there is one sample only.

    Raises
    ------
    ValueError
        If there are no points or the shapes differ.

    Examples
    --------
    >>> clustered_mean([1.0, 1.0, 4.0], [0, 0, 1])  # not the error of three independent numbers, 1.0
    (2.0, 1.3333333333333333)
    """
    numbers, group = np.asarray(x, dtype=np.float64), np.asarray(owner)
    if numbers.ndim != 1 or numbers.size == 0 or group.shape != numbers.shape:
        raise ValueError(f"x has shape {numbers.shape} and owner {group.shape}; expected the same (m,) with m >= 1")
    mean = float(numbers.mean())
    excess = np.bincount(group, weights=numbers - mean)
    samples = len(np.unique(group))
    return mean, float(np.sqrt((excess**2).sum() * samples / max(samples - 1, 1)) / numbers.size)


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence} but must lie strictly between 0 and 1")
