"""The operator is the tangent Hessian, and knows neither the normal directions nor the symmetry's orbits."""

import numpy as np
import pytest

from landscape import problem
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.operator import HessianOperator

CASES = [
    ("spherical_spin_glass", {"n": 12}),
    ("lennard_jones", {"atoms": 5}),
    ("matrix_factorization", {}),
    ("mlp", {"widths": (4,)}),
]


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_it_is_the_dense_hessian_off_the_zero_modes(name, parameters):
    landscape = problem(name, **parameters)
    rng = np.random.default_rng(1)
    x = landscape.starts(rng, 1)[0]
    operator = HessianOperator.at(landscape, x)
    system = tangent_system(landscape, landscape.manifold.normalize(x)[None])
    basis, scale = system.basis[0], system.scale[0]
    np.testing.assert_allclose(
        operator(np.eye(landscape.dim)), basis @ system.hessian[0] @ basis.T, rtol=0, atol=1e-13 * scale
    )
    assert operator.rank == basis.shape[1] - system.orbit_dimension[0]
    v = operator.random_directions(rng, 3)
    np.testing.assert_allclose(np.linalg.norm(v, axis=1), 1)
    np.testing.assert_allclose(operator.project(v), v, atol=1e-14)


def test_a_point_without_derivatives_is_refused():
    landscape = problem("lennard_jones", atoms=3)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="the gradient of lennard_jones is not finite"):
        HessianOperator.at(landscape, np.zeros(9))
