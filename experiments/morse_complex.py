"""The Morse complex: critical points and the lines between them tell the shape of the space."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, norm
from landscape.critical.find import find_critical_points
from landscape.critical.points import CriticalPoints
from landscape.escape.manifolds import stable_manifold, unstable_manifold
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_contours, plot_critical_points, plot_paths
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREY, ORANGE, VERMILION, new_figure
from landscape.function import Landscape
from landscape.network.morse import MorseComplex, morse_complex
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Landscape, its parameters, the space it lives on, and that space's Betti numbers.
SPACES: tuple[tuple[str, dict[str, int], str, tuple[int, ...]], ...] = (
    ("six_hump_camel", {}, "plane", (1, 0, 0)),
    ("xy_chain", {"n": 3}, "torus $T^2$", (1, 2, 1)),
    ("spherical_spin_glass", {"n": 3}, "sphere $S^2$", (1, 0, 1)),
    ("spherical_spin_glass", {"n": 4}, "sphere $S^3$", (1, 0, 0, 1)),
    ("spherical_spin_glass", {"n": 5}, "sphere $S^4$", (1, 0, 0, 0, 1)),
    ("xy_chain", {"n": 5}, "torus $T^4$", (1, 4, 6, 4, 1)),
)
QUICK_SPACES = 3
STARTS = 1500
PATH_POINTS = 100
VIEW = ((-2.1, 2.1), (-1.25, 1.25))


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Complexes of several spaces, and all lines of the first."""
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
        "down": _lines(landscape, points, down=True),
        "up": _lines(landscape, points, down=False),
        "pairs": complex_.pairs,
        "essential": complex_.essential,
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
            path = branches.path[:, k][np.isfinite(branches.path[:, k]).all(axis=1)]
            path = path[np.cumprod((np.abs(path) < 3.0).all(axis=1)).astype(bool)]
            length = np.concatenate([[0.0], np.cumsum(norm(np.diff(path, axis=0)))])
            at = np.linspace(0, length[-1], PATH_POINTS)
            result.append(np.stack([np.interp(at, length, path[:, c]) for c in range(2)], axis=1))
    return np.array(result)


def claims(data: Data) -> list[Claim]:
    result = []
    for k, (name, parameters, space, betti) in enumerate(SPACES[: len(data["betti"])]):
        which = name + (f" with n = {parameters['n']}" if parameters else "")
        for degree, number in enumerate(betti):
            text = f"{which} on the {space}: Betti number {degree}"
            result.append(
                Claim(text, data["betti"][k, degree], expected=number, tolerance=0, source="homology of the space")
            )
        text = f"{which}: every line is told and the boundary of a boundary is zero"
        result.append(Claim(text, float(data["sound"][k]), expected=1, tolerance=0, source="Morse theory"))
    pairs, value = data["pairs"], data["value"]
    life = value[pairs[:, 1]] - value[pairs[:, 0]]
    result.append(
        Claim("camel: persistence pairs", len(pairs), expected=7, tolerance=0, source="15 points, one class for ever")
    )
    result.append(Claim("camel: shortest life", life.min(), low=0, high=np.ptp(value), source="births before deaths"))
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(4.6, 6.2)
    grid = figure.add_gridspec(2, 2, height_ratios=(1.1, 1))
    ax = figure.add_subplot(grid[0, :])
    plot_contours(data["x"], data["y"], np.minimum(data["height"], 6.0), ax)
    plot_paths(np.swapaxes(data["up"], 0, 1), ax, color=ORANGE, linewidth=1.2)
    plot_paths(np.swapaxes(data["down"], 0, 1), ax, color=BLUE, linewidth=1.2)
    plot_critical_points(data["points"], data["index"], ax)
    ax.set(xlim=VIEW[0], ylim=VIEW[1], xlabel="$x$", ylabel="$y$")
    ax.plot([], [], color=BLUE, label="lines from index 1 to 0")
    ax.plot([], [], color=ORANGE, label="lines down to index 1")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    panel(ax, "a", "six-hump camel")

    diagram = figure.add_subplot(grid[1, 0])
    value, pairs = data["value"], data["pairs"]
    kind = data["index"][pairs[:, 0]]
    low, high = value.min() - 0.4, value.max() + 0.8
    diagram.plot([low, high], [low, high], color=GREY, linewidth=0.8)
    for k, colour, marker, name in ((0, BLUE, "o", "components"), (1, VERMILION, "s", "holes")):
        rows = pairs[kind == k]
        diagram.plot(value[rows[:, 0]], value[rows[:, 1]], marker, color=colour, markersize=4.5, label=name, alpha=0.8)
    diagram.plot(value[data["essential"]], [high], "^", color=BLACK, clip_on=False, label="for ever")
    diagram.set(xlabel="value at birth", ylabel="value at death", xlim=(low, high), ylim=(low, high))
    diagram.legend(loc="lower right")
    panel(diagram, "b", "persistence")

    table = figure.add_subplot(grid[1, 1])
    table.set_axis_off()
    rows = []
    for k, (_, _, space, betti) in enumerate(SPACES[: len(data["betti"])]):
        counts = ", ".join(str(n) for n in data["counts"][k, : len(betti)])
        rows.append([space, counts, ", ".join(str(n) for n in data["betti"][k, : len(betti)])])
    cells = table.table(rows, colLabels=["space", "points by index", "Betti numbers"], loc="center", cellLoc="left")
    cells.auto_set_font_size(False)
    cells.set_fontsize(7)
    cells.auto_set_column_width([0, 1, 2])
    cells.scale(1, 1.35)
    for cell in cells.get_celld().values():
        cell.set_linewidth(0.4)
        cell.set_edgecolor(GREY)
    panel(table, "c", "homology found")
    return figure


EXPERIMENT = Experiment(
    name="morse_complex",
    title="Morse complexes: lines between critical points tell the shape of the space",
    caption=(
        "(a) All critical points of the six-hump camel function, the lines of the gradient flow from its saddles down "
        "to minima (blue) and up to maxima or to infinity (orange). (b) Persistence: the values at which components "
        "and holes of the sublevel sets are born and die, from the boundary operator modulo 2 of these lines. (c) For "
        "functions on other spaces (the XY chain on tori, the 3-spin glass on spheres) the number of critical points "
        "of each index and the Betti numbers of their Morse complex, which are those of the space."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
