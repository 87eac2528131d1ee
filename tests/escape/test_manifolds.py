"""Unstable and stable manifolds, and destinations, on landscapes whose connections are known."""

import numpy as np
import pytest
from scipy import stats

from landscape import (
    Branches,
    Destinations,
    FlowStatus,
    Kind,
    classify,
    destinations_of,
    find_critical_points,
    flow,
    problem,
    stable_manifold,
    unstable_manifold,
)

MAXIMUM = np.array([-0.270844590, -0.923038552])  # of Himmelblau's function


def critical_points(landscape, size=400):
    return find_critical_points(landscape, landscape.starts(np.random.default_rng(0), size))


def test_the_saddles_of_himmelblau_join_its_minima_in_a_ring():
    himmelblau = problem("himmelblau")
    where = destinations_of(himmelblau, critical_points(himmelblau).saddles)
    assert isinstance(where, Destinations)
    assert len(where.branches) == 8
    assert where.points.count_by_index() == {0: 4}
    pairs = [tuple(where.of(saddle)) for saddle in range(4)]
    assert all(len(pair) == 2 for pair in pairs)
    assert len(set(pairs)) == 4
    assert np.bincount(np.concatenate(pairs)).tolist() == [2, 2, 2, 2]
    assert where.points.found.tolist() == [2, 2, 2, 2]
    assert repr(where) == "8 branches of 4 saddles: 8 arrived; ends: 8 minimum"


def test_the_reaction_path_of_mueller_and_brown():
    surface = problem("muller_brown")
    points = critical_points(surface)
    where = destinations_of(surface, points.saddles)
    upper, lower = (int(np.argmin(np.abs(points.saddles.value - v))) for v in (-40.6648435087, -72.2489401123))
    assert sorted(where.points.value[where.of(upper)].round(4)) == [-146.6995, -80.7678]
    assert sorted(where.points.value[where.of(lower)].round(4)) == [-108.1667, -80.7678]


@pytest.mark.parametrize("n", [5, 8, 9])
def test_index_one_saddles_of_a_ring_of_oscillators_change_its_winding_by_one(n):
    """E_q = n (1 - cos(2 pi q / n)): saddles q -> q + 1, at (n - 1)(1 - cos a) + 1 + cos a with
    a = (2 q + 1) pi / (n - 2), join neighbours (closed forms; Mehta & Kastner 2011)."""
    ring = problem("xy_chain", n=n)
    points = critical_points(ring, 1500)
    saddles = points[points.index == 1]
    where = destinations_of(ring, saddles)
    assert (where.points.kind == Kind.MINIMUM).all()
    for row in range(len(saddles)):
        q = np.arange((n - 1) // 4 + 1)
        a = (2 * q + 1) * np.pi / (n - 2)
        step = int(np.argmin(np.abs((n - 1) * (1 - np.cos(a)) + 1 + np.cos(a) - saddles.value[row])))
        ends = where.points.value[where.end[where.branches.saddle == row]]
        np.testing.assert_allclose(
            np.sort(ends), n * (1 - np.cos(2 * np.pi * np.array([step, step + 1]) / n)), atol=1e-9
        )


def test_all_saddles_in_one_batch_are_each_alone():
    camel = problem("six_hump_camel")
    saddles = critical_points(camel).saddles
    together = destinations_of(camel, saddles)
    for row, x in enumerate(saddles.x):
        alone = unstable_manifold(camel, x)
        part = together.branches.saddle == row
        np.testing.assert_array_equal(together.branches.direction[part], alone.direction)
        np.testing.assert_allclose(together.branches.x[part], alone.x, atol=1e-7)


def test_branches_leave_along_unstable_eigenvectors():
    saddle = problem("quadratic", eigenvalues=(3.0, -1.0, -2.0, 0.5))
    branches = unstable_manifold(saddle, np.zeros(4), reach=2.0)
    assert isinstance(branches, Branches)
    np.testing.assert_allclose(
        branches.direction, [[0, 0, 1, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, -1, 0, 0]], atol=1e-15
    )
    assert (branches.status == FlowStatus.LEFT).all()
    np.testing.assert_array_equal(branches.path[0], np.zeros((4, 4)))
    stable = stable_manifold(saddle, np.zeros(4), reach=2.0)
    np.testing.assert_allclose(np.abs(stable.direction), np.eye(4)[[0, 0, 3, 3]], atol=1e-15)
    assert "4 branches of 1 saddles: 4 left" in repr(stable)


def test_a_sphere_of_directions_at_index_two():
    """Random directions from the maximum of a symmetric double well: a quarter to each minimum (chi-square at level
    1e-4); the branches along its axes run exactly into the four saddles."""
    wells = problem("double_well", dim=2)
    where = destinations_of(wells, [[0.0, 0.0]], directions=400, rng=np.random.default_rng(1))
    assert len(where.branches) == 404
    np.testing.assert_allclose(np.linalg.norm(where.branches.direction, axis=1), 1, rtol=1e-12)
    kinds = where.points.kind[where.end]
    assert (kinds[:4] == Kind.SADDLE).all()
    assert (kinds[4:] == Kind.MINIMUM).all()
    assert stats.chisquare(np.unique(where.end[4:], return_counts=True)[1]).pvalue > 1e-4
    assert "4 saddle" in repr(where)


def test_random_directions_are_for_index_two_and_more():
    himmelblau = problem("himmelblau")
    saddles = critical_points(himmelblau).saddles
    assert len(destinations_of(himmelblau, saddles, directions=50, rng=np.random.default_rng(0)).branches) == 8


def test_the_stable_manifold_of_a_saddle_parts_the_basins():
    himmelblau = problem("himmelblau")
    saddle = critical_points(himmelblau).saddles.x[0]
    ends = flow(himmelblau, unstable_manifold(himmelblau, saddle).x).x
    boundary = stable_manifold(himmelblau, saddle)
    path = boundary.path
    for branch in range(2):
        points = path[~np.isnan(path[:, branch, 0]), branch]
        # All four basins meet at the maximum.
        inside = points[(np.abs(points).max(axis=1) < 5) & (np.linalg.norm(points - MAXIMUM, axis=1) > 0.3)][1:-1]
        tangent = np.gradient(inside, axis=0)
        normal = tangent[:, ::-1] * [1, -1] / np.linalg.norm(tangent, axis=1)[:, None]
        some = slice(None, None, max(1, len(inside) // 15))
        left, right = (flow(himmelblau, inside[some] + side * 0.02 * normal[some]).x for side in (1, -1))
        left_end, right_end = (np.linalg.norm(x[:, None] - ends, axis=-1) for x in (left, right))
        # Each side flows to its own end of the unstable manifold.
        np.testing.assert_allclose(np.minimum(left_end, right_end), 0, atol=1e-6)
        assert (left_end.argmin(axis=1) != right_end.argmin(axis=1)).all()


def test_the_stable_manifold_of_a_separable_saddle_is_its_axis():
    wells = problem("double_well", dim=2)
    branches = stable_manifold(wells, [0.0, 1.0])
    path = branches.path[~np.isnan(branches.path[..., 0])]
    np.testing.assert_array_equal(path[:, 0], 0)
    assert path[:, 1].min() == pytest.approx(0, abs=1e-7)  # the maximum
    assert path[:, 1].max() > 2


def test_a_small_step_from_the_saddle_changes_no_end_on_a_sphere_or_modulo_rigid_motions():
    glass = problem("spherical_spin_glass", n=5, seed=1)
    points = critical_points(glass)
    where = destinations_of(glass, points.saddles[points.saddles.index == 1])
    assert (where.points.kind == Kind.MINIMUM).all()
    assert (where.end >= 0).all()
    np.testing.assert_allclose(np.linalg.norm(where.branches.start, axis=1), glass.manifold.radius, rtol=1e-12)

    cluster = problem("lennard_jones", atoms=5)
    points = critical_points(cluster, 300)
    where = destinations_of(cluster, points[points.index == 1])
    assert where.points.count_by_index() == {0: 1}  # the one minimum of five atoms
    assert where.points.value[0] == pytest.approx(-9.103852, abs=1e-6)


def test_the_octopus_leads_from_saddle_to_saddle():
    octopus = problem("octopus", dim=3)
    x = 4 * np.e * np.array([[0, 0, 0], [1, 0, 0], [1, -1, 0]])
    where = destinations_of(octopus, x)
    assert [where.points.index[where.of(row)].tolist() for row in range(3)] == [[1, 1], [1, 1], [0, 0]]
    np.testing.assert_allclose(where.branches.x[2:4], 4 * np.e * np.array([[1, 1, 0], [1, -1, 0]]), atol=1e-6)


def test_lines_that_have_no_end_lead_nowhere():
    where = destinations_of(problem("quadratic", eigenvalues=(-1.0, 1.0)), [[0.0, 0.0]])
    assert where.end.tolist() == [-1, -1]
    assert len(where.points) == 0
    assert where.of(0).size == 0
    assert "2 nowhere" in repr(where)
    empty = destinations_of(problem("himmelblau"), np.zeros((0, 2)))
    assert len(empty.branches) == 0


def test_a_point_found_by_a_search_is_near_enough():
    himmelblau = problem("himmelblau")
    saddle = critical_points(himmelblau).saddles.x[1]
    moved = unstable_manifold(himmelblau, saddle + 1e-9)
    np.testing.assert_allclose(moved.x, unstable_manifold(himmelblau, saddle).x, atol=1e-7)
    assert (classify(himmelblau, moved.x).kind == Kind.MINIMUM).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: unstable_manifold(f, [0.0, 0.0]), "^point 0 is not critical: its gradient is 26.1 long$"),
        (lambda f: unstable_manifold(f, [3.0, 2.0]), "^point 0 has index 0: no line leaves it$"),
        (lambda f: stable_manifold(f, [-0.270844590, -0.923038552]), "^point 0 has index 0: no line leaves it$"),
        (lambda f: unstable_manifold(f, [[3.0, 2.0]]), r"^saddle has shape \(1, 2\) but must be one point \(2,\)$"),
        (lambda f: destinations_of(f, [[3.0, 2.0]]), "^point 0 has index 0"),
        (lambda f: destinations_of(f, [[3.0, 2.0]], directions=-1), "^directions is -1 but must not be negative$"),
        (lambda f: destinations_of(f, [[3.0, 2.0]], directions=5), "^rng is None but must be a"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(problem("himmelblau"))
