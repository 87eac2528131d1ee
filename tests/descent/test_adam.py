"""Adam against PyTorch, and what its running means imply."""

import numpy as np
import pytest

from landscape import Adam, Landscape, descend, problem


@pytest.mark.parametrize(("beta1", "beta2", "epsilon"), [(0.9, 0.999, 1e-8), (0.0, 0.9, 1e-3), (0.95, 0.98, 1e-12)])
def test_a_thousand_steps_are_pytorchs(pytorch_path, beta1, beta2, epsilon):
    landscape, start = problem("himmelblau"), np.array([-1.3, 2.2])
    ours = descend(landscape, start, Adam(0.01, beta1, beta2, epsilon), 1000, tol=0.0, record=1).trajectory.x[:, 0]
    theirs = pytorch_path(landscape, start, 1000, "Adam", lr=0.01, betas=(beta1, beta2), eps=epsilon)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_a_thousand_steps_are_optaxs(optax_path):
    landscape, start = problem("himmelblau"), np.array([-1.3, 2.2])
    ours = descend(landscape, start, Adam(0.01), 1000, tol=0.0, record=1).trajectory.x[:, 0]
    theirs = optax_path(landscape, start, 1000, "adam", learning_rate=0.01)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_the_first_step_has_the_learning_rate_in_every_coordinate():
    landscape = problem("himmelblau")
    x = landscape.starts(np.random.default_rng(0), 50)
    moved = descend(landscape, x, Adam(lr=0.01), 1, tol=0.0).x - x
    gradient = landscape.gradient(x)
    np.testing.assert_allclose(moved, -0.01 * gradient / (np.abs(gradient) + 1e-8), rtol=1e-11)


def test_a_constant_slope_is_walked_down_at_the_learning_rate():
    slope = Landscape.from_function(lambda x: x @ [3.0, -1e-3], lambda x: 0 * x + [3.0, -1e-3], dim=2)
    x = descend(slope, [[0.0, 0.0]], Adam(0.01, epsilon=1e-20), 100, tol=0.0).x[0]
    np.testing.assert_allclose(x, [-1.0, 1.0], rtol=1e-12)


def test_the_height_of_the_landscape_changes_nothing():
    landscape = problem("himmelblau")
    high = Landscape.from_function(lambda x: 0.0 * x[..., 0], lambda x: 2**20 * landscape.gradient(x), dim=2)
    x = landscape.starts(np.random.default_rng(0), 20)
    plain = descend(landscape, x, Adam(0.01), 100, tol=0.0)
    scaled = descend(high, x, Adam(0.01, epsilon=2**20 * 1e-8), 100, tol=0.0)
    np.testing.assert_array_equal(plain.x, scaled.x)


def test_it_does_not_come_to_rest():
    # None of these minima is a float, where the gradient would vanish exactly.
    landscape = problem("six_hump_camel")
    x = landscape.starts(np.random.default_rng(0), 10)
    path = descend(landscape, x, Adam(0.01), 20_000, tol=0.0, record=1).trajectory.x
    steepness = np.linalg.norm(landscape.gradient(path), axis=-1)
    quiet = (steepness < 1e-9).argmax(axis=0)
    assert (quiet > 0).all()
    assert all(run[begin:].max() > 1e-3 for run, begin in zip(steepness.T, quiet, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.0}, r"^lr is 0\.0 but must be a positive number$"),
        ({"beta1": 1.0}, r"^beta1 is 1\.0 but must be at least 0 and below 1$"),
        ({"beta2": -0.1}, r"^beta2 is -0\.1 but must be at least 0 and below 1$"),
        ({"epsilon": 0.0}, r"^epsilon is 0\.0 but must be a positive number$"),
    ],
)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        Adam(**options)
