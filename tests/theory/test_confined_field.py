"""A random field in a parabola: reference values, the Kac-Rice integral by sampling, and the limits."""

import numpy as np
import pytest

from landscape.theory.confined_field import (
    confined_field_complexity,
    confined_field_counts,
    confined_field_minima_complexity,
    confined_field_total,
    trivialisation_minima,
    trivialisation_total,
)

# Reference values by another route: N_tot at u = 0.5, 1, 1.5 and N_min at u = 0.5, 1.
PUBLISHED = {
    1: (2.878325, 1.606115, 1.246736, 1.939162, 1.303058),
    2: (5.249503, 1.827379, 1.242419, 2.699309, 1.380406),
    5: (20.985998, 2.175933, 1.187059, 5.457932, 1.479372),
    10: (146.231258, 2.490945, 1.124736, 13.301601, 1.549222),
    20: (5019.421, 2.861977, 1.065697, 56.947057, 1.613790),
}


@pytest.mark.parametrize("n", PUBLISHED)
def test_reference_values(n):
    counts = confined_field_counts(n, [0.5, 1.0, 1.5])
    np.testing.assert_allclose([*counts.sum(axis=1), *counts[:2, 0]], PUBLISHED[n], rtol=1e-7, atol=6e-7)
    np.testing.assert_allclose(confined_field_total(n, [0.5, 1.0, 1.5]), PUBLISHED[n][:3], rtol=1e-7, atol=6e-7)


@pytest.mark.parametrize("n", [1, 2, 7, 20, 41])
def test_the_alternating_sum_is_one(n):
    counts = confined_field_counts(n, [[0.7, 1.0], [1.2, 3.0]])
    assert counts.shape == (2, 2, n + 1)
    total = confined_field_total(n, [[0.7, 1.0], [1.2, 3.0]])
    np.testing.assert_allclose(np.nansum(counts * (-1.0) ** np.arange(n + 1), axis=-1), 1, atol=1e-11 * total.max())
    np.testing.assert_allclose(np.nansum(counts, axis=-1), total, rtol=1e-11)


def test_the_kac_rice_integral_by_sampling():
    # mu^-n E|det(G + mu - V)| by index: five standard errors for each of three numbers.
    rng = np.random.default_rng(6)
    n, samples, u = 2, 200_000, 0.8
    a = rng.standard_normal((samples, n, n))
    mu = u * np.sqrt(n)
    curvature = np.linalg.eigvalsh((a + np.swapaxes(a, 1, 2)) / np.sqrt(2)) + mu - rng.standard_normal((samples, 1))
    terms = np.abs(curvature.prod(axis=1))[:, None] / mu**n
    terms = terms * ((curvature < 0).sum(axis=1)[:, None] == np.arange(n + 1))
    error = terms.std(axis=0) / np.sqrt(samples)
    assert (np.abs(terms.mean(axis=0) - confined_field_counts(n, u)) < 5 * error).all()


def test_complexities():
    u = np.array([0.4, 0.7])
    for exact, law in (
        (lambda n: confined_field_total(n, u), confined_field_complexity),
        (lambda n: confined_field_counts(n, u)[:, 0], confined_field_minima_complexity),
    ):
        # The growth from n to 2 n has lost the prefactor, but for a power of n.
        growth = [(np.log(exact(2 * n)) - np.log(exact(n))) / n for n in (20, 40)]
        gaps = [np.abs(g - law(u)) for g in growth]
        assert (gaps[1] < 0.06).all()
        assert (gaps[1] < 0.75 * gaps[0]).all()  # corrections are O(n^(-2/3))
    np.testing.assert_array_equal(confined_field_complexity([1.0, 5.0]), 0)
    np.testing.assert_array_equal(confined_field_minima_complexity([1.0, 5.0]), 0)
    small = 1e-3
    assert confined_field_complexity(1 - small) == pytest.approx(small**2, rel=1e-2)
    assert confined_field_minima_complexity(1 - small) == pytest.approx(small**3 / 3, rel=1e-2)


def test_the_critical_window():
    # Corrections in powers of n^(-1/3): two of them taken out by three sizes.
    def limit(exact, d, sizes):
        powers = np.array(sizes)[:, None] ** (-np.arange(3) / 3)
        return np.linalg.solve(powers, np.array([exact(n, 1 + d * n ** (-1 / 3)) for n in sizes]))[0]

    d = np.array([0.0, 0.5, 1.0])
    minima = limit(lambda n, u: confined_field_counts(n, u)[:, 0], d, [8, 20, 50])
    np.testing.assert_allclose(minima, trivialisation_minima(d), rtol=0.02)
    d = np.array([1.0, 2.0])
    np.testing.assert_allclose(limit(confined_field_total, d, [30, 100, 300]), trivialisation_total(d), rtol=0.005)


def test_one_minimum_is_left_far_above_the_threshold():
    assert trivialisation_minima(0.0) == pytest.approx(2, abs=1e-10)
    np.testing.assert_allclose(trivialisation_minima([4.0, 6.0]), 1, atol=1e-6)
    np.testing.assert_allclose(trivialisation_total([4.0, 6.0]), 1, atol=1e-6)
    assert confined_field_counts(40, 3.0)[0] == pytest.approx(1, abs=1e-9)


def test_numbers_beyond_double_precision_are_not_made_up():
    counts = confined_field_counts(40, 3.0)
    assert np.isnan(counts[20:]).all()
    assert np.isfinite(counts[0])


@pytest.mark.parametrize("strength", [0.0, -1.0, np.nan])
def test_bad_strengths_are_refused(strength):
    for function in (
        lambda u: confined_field_counts(3, u),
        lambda u: confined_field_total(3, u),
        confined_field_complexity,
        confined_field_minima_complexity,
    ):
        with pytest.raises(ValueError, match="strength"):
            function(strength)


def test_bad_windows_are_refused():
    with pytest.raises(ValueError, match="distance"):
        trivialisation_minima(9.0)
    with pytest.raises(ValueError, match="distance"):
        trivialisation_total(0.0)
