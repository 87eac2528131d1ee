"""Where runs went and how their values fell, as `landscape descend --plot` draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.descent.ensemble import Descent, DescentStatus
from landscape.figures.plots import plot_contours, plot_paths
from landscape.figures.style import BLACK, BLUE, GREY, ORANGE, PURPLE, VERMILION, new_figure
from landscape.function import Landscape
from landscape.manifolds import Euclidean, Torus

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 100  # runs that are drawn
_GRID = 200
_COLOURS = {
    DescentStatus.CONVERGED: BLUE,
    DescentStatus.STEP_LIMIT: ORANGE,
    DescentStatus.DIVERGED: VERMILION,
    DescentStatus.NON_FINITE: PURPLE,
    DescentStatus.LEFT_DOMAIN: GREY,
}


def plot_descent(landscape: Landscape, descent: Descent, title: str) -> Figure:
    """Value against step of the first runs; for a function of two variables also their paths over its contours.

    Parameters
    ----------
    descent : Descent
        With its trajectory.

    Raises
    ------
    ValueError
        If it has none.
    """
    if descent.trajectory is None:
        raise ValueError("a descent without trajectory cannot be drawn: give descend record=...")
    x, status = descent.trajectory.x[:, :SHOWN], descent.status[:SHOWN]
    corners = _corners(landscape)
    figure = new_figure(2.9, 5.2 if corners else 3.6)
    if corners is None:
        falling = figure.subplots()
        falling.set_title(title)
    else:
        plane, falling = figure.subplots(1, 2)
        _plot_plane(landscape, x, status, *corners, plane)
        plane.set_title(title)
        falling.set_title(f"{x.shape[1]} of {len(descent)} runs")
    _plot_values(landscape, descent, falling)
    return figure


def _corners(landscape: Landscape) -> tuple[Array, Array] | None:
    """The box in which a function of two variables is drawn."""
    manifold = landscape.manifold
    if manifold.dim != 2:
        return None
    if isinstance(manifold, Torus):
        return np.zeros(2), np.array(manifold.periods)
    if isinstance(manifold, Euclidean):
        low, high = np.asarray(manifold.box)
        return low, high
    return None


def _plot_plane(landscape: Landscape, x: Array, status: IntArray, low: Array, high: Array, ax: Axes) -> None:
    across, up = (np.linspace(a, b, _GRID) for a, b in zip(low, high, strict=True))
    with np.errstate(all="ignore"):
        height = landscape.value(np.stack(np.meshgrid(across, up), axis=-1))
    finite = np.isfinite(height)
    if finite.any() and np.ptp(height[finite]) > 0:
        plot_contours(across, up, np.where(finite, height, height[finite].max()), ax)
    paths = x.copy()
    if isinstance(landscape.manifold, Torus):
        # A step across the edge is no line across the picture.
        jumps = (np.abs(np.diff(paths, axis=0)) > (high - low) / 2).any(axis=-1)
        paths[1:][jumps] = np.nan
    paths[~np.isfinite(paths)] = np.nan
    for kind, colour in _COLOURS.items():
        rows = status == kind
        if rows.any():
            plot_paths(paths[:, rows], ax, color=colour, linewidth=0.5, alpha=0.7)
            ends = x[-1, rows]
            ax.plot(ends[:, 0], ends[:, 1], "o", color=colour, mec=BLACK, mew=0.4, markersize=3.5)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="$x_1$", ylabel="$x_2$")


def _plot_values(landscape: Landscape, descent: Descent, ax: Axes) -> None:
    path = descent.trajectory
    assert path is not None
    status, steps = descent.status[:SHOWN], path.steps
    with np.errstate(all="ignore"):
        value = landscape.value(path.x[:, :SHOWN])
    gone = np.searchsorted(steps, descent.steps[:SHOWN])  # the frame in which each run is seen to have ended
    value[np.arange(len(steps))[:, None] > gone] = np.nan
    value[~np.isfinite(value)] = np.nan
    lowest = np.nanmin(value) if np.isfinite(value).any() else 0.0
    above = value - lowest
    above[above <= 0] = np.nan  # a logarithm has no place for the lowest value itself
    for kind, colour in _COLOURS.items():
        rows = np.flatnonzero(status == kind)
        if rows.size:
            label = f"{kind.name.lower().replace('_', ' ')}: {rows.size}"
            ax.plot(
                steps, above[:, rows], color=colour, linewidth=0.6, alpha=0.7, label=[label, *[None] * (rows.size - 1)]
            )
    # Runs that ran away would leave no room for the others.
    tame = above[:, np.isin(status, (DescentStatus.CONVERGED, DescentStatus.STEP_LIMIT))]
    if np.isfinite(tame).any():
        ax.set_ylim(0.5 * np.nanmin(tame), 2 * np.nanmax(tame))
    if np.isfinite(above).any():
        ax.set_yscale("log")
    ax.set(xlabel="step", ylabel="$f$ above the lowest value seen")
    ax.legend(loc="upper right", frameon=True, framealpha=0.85, edgecolor="none")
