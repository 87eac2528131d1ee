"""Stochastic Lanczos quadrature: exact moments, bounds of each probe's own measure, and bands that cover."""

import numpy as np
import pytest
from scipy.stats import binom, norm

from landscape import problem
from landscape.spectrum.density import (
    exact_density,
    lanczos_quadrature,
    share_below,
    share_interval,
    spectral_density,
)
from landscape.spectrum.operator import HessianOperator

N = 300
EIGENVALUES = np.concatenate([np.sort(np.random.default_rng(0).normal(0.0, 1.0, N - 3)), [6.0, 8.0, 12.0]])


def quadratic(eigenvalues=EIGENVALUES):
    landscape = problem("quadratic", eigenvalues=tuple(eigenvalues))
    return HessianOperator.at(landscape, np.zeros(landscape.dim)), np.diag(landscape.hessian(np.zeros(landscape.dim)))


def test_a_gauss_rule_of_k_nodes_has_the_first_2k_moments():
    operator, lam = quadratic()
    probes = operator.random_directions(np.random.default_rng(1), 4)
    nodes, weights = lanczos_quadrature(operator, probes, 8)
    for power in range(16):
        exact = (probes**2) @ (lam / 12) ** power
        np.testing.assert_allclose((weights * (nodes / 12) ** power).sum(axis=1), exact, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("threshold", [-0.7, 0.0, 0.3, 7.0])
def test_quadrature_bounds_the_share_of_each_probes_own_measure(threshold):
    """The Chebyshev-Markov-Stieltjes inequalities, from the probes' own spectral measures."""
    operator, lam = quadratic()
    probes = operator.random_directions(np.random.default_rng(2), 50)
    nodes, weights = lanczos_quadrature(operator, probes, 20)
    share = (probes**2) @ (lam < threshold)
    last = (nodes < threshold).sum(axis=1)
    sums = np.concatenate([np.zeros((50, 1)), np.cumsum(weights, axis=1)], axis=1)
    rows = np.arange(50)
    assert (sums[rows, np.maximum(last - 1, 0)] <= share + 1e-12).all()
    assert (share <= sums[rows, np.minimum(last + 1, 20)] + 1e-12).all()


def test_an_invariant_space_ends_the_iteration():
    operator, _ = quadratic((-1.0, -1.0, 2.0, 2.0, 2.0, 5.0))
    probes = operator.random_directions(np.random.default_rng(3), 3)
    nodes, weights = lanczos_quadrature(operator, probes, 6)
    for k in range(3):
        for value, modes in ((-1.0, [0, 1]), (2.0, [2, 3, 4]), (5.0, [5])):
            near = np.abs(nodes[k] - value) < 1e-9
            assert weights[k, near].sum() == pytest.approx((probes[k, modes] ** 2).sum(), abs=1e-12)


def test_the_density_is_normalised():
    operator, _ = quadratic()
    density = spectral_density(operator, np.random.default_rng(5), probes=12, steps=40, width=0.4)
    assert np.trapezoid(density.mean, density.grid) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("probes", [3, 10])
def test_the_band_covers_in_the_bulk_and_at_outliers(probes):
    """The band is pointwise: over many repeats it has the exact density 95 times in 100 at each place, in the bulk, at
    its edges, at the single eigenvalues 6, 8 and 12 and off them. Binomial limits at one in a million for 13 places.
    Student's interval of the probes' scatter has it 80 to 88 times at the single ones."""
    operator, lam = quadratic()
    grid = np.array([-3.5, -2.0, -1.0, 0.0, 1.0, 2.0, 3.5, 5.5, 6.0, 8.0, 8.5, 12.0, 12.5])
    exact = norm.pdf(grid[:, None], lam, 0.4).mean(axis=1)
    hits = np.zeros(len(grid))
    for seed in range(300):
        density = spectral_density(operator, np.random.default_rng(seed), probes, 60, width=0.4, grid=grid)
        hits += (density.low <= exact) & (exact <= density.high)
    assert (hits >= binom.ppf(1e-6 / 13, 300, 0.95)).all()
    assert (hits <= binom.isf(1e-6 / 13, 300, 0.95)).all()  # nor is it wider than it need be


@pytest.mark.parametrize(("inside", "directions"), [(1, 400), (3, 400), (150, 400), (399, 400), (1, 3)])
def test_the_interval_of_a_space_from_random_vectors_in_it_covers(inside, directions):
    rng, probes, repeats = np.random.default_rng(6), 5, 4000
    v = rng.standard_normal((repeats, probes, directions))
    share = (v[..., :inside] ** 2).sum(axis=-1) / (v**2).sum(axis=-1)
    low, high = share_interval(share.mean(axis=1), directions, probes, 0.9)
    covered = int(((low <= inside / directions) & (inside / directions <= high)).sum())
    assert binom.ppf(1e-7, repeats, 0.9) <= covered <= binom.isf(1e-7, repeats, 0.9)


def test_the_interval_of_a_share_at_the_ends():
    low, high = share_interval(np.array([0.0, 1.0, 0.5]), 10**7, 10, 0.95)
    np.testing.assert_allclose(low[:2], [0, 1], atol=1e-12)
    np.testing.assert_allclose(high[:2], [0, 1], atol=1e-12)
    normal = norm.ppf(0.975) * np.sqrt(0.5 / 10**8)  # the variance of half of so many directions is 2/4 of 1 / (p r)
    np.testing.assert_allclose([0.5 - low[2], high[2] - 0.5], normal, rtol=1e-4)


def test_outliers_are_seen_with_their_weight():
    operator, _ = quadratic()
    density = spectral_density(operator, np.random.default_rng(4), probes=60, steps=40)
    beyond = (density.weights * (density.nodes > 5)).sum(axis=1) * N
    assert abs(beyond.mean() - 3) < 5 * beyond.std(ddof=1) / np.sqrt(60)
    assert density.nodes.max() == pytest.approx(12, abs=1e-9)


@pytest.mark.parametrize("threshold", [-1.0, 0.0, 4.0, 20.0, -20.0])
def test_the_interval_of_a_share_covers(threshold):
    operator, lam = quadratic()
    exact, hits = (lam < threshold).mean(), 0
    for seed in range(40):
        density = spectral_density(operator, np.random.default_rng(seed), probes=8, steps=25)
        estimate, low, high = share_below(density, N, threshold)
        assert low <= estimate <= high
        hits += low - 1e-12 <= exact <= high + 1e-12
    assert hits >= binom.ppf(1e-6, 40, 0.95)


def test_known_eigenvalues_have_no_band():
    density = exact_density(EIGENVALUES, width=0.3)
    np.testing.assert_array_equal(density.low, density.high)
    np.testing.assert_allclose(density.mean, norm.pdf(density.grid[:, None], EIGENVALUES, 0.3).mean(axis=1), atol=1e-14)


def test_a_grid_of_ones_own():
    operator, lam = quadratic()
    grid = np.linspace(-20.0, 20.0, 81)
    measured = spectral_density(operator, np.random.default_rng(0), probes=4, steps=30, width=0.3, grid=grid)
    known = exact_density(lam, 0.3, grid=grid)
    np.testing.assert_array_equal(measured.grid, grid)
    np.testing.assert_array_equal(known.grid, grid)
    np.testing.assert_allclose(known.mean, norm.pdf(grid[:, None], lam, 0.3).mean(axis=1), atol=1e-14)
    assert np.abs(measured.mean - known.mean).max() < 0.2 * known.mean.max()


@pytest.mark.parametrize("bad", [{"probes": 1}, {"steps": 1}, {"points": 1}, {"width": 0.0}])
def test_numbers_out_of_range(bad):
    operator, _ = quadratic()
    with pytest.raises(ValueError, match=f"{next(iter(bad))} is "):
        spectral_density(operator, np.random.default_rng(0), **bad)
