"""The number of eigenvalues below a threshold: against exact laws, other formulas and random matrices."""

import numpy as np
import pytest
from scipy import stats

from landscape.theory import goe_counts
from landscape.theory.goe import goe_index_law
from landscape.theory.goe_counts import goe_count_law, goe_ordered_density, goe_ordered_mean, goe_ordered_tails
from landscape.theory.random_matrices import goe_density


def quadratic(x):
    return x**2


def twice(x):
    return 2 * x


@pytest.mark.parametrize("n", [1, 2, 3, 6, 11, 20, 40])
def test_the_count_at_zero_is_the_index(n):
    np.testing.assert_allclose(goe_count_law(n, 0.0), goe_index_law(n), atol=3e-15)


@pytest.mark.parametrize("n", [2, 3, 8, 31, 60])
def test_half_the_count_is_a_sum_of_coins(n):
    # The eigenvalues of the pencils are real, equal in pairs, and between 0 and 1: observed, not proved.
    for t in (-np.sqrt(n), -0.3, 0.0):
        lower, a = goe_counts._lower_moments(n, np.array([t]))
        mirror, b = goe_counts._lower_moments(n, np.array([-t]))
        parity = (-1.0) ** np.arange(n)
        upper, b = -parity[:, None] * parity * mirror, parity * b
        both = goe_counts._complement(np.stack([a, b], axis=-1))
        for space in (None, both) if n % 2 == 0 else (goe_counts._complement(a[..., None]),):
            coins, error = goe_counts._coins(lower, upper, space)
            assert error.max(initial=0.0) < 1e-13
            assert ((coins > -1e-13) & (coins < 1 + 1e-13)).all()


def test_one_eigenvalue_is_normal():
    t = np.linspace(-8, 8, 33)
    np.testing.assert_allclose(goe_count_law(1, t)[:, 1], stats.norm.cdf(t), rtol=1e-13)


def test_far_tails_keep_their_digits():
    # P(x_0 < t) is the integral of the density but for P(x_1 < t), some 1e-12 of it here.
    n, end = 6, -8.0
    nodes, weights = np.polynomial.legendre.leggauss(200)
    x = end - 8 * (nodes + 1) / 2
    expected = 4 * weights @ goe_density(n, x)
    law = goe_count_law(n, [end, -end])
    assert expected < 1e-7
    np.testing.assert_allclose([law[0, 1], law[1, n - 1]], expected, rtol=1e-9)


@pytest.mark.parametrize("n", [2, 5, 8])
def test_random_matrices(n):
    # A chi-square test at level 1e-4 each: a false alarm once in 3300 seeds.
    rng = np.random.default_rng(77)
    t, samples = 0.6, 40_000
    a = rng.standard_normal((samples, n, n))
    below = (np.linalg.eigvalsh((a + np.swapaxes(a, 1, 2)) / 2) < t).sum(axis=1)
    expected = samples * goe_count_law(n, t)
    common = expected > 10
    observed = np.bincount(below, minlength=n + 1)
    observed = np.append(observed[common], observed[~common].sum())
    expected = np.append(expected[common], expected[~common].sum())
    kept = expected > 0
    assert stats.chisquare(observed[kept], expected[kept]).pvalue > 1e-4


@pytest.mark.parametrize("n", [1, 2, 7, 30, 31])
def test_laws_are_laws_and_mirror_images(n):
    t = np.linspace(-10, 10, 21)
    law = goe_count_law(n, t)
    assert (law >= 0).all()
    np.testing.assert_allclose(law.sum(axis=1), 1, atol=1e-13)
    np.testing.assert_allclose(law, law[::-1, ::-1], atol=1e-14)
    mean = law @ np.arange(n + 1)
    assert (np.diff(mean) >= -1e-13).all()


@pytest.mark.parametrize("n", [1, 2, 3, 10, 33, 60])
def test_moments_of_the_ordered_eigenvalues(n):
    # The trace of the square is a sum of n(n+1)/2 squares of normal numbers, and sums over k are integrals over the
    # density of all eigenvalues.
    mean, error = goe_ordered_mean(n, lambda x: x, np.ones_like)
    square, _ = goe_ordered_mean(n, quadratic, twice)
    np.testing.assert_allclose(mean, -mean[::-1], atol=1e-11)
    assert (np.diff(mean) > 0).all()
    assert (error < 1e-11).all()
    assert square.sum() == pytest.approx(n * (n + 1) / 2, rel=1e-11)
    t = 1.3 * np.arange(2)[:, None]
    several, _ = goe_ordered_mean(
        n, lambda x: np.exp(-((x - t) ** 2)), lambda x: -2 * (x - t) * np.exp(-((x - t) ** 2))
    )
    x = np.linspace(-30, 30, 6001)
    np.testing.assert_allclose(several.sum(axis=1), np.exp(-((x - t) ** 2)) @ goe_density(n, x) * 0.01, rtol=1e-10)


def test_error_estimates_cover_what_rounding_does(monkeypatch):
    # Other nodes round differently: the two results must agree within the sum of their errors.
    n = 50
    monkeypatch.setattr(goe_counts, "_MARGIN", 9.0)
    first = goe_ordered_mean(n, lambda x: np.exp(-(x**2) / 2), lambda x: -x * np.exp(-(x**2) / 2))
    second = goe_ordered_mean(n, lambda x: np.exp(-(x**2) / 2), lambda x: -x * np.exp(-(x**2) / 2), reach=12.0)
    assert first[0].min() < 1e-16
    assert (np.abs(first[0] - second[0]) <= first[1] + second[1]).all()
    assert (first[1] < 1e-8 * first[0]).all()


@pytest.mark.parametrize("n", [1, 4, 25])
def test_ordered_densities_add_up_to_the_density_of_all(n):
    x = np.linspace(-9, 9, 37)
    density = goe_ordered_density(n, x)
    assert (density >= 0).all()
    np.testing.assert_allclose(density.sum(axis=1), goe_density(n, x), atol=1e-8)
    np.testing.assert_allclose(density, density[::-1, ::-1], atol=1e-10)


def test_shapes():
    assert goe_count_law(3, np.zeros((2, 0))).shape == (2, 0, 4)
    assert goe_count_law(3, np.zeros((2, 5))).shape == (2, 5, 4)
    assert goe_ordered_density(3, 0.5).shape == (3,)


@pytest.mark.parametrize("n", [0, 2.5, goe_counts.MAX_SIZE + 1])
def test_bad_sizes_are_refused(n):
    with pytest.raises(ValueError, match="n is"):
        goe_count_law(n, 0.0)


def test_bad_thresholds_are_refused():
    with pytest.raises(ValueError, match="t is"):
        goe_count_law(2, [0.0, np.nan])


def test_tails_of_the_ordered_eigenvalues():
    # One eigenvalue is normal, of variance 1; of three the largest lies below t if all do.
    t = np.array([-30.0, -6.0, 0.0, 2.0])
    above, below = goe_ordered_tails(1, t)
    np.testing.assert_allclose(above[:, 0], stats.norm.sf(t), rtol=1e-12)
    np.testing.assert_allclose(below[1:, 0], stats.norm.cdf(t[1:]), rtol=1e-8)  # of 1e-9, eight digits are left
    above, below = goe_ordered_tails(3, t)
    np.testing.assert_allclose(below[:, 2], goe_count_law(3, t)[:, 3], rtol=1e-6, atol=1e-20)
    np.testing.assert_allclose(above + below, 1, atol=1e-12)
    np.testing.assert_allclose(goe_ordered_tails(3, -t)[0], below[:, ::-1], rtol=1e-9, atol=1e-25)
