"""The step that every Lanczos iteration here makes: what of an image is orthogonal to all vectors before it."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, dot, matvec, norm, transpose

_CANCELLED = 0.7  # a vector that shrinks by more when made orthogonal is not orthogonal to rounding yet


def orthogonal_part(v: Array, basis: Array) -> tuple[Array, Array, Array]:
    """What of vectors is orthogonal to bases, by classical Gram-Schmidt, with a second pass where the first cancels
    (Daniel, Gragg, Kaufman & Stewart, Math. Comp. 30, 772, 1976).

    Parameters
    ----------
    v : (p, n)
    basis : (p, k, n)
        Of each vector, its rows orthonormal or zero.

    Returns
    -------
    rest : (p, n)
    overlap : (p, k)
        With the basis: v is rest + overlap @ basis.
    length : (p,)
        Of rest.

    Examples
    --------
    >>> rest, overlap, length = orthogonal_part(np.array([[3.0, 4.0]]), np.array([[[1.0, 0.0]]]))
    >>> rest.tolist(), overlap.tolist(), length.tolist()
    ([[0.0, 4.0]], [[3.0]], [4.0])
    """
    before = norm(v)
    overlap = matvec(basis, v)
    rest = v - matvec(transpose(basis), overlap)
    length = norm(rest)
    cancelled = length < _CANCELLED * before
    if cancelled.any():
        some = slice(None) if cancelled.all() else cancelled  # a slice makes no copy of the bases
        again = matvec(basis[some], rest[some])
        rest[some] -= matvec(transpose(basis[some]), again)
        overlap[some] += again
        length = norm(rest)
    return rest, overlap, length


def lanczos_step(image: Array, basis: Array, coupling: Array | None) -> tuple[Array, Array, Array]:
    """`orthogonal_part` of the images of the last rows of bases, where all but the last two rows hold next to nothing
    of them: those two are taken off first, so that one pass over the basis does.

    Parameters
    ----------
    image : (p, n)
        Of the last row of each basis under a symmetric operator.
    basis : (p, k, n)
    coupling : (p,), optional
        The image's overlap with the row before the last, which the step before has as its length.
    """
    overlap = np.zeros(basis.shape[:2])
    if coupling is not None:
        overlap[:, -2] = coupling
        image = image - coupling[:, None] * basis[:, -2]
    overlap[:, -1] = dot(image, basis[:, -1])
    rest, others, length = orthogonal_part(image - overlap[:, -1:] * basis[:, -1], basis)
    return rest, overlap + others, length
