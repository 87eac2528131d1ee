"""Noisy gradient descent: its kicks, its stationary spread, and how it leaves saddles."""

import numpy as np
import pytest

from landscape import GradientDescent, NoisyGradientDescent, descend, problem
from landscape.theory.noise import mean_gap, stationary_covariance


def test_without_noise_it_is_gradient_descent():
    landscape = problem("himmelblau")
    x = landscape.starts(np.random.default_rng(0), 10)
    noisy = descend(landscape, x, NoisyGradientDescent(0.005, noise=0.0), 50, tol=0.0, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(noisy.x, descend(landscape, x, GradientDescent(0.005), 50, tol=0.0).x)


def test_kicks_have_the_length_of_the_noise():
    landscape = problem("himmelblau")
    x = landscape.starts(np.random.default_rng(0), 10)
    moved = descend(landscape, x, NoisyGradientDescent(0.01, noise=3.0), 1, tol=0.0, rng=np.random.default_rng(0)).x - x
    np.testing.assert_allclose(np.linalg.norm(moved / -0.01 - landscape.gradient(x), axis=1), 3.0, rtol=1e-12)


@pytest.mark.parametrize("lr", [0.02, 0.3])
def test_the_spread_round_a_minimum_is_that_of_theory(lr):
    # Noise of length s, uniform in direction, has covariance s^2/d. 4.42 standard errors: a false alarm in 10^5.
    lam, noise = np.array([0.5, 1.0, 5.0]), 2.0
    bowl = problem("quadratic", eigenvalues=tuple(lam))
    steps = int(np.ceil(np.log(1e-6) / np.log1p(-lr * 0.5)))
    runs = descend(
        bowl, np.zeros((4000, 3)) + 1e-3, NoisyGradientDescent(lr, noise), steps, tol=0.0, rng=np.random.default_rng(3)
    )
    exact = stationary_covariance(np.diag(lam), noise**2 / 3 * np.eye(3), lr)
    products = runs.x[:, :, None] * runs.x[:, None, :]
    error = products.std(axis=0) / np.sqrt(len(products))
    assert (np.abs(products.mean(axis=0) - exact) < 4.42 * error).all()
    gaps = bowl.value(runs.x)
    assert abs(gaps.mean() - mean_gap(np.diag(lam), exact)) < 4.42 * gaps.std() / np.sqrt(len(gaps))


def test_it_leaves_a_saddle_from_its_stable_manifold():
    # Descent along x_1 = 0 ends at the saddle; with noise every run ends near a minimum x_1 = +-1.
    wells = problem("double_well", dim=2)
    start = np.tile([0.0, 0.9], (200, 1))
    stuck = descend(wells, start, GradientDescent(0.02), 1000, tol=1e-8)
    assert np.abs(stuck.x[:, 0]).max() == 0.0
    runs = descend(wells, start, NoisyGradientDescent(0.02, noise=0.1), 1000, tol=0.0, rng=np.random.default_rng(0))
    assert np.abs(np.abs(runs.x[:, 0]) - 1).max() < 0.1
    # Both sides are equally likely: outside 100 +- 32 once in 10^5.
    assert abs(int((runs.x[:, 0] > 0).sum()) - 100) <= 32


def test_it_needs_random_numbers():
    with pytest.raises(ValueError, match=r"^NoisyGradientDescent draws random numbers: pass descend\(\.\.\., rng="):
        descend(problem("himmelblau"), [[1.0, 2.0]], NoisyGradientDescent())


def test_bad_parameters_are_named():
    with pytest.raises(ValueError, match=r"^noise is -1 but must be a number that is not negative$"):
        NoisyGradientDescent(noise=-1)
    with pytest.raises(ValueError, match=r"^lr is 0 but must be a positive number$"):
        NoisyGradientDescent(lr=0)
