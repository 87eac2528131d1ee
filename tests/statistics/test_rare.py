"""Probabilities that no sample shows, against the exact law."""

import numpy as np
import pytest

from landscape.statistics import rare
from landscape.statistics.rare import rare_index_probability
from landscape.theory.goe import goe_index_log_law


@pytest.mark.parametrize(("n", "k"), [(2, 0), (2, 1), (3, 2), (10, 0), (10, 3), (16, 1), (20, 10)])
def test_exact_probabilities_are_covered(n, k):
    # 4.5 standard errors, seven times: a false alarm once in 20,000 seeds.
    measured = rare_index_probability(n, k, np.random.default_rng(100 * n + k), sweeps=400)
    assert abs(measured.log_probability - goe_index_log_law(n)[k]) < 4.5 * measured.standard_error
    assert measured.drift < 4.5


@pytest.mark.slow
def test_one_matrix_in_ten_to_the_307():
    measured = rare_index_probability(50, 0, np.random.default_rng(50), sweeps=600)
    exact = goe_index_log_law(50)[0]
    assert exact == pytest.approx(-706.0045, abs=1e-4)
    assert abs(measured.log_probability - exact) < 4.5 * measured.standard_error
    assert measured.standard_error < 1e-3 * abs(exact)


def test_standard_errors_are_honest():
    # The variance of 24 z-scores in units of that of a t law with 31 degrees of freedom, roughly 24 chi-squares: its
    # 1e-4 quantiles are 0.27 and 2.5.
    exact = goe_index_log_law(4)[0]
    runs = [rare_index_probability(4, 0, np.random.default_rng(seed), sweeps=160) for seed in range(24)]
    z = np.array([(run.log_probability - exact) / run.standard_error for run in runs])
    assert 0.27 < (z**2).mean() < 2.5


def test_the_wall_holds():
    rng = np.random.default_rng(1)
    y = rare._first_gas(5, 2, 40, rng)
    t, step = np.zeros(40), np.full(40, 0.5)
    for _ in range(50):
        rare._sweep(y, t, step, rng)
        rare._breathe(y, t, rng)
    assert ((y < 0).sum(axis=0) == 2).all()


def test_the_gas_without_a_wall_in_its_way_has_the_moments_of_the_goe():
    # k = 0 with the wall far to the left: E[sum x_i^2] = n (n + 1) / 2, five standard errors over independent chains.
    rng = np.random.default_rng(2)
    n, chains = 6, 400
    t, step = np.full(chains, -12.0), np.full(chains, 0.7)
    y = rare._first_gas(n, 0, chains, rng)
    squares = np.zeros(chains)
    for sweep in range(300):
        rare._sweep(y, t, step, rng)
        rare._breathe(y, t, rng)
        if sweep >= 150:
            squares += ((y + t) ** 2).sum(axis=0) / 150
    assert abs(squares.mean() - n * (n + 1) / 2) < 5 * squares.std() / np.sqrt(chains)


@pytest.mark.parametrize(("n", "k"), [(1, 0), (5, -1), (5, 6), (5, 2.5)])
def test_bad_indices_are_refused(n, k):
    with pytest.raises(ValueError, match="must be integers"):
        rare_index_probability(n, k, np.random.default_rng(0))


def test_bad_chains_are_refused():
    with pytest.raises(ValueError, match="chains is 2"):
        rare_index_probability(5, 0, np.random.default_rng(0), chains=2)
