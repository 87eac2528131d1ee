"""RMSProp against PyTorch, and the cycle on which it ends."""

import numpy as np
import pytest

from landscape import Landscape, RMSProp, descend, problem


@pytest.mark.parametrize(("smoothing", "epsilon"), [(0.99, 1e-8), (0.9, 1e-3), (0.0, 1.0)])
def test_a_thousand_steps_are_pytorchs(pytorch_path, smoothing, epsilon):
    landscape, start = problem("himmelblau"), np.array([-1.3, 2.2])
    ours = descend(landscape, start, RMSProp(0.01, smoothing, epsilon), 1000, tol=0.0, record=1).trajectory.x[:, 0]
    theirs = pytorch_path(landscape, start, 1000, "RMSprop", lr=0.01, alpha=smoothing, eps=epsilon)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_a_thousand_steps_are_optaxs(optax_path):
    landscape, start = problem("himmelblau"), np.array([-1.3, 2.2])
    ours = descend(landscape, start, RMSProp(0.01), 1000, tol=0.0, record=1).trajectory.x[:, 0]
    options = {"learning_rate": 0.01, "decay": 0.99, "eps": 1e-8, "eps_in_sqrt": False}
    theirs = optax_path(landscape, start, 1000, "rmsprop", **options)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_it_ends_on_a_cycle_of_half_the_learning_rate():
    # On x = +-a in each coordinate v is the square of the gradient there: the step lr g / sqrt(v) leads from a to -a if
    # a = lr / 2. None of these minima is a float, where the gradient would vanish exactly.
    landscape = problem("six_hump_camel")
    x = landscape.starts(np.random.default_rng(0), 30)
    path = descend(landscape, x, RMSProp(0.01), 20_000, tol=0.0, record=1).trajectory.x
    np.testing.assert_allclose(np.abs(path[-1] - path[-2]), 0.01, rtol=1e-5)
    np.testing.assert_allclose(path[-1], path[-3], atol=1e-7)
    assert np.linalg.norm(landscape.gradient((path[-1] + path[-2]) / 2), axis=1).max() < 0.01


def test_the_first_step():
    landscape = problem("himmelblau")
    x = landscape.starts(np.random.default_rng(0), 50)
    moved = descend(landscape, x, RMSProp(0.01, smoothing=0.75), 1, tol=0.0).x - x
    np.testing.assert_allclose(moved, -0.02 * np.sign(landscape.gradient(x)), rtol=1e-7)


def test_the_height_of_the_landscape_changes_nothing():
    landscape = problem("himmelblau")
    high = Landscape.from_function(lambda x: 0.0 * x[..., 0], lambda x: 2**20 * landscape.gradient(x), dim=2)
    x = landscape.starts(np.random.default_rng(0), 20)
    plain = descend(landscape, x, RMSProp(0.01), 100, tol=0.0)
    scaled = descend(high, x, RMSProp(0.01, epsilon=2**20 * 1e-8), 100, tol=0.0)
    np.testing.assert_array_equal(plain.x, scaled.x)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1}, r"^lr is -1 but must be a positive number$"),
        ({"smoothing": 1}, r"^smoothing is 1 but must be at least 0 and below 1$"),
        ({"epsilon": np.nan}, r"^epsilon is nan but must be a positive number$"),
    ],
)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        RMSProp(**options)
