"""Thomson's problem: known structures, published energies, and the Morse sum of M_{0,N}."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.spatial.transform import Rotation

from landscape import EigenvectorFollowing, classify, explore, find_critical_points, problem

# Independent computation by two methods, N = 3 to 8: (-1)^(N - 3) (N - 3)!.
EULER = {3: 1, 4: -1, 5: 2, 6: -6, 7: 24, 8: -120}

# Wales & Ulker 2006 and the tables of Thomson's problem.
ENERGIES = {
    4: 3.674234614,
    5: 6.474691495,
    6: 9.985281374,
    7: 14.452977414,
    8: 19.675287861,
    9: 25.759986531,
    10: 32.716949460,
    12: 49.165253058,
}

PHI = (1 + np.sqrt(5)) / 2


def ring(n, height=0.0):
    angle = 2 * np.pi * np.arange(n) / n
    radius = np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.full(n, height)], axis=-1)


def on_sphere(*parts):
    r = np.concatenate([np.atleast_2d(p) for p in parts]).astype(float)
    return r / np.linalg.norm(r, axis=1, keepdims=True)


POLES = [[0, 0, 1], [0, 0, -1]]
RECTANGLES = np.array([[0, a, b * PHI] for a in (1, -1) for b in (1, -1)])

# Critical by symmetry alone, with the order of the point group and the index.
STRUCTURES = {
    "antipodes": (on_sphere(POLES), None, 0),
    "triangle": (ring(3), 12, 0),
    "square": (ring(4), 16, 1),
    "tetrahedron": (on_sphere([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]), 24, 0),
    "triangular bipyramid": (on_sphere(ring(3), POLES), 12, 0),
    "pentagon": (ring(5), 20, 2),
    "octahedron": (on_sphere(ring(4), POLES), 48, 0),
    "hexagon": (ring(6), 24, 3),
    "pentagonal bipyramid": (on_sphere(ring(5), POLES), 20, 0),
    "cube": (on_sphere([[a, b, c] for a in (1, -1) for b in (1, -1) for c in (1, -1)]), 48, None),
    "icosahedron": (on_sphere(*(np.roll(RECTANGLES, k, axis=1) for k in range(3))), 120, 0),
}
every_structure = pytest.mark.parametrize(("r", "order", "index"), STRUCTURES.values(), ids=STRUCTURES.keys())


@pytest.mark.parametrize("charges", [2, 5, 12])
def test_value_is_the_pair_sum(charges):
    landscape = problem("thomson", charges=charges)
    for x in landscape.starts(np.random.default_rng(0), 5):
        assert landscape.value(x) == pytest.approx((1 / pdist(x.reshape(charges, 3))).sum(), rel=1e-13)


@pytest.mark.parametrize("charges", [2, 7])
def test_derivatives_are_those_of_the_value(charges):
    landscape = problem("thomson", charges=charges)
    rng = np.random.default_rng(1)
    x, v = landscape.starts(rng, 20), rng.standard_normal((20, 3 * charges))
    gaps = np.array([pdist(p.reshape(charges, 3)).min() for p in x])
    x, v = x[gaps > 0.2], v[gaps > 0.2]
    h = 1e-5
    slope = (landscape.value(x + h * v) - landscape.value(x - h * v)) / (2 * h)
    np.testing.assert_allclose((landscape.gradient(x) * v).sum(axis=1), slope, rtol=1e-5, atol=1e-6)
    change = (landscape.gradient(x + h * v) - landscape.gradient(x - h * v)) / (2 * h)
    np.testing.assert_allclose(landscape.hvp(x, v), change, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(landscape.hvp(x, v), (landscape.hessian(x) @ v[..., None])[..., 0], rtol=1e-10)


def test_invariance_under_permutation_rotation_and_reflection_but_not_translation():
    charges = 6
    landscape = problem("thomson", charges=charges)
    rng = np.random.default_rng(2)
    r = landscape.starts(rng, 10).reshape(10, charges, 3)
    turn = Rotation.random(random_state=3).as_matrix() @ np.diag([1.0, 1.0, -1.0])
    moved = (r @ turn.T)[:, rng.permutation(charges)].reshape(10, -1)
    np.testing.assert_allclose(landscape.value(moved), landscape.value(r.reshape(10, -1)), rtol=1e-12)
    assert (landscape.symmetry.distance(landscape.manifold, moved, r.reshape(10, -1)) < 1e-12).all()
    modes = landscape.symmetry.zero_modes(moved)
    assert modes.shape == (10, 18, 3)
    flat = landscape.manifold.project(moved, modes[..., 0])
    np.testing.assert_allclose(flat, modes[..., 0], atol=1e-12)  # rotations stay on the sphere
    slopes = (landscape.gradient(moved)[..., None] * modes).sum(axis=1)
    assert np.abs(slopes).max() < 1e-9 * np.abs(landscape.gradient(moved)).max()


@every_structure
def test_symmetric_structures_are_critical_and_stand_for_their_isomers(r, order, index):
    n = len(r)
    points = classify(problem("thomson", charges=n), r.ravel())
    assert points.gradient_norm[0] < 1e-13
    assert points.decided[0]
    isomers = 1 if order is None else 2 * math.factorial(n) // order
    assert points.orbit_size.tolist() == [isomers]
    assert points.orbit_dimension.tolist() == [2 if order is None else 3]
    assert index is None or points.index.tolist() == [index]


def test_energies_of_regular_structures_in_closed_form():
    def energy(name):
        r = STRUCTURES[name][0]
        return problem("thomson", charges=len(r)).value(r.ravel())

    assert energy("triangle") == pytest.approx(np.sqrt(3), rel=1e-15)
    assert energy("tetrahedron") == pytest.approx(6 / np.sqrt(8 / 3), rel=1e-15)
    assert energy("octahedron") == pytest.approx(12 / np.sqrt(2) + 3 / 2, rel=1e-15)
    assert energy("triangular bipyramid") == pytest.approx(6 / np.sqrt(2) + np.sqrt(3) + 1 / 2, rel=1e-15)
    assert energy("pentagon") == pytest.approx(2.5 / np.sin(np.pi / 5) + 2.5 / np.sin(2 * np.pi / 5), rel=1e-14)
    assert energy("icosahedron") == pytest.approx(ENERGIES[12], abs=1e-9)


@pytest.mark.parametrize("charges", sorted(ENERGIES))
def test_the_published_lowest_energy_is_found_and_stated(charges):
    landscape = problem("thomson", charges=charges)
    starts = landscape.starts(np.random.default_rng(4), 20)
    points = find_critical_points(landscape, starts, EigenvectorFollowing(0))
    assert points.minima.value.min() == pytest.approx(ENERGIES[charges], abs=1e-9)
    assert landscape.truth.minimum_value == pytest.approx(ENERGIES[charges], abs=1e-9)


@pytest.mark.parametrize("charges", [*range(2, 6), *(pytest.param(n, marks=pytest.mark.slow) for n in (6, 7, 8, 9))])
def test_exploration_finds_every_class_and_the_morse_sum_is_that_of_the_moduli_space(charges):
    landscape = problem("thomson", charges=charges)
    points = explore(landscape, np.random.default_rng(charges))
    assert points.count_by_index() == landscape.truth.counts
    assert points.completeness.violated == ()
    assert points.euler.holds is True
    if charges in EULER:
        assert points.euler.expected == EULER[charges]


def test_five_charges():
    landscape = problem("thomson", charges=5)
    points = find_critical_points(landscape, landscape.starts(np.random.default_rng(6), 300))
    np.testing.assert_allclose(points.value, [6.474691, 6.483661, 6.881910], atol=1e-6)  # independent computation
    assert points.index.tolist() == [0, 1, 2]
    assert points.orbit_size.tolist() == [20, 30, 12]
    assert (points.euler.found, points.euler.expected) == (2, 2)
    assert points.completeness.sentences()[0] == "Morse sum 2 over the 62 points that these stand for, as it must be"
    # The law sees any class that is missing.
    for row in range(3):
        rest = points[np.arange(3) != row]
        assert rest.euler.holds is False
        assert rest.completeness.violated


@pytest.mark.parametrize("charges", [3, 4, 5, 8, 12, 20])
def test_betti_numbers_count_points_over_finite_fields(charges):
    # M_{0,N} has (q - 2)(q - 3)...(q - N + 2) points over the field of q elements, and its homology is pure: the
    # coefficients are the Betti numbers with alternating signs.
    polynomial = [1]
    for root in range(2, charges - 1):
        polynomial = [a - root * b for a, b in zip([*polynomial, 0], [0, *polynomial], strict=True)]
    betti = [abs(c) for c in polynomial]
    landscape = problem("thomson", charges=charges)
    assert landscape.betti_numbers == (*betti, *[0] * (2 * charges + 1 - len(betti)))
    assert landscape.euler_characteristic == (-1) ** (charges - 3) * math.factorial(charges - 3)


def test_beyond_twenty_charges_nothing_is_expected():
    landscape = problem("thomson", charges=21)
    assert landscape.euler_characteristic is None
    assert landscape.truth is None


def test_charges_that_meet_are_infinitely_high_and_outside():
    landscape = problem("thomson", charges=4)
    x = landscape.starts(np.random.default_rng(7), 3)
    assert landscape.inside(x).all()
    expected = landscape.gradient(x[1:])
    x[0, 3:6] = x[0, :3]
    assert landscape.value(x)[0] == np.inf
    assert landscape.inside(x).tolist() == [False, True, True]
    np.testing.assert_allclose(landscape.gradient(x)[1:], expected, rtol=1e-12)
    landscape.hessian(x)
    landscape.hvp(x, x)


def test_one_charge_is_refused():
    with pytest.raises(ValueError, match="charges is 1 but must be at least 2"):
        problem("thomson", charges=1)
