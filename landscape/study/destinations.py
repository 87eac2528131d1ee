"""To which critical point each descent led."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.critical.points import CriticalPoints
from landscape.critical.settle import settle
from landscape.descent.ensemble import Descent, DescentStatus
from landscape.function import Landscape
from landscape.statistics.intervals import clopper_pearson

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
    return settle(landscape, descent.x, descent.status == DescentStatus.CONVERGED, SAME_BASIN, search_steps)


def tally(basin: IntArray) -> list[tuple[int, float, float, float]]:
    """For each point that runs led to its row, the fraction of all runs and its exact 95 % interval, largest first.

    Parameters
    ----------
    basin : (m,) int
        As `destinations` gives it; runs with -1 count in the total only.
    """
    rows, counts = np.unique(basin[basin >= 0], return_counts=True)
    low, high = clopper_pearson(counts, np.full(len(counts), len(basin)))
    order = np.argsort(-counts, kind="stable")
    return [(int(rows[k]), int(counts[k]) / len(basin), float(low[k]), float(high[k])) for k in order]


def require_finite_somewhere(name: str, landscape: Landscape, starts: Iterable[Array]) -> None:
    """Raise ValueError if the landscape is not finite at any start of any batch; batches after the first good one are
    not drawn."""
    total = 0
    for batch in starts:
        with np.errstate(all="ignore"):
            if np.isfinite(landscape.value(batch)).any():
                return
        total += len(batch)
    raise ValueError(f"{name} is not finite at any of the {total} starts")
