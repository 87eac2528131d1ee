"""High-index saddle dynamics: its attractors, how often it arrives, and what it does not depend on."""

import tracemalloc

import numpy as np
import pytest
from scipy.linalg import eigvalsh_tridiagonal

from landscape import (
    Euclidean,
    Landscape,
    SaddleDynamics,
    SearchStatus,
    Sphere,
    classify,
    find_critical_points,
    problem,
    search,
)
from landscape.critical.search import Search


def without_hessian(landscape):
    """The same landscape, whose dense Hessian fails when it is asked for."""

    def refuse(x):
        raise AssertionError("a matrix-free method asked for the Hessian")

    return landscape.with_options(hessian=refuse, hvp=landscape.hvp)


def starts(landscape, size, seed=0):
    return landscape.starts(np.random.default_rng(seed), size)


# Of 300 searches from other starts at least 293 arrived in every case but the last two; with a true rate of 97 % the
# chance of fewer than 85 in 100 is 1e-8. Of the last two a fifth and a third did, for from most starts the reflected
# gradient leads up to infinity; the chance of fewer than 5 and 10 in 100 is below 1e-5.
@pytest.mark.parametrize(
    ("name", "parameters", "index", "floor"),
    [
        *(("xy_chain", {"n": 7}, k, 85) for k in (1, 2, 3, 4)),
        *(("xy_chain", {"n": 11}, k, 85) for k in (1, 2, 3, 4)),
        *(("lennard_jones", {"atoms": 7}, k, 85) for k in (1, 2, 3, 4)),
        *(("spherical_spin_glass", {"n": 10, "seed": 0}, k, 85) for k in (1, 2, 3, 4)),
        ("himmelblau", {}, 1, 85),
        ("himmelblau", {}, 2, 5),
        ("rosenbrock", {"dim": 10}, 1, 10),
    ],
)
def test_it_arrives_and_only_at_points_of_its_index(name, parameters, index, floor):
    landscape = problem(name, **parameters)
    runs = search(without_hessian(landscape), starts(landscape, 100), SaddleDynamics(index), 300).converged()
    points = classify(landscape, runs.x)
    assert points.decided.all()
    assert (points.index == index).all()
    assert len(points) >= floor


def test_it_finds_every_point_of_its_index():
    himmelblau = problem("himmelblau")
    assert find_critical_points(himmelblau, starts(himmelblau, 300), SaddleDynamics(1)).count_by_index() == {1: 4}
    ring = problem("xy_chain", n=5)
    for k, count in ring.truth.counts.items():
        if k > 0:
            assert find_critical_points(ring, starts(ring, 300), SaddleDynamics(k)).count_by_index() == {k: count}


def test_on_a_quadratic_it_arrives_if_and_only_if_the_index_is_right():
    landscape = problem("quadratic", eigenvalues=(-3.0, -2.0, -0.1, 0.5, 1.0, 7.0))
    for index in range(1, 7):
        runs = search(landscape, starts(landscape, 10), SaddleDynamics(index), 300)
        expected = SearchStatus.CONVERGED if index == 3 else SearchStatus.LEFT_DOMAIN
        assert (runs.status == expected).all()


@pytest.mark.parametrize("index", [1, 2, 3])
def test_it_leaves_critical_points_of_another_index(index):
    glass = problem("spherical_spin_glass", n=6, seed=1)
    points = find_critical_points(glass, starts(glass, 300))
    others = points[points.index != index]
    push = 1e-6 * np.random.default_rng(1).standard_normal(others.x.shape)
    runs = search(glass, others.x + push, SaddleDynamics(index), 300)
    assert len(others) > 10
    arrived = classify(glass, runs.converged().x)
    assert (arrived.index == index).all()
    assert len(arrived) >= 0.8 * len(others)


def test_it_returns_to_a_point_of_its_index():
    glass = problem("spherical_spin_glass", n=8, seed=1)
    for index in (1, 3):
        points = find_critical_points(glass, starts(glass, 100), SaddleDynamics(index))
        push = 1e-4 * np.random.default_rng(1).standard_normal(points.x.shape)
        runs = search(glass, points.x + push, SaddleDynamics(index), 100)
        assert (runs.status == SearchStatus.CONVERGED).all()
        assert glass.manifold.distance(runs.x, points.x).max() < 1e-8


def test_zero_modes_are_not_climbed():
    cluster = problem("lennard_jones", atoms=4)
    points = find_critical_points(cluster, starts(cluster, 60), SaddleDynamics(1))
    assert points.count_by_index() == {1: 1}
    assert points.value[0] == pytest.approx(-5.073421, abs=1e-6)  # Doye & Wales 2002


@pytest.mark.parametrize(("atoms", "index"), [(3, 1), (4, 3), (5, 5)])
def test_clusters_in_a_line_have_a_mode_that_a_search_cannot_see(atoms, index):
    # Until the atoms stand exactly in a line one of their bendings is a rotation about it: the index is one higher.
    cluster = problem("lennard_jones", atoms=atoms)
    runs = search(cluster, starts(cluster, 60), SaddleDynamics(index), 100)
    assert (classify(cluster, runs.converged().x).index == index).all()
    stuck = runs[(runs.status == SearchStatus.STEP_LIMIT) & (runs.gradient_norm < 1e-9)]
    assert len(stuck) > 0
    assert (classify(cluster, stuck.x).index == index + 1).all()


def test_where_a_torus_wraps_round_does_not_matter():
    ring = problem("xy_chain", n=9)
    shift = np.linspace(0.3, 5.9, ring.dim)
    moved = ring.with_options(
        gradient=lambda x: ring.gradient(x - shift),
        hessian=lambda x: ring.hessian(x - shift),
        hvp=lambda x, v: ring.hvp(x - shift, v),
    )
    x = starts(ring, 50)
    for index in (1, 3):
        here = search(ring, x, SaddleDynamics(index), 5).x
        there = search(moved, x + shift, SaddleDynamics(index), 5).x
        assert (np.abs(here + shift - there) > 3).any()  # some coordinates have wrapped round in one, not in the other
        # A direction that is all but dependent on others may lose ten of its sixteen digits.
        assert ring.manifold.distance(here + shift, there).max() < 1e-6


def rotated(landscape, rotation, manifold):
    """The landscape in coordinates y = R x."""
    return Landscape(
        name="rotated",
        manifold=manifold,
        value=lambda y: landscape.value(y @ rotation),
        gradient=lambda y: landscape.gradient(y @ rotation) @ rotation.T,
        hessian=lambda y: rotation @ landscape.hessian(y @ rotation) @ rotation.T,
        hvp=lambda y, v: landscape.hvp(y @ rotation, v @ rotation) @ rotation.T,
    )


@pytest.mark.parametrize(
    ("name", "parameters", "index"),
    [
        ("spherical_spin_glass", {"n": 8, "seed": 2}, 2),
        ("rosenbrock", {"dim": 6}, 1),
        ("styblinski_tang", {"dim": 5}, 3),
    ],
)
def test_steps_rotate_with_the_coordinates(name, parameters, index):
    landscape = problem(name, **parameters)
    n = landscape.dim
    rotation = np.linalg.qr(np.random.default_rng(3).standard_normal((n, n)))[0]
    # A box does not rotate, but its length scale is all that a search takes from it.
    turned = rotated(landscape, rotation, landscape.manifold)
    method = SaddleDynamics(index)
    x = starts(landscape, 40)
    run = Search(x, landscape.gradient(x), np.full(len(x), 0.1 * landscape.diagonal), x)
    memory = method.init(landscape, x)
    run_turned = run._replace(x=x @ rotation.T, gradient=turned.gradient(x @ rotation.T), start=x @ rotation.T)
    memory_turned = memory._replace(directions=memory.directions @ rotation.T)
    for _ in range(6):
        run, memory, status = method.step(landscape, run, memory)
        run_turned, memory_turned, status_turned = method.step(turned, run_turned, memory_turned)
        np.testing.assert_array_equal(status, status_turned)
        np.testing.assert_allclose(run_turned.x, run.x @ rotation.T, atol=1e-7 * landscape.diagonal)


def test_a_rotated_landscape_has_the_same_saddles():
    glass = problem("spherical_spin_glass", n=6, seed=4)
    rotation = np.linalg.qr(np.random.default_rng(5).standard_normal((6, 6)))[0]
    turned = rotated(glass, rotation, Sphere(6))
    for index in (1, 2):
        here = find_critical_points(glass, starts(glass, 400), SaddleDynamics(index))
        there = find_critical_points(turned, starts(turned, 400, seed=9), SaddleDynamics(index))
        np.testing.assert_allclose(there.value, here.value, atol=1e-9)


@pytest.mark.parametrize("index", [1, 2, 5])
def test_a_step_takes_a_gradient_and_two_products_a_direction(index):
    glass = problem("spherical_spin_glass", n=20, seed=0)
    counts = {"gradients": 0, "products": 0}

    def gradient(x):
        counts["gradients"] += len(x)
        return glass.gradient(x)

    def hvp(x, v):
        counts["products"] += v.size // v.shape[-1]
        return glass.hvp(x, v)

    counted = without_hessian(glass.with_options(gradient=gradient, hvp=hvp))
    search(counted, starts(glass, 3), SaddleDynamics(index), 4)
    assert counts == {"gradients": 3 + 4 * 3, "products": 4 * 3 * 2 * (index + 3)}


def chain_of_double_wells(n, coupling):
    """f = sum of (x_i^2 - 1)^2 / 4, and coupling / 2 times the sum of (x_{i+1} - x_i)^2, by products alone."""

    def bonds(x):
        return -np.diff(coupling * np.diff(x), prepend=0.0, append=0.0)

    def refuse(x):
        raise AssertionError("a dense Hessian does not fit")

    return Landscape(
        name="chain",
        manifold=Euclidean(n, (-1.5, 1.5)),
        value=lambda x: ((x * x - 1) ** 2 / 4).sum(axis=-1) + coupling / 2 * (np.diff(x) ** 2).sum(axis=-1),
        gradient=lambda x: x * (x * x - 1) + bonds(x),
        hessian=refuse,
        hvp=lambda x, v: (3 * x * x - 1) * v + bonds(v),
    )


@pytest.mark.parametrize("coupling", [0.0, 0.1])
def test_a_saddle_of_index_3_in_20000_dimensions(coupling):
    n = 20_000
    landscape = chain_of_double_wells(n, coupling)
    x = starts(landscape, 1)
    tracemalloc.start()
    runs = search(landscape, x, SaddleDynamics(3), 600)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert runs.status[0] == SearchStatus.CONVERGED
    assert peak < 80_000_000  # 48 directions and their images, twice; a dense Hessian takes 3.2 GB
    diagonal = 3 * runs.x[0] ** 2 - 1 + coupling * np.r_[1.0, np.full(n - 2, 2.0), 1.0]
    lowest = eigvalsh_tridiagonal(diagonal, np.full(n - 1, -coupling), select="i", select_range=(0, 4))
    np.testing.assert_array_equal(lowest < 0, [True, True, True, False, False])
    assert runs.gradient_norm[0] < 1e-8 * np.abs(lowest).min()


def test_what_is_not_finite_is_reported():
    landscape = Landscape.from_function(
        lambda x: (x**2).sum(axis=-1) - 2 * x[..., 0] ** 2,
        lambda x: 2 * x * [-1.0, 1.0, 1.0],
        lambda x: np.where(x[..., :1, None] > 2, np.nan, 2.0) * np.diag([-1.0, 1.0, 1.0]),
        dim=3,
    )
    runs = search(landscape, [[3.0, 0.0, 0.0], [-1.0, 0.5, 0.2]], SaddleDynamics(1), 50)
    np.testing.assert_array_equal(runs.status, [SearchStatus.NON_FINITE, SearchStatus.CONVERGED])


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="index is 0 but must be at least 1"):
        SaddleDynamics(0)
    with pytest.raises(ValueError, match="index is 3 but the landscape has only 2 directions"):
        search(problem("himmelblau"), [[0.0, 0.0]], SaddleDynamics(3))
