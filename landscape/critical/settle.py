"""From the ends of paths to the critical points that they came to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray
from landscape.critical.find import collect
from landscape.critical.merge import nearest
from landscape.critical.newton import Newton
from landscape.critical.points import CriticalPoints
from landscape.critical.search import SearchStatus, search
from landscape.function import Landscape

SETTLED_WITHIN = 1e-3  # how far Newton's method may move the end of a path, in units of the length scale


def settle(
    landscape: Landscape,
    x: Array,
    arrived: npt.NDArray[np.bool_],
    within: float = SETTLED_WITHIN,
    search_steps: int = 100,
) -> tuple[CriticalPoints, IntArray]:
    """The distinct critical points at the ends of paths, and for each path the row of its own.

    A path ends where the gradient is small; Newton's method goes the rest of the way, and must not go far.

    Parameters
    ----------
    x : (m, n)
        Ends.
    arrived : (m,) bool
        Paths that are to be looked at.
    within : float
        How far Newton's method may move an end, in units of the landscape's length scale.
    search_steps : int
        Its steps at most.

    Returns
    -------
    points : CriticalPoints
        `found` counts paths.
    end : (m,)
        -1 for a path that has not arrived, or whose end Newton's method does not confirm.
    """
    end = np.full(len(x), -1)
    rows = np.flatnonzero(arrived)
    polished = search(landscape, x[rows], Newton(), search_steps)
    near = landscape.manifold.distance(x[rows], polished.x) <= within * landscape.manifold.length_scale
    sound = np.flatnonzero((polished.status == SearchStatus.CONVERGED) & near)
    points = collect(landscape, polished[sound])
    end[rows[sound]] = nearest(landscape, points.x, polished.x[sound])
    return points, end
