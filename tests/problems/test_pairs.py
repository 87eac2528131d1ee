"""Sums over pairs: any potential, against the sum over a loop and against complex steps."""

import numpy as np
import pytest

from landscape.problems.pairs import PairSum

# V = r^4 - 3 r^2 and V = exp(-r^2), in s = r^2: V'/r = 2 dV/ds and (V'' - V'/r) / r^2 = 4 d2V/ds2.
POTENTIALS = {
    "polynomial": (lambda s: s**2 - 3 * s, lambda s: 4 * s - 6, lambda s: np.full_like(s, 8.0)),
    "Gaussian": (lambda s: np.exp(-s), lambda s: -2 * np.exp(-s), lambda s: 4 * np.exp(-s)),
}
every = pytest.mark.parametrize("functions", POTENTIALS.values(), ids=POTENTIALS.keys())


def by_loops(potential, x, particles):
    r = x.reshape(*x.shape[:-1], particles, 3)
    total = 0
    for i in range(particles):
        for j in range(i):
            d = r[..., i, :] - r[..., j, :]
            total = total + potential((d * d).sum(axis=-1))
    return total


@every
@pytest.mark.parametrize("particles", [2, 3, 6])
def test_against_loops_and_complex_steps(functions, particles):
    pairs = PairSum(particles, *functions)
    rng = np.random.default_rng(particles)
    x, v = rng.normal(size=(2, 4, 5, 3 * particles))
    np.testing.assert_allclose(pairs.value(x), by_loops(functions[0], x, particles), rtol=1e-12, atol=1e-12)
    h = 1e-30
    step = np.eye(3 * particles) * h * 1j
    gradient = np.stack([by_loops(functions[0], x + e, particles).imag / h for e in step], axis=-1)
    np.testing.assert_allclose(pairs.gradient(x), gradient, rtol=1e-10, atol=1e-10)
    hessian = pairs.hessian(x)
    np.testing.assert_array_equal(hessian, np.swapaxes(hessian, -1, -2))
    product = (hessian @ v[..., None])[..., 0]
    np.testing.assert_allclose(pairs.hvp(x, v), product, rtol=1e-10, atol=1e-10)
    h = 1e-5
    change = (pairs.gradient(x + h * v) - pairs.gradient(x - h * v)) / (2 * h)
    np.testing.assert_allclose(product, change, rtol=1e-5, atol=1e-5 * np.abs(product).max())


@every
def test_rigid_motions_cost_nothing(functions):
    pairs = PairSum(4, *functions)
    x = np.random.default_rng(0).normal(size=(3, 12))
    shift, turn = np.tile([1.0, -2.0, 0.5], 4), np.cross([0.3, 0.1, -0.7], x.reshape(3, 4, 3)).reshape(3, 12)
    np.testing.assert_allclose(pairs.value(x + shift), pairs.value(x), rtol=1e-12)
    assert np.abs(pairs.gradient(x) @ shift).max() < 1e-12
    assert np.abs((pairs.gradient(x) * turn).sum(axis=-1)).max() < 1e-11
    np.testing.assert_allclose(pairs.hvp(x, shift), 0, atol=1e-11)


def test_squared_distances_are_in_the_order_of_pairs():
    pairs = PairSum(3, *POTENTIALS["Gaussian"])
    x = np.array([[0.0, 0, 0], [1, 0, 0], [0, 2, 0]]).ravel()
    np.testing.assert_allclose(pairs.squared_distances(x), [[1, 4, 5]])
    assert pairs.squared_distances(np.zeros((0, 9))).shape == (0, 3)
