"""Rayleigh-Ritz on block Krylov spaces, against dense eigenvalues."""

import numpy as np
import pytest

from landscape import Landscape, problem
from landscape.arrays import transpose
from landscape.critical.krylov import ritz_space
from landscape.spectrum.dense import tangent_system

LANDSCAPES = [
    ("spherical_spin_glass", {"n": 9, "seed": 3}),
    ("xy_chain", {"n": 9}),
    ("lennard_jones", {"atoms": 5}),
    ("rosenbrock", {"dim": 8}),
]


def space_of(landscape, x, block, depth=2):
    def product(x, gradient, v):
        return landscape.riemannian_hvp(x[:, None], v, gradient[:, None])

    return ritz_space(landscape, product, x, landscape.gradient(x), block, depth)


def random_block(landscape, size, rows, seed=0):
    rng = np.random.default_rng(seed)
    return landscape.starts(rng, size), rng.standard_normal((size, rows, landscape.dim))


@pytest.mark.parametrize(("name", "parameters"), LANDSCAPES)
def test_rows_are_orthonormal_tangent_and_off_the_zero_modes(name, parameters):
    landscape = problem(name, **parameters)
    x, block = random_block(landscape, 6, 3)
    space = space_of(landscape, x, block)
    overlap = space.basis @ transpose(space.basis)
    np.testing.assert_allclose(overlap, np.broadcast_to(np.eye(6), overlap.shape), atol=1e-12)
    np.testing.assert_allclose(landscape.manifold.project(x[:, None], space.basis), space.basis, atol=1e-12)
    assert np.abs(space.basis @ landscape.symmetry.zero_modes(x)).max(initial=0.0) < 1e-12
    assert space.usable.all()


@pytest.mark.parametrize(("name", "parameters"), LANDSCAPES)
def test_the_space_holds_the_block_and_its_images(name, parameters):
    landscape = problem(name, **parameters)
    x, block = random_block(landscape, 4, 2)
    space = space_of(landscape, x, block)

    def rest(v):
        v = landscape.manifold.project(x[:, None], v)
        zero_modes = landscape.symmetry.zero_modes(x)
        v = v - (v @ zero_modes) @ transpose(zero_modes)
        return np.linalg.norm(v - (v @ transpose(space.basis)) @ space.basis) / np.linalg.norm(v)

    assert rest(block) < 1e-12
    assert rest(space.images[:, :2]) < 1e-9


@pytest.mark.parametrize(("name", "parameters"), LANDSCAPES)
def test_ritz_values_interlace_and_are_exact_in_the_whole_space(name, parameters):
    landscape = problem(name, **parameters)
    x, block = random_block(landscape, 5, 3)
    system = tangent_system(landscape, x)
    exact = np.linalg.eigvalsh(system.lifted_hessian())
    d = landscape.manifold.intrinsic_dim - int(system.orbit_dimension[0])
    slack = 1e-9 * np.abs(exact[:, :d]).max()
    few = space_of(landscape, x, block, depth=1).values
    assert (few >= exact[:, :3] - slack).all()  # Cauchy's interlacing
    assert (few <= exact[:, d - 3 : d] + slack).all()
    whole = space_of(landscape, x, block, depth=6).values[:, :d]
    np.testing.assert_allclose(whole, exact[:, :d], atol=1e3 * slack)


def test_an_eigenvalue_lies_within_each_residual():
    landscape = problem("spherical_spin_glass", n=12, seed=5)
    x, block = random_block(landscape, 8, 2)
    space = space_of(landscape, x, block)
    turn = transpose(space.modes)
    residual = np.linalg.norm(turn @ space.images - space.values[..., None] * (turn @ space.basis), axis=-1)
    exact = np.linalg.eigvalsh(landscape.tangent_hessian(x))
    distance = np.abs(exact[:, None, :] - space.values[..., None]).min(axis=-1)
    assert (distance <= residual + 1e-12).all()


def test_rows_that_are_not_there_are_zero_and_last():
    landscape = problem("himmelblau")  # two directions for three rows, and one of these zero
    x = landscape.starts(np.random.default_rng(0), 3)
    block = np.array([[1.0, 0.0], [2.0, 1e-14], [0.0, 0.0]])
    space = space_of(landscape, x, np.broadcast_to(block, (3, 3, 2)))
    lengths = np.linalg.norm(space.basis, axis=-1)
    np.testing.assert_allclose(np.sort(lengths, axis=1)[:, -2:], 1.0, atol=1e-12)
    assert (np.sort(lengths, axis=1)[:, :-2] == 0).all()
    np.testing.assert_allclose(space.values[:, :2], np.linalg.eigvalsh(landscape.hessian(x)), rtol=1e-12)
    assert (space.values[:, 2:] > space.values[:, 1:2]).all()


def test_a_hessian_that_is_not_finite_is_reported_and_spoils_no_neighbour():
    landscape = Landscape.from_function(
        lambda x: (x**2).sum(axis=-1),
        lambda x: 2 * x,
        lambda x: np.where(x[..., :1, None] > 0, np.nan, 2.0) * np.eye(3),
        dim=3,
    )
    x = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
    space = space_of(landscape, x, np.ones((2, 1, 3)))
    np.testing.assert_array_equal(space.usable, [False, True])
    assert space.values[1, 0] == pytest.approx(2.0)
