"""To which critical point each descent led."""

from __future__ import annotations

import numpy as np

from landscape.arrays import IntArray
from landscape.critical.find import collect, nearest
from landscape.critical.newton import Newton
from landscape.critical.points import CriticalPoints
from landscape.critical.search import SearchStatus, search
from landscape.descent.ensemble import Descent, DescentStatus
from landscape.function import Landscape

SAME_BASIN = 0.05  # a descent belongs to the critical point this near to its end, in units of the length scale


def destinations(landscape: Landscape, descent: Descent, search_steps: int = 300) -> tuple[CriticalPoints, IntArray]:
    """The critical points at which descents ended.

    A descent stops where the gradient is small; Newton's method goes the rest of the way, and must not go far.

    Parameters
    ----------
    descent : Descent
        One row a run, m in all.
    search_steps : int
        Limit of Newton's method.

    Returns
    -------
    points : CriticalPoints
        `found` counts the runs.
    basin : (m,) int
        For each run the row of its point, -1 where there is none.
    """
    basin = np.full(len(descent), -1)
    converged = np.flatnonzero(descent.status == DescentStatus.CONVERGED)
    polished = search(landscape, descent.x[converged], Newton(), search_steps)
    moved = landscape.manifold.distance(descent.x[converged], polished.x)
    near = moved <= SAME_BASIN * landscape.manifold.length_scale
    arrived = np.flatnonzero((polished.status == SearchStatus.CONVERGED) & near)
    points = collect(landscape, polished[arrived])
    basin[converged[arrived]] = nearest(landscape, points.x, polished.x[arrived])
    return points, basin
