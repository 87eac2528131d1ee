import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial.distance import pdist
from scipy.spatial.transform import Rotation

from landscape import classify
from landscape.problems import problem
from landscape.problems.lennard_jones import PAIR_DISTANCE


def starts(atoms, size, seed=0):
    return problem("lennard_jones", atoms=atoms).starts(np.random.default_rng(seed), size)


def relax(landscape, x):
    result = minimize(landscape.value, x, jac=landscape.gradient, method="BFGS", options={"gtol": 1e-7})
    point = result.x
    for _ in range(3):
        lam, vectors = np.linalg.eigh(landscape.hessian(point))
        keep = np.abs(lam) > 1e-3
        point = point - vectors[:, keep] @ ((vectors.T @ landscape.gradient(point))[keep] / lam[keep])
    return point


@pytest.mark.parametrize("atoms", [2, 3, 7, 13])
def test_value_is_the_pair_sum(atoms):
    landscape = problem("lennard_jones", atoms=atoms)
    for x in starts(atoms, 5):
        r = pdist(x.reshape(atoms, 3))
        assert landscape.value(x) == pytest.approx((4 * (r**-12 - r**-6)).sum(), rel=1e-11)


def test_invariance_under_permutation_rotation_reflection_and_translation():
    atoms = 7
    landscape = problem("lennard_jones", atoms=atoms)
    rng = np.random.default_rng(1)
    x = starts(atoms, 20)
    r = x.reshape(20, atoms, 3)
    turn = Rotation.random(random_state=3).as_matrix() @ np.diag([1.0, 1.0, -1.0])
    order = rng.permutation(atoms)
    moved = (r @ turn.T + rng.standard_normal(3))[:, order]
    np.testing.assert_allclose(landscape.value(moved.reshape(20, -1)), landscape.value(x), rtol=1e-10)
    turned_gradient = (landscape.gradient(x).reshape(20, atoms, 3) @ turn.T)[:, order].reshape(20, -1)
    scale = np.abs(turned_gradient).max(axis=1, keepdims=True)
    np.testing.assert_allclose(landscape.gradient(moved.reshape(20, -1)) / scale, turned_gradient / scale, atol=1e-10)


@pytest.mark.parametrize("atoms", [2, 3, 5, 8])
def test_zero_modes_lie_in_the_kernel_of_the_hessian_at_a_minimum(atoms):
    landscape = problem("lennard_jones", atoms=atoms)
    x = relax(landscape, starts(atoms, 1, seed=4)[0])
    assert np.abs(landscape.gradient(x)).max() < 1e-9
    modes = landscape.symmetry.zero_modes(x)
    hessian = landscape.hessian(x)
    assert np.abs(hessian @ modes).max() < 1e-8 * np.abs(hessian).max()
    rigid = 5 if atoms == 2 else 6
    lam = np.linalg.eigvalsh(hessian)
    assert (np.abs(lam[:rigid]) < 1e-8 * lam[-1]).all()
    assert (lam[rigid:] > 1e-3).all()


@pytest.mark.parametrize("atoms", [2, 3, 4, 5, 6, 7, 13])
def test_global_minimum(atoms):
    landscape = problem("lennard_jones", atoms=atoms)
    guesses = starts(atoms, 30, seed=2)
    if atoms == 6:  # the octahedron's basin is too narrow for a few random starts
        guesses = 0.8 * np.concatenate([np.eye(3), -np.eye(3)]).reshape(1, 18)
    lowest = min(landscape.value(relax(landscape, x)) for x in guesses)
    assert lowest == pytest.approx(landscape.truth.minimum_value, abs=1e-6)


def test_four_minima_of_seven_atoms():
    landscape = problem("lennard_jones", atoms=7)
    energies = np.array([landscape.value(relax(landscape, x)) for x in starts(7, 70, seed=5)])
    # Tsai & Jordan 1993: -16.505384, -15.935043, -15.593211, -15.533060.
    found = np.unique(np.round(energies[energies < -15.5], 4))
    np.testing.assert_allclose(found, [-16.5054, -15.9350, -15.5932, -15.5331], atol=1e-9)
    assert landscape.truth.counts == {0: 4, 1: 12}
    assert not landscape.truth.complete


def linear_chain(atoms):
    """The straight chain at rest, which is critical by symmetry."""
    gaps = np.full(atoms - 1, PAIR_DISTANCE)
    landscape = problem("lennard_jones", atoms=atoms)

    def place(gaps):
        x = np.zeros((atoms, 3))
        x[1:, 0] = np.cumsum(gaps)
        return x.ravel()

    result = minimize(lambda g: landscape.value(place(g)), gaps, method="Nelder-Mead", options={"xatol": 1e-12})
    return landscape, place(result.x)


def test_three_atoms_in_a_line_are_a_point_of_index_two():
    # Known height -2.031124.
    landscape, x = linear_chain(3)
    assert landscape.value(x) == pytest.approx(-2.031124, abs=1e-6)
    lam = np.linalg.eigvalsh(landscape.hessian(x))
    assert ((lam < -1e-2).sum(), (np.abs(lam) < 1e-4).sum(), (lam > 1e-2).sum()) == (2, 5, 2)
    assert landscape.truth.counts[2] == 1
    assert landscape.inside(x)


def test_four_atoms_in_a_square_are_critical():
    # A square of side a at rest: one of the stationary points of four atoms, energy -4.480620, index 2.
    landscape = problem("lennard_jones", atoms=4)
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], dtype=float)
    # dE/da = 0 with E = 4 V(a) + 2 V(sqrt(2) a): a^6 = 2 (4 + 2/64) / (4 + 2/8).
    side = (2 * (4 + 2 / 64) / (4 + 2 / 8)) ** (1 / 6)
    x = (side * corners).ravel()
    assert np.abs(landscape.gradient(x)).max() < 1e-12
    assert landscape.value(x) == pytest.approx(-4.480620, abs=1e-6)
    assert (np.linalg.eigvalsh(landscape.hessian(x)) < -1e-6).sum() == 2


def test_domain_admits_two_atoms_at_rest_and_nothing_wider():
    landscape = problem("lennard_jones", atoms=2)
    x = np.zeros((2, 6))
    x[:, 3] = PAIR_DISTANCE, 1.01 * PAIR_DISTANCE
    np.testing.assert_array_equal(landscape.inside(x), [True, False])
    chain = np.zeros((7, 3))
    chain[:, 0] = PAIR_DISTANCE * np.arange(7)
    assert problem("lennard_jones", atoms=7).inside(chain.ravel())


def test_atoms_in_one_place_are_infinitely_high_without_a_warning():
    landscape = problem("lennard_jones", atoms=4)
    x = starts(4, 3)
    x[:, 3:6] = x[:, :3]
    assert (landscape.value(x) == np.inf).all()
    x[:, 3] += [1e-20, 1e-30, 1e-160]
    assert (landscape.value(x) > 1e200).all()
    assert not np.isnan(landscape.value(x)).any()
    landscape.gradient(x)
    landscape.hessian(x)
    landscape.hvp(x, x)


def test_one_point_out_of_bounds_does_not_touch_the_others():
    landscape = problem("lennard_jones", atoms=5)
    x = starts(5, 3)
    expected = landscape.gradient(x[1:])
    x[0] = 0
    np.testing.assert_allclose(landscape.gradient(x)[1:], expected, rtol=1e-12)


@pytest.mark.parametrize("atoms", [2, 7, 20])
def test_starts_keep_their_distance(atoms):
    r = starts(atoms, 200).reshape(200, atoms, 3)
    assert min(pdist(cluster).min() for cluster in r) >= 0.6
    assert problem("lennard_jones", atoms=atoms).manifold.length_scale == 1.0


def test_complete_counts_and_the_rest():
    # Exhaustive searches for up to 6 atoms (for 6 with the centred pentagon below, which an earlier one had missed);
    # minima and index 1 from Doye & Wales 2002 above.
    assert problem("lennard_jones", atoms=6).truth.counts == {
        0: 2, 1: 3, 2: 13, 3: 24, 4: 30, 5: 26, 6: 16, 7: 5, 8: 1
    }  # fmt: skip
    assert sum(problem("lennard_jones", atoms=5).truth.counts.values()) == 23
    assert problem("lennard_jones", atoms=10).truth.counts == {0: 64, 1: 635}
    assert problem("lennard_jones", atoms=13).truth.counts is None
    assert problem("lennard_jones", atoms=14).truth is None
    with pytest.raises(ValueError, match="atoms is 1 but must be at least 2"):
        problem("lennard_jones", atoms=1)


def test_a_regular_pentagon_round_its_centre_is_critical_for_six_atoms():
    # By symmetry the force on every atom is radial, so that the radius alone decides: with distances 1, s, d in units
    # of it, f = 4 (A r^-12 - B r^-6) has its zero slope at r^6 = 2 A / B and the value -B^2 / A there.
    side, across = 2 * np.sin(np.pi / 5), 2 * np.sin(2 * np.pi / 5)
    a = 5 * (1 + side**-12.0 + across**-12.0)
    b = 5 * (1 + side**-6.0 + across**-6.0)
    radius = (2 * a / b) ** (1 / 6)
    angle = 2 * np.pi * np.arange(5) / 5
    ring = radius * np.stack([np.cos(angle), np.sin(angle), np.zeros(5)], axis=-1)
    point = classify(problem("lennard_jones", atoms=6), np.concatenate([[[0, 0, 0]], ring]).ravel())
    assert point.value[0] == pytest.approx(-(b**2) / a, rel=1e-13)
    assert (point.index[0], point.nullity[0], point.orbit_dimension[0]) == (5, 0, 6)
