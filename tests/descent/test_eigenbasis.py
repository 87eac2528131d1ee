"""The quadratic model in its eigenbasis, on every kind of landscape."""

import numpy as np
import pytest

from landscape import Landscape, problem
from landscape.descent.eigenbasis import eigenbasis


@pytest.mark.parametrize("name", ["himmelblau", "spherical_spin_glass", "xy_chain"])
def test_it_is_the_riemannian_derivatives(name):
    f = problem(name)
    x = f.starts(np.random.default_rng(0), 6)
    local = eigenbasis(f, x)
    assert local.finite.all()
    assert (np.diff(local.eigenvalues, axis=1) >= 0).all()
    np.testing.assert_allclose(local.ambient(local.gradient), f.riemannian_gradient(x), atol=1e-10)
    for k in range(local.eigenvalues.shape[1]):
        v = local.vectors[..., k]
        np.testing.assert_allclose(f.riemannian_hvp(x, v), local.eigenvalues[:, k, None] * v, atol=1e-9)


def test_zero_modes_are_lifted_above_all_others():
    f = problem("lennard_jones", atoms=4)
    local = eigenbasis(f, f.starts(np.random.default_rng(0), 3))
    assert (local.eigenvalues[:, 6] > 1.5 * np.abs(local.eigenvalues[:, :6]).max(axis=1)).all()
    assert np.abs(local.gradient[:, 6:]).max() < 1e-9 * np.abs(local.gradient).max()


def test_what_is_not_finite_is_told():
    f = Landscape.from_function(
        lambda x: (x**2).sum(-1), lambda x: 2 * x, lambda x: np.where(x[..., None] > 0, np.inf, 2.0), dim=1
    )
    local = eigenbasis(f, np.array([[1.0], [-1.0]]))
    assert local.finite.tolist() == [False, True]
    assert local.gradient[0, 0] == 0.0
