"""Certificates: the bounds bound, the balls hold one critical point each, and the index does not change in them."""

import numpy as np
import pytest

from landscape import Certificate, Landscape, Newton, Sphere, certify, classify, find_critical_points, problem, search
from landscape.arrays import norm

BOUNDED = [
    ("himmelblau", {}),
    ("six_hump_camel", {}),
    ("rastrigin", {"dim": 2}),
    ("styblinski_tang", {"dim": 3}),
    ("double_well", {"dim": 3}),
    ("cosine_sum", {"dim": 3}),
    ("phi4", {"shape": (2, 3), "coupling": 0.3}),
    ("lennard_jones", {"atoms": 4}),
    ("lennard_jones", {"atoms": 7}),
]


def found(name, parameters, size=400):
    landscape = problem(name, **parameters)
    return landscape, find_critical_points(landscape, landscape.starts(np.random.default_rng(0), size))


def within(x, radius, rng, size):
    """Points uniform in direction in balls round `x` (m, n), (size, m, n)."""
    v = rng.standard_normal((size, *x.shape))
    return x + v * (radius * rng.uniform(size=(size, len(x))) / norm(v))[..., None]


@pytest.mark.parametrize(("name", "parameters"), BOUNDED)
def test_the_lipschitz_constant_is_one(name, parameters):
    landscape, points = found(name, parameters, 100)
    rng = np.random.default_rng(1)
    for size in (1e-3, 0.05):
        radius = np.full(len(points), size)
        a, b = within(points.x, radius, rng, 50), within(points.x, radius, rng, 50)
        change = np.abs(np.linalg.eigvalsh(landscape.hessian(a) - landscape.hessian(b))).max(axis=-1)
        bound = landscape.hessian_lipschitz(points.x, radius)
        assert (change <= bound * norm(a - b) * (1 + 1e-9)).all()
        assert np.isfinite(bound).all()


@pytest.mark.parametrize(("name", "parameters"), BOUNDED)
def test_every_nondegenerate_point_is_certified_and_alone(name, parameters):
    _, points = found(name, parameters)
    points = points[points.decided]
    assert (points.certificate == Certificate.RIGOROUS).all()
    assert (points.certified_radius > 0).all()
    gaps = norm(points.x[:, None] - points.x[None]) + np.where(np.eye(len(points)), np.inf, 0)
    assert (gaps.min(axis=1) > points.certified_radius).all()


@pytest.mark.parametrize(("name", "parameters"), BOUNDED[:7])
def test_the_index_is_the_same_all_over_the_ball_and_newton_leads_to_its_centre(name, parameters):
    landscape, points = found(name, parameters)
    points = points[points.decided]
    x = within(points.x, points.certified_radius * (1 - 1e-6), np.random.default_rng(2), 40)
    assert ((np.linalg.eigvalsh(landscape.hessian(x)) < 0).sum(axis=-1) == points.index).all()
    # Any critical point that a search from inside finds inside is the one that is certified.
    runs = search(landscape, x.reshape(-1, landscape.dim), Newton())
    ends = runs.x.reshape(x.shape)
    distance = landscape.manifold.distance(ends, points.x)
    inside = (runs.status.reshape(x.shape[:-1]) == 1) & (distance < points.certified_radius)
    assert inside.mean() > 0.5
    assert distance[inside].max() < 1e-7 * landscape.manifold.length_scale


def test_far_from_the_point_there_is_no_certificate():
    landscape = problem("himmelblau")
    near, far = classify(landscape, [[3.0 + 1e-8, 2.0]]), classify(landscape, [[3.3, 2.2]])
    assert certify(landscape, near).certificate[0] == Certificate.RIGOROUS
    assert certify(landscape, far).certificate[0] == Certificate.NONE


def test_degenerate_points_have_none():
    landscape = problem("monkey_saddle")
    assert certify(landscape, classify(landscape, [[0.0, 0.0]])).certified_radius[0] == 0


def test_a_sampled_constant_is_marked_as_estimated():
    landscape, points = found("spherical_spin_glass", {"n": 5})
    assert (points.certificate == Certificate.NONE).all()
    certified = certify(landscape, points)
    assert (certified.certificate == Certificate.ESTIMATED).all()
    assert (certified.certified_radius > 0).all()
    with_bound = landscape.with_options(hessian_lipschitz=lambda x, radius: np.ones(len(x)))
    assert isinstance(with_bound.manifold, Sphere)
    assert (certify(with_bound, points).certificate == Certificate.ESTIMATED).all()


def test_differences_are_never_rigorous():
    landscape = Landscape.from_function(lambda x: (x**4 / 4 - x**2 / 2).sum(axis=-1), dim=1, box=(-2, 2))
    landscape = landscape.with_options(hessian_lipschitz=lambda x, radius: 6 * (np.abs(x[:, 0]) + radius))
    points = certify(landscape, find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 50)))
    assert (points.certificate == Certificate.ESTIMATED).all()


def test_a_constant_hessian_certifies_everything():
    landscape = problem("quadratic", eigenvalues=(1.0, -2.0)).with_options(
        hessian_lipschitz=lambda x, radius: np.zeros(len(x))
    )
    assert np.isinf(certify(landscape, classify(landscape, [[0.0, 0.0]])).certified_radius[0])
