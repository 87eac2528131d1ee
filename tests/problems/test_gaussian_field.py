import math

import numpy as np
import pytest

from landscape.problems import gaussian_field, problem
from landscape.problems.gaussian_field import fourier_field

# Mean numbers of critical points of an isotropic Gaussian field of covariance exp(-r^2 / 2) per unit volume: reference
# values (Kac-Rice, computed two ways).
DENSITY = {1: math.sqrt(3) / math.pi, 2: 0.3675525969, 3: 0.2827394278}


def waves(field, x):
    """Every product of cosines and sines at one point, (p, q), written out."""
    t = 2 * np.pi * x / field.length
    split = field.first.shape[1]
    parts = [
        np.where(v >= 0, np.cos(v * s), np.sin(-v * s)).prod(axis=1)
        for v, s in ((field.first, t[:split]), (field.last, t[split:]))
    ]
    return np.multiply.outer(*parts)


@pytest.mark.parametrize(("dim", "length"), [(1, 2 * math.pi), (2, 6.0), (3, 9.0), (4, 5.0), (5, 5.0)])
def test_covariance_of_the_modes(dim, length):
    # Exactly, from the variances of the coefficients, against the sum over images: the curvature's millionth that is
    # left out is much less of the value.
    field = fourier_field(dim, 0, length)
    square = (field.first**2).sum(axis=1)[:, None] + (field.last**2).sum(axis=1)
    longest = square[field.coefficients != 0].max()
    amplitude = gaussian_field._amplitudes(field.first, field.last, length, math.sqrt(longest))
    assert ((amplitude > 0) == (field.coefficients != 0)).all()
    x, y = np.random.default_rng(1).uniform(0, length, (2, 20, dim))
    y[0] = x[0]
    covariance = [(amplitude**2 * waves(field, a) * waves(field, b)).sum() for a, b in zip(x, y, strict=True)]
    images = np.prod(sum(np.exp(-((x - y + j * length) ** 2) / 2) for j in range(-3, 4)), axis=1)
    np.testing.assert_allclose(covariance, images, atol=1e-6)
    # Fourth derivative at zero: E[f_xx^2] = 3, to the modes left out and the images.
    k = 2 * np.pi / length * field.last[:, -1]
    curvature = (amplitude**2 * k**4 * waves(field, np.zeros(dim))).sum()
    assert curvature == pytest.approx(3, rel=4e-6 + length**4 * math.exp(-(length**2) / 2))


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5])
def test_the_field_is_the_sum_of_its_modes(dim):
    field = fourier_field(dim, 5, 7.0 if dim < 4 else 5.0)
    for point in np.random.default_rng(0).uniform(0, 7, (3, dim)):
        direct = (field.coefficients * waves(field, point)).sum()
        assert field.value(point) == pytest.approx(direct, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5])
def test_derivatives_are_those_of_the_value(dim):
    field = fourier_field(dim, 6, 5.0)
    x = np.random.default_rng(2).uniform(0, 5, (4, dim))
    h = 1e-4
    ahead, behind = (field.value(x[:, None] + s * h * np.eye(dim)) for s in (1, -1))
    np.testing.assert_allclose(field.gradient(x), (ahead - behind) / (2 * h), atol=1e-6)
    ahead, behind = (field.gradient(x[:, None] + s * h * np.eye(dim)) for s in (1, -1))
    np.testing.assert_allclose(field.hessian(x), (ahead - behind) / (2 * h), atol=2e-6)


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
    monkeypatch.setattr(gaussian_field, "_BLOCK", 1)
    monkeypatch.setattr(gaussian_field, "_TOGETHER", 7)
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
        ("gaussian_field", {"dim": 9}, "dim is 9 and length is 6.28319, which makes a table of"),
        ("confined_field", {"strength": 0.0}, "strength is 0.0 but must be positive"),
    ],
)
def test_parameters_out_of_range(name, parameters, sentence):
    with pytest.raises(ValueError, match=sentence):
        problem(name, **parameters)
