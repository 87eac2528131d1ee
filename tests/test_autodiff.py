"""The complex step: exact where it applies, and known not to apply where it does not."""

import numpy as np
import pytest

from landscape import EigenvectorFollowing, Landscape, Newton, find_critical_points
from landscape.autodiff import complex_step_gradient, complex_steps_agree, difference_gradient, jax_derivatives


def smooth(x):
    return np.exp(-(x[..., 0] ** 2)) * np.cos(3 * x[..., 1]) + x[..., 0] * x[..., 1] ** 3


def smooth_gradient(x):
    a, b = x[..., 0], x[..., 1]
    bell = np.exp(-(a**2))
    return np.stack([-2 * a * bell * np.cos(3 * b) + b**3, -3 * bell * np.sin(3 * b) + 3 * a * b**2], axis=-1)


def test_the_complex_step_is_exact():
    x = np.random.default_rng(0).uniform(-2, 2, (3, 40, 2))
    np.testing.assert_allclose(complex_step_gradient(smooth)(x), smooth_gradient(x), rtol=1e-14, atol=1e-14)
    differences = difference_gradient(smooth, 4.0)(x)
    assert np.abs(differences - smooth_gradient(x)).max() > 1e-14


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.abs(x[..., 0]) ** 3 + x[..., 1],
        lambda x: (np.abs(x) ** 2).sum(axis=-1),
        lambda x: np.asarray(x, dtype=float).sum(axis=-1),
        lambda x: np.hypot(x[..., 0], x[..., 1]),
        lambda x: (x * np.conj(x)).real.sum(axis=-1),
    ],
)
def test_functions_of_real_numbers_only_are_known(function):
    x = np.random.default_rng(1).uniform(-2, 2, (20, 2))
    assert not complex_steps_agree(function, function, x, 4.0)[0]
    landscape = Landscape.from_function(function, dim=2, box=(-2, 2))
    assert landscape.provenance.gradient == "finite differences"


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 1e7 * (x[..., 0] - 0.2) ** 2 + np.abs(x[..., 1] - 0.3) ** 2,
        lambda x: x[..., 0] ** -12.0 - 2 * x[..., 0] ** -6.0 + 50 * np.abs(x[..., 1] - 0.4) ** 2,
        lambda x: (np.cos(3 * x) + 100 * np.maximum(np.abs(x) - 2, 0) ** 2).sum(axis=-1),
    ],
)
def test_a_coordinate_that_is_wrong_is_not_hidden(function):
    """By a stiff one, by a point near a pole, or because the wall that it is wrong at stands outside the box."""
    landscape = Landscape.from_function(function, dim=2, box=((0.2, -1.0), (2.0, 1.0)))
    assert landscape.provenance.gradient == "finite differences"


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[..., 0] ** -12.0 - 2 * x[..., 0] ** -6.0 + 50 * (x[..., 1] - 0.4) ** 2,
        lambda x: (x * np.log(x)).sum(axis=-1),
        lambda x: np.exp(10 * x).sum(axis=-1),
        lambda x: np.cos(40 * x[..., 0]) + x[..., 1] ** 2,
        lambda x: x[..., 0] ** 3,
    ],
)
def test_what_differences_leave_open_is_not_held_against_the_complex_step(function):
    landscape = Landscape.from_function(function, dim=2, box=((0.2, -1.0), (2.0, 1.0)))
    assert landscape.provenance.gradient == "complex step"


@pytest.mark.parametrize("height", [1e5, 1e9])
def test_a_large_constant_is_no_reason_for_differences(height):
    """Rounding of the values shows in differences, not in the complex step."""

    def well(x):
        return height + (x[..., 0] ** 2 - 1) ** 2 + x[..., 1] ** 2

    landscape = Landscape.from_function(well, dim=2, box=(-2, 2))
    assert landscape.provenance.gradient == "complex step"
    high = Landscape.from_function(lambda x: height + np.abs(x[..., 0]) ** 3, dim=1, box=(-2, 2))
    assert high.provenance.gradient == "finite differences"


def test_beyond_the_domain_of_a_real_function_is_no_gradient():
    """The logarithm of a negative number is complex, and its imaginary part no derivative."""
    gradient = complex_step_gradient(lambda x: np.log(x).sum(axis=-1))
    np.testing.assert_allclose(gradient(np.array([[-1.0], [2.0]])), [[np.nan], [0.5]])


@pytest.mark.parametrize(
    "pole",
    [
        lambda x: np.log(x[..., 0]) + x[..., 1] ** 2,
        lambda x: 1 / x[..., 0] + x[..., 1] ** 2,
        lambda x: -1 / x[..., 0] ** 2 + x[..., 1] ** 2,
        lambda x: 0.5 * np.log(x[..., 0] ** 2) + x[..., 1] ** 2,
        lambda x: np.tan(x[..., 0]) + x[..., 1] ** 2,
    ],
)
@pytest.mark.parametrize("method", [Newton(), EigenvectorFollowing(0), EigenvectorFollowing(1)])
def test_differences_across_a_pole_invent_no_critical_points(pole, method):
    """There is none; second derivatives as large as one likes would make any gradient small."""
    landscape = Landscape.from_function(pole, dim=2, box=(0.05, 3.0))
    assert len(find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 500), method, 150)) == 0


@pytest.mark.parametrize("distance", [1.0, 0.1, 0.01])
def test_near_a_border_differences_are_smaller(distance):
    """x log x, defined on the right, in a box whose differences reach 0.4 far."""
    entropy = Landscape.from_function(lambda x: (x * np.log(x)).sum(axis=-1), dim=2, box=(0.0, 20.0))
    x, v = np.array([[distance, 5.0], [5.0, 5.0]]), np.array([1.0, 2.0])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(entropy.hessian(x), np.eye(2) / x[:, None], rtol=0.02, atol=1e-6)
        np.testing.assert_allclose(entropy.hvp(x, v), v / x, rtol=0.02)
        for beyond in (1e-3, -1.0):  # nearer than the smallest, or outside
            assert np.isnan(entropy.hessian(np.array([beyond, 5.0]))[0, 0])


def test_a_minimum_near_the_border_of_the_domain_is_found():
    entropy = Landscape.from_function(lambda x: (x * np.log(x)).sum(axis=-1), dim=1, box=(0.0, 20.0))
    points = find_critical_points(entropy, entropy.starts(np.random.default_rng(0), 100))
    np.testing.assert_allclose(points.x, [[np.exp(-1)]], rtol=1e-6)


@pytest.mark.parametrize(
    "kinked",
    [
        lambda x: (np.abs(x - 0.2) ** 3).sum(axis=-1),
        lambda x: np.abs(x).sum(axis=-1) + (x**2).sum(axis=-1),
        lambda x: np.maximum(x, 0).sum(axis=-1) + 0.1 * (x**2).sum(axis=-1),
    ],
)
def test_second_derivatives_across_a_kink_are_numbers(kinked):
    landscape = Landscape.from_function(kinked, dim=2, box=(-1, 1))
    assert np.isfinite(landscape.hessian(np.random.default_rng(0).uniform(-1, 1, (200, 2)))).all()
    assert len(find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 100))) == 1


def test_a_flat_function_has_flat_second_derivatives():
    flat = Landscape.from_function(lambda x: 1e6 + 0 * x[..., 0], dim=2, box=(-1, 1))
    np.testing.assert_allclose(flat.hessian(np.zeros((3, 2))), 0.0, atol=1e-6)


def test_a_nan_put_in_by_hand_stays_one():
    landscape = Landscape.from_function(
        lambda x: np.where(x[..., 0].real < 0, np.nan, (x**2).sum(axis=-1)), dim=2, box=(-2, 2)
    )
    assert landscape.provenance.gradient == "complex step"
    assert np.isnan(landscape.gradient(np.array([-1.0, 0.5]))).all()
    np.testing.assert_allclose(landscape.gradient(np.array([1.0, 0.5])), [2.0, 1.0])


def test_a_jax_function_keeps_the_precision_of_its_points_and_what_it_was_made_of():
    jax = pytest.importorskip("jax")

    def loss(x):
        return jax.numpy.sin(x).sum()

    with jax.enable_x64(True):
        made = jax_derivatives(loss)
        x = np.random.default_rng(0).normal(size=(3, 4, 2))
        for precision in (np.float32, np.float64):
            assert made.value(x.astype(precision)).dtype == precision
            assert made.gradient(x.astype(precision)).dtype == precision
        np.testing.assert_allclose(made.gradient(x), np.cos(x), rtol=1e-14)
        assert made.gradient(np.zeros((0, 2), np.float32)).shape == (0, 2)
        assert made.value.of_one is loss
        np.testing.assert_allclose(made.gradient.of_one(x[0, 0]), np.cos(x[0, 0]), rtol=1e-14)
