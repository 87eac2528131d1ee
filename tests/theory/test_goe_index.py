"""Variance and large deviations of the GOE index."""

import numpy as np
import pytest
from scipy import integrate

from landscape.theory import goe_index
from landscape.theory.goe import goe_index_log_law
from landscape.theory.goe_index import goe_index_rate, goe_index_variance, goe_index_variance_asymptotic

# Reference values, in multiple precision by another route.
VARIANCES = {1: 0.25, 2: 0.292893219, 4: 0.373207065, 8: 0.449658271, 10: 0.473571961, 20: 0.546431321, 32: 0.595035386}


@pytest.mark.parametrize("n", VARIANCES)
def test_variances(n):
    assert goe_index_variance(n) == pytest.approx(VARIANCES[n], abs=6e-10)


def test_the_asymptotic_variance_misses_as_published():
    for n, miss in ((10, 6.6e-5), (15, -5.4e-4), (20, 1.7e-5), (32, 1e-6)):
        gap = float(goe_index_variance_asymptotic(n)) - goe_index_variance(n)
        assert gap == pytest.approx(miss, rel=0.05, abs=5e-7)
    assert abs(goe_index_variance(100) - float(goe_index_variance_asymptotic(100))) < 1e-5


def test_rate_at_the_ends_is_that_of_dean_and_majumdar():
    rate = goe_index_rate([0.0, 0.5, 1.0])
    np.testing.assert_allclose(rate, [np.log(3) / 4, 0, np.log(3) / 4], atol=1e-12)


def test_rate_is_symmetric_convex_and_flat_in_the_middle():
    c = np.linspace(0, 1, 101)
    rate = goe_index_rate(c)
    np.testing.assert_allclose(rate, rate[::-1], atol=1e-13)
    assert (np.diff(rate, 2) > 0).all()
    # Near 1/2 it is a parabola divided by a logarithm, pi^2 d^2 / (2 ln(1 / d)), with corrections of relative size
    # 1 / ln(1 / d): the variance ln n / pi^2 again, with n d = 1.
    d = np.array([1e-2, 1e-3, 1e-4, 1e-5])
    ratio = np.diff(d**2 / goe_index_rate(0.5 + d)) / np.diff(-2 / np.pi**2 * np.log(d))
    assert ((ratio > 1) & (ratio < 1 - 1 / np.log(d[1:]))).all()
    assert (np.diff(ratio) < 0).all()


def test_the_slope_of_the_rate_is_a_difference_of_potentials():
    edge = np.linspace(np.sqrt(2) + 1e-3, np.sqrt(8 / 3), 9)
    c = goe_index._share(edge)
    h = 1e-5
    inner = c[:-1]
    slope = (goe_index_rate(inner + h) - goe_index_rate(inner - h)) / (2 * h)
    np.testing.assert_allclose(slope, goe_index._potential_difference(edge[:-1]), rtol=1e-6)


@pytest.mark.parametrize("edge", [1.45, 1.55, np.sqrt(8 / 3)])
def test_the_density_of_the_pushed_gas(edge):
    # Total charge one, and the share beyond zero, by quadrature with the roots at the ends taken out.
    def right(x):  # sqrt((L - x) / x) in front
        return np.sqrt(x**2 + edge * x + edge**2 - 2) / np.pi

    gap = np.sqrt(max(8 - 3 * edge**2, 0))
    a, b = (-edge - gap) / 2, (-edge + gap) / 2
    beyond = integrate.quad(right, 0, edge, weight="alg", wvar=(-0.5, 0.5))[0]
    rest = 0.0
    if gap > 1e-6:
        left = integrate.quad(lambda x: np.sqrt((edge - x) / -x) / np.pi, a, b, weight="alg", wvar=(0.5, 0.5))
        rest = left[0]
    assert beyond + rest == pytest.approx(1, abs=1e-8)
    assert float(goe_index._share(np.array(edge))) == pytest.approx(beyond, abs=1e-9)


def test_exact_laws_approach_the_rate():
    # -ln P / n^2 = rate + O(1 / n): with the first correction taken out by extrapolation from two sizes.
    for tenths in (0, 1, 2, 3):
        rate = {}
        for n in (20, 40):
            rate[n] = -goe_index_log_law(n)[n * tenths // 10] / n**2
        extrapolated = 2 * rate[40] - rate[20]
        assert extrapolated == pytest.approx(float(goe_index_rate(tenths / 10)), abs=1e-3)


@pytest.mark.parametrize("fraction", [-0.1, 1.1, np.nan])
def test_bad_fractions_are_refused(fraction):
    with pytest.raises(ValueError, match="fraction is"):
        goe_index_rate([0.5, fraction])


def test_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        goe_index_variance_asymptotic(0)
