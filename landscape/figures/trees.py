"""Disconnectivity graphs, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.figures.style import BLACK, GREY, PALETTE, WIDTH, new_figure
from landscape.network.tree import Disconnectivity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

_COLOURS = "viridis"
_MANY = 300  # minima, beyond which basins are joined at so many levels:
_LEVELS = 60
_NAMED = 30  # minima at most that are labelled with their numbers
_WIDEST = 13.0  # inches


def readable(tree: Disconnectivity) -> tuple[Disconnectivity, int]:
    """The tree as it can be drawn, and the number of levels at which basins join in it: beyond 300 minima a coarse one,
    otherwise the tree itself, with its own number of levels."""
    if len(tree.minimum) <= _MANY:
        return tree, len(np.unique(tree.level[len(tree.minimum) :]))
    return tree.coarse(_LEVELS), _LEVELS


def disconnectivity_figure(tree: Disconnectivity, colour: npt.ArrayLike | None = None, label: str = "") -> Figure:
    """A figure of a tree, as large as its minima need; up to thirty of them carry their numbers.

    Parameters
    ----------
    tree : Disconnectivity
        Of more than some hundreds of minima what `readable` makes of it.
    colour : (m,), optional
        Any attribute of the minima, as for `plot_disconnectivity`; each superbasin has that of its lowest minimum.
    label : str
        What the colours mean.

    Raises
    ------
    ValueError
        As for `plot_disconnectivity`.
    """
    minima = len(tree.minimum)
    figure = new_figure(3.6 if minima <= _MANY else 4.6, float(np.clip(minima / 150, WIDTH, _WIDEST)))
    place, painted = tree.layout(), None if colour is None else tree.spread(colour)
    ax = plot_disconnectivity(tree.level, tree.parent, place, figure.add_subplot(), colour=painted, label=label)
    ax.set_ylabel("value")
    if minima <= _NAMED:
        low, high = ax.get_ylim()
        ax.set_ylim(low - 0.05 * (high - low), high)
        for x, level, number in zip(place[:minima], tree.level[:minima], tree.minimum.tolist(), strict=True):
            ax.annotate(str(number), (x, level), (0, -3), textcoords="offset points", ha="center", va="top", fontsize=7)
    return figure


def plot_disconnectivity(
    level: npt.ArrayLike,
    parent: npt.ArrayLike,
    place: npt.ArrayLike,
    ax: Axes | None = None,
    margin: float = 0.05,
    colour: npt.ArrayLike | None = None,
    label: str = "",
    **style: Any,
) -> Axes:
    """A tree of superbasins: each node's line rises from its level to that of the superbasin it joins.

    A tree of thousands of minima is best made `coarse` first: a level every few points of the figure's height.

    Parameters
    ----------
    level, parent, place : (k,)
        Of a `Disconnectivity`: `level`, `parent` and `layout()`.
    margin : float
        How far a root's line goes on upwards, in units of the range of levels.
    colour : (k,), optional
        Any attribute of the nodes, such as `Disconnectivity.spread` gives from one of the minima: numbers, shown on a
        scale, or words, shown in a legend.
    label : str
        What the colours mean.

    Raises
    ------
    ValueError
        If the tree is empty, `colour` has not one entry a node, or there are more words than colours.

    Examples
    --------
    >>> import networkx as nx, landscape
    >>> network = nx.MultiGraph()
    >>> network.add_nodes_from([(0, {"value": 0.0, "funnel": "left"}), (1, {"value": 0.5, "funnel": "right"})])
    >>> _ = network.add_edge(0, 1, key=2, value=2.0, saddle=2)
    >>> tree = landscape.disconnectivity(network)
    >>> funnel = tree.spread([network.nodes[k]["funnel"] for k in tree.minimum])
    >>> ax = plot_disconnectivity(tree.level, tree.parent, tree.layout(), colour=funnel)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['left', 'right']
    """
    from matplotlib.collections import LineCollection

    height, x = np.asarray(level, dtype=np.float64), np.asarray(place, dtype=np.float64)
    above = np.asarray(parent)
    if height.size == 0:
        raise ValueError("the tree has no minima; there is nothing to draw")
    ax = new_figure(3.6).add_subplot() if ax is None else ax
    slack = margin * (float(np.ptp(height)) or 1.0)
    top = height.max() + slack
    end = np.where(above >= 0, height[above], top)
    # Up at its own place, then along to where the others join: lines of different subtrees never meet.
    corner = np.stack([np.stack([x, height], axis=1), np.stack([x, end], axis=1)], axis=1)
    across = np.stack([np.stack([x, end], axis=1), np.stack([x[above], end], axis=1)], axis=1)[above >= 0]
    leaves = int(height.size - np.unique(above[above >= 0]).size)
    width = {"linewidths": float(np.clip(60 / leaves, 0.25, 1.1)), "capstyle": "projecting"}
    if colour is None:
        ax.add_collection(LineCollection(list(np.concatenate([corner, across])), **{"colors": BLACK, **width, **style}))
    else:
        # Where many basins join their lines lie upon each other: no one's colour may stand for all.
        ax.add_collection(LineCollection(list(across), **{"colors": GREY, **width, **style}))
        upright = LineCollection(list(corner), **{**width, **style})
        ax.add_collection(upright)
        _paint(ax, upright, np.asarray(colour), label)
    ax.set_xlim(x.min() - 0.06 * (1 + np.ptp(x)), x.max() + 0.06 * (1 + np.ptp(x)))
    ax.set_ylim(height.min() - slack, top)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    return ax


def _paint(ax: Axes, lines: LineCollection, colour: npt.NDArray[Any], label: str) -> None:
    """Give each node's line its colour, and say what the colours mean."""
    from matplotlib.lines import Line2D

    nodes = len(lines.get_segments())
    if colour.shape != (nodes,):
        raise ValueError(f"colour has shape {colour.shape} but the tree has {nodes} nodes")
    if colour.dtype.kind in "biuf":
        lines.set(array=colour.astype(np.float64), cmap=_COLOURS)
        ax.figure.colorbar(lines, ax=ax, label=label, pad=0.02)
        return
    words = sorted(set(map(str, colour)))
    if len(words) > len(PALETTE):
        raise ValueError(f"colour has {len(words)} different words; at most {len(PALETTE)} can be told apart")
    paint = dict(zip(words, PALETTE, strict=False))
    lines.set_color([paint[str(word)] for word in colour])
    marks = [Line2D([], [], color=paint[word]) for word in words]
    ax.legend(marks, words, title=label or None, loc="center left", bbox_to_anchor=(1.0, 0.5))
