from itertools import combinations, product

import numpy as np
import pytest

from landscape.problems import problem
from landscape.problems.lattice import _counts

# Closed-form counts by index computed independently, checked there by search for n = 3, 5 and 7.
XY_COUNTS = {
    3: {0: 1, 1: 3, 2: 2},
    5: {0: 3, 1: 10, 2: 10, 3: 5, 4: 2},
    7: {0: 3, 1: 14, 2: 21, 3: 35, 4: 42, 5: 21, 6: 4},
    9: {0: 5, 1: 36, 2: 108, 3: 168, 4: 126, 5: 84, 6: 72, 7: 27, 8: 4},
}


def points(landscape, size=12):
    return landscape.starts(np.random.default_rng(7), size)


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 2, 3)])
def test_phi4_is_invariant_under_translations_and_sign(shape):
    landscape = problem("phi4", shape=shape, coupling=0.7)
    x = points(landscape)
    np.testing.assert_allclose(landscape.value(-x), landscape.value(x), rtol=1e-12)
    for axis in range(len(shape)):
        moved = np.roll(x.reshape(-1, *shape), 1, axis=axis + 1).reshape(x.shape)
        np.testing.assert_allclose(landscape.value(moved), landscape.value(x), rtol=1e-12)


def test_phi4_against_a_sum_over_bonds():
    shape, coupling = (3, 4), 0.9
    landscape = problem("phi4", shape=shape, coupling=coupling)
    for point in points(landscape):
        grid = point.reshape(shape)
        energy = (grid**4 / 40 - grid**2).sum()
        for i, j in product(*map(range, shape)):
            energy += coupling / 2 * (grid[i, j] - grid[(i + 1) % 3, j]) ** 2
            energy += coupling / 2 * (grid[i, j] - grid[i, (j + 1) % 4]) ** 2
        assert landscape.value(point) == pytest.approx(energy, rel=1e-12)


def test_phi4_short_directions():
    x = np.array([1.0, 3.0])
    onsite = 1 / 40 - 1 + 81 / 40 - 9
    assert problem("phi4", shape=(1, 2), coupling=2.0).value(x) == pytest.approx(onsite + 2 * 4)  # two bonds
    assert problem("phi4", shape=(1,), coupling=2.0).value(x[:1]) == pytest.approx(1 / 40 - 1)  # none


def test_phi4_without_coupling_has_every_combination():
    landscape = problem("phi4", shape=(2, 2), coupling=0)
    root = np.sqrt(20.0)
    x = np.array(list(product([-root, 0.0, root], repeat=4)))
    assert np.abs(landscape.gradient(x)).max() < 1e-13
    index = (np.linalg.eigvalsh(landscape.hessian(x)) < 0).sum(axis=1)
    assert dict(enumerate(np.bincount(index).tolist())) == landscape.truth.counts
    assert sum(landscape.truth.counts.values()) == 81


def test_phi4_uniform_states_are_lowest():
    landscape = problem("phi4")
    x = np.full(9, np.sqrt(20.0))
    assert np.abs(landscape.gradient(x)).max() < 1e-13
    assert landscape.value(x) == pytest.approx(landscape.truth.minimum_value)
    assert landscape.truth.counts is None
    assert problem("phi4", coupling=-0.1).truth is None


@pytest.mark.parametrize("n", sorted(XY_COUNTS))
def test_xy_counts(n):
    assert problem("xy_chain", n=n).truth.counts == XY_COUNTS[n]


def construct(n):
    """Every critical point of the ring: bonds in `chosen` are pi - a, the others a."""
    found = []
    for k in range(n + 1):
        for m in range(-n, n + 1):
            if 2 * abs(2 * m - k) < abs(n - 2 * k):
                a = (2 * m - k) * np.pi / (n - 2 * k)
                for chosen in combinations(range(n), k):
                    bonds = np.full(n, a)
                    bonds[list(chosen)] = np.pi - a
                    found.append(np.cumsum(bonds)[:-1])
    return np.array(found)


@pytest.mark.parametrize("n", [3, 5, 6, 7, 10])
def test_xy_points_by_construction(n):
    landscape = problem("xy_chain", n=n)
    x = construct(n)
    assert np.abs(landscape.gradient(x)).max() < 1e-12
    eigenvalues = np.linalg.eigvalsh(landscape.hessian(x))
    assert np.abs(eigenvalues).min() > 1e-3
    counts = np.bincount((eigenvalues < 0).sum(axis=1), minlength=n)
    assert dict(enumerate(counts.tolist())) == landscape.truth.counts
    apart = landscape.manifold.distance(x[:, None], x[None]) if len(x) < 200 else None
    if apart is not None:
        assert (apart + 10 * np.eye(len(x)) > 1e-6).all()


@pytest.mark.parametrize("n", [6, 11, 14])
def test_xy_counts_keep_the_morse_sum_and_the_number_of_windings(n):
    counts = _counts(n)
    assert sum((-1) ** k * c for k, c in counts.items()) == 0
    assert counts[0] == 2 * ((n - 1) // 4) + 1


def test_xy_chain_divisible_by_four_has_a_continuous_family():
    landscape = problem("xy_chain", n=4)
    assert landscape.truth is None
    a = np.linspace(-1.5, 1.5, 11)
    bonds = np.stack([a, np.pi - a, a, np.pi - a], axis=1)
    assert np.abs(landscape.gradient(np.cumsum(bonds, axis=1)[:, :-1])).max() < 1e-13


def test_xy_invariances():
    n = 7
    landscape = problem("xy_chain", n=n)
    t = points(landscape)
    f = landscape.value(t)
    np.testing.assert_allclose(landscape.value(-t), f, rtol=1e-12)
    np.testing.assert_allclose(landscape.value(t[:, ::-1]), f, rtol=1e-12)  # the ring read backwards
    ring = np.concatenate([np.zeros((len(t), 1)), t], axis=1)
    moved = np.roll(ring, 1, axis=1)
    np.testing.assert_allclose(landscape.value((moved - moved[:, :1])[:, 1:]), f, rtol=1e-12)
    np.testing.assert_allclose(landscape.value(landscape.manifold.normalize(t + 100)), landscape.value(t + 100))


def test_xy_heights():
    # E_q = N (1 - cos(2 pi q / N)): for N = 12, q = 1 and 2 give 1.60769515 and 6.
    landscape = problem("xy_chain", n=12)
    winding = np.array([1, 2])[:, None] * 2 * np.pi / 12 * np.arange(1, 12)
    np.testing.assert_allclose(landscape.value(winding), [1.60769515, 6.0], rtol=1e-8)
