"""Wishart plus Wigner: published critical errors, the power 3/2, quadrature of the density and random matrices."""

import numpy as np
import pytest

from landscape.theory.free_probability import critical_error, critical_prefactor, hessian_density, index_fraction
from landscape.theory.random_matrices import marchenko_pastur_density, semicircle_density

PHI = np.array([0.05, 0.2, 0.5, 0.8])


def test_critical_error_is_where_two_roots_meet_at_zero():
    # 1/G + 2 eps G + 1/(1 - phi G) = 0 times G (1 - phi G) is a cubic whose discriminant must vanish.
    for phi in PHI:
        eps = float(critical_error(phi))
        a, b, c, d = -2 * eps * phi, 2 * eps, 1 - phi, 1.0
        terms = np.array([18 * a * b * c * d, -4 * b**3 * d, b**2 * c**2, -4 * a * c**3, -27 * a**2 * d**2])
        assert terms.sum() == pytest.approx(0, abs=1e-12 * np.abs(terms).max())
    assert critical_error(1e-9) == pytest.approx(1 / 8, rel=1e-7)  # a semicircle of radius sqrt(8 eps) about one
    assert critical_error([1.0, 3.0]).tolist() == [0, 0]


@pytest.mark.parametrize(("error", "phi"), [(0.05, 0.25), (0.5, 0.1), (0.2, 1.5), (0.03, 0.8)])
def test_the_fraction_is_the_integral_of_the_density(error, phi):
    x = np.linspace(-4, 8, 240_001)
    density = hessian_density(x, error, phi)
    assert density.sum() * 5e-5 == pytest.approx(1, abs=2e-5)
    assert density @ x * 5e-5 == pytest.approx(1, abs=2e-5)
    assert density @ x**2 * 5e-5 == pytest.approx(1 + phi + 2 * error, abs=2e-4)
    below = density[x < 0].sum() * 5e-5 + density[x == 0].sum() * 2.5e-5
    assert index_fraction(error, phi) == pytest.approx(below, abs=2e-5)


def test_the_density_in_the_limits():
    x = np.array([0.4, 1.0, 1.9])
    np.testing.assert_allclose(hessian_density(x, 1e-7, 0.5), marchenko_pastur_density(x, 0.5), rtol=1e-4)
    np.testing.assert_allclose(hessian_density(x, 0.3, 1e-7), semicircle_density(x, np.sqrt(2.4), 1.0), rtol=1e-4)


def test_the_power_law():
    above = 1e-5
    alpha = index_fraction(critical_error(PHI) * (1 + above), PHI)
    np.testing.assert_allclose(alpha / above**1.5, critical_prefactor(PHI), rtol=1e-3)
    d = np.array([1e-4, 2e-4])[:, None]
    slope = np.diff(np.log(index_fraction(critical_error(PHI) * (1 + d), PHI)), axis=0) / np.log(2)
    np.testing.assert_allclose(slope, 1.5, atol=1e-3)
    # Reference values, a fit to the power law just above the critical error: within its one per cent.
    phi = 1 / np.array([16.0972417067, 8.0752141953, 4.0435095264, 2.0112712430, 4.0012661986 / 3])
    np.testing.assert_allclose(
        critical_prefactor(phi), [0.152856, 0.117106, 0.0747733, 0.0334769, 0.0126681], rtol=0.011
    )


def test_random_matrices():
    # The index fluctuates by less than one and the bias is O(1): six over n is far out.
    rng = np.random.default_rng(9)
    n, phi = 400, 0.25
    for excess in (1.2, 2.0, 6.0):
        error = excess * float(critical_error(phi))
        j = rng.standard_normal((n, round(n / phi)))
        a = rng.standard_normal((n, n))
        hessian = j @ j.T / j.shape[1] + np.sqrt(error / n) * (a + a.T)  # off-diagonal variance 2 error / n
        fraction = (np.linalg.eigvalsh(hessian) < 0).mean()
        assert fraction == pytest.approx(float(index_fraction(error, phi)), abs=6 / n)


def test_shapes_and_monotony():
    error = np.linspace(0.001, 50, 400)[:, None]
    alpha = index_fraction(error, PHI)
    assert alpha.shape == (400, 4)
    assert (np.diff(alpha, axis=0) >= 0).all()
    assert (index_fraction(0.999 * critical_error(PHI), PHI) == 0).all()
    assert ((alpha[-1] > 0.4) & (alpha[-1] < 0.5)).all()


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="phi"):
        critical_error(0.0)
    with pytest.raises(ValueError, match="error"):
        index_fraction(-1.0, 0.5)
    with pytest.raises(ValueError, match="phi"):
        critical_prefactor([0.5, 1.0])
