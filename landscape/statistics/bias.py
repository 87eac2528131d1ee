"""What a search would make of the index: the points it finds, weighted by how often, beside all points there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.critical.merge import nearest
from landscape.critical.newton import Newton
from landscape.critical.points import CriticalPoints
from landscape.critical.search import SearchMethod, search
from landscape.descent.ensemble import DescentStatus, descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.function import Landscape
from landscape.results import Results, shared
from landscape.spectrum.dense import tangent_system


@dataclass(frozen=True, eq=False, repr=False)
class SamplingBias(Results):
    """How often each critical point is found, one row a point of the complete set.

    Attributes
    ----------
    index : (m,)
    value : (m,)
    hits : (m, methods)
        Runs of each method that ended at the point.
    methods : list of str
        Their names.
    missed : list of int
        Runs of each that ended at none of the points.
    """

    index: IntArray
    value: Array
    hits: IntArray
    methods: list[str] = field(default_factory=list, metadata=shared())
    missed: list[int] = field(default_factory=list, metadata=shared())

    def shares(self) -> Array:
        """Share of each index among all points, and among the ends of each method's runs, (methods + 1, d + 1)."""
        width = int(self.index.max(initial=0)) + 1
        weights = np.concatenate([np.ones((1, len(self))), self.hits.T])
        rows = np.array([np.bincount(self.index, weights=w, minlength=width) for w in weights])
        return rows / np.maximum(rows.sum(axis=1, keepdims=True), 1)

    def __repr__(self) -> str:
        lines = ["share of index" + "".join(f"{k:8d}" for k in range(int(self.index.max(initial=0)) + 1))]
        for name, row in zip(["all points", *self.methods], self.shares(), strict=True):
            lines.append(f"{name[:14]:14}" + "".join(f"{share:8.3f}" for share in row))
        return "\n".join(lines)


def sampling_bias(
    landscape: Landscape,
    points: CriticalPoints,
    starts: Array,
    methods: Sequence[SearchMethod] | None = None,
    descent_steps: int = 20_000,
) -> SamplingBias:
    """Compare a complete set of critical points with what searches and gradient descent find from given starts.

    A search does not draw critical points uniformly: it finds each in proportion to the volume of its basin. A
    distribution of the index taken from what a search happens to find is that search's, not the landscape's.

    Parameters
    ----------
    landscape : Landscape
    points : CriticalPoints
        All of them, as from `exhaust` or `landscape.explore`.
    starts : (m, n)
        Where every method starts.
    methods : sequence of SearchMethod, optional
        `Newton()` if left out. Gradient descent, with a learning rate of half of 1 / max |eigenvalue| at the starts and
        at the points, always comes last.
    descent_steps : int
        At most so many.

    Returns
    -------
    SamplingBias
        How often each method found each point.

    Raises
    ------
    ValueError
        If `starts` has the wrong shape.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> himmelblau = landscape.problem("himmelblau")
    >>> points = landscape.explore(himmelblau, np.random.default_rng(0))
    >>> starts = himmelblau.starts(np.random.default_rng(1), 500)
    >>> landscape.sampling_bias(himmelblau, points, starts).shares()[-1].tolist()  # descent finds minima only
    [1.0, 0.0, 0.0]
    """
    points = points[points.decided]
    ends = []
    names = []
    for method in methods if methods is not None else [Newton()]:
        ends.append(search(landscape, starts, method).converged().x)
        names.append(type(method).__name__)
    steepest = max(
        float(np.abs(np.linalg.eigvalsh(tangent_system(landscape, x).lifted_hessian())).max(initial=0.0))
        for x in (starts, points.x)
    )
    run = descend(landscape, starts, GradientDescent(0.5 / steepest), max_steps=descent_steps)
    ends.append(run.x[run.status == DescentStatus.CONVERGED])
    names.append("GradientDescent")
    hits = np.zeros((len(points), len(ends)), dtype=np.int64)
    for column, x in enumerate(ends):
        row = nearest(landscape, points.x, x)
        hits[:, column] = np.bincount(row[row >= 0], minlength=len(points))
    missed = (len(starts) - hits.sum(axis=0)).tolist()
    return SamplingBias(points.index, points.value, hits, names, missed)
