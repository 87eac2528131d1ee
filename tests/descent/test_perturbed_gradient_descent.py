"""Perturbed gradient descent: when it jumps, how far, and that it leaves saddles."""

import numpy as np
import pytest
from scipy import stats

from landscape import GradientDescent, PerturbedGradientDescent, descend, problem


def test_where_the_gradient_is_large_it_is_gradient_descent():
    landscape = problem("himmelblau")
    x = landscape.starts(np.random.default_rng(0), 20)
    method = PerturbedGradientDescent(0.005, gradient_threshold=1e-6)
    runs = descend(landscape, x, method, 500, tol=1e-6, rng=np.random.default_rng(0))
    plain = descend(landscape, x, GradientDescent(0.005), 500, tol=1e-6)
    np.testing.assert_array_equal(runs.x, plain.x)
    np.testing.assert_array_equal(runs.steps, plain.steps)


@pytest.mark.parametrize("wait", [0, 1, 7, 50])
def test_jumps_are_more_than_wait_steps_apart(wait):
    # On a bowl whose gradient is always below the threshold it jumps as often as it may: at steps 0, wait + 1, ...
    bowl = problem("quadratic", eigenvalues=(1.0,))
    method = PerturbedGradientDescent(0.1, radius=0.01, gradient_threshold=10.0, wait=wait)
    path = descend(bowl, [[1.0]], method, 200, tol=0.0, record=1, rng=np.random.default_rng(0)).trajectory.x[:, 0, 0]
    jumped = np.flatnonzero(np.abs(path[1:] - 0.9 * path[:-1]) > 1e-12)
    np.testing.assert_array_equal(jumped, np.arange(0, 200, wait + 1))


def test_a_jump_is_uniform_in_the_ball():
    # x_1 = (1 - lr) (x_0 + jump) on a bowl.
    bowl = problem("quadratic", eigenvalues=(1.0, 1.0, 1.0))
    x = np.zeros((20_000, 3)) + 0.1
    method = PerturbedGradientDescent(0.5, radius=0.02, gradient_threshold=1.0)
    jump = descend(bowl, x, method, 1, tol=0.0, rng=np.random.default_rng(5)).x / 0.5 - x
    share = (np.linalg.norm(jump, axis=1) / 0.02) ** 3
    assert stats.kstest(share, "uniform").pvalue > 1e-5
    assert stats.kstest(jump[:, 0] / np.linalg.norm(jump, axis=1), "uniform", (-1, 2)).pvalue > 1e-5


def test_it_leaves_a_saddle_from_its_stable_manifold():
    wells = problem("double_well", dim=3)
    start = np.tile([0.0, 0.9, 0.0], (300, 1))
    stuck = descend(wells, start, GradientDescent(0.02), 1000, tol=1e-8)
    assert np.abs(stuck.x[:, ::2]).max() == 0.0
    method = PerturbedGradientDescent(0.02, radius=1e-3, gradient_threshold=1e-2, wait=500)
    runs = descend(wells, start, method, 5000, tol=1e-8, rng=np.random.default_rng(0))
    assert runs.count()["converged"] == 300
    np.testing.assert_allclose(np.abs(runs.x), 1.0, atol=1e-7)


def test_on_a_sphere_it_jumps_along_the_sphere():
    glass = problem("spherical_spin_glass", n=6, seed=0)
    x = glass.starts(np.random.default_rng(0), 500)
    method = PerturbedGradientDescent(1e-12, radius=1e-3, gradient_threshold=1e6)
    moved = descend(glass, x, method, 1, tol=0.0, rng=np.random.default_rng(0)).x
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), np.linalg.norm(x, axis=1), rtol=1e-14)
    distance = glass.manifold.distance(x, moved)
    assert distance.max() < 1e-3 * (1 + 1e-6)
    assert stats.kstest((distance / 1e-3) ** 5, "uniform").pvalue > 1e-5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"radius": 0.0}, r"^radius is 0\.0 but must be a positive number$"),
        ({"gradient_threshold": -1}, r"^gradient_threshold is -1 but must be a positive number$"),
        ({"wait": 1.5}, r"^wait is 1\.5 but must be a whole number, at least 0$"),
        ({"lr": np.nan}, r"^lr is nan but must be a positive number$"),
    ],
)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        PerturbedGradientDescent(**options)


def test_it_needs_random_numbers():
    message = r"^PerturbedGradientDescent draws random numbers: pass descend\(\.\.\., rng=\.\.\.\)$"
    with pytest.raises(ValueError, match=message):
        descend(problem("himmelblau"), [[1.0, 2.0]], PerturbedGradientDescent(), max_steps=0)
