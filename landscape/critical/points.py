"""`CriticalPoints`: what is known of each point, and of the set."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.results import Results, shared


class Kind(IntEnum):
    """What a point is."""

    NOT_CRITICAL = 0
    """A Newton step leads away from it."""
    MINIMUM = 1
    SADDLE = 2
    MAXIMUM = 3
    DEGENERATE = 4
    """Critical, but some eigenvalue is zero within its error, so that second derivatives do not decide."""


@dataclass(frozen=True)
class EulerCheck:
    """The sum of (-1)^index over the points found, beside what Morse theory asks of a complete set.

    Attributes
    ----------
    found : int
    expected : int or None
        None where the theory does not say: an unconfined function, an infinite symmetry group.
    holds : bool or None
        Whether they agree; None if there is nothing to agree with, or a degenerate point whose weight the Hessian
        does not tell. No such sum sees a missed pair of points of adjacent index.
    """

    found: int
    expected: int | None
    degenerate: int

    @property
    def holds(self) -> bool | None:
        if self.expected is None or self.degenerate:
            return None
        return self.found == self.expected


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
        Number of points in the orbit of a finite symmetry group; 0 for an infinite one.
    index : (m,)
        Number of negative eigenvalues.
    nullity : (m,)
        Number of eigenvalues that are zero within their error, not counting those that symmetry explains.
    kind : (m,)
        `Kind`.
    found : (m,)
        How many searches ended at the point.
    expected_euler : int or None
        What the Morse sum of the complete set must be.
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
    expected_euler: int | None = field(default=None, metadata=shared())
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

    def count_by_index(self) -> dict[int, int]:
        """Number of nondegenerate critical points of each index found."""
        decided = np.isin(self.kind, (Kind.MINIMUM, Kind.SADDLE, Kind.MAXIMUM))
        indices, counts = np.unique(self.index[decided], return_counts=True)
        return dict(zip(indices.tolist(), counts.tolist(), strict=True))

    @property
    def euler(self) -> EulerCheck:
        """The Morse sum, each point weighted by the size of its orbit where that is finite."""
        decided = np.isin(self.kind, (Kind.MINIMUM, Kind.SADDLE, Kind.MAXIMUM))
        weight = np.maximum(self.orbit_size[decided], 1)
        found = int((weight * (-1) ** self.index[decided]).sum())
        return EulerCheck(found, self.expected_euler, int((self.kind == Kind.DEGENERATE).sum()))

    def spectrum(self, row: int) -> Array:
        """Eigenvalues of one point without the zero modes that symmetry explains, (d - orbit dimension,)."""
        eigenvalues, zeros = self.eigenvalues[row], int(self.orbit_dimension[row])
        return np.sort(eigenvalues[np.argsort(np.abs(eigenvalues), kind="stable")[zeros:]])

    def sorted(self) -> CriticalPoints:
        """The same points by index, then value, then position."""
        rounded = np.round(self.value, 8)
        keys = (*np.round(self.x, 6).T[::-1], rounded, self.index)
        return self[np.lexsort(keys)]

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
            ended = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in self.search_counts.items() if n)
            lines.append(f"searches: {ended}")
        return "\n".join(lines)
