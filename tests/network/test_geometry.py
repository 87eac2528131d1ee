"""Displacements have the length of the distance and lead there; aligned copies are copies."""

import numpy as np
import pytest

from landscape import Euclidean, Product, Sphere, Torus, problem
from landscape.network.geometry import aligned, displacement


@pytest.mark.parametrize(
    "manifold",
    [Euclidean(3), Sphere(4, 2.0), Torus((2 * np.pi, 1.0)), Product((Sphere(3), Torus((1.0,)), Sphere(3)))],
    ids=lambda m: type(m).__name__,
)
def test_displacement(manifold):
    rng = np.random.default_rng(0)
    x = manifold.sample(rng, 50)
    y = manifold.sample(rng, 50)
    v = displacement(manifold, x, y)
    np.testing.assert_allclose(np.linalg.norm(v, axis=1), manifold.distance(x, y), rtol=1e-12)
    np.testing.assert_allclose(manifold.project(x, v), v, atol=1e-12)
    nearer = manifold.distance(manifold.retract(x, 1e-4 * v), y)
    np.testing.assert_allclose(nearer, (1 - 1e-4) * manifold.distance(x, y), rtol=1e-6)
    near = manifold.retract(x, 1e-4 * v)
    np.testing.assert_allclose(manifold.retract(x, displacement(manifold, x, near)), near, atol=1e-7)
    assert not displacement(manifold, x, x).any()


@pytest.mark.parametrize(
    "x", [[1.0, 0.0, 0.0, 0.0], [0.0, -0.6, 0.0, 0.8], [0.5, 0.5, -0.5, 0.5], [0.1, 0.7, 0.5, -0.5]]
)
def test_between_antipodes_any_great_circle_will_do(x):
    sphere = Sphere(4, 2.0)
    x = sphere.normalize(np.array([x]))
    v = displacement(sphere, x, -x)
    assert np.linalg.norm(v) == pytest.approx(2 * np.pi)
    assert np.abs(v @ x[0]).max() < 1e-12
    mixed = Product((sphere, Torus((1.0,))))
    w = displacement(mixed, np.append(x, [[0.0]], axis=1), np.append(-x, [[0.25]], axis=1))
    np.testing.assert_allclose(w, np.append(v, [[0.25]], axis=1))


def test_a_turned_and_shuffled_cluster_is_laid_upon_itself():
    cluster = problem("lennard_jones", atoms=7)
    rng = np.random.default_rng(0)
    for x in cluster.starts(rng, 3):
        turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
        y = (x.reshape(-1, 3)[rng.permutation(7)] @ turn + 0.3).reshape(-1)
        copy = aligned(cluster, x, y)
        np.testing.assert_allclose(copy, x, atol=1e-8)
        assert cluster.value(copy) == pytest.approx(float(cluster.value(y)))


def test_where_there_is_no_symmetry_a_point_stays():
    camel = problem("six_hump_camel")
    y = np.array([1.0, 2.0])
    np.testing.assert_array_equal(aligned(camel, -y, y), y)
