"""Eigenvector following: a search for index k ends at points of index k."""

import math

import numpy as np
import pytest

from landscape import EigenvectorFollowing, Kind, SearchStatus, classify, find_critical_points, problem, search
from landscape.critical.trust_region import GradientNorms
from landscape.spectrum.dense import TangentSystem


def first_step(method, landscape, system, radius):
    """The first step of a single search."""
    return method.propose(landscape, system, radius, method.init(landscape, system.gradient))[0].step[0]


def find(landscape, index, size, max_steps=500, seed=0):
    x = landscape.starts(np.random.default_rng(seed), size)
    return find_critical_points(landscape, x, EigenvectorFollowing(index), max_steps)


@pytest.mark.parametrize(("name", "counts"), [("himmelblau", [4, 4, 1]), ("six_hump_camel", [6, 7, 2])])
def test_every_index_of_a_plane(name, counts):
    landscape = problem(name)
    for index, count in enumerate(counts):
        assert find(landscape, index, 400).count_by_index() == {index: count}


@pytest.mark.parametrize("index", range(5))
def test_styblinski_tang_has_binomially_many(index):
    # Separable: a coordinate that has settled stays where it is when another's mode becomes the lower one, so that
    # some searches end at points of other indices. They are found out by classification, not taken for index k.
    landscape = problem("styblinski_tang", dim=4)
    counts = find(landscape, index, 600).count_by_index()
    truth = {k: math.comb(4, k) * 2 ** (4 - k) for k in range(5)}
    assert counts[index] == truth[index]
    assert all(counts[k] <= truth[k] for k in counts)


@pytest.mark.parametrize("index", range(4))
def test_eigenvectors_are_found_in_order_on_the_sphere(index):
    # p = 2: the critical points are the eigenvectors of the couplings, two of each index.
    glass = problem("spherical_spin_glass", p=2, n=4, seed=5)
    points = find(glass, index, 60)
    assert points.count_by_index() == {index: 2}
    np.testing.assert_allclose(points.value, np.linalg.eigvalsh(glass.hessian(points.x[0]) / 2)[index], rtol=1e-10)


# Doye & Wales's counts, recomputed by an independent exhaustive search.
LJ4 = {0: [-6.0], 1: [-5.073421], 2: [-4.48062, -4.076813], 3: [-3.221918], 4: [-3.065136]}


@pytest.mark.parametrize("index", range(3))
def test_lennard_jones_4(index):
    points = find(problem("lennard_jones", atoms=4), index, 300)
    sought = points[points.index == index]
    np.testing.assert_allclose(sought.value, LJ4[index], atol=1e-6)
    assert sought.found.sum() > 0.9 * points.found.sum()


def test_lennard_jones_7_minima():
    points = find(problem("lennard_jones", atoms=7), 0, 200)
    assert points.count_by_index() == {0: 4}
    # Doye, Miller & Wales, J. Chem. Phys. 111, 8417 (1999): the four minima of LJ7.
    np.testing.assert_allclose(points.value, [-16.505384, -15.935043, -15.593211, -15.533060], atol=1e-6)


@pytest.mark.slow
def test_lennard_jones_7_saddles():
    points = find(problem("lennard_jones", atoms=7), 1, 2000)
    # A symmetric cluster's two lowest modes can be degenerate; climbed in turn, they lead to a saddle of index 2.
    assert points.count_by_index()[1] == 12
    assert set(points.count_by_index()) <= {1, 2}
    assert (points.orbit_dimension == 6).all()
    assert (points.nullity == 0).all()


@pytest.mark.parametrize("index", [0, 1, 2])
def test_on_a_quadratic_it_goes_to_the_one_index_there_is(index):
    # Along a mode of the wrong sign the step leads away for ever: no critical point is made up.
    landscape = problem("quadratic", eigenvalues=(1.0, -2.0))
    runs = search(landscape, landscape.starts(np.random.default_rng(0), 20), EigenvectorFollowing(index), 200)
    if index == 1:
        assert (runs.status == SearchStatus.CONVERGED).all()
        np.testing.assert_allclose(runs.x, 0, atol=1e-9)
    else:
        assert np.isin(runs.status, (SearchStatus.STEP_LIMIT, SearchStatus.LEFT_DOMAIN)).all()


def test_near_a_saddle_of_its_index_the_step_is_newtons():
    rng = np.random.default_rng(0)
    vectors = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    hessian = vectors @ np.diag([-2.0, 1.0, 3.0, 7.0]) @ vectors.T
    g = 1e-6 * rng.standard_normal(4)
    none = np.zeros((1, 4, 0))
    system = TangentSystem(g[None], hessian[None], np.eye(4)[None], none, none)
    landscape = problem("quadratic", eigenvalues=(1.0,) * 4)
    step = first_step(EigenvectorFollowing(1), landscape, system, np.array([1.0]))
    np.testing.assert_allclose(step, -np.linalg.solve(hessian, g), rtol=1e-6)
    short = first_step(EigenvectorFollowing(1), landscape, system, np.array([1e-8]))
    assert np.linalg.norm(short) == pytest.approx(1e-8)


def test_each_mode_is_climbed_or_descended():
    rng = np.random.default_rng(1)
    hessian = rng.standard_normal((5, 5))
    hessian += hessian.T
    g = rng.standard_normal(5)
    none = np.zeros((1, 5, 0))
    system = TangentSystem(g[None], hessian[None], np.eye(5)[None], none, none)
    landscape = problem("quadratic", eigenvalues=(1.0,) * 5)
    modes = np.linalg.eigh(hessian)[1]
    for index in range(6):
        step = first_step(EigenvectorFollowing(index), landscape, system, np.array([100.0]))
        work = (modes.T @ step) * (modes.T @ g)
        assert (work[:index] > 0).all()
        assert (work[index:] < 0).all()
        assert (np.abs(modes.T @ step) <= landscape.manifold.length_scale).all()


def test_convergence_near_the_saddle_is_quadratic():
    himmelblau = problem("himmelblau")
    saddle = find(himmelblau, 1, 100).x[0]
    method = EigenvectorFollowing(1)
    e = [np.linalg.norm(search(himmelblau, saddle + 0.05, method, k).x - saddle) for k in range(7)]
    e = np.array([x for x in e if x > 1e-11])
    assert len(e) >= 3
    assert (e[2:] < 5 * e[1:-1] ** 2).all()


def test_bad_indices_are_named():
    with pytest.raises(ValueError, match=r"^index is -1 but must not be negative$"):
        EigenvectorFollowing(-1)
    with pytest.raises(ValueError, match=r"^index is 3 but the landscape has only 2 directions$"):
        search(problem("himmelblau"), [[0.0, 0.0]], EigenvectorFollowing(3))


def test_an_index_that_symmetry_leaves_no_room_for_is_not_met():
    # Two atoms: one vibration, five rigid motions; there is no point of index 2.
    points = find(problem("lennard_jones", atoms=2), 2, 20, max_steps=100)
    assert len(points) == 0


def test_maxima_of_a_sphere():
    glass = problem("spherical_spin_glass", p=3, n=3, seed=0)
    points = find(glass, 2, 100)
    assert (points.kind == Kind.MAXIMUM).all()
    assert (classify(glass, -points.x).kind == Kind.MINIMUM).all()  # f(-x) = -f(x) for odd p


def test_a_step_that_the_model_does_not_foresee_is_refused():
    norms = GradientNorms(
        before=np.full(4, 2.0), after=np.ones(4), expected=np.ones(4), deviation=np.array([3.0, 1.5, 0.6, 0.1])
    )
    accepted, factor = EigenvectorFollowing(1).judge(norms)
    assert accepted.tolist() == [False, True, True, True]
    assert factor.tolist() == [0.5, 0.5, 1.0, 1.5]


@pytest.mark.parametrize(
    ("name", "parameters", "index"),
    [("styblinski_tang", {"dim": 2}, 1), ("rastrigin", {"dim": 3}, 2), ("lennard_jones", {"atoms": 5}, 3)],
)
def test_a_search_never_rests_at_a_point_of_another_index(name, parameters, index):
    # Coordinates that separate, and symmetric structures, lead searches along stable manifolds of other points.
    landscape = problem(name, **parameters)
    starts = landscape.starts(np.random.default_rng(0), 300)
    found = find_critical_points(landscape, starts, EigenvectorFollowing(index), 150)
    assert found.found.sum() > 30
    assert (found.index == index).all()


def test_a_search_leaves_a_minimum_that_it_starts_at():
    camel = problem("six_hump_camel")
    minima = find_critical_points(camel, camel.starts(np.random.default_rng(0), 200), EigenvectorFollowing(0))
    found = find_critical_points(camel, minima.x, EigenvectorFollowing(1))
    assert found.found.sum() >= 3
    assert (found.index == 1).all()
