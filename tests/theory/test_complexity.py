"""Complexity of spherical spin glasses: published energies, brute-force maximisation and exact finite sizes."""

import numpy as np
import pytest

from landscape.theory.complexity import (
    index_complexity,
    index_fraction_at_energy,
    layer_energy,
    threshold_energy,
    total_complexity,
)
from landscape.theory.random_matrices import semicircle_density
from landscape.theory.spin_glass import (
    mean_critical_points,
    mean_critical_points_total,
    mean_value_by_index,
    mixed,
    pure,
)

MIXTURES = [mixed({2: 0.5, 4: 0.5}), mixed({3: 0.5, 4: 0.5}), mixed({1: 0.3, 3: 0.7}), mixed({2: 1.0, 3: 1.0})]


def test_published_energies():
    # Reference values for p = 3; the thresholds are 2 sqrt((p - 1) / p).
    published = [1.656998364, 1.652873198, 1.650253127, 1.648399022]
    assert [layer_energy(pure(3), k) for k in range(4)] == pytest.approx(published, abs=6e-10)
    thresholds = [threshold_energy(pure(p)) for p in (3, 4, 5)]
    assert thresholds == pytest.approx([1.632993162, 1.732050808, 1.788854382], abs=6e-10)
    assert layer_energy(pure(3), 500) > threshold_energy(pure(3))


@pytest.mark.parametrize("p", [3, 4, 10])
def test_closed_values_of_the_pure_model(p):
    end = -threshold_energy(pure(p))
    for k in (0, 1, 7):
        assert index_complexity(pure(p), k, end) == pytest.approx(np.log(p - 1) / 2 - (p - 2) / p, abs=1e-12)
    assert total_complexity(pure(p), 0.0) == pytest.approx(np.log(p - 1) / 2, abs=1e-14)
    u = np.linspace(end, 0, 5)
    parabola = np.log(p - 1) / 2 - (p - 2) / (4 * (p - 1)) * u**2
    np.testing.assert_allclose(total_complexity(pure(p), u), parabola, atol=1e-13)
    # The formula of Auffinger, Ben Arous & Cerny 2013 below the threshold.
    u = end * np.array([1.01, 1.2])
    root = np.sqrt(u**2 - end**2)
    cost = -u / end**2 * root - np.log(-u + root) + np.log(-end)
    for k in (0, 3):
        expected = np.log(p - 1) / 2 - (p - 2) / (4 * (p - 1)) * u**2 - (k + 1) * cost
        np.testing.assert_allclose(index_complexity(pure(p), k, u), expected, atol=1e-12)
    np.testing.assert_allclose(total_complexity(pure(p), u), index_complexity(pure(p), 0, u), atol=1e-13)
    assert index_complexity(pure(p), 0, 0.9 * end) == -np.inf


def test_two_spins_have_no_complexity():
    assert total_complexity(pure(2), -1.0) == pytest.approx(0, abs=1e-14)
    assert layer_energy(pure(2)) == pytest.approx(np.sqrt(2), abs=1e-12)  # the edge of the GOE


@pytest.mark.parametrize("mixture", MIXTURES)
def test_mixtures_by_brute_force(mixture):
    # The exponent with the logarithmic potential of the semicircle by quadrature, maximised over the radial derivative.
    nu, slope, bend = mixture
    edge = 2 * np.sqrt(bend)
    y = np.linspace(-4 * edge, 0, 1601)
    theta = (np.arange(4000) + 0.5) / 4000 * np.pi
    lam = edge * np.cos(theta)
    share = semicircle_density(lam, edge) * edge * np.sin(theta) * np.pi / 4000
    potential = np.array([share @ np.log(np.abs(lam - z)) for z in y])
    pushed = np.maximum(y / -edge, 1)
    cost = pushed * np.sqrt(pushed**2 - 1) - np.arccosh(pushed)
    inverse = np.linalg.inv([[nu, slope], [slope, slope + bend]])
    for u in (-1.9, -1.4, -0.6):
        gauss = inverse[0, 0] * u**2 + 2 * inverse[0, 1] * u * y + inverse[1, 1] * y**2
        exponent = 0.5 - np.log(slope) / 2 - gauss / 2 + potential
        assert total_complexity(mixture, u) == pytest.approx(exponent.max(), abs=2e-3)
        for k in (0, 2):
            beyond = (exponent - k * cost)[y <= -edge + 1e-9]
            assert index_complexity(mixture, k, u) == pytest.approx(beyond.max(), abs=2e-3)


@pytest.mark.parametrize("mixture", MIXTURES)
def test_laws_of_the_complexity(mixture):
    u = np.linspace(-2.5, 2.5, 51)
    total = total_complexity(mixture, u)
    np.testing.assert_allclose(total, total[::-1], atol=1e-13)
    assert total.max() == pytest.approx(np.log(mixture.bend / mixture.slope) / 2, abs=1e-12)
    layers = np.stack([index_complexity(mixture, k, u) for k in range(4)])
    assert (layers <= total + 1e-12).all()
    assert (np.diff(layers, axis=0) <= 1e-12).all()
    energies = [layer_energy(mixture, k) for k in range(3)]
    assert (np.diff(energies) < 1e-10).all()  # equal where minima reach above the threshold
    assert index_complexity(mixture, 0, -energies[0]) == pytest.approx(0, abs=1e-9)


def test_deep_down_only_value_and_slope_matter():
    # Below the threshold minima make up the Euler characteristic of the level set, whose mean does not know nu''.
    same = [mixed({3: 1.0}), mixed({2: 0.5, 4: 0.5}), mixed({2: 0.25, 3: 0.5, 4: 0.25})]
    assert len({round(m.bend, 9) for m in same}) == 3
    energies = [layer_energy(m) for m in same]
    assert energies == pytest.approx([energies[0]] * 3, abs=1e-10)


def test_a_strong_random_field_leaves_the_trivial_ground_state():
    for weights in ({1: 1.0, 2: 0.1}, {1: 1.0, 3: 0.1}):
        mixture = mixed(weights)
        assert layer_energy(mixture) == pytest.approx(np.sqrt(mixture.slope), abs=1e-5)
        assert np.isnan(layer_energy(mixture, 1))


def test_a_weak_interaction_in_a_strong_field_has_minima_far_below_the_threshold():
    mixture = mixed({1: 1.0, 2: 0.02})
    assert np.sqrt(mixture.slope) > 3 * threshold_energy(mixture)
    assert layer_energy(mixture) == pytest.approx(1.019804, abs=1e-6)


def test_in_a_strong_field_the_complexity_below_a_value_is_not_that_at_it():
    mixture = mixed({1: 1.0, 3: 0.1})
    end = -np.sqrt(mixture.slope)
    below = total_complexity(mixture, np.linspace(-3, end, 301))
    assert (np.diff(below) > 0).all()
    assert below[-1] == pytest.approx(0, abs=1e-12)
    assert total_complexity(mixture, 0.0) == pytest.approx(-0.3866, abs=1e-4)


def test_exact_finite_sizes_approach_the_complexities():
    for mixture in (pure(3), mixed({2: 0.5, 4: 0.5})):
        logs = [np.log(mean_critical_points_total(mixture, n)) for n in (100, 101)]
        growth = logs[1] - logs[0] - np.log(101 / 100) / 2  # the prefactor grows like sqrt(n)
        assert growth == pytest.approx(np.log(mixture.bend / mixture.slope) / 2, abs=2e-4)
    # Minima: the mean value goes to the threshold, where the mean number of all minima is made.
    values = [mean_value_by_index(3, n)[0] for n in (20, 60)]
    assert -threshold_energy(pure(3)) < values[1] < values[0]
    growth = [np.log(mean_critical_points(3, 2 * n)[0] / mean_critical_points(3, n)[0]) / n for n in (15, 30)]
    limit = np.log(2) / 2 - 1 / 3
    assert abs(growth[1] - limit) < 0.75 * abs(growth[0] - limit)  # corrections are O(n^(-2/3))


def test_index_fraction():
    u = np.array([-5.0, -1.0, 0.3, 5.0]) * threshold_energy(pure(3)) / 2
    x = np.clip(u / threshold_energy(pure(3)), -1, 1)
    expected = 0.5 + (x * np.sqrt(1 - x**2) + np.arcsin(x)) / np.pi
    np.testing.assert_allclose(index_fraction_at_energy(pure(3), u), expected, atol=1e-14)


@pytest.mark.parametrize("k", [-1, 0.5])
def test_bad_indices_are_refused(k):
    with pytest.raises(ValueError, match="k is"):
        index_complexity(pure(3), k, -1.7)
