"""Tests of agreement: right on the truth, wrong on what is not."""

import numpy as np
import pytest
from scipy import stats

from landscape.statistics.agreement import chi_square_p_value, ratio_p_value

LAW = np.array([0.1, 0.2, 0.4, 0.3])


def test_chi_square_is_pearsons():
    counts = np.array([12, 18, 45, 25])
    assert chi_square_p_value(counts, LAW) == pytest.approx(stats.chisquare(counts, LAW * 100).pvalue)


def test_rare_cells_join_their_neighbours():
    law = np.array([0.01, 0.02, 0.07, 0.88, 0.02])
    counts = np.array([0, 3, 7, 88, 2])
    expected = stats.chisquare([10, 90], [10, 90]).pvalue
    assert chi_square_p_value(counts, law) == pytest.approx(expected)
    assert chi_square_p_value(np.array([2]), np.array([1.0])) == 1.0


def test_what_cannot_be_was_not_drawn_from_the_law():
    assert chi_square_p_value(np.array([1, 99]), np.array([0.0, 1.0])) == 0.0


def test_p_values_are_uniform_under_the_law():
    # Share of p-values below 0.1 in 2,000 tests; five standard errors are 0.034.
    rng = np.random.default_rng(0)
    p = [chi_square_p_value(rng.multinomial(200, LAW), LAW) for _ in range(2000)]
    assert np.mean(np.array(p) < 0.1) == pytest.approx(0.1, abs=0.034)
    # Samples of random size that come in pairs, so that one direction never varies; the test may be conservative.
    p = []
    for _ in range(2000):
        half = rng.multinomial(rng.poisson(20, 60) + 1, [0.3, 0.7])
        p.append(ratio_p_value(np.concatenate([half, half[:, ::-1]], axis=1), np.array([0.15, 0.35, 0.35, 0.15])))
    assert 0.04 < np.mean(np.array(p) < 0.1) < 0.134


def test_another_law_is_seen():
    rng = np.random.default_rng(1)
    assert chi_square_p_value(rng.multinomial(2000, LAW), LAW[::-1]) < 1e-6
    assert ratio_p_value(rng.multinomial(30, LAW, size=100), LAW[::-1]) < 1e-6


def test_samples_that_never_vary():
    same = np.full((30, 3), 2)
    assert ratio_p_value(same, np.full(3, 1 / 3)) == 1.0
    assert ratio_p_value(same, np.array([0.6, 0.2, 0.2])) < 1e-6
    # Two samples do not tell a rare exception from a wrong law.
    assert not ratio_p_value(same[:2], np.array([0.4, 0.3, 0.3])) < 0.05


def test_too_few_samples_say_nothing():
    rng = np.random.default_rng(0)
    assert np.isnan(ratio_p_value(rng.multinomial(30, LAW, size=4), LAW))


@pytest.mark.parametrize("law", [LAW[:3], LAW * 2, np.array([-0.1, 0.2, 0.5, 0.4])])
def test_laws_that_are_none(law):
    with pytest.raises(ValueError, match=r"^law "):
        chi_square_p_value(np.ones(4, dtype=int), law)
