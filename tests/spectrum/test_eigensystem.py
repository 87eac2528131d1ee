"""Eigenvectors also where LAPACK stumbles over one triangle."""

import numpy as np

from landscape.spectrum.eigensystem import eigensystem


def test_a_failure_on_one_triangle_is_made_good_by_the_other(monkeypatch):
    matrix = np.random.default_rng(0).standard_normal((3, 5, 5))
    matrix = matrix + matrix.swapaxes(1, 2)
    eigh, tried = np.linalg.eigh, []

    def stumbling(a, UPLO="L"):
        tried.append(UPLO)
        if UPLO == "L":
            raise np.linalg.LinAlgError("Eigenvalues did not converge")
        return eigh(a, UPLO)

    monkeypatch.setattr(np.linalg, "eigh", stumbling)
    values, vectors = eigensystem(matrix)
    assert tried == ["L", "U"]
    np.testing.assert_allclose(matrix @ vectors, vectors * values[:, None], atol=1e-13)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(matrix), atol=1e-13)
