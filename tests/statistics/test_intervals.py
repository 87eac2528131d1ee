"""Intervals cover what they say they cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from landscape.statistics.intervals import bootstrap_ratio_interval, clopper_pearson, clustered_mean


@given(n=st.integers(1, 500), data=st.data(), confidence=st.floats(0.5, 0.999))
def test_agrees_with_scipy(n, data, confidence):
    k = data.draw(st.integers(0, n))
    expected = stats.binomtest(k, n).proportion_ci(confidence, method="exact")
    low, high = clopper_pearson(k, n, confidence)
    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_ends_and_broadcasting():
    low, high = clopper_pearson([[0], [10]], [10, 20])
    assert low.shape == high.shape == (2, 2)
    assert (low[0] == 0).all()
    assert high[1, 0] == 1
    assert (low < high).all()


@pytest.mark.parametrize("p", [0.0, 0.003, 0.1, 0.5, 0.97, 1.0])
@pytest.mark.parametrize("n", [1, 7, 60])
def test_covers_whatever_the_proportion(n, p):
    # Exact coverage: the sum over all outcomes, not a simulation.
    k = np.arange(n + 1)
    low, high = clopper_pearson(k, n, 0.9)
    assert stats.binom.pmf(k, n, p)[(low <= p) & (p <= high)].sum() >= 0.9 - 1e-12


@pytest.mark.parametrize(
    ("k", "n", "confidence", "name"),
    [
        (3, 2, 0.95, "successes"),
        (-1, 2, 0.95, "successes"),
        (0.5, 2, 0.95, "successes"),
        (0, 0, 0.95, "trials"),
        (1, 2, 1.0, "confidence"),
        (1, 2, 0.0, "confidence"),
    ],
)
def test_bad_counts_are_named(k, n, confidence, name):
    with pytest.raises(ValueError, match=f"^{name} is"):
        clopper_pearson(k, n, confidence)


def test_bootstrap_coverage_of_a_ratio():
    # 400 intervals of 80 correlated samples. The coverage of a percentile bootstrap at 90 % is a little short
    # of nominal; fewer than 330 of 400 has probability 1e-6 at 0.9 and 1e-3 at 0.88.
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        total = rng.poisson(20, 80)
        minima = rng.binomial(total, 0.3)
        low, high = bootstrap_ratio_interval(minima, total, rng, confidence=0.9, resamples=300)
        covered += int(low <= 0.3 <= high)
    assert 330 <= covered <= 385


def test_bootstrap_of_several_numerators_at_once():
    rng = np.random.default_rng(6)
    numerators = rng.poisson([5.0, 10.0, 2.0], (50, 3))
    low, high = bootstrap_ratio_interval(numerators, numerators.sum(axis=1), rng)
    ratio = numerators.sum(axis=0) / numerators.sum()
    assert low.shape == high.shape == (3,)
    assert ((low < ratio) & (ratio < high)).all()


def test_bootstrap_is_exact_where_the_ratio_is_constant_and_repeatable():
    samples = np.arange(1.0, 9.0)
    low, high = bootstrap_ratio_interval(2 * samples, samples, np.random.default_rng(0))
    assert (float(low), float(high)) == pytest.approx((2.0, 2.0))
    draws = [bootstrap_ratio_interval(samples**2, samples, np.random.default_rng(0)) for _ in range(2)]
    assert draws[0] == draws[1]


def test_bootstrap_leaves_out_resamples_without_a_denominator():
    low, high = bootstrap_ratio_interval([0.0, 1.0], [0.0, 2.0], np.random.default_rng(0))
    assert (float(low), float(high)) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("numerator", "denominator", "message"),
    [
        ([1, 2], [1], "shape"),
        ([], [], "shape"),
        ([1.0], [0.0], "not all zero"),
        ([1.0, 1.0], [2.0, -1.0], "negative"),
    ],
)
def test_bootstrap_refuses_what_has_no_ratio(numerator, denominator, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_ratio_interval(numerator, denominator, np.random.default_rng(0))


def test_mean_of_points_that_belong_together():
    # Samples whose points are copies of one number know no more than their samples: the error is that of the samples.
    rng = np.random.default_rng(0)
    x = rng.standard_normal(50)
    mean, error = clustered_mean(np.repeat(x, 7), np.repeat(np.arange(50), 7))
    assert mean == pytest.approx(x.mean())
    assert error == pytest.approx(x.std(ddof=1) / np.sqrt(50))
    assert clustered_mean([1.0, 3.0], [0, 0])[1] == pytest.approx(0, abs=1e-15)


def test_the_error_of_the_mean_is_what_it_varies_by():
    # Numbers of points that depend on the sample, as values do: 2,000 repetitions tell their spread to 3 %.
    rng = np.random.default_rng(1)
    found = []
    for _ in range(2000):
        shift = rng.standard_normal(40)
        sizes = rng.poisson(3 + 2 * (shift > 0))
        owner = np.repeat(np.arange(40), sizes)
        found.append(clustered_mean(shift[owner] + rng.standard_normal(len(owner)), owner))
    mean, error = np.array(found).T
    assert np.sqrt((error**2).mean()) == pytest.approx(mean.std(), rel=0.07)


@pytest.mark.parametrize(("x", "owner"), [([], []), ([1.0], [0, 1]), ([[1.0]], [[0]])])
def test_means_of_nothing(x, owner):
    with pytest.raises(ValueError, match="expected the same"):
        clustered_mean(x, owner)
