"""Orthogonal to rounding, however much cancels."""

import numpy as np
import pytest

from landscape import problem
from landscape.spectrum.gram_schmidt import lanczos_step, orthogonal_part
from landscape.spectrum.operator import HessianOperator


@pytest.mark.parametrize("left", [1.0, 1e-3, 1e-9])
def test_a_vector_is_taken_apart(left):
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((3, 50, 8)))[0].swapaxes(1, 2)
    v = rng.standard_normal((3, 8)) @ basis
    v = v[np.arange(3), np.arange(3)] + left * rng.standard_normal((3, 50))
    rest, overlap, length = orthogonal_part(v, basis)
    np.testing.assert_allclose(rest + (overlap[:, None] @ basis)[:, 0], v, atol=1e-14)
    assert np.abs(basis @ (rest / length[:, None])[..., None]).max() < 1e-14
    np.testing.assert_allclose(length, np.linalg.norm(rest, axis=1), rtol=1e-14)


def test_what_cancels_for_one_vector_only():
    basis = np.eye(4)[None, :2].repeat(2, axis=0)
    rest, overlap, _ = orthogonal_part(np.array([[1.0, 2.0, 1e-12, 0.0], [0.1, 0.0, 3.0, 4.0]]), basis)
    np.testing.assert_allclose(rest, [[0.0, 0.0, 1e-12, 0.0], [0.0, 0.0, 3.0, 4.0]], rtol=1e-15)
    np.testing.assert_allclose(overlap, [[1.0, 2.0], [0.1, 0.0]], rtol=1e-15)


def test_the_iteration_stays_orthogonal_after_pairs_have_converged():
    """Without it copies of converged eigenvalues turn up (Paige 1976): eigenvalues far out, which converge at once."""
    operator = HessianOperator.at(problem("quadratic", eigenvalues=(1e6, 1e4, *np.linspace(1, 2, 300))), np.zeros(302))
    steps, basis = 60, np.zeros((1, 61, 302))
    basis[0, :1] = operator.random_directions(np.random.default_rng(1), 1)
    coupling = None
    for k in range(steps):
        rest, overlap, coupling = lanczos_step(operator(basis[:, k]), basis[:, : k + 1], coupling)
        image = (overlap[:, None] @ basis[:, : k + 1])[:, 0] + rest
        np.testing.assert_allclose(image, operator(basis[:, k]), atol=1e-9)
        basis[:, k + 1] = rest / coupling[:, None]
    np.testing.assert_allclose(basis[0] @ basis[0].T, np.eye(steps + 1), atol=1e-13)
