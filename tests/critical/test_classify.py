"""Classification: the inertia of the Hessian in the tangent space, against an error bound."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape import Euclidean, Kind, Landscape, Product, Sphere, Torus, classify, find_critical_points, problem


def power_sum(powers, coefficients=None, box=(-1.0, 1.0)):
    """The sum of c_i x_i^p_i / p_i."""
    p = np.array(powers)
    c = np.ones(len(p)) if coefficients is None else np.array(coefficients)
    return Landscape.from_function(
        lambda x: (c * x**p / p).sum(-1),
        lambda x: c * x ** (p - 1),
        lambda x: (c * (p - 1) * x ** np.maximum(p - 2, 0))[..., None] * np.eye(len(p)),
        dim=len(p),
        box=box,
    )


def sphere_function(matrix, radius=1.0):
    return Landscape.from_function(
        lambda x: 0.5 * ((x @ matrix) * x).sum(-1),
        lambda x: x @ matrix,
        lambda x: np.broadcast_to(matrix, (*x.shape, len(matrix))),
        manifold=Sphere(len(matrix), radius),
    )


@given(
    signs=st.lists(st.sampled_from([-1.0, 1.0]), min_size=1, max_size=6),
    exponent=st.floats(-8, 8),
    data=st.data(),
)
def test_the_index_of_a_quadratic_is_the_number_of_negative_eigenvalues(signs, exponent, data):
    size = [data.draw(st.floats(1.0, 1e6)) for _ in signs]
    eigenvalues = tuple(10**exponent * s * m for s, m in zip(signs, size, strict=True))
    point = classify(problem("quadratic", eigenvalues=eigenvalues), np.zeros(len(signs)))
    negative = sum(s < 0 for s in signs)
    kind = {0: Kind.MINIMUM, len(signs): Kind.MAXIMUM}.get(negative, Kind.SADDLE)
    assert (point.index[0], point.nullity[0], point.kind[0]) == (negative, 0, kind)
    np.testing.assert_allclose(point.eigenvalues[0], np.sort(eigenvalues), rtol=1e-9)


def test_a_small_eigenvalue_is_not_a_zero_one():
    landscape = problem("quadratic", eigenvalues=(1.0, 1e-11, -1e-11))
    point = classify(landscape, [0.0, 0.0, 0.0])
    assert (point.index[0], point.nullity[0], point.kind[0]) == (1, 0, Kind.SADDLE)
    assert point.eigenvalue_error[0] < 1e-13


@pytest.mark.parametrize(
    ("landscape", "index", "nullity"),
    [
        (problem("monkey_saddle"), 0, 2),
        (power_sum([4, 4]), 0, 2),
        (power_sum([2, 4]), 0, 1),
        (power_sum([2, 3, 4], [-1.0, 1.0, -1.0]), 1, 2),
        (power_sum([6]), 0, 1),
        (problem("quadratic", eigenvalues=(3.0, 0.0, -2.0)), 1, 1),
    ],
    ids=["monkey", "x^4+y^4", "x^2+y^4", "mixed", "x^6", "line"],
)
@pytest.mark.parametrize("distance", [0.0, 1e-12, 1e-9, 1e-7])
def test_degenerate_points_are_told_from_any_distance(landscape, index, nullity, distance):
    direction = np.array([0.6, -0.64, 0.48])[: landscape.dim]
    point = classify(landscape, distance * direction)
    assert (point.index[0], point.nullity[0], point.kind[0]) == (index, nullity, Kind.DEGENERATE)


@settings(deadline=None)
@given(power=st.integers(3, 8), exponent=st.floats(-9, -6.1), coefficient=st.sampled_from([-1e6, -1.0, 1e-6, 1.0]))
def test_a_power_is_degenerate_at_whatever_distance_it_is_met(power, exponent, coefficient):
    point = classify(power_sum([power], [coefficient]), [10**exponent])
    assert point.kind[0] == Kind.DEGENERATE
    assert point.nullity[0] == 1


def test_a_weakly_curved_minimum_is_decided_when_it_is_met_exactly():
    # x^4 / 4 + e x^2 / 2: the second derivative at the origin is e, small but not zero.
    for e in [1e-2, 1e-5, 1e-8]:
        landscape = Landscape.from_function(
            lambda x, e=e: (x**4 / 4 + e * x**2 / 2)[..., 0],
            lambda x, e=e: x**3 + e * x,
            lambda x, e=e: (3 * x**2 + e)[..., None],
            dim=1,
        )
        assert classify(landscape, [0.0]).kind[0] == Kind.MINIMUM


@pytest.mark.parametrize("name", ["himmelblau", "muller_brown", "spherical_spin_glass", "xy_chain", "lennard_jones"])
def test_an_arbitrary_point_is_not_critical(name):
    landscape = problem(name)
    points = classify(landscape, landscape.starts(np.random.default_rng(0), 20))
    assert (points.kind == Kind.NOT_CRITICAL).all()
    assert points.count_by_index() == {}


def test_a_point_is_critical_within_its_tolerance_and_no_farther():
    himmelblau = problem("himmelblau")
    at = [classify(himmelblau, [3.0 + distance, 2.0]) for distance in (0.0, 1e-6, 1e-4)]
    assert [int(p.kind[0]) for p in at] == [Kind.MINIMUM, Kind.MINIMUM, Kind.NOT_CRITICAL]
    np.testing.assert_allclose([p.newton_step[0] for p in at], [0, 1e-6, 1e-4], rtol=1e-3, atol=1e-15)


def test_a_flat_gradient_is_not_a_critical_point():
    landscape = Landscape.from_function(
        lambda p: p[..., 0] + p[..., 1] ** 2,
        lambda p: np.stack([np.ones(p.shape[:-1]), 2 * p[..., 1]], axis=-1),
        lambda p: np.broadcast_to(np.diag([0.0, 2.0]), (*p.shape, 2)),
        dim=2,
    )
    point = classify(landscape, [0.3, 0.0])
    assert point.newton_step[0] < 1e-9  # no step helps, and yet:
    assert point.kind[0] == Kind.NOT_CRITICAL
    assert point.gradient_norm[0] == 1.0


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize("radius", [1.0, 0.01, 100.0])
def test_the_index_on_a_sphere_is_counted_in_the_tangent_space(n, radius):
    # x A x / 2 has the eigenvectors of A as critical points; at the k-th the eigenvalues are lambda_i - lambda_k. The
    # projected ambient Hessian would add a zero mode along the normal.
    rng = np.random.default_rng(n)
    matrix = rng.standard_normal((n, n))
    matrix += matrix.T
    lam, vectors = np.linalg.eigh(matrix)
    points = classify(sphere_function(matrix, radius), radius * vectors.T)
    assert points.index.tolist() == list(range(n))
    assert points.nullity.tolist() == [0] * n
    assert points.kind[0] == Kind.MINIMUM
    assert points.kind[-1] == Kind.MAXIMUM
    for k in range(n):
        np.testing.assert_allclose(points.eigenvalues[k], np.delete(lam, k) - lam[k], atol=1e-11)


def test_equal_eigenvalues_on_a_sphere_make_a_flat_direction():
    points = classify(sphere_function(np.diag([1.0, 1.0, 2.0, 3.0])), np.eye(4)[[0, 3]])
    assert points.nullity.tolist() == [1, 0]
    assert points.kind.tolist() == [Kind.DEGENERATE, Kind.MAXIMUM]
    assert points.index.tolist() == [0, 3]


def test_a_product_of_sphere_torus_and_line():
    manifold = Product((Sphere(3), Torus((2 * np.pi,)), Euclidean(1)))

    def gradient(x):
        g = np.zeros_like(x)
        g[..., 2], g[..., 3], g[..., 4] = 1.0, -np.sin(x[..., 3]), 2 * x[..., 4]
        return g

    def hessian(x):
        h = np.zeros((*x.shape, 5))
        h[..., 3, 3], h[..., 4, 4] = -np.cos(x[..., 3]), 2.0
        return h

    landscape = Landscape.from_function(
        lambda x: x[..., 2] + np.cos(x[..., 3]) + x[..., 4] ** 2, gradient, hessian, manifold=manifold, confining=True
    )
    poles = [[0, 0, s, t, 0.0] for s in (-1.0, 1.0) for t in (np.pi, 0.0)]
    points = classify(landscape, poles)
    assert points.index.tolist() == [0, 1, 2, 3]
    assert points.nullity.tolist() == [0] * 4
    assert points.euler.found == points.euler.expected == 0


def test_rigid_motions_are_not_flat_directions():
    # Three atoms: a triangle of side 2^(1/6), and a line, whose energy is known: 2 u(r) + u(2 r) at its least.
    landscape = problem("lennard_jones", atoms=3)
    side = 2 ** (1 / 6)
    triangle = side * np.array([[0, 0, 0], [1, 0, 0], [0.5, np.sqrt(0.75), 0]]).ravel()
    ratio = (2 * (2 + 2.0**-12) / (2 + 2.0**-6)) ** (1 / 6)  # d/dr [2 u(r) + u(2 r)] = 0
    line = ratio * np.array([-1, 0, 0, 0, 0, 0, 1.0, 0, 0])
    points = classify(landscape, np.stack([triangle, line]))
    assert points.orbit_dimension.tolist() == [6, 5]
    assert points.nullity.tolist() == [0, 0]
    assert points.index.tolist() == [0, 2]
    assert points.kind.tolist() == [Kind.MINIMUM, Kind.SADDLE]
    # lennard_jones.json of the reference values: -3 and -2.031124.
    np.testing.assert_allclose(points.value, [-3.0, -2.031124], atol=1e-6)
    assert (np.abs(points.eigenvalues[0]) == 0).sum() == 6
    assert (np.abs(points.eigenvalues[1]) == 0).sum() == 5


def test_a_maximum_modulo_rigid_motions_is_a_maximum():
    pair = problem("lennard_jones", atoms=2)
    turned = pair.with_options(
        value=lambda x: -pair.value(x), gradient=lambda x: -pair.gradient(x), hessian=lambda x: -pair.hessian(x)
    )
    point = classify(turned, [0, 0, 0, 2 ** (1 / 6), 0, 0])
    assert (point.index[0], point.nullity[0], point.kind[0]) == (1, 0, Kind.MAXIMUM)


def test_eigenvalues_are_those_of_the_hessian_in_order():
    himmelblau = problem("himmelblau")
    point = classify(himmelblau, [3.0, 2.0])
    np.testing.assert_allclose(point.eigenvalues, np.linalg.eigvalsh(himmelblau.hessian(np.array([[3.0, 2.0]]))))
    assert point.value[0] == 0.0
    assert point.newton_step[0] == 0.0


def test_points_are_brought_to_the_manifold():
    landscape = sphere_function(np.diag([1.0, 2.0, 3.0]))
    point = classify(landscape, [0.0, 0.0, 7.0])
    np.testing.assert_array_equal(point.x, [[0.0, 0.0, 1.0]])
    assert point.kind[0] == Kind.MAXIMUM


def test_points_without_derivatives_are_not_critical_and_have_no_eigenvalues():
    landscape = Landscape.from_function(
        lambda x: (x**2).sum(-1),
        lambda x: np.where(x > 0.5, np.nan, 2 * x),
        lambda x: np.broadcast_to(2 * np.eye(2), (*x.shape, 2)),
        dim=2,
    )
    points = classify(landscape, [[0.0, 0.0], [0.7, 0.0]])
    assert points.kind.tolist() == [Kind.MINIMUM, Kind.NOT_CRITICAL]
    assert np.isnan(points.eigenvalues[1]).all()
    assert np.isfinite(points.eigenvalues[0]).all()


def rotated(landscape, seed=0):
    """The same landscape in other coordinates, so that no mode is a coordinate."""
    q = np.linalg.qr(np.random.default_rng(seed).standard_normal((landscape.dim, landscape.dim)))[0]
    return Landscape.from_function(
        lambda x: landscape.value(x @ q),
        lambda x: landscape.gradient(x @ q) @ q.T,
        lambda x: q @ landscape.hessian(x @ q) @ q.T,
        dim=landscape.dim,
    )


@pytest.mark.parametrize("powers", [[4, 4], [2, 4], [2, 3, 4], [2, 2, 3], [3, 5, 7]], ids=str)
@pytest.mark.parametrize("distance", [0.0, 1e-9, 1e-7, 9e-7])
def test_degenerate_points_are_told_whatever_their_modes(powers, distance):
    landscape = rotated(power_sum(powers))
    v = np.random.default_rng(1).standard_normal((30, len(powers)))
    points = classify(landscape, distance * v / np.linalg.norm(v, axis=1, keepdims=True))
    assert (points.kind == Kind.DEGENERATE).all()
    assert (points.nullity == sum(p > 2 for p in powers)).all()
    assert (points.index == 0).all()


def test_the_error_covers_what_the_spectrum_changes_on_the_way_to_the_critical_point():
    landscape = problem("styblinski_tang", dim=6)
    centre = classify(landscape, [np.full(6, -2.9035340277711776), np.full(6, 0.15673125678)])
    v = np.random.default_rng(0).standard_normal((100, 6))
    x = centre.x[np.arange(100) % 2] + 5e-7 * v / np.linalg.norm(v, axis=1, keepdims=True)
    points = classify(landscape, x)
    change = np.abs(points.eigenvalues - centre.eigenvalues[np.arange(100) % 2]).max(axis=1)
    assert (points.kind == centre.kind[np.arange(100) % 2]).all()
    assert (points.eigenvalue_error >= change).all()
    assert (points.eigenvalue_error <= 40 * change).all()


def test_a_point_that_is_not_critical_has_its_own_index():
    landscape = problem("phi4", shape=(3,))
    points = classify(landscape, landscape.starts(np.random.default_rng(0), 50))
    assert (points.kind == Kind.NOT_CRITICAL).all()
    np.testing.assert_allclose(points.eigenvalues, np.linalg.eigvalsh(landscape.hessian(points.x)), atol=1e-12)
    np.testing.assert_array_equal(points.index, (points.eigenvalues < 0).sum(axis=1))
    assert (points.eigenvalue_error < 1e-12).all()
    newton = np.linalg.solve(landscape.hessian(points.x), landscape.gradient(points.x)[..., None])[..., 0]
    np.testing.assert_allclose(points.newton_step, np.linalg.norm(newton, axis=1), rtol=1e-9)


def test_the_equator_of_the_basis_is_no_place_of_its_own():
    # The tangent basis jumps where the first coordinate changes its sign; a Newton step may cross that line.
    landscape = sphere_function(np.diag([1.0, 2.0, 3.0, 4.0]))
    for tilt in (1e-7, -1e-7, 1e-12, -1e-12):
        points = classify(landscape, np.eye(4)[1:] + tilt * np.array([1.0, 0.5, -0.5, 0.2]))
        assert points.index.tolist() == [1, 2, 3]
        assert points.kind.tolist() == [Kind.SADDLE, Kind.SADDLE, Kind.MAXIMUM]


@pytest.mark.parametrize(
    ("name", "parameters"), [("lennard_jones", {"atoms": 4}), ("spherical_spin_glass", {"n": 5}), ("griewank", {})]
)
def test_a_batch_is_its_points_however_it_is_divided(name, parameters, monkeypatch):
    landscape = problem(name, **parameters)
    found = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 40)).x
    x = np.concatenate([found, landscape.starts(np.random.default_rng(1), 20)])
    whole = classify(landscape, x)
    monkeypatch.setattr("landscape.critical.classify._BLOCK", 3 * landscape.dim**2)
    divided = classify(landscape, x)
    assert len(whole) == len(divided) == len(x)
    np.testing.assert_array_equal(divided.kind, whole.kind)
    np.testing.assert_array_equal(divided.index, whole.index)
    scale = np.abs(whole.eigenvalues).max()
    np.testing.assert_allclose(divided.eigenvalues, whole.eigenvalues, atol=1e-13 * scale)
    np.testing.assert_allclose(divided.newton_step, whole.newton_step, atol=1e-12, rtol=1e-6)


def test_memory_grows_with_the_points_by_their_positions_and_not_by_their_hessians(monkeypatch):
    monkeypatch.setattr("landscape.critical.classify._BLOCK", 100 * 20**2)
    landscape = problem("goe_quadratic", dim=20)

    def peak(size):
        x = landscape.starts(np.random.default_rng(0), size)
        tracemalloc.start()
        classify(landscape, x)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert (peak(3500) - peak(500)) / 3000 < 8 * 20**2  # one Hessian a point would already be more


def test_batches_keep_their_order_and_what_was_found():
    himmelblau = problem("himmelblau")
    x = np.array([[3.0, 2.0], [0.0, 0.0], [3.0, 2.0]])
    x.flags.writeable = False
    points = classify(himmelblau, x, [5, 1, 2])
    assert points.kind.tolist() == [Kind.MINIMUM, Kind.NOT_CRITICAL, Kind.MINIMUM]
    assert points.found.tolist() == [5, 1, 2]
    assert len(classify(himmelblau, np.zeros((0, 2)))) == 0


def test_where_there_is_no_value_there_is_no_critical_point():
    """Whatever derivatives say: the user's own may be finite where the function is not."""
    half = Landscape.from_function(
        lambda x: np.where(x[..., 0] > 0, x[..., 0] ** 2 - 1, np.nan) ** 2,
        lambda x: 4 * x * (x**2 - 1),
        lambda x: (12 * x**2 - 4)[..., None],
        dim=1,
        box=(-2.0, 2.0),
    )
    points = classify(half, [[-1.0], [1.0]])
    assert points.kind.tolist() == [Kind.NOT_CRITICAL, Kind.MINIMUM]
    assert np.isnan(points.eigenvalues[0]).all()
    found = find_critical_points(half, half.starts(np.random.default_rng(0), 100))
    np.testing.assert_allclose(found.x, [[1.0]])


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1.0, 2.0, 3.0], r"^x has shape \(3,\) but the landscape has dim 2$"),
        ([[np.inf, 0.0]], "^x has coordinates that are not finite$"),
        ([["a", "b"]], "^x must be numbers"),
    ],
)
def test_bad_points_are_named(x, message):
    with pytest.raises(ValueError, match=message):
        classify(problem("himmelblau"), x)
