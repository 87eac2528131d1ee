"""Extreme eigenpairs of a Hessian from its products with vectors, with bounds that hold whatever the solver did."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from landscape.arrays import Array, norm
from landscape.spectrum.memory import krylov_bytes, require_memory
from landscape.spectrum.operator import HessianOperator

RADIUS_SLACK = 1.1  # the spectral radius is taken to be at most so many times the largest |Ritz value|


class Eigenpairs(NamedTuple):
    """Ritz pairs at one end of the spectrum, the extreme one first.

    Attributes
    ----------
    values : (k,)
        Ritz values theta: v H v for the vectors v.
    residuals : (k,)
        |H v - theta v|, rounding included: an eigenvalue is no farther than this from theta.
    vectors : (k, n)
        Orthonormal tangent vectors in ambient coordinates.
    converged : bool
        Whether as many pairs were found as were asked for, all to the tolerance.
    """

    values: Array
    residuals: Array
    vectors: Array
    converged: bool


def spectral_radius(operator: HessianOperator, rng: np.random.Generator) -> float:
    """An estimate of the largest |eigenvalue|, a little too large rather than too small."""
    matrix = LinearOperator((operator.dim, operator.dim), lambda v: operator(v.reshape(1, -1))[0], dtype=np.float64)
    start = operator.random_directions(rng, 1)[0]
    try:
        theta = eigsh(matrix, k=1, which="LM", v0=start, ncv=_vectors(operator, 1), tol=1e-2, return_eigenvectors=False)
    except ArpackNoConvergence:  # equally large at both ends
        theta = norm(operator(start[None]))
    return RADIUS_SLACK * float(np.abs(theta).max()) + float(np.finfo(np.float64).tiny)


def extreme_eigenpairs(
    operator: HessianOperator,
    end: str,
    count: int,
    rng: np.random.Generator,
    tolerance: float = 1e-7,
    radius: float | None = None,
    restarts: int = 100,
) -> Eigenpairs:
    """The `count` largest or smallest eigenpairs by implicitly restarted Lanczos (SciPy's `eigsh`: Lehoucq, Sorensen &
    Yang 1998, *ARPACK Users' Guide*).

    The Hessian is shifted by its spectral radius, so that the tolerance is against that and not against eigenvalues
    that may be nearly zero, and what is outside the tangent space, or along the symmetry's orbits, comes last. The
    pairs are then worked out anew by Rayleigh-Ritz. What is certain, to rounding: an eigenvalue lies within each
    residual (Parlett 1998, *The Symmetric Eigenvalue Problem*, Theorem 4.5.1), and the j-th smallest eigenvalue is at
    most the j-th smallest Ritz value (Cauchy's interlacing, Theorem 10.1.1). What is not: that none was missed, such as
    a second one of two equal eigenvalues.

    Parameters
    ----------
    end : {'largest', 'smallest'}
    tolerance : float
        Residual to reach, in units of the spectral radius.
    radius : float, optional
        What `spectral_radius` says, if it is known.
    restarts : int
        After which the pairs that have converged are all there is.

    Raises
    ------
    ValueError
        If fewer directions are left than the solver needs, or its vectors do not fit into memory.
    """
    if end not in ("largest", "smallest"):
        raise ValueError(f"end is {end!r} but must be 'largest' or 'smallest'")
    if not 1 <= count <= (operator.rank - 1) // 2:
        raise ValueError(
            f"{count} eigenpairs of {operator.rank} are asked for; without the dense Hessian at least one and fewer "
            "than half: use dense=True"
        )
    vectors = _vectors(operator, count)
    require_memory(krylov_bytes(operator.dim, vectors + 3 * count), f"{vectors} vectors", "ask for fewer eigenvalues")
    reach = spectral_radius(operator, rng) if radius is None else radius
    shift = reach if end == "largest" else -reach

    def shifted(v: Array) -> Array:
        row = operator.project(v.reshape(1, -1))
        return (operator(row) + shift * row)[0]

    matrix = LinearOperator((operator.dim, operator.dim), shifted, dtype=np.float64)
    which = "LA" if end == "largest" else "SA"
    start = operator.random_directions(rng, 1)[0]
    converged = True
    try:
        found = eigsh(matrix, k=count, which=which, v0=start, ncv=vectors, tol=tolerance / 2, maxiter=restarts)[1]
    except ArpackNoConvergence as error:
        converged, found = False, error.eigenvectors
    pairs = rayleigh_ritz(operator, found.T, end)
    return pairs._replace(converged=converged and bool((pairs.residuals <= tolerance * reach * 2).all()))


def rayleigh_ritz(operator: HessianOperator, vectors: Array, end: str) -> Eigenpairs:
    """Ritz pairs on the space of `vectors` (k, n), the largest or the smallest first."""
    if len(vectors) == 0:
        return Eigenpairs(np.zeros(0), np.zeros(0), np.zeros((0, operator.dim)), False)
    basis = np.linalg.qr(operator.project(vectors).T)[0].T
    images = operator(basis)
    small = basis @ images.T
    values, turn = np.linalg.eigh((small + small.T) / 2)
    if end == "largest":
        values, turn = values[::-1], turn[:, ::-1]
    basis, images = turn.T @ basis, turn.T @ images
    residuals = norm(images - values[:, None] * basis) + operator.rounding(float(np.abs(values).max()))
    return Eigenpairs(values, residuals, basis, True)


def _vectors(operator: HessianOperator, count: int) -> int:
    """Lanczos vectors between restarts."""
    return min(max(4 * count, 20), operator.rank)
