"""Random tangent vectors: lengths, directions and the tangent space."""

import numpy as np
import pytest
from scipy import stats

from landscape import Euclidean, Product, Sphere, Torus
from landscape.descent.noise import uniform_in_ball, uniform_on_sphere

MANIFOLDS = [Euclidean(3), Sphere(4, 2.0), Torus((1.0, 2.0, 3.0)), Product((Sphere(3), Euclidean(1)))]


@pytest.mark.parametrize("manifold", MANIFOLDS, ids=lambda m: type(m).__name__)
def test_directions_are_uniform_in_the_tangent_space(manifold):
    rng = np.random.default_rng(0)
    x = np.broadcast_to(manifold.sample(rng, 1), (20_000, manifold.dim))
    u = uniform_on_sphere(manifold, x, rng)
    np.testing.assert_allclose(manifold.project(x, u), u, atol=1e-15)
    np.testing.assert_allclose(np.linalg.norm(u, axis=1), 1, rtol=1e-14)
    # All manifolds here have dimension 3, where a coordinate of a uniform direction is uniform in [-1, 1].
    coordinates = u @ manifold.tangent_basis(x[0])
    assert coordinates.shape[1] == 3
    for column in coordinates.T:
        assert stats.kstest(column, "uniform", (-1, 2)).pvalue > 1e-5


@pytest.mark.parametrize("manifold", MANIFOLDS, ids=lambda m: type(m).__name__)
def test_lengths_in_the_ball_are_those_of_uniform_points(manifold):
    rng = np.random.default_rng(1)
    v = uniform_in_ball(manifold, manifold.sample(rng, 20_000), 0.7, rng)
    share = (np.linalg.norm(v, axis=1) / 0.7) ** 3
    assert share.max() <= 1 + 1e-12
    assert stats.kstest(share, "uniform").pvalue > 1e-5
