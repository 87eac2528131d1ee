"""Quantiles with infinities in their place, and the coverage of their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from landscape.escape.quantiles import quantile, quantile_interval


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0, 1))
def test_finite_samples_have_the_usual_quantile(sample, q):
    assert quantile(sample, q) == pytest.approx(np.quantile(sample, q), rel=1e-9, abs=1e-6)


def test_infinities_have_their_place():
    assert quantile([1, 2, np.inf], 0.5) == 2
    assert quantile([1, 2, np.inf, np.inf], 0.5) == np.inf
    assert quantile([1, np.inf], 0.0) == 1
    assert quantile([np.inf, np.inf], 0.7) == np.inf
    assert np.isnan(quantile([], 0.5))


@given(n=st.integers(1, 60), q=st.floats(0.02, 0.98), confidence=st.floats(0.5, 0.999))
def test_coverage_is_at_least_nominal_and_no_wider_interval_was_needed(n, q, confidence):
    """Exactly, from the binomial law: order statistics l and u hold the quantile with P(l <= Bin(n, q) < u)."""
    low, high = quantile_interval(np.arange(1, n + 1), q, confidence)
    first = 0 if low == -np.inf else int(low)
    last = n + 1 if high == np.inf else int(high)
    inside = stats.binom.cdf(last - 1, n, q) - (stats.binom.cdf(first - 1, n, q) if first else 0.0)
    assert inside >= confidence - 1e-9
    tail = (1 - confidence) / 2
    if first:
        assert stats.binom.cdf(first, n, q) > tail - 1e-12  # one further in would miss too much
    if last <= n:
        assert stats.binom.sf(last - 2, n, q) > tail - 1e-12


def test_coverage_in_repeated_samples():
    """2000 samples of 40: more than 94 % of intervals hold the quantile, 95.9 % expected; the chance that fewer do is
    below 1e-4."""
    rng = np.random.default_rng(0)
    truth = stats.expon.ppf(0.3)
    ends = np.array([quantile_interval(rng.exponential(size=40), 0.3) for _ in range(2000)])
    covered = ((ends[:, 0] <= truth) & (truth <= ends[:, 1])).sum()
    assert stats.binomtest(int(covered), 2000, 0.95, alternative="less").pvalue > 1e-4


def test_small_samples_do_not_bound_what_they_cannot():
    assert quantile_interval([3.0, 1.0, 2.0], 0.5) == (-np.inf, np.inf)
    assert quantile_interval([], 0.5) == (-np.inf, np.inf)
    assert quantile_interval([1.0, np.inf, 2.0, 3.0, 4.0, 5.0, 6.0], 0.5) == (1.0, np.inf)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: quantile([1.0], 1.5), "^q is 1.5 but must lie between 0 and 1$"),
        (lambda: quantile([np.nan], 0.5), "^sample has shape"),
        (lambda: quantile([[1.0]], 0.5), "^sample has shape"),
        (lambda: quantile_interval([1.0], 0.5, 1.0), "^confidence is 1.0 but must lie strictly between 0 and 1$"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
