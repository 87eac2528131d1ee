import math

import numpy as np
import pytest

from landscape.problems import gaussian_field, problem
from landscape.problems.gaussian_field import fourier_field

# Mean numbers of critical points of an isotropic Gaussian field of covariance exp(-r^2 / 2) per unit volume: reference
# values (Kac-Rice, computed two ways).
DENSITY = {1: math.sqrt(3) / math.pi, 2: 0.3675525969, 3: 0.2827394278}


@pytest.mark.parametrize(("dim", "length"), [(1, 2 * math.pi), (2, 6.0), (3, 9.0)])
def test_covariance_of_the_modes(dim, length):
    # Exactly, from the modes: the product of the coordinates' sums of amplitude^2 cos(k r), against images.
    field = fourier_field(dim, 0, length)
    half = len(field.frequency) // 2
    k, weight = field.frequency[: half + 1], field.amplitude[: half + 1] ** 2
    r = np.linspace(-length, length, 41)
    images = sum(np.exp(-((r + j * length) ** 2) / 2) for j in range(-3, 4))
    np.testing.assert_allclose(np.cos(np.outer(r, k)) @ weight, images, atol=1e-8)
    assert field.coefficients.shape == (2 * half + 1,) * dim
    # Fourth derivative at zero: E[f_xx^2] = 3, to the modes left out and the images.
    assert weight @ k**4 == pytest.approx(3, rel=2e-6 + length**4 * math.exp(-(length**2) / 2))


def test_the_field_is_the_sum_of_its_modes():
    field = fourier_field(2, 5, 7.0)
    half = len(field.frequency) // 2
    x = np.random.default_rng(0).uniform(0, 7, (4, 2))
    for point in x:
        wave = [
            field.amplitude
            * np.r_[1.0, np.cos(field.frequency[1 : half + 1] * t), np.sin(field.frequency[half + 1 :] * t)]
            for t in point
        ]
        assert field.value(point) == pytest.approx(float(wave[0] @ field.coefficients @ wave[1]), rel=1e-12)


def test_value_slope_and_curvature_have_their_variances():
    # Over 3,000 fields: relative error of a variance sqrt(2 / 3000) = 0.026, of the covariance of f and f_xx the same;
    # five of them.
    x = np.array([1.0, 2.0])
    fields = [problem("gaussian_field", seed=s) for s in range(3000)]
    value = np.array([f.value(x) for f in fields])
    gradient = np.array([f.gradient(x) for f in fields])
    hessian = np.array([f.hessian(x) for f in fields])
    assert value.var() == pytest.approx(1, abs=0.13)
    np.testing.assert_allclose(gradient.var(axis=0), 1, atol=0.13)
    assert hessian[:, 0, 0].var() == pytest.approx(3, abs=0.39)
    assert hessian[:, 0, 1].var() == pytest.approx(1, abs=0.13)
    assert (value * hessian[:, 1, 1]).mean() == pytest.approx(-1, abs=0.19)


def test_zeros_of_the_slope_in_one_dimension():
    # Turning points counted by sign changes on a fine grid: mean 2 sqrt(3) on the torus of 2 pi, 4 standard errors.
    grid = np.linspace(0, 2 * np.pi, 800, endpoint=False)[:, None]
    numbers = []
    for seed in range(800):
        slope = problem("gaussian_field", dim=1, seed=seed).gradient(grid)[:, 0]
        numbers.append((slope * np.roll(slope, 1) < 0).sum())
    assert np.mean(numbers) == pytest.approx(DENSITY[1] * 2 * np.pi, abs=4 * np.std(numbers) / math.sqrt(800))


def test_it_repeats_after_its_period():
    field = fourier_field(3, 2, 6.5)
    x = np.random.default_rng(1).uniform(0, 6.5, (5, 3))
    np.testing.assert_allclose(field.hessian(x + 6.5), field.hessian(x), atol=1e-10)


def test_blocks_do_not_change_the_result(monkeypatch):
    landscape = problem("gaussian_field", dim=3)
    x = landscape.starts(np.random.default_rng(0), 40)
    whole = landscape.hessian(x)
    monkeypatch.setattr(gaussian_field, "_BLOCK", 3000)  # five points a block
    np.testing.assert_allclose(landscape.hessian(x), whole, rtol=1e-12, atol=1e-12)


def test_the_parabola_is_added():
    free = fourier_field(2, 3, 4 * math.pi)
    landscape = problem("confined_field", strength=0.7, seed=3)
    mu = 0.7 * math.sqrt(2)
    x = np.random.default_rng(0).standard_normal((6, 2))
    np.testing.assert_allclose(landscape.value(x) - free.value(x), mu / 2 * (x**2).sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(landscape.gradient(x) - free.gradient(x), mu * x, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(landscape.hessian(x) - free.hessian(x), np.tile(mu * np.eye(2), (6, 1, 1)), atol=1e-12)
    assert landscape.euler_characteristic == 1


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("gaussian_field", {"dim": 0}, "dim is 0 but must be at least 1"),
        ("gaussian_field", {"length": 4.0}, "length is 4.0 but must be at least 5.0"),
        ("gaussian_field", {"dim": 9}, r"dim is 9 and length is 6.28319, which makes 13\^9 Fourier modes"),
        ("confined_field", {"strength": 0.0}, "strength is 0.0 but must be positive"),
    ],
)
def test_parameters_out_of_range(name, parameters, sentence):
    with pytest.raises(ValueError, match=sentence):
        problem(name, **parameters)
