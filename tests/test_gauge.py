"""Continuous symmetries of factorizations: factors with one product are one point."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm, orthogonal_procrustes

from landscape.arrays import norm
from landscape.gauge import AxisSymmetry, FactorRotation, InvertibleLayer
from landscape.manifolds import Euclidean

SPACE = Euclidean(12)
seeds = st.integers(0, 2**32 - 1)


def move_factor(x, rng, generator=None):
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0] if generator is None else expm(generator - generator.T)
    return (x.reshape(4, 3) @ turn).ravel()


def move_layers(x, rng, generator=None):
    g = np.eye(2) + 0.3 * rng.normal(size=(2, 2)) if generator is None else expm(generator)
    first, second = x[:6].reshape(2, 3), x[6:].reshape(3, 2)
    return np.concatenate([(g @ first).ravel(), (second @ np.linalg.inv(g)).ravel()])


def move_axis(x, rng, generator=None):
    if generator is not None:
        return np.concatenate([x[:1], expm(generator - generator.T) @ x[1:]])
    return np.concatenate([-x[:1], np.linalg.qr(rng.normal(size=(11, 11)))[0] @ x[1:]])


# Symmetry, its elements at random or near the identity, size of the generator, dimension of the group.
CASES = {
    "factor rotation": (FactorRotation(3), move_factor, 3, 3),
    "invertible layer": (InvertibleLayer((3, 2, 3)), move_layers, 2, 4),
    "axis": (AxisSymmetry(), move_axis, 11, 10),
}
every = pytest.mark.parametrize(("symmetry", "move", "size", "dimension"), CASES.values(), ids=CASES.keys())


@every
@given(seed=seeds)
def test_images_are_the_same_point(symmetry, move, size, dimension, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=12)
    image = move(x, rng)
    scale = 1 + norm(x) ** 2 + norm(image) ** 2
    here, there = symmetry.fingerprint(SPACE, x), symmetry.fingerprint(SPACE, image)
    np.testing.assert_allclose(there, here, atol=1e-12 * scale)
    assert symmetry.distance(SPACE, x, image) < 1e-12 * scale
    assert symmetry.distance(SPACE, x, rng.normal(size=12)) > 1e-6


@every
@given(seed=seeds)
def test_zero_modes_span_the_motions_of_the_group(symmetry, move, size, dimension, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=12)
    modes = symmetry.zero_modes(x)
    assert modes.shape == (12, dimension)
    np.testing.assert_allclose(modes.T @ modes, np.eye(dimension), atol=1e-9)
    generator = rng.normal(size=(size, size))
    motion = (move(x, rng, 1e-5 * generator) - move(x, rng, -1e-5 * generator)) / 2e-5
    np.testing.assert_allclose(modes @ (modes.T @ motion), motion, atol=1e-7 * (1 + norm(motion)))


@every
def test_batches_are_their_points(symmetry, move, size, dimension):
    x, y = np.random.default_rng(0).normal(size=(2, 4, 12))
    for function in (
        lambda a, b: symmetry.fingerprint(SPACE, a),
        lambda a, b: symmetry.zero_modes(a),
        lambda a, b: symmetry.distance(SPACE, a, b),
    ):
        singles = np.stack([function(a, b) for a, b in zip(x, y, strict=True)])
        np.testing.assert_allclose(function(x, y), singles, atol=1e-12)
        assert function(x[:0], y[:0]).shape == (0, *singles.shape[1:])
    assert symmetry.distance(SPACE, x[0], y).shape == (4,)
    assert symmetry.orbit_size(SPACE, x) is None


@every
def test_the_origin_does_not_move_nor_what_is_rounding_away_from_it(symmetry, move, size, dimension):
    for x in (np.zeros(12), 1e-12 * np.random.default_rng(1).normal(size=12)):
        np.testing.assert_array_equal(symmetry.zero_modes(x), np.zeros((12, dimension)))


@given(seed=seeds)
def test_distance_of_factors_is_that_of_procrustes_and_the_fingerprint_no_faster(seed):
    symmetry = FactorRotation(3)
    x, y = np.random.default_rng(seed).normal(size=(2, 12))
    turn, _ = orthogonal_procrustes(y.reshape(4, 3), x.reshape(4, 3))
    distance = symmetry.distance(SPACE, x, y)
    assert distance == pytest.approx(norm((x.reshape(4, 3) - y.reshape(4, 3) @ turn).ravel()), rel=1e-10)
    gap = norm(symmetry.fingerprint(SPACE, x) - symmetry.fingerprint(SPACE, y))
    assert gap <= np.sqrt(2) * distance * (1 + 1e-12)


def test_factors_of_lower_rank_have_smaller_orbits():
    # The rotations of r columns that move a factor of rank s: r (r - 1) / 2 - (r - s) (r - s - 1) / 2 dimensions.
    rng = np.random.default_rng(2)
    for rank, dimension in ((0, 0), (1, 2), (2, 3), (3, 3)):
        x = rng.normal(size=(4, rank)) @ rng.normal(size=(rank, 3))
        modes = FactorRotation(3).zero_modes(x.ravel())
        assert np.linalg.matrix_rank(modes) == dimension
        assert np.rint((modes**2).sum()) == dimension


def test_finite_orbits():
    assert FactorRotation(1).orbit_size(Euclidean(2), np.array([[1.0, 2.0], [0.0, 0.0]])).tolist() == [2, 1]
    assert FactorRotation(1).zero_modes(np.ones((3, 2))).shape == (3, 2, 0)
    points = np.array([[1.0, 2.0], [1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    assert AxisSymmetry().orbit_size(Euclidean(2), points).tolist() == [4, 2, 2, 1]
    assert AxisSymmetry().orbit_size(Euclidean(1), points[:, :1]).tolist() == [2, 2, 1, 1]
    assert AxisSymmetry().zero_modes(points).shape == (4, 2, 0)


def test_layers_are_three():
    with pytest.raises(ValueError, match=r"sizes is \(3, 2\) but must be inputs, hidden units and outputs"):
        InvertibleLayer((3, 2))


def test_symmetrized_points_are_left_alone_by_an_element():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 12))
    factor, layer, axis = (case[0].symmetrize(x, rng) for case in CASES.values())
    # Of lower rank: a reflection of the columns, or of the hidden layer, across what is missing changes nothing.
    assert np.linalg.matrix_rank(factor.reshape(-1, 4, 3)).max() == 2
    assert set(np.linalg.matrix_rank(layer[:, :6].reshape(-1, 2, 3)).tolist()) == {0, 1}
    u, s, _ = np.linalg.svd(layer[:, :6].reshape(-1, 2, 3))
    reflection = 2 * (u[:, :, :1] * (s[:, None, :1] > 1e-9)) @ u[:, :, :1].swapaxes(1, 2) - np.eye(2)
    np.testing.assert_allclose(layer[:, 6:].reshape(-1, 3, 2) @ reflection, layer[:, 6:].reshape(-1, 3, 2), atol=1e-12)
    on, across = axis[:, 0] != 0, (axis[:, 1:] != 0).any(axis=1)
    assert (on != across).all()
    assert 0 < on.sum() < 300
