"""Step sizes and ends from one Hessian-vector product, and the products themselves."""

import numpy as np

from landscape import SearchStatus, problem
from landscape.batch import RUNNING
from landscape.critical.matrix_free import barzilai_borwein, status_without_hessian


def test_barzilai_borwein_is_the_inverse_curvature():
    dx = np.array([[2.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    dg = dx * [4.0, -5.0]
    dg[2] = [0.0, 1.0]  # orthogonal: nothing to learn
    np.testing.assert_allclose(barzilai_borwein(dx, dg, np.full(3, 7.0)), [1 / 4, 1 / 5, 7.0])


def test_a_search_has_arrived_where_the_newton_step_is_tiny():
    landscape = problem("double_well", dim=2)
    gradient = np.array([[1e-12, 0.0], [1e-3, 0.0], [1.0, 0.0], [np.nan, 0.0]])
    curvature = np.array([2.0, 2.0, 1e-6, 2.0])
    status = status_without_hessian(landscape, gradient, curvature[:, None] * gradient)
    np.testing.assert_array_equal(status, [SearchStatus.CONVERGED, RUNNING, SearchStatus.FLAT, SearchStatus.NON_FINITE])


def test_riemannian_products_are_those_of_the_dense_hessian():
    for name, parameters in (("spherical_spin_glass", {"n": 6}), ("xy_chain", {"n": 5}), ("himmelblau", {})):
        landscape = problem(name, **parameters)
        x = landscape.starts(np.random.default_rng(0), 5)
        basis = landscape.manifold.tangent_basis(x)
        products = landscape.riemannian_hvp(x[:, None, :], np.swapaxes(basis, 1, 2))
        np.testing.assert_allclose(products @ basis, landscape.tangent_hessian(x), rtol=1e-9, atol=1e-9)
