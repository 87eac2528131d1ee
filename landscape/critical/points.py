"""`CriticalPoints`: what is known of each point, and of the set."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, BoolArray, IntArray, alternating_sum
from landscape.critical.completeness import (
    Completeness,
    EulerCheck,
    WindingCheck,
    coverage,
    violated_morse_inequalities,
)
from landscape.results import Results, in_words, shared


class Kind(IntEnum):
    """What a point is."""

    NOT_CRITICAL = 0
    """A Newton step leads away from it."""
    MINIMUM = 1
    SADDLE = 2
    MAXIMUM = 3
    DEGENERATE = 4
    """Critical, but some eigenvalue is zero within its error, so that second derivatives do not decide."""


@dataclass(frozen=True, eq=False, repr=False)
class CriticalPoints(Results):
    """Points with their classification: arrays of equal leading length m.

    Attributes
    ----------
    x : (m, n)
        Positions.
    value : (m,)
    gradient_norm : (m,)
        Norm of the Riemannian gradient.
    newton_step : (m,)
        Length of the Newton step from the point: how far it is from the critical point, to first order.
    eigenvalues : (m, d)
        Of the Riemannian Hessian, increasing. The symmetry's zero modes appear as exact zeros.
    eigenvalue_error : (m,)
        Bound within which an eigenvalue counts as zero.
    orbit_dimension : (m,)
        Dimension of the symmetry's orbit: zero modes that are not flat directions.
    orbit_size : (m,)
        Number of orbits of the symmetry group's identity component that the point stands for: of points, if the group
        is finite; 0 where it cannot be told.
    index : (m,)
        Number of negative eigenvalues.
    nullity : (m,)
        Number of eigenvalues that are zero within their error, not counting those that symmetry explains.
    kind : (m,)
        `Kind`.
    found : (m,)
        How many searches ended at the point.
    start : (m, n)
        Where one of those searches began, the one that came closest; not a number where no search is known.
    method : (m,) of str
        That search's method.
    certificate : (m,)
        `Certificate`: what the certified radius rests on.
    certified_radius : (m,)
        Radius of a ball with exactly one critical point, over which its index cannot change; 0 where there is none.
    betti_numbers : list of int or None
        What the complete set must account for, where Morse theory applies.
    symmetry_dimension : int
        Of the symmetry group; a point whose orbit has fewer dimensions, such as a linear arrangement of particles, is
        left alone by a circle of rotations.
    solution_bound : int or None
        What the number of points cannot exceed.
    box : list of two lists, or None
        Lower and upper corner of a two-dimensional sampling box.
    winding : int or None
        Winding number of the gradient round that box.
    search_counts : dict
        How many searches ended in each `SearchStatus`.
    """

    x: Array
    value: Array
    gradient_norm: Array
    newton_step: Array
    eigenvalues: Array
    eigenvalue_error: Array
    orbit_dimension: IntArray
    orbit_size: IntArray
    index: IntArray
    nullity: IntArray
    kind: IntArray
    found: IntArray
    start: Array
    method: npt.NDArray[np.str_]
    certificate: IntArray
    certified_radius: Array
    betti_numbers: list[int] | None = field(default=None, metadata=shared())
    symmetry_dimension: int = field(default=0, metadata=shared())
    solution_bound: int | None = field(default=None, metadata=shared())
    box: list[list[float]] | None = field(default=None, metadata=shared())
    winding: int | None = field(default=None, metadata=shared())
    search_counts: dict[str, int] = field(default_factory=dict, metadata=shared())

    @property
    def minima(self) -> CriticalPoints:
        """The points that are minima."""
        return self[self.kind == Kind.MINIMUM]

    @property
    def saddles(self) -> CriticalPoints:
        """The points that are nondegenerate saddles."""
        return self[self.kind == Kind.SADDLE]

    @property
    def maxima(self) -> CriticalPoints:
        """The points that are maxima."""
        return self[self.kind == Kind.MAXIMUM]

    @property
    def degenerate(self) -> CriticalPoints:
        """The points that the Hessian does not decide."""
        return self[self.kind == Kind.DEGENERATE]

    @property
    def decided(self) -> BoolArray:
        """Whether each is a nondegenerate critical point, (m,)."""
        return np.isin(self.kind, (Kind.MINIMUM, Kind.SADDLE, Kind.MAXIMUM))

    def count_by_index(self) -> dict[int, int]:
        """Number of nondegenerate critical points of each index found."""
        indices, counts = np.unique(self.index[self.decided], return_counts=True)
        return dict(zip(indices.tolist(), counts.tolist(), strict=True))

    @property
    def euler(self) -> EulerCheck:
        """The Morse sum, each point weighted by the size of its orbit."""
        expected = None if self.betti_numbers is None else alternating_sum(self.betti_numbers)
        return EulerCheck(alternating_sum(self._orbits_by_index()), expected, len(self.degenerate))

    @property
    def completeness(self) -> Completeness:
        """What topology and the searches' own statistics tell of the points that are missing."""
        violated = None
        if self.betti_numbers is not None:
            violated = tuple(violated_morse_inequalities(self._orbits_by_index(), np.array(self.betti_numbers, object)))
        winding = None
        if self.winding is not None and self.box is not None:
            low, high = np.array(self.box)
            inside = self.decided & ((self.x > low) & (self.x < high)).all(axis=1)
            winding = WindingCheck(int(((-1) ** self.index[inside]).sum()), self.winding)
        return Completeness(
            euler=self.euler,
            violated=violated,
            winding=winding,
            solution_bound=self.solution_bound,
            found=len(self),
            represented=sum(np.maximum(self.orbit_size, 1).tolist()),
            coverage={k: coverage(self.found[self.decided & (self.index == k)]) for k in self.count_by_index()},
        )

    def _orbits_by_index(self) -> npt.NDArray[np.object_]:
        """How many orbits of the symmetry group's identity component have each index, (d + 1,), in Python's integers:
        2 N! and its multiples outgrow others.

        An orbit that a circle of rotations leaves alone has the equivariant homology of the circle's classifying
        space: it counts at its index and at every second one above (Atiyah & Bott 1983, Phil. Trans. R. Soc. Lond. A
        308, 523, section 1).
        """
        weights = np.maximum(self.orbit_size, 1).astype(object)
        fixed = (self.orbit_dimension < self.symmetry_dimension) & (self.betti_numbers is not None)
        counts = np.zeros((2, self.eigenvalues.shape[1] + 1), dtype=object)
        for row, chosen in enumerate((self.decided & ~fixed, self.decided & fixed)):
            np.add.at(counts[row], self.index[chosen], weights[chosen])
        for k in range(2, counts.shape[1]):
            counts[1, k] += counts[1, k - 2]
        total: npt.NDArray[np.object_] = counts.sum(axis=0)
        return total

    def spectrum(self, row: int) -> Array:
        """Eigenvalues of one point without the zero modes that symmetry explains, (d - orbit dimension,)."""
        eigenvalues, zeros = self.eigenvalues[row], int(self.orbit_dimension[row])
        return np.sort(eigenvalues[np.argsort(np.abs(eigenvalues), kind="stable")[zeros:]])

    def sorted(self) -> CriticalPoints:
        """The same points by index, then value, then position, to eight and six digits of the largest."""
        return self[self.order()]

    def order(self) -> IntArray:
        """The rows in the order of `sorted`."""
        keys = (*_digits(self.x, 6).T[::-1], _digits(self.value, 8), self.index)
        return np.lexsort(keys)

    def __repr__(self) -> str:
        lines = [f"{len(self)} critical points"]
        if len(self):
            lines.append("index  count  lowest value  highest value  largest gradient")
        for index, count in self.count_by_index().items():
            part = self[(self.index == index) & (self.kind != Kind.DEGENERATE)]
            lines.append(
                f"{index:5d}  {count:5d}  {part.value.min():12.6g}  {part.value.max():13.6g}"
                f"  {part.gradient_norm.max():16.1e}"
            )
        if len(self.degenerate):
            lines.append(f"degenerate: {len(self.degenerate)}")
        euler = self.euler
        if euler.expected is not None:
            lines.append(f"Morse sum: found {euler.found}, expected {euler.expected}")
        if self.search_counts:
            lines.append(f"searches: {in_words(self.search_counts)}")
        return "\n".join(lines)


def _digits(numbers: Array, digits: int) -> Array:
    """Numbers in units of the largest, rounded, so that copies that differ by rounding compare equal in any units."""
    largest = np.abs(numbers).max(where=np.isfinite(numbers), initial=np.finfo(np.float64).tiny)
    return np.round(numbers / largest, digits)
