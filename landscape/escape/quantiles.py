"""Quantiles of escape times, of which some may be infinite, with intervals that assume nothing of their law."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array


def quantile(sample: npt.ArrayLike, q: float) -> float:
    """The quantile between order statistics, linear in q; infinite as soon as an infinite one has part in it.

    Parameters
    ----------
    sample : (m,)
        Numbers or infinity.
    q : float
        Between 0 and 1.

    Returns
    -------
    float
        NaN for an empty sample.
    """
    ordered = _ordered(sample, q)
    if len(ordered) == 0:
        return float("nan")
    place = (len(ordered) - 1) * q
    low, high = ordered[int(np.floor(place))], ordered[int(np.ceil(place))]
    part = place - np.floor(place)
    return float(high if part == 0 or np.isinf(high) else low + part * (high - low))


def quantile_interval(sample: npt.ArrayLike, q: float, confidence: float = 0.95) -> tuple[float, float]:
    """Confidence interval of a quantile from the order statistics, whatever the distribution.

    The number of observations below the quantile is binomial, so that the order statistics at its own quantiles
    enclose it with probability at least `confidence` (David & Nagaraja 2003, *Order Statistics*, section 7.1).

    Parameters
    ----------
    sample : (m,)
        Numbers or infinity.
    q : float
        Between 0 and 1.
    confidence : float
        Coverage, between 0 and 1.

    Returns
    -------
    low, high : float
        Minus infinity and infinity where the sample is too small to bound it.

    Examples
    --------
    >>> quantile_interval(range(1, 101), 0.5)
    (40.0, 61.0)
    """
    from scipy.stats import binom  # takes longer to import than all else that a study does at its beginning

    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence} but must lie strictly between 0 and 1")
    ordered = np.concatenate([[-np.inf], _ordered(sample, q), [np.inf]])
    n = len(ordered) - 2
    tail = (1 - confidence) / 2
    first, last = binom.ppf([tail, 1 - tail], n, q) if n else (0, 0)
    return float(ordered[int(max(first, 0))]), float(ordered[int(min(last, n)) + 1])


def _ordered(sample: npt.ArrayLike, q: float) -> Array:
    if not 0 <= q <= 1:
        raise ValueError(f"q is {q} but must lie between 0 and 1")
    values = np.asarray(sample, dtype=np.float64)
    if values.ndim != 1 or np.isnan(values).any():
        raise ValueError(f"sample has shape {values.shape} and must be (m,), without NaN")
    return np.sort(values)
