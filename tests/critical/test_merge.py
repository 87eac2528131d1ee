"""Merging: copies of a point are one, whatever their order, and nothing else is."""

import time
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from landscape import (
    EigenvectorFollowing,
    Euclidean,
    Landscape,
    ParticleSymmetry,
    SignFlip,
    Sphere,
    Torus,
    find_critical_points,
    merge,
    problem,
    search,
)
from landscape.critical.find import union
from landscape.critical.merge import nearest
from landscape.symmetry import Identity


def on(manifold, symmetry=None):
    landscape = Landscape.from_function(lambda x: (x**2).sum(-1), lambda x: 2 * x, manifold=manifold)
    return landscape.with_options(symmetry=symmetry) if symmetry else landscape


def copies(points, per_point, noise, rng):
    """Each point several times, a little displaced, in random order, with the numbers of the points."""
    label = rng.permutation(np.repeat(np.arange(len(points)), per_point))
    shift = rng.standard_normal((len(label), points.shape[1]))
    return points[label] + noise * shift / np.linalg.norm(shift, axis=1, keepdims=True), label


def assert_same_partition(label, expected):
    pairs = set(zip(label.tolist(), expected.tolist(), strict=True))
    assert len(pairs) == len(set(label.tolist())) == len(set(expected.tolist()))


@given(seed=st.integers(0, 10_000), size=st.integers(1, 20), dim=st.integers(1, 6))
def test_copies_are_one_and_others_are_apart(seed, size, dim):
    rng = np.random.default_rng(seed)
    # Points of a grid of spacing 0.1, far more than the tolerance of 2e-5 (two times 1e-5).
    points = np.unique(rng.integers(-50, 50, (size, dim)), axis=0) * 0.1
    x, expected = copies(points, 4, 0.9e-5, rng)
    representative, label = merge(on(Euclidean(dim)), x)
    assert_same_partition(label, expected)
    assert (np.diff(representative) > 0).all()
    np.testing.assert_array_equal(label[representative], np.arange(len(points)))
    for k, row in enumerate(representative):  # the first occurrence stands for the point
        assert row == np.nonzero(label == k)[0][0]


@given(seed=st.integers(0, 10_000))
def test_the_order_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    x, _ = copies(rng.uniform(-1, 1, (15, 3)), 3, 1e-6, rng)
    order = rng.permutation(len(x))
    landscape = on(Euclidean(3))
    assert_same_partition(merge(landscape, x[order])[1], merge(landscape, x)[1][order])


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_tolerance_is_in_units_of_the_length_scale(scale):
    landscape = on(Euclidean(2, (-scale, scale)))
    x = scale * np.array([[0.3, 0.1], [0.3 + 1.9e-5, 0.1], [0.3 + 4.1e-5, 0.1]])
    assert merge(landscape, x)[1].tolist() == [0, 0, 1]
    assert merge(landscape, x, tolerance=1e-6)[1].tolist() == [0, 1, 2]
    assert merge(landscape, x, tolerance=1e-3)[1].tolist() == [0, 0, 0]


def test_angles_wrap_round():
    landscape = on(Torus((2 * np.pi, 1.0)))
    x = np.array([[1e-6, 0.5], [2 * np.pi - 1e-6, 0.5], [np.pi, 0.5], [0.0, 1.0 - 1e-7], [0.0, 0.0]])
    assert merge(landscape, x)[1].tolist() == [0, 0, 1, 2, 2]


def test_antipodes_are_one_only_modulo_the_sign():
    rng = np.random.default_rng(0)
    x = Sphere(4).sample(rng, 20)
    both = np.concatenate([x, -x])
    assert len(merge(on(Sphere(4)), both)[0]) == 40
    representative, label = merge(on(Sphere(4), SignFlip()), both)
    assert len(representative) == 20
    np.testing.assert_array_equal(label[:20], label[20:])


@settings(deadline=None)
@given(seed=st.integers(0, 1000), atoms=st.integers(2, 7))
def test_rigid_motions_permutations_and_mirror_images_of_a_cluster_are_one(seed, atoms):
    rng = np.random.default_rng(seed)
    landscape = problem("lennard_jones", atoms=atoms)
    structures = landscape.starts(rng, 3).reshape(3, atoms, 3)
    moved, expected = [], []
    for _ in range(4):
        for k, r in enumerate(structures):
            turn = Rotation.random(rng=rng).as_matrix() * rng.choice([-1.0, 1.0])
            moved.append((r @ turn.T + rng.standard_normal(3))[rng.permutation(atoms)].ravel())
            expected.append(k)
    _, label = merge(landscape, np.array(moved))
    assert_same_partition(label, np.array(expected))


def test_mirror_images_are_two_where_reflection_is_no_symmetry():
    rng = np.random.default_rng(3)
    chiral = rng.standard_normal((5, 3))
    x = np.stack([chiral.ravel(), (chiral * [1, 1, -1]).ravel(), chiral[::-1].ravel()])
    landscape = problem("lennard_jones", atoms=5)
    assert merge(landscape, x)[1].tolist() == [0, 0, 0]
    handed = landscape.with_options(symmetry=ParticleSymmetry(5, reflection=False))
    assert merge(handed, x)[1].tolist() == [0, 1, 0]


def test_structures_with_equal_distances_but_different_shape_are_two():
    # Two configurations with the same multiset of pair distances (Boutin & Kemper, Adv. Appl. Math. 32, 709, 2004).
    one = np.array([[0, 0, 0], [1, 0, 0], [4, 0, 0], [10, 0, 0], [12, 0, 0], [17, 0, 0]], dtype=float)
    two = np.array([[0, 0, 0], [1, 0, 0], [8, 0, 0], [11, 0, 0], [13, 0, 0], [17, 0, 0]], dtype=float)
    symmetry = ParticleSymmetry(6)
    distances = symmetry.fingerprint(Euclidean(18), np.stack([one.ravel(), two.ravel()]))
    np.testing.assert_array_equal(distances[0], distances[1])
    landscape = problem("lennard_jones", atoms=6)
    assert merge(landscape, np.stack([one.ravel(), two.ravel()]))[1].tolist() == [0, 1]


def test_equal_values_are_no_reason_to_merge():
    # Himmelblau's four minima all have the value 0.
    himmelblau = problem("himmelblau")
    x = search(himmelblau, himmelblau.starts(np.random.default_rng(0), 100), EigenvectorFollowing(0)).converged().x
    assert np.ptp(himmelblau.value(x)) < 1e-20
    assert len(merge(himmelblau, x)[0]) == 4


def test_nothing_and_one():
    landscape = on(Euclidean(2))
    for array in merge(landscape, np.zeros((0, 2))):
        assert array.shape == (0,)
    assert [array.tolist() for array in merge(landscape, np.zeros((1, 2)))] == [[0], [0]]


@dataclass(frozen=True)
class Counting(Identity):
    """Counts how many distances are asked for."""

    asked: list

    def distance(self, manifold, x, y, within=np.inf):
        self.asked.append(len(y))
        return manifold.distance(x, y)


def test_the_number_of_distances_grows_linearly():
    rng = np.random.default_rng(0)
    asked = {}
    for size in (2_000, 8_000):
        symmetry = Counting([])
        points = rng.uniform(-1, 1, (size // 4, 5))
        x, _ = copies(points, 4, 1e-7, rng)
        representative, _ = merge(on(Euclidean(5), symmetry), x)
        assert len(representative) == len(points)
        asked[size] = sum(symmetry.asked)
    assert asked[2_000] < 3 * 2_000
    assert asked[8_000] < 5 * asked[2_000]


def test_a_hundred_thousand_copies_of_a_few_points_take_a_moment():
    rng = np.random.default_rng(1)
    x, expected = copies(rng.uniform(-1, 1, (50, 10)), 2000, 1e-7, rng)
    started = time.process_time()
    _, label = merge(on(Euclidean(10)), x)
    assert time.process_time() - started < 2.0
    assert_same_partition(label, expected)


def test_positions_are_not_written():
    x = np.random.default_rng(0).uniform(-1, 1, (6, 2))
    x.flags.writeable = False
    merge(on(Euclidean(2)), x)


def test_union_adds_up_what_was_found():
    himmelblau = problem("himmelblau")
    parts = [find_critical_points(himmelblau, himmelblau.starts(np.random.default_rng(k), 8)) for k in range(6)]
    whole = union(himmelblau, parts)
    assert whole.count_by_index() == {0: 4, 1: 4, 2: 1}
    assert whole.found.sum() == sum(part.found.sum() for part in parts) == 48
    assert whole.search_counts["converged"] == 48


def test_nearest_finds_the_row_or_says_none():
    himmelblau = problem("himmelblau")
    points = find_critical_points(himmelblau, himmelblau.starts(np.random.default_rng(0), 200)).x
    rows = np.array([3, 0, 8, 3])
    asked = np.concatenate([points[rows] + 1e-5, [[5.5, -5.5]]])
    assert nearest(himmelblau, points, asked).tolist() == [3, 0, 8, 3, -1]
    assert nearest(himmelblau, points, np.zeros((0, 2))).tolist() == []
    assert nearest(himmelblau, np.zeros((0, 2)), points[:2]).tolist() == [-1, -1]
