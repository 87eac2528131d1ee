"""The probability that a GOE matrix is positive definite, against closed forms, 20 digits and matrices."""

import math

import mpmath
import numpy as np
import pytest
from scipy import stats

from landscape.theory import goe
from landscape.theory.goe import (
    goe_log_probability_minimum,
    goe_log_probability_minimum_asymptotic,
    goe_probability_minimum,
)

PI, ROOT2 = math.pi, math.sqrt(2)

# Closed forms of the reference page (independent reference values).
CLOSED_FORMS = {
    1: 1 / 2,
    2: (2 - ROOT2) / 4,
    3: (PI - 2 * ROOT2) / (4 * PI),
    4: (4 * PI - ROOT2 * PI - 8) / (16 * PI),
    5: (3 * PI - 8 - ROOT2) / (24 * PI),
    6: (48 * PI - 21 * ROOT2 * PI + 64 * ROOT2 - 148) / (384 * PI),
    7: (180 * PI**2 - 564 * PI - 327 * ROOT2 * PI + 1024 * ROOT2) / (2880 * PI**2),
    8: (1440 * PI**2 - 405 * ROOT2 * PI**2 - 7131 * PI + 1272 * ROOT2 * PI + 8192) / (23040 * PI**2),
}

# Reference values to 20 digits (goe_log_probability_all_positive.json).
LOG_PROBABILITIES = {
    2: "-1.9210943578594609894",
    3: "-3.6920476290554178946",
    4: "-6.0089325238301440675",
    5: "-8.8730492888198934971",
    6: "-12.285075274137895426",
    7: "-16.245404977266892754",
    8: "-20.754287393312641054",
    9: "-25.811889413525700751",
    10: "-31.418328214526495317",
    11: "-37.573689159116805178",
    12: "-44.278036326669435334",
    13: "-51.531419029421592136",
    14: "-59.333876017166322135",
    15: "-67.685438287480182206",
    16: "-76.586131021077191218",
    17: "-86.035974949521250281",
    18: "-96.034987343769045015",
    19: "-106.58318274291686029",
    20: "-117.68057350090874327",
    21: "-129.32717020312657767",
    22: "-141.52298198830435275",
    23: "-154.26801680044372716",
    24: "-167.56228158822167555",
    25: "-181.40578246448932267",
    26: "-195.79852483507187629",
    27: "-210.74051350369317551",
    28: "-226.2317527581430567",
    29: "-242.27224644157046617",
    30: "-258.86199801187918531",
}


@pytest.mark.parametrize("n", CLOSED_FORMS)
def test_closed_forms(n):
    # The closed forms cancel: their terms, divided by the result, bound the digits that double precision
    # keeps.
    assert goe_probability_minimum(n) == pytest.approx(CLOSED_FORMS[n], rel=1e-14, abs=1e-14)


@pytest.mark.parametrize("n", LOG_PROBABILITIES)
def test_twenty_digits(n):
    expected = mpmath.MPContext()
    expected.dps = 30
    reference = expected.mpf(LOG_PROBABILITIES[n])
    computed = expected.mpf(goe._log_probability_minimum(n))
    assert abs(computed / reference - 1) < 1e-19
    assert goe_log_probability_minimum(n) == pytest.approx(float(reference), rel=2e-16)


def test_large_sizes_agree_with_the_asymptotic_law():
    sizes = np.array([8, 20, 40, 60])
    exact = np.array([goe_log_probability_minimum(int(n)) for n in sizes])
    gap = np.abs(exact - goe_log_probability_minimum_asymptotic(sizes))
    assert (gap < [1e-4, 2e-5, 1e-5, 1e-5]).all()


def test_first_terms_of_the_asymptotic_law_miss_as_published():
    # Reference values: without the 1/n term the law misses ln P by 0.0020 at n = 8 and 0.0005 at n = 32.
    for n, miss in ((8, 0.0020), (32, 0.0005)):
        four_terms = float(goe_log_probability_minimum_asymptotic(n)) + 0.0155 / n
        assert abs(four_terms - goe_log_probability_minimum(n)) == pytest.approx(miss, abs=5e-5)


def test_random_matrices_are_positive_as_often_as_predicted():
    # Exact binomial tests at level 1e-4 each, three of them: a false alarm once in 3300 seeds.
    rng = np.random.default_rng(20240)
    for n, trials in ((2, 40_000), (3, 40_000), (4, 60_000)):
        a = rng.standard_normal((trials, n, n))
        positive = int((np.linalg.eigvalsh(a + np.swapaxes(a, 1, 2))[:, 0] > 0).sum())
        assert stats.binomtest(positive, trials, goe_probability_minimum(n)).pvalue > 1e-4


def test_base_moments_by_quadrature():
    mp = mpmath.MPContext()
    half_gamma = [mp.gamma(mp.mpf(s) / 2) / 2 if s else mp.inf for s in range(8)]
    table = goe._ordered_moments(mp, 4, half_gamma)
    for i in range(4):
        for j in range(4):
            # int_0^y x^i e^(-x^2/2) dx is an incomplete gamma function.
            def integrand(y, i=i, j=j):
                inner = mp.power(2, mp.mpf(i - 1) / 2) * mp.gammainc(mp.mpf(i + 1) / 2, 0, y**2 / 2)
                return y**j * mp.exp(-(y**2) / 2) * inner

            assert table[i][j] == pytest.approx(mp.quad(integrand, [0, 2, 5, 12]), rel=1e-10)


def test_too_low_a_precision_is_noticed(monkeypatch):
    exact = goe._pfaffian_log_probability
    monkeypatch.setattr(goe, "_pfaffian_log_probability", lambda n, digits: exact(n, digits // 4))
    goe._log_probability_minimum.cache_clear()
    with pytest.raises(ArithmeticError, match="too few"):
        goe._log_probability_minimum(40)
    monkeypatch.undo()
    assert goe._log_probability_minimum(40) < 0


def test_the_global_precision_is_left_alone():
    before = mpmath.mp.dps
    goe._log_probability_minimum.cache_clear()
    goe_log_probability_minimum(12)
    assert mpmath.mp.dps == before


@pytest.mark.parametrize("n", [0, -1, 2.5, "3", True])
def test_bad_sizes_are_refused(n):
    with pytest.raises(ValueError, match="positive integer"):
        goe_log_probability_minimum(n)


def test_asymptotic_law_refuses_sizes_below_one():
    with pytest.raises(ValueError, match="at least 1"):
        goe_log_probability_minimum_asymptotic([1, 0])
