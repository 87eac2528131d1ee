"""Tridiagonal sampling: counts against eigenvalues, exact laws of the index, and other ensembles."""

import numpy as np
import pytest
from scipy import stats

from landscape.statistics.tridiagonal import count_below, goe_tridiagonal, sample_goe_counts
from landscape.theory.goe_counts import goe_count_law


@pytest.mark.parametrize(("n", "t"), [(1, 0.0), (2, 0.0), (3, 0.0), (6, 0.0), (10, 0.0), (7, -1.3), (10, 2.0)])
def test_the_law_of_the_counts(n, t):
    # Chi-square at level 1e-4, seven of them: a false alarm once in 1400 seeds.
    samples = 100_000
    counts = np.bincount(sample_goe_counts(n, samples, np.random.default_rng(n), t), minlength=n + 1)
    expected = samples * goe_count_law(n, t)
    common = expected > 10
    observed = np.append(counts[common], counts[~common].sum())
    expected = np.append(expected[common], expected[~common].sum())
    kept = expected > 1e-9
    assert observed[~kept].sum() == 0
    assert stats.chisquare(observed[kept], expected[kept] * samples / expected[kept].sum()).pvalue > 1e-4


def test_large_matrices():
    # Mean and variance, five standard errors each; the exact variance is 0.7115869.
    index = sample_goe_counts(100, 50_000, np.random.default_rng(1))
    assert abs(index.mean() - 50) < 5 * np.sqrt(0.7116 / 50_000)
    law = goe_count_law(100, 0.0)
    variance, fourth = (law @ (np.arange(101) - 50) ** power for power in (2, 4))
    assert abs(((index - 50) ** 2).mean() - variance) < 5 * np.sqrt((fourth - variance**2) / 50_000)


def test_counts_are_those_of_the_eigenvalues():
    rng = np.random.default_rng(2)
    diagonal, squares = goe_tridiagonal(8, 200, rng)
    t = np.array([-2.0, 0.0, 1.5])
    counts = count_below(diagonal, squares, t[:, None])
    assert counts.shape == (3, 200)
    matrices = np.zeros((200, 8, 8))
    i = np.arange(8)
    matrices[:, i, i] = diagonal
    matrices[:, i[1:], i[:-1]] = np.sqrt(squares)
    eigenvalues = np.linalg.eigvalsh(matrices)  # reads the lower triangle
    np.testing.assert_array_equal(counts, (eigenvalues < t[:, None, None]).sum(axis=-1))


@pytest.mark.parametrize("beta", [1, 2, 4])
def test_the_trace_of_the_square(beta):
    # The sum of n normal squares and of n (n - 1) / 2 pairs of squares of mean beta / 2: five standard errors.
    n, samples = 12, 20_000
    diagonal, squares = goe_tridiagonal(n, samples, np.random.default_rng(3), beta)
    trace = (diagonal**2).sum(axis=1) + 2 * squares.sum(axis=1)
    expected = n + beta * n * (n - 1) / 2
    assert abs(trace.mean() - expected) < 5 * np.sqrt(2 * expected / samples)


def test_two_eigenvalues_of_the_unitary_ensemble():
    # For beta = 2, n = 2 both are positive with probability 1/4 - 1/(2 pi): binomial test at level 1e-4.
    counts = sample_goe_counts(2, 50_000, np.random.default_rng(4), beta=2)
    assert stats.binomtest(int((counts == 0).sum()), 50_000, 1 / 4 - 1 / (2 * np.pi)).pvalue > 1e-4


def test_a_zero_pivot_counts_rightly():
    # Eigenvalues -1 and 1, then -sqrt(2), 0 and sqrt(2): the first pivot is zero in both.
    assert count_below([0.0, 0.0], [1.0]) == 1
    assert count_below([0.0, 0.0, 0.0], [1.0, 1.0], [-1.0, 0.5]).tolist() == [1, 2]


def test_a_sample_is_reproducible_and_does_not_depend_on_memory_blocks():
    first = sample_goe_counts(5, 20_000, np.random.default_rng(5))
    np.testing.assert_array_equal(first, sample_goe_counts(5, 20_000, np.random.default_rng(5)))
    assert first.min() >= 0
    assert first.max() <= 5


def test_bad_input_is_refused():
    rng = np.random.default_rng(0)
    for arguments, name in (((0, 5), "n"), ((5, 0), "size"), ((5, 2.5), "size")):
        with pytest.raises(ValueError, match=f"^{name} is"):
            sample_goe_counts(*arguments, rng)
    with pytest.raises(ValueError, match="t is"):
        sample_goe_counts(2, 2, rng, t=np.nan)
    with pytest.raises(ValueError, match="beta"):
        goe_tridiagonal(2, 2, rng, beta=0.0)
    with pytest.raises(ValueError, match="expected"):
        count_below([1.0, 2.0], [1.0, 2.0])
