"""Closed forms of factorizations against numerical Hessians, and of learning against the differential equation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from landscape.theory.deep_linear import (
    learnt_subsets,
    left_out,
    mode_half_time,
    mode_strength,
    small_start_strength,
    subset_index,
)

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(("n", "rank"), [(1, 1), (3, 2), (4, 4), (6, 3), (3, 7)])
def test_subsets_are_all_different_and_as_many_as_there_are(n, rank):
    learnt = learnt_subsets(n, rank)
    assert len(learnt) == sum(math.comb(n, s) for s in range(min(n, rank) + 1))
    assert len(np.unique(learnt, axis=0)) == len(learnt)
    assert learnt.sum(axis=1).max() == min(n, rank)


def numerical_index(factor, matrix):
    """Negative eigenvalues of the Hessian of |X X^T - M|^2 / 4, from its quadratic form on a basis."""
    n, r = factor.shape
    basis = np.eye(n * r).reshape(n * r, n, r)
    change = basis @ factor.T + factor @ basis.transpose(0, 2, 1)
    gradient = (change @ factor + (factor @ factor.T - matrix) @ basis).reshape(n * r, n * r)
    eigenvalues = np.linalg.eigvalsh(gradient)
    return (eigenvalues < -1e-10 * np.abs(eigenvalues).max()).sum()


@given(seed=seeds, n=st.integers(1, 4), data=st.data())
def test_the_index_is_that_of_the_hessian(seed, n, data):
    rank = data.draw(st.integers(1, n))
    rng = np.random.default_rng(seed)
    lam = rng.permutation(np.arange(1, n + 1) + rng.uniform(-0.4, 0.4, n))
    learnt = learnt_subsets(n, rank)
    for chosen, index in zip(learnt, subset_index(lam, learnt, rank), strict=True):
        factor = np.zeros((n, rank))
        which = np.flatnonzero(chosen)
        factor[which, np.arange(which.size)] = np.sqrt(lam[which])
        assert numerical_index(factor, np.diag(lam)) == index
        value = np.sum((factor @ factor.T - np.diag(lam)) ** 2) / 4
        assert left_out(lam**2 / 4, chosen) == pytest.approx(value, rel=1e-13, abs=1e-13)


def test_the_minimum_is_unique_and_learns_the_largest():
    lam = np.array([1.0, 5.0, 2.0, 4.0, 3.0])
    learnt = learnt_subsets(5, 2)
    index = subset_index(lam, learnt, 2)
    assert learnt[index == 0].tolist() == [[False, True, False, True, False]]
    assert left_out(lam, learnt)[index == 0] == left_out(lam, learnt).min()
    assert index.max() == 10  # nothing learnt: all 2 * 5 directions go down


@pytest.mark.parametrize(
    ("eigenvalues", "rank", "sentence"),
    [
        ((1.0, 1.0), 2, "must differ from each other"),
        ((1.0, -1.0), 2, "must be positive and finite"),
        ((1.0, 2.0), 1, "learnt has up to 2 modes but rank is 1"),
    ],
)
def test_errors_are_one_sentence(eigenvalues, rank, sentence):
    with pytest.raises(ValueError, match=sentence):
        subset_index(eigenvalues, learnt_subsets(2, 2), rank)
    with pytest.raises(ValueError, match="must be at most half"):
        mode_half_time(2.0, 1.5)


@pytest.mark.parametrize(("s", "a0"), [(4.0, 1e-6), (0.8, 0.1), (1.5, 1.2)])
def test_the_sigmoid_solves_the_equation_of_motion(s, a0):
    t = np.linspace(0, 10 / s, 40)
    flow = solve_ivp(lambda _, w: w * (s - w**2), (0, t[-1]), [np.sqrt(a0)], t_eval=t, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(mode_strength(t, s, a0), flow.y[0] ** 2, rtol=1e-7)


def test_half_time():
    # Independent computation.
    assert mode_half_time(2.0, 1e-3) == pytest.approx(1.900101, abs=5e-7)
    s, a0 = np.array([4.0, 2.5, 0.8]), 1e-5
    np.testing.assert_allclose(mode_strength(mode_half_time(s, a0), s, a0), s / 2, rtol=1e-12)
    assert mode_strength(1e6, 3.0, 1e-3) == pytest.approx(3.0, rel=1e-15)


def test_small_networks_learn_mode_after_mode_at_predicted_times():
    s, rng = np.array([3.0, 2.0, 1.2]), np.random.default_rng(0)
    first, second = 1e-7 * rng.normal(size=(5, 4, 3)), 1e-7 * rng.normal(size=(5, 3, 4))
    a0 = small_start_strength(first, second)
    assert a0.shape == (5, 3)
    expected = mode_half_time(s, a0)

    def flow(_, w):
        w1, w2 = w[:12].reshape(4, 3), w[12:].reshape(3, 4)
        gap = np.diag(s) - w2 @ w1
        return np.concatenate([(w2.T @ gap).ravel(), (gap @ w1.T).ravel()])

    for w1, w2, times in zip(first, second, expected, strict=True):
        start = np.concatenate([w1.ravel(), w2.ravel()])
        solution = solve_ivp(flow, (0, times.max()), start, t_eval=np.sort(times), rtol=1e-9, atol=1e-16)
        layers = solution.y.T
        product = layers[:, 12:].reshape(-1, 3, 4) @ layers[:, :12].reshape(-1, 4, 3)
        strength = np.diagonal(product, axis1=1, axis2=2)[np.argsort(np.argsort(times)), [0, 1, 2]]
        np.testing.assert_allclose(strength, s / 2, rtol=1e-3)
