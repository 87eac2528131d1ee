"""Axes-level plots that experiments share: measurement is points with error bars, theory is a line.

Each takes data, draws on `ax` (on the axes of a new figure if left out), passes `style` on to the artist, and returns
the axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PALETTE, PURPLE, SKY, VERMILION, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Marker and colour of a critical point by its index in two dimensions.
_MARKERS = (("o", "white", "minimum"), ("X", BLACK, "saddle"), ("^", VERMILION, "maximum"))
BASIN_COLOURS = (SKY, ORANGE, GREEN, PURPLE, "#F0E442", BLUE)


def _axes(ax: Axes | None) -> Axes:
    return new_figure(3.2).add_subplot() if ax is None else ax


def panel(ax: Axes, letter: str, title: str) -> None:
    """Put a panel's letter and title above it."""
    ax.set_title(f"({letter}) {title}")


def plot_measured(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    low: npt.ArrayLike | None = None,
    high: npt.ArrayLike | None = None,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Points (m,), with error bars from `low` to `high` (m,) where given."""
    ax = _axes(ax)
    y = np.asarray(y, dtype=np.float64)
    # Rounding can put a bar's end on the wrong side of its point by one unit in the last place.
    bars = None if low is None or high is None else np.maximum([y - np.asarray(low), np.asarray(high) - y], 0.0)
    ax.errorbar(x, y, yerr=bars, **{"fmt": "o", "linestyle": "none", "elinewidth": 1.0, **style})
    return ax


def plot_theory(x: npt.ArrayLike, y: npt.ArrayLike, ax: Axes | None = None, **style: Any) -> Axes:
    """A line through (x, y), each (m,)."""
    ax = _axes(ax)
    ax.plot(x, y, **{"zorder": 1.5, **style})
    return ax


def plot_contours(
    x: npt.ArrayLike, y: npt.ArrayLike, value: npt.ArrayLike, ax: Axes | None = None, **style: Any
) -> Axes:
    """Contour lines of `value` (k, m) over `y` (k,) and `x` (m,), closer together near the bottom."""
    ax = _axes(ax)
    height = np.asarray(value, dtype=np.float64)
    bottom = height.min()
    levels = bottom + (np.quantile(height, 0.9) - bottom) * np.linspace(0, 1, 13)[1:] ** 2
    ax.contour(x, y, height, **{"levels": levels, "colors": GREY, "linewidths": 0.5, "alpha": 0.7, **style})
    return ax


def plot_basins(
    x: npt.ArrayLike, y: npt.ArrayLike, colour: npt.ArrayLike, ax: Axes | None = None, **style: Any
) -> Axes:
    """Basins of attraction: number of a colour (k, m), -1 for none, over `y` (k,) and `x` (m,)."""
    from matplotlib.colors import BoundaryNorm, ListedColormap

    ax = _axes(ax)
    shades = [_lighter(c) for c in BASIN_COLOURS]
    number = np.asarray(colour)
    number = np.where(number < 0, -1, number % len(shades))
    colormap = ListedColormap([(1.0, 1.0, 1.0), *shades])
    limits = BoundaryNorm(np.arange(-1.5, len(shades)), len(shades) + 1)
    mesh = {"cmap": colormap, "norm": limits, "shading": "nearest", "rasterized": True, "zorder": 0}
    ax.pcolormesh(x, y, number, **{**mesh, **style})
    return ax


def _lighter(colour: str) -> tuple[float, float, float]:
    """A colour mixed with white, so that lines and markers stand out on it."""
    rgb = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (0.45 * c + 0.55 for c in rgb)
    return red, green, blue


def plot_critical_points(x: npt.ArrayLike, index: npt.ArrayLike, ax: Axes | None = None, **style: Any) -> Axes:
    """Critical points of a function of two variables, (m, 2), marked by their index (m,)."""
    ax = _axes(ax)
    points, which = np.asarray(x, dtype=np.float64), np.asarray(index)
    for k, (marker, colour, name) in enumerate(_MARKERS):
        part = points[which == k]
        look = {"marker": marker, "facecolor": colour, "edgecolor": BLACK, "linewidth": 0.7, "s": 26, "zorder": 3}
        if k == 1:
            look |= {"edgecolor": "white", "linewidth": 0.5, "s": 32}
        if len(part):
            ax.scatter(part[:, 0], part[:, 1], label=f"{name} (index {k})", **{**look, **style})
    return ax


def plot_paths(paths: npt.ArrayLike, ax: Axes | None = None, **style: Any) -> Axes:
    """Paths in the plane, (frames, m, 2), one line each; NaN ends a path."""
    ax = _axes(ax)
    points = np.asarray(paths, dtype=np.float64)
    ax.plot(points[..., 0], points[..., 1], **{"color": BLACK, "linewidth": 1.0, **style})
    return ax


def plot_index_against_value(
    value: npt.ArrayLike, fraction: npt.ArrayLike, ax: Axes | None = None, **style: Any
) -> Axes:
    """Critical points as dots: index over dimension (m,) against value (m,)."""
    ax = _axes(ax)
    dots = {"s": 4, "color": SKY, "alpha": 0.35, "linewidths": 0, "rasterized": True}
    ax.scatter(value, fraction, **{**dots, **style})
    ax.set_ylim(-0.06, 1.06)
    return ax


def plot_energy_levels(
    energy: npt.ArrayLike, position: npt.ArrayLike, ax: Axes | None = None, width: float = 0.6, **style: Any
) -> Axes:
    """A horizontal bar for each level: `energy` (m,) at horizontal `position` (m,)."""
    ax = _axes(ax)
    level, centre = np.asarray(energy, dtype=np.float64), np.asarray(position, dtype=np.float64)
    bars = {"color": PALETTE[0], "linewidth": 1.8}
    ax.hlines(level, centre - width / 2, centre + width / 2, **{**bars, **style})
    return ax
