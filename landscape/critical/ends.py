"""What searches for critical points found: critical points, points that only look it, or neither."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from landscape.arrays import Array, IntArray, matvec, norm, transpose
from landscape.batch import parts
from landscape.critical.classify import classify
from landscape.critical.points import CriticalPoints, Kind
from landscape.critical.search import SearchRuns, SearchStatus
from landscape.function import Landscape
from landscape.results import Results, in_words, shared
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.eigensystem import eigensystem

FLAT_SHARE = 0.9  # a point is gradient-flat if so much of its gradient's norm lies in the Hessian's approximate kernel
_BLOCK = 2**20  # numbers in the Hessians that are worked on together


class End(IntEnum):
    """What the point is at which a search ended."""

    NEITHER = 0
    """Not critical, and a Newton step would reduce the gradient: the search was not done."""
    CRITICAL = 1
    """A critical point, degenerate ones included."""
    GRADIENT_FLAT = 2
    """Not critical, but the gradient lies, nearly, in the kernel of the Hessian: its norm is stationary."""


@dataclass(frozen=True, eq=False, repr=False)
class SearchEnds(Results):
    """Where each search ended, one row a search.

    Attributes
    ----------
    x : (m, n)
    value, gradient_norm : (m,)
    flat_share : (m,)
        The part of the gradient's norm in directions where no Newton step within the landscape removes it.
    index, nullity : (m,)
        As `classify` counts them; those of the Hessian where the point is not critical.
    directions : (m,)
        Number of directions that symmetry leaves: what the index is a part of.
    kind : (m,)
        `End`.
    method : str
    """

    x: Array
    value: Array
    gradient_norm: Array
    flat_share: Array
    index: IntArray
    nullity: IntArray
    directions: IntArray
    kind: IntArray
    method: str = field(default="", metadata=shared())

    def count(self) -> dict[str, int]:
        """Number of searches by what they ended at, by its name in lower case."""
        return {end.name.lower(): int((self.kind == end).sum()) for end in End}

    def __repr__(self) -> str:
        return f"SearchEnds({self.method}: {in_words(self.count()) or 'none'})"


def search_ends(landscape: Landscape, runs: SearchRuns) -> SearchEnds:
    """What the ends of searches are, whatever the searches themselves say.

    A point is critical if `classify` says so. It is gradient-flat, after Frye et al. (Neural Computation 33, 1469,
    2021), if it is not and nine tenths of the gradient's norm lie in eigendirections of the Hessian along which the
    linear model has its zero farther away than the landscape is wide: |g_i| > |lambda_i| times the diagonal. (They
    compare the residual of the least-squares Newton step with the gradient; the kernel is decided here by a length, not
    by a number that has the units of the function.) Ends that are not finite are neither.

    Parameters
    ----------
    runs : SearchRuns
        From `search`, by any method.

    Returns
    -------
    SearchEnds
        One row a search, in their order.

    Raises
    ------
    ValueError
        If the searches were on a landscape of another dimension.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> slope = landscape.Landscape.from_function(lambda x: x[..., 0] ** 3 + x[..., 0], dim=1, box=(-2, 2))
    >>> runs = landscape.search(slope, [[1.0]], landscape.GradientNormMinimization())
    >>> landscape.search_ends(slope, runs).count()  # at the inflection, where the gradient is 1
    {'neither': 0, 'critical': 0, 'gradient_flat': 1}
    """
    usable = np.isfinite(runs.x).all(axis=1) & (runs.status != SearchStatus.NON_FINITE)
    x = np.where(usable[:, None], runs.x, 0.0)
    points: CriticalPoints = classify(landscape, x)
    share = np.concatenate([_flat_share(landscape, x[rows]) for rows in parts(len(x), landscape.dim**2, _BLOCK)])
    critical = usable & (points.kind != Kind.NOT_CRITICAL)
    flat = usable & ~critical & (share >= FLAT_SHARE)
    return SearchEnds(
        x=runs.x,
        value=np.where(usable, points.value, np.nan),
        gradient_norm=np.where(usable, points.gradient_norm, np.nan),
        flat_share=np.where(usable, share, np.nan),
        index=points.index,
        nullity=points.nullity,
        directions=landscape.manifold.intrinsic_dim - points.orbit_dimension,
        kind=np.select([critical, flat], [End.CRITICAL, End.GRADIENT_FLAT], End.NEITHER).astype(np.int64),
        method=runs.method,
    )


def _flat_share(landscape: Landscape, x: Array) -> Array:
    """Of each gradient's norm, the part along which no Newton step within the landscape removes it, (m,)."""
    with np.errstate(all="ignore"):
        system = tangent_system(landscape, x).made_finite()
    # With the zero modes, off a critical point: along orbits of motions that are no isometries the gradient changes.
    values, modes = eigensystem(system.unprojected(np.ones(len(x), dtype=bool)).hessian)
    along = np.abs(matvec(transpose(modes), system.gradient))
    out_of_reach = along > np.abs(values) * landscape.diagonal
    total = norm(along)
    return np.divide(norm(np.where(out_of_reach, along, 0.0)), total, out=np.zeros_like(total), where=total > 0)
