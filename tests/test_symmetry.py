"""Symmetries of a few elements: no symmetry, and the change of all signs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape.manifolds import Euclidean, Sphere, Torus
from landscape.symmetry import Identity, SignFlip

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("manifold", [Euclidean(3), Sphere(3), Torus((1.0, 2.0, 3.0))])
@given(seed=seeds)
def test_sign_flip(manifold, seed):
    rng = np.random.default_rng(seed)
    x, y = manifold.sample(rng, 5), manifold.sample(rng, 5)
    flip, minus_x = SignFlip(), manifold.normalize(-x)
    np.testing.assert_allclose(flip.fingerprint(manifold, minus_x), flip.fingerprint(manifold, x), atol=1e-12)
    assert (flip.distance(manifold, x, minus_x) < 1e-12).all()
    np.testing.assert_allclose(flip.distance(manifold, minus_x, y), flip.distance(manifold, x, y), atol=1e-12)
    change = np.abs(flip.fingerprint(manifold, x) - flip.fingerprint(manifold, y)).max(axis=-1)
    assert (change <= 2 * flip.distance(manifold, x, y) + 1e-12).all()
    assert flip.orbit_size(manifold, x).tolist() == [2] * 5
    assert flip.zero_modes(x).shape == (5, 3, 0)


def test_sign_flip_fixes_the_origin_and_the_half_periods():
    assert SignFlip().orbit_size(Euclidean(2), np.zeros(2)) == 1
    points = np.array([[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.25, 0.0]])
    assert SignFlip().orbit_size(Torus((1.0, 2.0)), points).tolist() == [1, 1, 1, 2]


def test_identity():
    x, y = np.zeros((4, 2)), np.ones((4, 2))
    manifold = Euclidean(2)
    np.testing.assert_allclose(Identity().distance(manifold, x, y), np.sqrt(2))
    np.testing.assert_array_equal(Identity().fingerprint(manifold, x), x)
    assert Identity().zero_modes(x).shape == (4, 2, 0)
    assert Identity().orbit_size(manifold, x).tolist() == [1, 1, 1, 1]


def test_what_has_no_symmetric_points_to_search_from_stays():
    x = np.random.default_rng(0).normal(size=(5, 3))
    for symmetry in (Identity(), SignFlip()):
        np.testing.assert_array_equal(symmetry.symmetrize(x, np.random.default_rng(1)), x)
