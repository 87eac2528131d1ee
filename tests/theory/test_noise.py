"""Stationary covariances against the equations they solve, iterated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape.theory import noise
from landscape.theory.rates import stability_limit


def random_hessian(rng, d):
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    return turn @ np.diag(rng.uniform(0.1, 3, d)) @ turn.T


@given(d=st.integers(1, 6), fraction=st.floats(0.01, 0.99), seed=st.integers(0, 1000))
def test_the_covariance_reproduces_itself(d, fraction, seed):
    rng = np.random.default_rng(seed)
    H, a = random_hessian(rng, d), rng.standard_normal((d, d))
    S = a @ a.T
    lr = fraction * float(stability_limit(np.linalg.eigvalsh(H).max()))
    C = noise.stationary_covariance(H, S, lr)
    step = np.eye(d) - lr * H
    np.testing.assert_allclose(step @ C @ step + lr**2 * S, C, atol=1e-11 * np.abs(C).max())


def test_one_dimension_by_hand():
    # lr s^2 / (lam (2 - lr lam)), and half of lam times it.
    C = noise.stationary_covariance([[3.0]], [[4.0]], 0.5)
    assert C.tolist() == [[0.5 * 4 / (3 * (2 - 1.5))]]
    assert noise.mean_gap([[3.0]], C) == pytest.approx(2.0, rel=1e-15)


def test_small_learning_rates_have_a_floor_that_forgets_the_hessian():
    rng = np.random.default_rng(0)
    H, a = random_hessian(rng, 5), rng.standard_normal((5, 5))
    S = a @ a.T
    for lr in (1e-4, 1e-5):
        gap = noise.mean_gap(H, noise.stationary_covariance(H, S, lr))
        assert gap == pytest.approx(lr * np.trace(S) / 4, rel=2 * lr)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_the_covariance_of_random_terms_is_the_limit_of_its_iteration(batch_size):
    rng = np.random.default_rng(1)
    a = rng.standard_normal((7, 3, 3))
    hessians = a @ np.swapaxes(a, 1, 2)
    gradients = rng.standard_normal((7, 3))
    gradients -= gradients.mean(axis=0)
    lr, mean = 0.03, hessians.mean(axis=0)
    C = np.zeros((3, 3))
    for _ in range(10_000):
        # The mean over all ways to draw the batch, term by term: each pair of different draws is independent.
        one = np.mean([A @ C @ A + np.outer(h, h) for A, h in zip(hessians, gradients, strict=True)], axis=0)
        noisy = one / batch_size + (1 - 1 / batch_size) * mean @ C @ mean
        C = C - lr * (mean @ C + C @ mean) + lr**2 * noisy
    np.testing.assert_allclose(noise.sampled_covariance(hessians, gradients, lr, batch_size), C, rtol=1e-9)


def test_terms_of_equal_curvature_are_additive_noise():
    rng = np.random.default_rng(2)
    H, gradients = random_hessian(rng, 4), rng.standard_normal((9, 4))
    gradients -= gradients.mean(axis=0)
    sampled = noise.sampled_covariance(np.tile(H, (9, 1, 1)), gradients, 0.2, batch_size=2)
    additive = noise.stationary_covariance(H, gradients.T @ gradients / 18, 0.2)
    np.testing.assert_allclose(sampled, additive, rtol=1e-10)


def test_random_terms_are_unstable_earlier_than_their_mean():
    # Curvatures 0 and 2 with equal odds: the mean square grows by ((1)^2 + (1 - 2 lr)^2) / 2, which is 1 at lr = 1,
    # while the mean curvature 1 allows lr up to 2.
    hessians, gradients = [[[0.0]], [[2.0]]], [[1.0], [-1.0]]
    assert noise.sampled_covariance(hessians, gradients, 0.999)[0, 0] > 100
    with pytest.raises(ValueError, match=r"^lr is 1\.001: with batches of 1 the covariance grows for ever$"):
        noise.sampled_covariance(hessians, gradients, 1.001)


@pytest.mark.parametrize(("curvature", "lr", "decay"), [(1.0, 0.5, 0.1), (2.0, 0.4, 0.5), (1.0, 1.0, 1.0)])
def test_with_decay_the_variance_falls_as_one_over_time(curvature, lr, decay):
    variance = 1.0
    for t in range(100_000):
        rate = lr / (1 + decay * t)
        variance = (1 - rate * curvature) ** 2 * variance + rate**2 * 0.3**2
    assert noise.decaying_variance(curvature, 0.3, lr, decay, 100_000) == pytest.approx(variance, rel=2e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: noise.stationary_covariance([[1.0]], [[1.0]], 2.0), r"^lr is 2\.0 but must be below 2 / L = 2\.0$"),
        (lambda: noise.stationary_covariance([[-1.0]], [[1.0]], 0.1), r"^hessian has the eigenvalue -1\.0 but must be"),
        (lambda: noise.stationary_covariance([1.0], [[1.0]], 0.1), r"^hessian has shape \(1,\) but must be a square"),
        (lambda: noise.mean_gap([[1.0]], [[np.nan]]), r"^covariance has shape \(1, 1\) but must be a square matrix"),
        (lambda: noise.sampled_covariance([[1.0]], [[0.0]], 0.1), r"^hessians has shape \(1, 1\) and gradients"),
        (lambda: noise.sampled_covariance([[[1.0]]], [[1.0]], 0.1), r"^gradients do not sum to zero"),
        (lambda: noise.decaying_variance(1, 1, 1, 2, 10), r"^lr / decay is .* but must exceed 1 / \(2 curvature\)"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
