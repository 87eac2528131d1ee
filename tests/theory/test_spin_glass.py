"""Mean numbers of critical points of the spherical p-spin, against published values and random matrices."""

import numpy as np
import pytest

from landscape.theory import spin_glass
from landscape.theory.goe import goe_probability_minimum
from landscape.theory.spin_glass import mean_critical_points

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


def test_number_of_negative_eigenvalues():
    # Reference law of the GOE index at n = 5 and the variance at n = 10 and 32, in multiple precision.
    law = spin_glass._count_below(5, np.zeros(1))[0]
    published = [0.0001401146854634, 0.0376532945253428, 0.462206590789194]
    np.testing.assert_allclose(law, published + published[::-1], atol=1e-14)
    for n, variance in ((10, 0.473571961), (32, 0.595035386)):
        law = spin_glass._count_below(n, np.zeros(1))[0]
        assert (law * (np.arange(n + 1) - n / 2) ** 2).sum() == pytest.approx(variance, abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 6, 9])
def test_no_eigenvalue_below_zero_is_a_positive_matrix(n):
    law = spin_glass._count_below(n, np.zeros(1))[0]
    assert law[0] == pytest.approx(goe_probability_minimum(n), abs=1e-14)


def test_agrees_with_random_matrices():
    # Five standard errors for each of six indices: a false alarm less than once in 1e5 seeds.
    rng = np.random.default_rng(3)
    p, n, samples = 4, 6, 40_000
    a = rng.standard_normal((samples, n, n))
    x = np.linalg.eigvalsh((a + np.swapaxes(a, 1, 2)) / 2)  # off-diagonal variance 1/2: weight exp(-sum x^2 / 2)
    terms = 2 * np.sqrt(2 / p) * (p - 1) ** (n / 2) * np.exp(-(p - 2) / (2 * p) * x**2)
    error = terms.std(axis=0) / np.sqrt(samples)
    assert (np.abs(terms.mean(axis=0) - mean_critical_points(p, n)) < 5 * error).all()


@pytest.mark.parametrize(("p", "n"), [(1, 3), (2.5, 3), (3, 0), (3, spin_glass.MAX_SIZE + 1), (3, 2.5)])
def test_out_of_range_is_refused(p, n):
    with pytest.raises(ValueError, match="must be an integer"):
        mean_critical_points(p, n)


def test_lost_precision_is_not_passed_on():
    with pytest.raises(ArithmeticError, match="does not resolve"):
        mean_critical_points(20, 24)
