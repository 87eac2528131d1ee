"""Four landscapes of two variables: every critical point, the basins of attraction and what separates them."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from landscape.arrays import Array, BoolArray, IntArray, norm
from landscape.critical.find import find_critical_points
from landscape.critical.merge import nearest
from landscape.critical.points import CriticalPoints, Kind
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.figures.claims import Claim
from landscape.figures.paths import equally_spaced
from landscape.figures.plots import BASIN_COLOURS, panel, plot_basins, plot_contours, plot_critical_points, plot_paths
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, new_figure
from landscape.function import Landscape
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

View = tuple[float, float, float, float]  # left, right, bottom, top

# What is drawn of each landscape, and a learning rate small enough for descent to follow the gradient's flow.
SHOWN: dict[str, tuple[str, View, float]] = {
    "himmelblau": ("Himmelblau", (-6.0, 6.0, -6.0, 6.0), 1e-3),
    "six_hump_camel": ("six-hump camel", (-2.2, 2.2, -1.4, 1.4), 5e-3),
    "muller_brown": ("Müller–Brown", (-1.5, 1.2, -0.5, 2.1), 1e-4),
    "rastrigin": ("Rastrigin", (-2.6, 2.6, -2.6, 2.6), 5e-4),
}
STARTS = 15_000  # about 30 for each of the 441 points of the fullest landscape
# Shares of [-6, 6]^2 that gradient flow takes to each minimum.
HIMMELBLAU_BASINS = {(3.0, 2.0): 0.2496, (3.58, -1.85): 0.2489, (-3.78, -3.28): 0.2433, (-2.81, 3.13): 0.2582}
PATH_POINTS = 200
OFFSET = 1e-4  # separatrices start so far from their saddle, in units of the length scale


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Critical points from random starts; descents from a grid; ascents from the saddles."""
    pixels = 120 if quick else 240
    data: dict[str, npt.NDArray[Any]] = {}
    for name, (_, view, lr) in SHOWN.items():
        landscape = problem(name)
        rng = stream(seed, {"figure": "critical_point_atlas", "problem": name}, 0)
        points = find_critical_points(landscape, landscape.starts(rng, STARTS))
        x, y = _centres(view[0], view[1], pixels), _centres(view[2], view[3], pixels)
        grid = np.stack(np.meshgrid(x, y), axis=-1)
        label = basins(landscape, points, grid, lr)
        data |= {
            f"{name}_x": x,
            f"{name}_y": y,
            f"{name}_height": landscape.value(grid[::2, ::2]).astype(np.float32),
            f"{name}_basin": label.astype(np.int16),
            f"{name}_colour": _colours(label).astype(np.int8),
            f"{name}_points": points.x,
            f"{name}_index": points.index,
            f"{name}_degenerate": points.kind == Kind.DEGENERATE,
            f"{name}_euler": np.array([points.euler.found, points.euler.expected or 0]),
            f"{name}_separatrix": separatrices(
                landscape, points.saddles.x[_near(points.saddles.x, view)], view, lr
            ).astype(np.float32),
        }
    return data


def _centres(low: float, high: float, pixels: int) -> Array:
    edges = np.linspace(low, high, pixels + 1)
    return (edges[1:] + edges[:-1]) / 2


def basins(landscape: Landscape, points: CriticalPoints, grid: Array, lr: float) -> IntArray:
    """Number of the minimum to which descent leads from each point of a grid (k, m, 2); -1 for none, (k, m)."""
    # Small steps first, because far from the minima some of these functions are very steep.
    near = descend(landscape, grid.reshape(-1, 2), GradientDescent(lr / 20), max_steps=200, tol=1e-4)
    ends = descend(landscape, near.x, GradientDescent(lr), max_steps=20_000, tol=1e-4)
    label = nearest(landscape, points.minima.x, ends.x)
    return label.reshape(grid.shape[:-1])


def _colours(label: IntArray) -> IntArray:
    """Colour numbers such that neighbouring basins differ, and all basins where there are colours enough, (k, m)."""
    basins = np.unique(label[label >= 0])
    if basins.size <= len(BASIN_COLOURS):
        number = {int(k): rank for rank, k in enumerate(basins)}
    else:
        graph = nx.Graph()
        graph.add_nodes_from(basins.tolist())
        for a, b in ((label[1:], label[:-1]), (label[:, 1:], label[:, :-1]), (label[1:, 1:], label[:-1, :-1])):
            touch = (a != b) & (a >= 0) & (b >= 0)
            graph.add_edges_from(np.unique(np.stack([a[touch], b[touch]], axis=1), axis=0).tolist())
        number = nx.greedy_color(graph, "DSATUR")
    colour = np.full(label.max(initial=0) + 2, -1)
    colour[basins] = [number[int(k)] for k in basins]
    return colour[label]  # the last entry, for the label -1, is -1


def separatrices(landscape: Landscape, saddles: Array, view: View, lr: float) -> Array:
    """What parts the basins, the stable manifolds of saddles (m, 2): steepest ascents from them, (frames, 2 m, 2)."""
    uphill = np.linalg.eigh(landscape.hessian(saddles))[1][..., 1]
    offset = OFFSET * landscape.manifold.length_scale * uphill
    inverted = replace(
        landscape,
        value=lambda x: -landscape.value(x),
        gradient=lambda x: -landscape.gradient(x),
        domain=lambda x: _near(x, view),
    )
    starts = np.concatenate([saddles + offset, saddles - offset])
    climb = descend(inverted, starts, GradientDescent(lr / 10), max_steps=10_000, tol=1e-3, record=5)
    assert climb.trajectory is not None
    path = np.concatenate([climb.trajectory.x, climb.x[None]])
    return np.stack([equally_spaced(path[:, k], PATH_POINTS) for k in range(len(starts))], axis=1)


def _near(x: Array, view: View, margin: float = 0.2) -> BoolArray:
    """Whether points (m, 2) are in the view or a little outside it, (m,)."""
    left, right, bottom, top = view
    low, high = np.array([left, bottom]), np.array([right, top])
    slack = margin * (high - low)
    return ((x >= low - slack) & (x <= high + slack)).all(axis=-1)


def claims(data: Data) -> list[Claim]:
    result = []
    for name, (title, _, _) in SHOWN.items():
        truth = problem(name).truth
        assert truth is not None
        assert truth.counts is not None
        index = data[f"{name}_index"][~data[f"{name}_degenerate"]]
        for k, kind in enumerate(("minima", "saddles", "maxima")):
            count, known = int((index == k).sum()), truth.counts.get(k, 0)
            result.append(Claim(f"{title}: {kind}", count, expected=known, tolerance=0, source=truth.source))
    for point, share in HIMMELBLAU_BASINS.items():
        minima = data["himmelblau_points"][data["himmelblau_index"] == 0]
        number = norm(minima - np.array(point)).argmin()
        measured = (data["himmelblau_basin"] == number).mean()
        text = f"Himmelblau: share of [-6, 6]^2 in the basin of ({point[0]:g}, {point[1]:g})"
        source = "gradient flow from a grid of 600 x 600, made independently"
        result.append(Claim(text, measured, expected=share, tolerance=0.003, source=source))
    for name, (title, _, _) in SHOWN.items():
        result.append(
            Claim(
                f"{title}: share of the basins' border within a pixel and a half of a separatrix",
                _border_on_separatrix(data, name),
                low=0.98,
                high=1.0,
                source="borders of basins are stable manifolds of saddles",
            )
        )
    return result


def _border_on_separatrix(data: Data, name: str) -> float:
    """Of all places where horizontal or vertical neighbours on the grid belong to different basins."""
    label, x, y = data[f"{name}_basin"], data[f"{name}_x"], data[f"{name}_y"]
    pixel = np.array([x[1] - x[0], y[1] - y[0]])
    rows, columns = np.nonzero(label[:, 1:] != label[:, :-1])
    across = np.stack([(x[1:] + x[:-1])[columns] / 2, y[rows]], axis=1)
    rows, columns = np.nonzero(label[1:] != label[:-1])
    along = np.stack([x[columns], (y[1:] + y[:-1])[rows] / 2], axis=1)
    path = data[f"{name}_separatrix"].reshape(-1, 2)
    distance, _ = cKDTree(path / pixel).query(np.concatenate([across, along]) / pixel)
    return float((distance <= 1.5).mean())


def draw(data: Data) -> Figure:
    figure = new_figure(5.4)
    for ax, letter, (name, (title, view, _)) in zip(figure.subplots(2, 2).flat, "abcd", SHOWN.items(), strict=True):
        x, y = data[f"{name}_x"], data[f"{name}_y"]
        plot_basins(x, y, data[f"{name}_colour"], ax)
        plot_contours(x[::2], y[::2], data[f"{name}_height"], ax)
        plot_paths(data[f"{name}_separatrix"], ax, color=BLACK, linewidth=0.9)
        plot_critical_points(data[f"{name}_points"], data[f"{name}_index"], ax)
        left, right, bottom, top = view
        ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="$x$", ylabel="$y$")
        counts = "/".join(str(int((data[f"{name}_index"] == k).sum())) for k in range(3))
        panel(ax, letter, f"{title}: {counts}")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


EXPERIMENT = Experiment(
    name="critical_point_atlas",
    title="Atlas: critical points, basins and separatrices of four landscapes",
    caption=(
        "Every critical point of four functions of two variables, found by Newton searches from random starts and "
        "marked by index; numbers above the panels count minima, saddles and maxima. Colours: the minimum to which "
        "gradient descent leads. Black lines: separatrices, traced by steepest ascent from each saddle, "
        "independently of the colours. Grey lines: contours. Rastrigin's function is counted in [−5.12, 5.12]², of "
        "which the centre is drawn; its colours repeat."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
