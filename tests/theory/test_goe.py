"""The probability that a GOE matrix is positive definite, against closed forms, 20 digits and matrices."""

import math

import mpmath
import numpy as np
import pytest
from scipy import stats

from landscape.theory import goe
from landscape.theory.goe import (
    goe_index_law,
    goe_index_log_law,
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


def test_half_line_integrals_by_quadrature():
    # int int_(0 < x < y) of f(x) g(y) - g(x) f(y) over the derivatives e_j = (x^(2j-1) w)' and o_j = (x^(2j) w)'.
    mp = mpmath.MPContext()
    even, mixed, odd = goe._half_line_form(mp, 3, 2)

    def derivative(power):
        return lambda x: (power * x ** (power - 1) - x ** (power + 1)) * mp.exp(-(x**2) / 2)

    def primitive(power):  # from 0
        return lambda x: x**power * mp.exp(-(x**2) / 2) - (power == 0)

    evens = [(lambda x: mp.exp(-(x**2) / 2), lambda x: mp.sqrt(mp.pi / 2) * mp.erf(x / mp.sqrt(2)))]
    evens += [(derivative(2 * j - 1), primitive(2 * j - 1)) for j in (1, 2)]
    odds = [(derivative(2 * j), primitive(2 * j)) for j in (0, 1)]
    for matrix, rows, columns in ((even, evens, evens), (mixed, evens, odds), (odd, odds, odds)):
        for i, (f, f_integral) in enumerate(rows):
            for j, (g, g_integral) in enumerate(columns):
                area = mp.quad(lambda y: f_integral(y) * g(y) - g_integral(y) * f(y), [0, 2, 5, 12])  # noqa: B023
                assert matrix[i, j] == pytest.approx(area, rel=1e-10, abs=1e-12)


# Reference laws, in multiple precision by another route: the probabilities of index 0 to n // 2.
LAWS = {
    2: [0.146446609406726, 0.707106781186548],
    3: [0.0249209209607235, 0.475079079039277],
    7: [8.80461280632549e-8, 0.00032853986522059, 0.0458815336456216, 0.45378983844303],
    10: [
        *(2.26565315810842e-14, 4.37994297640736e-9, 2.55035810197031e-5, 0.00803260484625277, 0.204425958969893),
        0.575031856445738,
    ],
    15: [
        *(4.02334844459881e-30, 5.61656605589732e-22, 1.8712134657792e-15, 2.53652879304584e-10),
        *(1.95753658221211e-6, 0.00113218196521594, 0.0633366405179734, 0.435529219726574),
    ],
    20: [
        *(7.79787557782975e-52, 7.87126705617346e-41, 1.61879450208265e-31, 1.13002267451106e-23),
        *(3.63798035958312e-17, 6.84249201807869e-12, 9.23932005005075e-8, 0.000108781492289232),
        *(0.0135621219465534, 0.217986661028857, 0.536684686264514),
    ],
}


@pytest.mark.parametrize("n", LAWS)
def test_law_of_the_index(n):
    law = goe_index_law(n)
    assert law.shape == (n + 1,)
    np.testing.assert_allclose(law[: n // 2 + 1], LAWS[n], rtol=1e-13)  # exp of a logarithm near -100
    np.testing.assert_allclose(law, law[::-1], rtol=1e-12)


@pytest.mark.parametrize("n", [1, 4, 9, 26, 33, pytest.param(60, marks=pytest.mark.slow)])
def test_law_of_the_index_is_a_law(n):
    assert goe_index_law(n).sum() == pytest.approx(1, abs=1e-13)
    assert goe_index_log_law(n)[0] == pytest.approx(goe_log_probability_minimum(n), rel=1e-15)
    # Logarithms of a sum of independent coins, as these are given the parity, are concave (Newton's inequalities).
    for parity in (0, 1):
        assert (np.diff(goe_index_log_law(n)[parity::2], 2) < 0).all()


def test_the_law_notices_too_low_a_precision(monkeypatch):
    exact = goe._index_law
    monkeypatch.setattr(goe, "_index_law", lambda n, digits: exact(n, digits // 3))
    goe._index_log_law.cache_clear()
    with pytest.raises(ArithmeticError, match="too few"):
        goe_index_log_law(30)
    monkeypatch.undo()
    assert np.isfinite(goe_index_log_law(30)).all()


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
