"""Hermite functions and their integrals, against quadrature."""

import numpy as np
import pytest
from scipy.special import eval_hermite, gammaln

from landscape.theory.hermite import hermite_functions, hermite_integrals, hermite_overlaps

NODES, WEIGHTS = np.polynomial.legendre.leggauss(400)


@pytest.mark.parametrize("n", [1, 2, 12])
def test_values_are_those_of_the_polynomials(n):
    t = np.linspace(-6, 6, 25)
    i = np.arange(n)[:, None]
    expected = eval_hermite(i, t) * np.exp(-(t**2) / 2 - (np.log(np.pi) / 2 + i * np.log(2) + gammaln(i + 1)) / 2)
    np.testing.assert_allclose(hermite_functions(n, t), expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("end", [-2.0, 0.0, 1.7, 30.0])
def test_integrals_by_quadrature(end):
    n, start = 9, -14.0
    x = start + (end - start) * (NODES + 1) / 2
    psi, w = hermite_functions(n + 1, x), (end - start) / 2 * WEIGHTS
    t = np.array([end])
    at_end = hermite_functions(n + 1, t)
    np.testing.assert_allclose(hermite_integrals(n, at_end, t)[:, 0], psi[:n] @ w, atol=1e-12)
    np.testing.assert_allclose(hermite_overlaps(n, at_end, t)[..., 0], (psi[:n] * w) @ psi[:n].T, atol=1e-12)


def test_functions_are_orthonormal_up_to_high_order():
    t = np.array([60.0])
    overlap = hermite_overlaps(300, hermite_functions(301, t), t)[..., 0]
    np.testing.assert_allclose(overlap, np.eye(300), atol=1e-12)
