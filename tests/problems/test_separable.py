from itertools import product

import numpy as np
import pytest

from landscape.problems import problem


def count_by_index(landscape, x):
    """Indices of exact critical points, after checking that they are critical."""
    hessian = landscape.hessian(x)
    assert np.abs(landscape.gradient(x)).max() < 1e-9
    index = (np.linalg.eigvalsh(hessian) < 0).sum(axis=-1)
    found, counts = np.unique(index, return_counts=True)
    return {int(k): int(c) for k, c in zip(found, counts, strict=True)}


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_styblinski_tang_points_by_index(dim):
    roots = np.roots([4, 0, -32, 5])  # -2.9035340277712, 2.7468027709908, 0.15673125678034
    landscape = problem("styblinski_tang", dim=dim)
    x = np.array(list(product(roots, repeat=dim)))
    assert count_by_index(landscape, x) == landscape.truth.counts
    assert landscape.value(x).min() == pytest.approx(landscape.truth.minimum_value, rel=1e-14)


def test_styblinski_tang_known_values():
    # From an independent exhaustive search on [-5, 5]^2.
    low, middle, high = -2.9035340277712, 0.15673125678034, 2.7468027709908
    x = np.array([[low, low], [low, high], [high, high], [low, middle], [middle, middle]])
    f = [-78.332331407543, -64.195612359055, -50.058893310568, -38.970553344716, 0.39122471811072]
    np.testing.assert_allclose(problem("styblinski_tang").value(x), f, rtol=1e-12)


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_double_well_points_by_index_and_height(dim):
    landscape = problem("double_well", dim=dim)
    x = np.array(list(product([-1.0, 0.0, 1.0], repeat=dim)))
    assert count_by_index(landscape, x) == landscape.truth.counts
    np.testing.assert_array_equal(landscape.value(x), (x == 0).sum(axis=1) / 4)


def test_rastrigin_has_21_points_on_its_interval():
    landscape = problem("rastrigin", dim=1)
    grid = np.linspace(-5.12, 5.12, 20001)
    g = landscape.gradient(grid[:, None])[:, 0]
    # A change of sign from below is a minimum; no point of the grid hits a root but x = 0.
    signs = np.sign(g[g != 0])
    change = np.diff(signs)
    assert (int((change > 0).sum()), int((change < 0).sum())) == (11, 10)
    assert landscape.truth.counts == {0: 11, 1: 10}
    assert problem("rastrigin", dim=2).truth.counts == {0: 121, 1: 220, 2: 100}
    assert sum(problem("rastrigin", dim=3).truth.counts.values()) == 21**3


def test_rastrigin_counts_only_in_its_box():
    landscape = problem("rastrigin", dim=2)
    inside = landscape.inside(np.array([[0.0, 5.12], [5.13, 0.0], [0.0, -6.0]]))
    np.testing.assert_array_equal(inside, [True, False, False])


@pytest.mark.parametrize("seed", [0, 5])
def test_cosine_sum_points_by_index(seed):
    dim = 4
    landscape = problem("cosine_sum", dim=dim, seed=seed)
    # Each term's phase from two values of the gradient: -a sin(phi) at 0 and -a cos(phi) a quarter turn on.
    sine, cosine = landscape.gradient(np.stack([np.zeros(dim), np.full(dim, np.pi / 2)]))
    phase = np.arctan2(-sine, -cosine)
    x = landscape.manifold.normalize(np.array(list(product([0, np.pi], repeat=dim))) - phase)
    assert count_by_index(landscape, x) == {0: 1, 1: 4, 2: 6, 3: 4, 4: 1} == landscape.truth.counts
    assert landscape.value(x).min() == pytest.approx(landscape.truth.minimum_value, rel=1e-13)
    amplitude = np.hypot(sine, cosine)
    assert ((amplitude >= 0.5) & (amplitude <= 1.5)).all()


def test_seeds_differ():
    x = np.ones((3, 2))
    assert (problem("cosine_sum", seed=1).value(x) != problem("cosine_sum", seed=2).value(x)).all()
