"""Which minimum descent finds: basins of the gradient flow at small learning rates, fractal ones at large."""

from __future__ import annotations

from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray, norm
from landscape.critical.find import find_critical_points
from landscape.descent.ensemble import DescentStatus, descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.descent.gradient_flow import gradient_flow
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_basins, plot_measured, plot_paths, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREY, VERMILION, new_figure
from landscape.function import Landscape
from landscape.problems import problem
from landscape.random import stream
from landscape.statistics.boundary import box_counts, power_law, uncertain_counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALL, FOLDED, LARGE = 0.001, 0.0145, 0.024
RATES = (0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.012, 0.014, 0.016, 0.018, 0.02, 0.021, 0.022, 0.023, 0.024)
BOX = (-6.0, 6.0, -6.0, 6.0)
WINDOW = (-4.4, -3.4, -3.0, -2.0)  # where the large rate's basins are intertwined
MINIMA = np.array([(3.0, 2.0), (3.584428, -1.848126), (-3.779310, -3.283186), (-2.805118, 3.131312)])
FLOW_SHARES = (0.2496, 0.2489, 0.2433, 0.2582)  # of the minima, in their order; independent grid of 600^2
RUNAWAY = len(MINIMA)
STEPS = 1500


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Labels of grids, uncertain starts, boxes, and the chaotic set whose stable manifold the boundary is."""
    landscape = problem("himmelblau")
    rng = stream(seed, {"figure": "basins_of_attraction"}, 0)
    saddles = find_critical_points(landscape, landscape.starts(rng, 300)).saddles
    cells, fine = (100, 256) if quick else (500, 1024)
    data: dict[str, npt.NDArray[Any]] = {"saddles": saddles.x, "cells": np.array(cells)}

    across, _, points = grid(BOX, cells, edges=False)
    data["across"] = across
    for name, lr in (("small", SMALL), ("folded", FOLDED), ("large", LARGE)):
        data[name] = labels(landscape, points, lr).reshape(cells, cells).astype(np.int8)
    data["window_x"], data["window_y"], points = grid(WINDOW, fine, edges=True)
    zoom = labels(landscape, points, LARGE).reshape(fine + 1, fine + 1)
    data["window"] = zoom.astype(np.int8)
    data["box_size"] = 2.0 ** np.arange(2, 7)
    data["boxes"] = box_counts(zoom, data["box_size"].astype(int))

    some = landscape.starts(rng, 20 if quick else 300)
    flow = gradient_flow(landscape, some, 100.0, tol=1e-3)
    data["flow_agrees"] = nearest(flow.x) == labels(landscape, some, SMALL)
    shown = gradient_flow(landscape, landscape.starts(rng, 16), 100.0, tol=1e-3, record=np.geomspace(1e-4, 1.0, 80))
    assert shown.path is not None
    data["flow_paths"] = np.concatenate([shown.start[None], shown.path.x])

    starts = landscape.starts(rng, 2_000 if quick else 30_000)
    reference = labels(landscape, starts, SMALL / 5, 5 * STEPS)
    data["edges"] = 2 / np.linalg.eigvalsh(landscape.hessian(MINIMA))[:, -1]
    data["lr"] = np.array(RATES)
    data["elsewhere"] = np.array([(labels(landscape, starts, lr) != reference).mean() for lr in RATES])

    size = 6_000 if quick else 100_000
    low, high = np.array(WINDOW).reshape(2, 2).T
    for name, lr, distance, where in (
        ("smooth", SMALL, 2.0 ** -np.arange(2, 6 if quick else 7), landscape.starts(rng, 3 * size)),
        ("fractal", LARGE, 2.0 ** -np.arange(4, 14 if quick else 20), rng.uniform(low, high, (size, 2))),
    ):
        data[f"{name}_distance"], data[f"{name}_size"] = distance, np.array(len(where))
        data[f"{name}_uncertain"] = uncertain_counts(partial(labels, landscape, lr=lr), where, distance, rng)
    data["escape_rate"], data["stretching"] = chaotic_set(landscape, rng.uniform(low, high, (2 * size, 2)))
    return data


def grid(box: tuple[float, float, float, float], cells: int, edges: bool) -> tuple[Array, Array, Array]:
    """Coordinates along both axes, and all points (m, 2): the corners of the cells, or their centres."""
    steps = np.arange(cells + 1) / cells if edges else (np.arange(cells) + 0.5) / cells
    x, y = box[0] + (box[1] - box[0]) * steps, box[2] + (box[3] - box[2]) * steps
    return x, y, np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def nearest(x: Array) -> IntArray:
    """Number of the minimum at each point (m, 2), -1 if it is at none of them, (m,)."""
    distance = norm(x[:, None] - MINIMA)
    return np.where(distance.min(axis=1) < 0.01, distance.argmin(axis=1), -1)


def labels(landscape: Landscape, x: Array, lr: float, steps: int = STEPS) -> IntArray:
    """Where descent leads: number of a minimum, `RUNAWAY`, or -1 for runs that do not settle, (m,)."""
    runs = descend(landscape, x, GradientDescent(lr), steps, tol=0.05)
    return np.where(runs.status == DescentStatus.DIVERGED, RUNAWAY, nearest(runs.x))


def chaotic_set(landscape: Landscape, x: Array) -> tuple[Array, Array]:
    """Rate at which descents at the large rate leave the quadrant of the third minimum, where they wander, and rate at
    which neighbours separate while they do: logarithms per step."""
    first, last, end = 6, 20, 28
    v = np.broadcast_to([1.0, 0.0], x.shape)
    stretch, staying = np.zeros(len(x)), []
    for step in range(end):
        v = v - LARGE * landscape.hvp(x, v)
        length = norm(v)
        v = v / length[:, None]
        if first <= step < last:
            stretch = stretch + np.log(length)
        x = x - LARGE * landscape.gradient(x)
        inside = (x < (-0.3, 0.0)).all(axis=1) & (x > -8).all(axis=1)
        x, v, stretch = x[inside], v[inside], stretch[inside]
        staying.append(len(x))
    rate = np.log(staying[first] / staying[-1]) / (end - 1 - first)
    return np.array(rate), np.array(stretch.mean() / (last - first))


def claims(data: Data) -> list[Claim]:
    cells = int(data["cells"])
    share = np.bincount(data["small"].ravel() + 1, minlength=RUNAWAY + 2)[1:] / cells**2
    # Boundaries about four sides long cut 4 * cells cells, each of which errs by a random part of itself.
    slack = 4 * 0.3 * np.sqrt(4 * cells) / cells**2 + 2e-4
    result = [
        Claim(
            f"learning rate {SMALL}: share of the minimum at ({x:.3g}, {y:.3g})",
            share[k],
            expected=FLOW_SHARES[k],
            tolerance=slack,
            source="gradient flow from an independent grid of 600 x 600",
        )
        for k, (x, y) in enumerate(MINIMA)
    ]
    result.append(
        Claim(
            "random starts from which descent at the small rate and the flow by a stiff solver part",
            int((~data["flow_agrees"]).sum()),
            low=0,
            high=3,
            source="0.3 of 300 expected from the displacement of the boundaries",
        )
    )
    smooth, error = exponent(data, "smooth")
    result.append(
        Claim(
            "small rate: exponent of the uncertain fraction against distance",
            smooth,
            expected=1.0,
            tolerance=4 * error,
            source="smooth boundaries; four standard errors of the counts",
        )
    )
    fractal, error = exponent(data, "fractal")
    boxes, box_error = power_law(data["box_size"], data["boxes"])
    result += [
        Claim(
            f"learning rate {LARGE}: dimension of the boundary, 2 minus the exponent of the uncertain fraction",
            2 - fractal,
            low=1 + 10 * error,
            high=2.0,
            source="more than a line, by ten standard errors",
        ),
        Claim(
            "the same dimension by counting boxes, minus that by uncertain starts",
            -boxes - (2 - fractal),
            expected=0.0,
            tolerance=4 * np.hypot(error, box_error),
            source="four standard errors, from the scatter round both power laws",
        ),
        Claim(
            "the same dimension, minus 2 - escape rate / stretching rate of the chaotic set that it is the boundary of",
            2 - fractal - (2 - float(data["escape_rate"] / data["stretching"])),
            low=-4 * error,
            high=0.1,
            source="Kantz & Grassberger 1985: the information dimension, which is at most the box dimension",
        ),
    ]
    return result


def exponent(data: Data, name: str) -> tuple[float, float]:
    """Exponent of the uncertain fraction and its standard error: from the scatter, but not below that of counting."""
    distance, counts = data[f"{name}_distance"], data[f"{name}_uncertain"]
    slope, scatter = power_law(distance, counts)
    spread = np.log(distance) - np.log(distance).mean()
    counting = np.sqrt((spread**2 / counts).sum()) / (spread**2).sum()
    return slope, max(scatter, float(counting))


def draw(data: Data) -> Figure:
    figure = new_figure(4.3, 6.3)
    axes = figure.subplots(2, 3)
    pictures = (("a", "small", SMALL), ("b", "folded", FOLDED), ("c", "large", LARGE))
    for ax, (letter, name, lr) in zip(axes[0], pictures, strict=True):
        plot_basins(data["across"], data["across"], data[name], ax)
        panel(ax, letter, f"η = {lr:g}")
        _finish(ax, BOX)
    plot_paths(data["flow_paths"], axes[0, 0], linewidth=0.7)
    axes[0, 0].plot(*data["saddles"].T, "X", color=BLACK, mec="white", mew=0.4, markersize=4.5)
    x0, x1, y0, y1 = WINDOW
    axes[0, 2].plot([x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0], color=BLACK, linewidth=0.9)
    plot_basins(data["window_x"], data["window_y"], data["window"], axes[1, 0])
    panel(axes[1, 0], "d", "the square in (c)")
    _finish(axes[1, 0], WINDOW)

    uncertain = axes[1, 1]
    for name, lr, colour in (("smooth", SMALL, BLUE), ("fractal", LARGE, VERMILION)):
        distance, share = data[f"{name}_distance"], data[f"{name}_uncertain"] / data[f"{name}_size"]
        slope, _ = exponent(data, name)
        middle = np.exp(np.log(share).mean() + slope * (np.log(distance) - np.log(distance).mean()))
        plot_theory(distance, middle, uncertain, color=colour, linewidth=1.0)
        error = 1.96 * np.sqrt(share * (1 - share) / data[f"{name}_size"])
        label = f"η = {lr:g}: slope {slope:.2f}"
        plot_measured(distance, share, share - error, share + error, uncertain, color=colour, markersize=3, label=label)
    uncertain.set(xscale="log", yscale="log", xlabel="displacement", ylabel="starts that end elsewhere")
    uncertain.set(ylim=(5e-4, 9))
    uncertain.legend(loc="upper left", handlelength=0.8, borderaxespad=0.1)
    panel(uncertain, "e", "uncertain starts")

    moved = axes[1, 2]
    plot_measured(data["lr"], data["elsewhere"], ax=moved, color=BLUE, markersize=3)
    for edge in data["edges"]:
        moved.axvline(edge, color=GREY, linewidth=0.8, linestyle="--", zorder=0)
    moved.set(xlabel="learning rate η", ylabel="share of starts", ylim=(0, None), xlim=(0, None))
    panel(moved, "f", "away from the flow")
    return figure


def _finish(ax: Axes, box: tuple[float, float, float, float]) -> None:
    ax.plot(*MINIMA.T, "o", color="white", mec=BLACK, mew=0.7, markersize=4)
    ax.set(xlim=box[:2], ylim=box[2:], xlabel="$x_1$", ylabel="$x_2$", aspect="equal")


EXPERIMENT = Experiment(
    name="basins_of_attraction",
    title="Basins of attraction: smooth at small learning rates, fractal at large ones",
    caption=(
        "The minimum of Himmelblau's function to which gradient descent leads from each start: four colours, a fifth "
        "for runs that diverge, white for those that end on cycles. (a) At a small learning rate the basins are those "
        "of the gradient flow, of which lines by a stiff solver are drawn; circles are minima, crosses saddles, whose "
        "stable manifolds part the basins. (b) All minima are still stable, but far starts jump across the boundaries, "
        "which fold. (c) Two of the four minima have lost their stability. Next to one of them descents wander "
        "chaotically before they leave; (d) enlarges that part. (e) Fraction of starts whose end changes when they are "
        "moved by a given distance, with 95 % intervals. It is proportional to the distance where boundaries are "
        "smooth; a slope a means a boundary of dimension 2 − a. (f) Share of starts that end elsewhere than the "
        "gradient flow; at each dashed line, 2/L, a minimum of largest curvature L stops attracting."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
