"""Eigenvectors of symmetric matrices, also of those on which LAPACK stumbles."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array


def eigensystem(matrix: Array) -> tuple[Array, Array]:
    """Eigenvalues (..., d), increasing, and eigenvectors in columns (..., d, d) of symmetric matrices (..., d, d).

    On a finite matrix with an eigenvalue that is many times repeated, as the lifted one of zero modes is, LAPACK's
    divide and conquer fails once in about 10^5 times. Worked from the other triangle the same matrix is another case.
    """
    try:
        values, vectors = np.linalg.eigh(matrix)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(matrix, UPLO="U")
    return values, vectors
