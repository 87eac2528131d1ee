"""Extreme Ritz vectors by Lanczos' iteration with thick restarts, within a budget of products (Wu & Simon 2000).

SciPy's solvers do not do for that: `eigsh` hands out converged pairs only, and `lobpcg` is far behind. The ten smallest
eigenvalues of a digits network with 11,485 parameters crowd (`mlp` with widths=(153,), after 20 steps of Adam with
lr=0.01, seed 0). After 500 products the worst residual of all ten is 7e-4 of the spectral radius here and 3e-3 with
`lobpcg`, after 1000 it is 8e-5 and 9e-4; `eigsh` has two of them and four. Without a budget it takes 1680 products here
to 1e-7, the search for missed copies included, and 1843 with `eigsh`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array
from landscape.batch import parts
from landscape.memory import require_memory
from landscape.spectrum.gram_schmidt import lanczos_step, orthogonal_part
from landscape.spectrum.memory import BROKEN_DOWN, basis_numbers, krylov_bytes
from landscape.spectrum.operator import HessianOperator

_MOST_VECTORS = 128  # beyond it is dearer to make a vector orthogonal to them than to restart more often
_LOOK_EVERY = 10  # products between two looks at the residuals
_FRESH = 20  # products from a fresh start before it is believed that it finds nothing
_COLUMNS = 2**22  # numbers of the basis that are turned together


class RitzVectors(NamedTuple):
    """What the iteration has when it ends.

    Attributes
    ----------
    vectors : (count, n)
        Orthonormal, the extreme one first.
    converged : bool
        Whether their residuals are within the tolerance.
    complete : bool
        Whether a fresh start off them found no other that belongs among them.
    products : int
        With vectors, that were done.
    radius : float
        The largest |Ritz value| that the iteration has had, of either end.
    """

    vectors: Array
    converged: bool
    complete: bool
    products: int
    radius: float


class _Look(NamedTuple):
    """The Ritz values so far (k,) in increasing order, their modes in the basis (k, k), their residuals (k,), the
    products that were done, and whether the basis spans all that there is."""

    theta: Array
    modes: Array
    residuals: Array
    products: int
    whole: bool


def thick_restart_lanczos(
    operator: HessianOperator,
    end: str,
    count: int,
    rng: np.random.Generator,
    tolerance: float,
    products: int,
    progress: Callable[[int, int], None] | None = None,
) -> RitzVectors:
    """The Ritz vectors at one end of the spectrum, copies of multiple eigenvalues among them.

    Lanczos' iteration that, when its memory is full, goes on from the better half of its Ritz vectors and the latest
    residual (Wu & Simon, SIAM J. Matrix Anal. Appl. 22, 602, 2000; in exact arithmetic ARPACK's implicit restart).
    Every vector is made orthogonal to all before it; where an invariant space is found, a random direction off it
    starts another.

    One start vector sees one direction of each eigenspace. When the vectors have converged they are held fixed, and the
    iteration begins anew from a random direction off them, until what it has found next lies beyond them by its
    residual. What belongs among them is taken in, and it begins once more, until nothing does: each time finds a
    further copy of every multiple eigenvalue.

    Parameters
    ----------
    end : {'largest', 'smallest'}
    tolerance : float
        Residual to reach, in units of the spectral radius, for which the largest |Ritz value| stands.
    products : int
        After so many, those of the fresh starts included, the Ritz vectors are returned as they are.
    progress : callable, optional
        Called with the products done and the most there may be.

    Raises
    ------
    ValueError
        If the vectors do not fit into memory.
    """
    sign = 1.0 if end == "smallest" else -1.0
    size = min(max(4 * count, 20, min(_MOST_VECTORS, basis_numbers() // operator.dim)), operator.rank)
    require_memory(krylov_bytes(operator.dim, size + 2 * count), f"{size} vectors", "ask for fewer eigenvalues")
    basis = np.empty((size + 1, operator.dim))
    held, done, radius = np.zeros(0), 0, 0.0
    while True:
        fresh = done
        for look in _looks(operator, sign, basis, held, count, rng, products - done):
            done = fresh + look.products
            if progress is not None:
                progress(done, products)
            radius = max(radius, float(np.abs(look.theta).max()))
            near = tolerance * radius
            converged = len(look.theta) >= count and bool((look.residuals[:count] <= near).all())
            if look.whole or done >= products or (converged and (not len(held) or _none_before(look, count, near))):
                break
        theta, modes = look.theta[:count], look.modes[:, :count]
        same = len(held) == count and np.abs(theta - held).max() <= near
        complete = look.whole or (converged and same and _none_before(look, count, near))
        if complete or done >= products:
            return RitzVectors(modes.T @ basis[: len(modes)], converged, complete, done, radius)
        _turn(basis[: len(modes)], modes)
        held = theta


def _none_before(look: _Look, count: int, near: float) -> bool:
    """Whether the Ritz value after the first `count` lies beyond them, by its residual."""
    if look.products < _FRESH or len(look.theta) <= count:
        return False
    return bool(look.theta[count] - look.residuals[count] >= look.theta[count - 1] - near)


def _looks(
    operator: HessianOperator,
    sign: float,
    basis: Array,
    held: Array,
    count: int,
    rng: np.random.Generator,
    products: int,
) -> Iterator[_Look]:
    """Lanczos' iteration for the smallest eigenvalues of the operator times `sign`, from a random direction off the
    first rows of the basis (size + 1, n), Ritz vectors with values `held`; a look now and then, at the last product
    too."""
    size, kept, done = len(basis) - 1, len(held), 0
    scale, length = float(np.abs(held).max(initial=0.0)), np.zeros(1)
    small = np.zeros((size, size))
    small[range(kept), range(kept)] = held
    basis[kept] = _new_direction(operator, rng, basis[:kept])
    while True:
        for k in range(kept, size):
            image = sign * operator(basis[k : k + 1])
            rest, overlap, length = lanczos_step(image, basis[None, : k + 1], length if k > kept else None)
            small[k, : k + 1] = small[: k + 1, k] = overlap[0]
            done += 1
            scale = max(scale, float(np.abs(overlap).max()))
            if length[0] <= BROKEN_DOWN * scale:
                length = np.zeros(1)
                latest = _new_direction(operator, rng, basis[: k + 1])
            else:
                latest = rest[0] / length[0]
            basis[k + 1] = operator.project(latest)  # else what of rounding lies off its range would grow
            if k + 1 == size or done >= products or done % _LOOK_EVERY == 0:
                theta, modes = np.linalg.eigh(small[: k + 1, : k + 1])
                yield _Look(theta, modes, np.abs(length[0] * modes[k]), done, k + 1 == operator.rank)
        kept = (count + size) // 2
        _turn(basis[:size], modes[:, :kept])
        basis[kept] = basis[size]
        small[:] = 0.0
        small[range(kept), range(kept)] = theta[:kept]


def _new_direction(operator: HessianOperator, rng: np.random.Generator, basis: Array) -> Array:
    """A random unit vector orthogonal to the rows of a basis; zero where there is none."""
    if len(basis) >= operator.rank:
        return np.zeros(operator.dim)
    rest, _, length = orthogonal_part(operator.random_directions(rng, 1), basis[None])
    return rest[0] / length[0]


def _turn(basis: Array, modes: Array) -> None:
    """Put the combinations `modes` (m, k) of the rows of a basis (m, n) into its first k rows, without a second copy
    of it."""
    for columns in parts(basis.shape[1], len(basis), _COLUMNS):
        basis[: modes.shape[1], columns] = modes.T @ basis[:, columns]
