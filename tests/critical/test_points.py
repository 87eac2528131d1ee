"""`CriticalPoints`: selections, counts, the Morse sum, the order, the table."""

import math
from dataclasses import replace

import numpy as np
import pytest

from landscape import CriticalPoints, Euclidean, Kind, Landscape, SignFlip, classify, find_critical_points, problem


@pytest.fixture(scope="module")
def himmelblau_points():
    himmelblau = problem("himmelblau")
    return find_critical_points(himmelblau, himmelblau.starts(np.random.default_rng(0), 200))


def test_selections_by_kind(himmelblau_points):
    points = himmelblau_points
    sizes = [len(part) for part in (points.minima, points.saddles, points.maxima, points.degenerate)]
    assert sizes == [4, 4, 1, 0]
    assert isinstance(points.minima, CriticalPoints)
    assert (points.saddles.kind == Kind.SADDLE).all()


def test_the_morse_sum_of_a_confining_function_is_one(himmelblau_points):
    euler = himmelblau_points.euler
    assert (euler.found, euler.expected, euler.holds) == (1, 1, True)
    missing_one = himmelblau_points[himmelblau_points.kind != Kind.MAXIMUM]
    assert (missing_one.euler.found, missing_one.euler.holds) == (0, False)


def test_a_degenerate_point_leaves_the_morse_sum_open():
    points = classify(problem("monkey_saddle").with_options(confining=True), [0.0, 0.0])
    assert (points.euler.found, points.euler.expected, points.euler.degenerate) == (0, 1, 1)
    assert points.euler.holds is None


def test_nothing_is_expected_of_an_unconfined_function_or_an_infinite_group():
    assert classify(problem("quadratic", eigenvalues=(1.0, -1.0)), [0.0, 0.0]).euler.holds is None
    lennard_jones = problem("lennard_jones", atoms=2).with_options(equivariant_betti=None)
    assert classify(lennard_jones, [0, 0, 0, 2 ** (1 / 6), 0, 0]).euler.expected is None


def test_points_modulo_a_sign_count_for_their_whole_orbit():
    # 27 points of the double well are 14 modulo the sign: the origin alone, the others in pairs.
    well = problem("double_well", dim=3)
    half = well.with_options(symmetry=SignFlip())
    starts = well.starts(np.random.default_rng(0), 300)
    points, all_points = find_critical_points(half, starts), find_critical_points(well, starts)
    assert (len(points), len(all_points)) == (14, 27)
    assert points.orbit_size.sum() == 27
    assert points.orbit_size[points.index == 3].tolist() == [1]
    assert points.euler.found == all_points.euler.found == points.euler.expected == 1


def equivariant_betti(atoms):
    """Of atoms that do not meet, modulo rigid motions: prod_{k < N} (1 + k t^2) / (1 - t^4), to the dimension 3 N.

    The numerator is the Poincare polynomial of N distinct points in space (Cohen 1976, Lecture Notes in Math. 533),
    the denominator that of the classifying space of the rotations; in even degrees only, the two multiply."""
    series = np.zeros(3 * atoms + 1, dtype=object)
    series[::4] = 1
    for k in range(1, atoms):
        series[2:] += k * series[:-2]
    return tuple(series.tolist())


@pytest.mark.parametrize("atoms", [2, 3, 4])
def test_linear_clusters_count_with_the_circle_that_leaves_them_alone(atoms):
    # A pair potential repels where atoms meet, and at a distance attracts: the configuration space has no other ends.
    cluster = problem("lennard_jones", atoms=atoms)
    cluster = cluster.with_options(equivariant_betti=equivariant_betti(atoms))
    points = find_critical_points(cluster, cluster.starts(np.random.default_rng(0), 500))
    assert points.count_by_index() == {k: c for k, c in cluster.truth.counts.items() if c}
    linear = points.orbit_dimension == 5
    assert points.index[linear].tolist() == [2 * (atoms - 2)]
    assert points.euler.holds is True
    assert points.completeness.violated == ()
    # Independently, by strata: the orbit space has the characteristic N!/2 (H_N + 3/2 - N), to which a linear cluster
    # with b pairs of downward bends adds 1 - b.
    sign = (-1) ** points.index * points.orbit_size
    by_strata = sign[~linear].sum() + (points.orbit_size * (1 - points.index // 2))[linear].sum()
    harmonic = sum(1 / k for k in range(1, atoms + 1))
    assert by_strata == round(math.factorial(atoms) / 2 * (harmonic + 1.5 - atoms))
    # Any class that is missing shows.
    for row in range(len(points)):
        assert points[np.arange(len(points)) != row].euler.holds is False


def test_a_landscape_states_one_betti_number_for_each_dimension():
    with pytest.raises(ValueError, match="equivariant_betti has 3 numbers but the manifold has 7 dimensions"):
        problem("lennard_jones", atoms=2).with_options(equivariant_betti=(1, 0, 1))


def test_morse_sums_beyond_64_bits_are_exact():
    # 20! 2 isomers each: three of them outgrow a 64-bit integer.
    cluster = problem("thomson", charges=20)
    points = classify(cluster, cluster.starts(np.random.default_rng(1), 4))
    decided = replace(points, kind=np.full(4, Kind.SADDLE), index=np.array([0, 2, 4, 4]))
    assert decided.orbit_size.tolist() == [2 * math.factorial(20)] * 4
    assert decided.euler.found == 8 * math.factorial(20)
    assert decided.completeness.represented == 8 * math.factorial(20)


def test_points_are_sorted_by_index_value_and_position(himmelblau_points):
    points = himmelblau_points
    assert (np.diff(points.index) >= 0).all()
    for index in range(3):
        part = points[points.index == index]
        assert (np.diff(part.value) >= -1e-8).all()
    # The four minima share the value 0: their positions decide.
    assert (np.diff(points.minima.x[:, 0]) > 0).all()
    shuffled = points[np.random.default_rng(1).permutation(len(points))]
    np.testing.assert_array_equal(shuffled.sorted().x, points.x)


@pytest.mark.parametrize("x_scale", [1e-9, 1e9])
@pytest.mark.parametrize("scale", [1e-13, 1e13])
def test_the_order_holds_in_any_units(scale, x_scale):
    himmelblau = problem("himmelblau")
    scaled = Landscape.from_function(
        lambda x: scale * himmelblau.value(x / x_scale),
        lambda x: scale / x_scale * himmelblau.gradient(x / x_scale),
        lambda x: scale / x_scale**2 * himmelblau.hessian(x / x_scale),
        manifold=Euclidean(2, (-6.0 * x_scale, 6.0 * x_scale)),
    )
    points = find_critical_points(scaled, x_scale * himmelblau.starts(np.random.default_rng(0), 200))
    part = points[points.index == 1]
    assert (np.diff(part.value) > 0).all()
    assert (np.diff(points.minima.x[:, 0]) > 0).all()


def test_the_table(himmelblau_points):
    text = repr(himmelblau_points)
    lines = text.splitlines()
    assert lines[0] == "9 critical points"
    assert lines[3].split()[:3] == ["1", "4", "13.3119"]
    assert "Morse sum: found 1, expected 1" in lines
    assert lines[-1] == "searches: 200 converged"
    assert "degenerate: 1" in repr(classify(problem("monkey_saddle"), [0.0, 0.0]))
    nothing = himmelblau_points[:0]
    assert repr(nothing).splitlines()[0] == "0 critical points"
    assert nothing.count_by_index() == {}


def test_non_critical_points_are_counted_nowhere():
    himmelblau = problem("himmelblau")
    points = classify(himmelblau, [[3.0, 2.0], [0.5, 0.5]])
    assert points.count_by_index() == {0: 1}
    assert points.euler.found == 1
    repr(points)
