"""Disconnectivity graphs, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.figures.style import BLACK, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_disconnectivity(
    level: npt.ArrayLike,
    parent: npt.ArrayLike,
    place: npt.ArrayLike,
    ax: Axes | None = None,
    margin: float = 0.05,
    **style: Any,
) -> Axes:
    """A tree of superbasins: each node's line rises from its level to that of the superbasin it joins.

    Parameters
    ----------
    level, parent, place : (k,)
        Of a `Disconnectivity`: `level`, `parent` and `layout()`.
    margin : float
        How far a root's line goes on upwards, in units of the range of levels.
    """
    from matplotlib.collections import LineCollection

    ax = new_figure(3.6).add_subplot() if ax is None else ax
    height, x = np.asarray(level, dtype=np.float64), np.asarray(place, dtype=np.float64)
    above = np.asarray(parent)
    slack = margin * (float(np.ptp(height)) or 1.0)
    top = height.max() + slack
    end = np.where(above >= 0, height[above], top)
    # Up at its own place, then along to where the others join: lines of different subtrees never meet.
    corner = np.stack([np.stack([x, height], axis=1), np.stack([x, end], axis=1)], axis=1)
    across = np.stack([np.stack([x, end], axis=1), np.stack([x[above], end], axis=1)], axis=1)[above >= 0]
    leaves = int(height.size - np.unique(above[above >= 0]).size)
    lines = {"colors": BLACK, "linewidths": float(np.clip(60 / leaves, 0.25, 1.1)), "capstyle": "projecting"}
    ax.add_collection(LineCollection(list(np.concatenate([corner, across])), **{**lines, **style}))
    ax.set_xlim(x.min() - 0.06 * (1 + np.ptp(x)), x.max() + 0.06 * (1 + np.ptp(x)))
    ax.set_ylim(height.min() - slack, top)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    return ax
