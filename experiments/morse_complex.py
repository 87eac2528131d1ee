"""The Morse complex: critical points and the lines between them tell the shape of the space."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from networkx.utils import UnionFind

from landscape.arrays import Array, IntArray
from landscape.critical.find import find_critical_points
from landscape.critical.points import CriticalPoints
from landscape.escape.manifolds import stable_manifold, unstable_manifold
from landscape.figures.claims import Claim
from landscape.figures.paths import equally_spaced
from landscape.figures.plots import panel, plot_contours, plot_critical_points, plot_paths
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREY, ORANGE, VERMILION, new_figure
from landscape.function import Landscape
from landscape.network.morse import MorseComplex, morse_complex
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

# Landscape, its parameters, its name, the space it lives on, and that space's Betti numbers.
SPACES: tuple[tuple[str, dict[str, int], str, str, tuple[int, ...]], ...] = (
    ("six_hump_camel", {}, "six-hump camel", "plane", (1, 0, 0)),
    ("xy_chain", {"n": 3}, "XY chain", "torus $T^2$", (1, 2, 1)),
    ("spherical_spin_glass", {"n": 3}, "3-spin glass", "sphere $S^2$", (1, 0, 1)),
    ("spherical_spin_glass", {"n": 4}, "3-spin glass", "sphere $S^3$", (1, 0, 0, 1)),
    ("spherical_spin_glass", {"n": 5}, "3-spin glass", "sphere $S^4$", (1, 0, 0, 0, 1)),
    ("xy_chain", {"n": 5}, "XY chain", "torus $T^4$", (1, 4, 6, 4, 1)),
)
QUICK_SPACES = 3
STARTS = 1500
PATH_POINTS = 100
VIEW = ((-2.1, 2.1), (-1.25, 1.25))
GRID = ((-2.2, 2.2), (-1.4, 1.4))  # on whose border the camel is higher than at any critical point
SPACING = 0.01
SHORT = 0.01  # pairs that live no longer are the grid's


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Complexes of several spaces, and all lines of the first, with its persistence pairs on a grid as well."""
    number = QUICK_SPACES if quick else len(SPACES)
    width = max(len(betti) for *_, betti in SPACES)
    found, counts, sound = np.zeros((number, width), np.int64), np.zeros((number, width), np.int64), []
    complexes = list(map_chunks(executor, complex_of, [(k, seed) for k in range(number)]))
    for k, (points, complex_) in enumerate(complexes):
        found[k, : len(complex_.betti)] = complex_.betti
        by_index = np.bincount(points.index)
        counts[k, : len(by_index)] = by_index
        sound.append(complex_.sound)
    landscape = problem("six_hump_camel")
    points, complex_ = complexes[0]
    x, y = np.linspace(*VIEW[0], 211), np.linspace(*VIEW[1], 161)
    return {
        "betti": found,
        "counts": counts,
        "sound": np.array(sound),
        "lines_of_camel": np.array([int(lines.sum()) for lines in complex_.lines]),
        "x": x,
        "y": y,
        "height": landscape.value(np.stack(np.meshgrid(x, y), axis=-1)).astype(np.float32),
        "points": points.x,
        "index": points.index,
        "value": points.value,
        "curvature": np.abs(np.linalg.eigvalsh(landscape.hessian(points.x))).max(axis=1),
        "down": _lines(landscape, points, down=True),
        "up": _lines(landscape, points, down=False),
        "pairs": complex_.pairs,
        "essential": complex_.essential,
        **_pairs_on_grid(landscape),
    }


def complex_of(space: int, seed: int) -> tuple[CriticalPoints, MorseComplex]:
    """All critical points of a landscape, and their Morse complex."""
    name, parameters, *_ = SPACES[space]
    landscape = problem(name, **parameters)
    rng = stream(seed, {"figure": "morse_complex", "space": space}, 0)
    points = find_critical_points(landscape, landscape.starts(rng, STARTS))
    return points, morse_complex(landscape, points)


def _lines(landscape: Landscape, points: CriticalPoints, down: bool) -> Array:
    """Branches of all saddles downhill or uphill, those that leave the view cut off, (lines, PATH_POINTS, 2)."""
    result = []
    for saddle in points.saddles.x:
        branches = (unstable_manifold if down else stable_manifold)(landscape, saddle)
        assert branches.path is not None
        for k in range(2):
            near = np.cumprod((np.abs(branches.path[:, k]) < 3.0).all(axis=1)).astype(bool)
            result.append(equally_spaced(branches.path[near, k], PATH_POINTS))
    return np.array(result)


def _pairs_on_grid(landscape: Landscape) -> dict[str, Array]:
    """(birth, death) of the components and of the holes of the sublevel sets, from values on a grid alone.

    A hole is a piece of what lies above, with all that is outside the grid as one of them; two diagonal neighbours
    are one piece there and two below (Rosenfeld 1970, J. ACM 17, 146).
    """
    x, y = (np.linspace(low, high, round((high - low) / SPACING) + 1) for low, high in GRID)
    height = landscape.value(np.stack(np.meshgrid(x, y), axis=-1))
    components = merges(height, diagonal=False)
    holes = -merges(np.pad(-height, 1, constant_values=-2 * np.abs(height).max()), diagonal=True)[:, ::-1]
    return {"components_on_grid": components, "holes_on_grid": holes}


def merges(height: Array, diagonal: bool) -> Array:
    """(birth, death), sorted, of the components of the sublevel sets on a grid but the lowest, (p, 2).

    Neighbours are joined in the order of the higher of both; where two components meet the one with the higher
    bottom dies.
    """
    number = np.arange(height.size).reshape(height.shape)
    neighbours = [(number[1:], number[:-1]), (number[:, 1:], number[:, :-1])]
    if diagonal:
        neighbours += [(number[1:, 1:], number[:-1, :-1]), (number[1:, :-1], number[:-1, 1:])]
    edges: IntArray = np.concatenate([np.stack([a.ravel(), b.ravel()], axis=1) for a, b in neighbours])
    level = height.ravel()
    death = level[edges].max(axis=1)
    order = np.argsort(death, kind="stable")
    joined, bottom, pairs = UnionFind(), level.tolist(), []
    for (a, b), top in zip(edges[order].tolist(), death[order].tolist(), strict=True):
        old, young = sorted((joined[a], joined[b]), key=bottom.__getitem__)
        if old == young:
            continue
        if top - bottom[young] > SHORT:
            pairs.append((bottom[young], top))
        joined.union(old, young)
        bottom[joined[old]] = bottom[old]
    return np.array(sorted(pairs)).reshape(-1, 2)


def claims(data: Data) -> list[Claim]:
    result = []
    for k, (name, parameters, _, space, betti) in enumerate(SPACES[: len(data["betti"])]):
        which = name + (f" with n = {parameters['n']}" if parameters else "")
        for degree, number in enumerate(betti):
            text = f"{which} on the {space}: Betti number {degree}"
            result.append(
                Claim(text, data["betti"][k, degree], expected=number, tolerance=0, source="homology of the space")
            )
        text = f"{which}: every line is told and the boundary of a boundary is zero"
        result.append(Claim(text, float(data["sound"][k]), expected=1, tolerance=0, source="Morse theory"))
    return result + _claims_of_persistence(data)


def _claims_of_persistence(data: Data) -> list[Claim]:
    result = []
    blur = data["curvature"].max() * SPACING**2 / 2
    for k, name in enumerate(("components", "holes")):
        mine, grid = _births_and_deaths(data, k), data[f"{name}_on_grid"]
        source = f"union-find on a grid with spacing {SPACING:g}"
        text = f"camel: {name} of sublevel sets that are born and die"
        result.append(Claim(text, len(mine), expected=len(grid), tolerance=0, source=source))
        result.append(
            Claim(
                f"camel: largest difference of the values at which {name} are born and die from those on a grid",
                np.abs(mine - grid).max() if mine.shape == grid.shape else np.inf,
                low=0.0,
                high=blur,
                source=f"{source}, whose heights err by at most half the largest curvature times its square",
            )
        )
    return result


def _births_and_deaths(data: Data, degree: int) -> Array:
    """Values of the pairs of the complex in one degree, sorted, (p, 2)."""
    rows = data["pairs"][data["index"][data["pairs"][:, 0]] == degree]
    return np.array(sorted(data["value"][rows].tolist())).reshape(-1, 2)


def draw(data: Data) -> Figure:
    figure = new_figure(4.6, 7.0)
    grid = figure.add_gridspec(2, 2, height_ratios=(1.1, 1), width_ratios=(1, 1.5))
    _draw_lines(data, figure.add_subplot(grid[0, :]))
    _draw_persistence(data, figure.add_subplot(grid[1, 0]))
    _draw_table(data, figure.add_subplot(grid[1, 1]))
    return figure


def _draw_lines(data: Data, ax: Axes) -> None:
    plot_contours(data["x"], data["y"], np.minimum(data["height"], 6.0), ax)
    plot_paths(np.swapaxes(data["up"], 0, 1), ax, color=ORANGE, linewidth=1.2)
    plot_paths(np.swapaxes(data["down"], 0, 1), ax, color=BLUE, linewidth=1.2)
    plot_critical_points(data["points"], data["index"], ax)
    ax.set(xlim=VIEW[0], ylim=VIEW[1], xlabel="$x$", ylabel="$y$")
    ax.plot([], [], color=BLUE, label="lines from index 1 to 0")
    ax.plot([], [], color=ORANGE, label="lines down to index 1")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    panel(ax, "a", "six-hump camel")


def _draw_persistence(data: Data, ax: Axes) -> None:
    from matplotlib.legend_handler import HandlerTuple

    value = data["value"]
    low, high = value.min() - 0.4, value.max() + 1.2
    ax.plot([low, high], [low, high], color=GREY, linewidth=0.8)
    beside: dict[str, Any] = {"textcoords": "offset points", "fontsize": 7, "ha": "center", "va": "center"}
    outlines: list[Line2D] = []
    # Labels of components stand left of their point, those of holes above, so that neighbours keep clear of each other.
    for k, colour, marker, name, offset in (
        (0, BLUE, "o", "components", (-11, 1)),
        (1, VERMILION, "s", "holes", (0, 9)),
    ):
        pairs = _births_and_deaths(data, k)
        ax.plot(*pairs.T, marker, color=colour, markersize=3.5, label=name)
        on_grid = data[f"{name}_on_grid"]
        rings: dict[str, Any] = {"color": BLACK, "markersize": 6.5, "fillstyle": "none", "markeredgewidth": 0.6}
        outlines += ax.plot(*on_grid.T, marker, **rings)
        places, number = np.unique(pairs.round(6), axis=0, return_counts=True)
        for (birth, death), times in zip(places, number.tolist(), strict=True):
            if times > 1:  # by the symmetry x -> -x
                ax.annotate(f"×{times}", (birth, death), offset, **beside)
    ax.plot(value[data["essential"]], [high - 0.4], "^", color=BLACK, label="for ever")
    ax.set(xlabel="value at birth", ylabel="value at death", xlim=(low, high), ylim=(low, high))
    handles, names = ax.get_legend_handles_labels()
    both = {tuple: HandlerTuple(ndivide=None, pad=1.0)}
    ax.legend([*handles, tuple(outlines)], [*names, "on a grid"], handler_map=both, loc="lower right")
    panel(ax, "b", "persistence")


def _draw_table(data: Data, ax: Axes) -> None:
    ax.set_axis_off()
    rows = []
    for k, (_, _, name, space, betti) in enumerate(SPACES[: len(data["betti"])]):
        numbers = [", ".join(map(str, data[key][k, : len(betti)])) for key in ("counts", "betti")]
        rows.append([name, space, *numbers])
    heads = ["function", "space", "points by index", "Betti numbers"]
    cells = ax.table(rows, colLabels=heads, loc="center left", cellLoc="left")
    cells.auto_set_font_size(False)
    cells.set_fontsize(7)
    cells.auto_set_column_width(range(len(heads)))
    cells.scale(1, 1.35)
    for cell in cells.get_celld().values():
        cell.set_linewidth(0.4)
        cell.set_edgecolor(GREY)
    panel(ax, "c", "homology found")


EXPERIMENT = Experiment(
    name="morse_complex",
    title="Morse complexes: lines between critical points tell the shape of the space",
    caption=(
        "(a) All critical points of the six-hump camel function, the lines of the gradient flow from its saddles down "
        "to minima (blue) and up to maxima or to infinity (orange). (b) Persistence: the values at which components "
        "and holes of the sublevel sets are born and die, from the boundary operator modulo 2 of these lines; black "
        "rings and squares: the same components and holes by union-find on a grid of values; ×2: two pairs in one "
        "place, by symmetry. (c) For this function and others the number of critical points of each index and the "
        "Betti numbers of their Morse complex, which are those of the space."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
