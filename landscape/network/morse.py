"""The Morse complex: critical points as cells, flow lines between neighbouring indices as their boundaries.

Over the integers modulo 2 (Milnor 1965, *Lectures on the h-cobordism theorem*, section 7; Banyaga & Hurtubise 2004,
*Lectures on Morse Homology*): the boundary of a point of index k is the sum of the points of index k - 1 that an odd
number of lines lead to. Its homology is that of the manifold, where no line runs between points of equal index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import bmat, coo_array
from scipy.sparse.csgraph import connected_components

from landscape.arrays import Array, IntArray
from landscape.critical.points import CriticalPoints
from landscape.function import Landscape
from landscape.network.connections import count_connections
from landscape.symmetry import Identity


@dataclass(frozen=True, eq=False, repr=False)
class MorseComplex:
    """A Morse complex modulo 2.

    Attributes
    ----------
    index : (m,)
        Index of each critical point.
    value : (m,)
    lines : tuple of (m_{k-1}, m_k) int
        For k = 1, 2, ..., d the number of flow lines from each point of index k to each of index k - 1, in the order
        of the points.
    unresolved : tuple of int
        For each k the lines that could not be told; all zero in a sound complex.
    betti : tuple of int
        Betti numbers modulo 2, from 0 to d.
    pairs : (p, 2) int
        Persistence pairs of the sublevel sets: the point at which a homology class is born, and the one at which it
        dies.
    essential : (e,) int
        The points whose classes never die, one for each unit of the Betti numbers.
    """

    index: IntArray
    value: Array
    lines: tuple[IntArray, ...]
    unresolved: tuple[int, ...]
    betti: tuple[int, ...]
    pairs: IntArray
    essential: IntArray

    @property
    def boundary(self) -> tuple[IntArray, ...]:
        """The boundary operators modulo 2, (m_{k-1}, m_k) for k = 1, 2, ..., d."""
        return tuple(count % 2 for count in self.lines)

    @property
    def pieces(self) -> int:
        """How many pieces the minima and saddles of index 1 form with the lines between them: the Betti number 0, if no
        line of a saddle is missing."""
        lines = coo_array(self.lines[0])
        return int(connected_components(bmat([[None, lines], [lines.T, None]]), directed=False)[0])

    @property
    def sound(self) -> bool:
        """Whether there is a minimum, every line was told, the boundary of every boundary is zero, and the Betti number
        0 is that of the pieces. It is not where a line of a saddle runs away: the function is not bounded below, or a
        minimum far off."""
        return self.flaw is None

    @property
    def flaw(self) -> str | None:
        """Why the complex is not sound, in words; None if it is."""
        if not (self.index == 0).any():
            return "no minimum is known"
        if sum(self.unresolved):
            lines = "line of the flow" if sum(self.unresolved) == 1 else "lines of the flow"
            return f"{sum(self.unresolved)} {lines} could not be told"
        if self.betti[0] != self.pieces:
            short = int((self.lines[0].sum(axis=0) < 2).sum())
            saddles = "point of index 1 runs" if short == 1 else "points of index 1 run"
            return f"a line from {short} {saddles} away: there may be no bottom, or a minimum far off"
        neighbours = zip(self.boundary, self.boundary[1:], strict=False)
        if any(((low @ high) % 2).any() for low, high in neighbours):
            return "the boundary of a boundary is not zero: points are missing, or a line joins points of one index"
        return None

    def __repr__(self) -> str:
        counts = ", ".join(str(count) for count in np.bincount(self.index, minlength=len(self.betti)))
        betti = ", ".join(str(number) for number in self.betti)
        lines = sum(int(count.sum()) for count in self.lines)
        return f"Morse complex of {counts} points by index, {lines} lines; Betti numbers {betti}"


def covered(landscape: Landscape) -> bool:
    """Whether every line between neighbouring indices can be counted: in at most four dimensions, without symmetry."""
    return isinstance(landscape.symmetry, Identity) and landscape.manifold.intrinsic_dim <= 4


def morse_complex(landscape: Landscape, points: CriticalPoints) -> MorseComplex:
    """The Morse complex modulo 2 of all critical points of a landscape, its Betti numbers and persistence pairs.

    Every line between neighbouring indices is counted in up to four dimensions; beyond, only if no two neighbouring
    indices from 2 to d - 2 both have points. The function must be Morse-Smale: no degenerate points, and no line
    between points of equal index, which symmetry may force. Where it is not, or a point is missing, the complex may
    tell by not being `sound`; `flaw` says why.

    Parameters
    ----------
    points : CriticalPoints
        All of them.

    Returns
    -------
    MorseComplex

    Raises
    ------
    ValueError
        If a point is degenerate, the landscape has a symmetry, or there are too many dimensions.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> camel = landscape.problem("six_hump_camel")
    >>> points = landscape.find_critical_points(camel, camel.starts(np.random.default_rng(0), 500))
    >>> landscape.morse_complex(camel, points)
    Morse complex of 6, 7, 2 points by index, 22 lines; Betti numbers 1, 0, 0
    """
    if not isinstance(landscape.symmetry, Identity):
        raise ValueError("the landscape has a symmetry, but a Morse complex needs every critical point by itself")
    if not points.decided.all():
        raise ValueError(f"{int((~points.decided).sum())} of the points are degenerate or not critical")
    d = landscape.manifold.intrinsic_dim
    present = np.isin(np.arange(d + 1), points.index)
    for k in range(3, d - 1):
        if present[k] and present[k - 1]:
            raise ValueError(
                f"the landscape has {d} directions, but lines from index {k} to {k - 1} are counted in at most 4"
            )
    counted = [count_connections(landscape, points, k) for k in range(1, d + 1)]
    lines = tuple(c.count for c in counted)
    pairs, essential = persistence(points.index, points.value, lines)
    betti = tuple(np.bincount(points.index[essential], minlength=d + 1).tolist())
    return MorseComplex(
        points.index, points.value, lines, tuple(c.unresolved for c in counted), betti, pairs, essential
    )


def persistence(index: IntArray, value: Array, lines: tuple[IntArray, ...]) -> tuple[IntArray, IntArray]:
    """Persistence pairs of the filtration by value.

    The standard reduction of the boundary matrix modulo 2 (Edelsbrunner, Letscher & Zomorodian 2002, Discrete Comput.
    Geom. 28, 511).

    Parameters
    ----------
    index, value : (m,)
    lines : tuple of (m_{k-1}, m_k) int
        As in `MorseComplex`.

    Returns
    -------
    pairs : (p, 2) int
        Rows of birth and death, in order of death.
    essential : (e,) int
    """
    order = np.lexsort((index, value))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    rows = [np.flatnonzero(index == k) for k in range(len(lines) + 1)]
    boundary: dict[int, set[int]] = {}
    for k, count in enumerate(lines, start=1):
        for column, point in enumerate(rows[k]):
            boundary[int(place[point])] = set(place[rows[k - 1][count[:, column] % 2 == 1]].tolist())
    killer: dict[int, int] = {}
    reduced: dict[int, set[int]] = {}
    for column in range(len(order)):
        cells = boundary.get(column, set())
        while cells and max(cells) in killer:
            cells = cells ^ reduced[killer[max(cells)]]
        if cells:
            killer[max(cells)], reduced[column] = column, cells
    pairs = np.array([[order[born], order[died]] for born, died in killer.items()], dtype=np.int64).reshape(-1, 2)
    paired = {*killer.keys(), *killer.values()}
    essential = np.sort(order[[k for k in range(len(order)) if k not in paired]])
    return pairs, essential
