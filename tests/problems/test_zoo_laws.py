"""Laws that every landscape of the zoo obeys."""

import json

import numpy as np
import pytest

from landscape.function import Landscape
from landscape.problems import entry, problem, problem_names
from landscape.symmetry import Identity

VARIANTS: list[tuple[str, dict]] = [(name, {}) for name in problem_names()] + [
    ("rastrigin", {"dim": 1}),
    ("double_well", {"dim": 5}),
    ("cosine_sum", {"dim": 4, "seed": 3}),
    ("rosenbrock", {"dim": 7}),
    ("quadratic", {"eigenvalues": (3.0, 0.0, -2.0)}),
    ("spherical_spin_glass", {"p": 2, "n": 4}),
    ("spherical_spin_glass", {"p": 5, "n": 3, "seed": 1}),
    ("mixed_spin_glass", {"weights": (0.3, 0.5, 0.0, 0.2), "n": 3}),
    ("gaussian_field", {"dim": 1}),
    ("gaussian_field", {"dim": 3, "length": 7.0}),
    ("confined_field", {"dim": 1, "strength": 1.5}),
    ("wishart_quadratic", {"dim": 4, "ratio": 2.0, "error": 0.0}),
    ("lennard_jones", {"atoms": 2}),
    ("lennard_jones", {"atoms": 13}),
    ("phi4", {"shape": (2, 3, 1), "coupling": 1.3}),
    ("xy_chain", {"n": 3}),
    ("xy_chain", {"n": 8}),
    ("logistic_regression", {"features": 5, "weight_decay": 0.5}),
    ("matrix_factorization", {"eigenvalues": (3.0, -1.0, 0.0), "rank": 3}),
    ("deep_linear", {"widths": (3, 5)}),
    ("phase_retrieval", {"dim": 5}),
    ("mlp", {"data": "chebyshev2", "widths": (3, 2), "activation": "softplus", "weight_decay": 0.0}),
]
STEP = 1e-3

every = pytest.mark.parametrize(("name", "parameters"), VARIANTS, ids=lambda v: v if isinstance(v, str) else str(v))


def sample(landscape: Landscape, size: int) -> np.ndarray:
    return landscape.starts(np.random.default_rng(12345), size)


def differences(function, x: np.ndarray) -> np.ndarray:
    """Derivative of `function` along each coordinate, last axis, by central differences of order 8."""
    weights = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
    columns = [
        sum(w * (function(x + k * STEP * axis) - function(x - k * STEP * axis)) for k, w in weights.items())
        for axis in np.eye(x.shape[-1])
    ]
    return np.stack(columns, axis=-1) / STEP


def assert_close(measured: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    """Per point, relative to the largest entry."""
    axes = tuple(range(1, expected.ndim))
    scale = 1 + np.abs(expected).max(axis=axes, keepdims=True)
    assert np.abs((measured - expected) / scale).max() < tolerance


@every
def test_gradient_is_the_derivative_of_the_value(name, parameters):
    landscape = problem(name, **parameters)
    x = sample(landscape, 7)
    # A value far above its gradient (atoms in contact) leaves fewer digits to a difference.
    assert_close(landscape.gradient(x), differences(landscape.value, x), 2e-7)


@every
def test_hessian_is_the_derivative_of_the_gradient(name, parameters):
    landscape = problem(name, **parameters)
    x = sample(landscape, 7)
    assert_close(landscape.hessian(x), differences(landscape.gradient, x), 2e-7)


@every
def test_hessian_is_symmetric_and_gives_its_products(name, parameters):
    landscape = problem(name, **parameters)
    x = sample(landscape, 7)
    v = np.random.default_rng(6).standard_normal(x.shape)
    hessian = landscape.hessian(x)
    assert_close(hessian, np.swapaxes(hessian, -1, -2), 1e-14)
    scale = np.abs(hessian).max(axis=(1, 2))[:, None] + 1e-300
    np.testing.assert_allclose(landscape.hvp(x, v) / scale, (hessian @ v[..., None])[..., 0] / scale, atol=1e-12)
    fan = landscape.hvp(x[0], v)
    assert fan.shape == v.shape
    np.testing.assert_allclose(fan / scale[0], v @ hessian[0] / scale[0], atol=1e-12)
    assert landscape.hvp(x, v[0]).shape == x.shape


@every
def test_a_batch_is_its_points(name, parameters):
    landscape = problem(name, **parameters)
    n = landscape.dim
    x = sample(landscape, 6)
    for function, shape in ((landscape.value, ()), (landscape.gradient, (n,)), (landscape.hessian, (n, n))):
        batch = function(x)
        assert batch.shape == (6, *shape)
        singles = np.stack([function(point) for point in x])
        np.testing.assert_allclose(batch, singles, rtol=1e-10, atol=1e-10 * (1 + np.abs(singles).max()))
        stacked = function(x.reshape(2, 3, n))
        np.testing.assert_allclose(stacked.reshape(batch.shape), singles, rtol=1e-10, atol=1e-9)
        assert function(np.zeros((0, n))).shape == (0, *shape)
        assert function(np.zeros((3, 0, n))).shape == (3, 0, *shape)
        assert batch.dtype == np.float64
    assert landscape.hvp(np.zeros((0, n)), np.zeros((0, n))).shape == (0, n)
    assert landscape.inside(x).shape == (6,)
    assert landscape.inside(x[0]).shape == ()
    assert landscape.inside(np.zeros((0, n))).shape == (0,)


@every
def test_arrays_of_the_caller_are_left_alone_and_results_are_fresh(name, parameters):
    landscape = problem(name, **parameters)
    x = sample(landscape, 4)
    v = np.ones_like(x)
    kept = x.copy()
    x.flags.writeable = v.flags.writeable = False
    first = [landscape.value(x), landscape.gradient(x), landscape.hessian(x), landscape.hvp(x, v)]
    copies = [a.copy() for a in first]
    for array in first:
        array *= 0.0  # a result is the caller's to write to, and must not reach back
    again = [landscape.value(x), landscape.gradient(x), landscape.hessian(x), landscape.hvp(x, v)]
    for copy, array in zip(copies, again, strict=True):
        np.testing.assert_array_equal(copy, array)
    np.testing.assert_array_equal(x, kept)


@every
def test_points_in_another_memory_layout_are_the_same_points(name, parameters):
    landscape = problem(name, **parameters)
    x = sample(landscape, 5)
    turned = np.asfortranarray(x)
    np.testing.assert_allclose(landscape.gradient(turned), landscape.gradient(x), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(landscape.hessian(turned), landscape.hessian(x), rtol=1e-12, atol=1e-12)


@every
def test_starts_lie_on_the_manifold_and_follow_the_seed(name, parameters):
    landscape = problem(name, **parameters)
    x = sample(landscape, 5)
    assert x.shape == (5, landscape.dim)
    assert np.isfinite(x).all()
    np.testing.assert_allclose(landscape.manifold.normalize(x), x, rtol=1e-14, atol=1e-14)
    np.testing.assert_array_equal(x, sample(landscape, 5))
    assert landscape.starts(np.random.default_rng(0), 0).shape == (0, landscape.dim)


@every
def test_truth_keeps_the_morse_sum(name, parameters):
    landscape = problem(name, **parameters)
    truth, characteristic = landscape.truth, landscape.euler_characteristic
    if truth is None or truth.counts is None or not truth.complete or truth.degenerate or characteristic is None:
        pytest.skip("no complete, finite, non-degenerate truth")
    if landscape.symmetry != Identity():
        pytest.skip("counted modulo a symmetry, whose orbits weigh differently")
    assert sum((-1) ** index * count for index, count in truth.counts.items()) == characteristic


@every
def test_the_landscape_carries_its_name_and_parameters(name, parameters):
    landscape = problem(name, **parameters)
    assert landscape.name == name
    assert list(landscape.parameters) == [p.name for p in entry(name).parameters]
    saved = json.loads(json.dumps(dict(landscape.parameters)))
    again = problem(name, **saved)
    assert dict(again.parameters) == dict(landscape.parameters)
    x = sample(landscape, 2)
    np.testing.assert_array_equal(again.value(x), landscape.value(x))


@every
def test_no_start_lies_below_the_global_minimum(name, parameters):
    landscape = problem(name, **parameters)
    if landscape.truth is None or landscape.truth.minimum_value is None:
        pytest.skip("global minimum unknown")
    lowest = landscape.value(sample(landscape, 2000)).min()
    assert lowest >= landscape.truth.minimum_value - 1e-9
