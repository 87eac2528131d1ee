"""What spectra take of memory, asked before anything is allocated, and when Lanczos' iteration breaks down."""

from __future__ import annotations

from landscape.memory import available_memory, require_memory

BROKEN_DOWN = 1e-12  # a Lanczos vector this short, beside the spectrum's scale, is rounding
_MOST_TOGETHER = 2**27  # numbers, 1 GB
_NUMBER = 8  # bytes of a float64
_SURE = 2**24  # bytes that need not be asked for: asking takes longer than small matrices do


def dense_bytes(dim: int) -> float:
    """Bytes for a point's Hessian and its eigenvalues: the matrix, that in tangent coordinates, the basis of those, the
    one that is lifted off zero modes, and the solver's copy."""
    return 5.0 * _NUMBER * dim * dim


def krylov_bytes(dim: int, vectors: int) -> float:
    """Bytes for `vectors` directions that are held together, and a few more to work with."""
    return float(_NUMBER) * dim * (vectors + 8)


def basis_numbers() -> int:
    """How many numbers the vectors of Lanczos' iteration may have together: a quarter of the free memory, at most 1 GB;
    that many where the system does not say."""
    room = available_memory()
    return _MOST_TOGETHER if room is None else min(_MOST_TOGETHER, room // (4 * _NUMBER))


def require_dense(dim: int, points: int = 1) -> None:
    """Refuse dense Hessians that cannot fit: the matrices of so many points, and one copy to work on.

    Raises
    ------
    ValueError
        In one sentence with the gigabytes and with what does without.

    Examples
    --------
    >>> require_dense(10**7)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: dense Hessians of 10000000 coordinates: 1 point takes 1,600,000 GB but ... GB are free; ...
    """
    needed = 2.0 * _NUMBER * points * dim * dim
    if needed > _SURE:
        require_memory(
            needed,
            f"dense Hessians of {dim} coordinates: {points} point{'s' * (points != 1)}",
            "descents and the matrix-free spectrum (`landscape descend`, `landscape spectrum --matrix-free`) need none",
        )
