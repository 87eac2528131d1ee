"""Critical points of isotropic Gaussian fields: reference values, closed forms, the Kac-Rice integral by sampling."""

import numpy as np
import pytest

from landscape.theory import gaussian_field
from landscape.theory.gaussian_field import (
    gaussian_field_counts,
    gaussian_field_index_at_value,
    gaussian_field_index_law,
    gaussian_field_mean_value,
    gaussian_field_total,
    gaussian_field_value_density,
    index_fraction_at_value,
)

# Reference values by another route: density per unit volume, and probability of the lower half of the indices.
DENSITIES = {
    1: 0.5513288954217993,
    2: 0.3675525969478648,
    3: 0.2827394278108255,
    4: 0.24374088604381489,
    5: 0.23085887559450796,
    6: 0.23685017202983977,
    7: 0.2604342535402601,
    8: 0.30440820177811506,
}
FRACTIONS = {
    1: [0.5],
    2: [0.25, 0.5],
    3: [0.1233022546836269, 0.37669774531637307],
    4: [0.0598857780250097, 0.25, 0.3802284439499803],
    5: [0.028671143643941268, 0.15369527703328997, 0.3176335793227686],
    6: [0.013552406740524743, 0.08962622480715045, 0.236447593259475, 0.32074755038569847],
    7: [0.006334310085156736, 0.05024595605152131, 0.16257648378901454, 0.2808432500743068],
    8: [0.0029313839319340357, 0.02731267595319711, 0.10539869802372247, 0.22268732404680266, 0.2833398360886872],
}


@pytest.mark.parametrize("n", DENSITIES)
def test_reference_values(n):
    counts = gaussian_field_counts(n)
    law = gaussian_field_index_law(n)
    assert counts.shape == (n + 1,)
    assert counts.sum() == pytest.approx(DENSITIES[n], rel=2e-14)
    assert gaussian_field_total(n) == pytest.approx(DENSITIES[n], rel=2e-14)
    np.testing.assert_allclose(law[: n // 2 + 1], FRACTIONS[n], rtol=1e-12)


def test_closed_forms():
    assert gaussian_field_total(1) == pytest.approx(np.sqrt(3) / np.pi, rel=1e-14)  # Rice 1945
    assert gaussian_field_index_law(2)[1] == pytest.approx(1 / 2, rel=1e-13)  # Longuet-Higgins 1957
    # Bardeen, Bond, Kaiser & Szalay, Astrophys. J. 304, 15 (1986).
    assert gaussian_field_index_law(3)[0] == pytest.approx((29 - 6 * np.sqrt(6)) / 116, rel=1e-13)
    assert gaussian_field_index_law(4)[1] == pytest.approx(1 / 4, rel=1e-13)


def test_variance_of_the_index_grows_linearly():
    def variance(n):
        return gaussian_field_index_law(n) @ (np.arange(n + 1) - n / 2) ** 2

    for n, published in ((1, 0.25), (2, 0.5), (3, 0.743209), (4, 0.979086), (5, 1.208835), (10, 2.305608)):
        assert variance(n) == pytest.approx(published, abs=6e-7)
    assert variance(61) - variance(60) == pytest.approx(2 / np.pi**2, rel=0.02)


def test_minima_are_exponentially_rare():
    # The limit of the local slope is -1; at n = 20 the reference value is -0.836.
    log_share = {n: np.log(gaussian_field_index_law(n)[0]) for n in (19, 20, 21, 60, 61)}
    assert (log_share[21] - log_share[19]) / 2 == pytest.approx(-0.836, abs=2e-3)
    assert -1 < log_share[61] - log_share[60] < log_share[21] - log_share[20]


@pytest.mark.parametrize("n", [1, 2, 9, 40])
def test_morse(n):
    # A field without boundary: minima and maxima against saddles cancel in the mean.
    counts = gaussian_field_counts(n)
    assert (counts * (-1.0) ** np.arange(n + 1)).sum() == pytest.approx(0, abs=1e-12 * counts.sum())
    assert counts.sum() == pytest.approx(gaussian_field_total(n), rel=1e-12)


def test_mean_values():
    published = {1: -0.723601, 2: -1.302940, 3: -1.800427, 4: -2.243538, 5: -2.647154}
    for n, minimum in published.items():
        mean = gaussian_field_mean_value(n)
        assert mean[0] == pytest.approx(minimum, abs=6e-7)
        np.testing.assert_allclose(mean, -mean[::-1], atol=1e-13)
        assert (np.diff(mean) > 0).all()


def hessians(rng, n, samples):
    """G with entries of variance 1 off the diagonal and 2 on it."""
    a = rng.standard_normal((samples, n, n))
    return (a + np.swapaxes(a, 1, 2)) / np.sqrt(2)


def test_the_kac_rice_integral_by_sampling():
    # (2 pi)^(-n/2) E|det(G - V)|, in all and by index, and the mean of V: five standard errors for 4 + 4 numbers.
    rng = np.random.default_rng(31)
    n, samples = 3, 200_000
    v = rng.standard_normal(samples)
    curvature = np.linalg.eigvalsh(hessians(rng, n, samples)) - v[:, None]
    weight = np.abs(curvature.prod(axis=1))[:, None] / (2 * np.pi) ** (n / 2)
    weight = weight * ((curvature < 0).sum(axis=1)[:, None] == np.arange(n + 1))
    error = weight.std(axis=0) / np.sqrt(samples)
    assert (np.abs(weight.mean(axis=0) - gaussian_field_counts(n)) < 5 * error).all()
    mean = gaussian_field_mean_value(n)
    error = (weight * (v[:, None] - mean)).std(axis=0) / np.sqrt(samples)
    assert (np.abs((weight * (v[:, None] - mean)).mean(axis=0)) < 5 * error).all()


def test_the_index_at_a_value_by_sampling():
    rng = np.random.default_rng(32)
    n, samples, v = 4, 100_000, -1.2
    curvature = np.linalg.eigvalsh(hessians(rng, n, samples)) - v
    weight, index = np.abs(curvature.prod(axis=1)), (curvature < 0).sum(axis=1)
    mean = float(gaussian_field_index_at_value(n, v))
    assert abs((weight * (index - mean)).mean()) < 5 * (weight * (index - mean)).std() / np.sqrt(samples)


@pytest.mark.parametrize("n", [1, 3, 12])
def test_the_density_of_values(n):
    v = np.linspace(-16, 16, 3201)
    density = gaussian_field_value_density(n, v)
    counts = gaussian_field_counts(n)
    np.testing.assert_allclose(density.sum(axis=0) * 0.01, counts, rtol=1e-8)
    np.testing.assert_allclose(v @ density * 0.01, counts * gaussian_field_mean_value(n), rtol=1e-7, atol=1e-12)


def test_large_dimensions_follow_the_law_of_the_shift():
    u = np.linspace(-1.8, 1.8, 13)
    gaps = [
        np.abs(gaussian_field_index_at_value(n, u * np.sqrt(n)) / n - index_fraction_at_value(u)).max()
        for n in (15, 60)
    ]
    assert gaps[0] < 0.02
    assert gaps[1] < 0.45 * gaps[0]  # n^(-2/3) at the ends of the semicircle


def test_the_shift_maximises_the_complexity():
    # Exponent of value u and shift t: Gaussian of covariance [[f, f'], [f', f'']], and t^2 / (4 f'') from the
    # determinant while t lies inside the semicircle of radius 2 sqrt(f'').
    f0, f1, f2, u = 1.0, -0.8, 1.1, 0.7
    t = np.linspace(-2 * np.sqrt(f2), 2 * np.sqrt(f2), 200_001)
    gauss = (f2 * u**2 - 2 * f1 * u * t + f0 * t**2) / (f0 * f2 - f1**2)
    best = t[(-gauss / 2 + t**2 / (4 * f2)).argmax()]
    y = -best / (2 * np.sqrt(f2))
    expected = 0.5 + (y * np.sqrt(1 - y**2) + np.arcsin(y)) / np.pi
    assert index_fraction_at_value(u, f0, -f1, f2) == pytest.approx(expected, abs=1e-5)


def test_bad_input_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="n is"):
        gaussian_field_counts(0)
    with pytest.raises(ValueError, match="n is"):
        gaussian_field_total(2.5)
    with pytest.raises(ValueError, match="overflow"):
        gaussian_field_total(450)
    with pytest.raises(ValueError, match="slope"):
        index_fraction_at_value(0.0, 1.0, 2.0, 1.0)
    monkeypatch.setattr(gaussian_field, "_ACCURACY", 1e-12)
    with pytest.raises(ArithmeticError, match="does not resolve"):
        gaussian_field_counts(40)
