"""Certificates: the bounds bound, the balls hold one critical point each, and the index does not change in them."""

import numpy as np
import pytest

from landscape import (
    Certificate,
    Identity,
    Landscape,
    Newton,
    Product,
    Sphere,
    Torus,
    certify,
    classify,
    find_critical_points,
    problem,
    search,
)
from landscape.arrays import norm, transpose
from landscape.critical.certificate import has_rigorous_certificates

# Landscapes with a bound, and by how much it may exceed the third derivative where that is largest among the samples.
# A bound that is the same everywhere exceeds a local one, and a sum of absolute values a sum.
BOUNDED = [
    ("himmelblau", {}, 1.5),
    ("six_hump_camel", {}, 2.0),
    ("muller_brown", {}, 1.5),
    ("rastrigin", {"dim": 2}, 1.1),
    ("styblinski_tang", {"dim": 3}, 1.01),
    ("double_well", {"dim": 3}, 1.01),
    ("cosine_sum", {"dim": 3}, 1.1),
    ("griewank", {"half_width": 10.0}, 1.9),
    ("griewank", {"dim": 1}, 1.1),
    ("rosenbrock", {"dim": 5}, 1.2),
    ("logistic_regression", {}, 2.5),
    ("phi4", {"shape": (2, 3), "coupling": 0.3}, 1.01),
    ("xy_chain", {"n": 3}, 2.0),
    ("xy_chain", {"n": 7}, 1.6),
    ("lennard_jones", {"atoms": 4}, 12.0),
    ("lennard_jones", {"atoms": 6}, 12.0),
    ("spherical_spin_glass", {"p": 2, "n": 5}, 1.01),
    ("spherical_spin_glass", {"n": 4}, 1.5),
    ("spherical_spin_glass", {"n": 5, "seed": 1}, 1.5),
    ("spherical_spin_glass", {"p": 4, "n": 4}, 2.5),
    ("matrix_factorization", {}, 1.5),
    ("matrix_factorization", {"eigenvalues": (3.0, 1.0), "rank": 1}, 1.5),
    ("phase_retrieval", {"dim": 4}, 1.01),
    ("linear_autoencoder", {"eigenvalues": (3.0, 1.0), "rank": 1}, 3.0),
    ("linear_autoencoder", {}, 3.0),
    ("deep_linear", {"singular_values": (2.0, 1.0), "widths": (2,)}, 3.0),
]
bounded = pytest.mark.parametrize(
    ("name", "parameters"), [(name, parameters) for name, parameters, _ in BOUNDED], ids=lambda v: str(v)
)
CONSTANT = [("quadratic", {}), ("goe_quadratic", {"dim": 5}), ("linear_regression", {})]


def found(name, parameters, size=400):
    landscape = problem(name, **parameters)
    return landscape, find_critical_points(landscape, landscape.starts(np.random.default_rng(0), size))


def unit(landscape, x, rng):
    """Random unit tangent vectors at `x`."""
    v = landscape.manifold.project(x, rng.standard_normal(x.shape))
    return v / norm(v)[..., None]


def within(landscape, x, radius, rng, size):
    """Points in balls round `x` (m, n), (size, m, n): the retraction of a tangent vector is no longer than it."""
    x = np.broadcast_to(x, (size, *x.shape))
    return landscape.manifold.retract(x, unit(landscape, x, rng) * (radius * rng.uniform(size=x.shape[:2]))[..., None])


def carried_hessian(landscape, x, w, t):
    """The Riemannian Hessian at distance `t` from `x` along unit tangents `w`, in the basis at `x` carried there."""
    manifold = landscape.manifold
    basis = manifold.tangent_basis(x)
    if not isinstance(manifold, Sphere):
        return landscape.hessian(x + t * w)
    y = np.cos(t) * x + np.sin(t) * w  # on the unit sphere; the carried basis turns in the plane of x and w
    basis = basis + ((np.cos(t) - 1) * w - np.sin(t) * x)[..., None] @ (w[..., None, :] @ basis)
    curvature = (y * landscape.gradient(y)).sum(axis=-1)[..., None, None]
    return transpose(basis) @ landscape.hessian(y) @ basis - curvature * np.eye(basis.shape[-1])


def third_derivative(landscape, x, rng, directions=3, improvements=6):
    """How fast the Hessian changes at `x` (m, n), in the spectral norm: the most in a few directions, each of which is
    improved by turning it to the eigenvector that changes most, (m,)."""
    h = 1e-4 * landscape.manifold.length_scale
    largest = np.zeros(len(x))
    for _ in range(directions):
        w = unit(landscape, x, rng)
        for _ in range(improvements):
            at = {k: carried_hessian(landscape, x, w, k * h) for k in (-2, -1, 1, 2)}
            change, modes = np.linalg.eigh((8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * h))
            most = np.abs(change).argmax(axis=1)[:, None]
            largest = np.maximum(largest, np.abs(np.take_along_axis(change, most, axis=1))[:, 0])
            turned = np.take_along_axis(modes, most[..., None], axis=2)
            w = (landscape.manifold.tangent_basis(x) @ turned)[..., 0]
    return largest


@pytest.mark.parametrize(("name", "parameters", "factor"), BOUNDED, ids=lambda v: str(v))
def test_the_bound_is_never_below_the_third_derivative_and_not_far_above_it(name, parameters, factor):
    landscape = problem(name, **parameters)
    rng = np.random.default_rng(1)
    # Random clusters have atoms in contact, where nothing is bounded.
    x = found(name, parameters, 60)[1].x if name == "lennard_jones" else landscape.starts(rng, 40)
    here = third_derivative(landscape, x, rng)
    bound = landscape.hessian_lipschitz(x, np.zeros(len(x)))
    steepest = here.argmax()
    assert bound[steepest] <= factor * here[steepest]
    for size in (1e-3, 0.03):
        radius = np.full(len(x), size * landscape.manifold.length_scale)
        bound = landscape.hessian_lipschitz(x, radius)
        assert np.isfinite(bound).all()
        assert (here <= bound * (1 + 1e-6)).all()
        for y in within(landscape, x, radius, rng, 3):
            assert (third_derivative(landscape, y, rng, 1, 3) <= bound * (1 + 1e-6)).all()


@bounded
def test_every_nondegenerate_point_is_certified_and_alone(name, parameters):
    landscape, points = found(name, parameters)
    points = points[points.decided]
    assert len(points) > 0
    assert (points.certificate == Certificate.RIGOROUS).all()
    assert (points.certified_radius > 0).all()
    gaps = landscape.symmetry.distance(landscape.manifold, points.x[:, None], points.x[None])
    gaps = gaps + np.where(np.eye(len(points)), np.inf, 0)
    assert (gaps.min(axis=1) > points.certified_radius).all()


@bounded
def test_the_index_is_the_same_all_over_the_ball_and_newton_leads_to_its_centre(name, parameters):
    landscape, points = found(name, parameters)
    points = points[points.decided][:60]
    zero = landscape.symmetry.zero_modes(points.x)
    x = within(landscape, points.x, points.certified_radius * (1 - 1e-6), np.random.default_rng(2), 40)
    if zero.shape[-1]:  # the ball is one across the zero modes
        offset = x - points.x
        across = offset - (zero @ (transpose(zero) @ offset[..., None]))[..., 0]
        x = points.x + across
        projection = np.eye(landscape.dim) - zero @ transpose(zero)
        hessian = projection @ landscape.hessian(x) @ projection + zero @ transpose(zero)
    else:
        hessian = landscape.tangent_hessian(x)
    assert ((np.linalg.eigvalsh(hessian) < 0).sum(axis=-1) == points.index).all()
    if zero.shape[-1]:
        return  # searches leave the ball along the orbit
    # Any critical point that a search from inside finds inside is the one that is certified.
    runs = search(landscape, x.reshape(-1, landscape.dim), Newton())
    ends = runs.x.reshape(x.shape)
    distance = landscape.manifold.distance(ends, points.x)
    inside = (runs.status.reshape(x.shape[:-1]) == 1) & (distance < points.certified_radius)
    assert inside.mean() > 0.5
    assert distance[inside].max() < 1e-7 * landscape.manifold.length_scale


@pytest.mark.parametrize(("n", "seed"), [(4, 0), (4, 1), (5, 0), (5, 1)])
def test_on_the_sphere_each_ball_holds_one_of_all_critical_points(n, seed):
    # So many starts that every point was found many times: the set is complete.
    landscape, points = found("spherical_spin_glass", {"n": n, "seed": seed}, 3000)
    assert points.euler.holds
    assert points.found.min() > 5
    assert points.decided.all()
    distance = landscape.manifold.distance(points.x[:, None], points.x[None])
    assert ((distance <= points.certified_radius).sum(axis=0) == 1).all()
    assert (points.certified_radius > 0.002).all()


def test_a_ball_is_not_far_smaller_than_it_could_be():
    # f = (x^2 - 1)^2 / 4 at 1: the second derivative is 2, the third at most 6 (1 + r), and the largest ball with
    # K r <= mu has 6 (1 + r) r = 2.
    points = found("double_well", {"dim": 1}, 50)[1]
    expected = (np.sqrt(7 / 3) - 1) / 2
    radius = points.certified_radius[points.x[:, 0] > 0.5][0]
    assert expected / 2 < radius <= expected


def test_certified_clusters_are_smaller_than_their_inertia_allows():
    # Across the zero modes a point is critical in all directions if the ball is smaller than the radius of gyration
    # about every axis.
    landscape, points = found("lennard_jones", {"atoms": 5})
    assert has_rigorous_certificates(landscape)
    r = points.x.reshape(len(points), -1, 3)
    r = r - r.mean(axis=1, keepdims=True)
    spread = np.linalg.eigvalsh(transpose(r) @ r)
    smallest_moment = (spread[:, :2].sum(axis=1))[points.orbit_dimension == 6]
    assert (points.certified_radius[points.orbit_dimension == 6] < np.sqrt(smallest_moment)).all()


def test_far_from_the_point_there_is_no_certificate():
    landscape = problem("himmelblau")
    near, far = classify(landscape, [[3.0 + 1e-8, 2.0]]), classify(landscape, [[3.3, 2.2]])
    assert certify(landscape, near).certificate[0] == Certificate.RIGOROUS
    assert certify(landscape, far).certificate[0] == Certificate.NONE


def test_degenerate_points_have_none():
    landscape = problem("monkey_saddle")
    assert has_rigorous_certificates(landscape)
    assert certify(landscape, classify(landscape, [[0.0, 0.0]])).certified_radius[0] == 0


def test_no_points_no_certificates():
    landscape = problem("himmelblau")
    assert len(certify(landscape, classify(landscape, np.zeros((0, 2))))) == 0


def test_certificates_do_not_depend_on_the_company(monkeypatch):
    landscape, points = found("spherical_spin_glass", {"n": 5})
    monkeypatch.setattr("landscape.critical.certificate._BLOCK", 3 * 25)
    np.testing.assert_allclose(certify(landscape, points).certified_radius, points.certified_radius, rtol=1e-12)


def test_a_sampled_constant_is_marked_as_estimated():
    landscape, points = found("spherical_spin_glass", {"n": 5})
    landscape = landscape.with_options(hessian_lipschitz=None)
    certified = certify(landscape, points)
    assert (certified.certificate == Certificate.ESTIMATED).all()
    assert (certified.certified_radius > 0).all()


class Unknown:
    """A torus that does not say so."""

    def __getattr__(self, name):
        return getattr(Torus((1.0, 1.0)), name)


class Turning(Identity):
    """A symmetry with orbits."""

    def zero_modes(self, x):
        return np.zeros((*x.shape, 1))


@pytest.mark.parametrize(
    ("manifold", "symmetry", "rigorous"),
    [
        (Torus((1.0, 1.0)), Identity(), True),
        (Torus((1.0, 1.0)), Turning(), True),
        (Product((Sphere(2), Torus((1.0,)))), Identity(), True),
        (Product((Sphere(2), Torus((1.0,)))), Turning(), False),
        (Unknown(), Identity(), False),
        (Product((Sphere(2), Unknown())), Identity(), False),
    ],
    ids=["torus", "torus, orbits", "product", "product, orbits", "unknown", "product, unknown"],
)
def test_where_certificates_are_rigorous(manifold, symmetry, rigorous):
    himmelblau = problem("himmelblau")
    bound = himmelblau.hessian_lipschitz
    landscape = himmelblau.with_options(manifold=manifold, symmetry=symmetry, hessian_lipschitz=bound)
    assert has_rigorous_certificates(landscape) == rigorous
    assert not has_rigorous_certificates(landscape.with_options(hessian_lipschitz=None))


def test_differences_are_never_rigorous():
    landscape = Landscape.from_function(lambda x: (x**4 / 4 - x**2 / 2).sum(axis=-1), dim=1, box=(-2, 2))
    landscape = landscape.with_options(hessian_lipschitz=lambda x, radius: 6 * (np.abs(x[:, 0]) + radius))
    points = certify(landscape, find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 50)))
    assert (points.certificate == Certificate.ESTIMATED).all()


@pytest.mark.parametrize(("name", "parameters"), CONSTANT)
def test_a_constant_hessian_certifies_everything(name, parameters):
    _, points = found(name, parameters, 20)
    assert len(points) == 1
    assert points.certificate[0] == Certificate.RIGOROUS
    assert np.isinf(points.certified_radius[0])
