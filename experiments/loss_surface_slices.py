"""The plane through two minima of a network and the saddle between them."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, norm
from landscape.critical.along_descent import along_descent
from landscape.critical.classify import classify
from landscape.critical.find import find_critical_points
from landscape.critical.points import CriticalPoints, Kind
from landscape.descent.adam import Adam
from landscape.descent.ensemble import descend
from landscape.escape.manifolds import unstable_manifold
from landscape.figures.claims import Claim
from landscape.figures.paths import distance_along, equally_spaced
from landscape.figures.plots import panel, plot_critical_points, plot_paths
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREY, VERMILION, new_figure
from landscape.function import Landscape
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NETWORK = {"data": "chebyshev5", "widths": (3,), "weight_decay": 1e-3}
PATH_POINTS = 300
ENOUGH = 200  # trainings, for the saddle to be the one that the caption describes
MARGIN = 0.25  # of the triangle's size, round it


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Critical points from trainings; the saddle whose two sides differ most; the plane through it and both minima."""
    landscape = problem("mlp", **NETWORK)
    rng = stream(seed, {"figure": "loss_surface_slices"}, 0)
    runs, steps, pixels = (40, 1000, 60) if quick else (200, 3000, 160)
    descent = descend(landscape, 3 * landscape.starts(rng, runs), Adam(lr=0.02), steps, tol=0.0, record=20)
    starts = np.concatenate([descent.x, along_descent(landscape, descent, rng, 2 * runs, noise=0.1)])
    points = find_critical_points(landscape, starts)
    corners, paths = between(landscape, points, 3 if quick else 20)
    origin, axes = plane(corners)
    coordinates = (corners - origin) @ axes.T
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    slack = MARGIN * (high - low).max()
    x, y = (np.linspace(low[k] - slack, high[k] + slack, pixels) for k in range(2))
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    line = np.linspace(0, 1, PATH_POINTS)[:, None]
    straight = [np.concatenate([corners[0] + line * (corners[1] - corners[0]),
                                corners[1] + line * (corners[2] - corners[1])]),
                corners[0] + line * (corners[2] - corners[0])]  # fmt: skip
    known = classify(landscape, corners)
    hessian = landscape.hessian(corners)
    return {
        "runs": np.array(runs),
        "x": x,
        "y": y,
        "height": landscape.value(origin + grid @ axes),
        "corners": coordinates,
        "corner_value": known.value,
        "corner_index": known.index,
        "corner_gradient": known.gradient_norm,
        "plane_hessian": axes @ hessian @ axes.T,
        "down_in_plane": norm(np.linalg.eigh(hessian[1])[1][:, 0] @ axes.T),
        "path": (paths - origin) @ axes.T,
        "path_off_plane": norm((paths - origin) - (paths - origin) @ axes.T @ axes),
        "path_length": distance_along(paths),
        "path_value": landscape.value(paths),
        "bent_length": distance_along(straight[0]),
        "bent_value": landscape.value(straight[0]),
        "straight_length": distance_along(straight[1]),
        "straight_value": landscape.value(straight[1]),
    }


def between(landscape: Landscape, points: CriticalPoints, most: int) -> tuple[Array, Array]:
    """Of the `most` lowest saddles of index 1 the one whose descents end at the most different minima: minimum, saddle,
    minimum, (3, n), and the path from one to the other, (PATH_POINTS, n)."""
    best: tuple[float, Array, Array] | None = None
    for saddle in points.saddles[points.saddles.index == 1].x[:most]:
        lines = unstable_manifold(landscape, saddle)
        ends = classify(landscape, lines.x)
        if lines.path is None or not (ends.kind == Kind.MINIMUM).all():
            continue
        gap = abs(float(ends.value[0] - ends.value[1]))
        if best is None or gap > best[0]:
            sides = [side[np.isfinite(side).all(axis=1)] for side in np.moveaxis(lines.path, 1, 0)]
            path = np.concatenate([lines.x[:1], sides[0][::-1], sides[1][1:], lines.x[1:]])
            best = gap, np.stack([lines.x[0], saddle, lines.x[1]]), equally_spaced(path, PATH_POINTS)
    if best is None:
        raise ValueError("no saddle of index 1 was found whose descents end at minima")
    return best[1], best[2]


def plane(corners: Array) -> tuple[Array, Array]:
    """The mean of three points (3, n) and two orthonormal rows (2, n): along the minima, and across."""
    along = corners[2] - corners[0]
    along = along / np.linalg.norm(along)
    across = corners[1] - corners[0]
    across = across - (across @ along) * along
    return corners.mean(axis=0), np.stack([along, across / np.linalg.norm(across)])


def claims(data: Data) -> list[Claim]:
    value, index = data["corner_value"], data["corner_index"]
    within = np.linalg.eigvalsh(data["plane_hessian"][1])
    result = [
        Claim("the middle point is a saddle of index 1", int(index[1]), expected=1, tolerance=0, source="inertia"),
        Claim(
            "its two ends are minima: the sum of their indices",
            int(index[0] + index[2]),
            expected=0,
            tolerance=0,
            source="inertia",
        ),
        Claim(
            "largest gradient norm at the three points",
            data["corner_gradient"].max(),
            low=0.0,
            high=1e-6,
            source="the flow's tolerance",
        ),
        Claim(
            "largest loss on the flow's path over that of the saddle",
            float(data["path_value"].max() / value[1]),
            expected=1.0,
            tolerance=1e-4,
            source="descent from the saddle; the tolerance is for interpolation",
        ),
        Claim(
            "highest loss on the straight line from minimum to minimum over that of the saddle",
            float(data["straight_value"].max() / value[1]),
            low=2.0,
            high=100.0,
            source="measured: a barrier on a straight line is none of the landscape's",
        ),
        Claim(
            "the same for the two straight lines by way of the saddle",
            float(data["bent_value"].max() / value[1]),
            low=1.5,
            high=100.0,
            source="measured: nor is one on the plane through the saddle",
        ),
    ]
    if data["runs"] >= ENOUGH:
        result += [
            Claim(
                "the lower of the two curvatures at the saddle within the plane, over the higher",
                float(within[0] / within[1]),
                low=1e-3,
                high=1.0,
                source="measured: both positive, as at a minimum; the way down leads off the plane",
            ),
            Claim(
                "farthest point of the flow's path from the plane, over the distance of the minima",
                float(data["path_off_plane"].max() / norm(data["corners"][2] - data["corners"][0])),
                low=0.2,
                high=0.3,
                source="measured: the way leaves the plane",
            ),
        ]
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(4.9)
    left, right = figure.subplots(2, 1, height_ratios=[1.2, 1])
    height, bottom = data["height"], data["height"].min()
    levels = np.geomspace(bottom, np.quantile(height, 0.9), 15)
    filled = left.contourf(data["x"], data["y"], height, levels, cmap="Greys", norm="log", extend="max", alpha=0.8)
    left.contour(data["x"], data["y"], height, levels, colors=GREY, linewidths=0.4)
    shown = [t for t in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0) if levels[0] <= t <= levels[-1]]
    bar = figure.colorbar(filled, ax=left, ticks=shown, format="%g", label="loss with weight decay", aspect=14)
    bar.minorticks_off()
    plot_paths(data["path"][:, None], left, color=BLUE, linewidth=1.4)
    plot_critical_points(data["corners"], data["corner_index"], left)
    left.set(xlabel="along the minima", ylabel="across", aspect="equal")
    left.set(xlim=data["x"][[0, -1]], ylim=data["y"][[0, -1]])
    panel(left, "a", "on the plane through both minima and the saddle")
    for name, colour, label, style in (
        ("path", BLUE, "descents from the saddle", "-"),
        ("bent", BLACK, "straight, by the saddle", "--"),
        ("straight", VERMILION, "straight", ":"),
    ):
        at = data[f"{name}_length"]
        right.plot(at / at[-1], data[f"{name}_value"], color=colour, linestyle=style, label=label)
    right.axhline(data["corner_value"][1], color=BLACK, linewidth=0.5)
    right.set(xlabel="part of the way from minimum to minimum", ylabel="loss with weight decay", yscale="log")
    panel(right, "b", "from one to the other")
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


EXPERIMENT = Experiment(
    name="loss_surface_slices",
    title="A plane through two minima of a network hides the way from one to the other",
    caption=(
        "A tanh network with three hidden units (ten parameters) that learns the Chebyshev polynomial T₅, with weight "
        "decay 10⁻³. Of the saddles of index 1 found, the one from which descent ends at the two most different "
        "minima. (a) The loss on the plane through the two minima (circles) and the saddle (cross), and the two "
        "descents projected on it, which run up to a quarter of the minima's distance off it; within the plane the "
        "saddle itself looks like a minimum. (b) "
        "The loss along the descents, along straight lines by way of the saddle, and straight from minimum to minimum, "
        "which meets a far higher barrier; thin line: the saddle's loss."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
