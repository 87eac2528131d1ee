"""Mean numbers of critical points of the spherical p-spin, against published values and random matrices."""

import numpy as np
import pytest

from landscape.problems import problem
from landscape.theory import spin_glass
from landscape.theory.spin_glass import (
    Mixture,
    index_at_value,
    mean_critical_points,
    mean_critical_points_total,
    mean_value_by_index,
    mixed,
    mixed_mean_critical_points,
    pure,
    value_bounds,
    value_density,
)

# Reference values (spin_glass_counts.json, p = 3): mean numbers for the lower half of the indices.
PUBLISHED = {
    2: [2.645751311064621],
    3: [3.138089935299426, 4.2761798705988365],
    4: [3.5795244615076696, 5.815592439007488],
    5: [3.999812016114985, 7.374228552359198, 8.748833072488422],
    6: [4.411781064996695, 8.991248282916315, 12.033538910712513],
    7: [4.822267668319808, 10.687042640421492, 15.716632921172907, 17.703715898142455],
    8: [5.235448516867766, 12.474916499122628, 19.834501126657198, 24.50112688098811],
    9: [5.654139201261723, 14.364964745006574, 24.42092265920513, 32.5425374425715, 35.664880654222216],
    10: [6.080387185001469, 16.365674178240663, 29.50953805944344, 41.9509751311154, 49.551365221224394],
}


@pytest.mark.parametrize("n", PUBLISHED)
def test_published_means(n):
    means = mean_critical_points(3, n)
    assert means.shape == (n,)
    np.testing.assert_allclose(means[: len(PUBLISHED[n])], PUBLISHED[n], rtol=1e-11)
    np.testing.assert_allclose(means, means[::-1], rtol=1e-12)


def test_published_totals():
    # In multiple precision, independently of this library.
    assert mean_critical_points(3, 10).sum() == pytest.approx(286.91587955, abs=5e-9)
    assert mean_critical_points(3, 15).sum() == pytest.approx(2076.22780948, abs=5e-9)
    assert mean_critical_points(3, 15)[0] == pytest.approx(8.371844, abs=5e-7)


@pytest.mark.parametrize("p", [2, 3, 4, 5, 10])
def test_two_spins_have_a_closed_form(p):
    assert mean_critical_points(p, 2).sum() == pytest.approx(2 * np.sqrt(3 * p - 2), rel=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 10, 20])
def test_a_quadratic_form_has_two_of_each_index(n):
    np.testing.assert_allclose(mean_critical_points(2, n), np.full(n, 2.0), rtol=1e-13)


@pytest.mark.parametrize(("p", "n"), [(3, 4), (3, 7), (4, 6), (5, 5)])
def test_stays_below_the_algebraic_bound_and_has_the_euler_characteristic(p, n):
    # Cartwright & Sturmfels 2013 bound the number; the alternating sum is that of the sphere.
    means = mean_critical_points(p, n)
    assert means.sum() < 2 * ((p - 1) ** n - 1) / (p - 2)
    assert (means * (-1.0) ** np.arange(n)).sum() == pytest.approx(1 + (-1) ** (n - 1), abs=1e-9)


def test_agrees_with_random_matrices():
    # Five standard errors for each of six indices: a false alarm less than once in 1e5 seeds.
    rng = np.random.default_rng(3)
    p, n, samples = 4, 6, 40_000
    a = rng.standard_normal((samples, n, n))
    x = np.linalg.eigvalsh((a + np.swapaxes(a, 1, 2)) / 2)  # off-diagonal variance 1/2: weight exp(-sum x^2 / 2)
    terms = 2 * np.sqrt(2 / p) * (p - 1) ** (n / 2) * np.exp(-(p - 2) / (2 * p) * x**2)
    error = terms.std(axis=0) / np.sqrt(samples)
    assert (np.abs(terms.mean(axis=0) - mean_critical_points(p, n)) < 5 * error).all()


def test_far_beyond_what_one_can_search():
    # Totals from the density of the GOE, a different formula; the share of minima falls like exp(-n / 3) for p = 3.
    # The rate has corrections from the edge of the spectrum, n^(-2/3) and 1 / n: three sizes give the limit.
    sizes = np.array([15, 30, 60])
    rates = []
    for n in sizes:
        means, more = mean_critical_points(3, int(n)), mean_critical_points(3, int(n) + 1)
        assert means.sum() == pytest.approx(mean_critical_points_total(pure(3), int(n)), rel=1e-11)
        rates.append(np.log(more[0] / more.sum()) - np.log(means[0] / means.sum()))
    middle = sizes + 0.5
    limit = np.linalg.solve(np.stack([np.ones(3), middle ** (-2 / 3), 1 / middle], axis=1), rates)[0]
    assert limit == pytest.approx(-1 / 3, abs=5e-3)


@pytest.mark.parametrize(("p", "n"), [(3, 30), (20, 24), (5, 60)])
def test_rare_indices_are_resolved(p, n):
    # The alternating sum is far below the total: it tests the large terms. The symmetry tests the small ones, which
    # come from opposite ends of the line.
    means = mean_critical_points(p, n)
    assert (means * (-1.0) ** np.arange(n)).sum() == pytest.approx(1 + (-1) ** (n - 1), abs=1e-11 * means.sum())
    np.testing.assert_allclose(means, means[::-1], rtol=1e-8)


def test_mean_values():
    # p = 2: the values are the eigenvalues of a GOE matrix, for n = 2 +-sqrt(pi) / 2 over sqrt(2).
    np.testing.assert_allclose(mean_value_by_index(2, 2), np.sqrt(np.pi / 8) * np.array([-1, 1]), rtol=1e-12)
    # p = 3, n = 3, by random matrices: five standard errors for each of two free numbers, a false alarm in 1e6 seeds.
    rng = np.random.default_rng(8)
    a = rng.standard_normal((100_000, 3, 3))
    x = np.linalg.eigvalsh((a + np.swapaxes(a, 1, 2)) / 2)
    weight = np.exp(-(x**2) / 6)
    value = np.sqrt(4 / 9) * x
    mean = mean_value_by_index(3, 3)
    error = np.sqrt((weight**2 * (value - mean) ** 2).mean(axis=0) / len(x)) / weight.mean(axis=0)
    assert (np.abs((weight * value).mean(axis=0) / weight.mean(axis=0) - mean) < 5 * error).all()


def test_mixtures_by_the_kac_rice_integral():
    # Area of the sphere times the density of zero slope times E|det H|, with H = sqrt(nu'') G - sqrt(nu' + nu'') xi.
    # Five standard errors for each of three indices.
    rng = np.random.default_rng(4)
    n, samples = 4, 100_000
    for weights in ({2: 0.5, 4: 0.5}, {1: 1.0, 3: 0.2}):
        mixture = mixed(weights)
        a = rng.standard_normal((samples, n - 1, n - 1))
        hessian = np.sqrt(mixture.bend / 2) * (a + np.swapaxes(a, 1, 2))
        hessian -= np.sqrt(mixture.slope + mixture.bend) * rng.standard_normal((samples, 1, 1)) * np.eye(n - 1)
        curvature = np.linalg.eigvalsh(hessian)
        terms = np.abs(curvature.prod(axis=1))[:, None] * ((curvature < 0).sum(axis=1)[:, None] == np.arange(n))
        terms *= 2 * np.pi ** (n / 2) / (2 * np.pi * mixture.slope) ** ((n - 1) / 2)  # Gamma(2) = 1
        error = terms.std(axis=0) / np.sqrt(samples)
        assert (np.abs(terms.mean(axis=0) - mixed_mean_critical_points(mixture, n)) < 5 * error).all()


def test_a_random_field_leaves_one_minimum_and_one_maximum():
    means = mixed_mean_critical_points(mixed({1: 1.0, 2: 0.04}), 4)
    assert ((means[[0, -1]] > 1) & (means[[0, -1]] < 1.03)).all()  # every sample has at least one of each
    assert (means[1:-1] < 0.03).all()
    assert (means * (-1.0) ** np.arange(4)).sum() == pytest.approx(0, abs=1e-10)


def test_a_pure_mixture_is_pure_whatever_its_variance():
    assert mixed({3: 1.0}) == pure(3) == Mixture(1.0, 3.0, 6.0)
    np.testing.assert_allclose(mixed_mean_critical_points(mixed({3: 7.0}), 5), mean_critical_points(3, 5), rtol=1e-12)


@pytest.mark.parametrize("p", [1, 0, 2.5])
def test_orders_out_of_range_are_refused(p):
    with pytest.raises(ValueError, match="p is"):
        mean_critical_points(p, 3)


@pytest.mark.parametrize("n", [0, 2.5, 1000])
def test_sizes_out_of_range_are_refused(n):
    with pytest.raises(ValueError, match="n is"):
        mean_critical_points(3, n)


@pytest.mark.parametrize("weights", [{1: 1.0}, {}, {0: 1.0, 2: 1.0}, {2.5: 1.0}, {2: -1.0, 3: 2.0}, {2: np.inf}])
def test_mixtures_out_of_range_are_refused(weights):
    with pytest.raises(ValueError, match="weights are"):
        mixed(weights)


def test_what_is_not_resolved_is_not_passed_on(monkeypatch):
    monkeypatch.setattr(spin_glass, "_ACCURACY", 1e-12)
    with pytest.raises(ArithmeticError, match="does not resolve"):
        mean_critical_points(10, 40)
    with pytest.raises(ArithmeticError, match="too strong"):
        mixed_mean_critical_points(mixed({1: 1.0, 2: 1e-4}), 4)


def test_the_density_of_the_value_adds_up_to_the_mean_numbers():
    u = np.linspace(-4, 4, 1601)
    for p, n in ((2, 4), (3, 5), (4, 3)):
        total = value_density(p, n, u).sum(axis=0) * (u[1] - u[0])
        np.testing.assert_allclose(total, mean_critical_points(p, n), rtol=1e-8)
        mean = (u @ value_density(p, n, u)) / value_density(p, n, u).sum(axis=0)
        np.testing.assert_allclose(mean, mean_value_by_index(p, n), atol=1e-8)


def test_the_index_at_a_value_is_that_of_all_points_of_few_spins():
    # n = 2: the circle, where f is a trigonometric polynomial: its critical points by the sign changes of the slope on
    # a fine grid, in 4,000 samples; four standard errors in each of six bins.
    t = np.linspace(0, 2 * np.pi, 721)
    x = np.stack([np.cos(t), np.sin(t)], axis=1)
    values, indices = [], []
    for seed in range(4000):
        f = problem("spherical_spin_glass", p=3, n=2, seed=seed).value(x)
        rise = np.diff(np.append(f, f[1]))
        turns = rise[:-1] * rise[1:] < 0
        values.append(f[1:][turns])
        indices.append(rise[:-1][turns] > 0)
    value, index = np.concatenate(values) / np.sqrt(2), np.concatenate(indices)
    excess = index - index_at_value(3, 2, value)
    for low, high in ((-4, -0.8), (-0.8, -0.4), (-0.4, 0), (0, 0.4), (0.4, 0.8), (0.8, 4)):
        part = excess[(value > low) & (value < high)]
        assert len(part) > 1000
        assert abs(part.mean()) < 4 * part.std() / np.sqrt(len(part))


@pytest.mark.parametrize(("n", "expected"), [(3, 0.1), (10, 1e-3), (16, 1e-6)])
def test_the_mean_number_outside_the_bounds_is_what_was_asked_for(n, expected):
    u = np.linspace(-5, 5, 2001)
    density = value_density(3, n, u)
    low, high = value_bounds(3, n, expected)
    outside = density[(u[:, None] < low) | (u[:, None] > high)].sum() * (u[1] - u[0])
    assert expected / 3 < outside < expected
    np.testing.assert_allclose(low, -high[::-1])
    assert (np.diff(high) > 0).all()


def test_bounds_close_in_on_the_law_for_large_n():
    # In the middle a shift of the index by m costs about (pi m)^2 / (2 ln n) in the exponent, for exp(n ln(2) / 2)
    # points: the fraction is bound to the curve within something between 1 / n, for few spins, and 1 / sqrt(n).
    widths = [np.diff([b[n // 2] for b in value_bounds(3, n, 1e-5)])[0] for n in (10, 40)]
    assert 1 / 4 < widths[1] / widths[0] < 1 / 2


@pytest.mark.parametrize(
    ("n", "expected", "error"), [(1, 1e-3, ValueError), (5, 0.0, ValueError), (5, -1.0, ValueError)]
)
def test_bounds_that_make_no_sense(n, expected, error):
    with pytest.raises(error, match="at least 2 and positive"):
        value_bounds(3, n, expected)
