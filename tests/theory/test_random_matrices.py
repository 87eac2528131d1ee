"""Limiting spectra and the edge: normalisation, published constants, Painleve II and random matrices."""

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import airy

from landscape.theory.random_matrices import (
    MAX_SIZE,
    airy_density,
    goe_density,
    marchenko_pastur_density,
    semicircle_cdf,
    semicircle_density,
    tracy_widom_cdf,
    tracy_widom_density,
)

NODES, WEIGHTS = np.polynomial.legendre.leggauss(600)


def integral(f, low, high):
    return (high - low) / 2 * WEIGHTS @ f((high + low) / 2 + (high - low) / 2 * NODES)


def test_semicircle():
    assert integral(lambda x: semicircle_density(x, 3.0, 1.0), -2, 4) == pytest.approx(1, abs=1e-7)
    assert integral(lambda x: (x - 1) ** 2 * semicircle_density(x, 3.0, 1.0), -2, 4) == pytest.approx(9 / 4, abs=1e-6)
    for x in (-1.9, 0.0, 3.3):
        below = integral(lambda y: semicircle_density(y, 3.0, 1.0), -2, x)
        assert semicircle_cdf(x, 3.0, 1.0) == pytest.approx(below, abs=1e-7)
    np.testing.assert_array_equal(semicircle_cdf([-9.0, 9.0], 3.0, 1.0), [0, 1])


def test_marchenko_pastur():
    for q, v in ((0.3, 1.0), (2.5, 1.0), (0.7, 2.0)):
        low, high = v * (1 - np.sqrt(q)) ** 2, v * (1 + np.sqrt(q)) ** 2
        mass = integral(lambda x: marchenko_pastur_density(x, q, v), low, high)  # noqa: B023
        mean = integral(lambda x: x * marchenko_pastur_density(x, q, v), low, high)  # noqa: B023
        assert mass == pytest.approx(min(1, 1 / q), abs=1e-5)
        assert mean == pytest.approx(v, abs=1e-5)
    assert marchenko_pastur_density([-1.0, 0.0, 50.0], 1.0).tolist() == [0, 0, 0]


def test_wishart_matrices_follow_marchenko_pastur():
    # Linear statistics of eigenvalues fluctuate by O(1/n): the tolerance is six of the standard deviations found below.
    rng = np.random.default_rng(5)
    n, m = 200, 500
    j = rng.standard_normal((n, m))
    x = np.linalg.eigvalsh(j @ j.T / m)
    for cut in (0.5, 1.0, 2.0):
        share = integral(lambda y: marchenko_pastur_density(y, n / m), 0.13508, cut)
        assert (x < cut).mean() == pytest.approx(share, abs=6 / n)


@pytest.mark.parametrize("n", [1, 2, 5, 10, 51, 200, MAX_SIZE])
def test_moments_of_the_exact_density(n):
    end = np.sqrt(2 * n) + 9
    x, w = np.polynomial.legendre.leggauss(160 + 4 * n)
    density = goe_density(n, end * x)
    assert end * w @ density == pytest.approx(n, rel=1e-12)
    assert end * w @ (density * (end * x) ** 2) == pytest.approx(n * (n + 1) / 2, rel=1e-11)
    assert density.min() > -1e-15
    assert goe_density(n, [[0.0, 1.0]]).shape == (1, 2)


def test_the_exact_density_of_two_is_that_of_random_matrices():
    # Kolmogorov-Smirnov at level 1e-4 on one eigenvalue, chosen at random, of each matrix.
    rng = np.random.default_rng(12)
    a = rng.standard_normal((20_000, 2, 2))
    x = rng.permuted(np.linalg.eigvalsh((a + np.swapaxes(a, 1, 2)) / 2), axis=1)[:, 0]
    grid = np.linspace(-9, 9, 2001)
    cdf = integrate.cumulative_simpson(goe_density(2, grid) / 2, x=grid, initial=0)
    assert stats.kstest(x, lambda y: np.interp(y, grid, cdf)).pvalue > 1e-4


def test_the_exact_density_approaches_semicircle_and_edge():
    n = 400
    x = np.linspace(-0.8, 0.8, 9) * np.sqrt(2 * n)
    np.testing.assert_allclose(goe_density(n, x) / n, semicircle_density(x, np.sqrt(2 * n)), rtol=4 / n)
    s = np.array([-1.0, 0.0, 1.0])
    gaps = []
    for size in (50, 400):  # corrections of the edge are O(n^(-1/3)): half at eight times the size
        scale = size ** (-1 / 6) / np.sqrt(2)
        gaps.append(np.abs(goe_density(size, np.sqrt(2 * size) + scale * s) * scale - airy_density(s)))
    np.testing.assert_allclose(gaps[0] / gaps[1], 2, rtol=0.15)


def test_moments_of_the_tracy_widom_law():
    # Bornemann, Markov Processes Relat. Fields 16, 803 (2010), table.
    s, weights = np.polynomial.legendre.leggauss(150)
    s, weights = 16 * s + 3, 16 * weights
    mass, mean, square = (s ** np.arange(3)[:, None]) @ (weights * tracy_widom_density(s))
    assert mass == pytest.approx(1, abs=1e-12)
    assert mean == pytest.approx(-1.2065335745820, abs=1e-11)
    assert square - mean**2 == pytest.approx(1.607781034581, abs=1e-10)


def test_the_tracy_widom_law_by_painleve():
    # F = exp(-int_s^inf [q + (x - s) q^2] dx / 2), q'' = s q + 2 q^3, q ~ Ai (Hastings & McLeod 1980).
    start = 6.0

    def field(s, y):
        q, slope, _, double, _ = y
        return [slope, s * q + 2 * q**3, -q, -(q**2), -double]

    value, slope, _, _ = airy(start)
    tail = integrate.quad(lambda x: airy(x)[0], start, 20)[0]
    square = integrate.quad(lambda x: airy(x)[0] ** 2, start, 20)[0]
    first = integrate.quad(lambda x: (x - start) * airy(x)[0] ** 2, start, 20)[0]
    s = np.array([3.0, 1.0, 0.0, -1.0, -2.0, -3.0])
    solution = integrate.solve_ivp(
        field, (start, s[-1]), [value, slope, tail, square, first], t_eval=s, rtol=1e-12, atol=1e-14
    )
    expected = np.exp(-(solution.y[2] + solution.y[4]) / 2)
    np.testing.assert_allclose(tracy_widom_cdf(s), expected, atol=1e-8)


def test_the_tracy_widom_density_is_the_derivative():
    s = np.linspace(-6, 4, 11)
    h = 1e-3
    slope = (tracy_widom_cdf(s + h) - tracy_widom_cdf(s - h)) / (2 * h)
    np.testing.assert_allclose(tracy_widom_density(s), slope, atol=1e-6)
    assert tracy_widom_cdf([-30.0, 30.0]).tolist() == [0, 1]


def test_the_edge_is_the_last_eigenvalue_far_out_and_a_root_far_in():
    np.testing.assert_allclose(airy_density([3.0, 5.0]), tracy_widom_density([3.0, 5.0]), rtol=2e-4)
    assert airy_density(-60.0) == pytest.approx(np.sqrt(60) / np.pi, rel=2e-3)


def test_published_edge_density_far_in():
    # mpmath with 40 digits.
    np.testing.assert_allclose(
        airy_density([-59.9, -60.1, -100.0, -200.0, -1000.0]),
        [2.4635652463178417, 2.4676735705292874, 3.183099749481066, 4.501581737973352, 10.06584242286188],
        rtol=1e-14,
    )


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="radius"):
        semicircle_density(0.0, -1.0)
    with pytest.raises(ValueError, match="ratio"):
        marchenko_pastur_density(0.0, 0.0)
    with pytest.raises(ValueError, match="at most"):
        goe_density(MAX_SIZE + 1, 0.0)
    with pytest.raises(ValueError, match="s is"):
        tracy_widom_cdf(np.nan)
