"""What spectra take of memory, asked before anything is allocated."""

from __future__ import annotations

from landscape.memory import available_memory, gigabytes

_NUMBER = 8  # bytes of a float64
_USABLE = 0.8  # of what is free


def dense_bytes(dim: int) -> float:
    """Bytes for a point's Hessian and its eigenvalues: the matrix, that in tangent coordinates, the basis of those, the
    one that is lifted off zero modes, and the solver's copy."""
    return 5.0 * _NUMBER * dim * dim


def krylov_bytes(dim: int, vectors: int) -> float:
    """Bytes for `vectors` directions that are held together, and a few more to work with."""
    return float(_NUMBER) * dim * (vectors + 8)


def fits(needed: float) -> bool:
    """Whether so many bytes are free; yes where the system does not say."""
    room = available_memory()
    return room is None or needed <= _USABLE * room


def require_memory(needed: float, what: str, instead: str) -> None:
    """Refuse what cannot fit.

    Parameters
    ----------
    needed : float
        Bytes.
    what : str
        What takes them.
    instead : str
        What to do instead.

    Raises
    ------
    ValueError
        If more than four fifths of the free memory are needed.

    Examples
    --------
    >>> require_memory(dense_bytes(10**7), "the dense Hessian", "use less")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: the dense Hessian takes 4e+06 GB but ... GB are free; use less
    """
    if not fits(needed):
        room = available_memory() or 0
        raise ValueError(f"{what} takes {gigabytes(needed)} but {gigabytes(room)} are free; {instead}")
