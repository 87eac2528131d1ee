"""Hidden units: permuted, flipped, rescaled and shifted networks are one point."""

from itertools import pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape import HiddenUnits
from landscape.arrays import matvec, norm
from landscape.hidden_units import number_of_parameters, pack, unpack
from landscape.manifolds import Euclidean
from landscape.problems.feedforward import FeedForward

# Sizes, activation, loss, and the symmetry that they have.
NETWORKS = {
    "tanh": ((2, 4, 3), "tanh", "squared_error", {"odd": True}),
    "softplus": ((2, 4, 1), "softplus", "squared_error", {}),
    "relu": ((2, 4, 2), "relu", "squared_error", {"rescaling": True}),
    "softmax": ((2, 3, 3), "tanh", "cross_entropy", {"odd": True, "shift": True}),
    "deep tanh": ((2, 4, 3, 1), "tanh", "squared_error", {"odd": True}),
    "deep softplus": ((2, 3, 4, 3, 2), "softplus", "squared_error", {}),
    "deep relu, softmax": ((2, 4, 3, 2), "relu", "cross_entropy", {"rescaling": True, "shift": True}),
    "linear": ((3, 2), "tanh", "squared_error", {"odd": True}),
}
every_network = pytest.mark.parametrize(("sizes", "activation", "loss", "has"), NETWORKS.values(), ids=NETWORKS.keys())
seeds = st.integers(0, 2**32 - 1)


def space(sizes):
    return Euclidean(number_of_parameters(sizes))


def transformed(symmetry, x, rng):
    """The image of a network (n,) under a random element of the whole group."""
    layers = [(w.copy(), b.copy()) for w, b in unpack(x, symmetry.sizes)]
    for depth, units in enumerate(symmetry.hidden):
        order, factor = rng.permutation(units), np.ones(units)
        if symmetry.odd:
            factor *= rng.choice([-1.0, 1.0], units)
        if symmetry.rescaling:
            factor *= np.exp(rng.normal(size=units))
        (w, b), (out, out_bias) = layers[depth], layers[depth + 1]
        layers[depth] = (factor[:, None] * w[order], factor * b[order])
        layers[depth + 1] = (out[:, order] / factor, out_bias)
    if symmetry.shift:
        w, b = layers[-1]
        layers[-1] = (w + rng.normal(size=w.shape[1]), b + rng.normal())
    return pack(layers)


@every_network
@given(seed=seeds)
def test_the_group_leaves_loss_fingerprint_and_distance_alone(sizes, activation, loss, has, seed):
    rng = np.random.default_rng(seed)
    symmetry, manifold = HiddenUnits(sizes, **has), space(sizes)
    x = rng.normal(size=manifold.dim)
    image = transformed(symmetry, x, rng)
    answers = np.eye(sizes[-1])[rng.integers(0, sizes[-1], 6)]
    network = FeedForward(rng.normal(size=(6, sizes[0])), answers, sizes[1:-1], activation, loss)
    scale = 1 + norm(x) + norm(image)
    np.testing.assert_allclose(network.value(image), network.value(x), rtol=1e-11)
    here, there = symmetry.fingerprint(manifold, x), symmetry.fingerprint(manifold, image)
    np.testing.assert_allclose(there, here, atol=1e-11 * scale)
    assert symmetry.distance(manifold, x, image) < 1e-11 * scale
    assert symmetry.distance(manifold, x, image, within=1e-6) < 1e-11 * scale


@every_network
@given(seed=seeds)
def test_zero_modes_are_orthonormal_and_the_loss_is_flat_along_them(sizes, activation, loss, has, seed):
    rng = np.random.default_rng(seed)
    symmetry, dim = HiddenUnits(sizes, **has), number_of_parameters(sizes)
    x = rng.normal(size=(3, dim))
    modes = symmetry.zero_modes(x)
    rescaled, shifted = sum(sizes[1:-1]) * symmetry.rescaling, (sizes[-2] + 1) * symmetry.shift
    assert modes.shape == (3, dim, rescaled + shifted)
    np.testing.assert_allclose(
        modes.swapaxes(1, 2) @ modes, np.broadcast_to(np.eye(modes.shape[2]), (3, *[modes.shape[2]] * 2)), atol=1e-10
    )
    network = FeedForward(rng.normal(size=(6, sizes[0])), np.eye(sizes[-1])[[0] * 6], sizes[1:-1], activation, loss)
    gradient = network.gradient(x)
    np.testing.assert_allclose(matvec(modes.swapaxes(1, 2), gradient), 0, atol=1e-12 * (1 + np.abs(gradient).max()))


@pytest.mark.parametrize("odd", [True, False])
@given(seed=seeds)
def test_distance_of_one_hidden_layer_is_the_smallest_over_all_arrangements(odd, seed):
    sizes, units = (2, 3, 2), 3
    symmetry, manifold = HiddenUnits(sizes, odd=odd), space(sizes)
    x, y = np.random.default_rng(seed).normal(size=(2, manifold.dim))
    ((w, b), (out, out_bias)) = unpack(y, sizes)
    signs = list(product((1.0, -1.0), repeat=units)) if odd else [(1.0,) * units]
    images = [
        pack([(np.array(s)[:, None] * w[list(p)], s * b[list(p)]), (out[:, list(p)] * s, out_bias)])
        for p in permutations(range(units))
        for s in signs
    ]
    assert symmetry.distance(manifold, x, y) == pytest.approx(float(norm(x - np.array(images)).min()), rel=1e-12)


@pytest.mark.parametrize("name", ["tanh", "softplus", "deep tanh", "deep softplus"])
@given(seed=seeds, size=st.floats(1e-8, 1.0))
def test_fingerprint_moves_no_faster_than_the_point(name, seed, size):
    sizes, _, _, has = NETWORKS[name]
    symmetry, manifold = HiddenUnits(sizes, **has), space(sizes)
    x, step = np.random.default_rng(seed).normal(size=(2, manifold.dim))
    change = symmetry.fingerprint(manifold, x + size * step) - symmetry.fingerprint(manifold, x)
    assert norm(change) <= size * norm(step) * (1 + 1e-9) + 1e-14


@every_network
def test_perturbed_copies_are_near_and_different_networks_are_not(sizes, activation, loss, has):
    rng = np.random.default_rng(1)
    symmetry, manifold = HiddenUnits(sizes, **has), space(sizes)
    x, other = rng.normal(size=(2, 10, manifold.dim))
    step = 1e-6 * rng.normal(size=x.shape)
    copies = np.array([transformed(symmetry, point, rng) for point in x + step])
    # A representative moves faster than the network where one is rescaled, and slower where outputs are shifted.
    bound = norm(step) * (30 if symmetry.rescaling else 1 + 1e-6)
    assert (symmetry.distance(manifold, x, copies, within=1e-4) <= bound).all()
    assert (symmetry.distance(manifold, x, other, within=1e-4) > 1e-4).all()


@pytest.mark.parametrize("odd", [True, False])
def test_orbit_sizes_by_counting_all_images(odd):
    sizes, units = (1, 3, 1), 3
    symmetry, manifold = HiddenUnits(sizes, odd=odd), space(sizes)
    a, b, zero = np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.5, 2.0]), np.zeros(3)
    cases = [(a, b, a + b), (a, a, b), (a, -a, b), (a, a, -a), (a, b, zero), (a, zero, zero), (zero, zero, zero)]
    signs = list(product((1.0, -1.0), repeat=units)) if odd else [(1.0,) * units]
    for vectors in cases:
        w, bias, out = np.array(vectors).T
        x = pack([(w[:, None], bias), (out[None], np.array([0.7]))])
        images = {
            tuple(tuple(sign * vectors[k] + 0.0) for k, sign in zip(order, s, strict=True))
            for order in permutations(range(units))
            for s in signs
        }
        assert symmetry.orbit_size(manifold, x) == len(images)


def test_orbits_that_are_not_counted():
    assert HiddenUnits((2, 3, 1), rescaling=True).orbit_size(space((2, 3, 1)), np.ones(13)) is None
    assert HiddenUnits((2, 2, 2, 1)).orbit_size(space((2, 2, 2, 1)), np.ones(15)) is None
    assert HiddenUnits((1, 30, 1), odd=True).orbit_size(space((1, 30, 1)), np.ones(91)) is None
    assert HiddenUnits((3, 1)).orbit_size(space((3, 1)), np.ones((2, 4))).tolist() == [1, 1]


def test_a_unit_without_effect_is_no_unit():
    sizes = (1, 2, 1)
    symmetry, manifold = HiddenUnits(sizes, rescaling=True), space(sizes)
    x = np.array([1.0, 5.0, 0.5, -2.0, 3.0, 0.0, 0.1])  # nothing comes out of the second unit
    y = np.array([3.0, 0.0, 1.5, 0.0, 1.0, 4.0, 0.1])  # nothing goes into it
    assert symmetry.distance(manifold, x, y) < 1e-14


def test_copies_of_a_unit_in_deep_networks_are_told_apart_by_what_comes_out():
    sizes = (1, 2, 2, 1)
    symmetry, manifold = HiddenUnits(sizes), space(sizes)
    layers = [
        (np.array([[1.0], [1.0]]), np.array([2.0, 2.0])),
        (np.array([[1.0, 5.0], [2.0, 7.0]]), np.array([0.3, 0.4])),
        (np.array([[1.0, -1.0]]), np.array([0.5])),
    ]
    x = pack(layers)
    for seed in range(10):
        assert symmetry.distance(manifold, x, transformed(symmetry, x, np.random.default_rng(seed))) < 1e-14


@every_network
def test_symmetrized_networks_have_a_unit_that_is_a_copy_or_silent(sizes, activation, loss, has):
    symmetry = HiddenUnits(sizes, **has)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, number_of_parameters(sizes)))
    y = symmetry.symmetrize(x, rng)
    layers = unpack(y, sizes)
    left_alone = np.zeros(100, dtype=bool)
    for (w, b), (out, _) in pairwise(layers):
        units = np.concatenate([w, b[..., None], out.swapaxes(-1, -2)], axis=-1)
        gaps = norm(units[:, :, None] - units[:, None]) + np.where(np.eye(units.shape[1]), np.inf, 0)
        left_alone |= (gaps == 0).any(axis=(1, 2))
        left_alone |= (norm(units) == 0).any(axis=1) & (symmetry.odd or symmetry.rescaling)
    assert left_alone.all() == bool(symmetry.hidden)
    # The gradient does not break it: the unit stays a copy, or silent.
    network = FeedForward(
        rng.normal(size=(7, sizes[0])),
        np.eye(sizes[-1])[rng.integers(sizes[-1], size=7)],
        symmetry.hidden,
        activation,
        loss,
    )
    if symmetry.hidden and len(symmetry.hidden) == 1 and activation != "relu":
        gradient = unpack(network.gradient(y), sizes)
        (w, b), (out, _) = gradient
        slopes = np.concatenate([w, b[..., None], out.swapaxes(-1, -2)], axis=-1)
        same = gaps < 1e-12
        apart = norm(slopes[:, :, None] - slopes[:, None])
        assert (apart[same] < 1e-12).all()
        silent = norm(units) == 0
        assert (norm(slopes)[silent] < 1e-12).all()
