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
from landscape.figures.plots import panel, plot_contours, plot_critical_points, plot_paths
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, VERMILION, new_figure
from landscape.function import Landscape
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NETWORK = {"data": "chebyshev5", "widths": (3,), "weight_decay": 1e-3}
PATH_POINTS = 300
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
    return {
        "x": x,
        "y": y,
        "height": landscape.value(origin + grid @ axes),
        "corners": coordinates,
        "corner_value": known.value,
        "corner_index": known.index,
        "corner_gradient": known.gradient_norm,
        "plane_hessian": axes @ landscape.hessian(corners) @ axes.T,
        "path": (paths - origin) @ axes.T,
        "path_off_plane": norm((paths - origin) - (paths - origin) @ axes.T @ axes),
        "path_length": length(paths),
        "path_value": landscape.value(paths),
        "bent_length": length(straight[0]),
        "bent_value": landscape.value(straight[0]),
        "straight_length": length(straight[1]),
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
            best = gap, np.stack([lines.x[0], saddle, lines.x[1]]), _resample(path)
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


def length(path: Array) -> Array:
    """How far along a path (frames, n) each of its points is, (frames,)."""
    return np.concatenate([[0.0], np.cumsum(norm(np.diff(path, axis=0)))])


def _resample(path: Array) -> Array:
    at = length(path)
    fresh = np.linspace(0, at[-1], PATH_POINTS)
    return np.stack([np.interp(fresh, at, column) for column in path.T], axis=1)


def claims(data: Data) -> list[Claim]:
    value, index = data["corner_value"], data["corner_index"]
    inside = np.linalg.eigvalsh(data["plane_hessian"])
    return [
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
            "smallest of the plane's four second derivatives at the minima",
            float(inside[[0, 2]].min()),
            low=0.0,
            high=1e3,
            source="Cauchy's interlacing: a plane through a minimum has one",
        ),
        Claim(
            "negative second derivatives in the plane at the saddle",
            int((inside[1] < 0).sum()),
            low=0,
            high=1,
            source="Cauchy's interlacing: at most as many as the index",
        ),
    ]


def draw(data: Data) -> Figure:
    figure = new_figure(4.9)
    left, right = figure.subplots(2, 1, height_ratios=[1.2, 1])
    plot_contours(data["x"], data["y"], np.log(data["height"]), left, linestyles="solid")
    plot_paths(data["path"][:, None], left, color=BLUE, linewidth=1.4)
    plot_critical_points(data["corners"], data["corner_index"], left)
    left.set(xlabel="along the minima", ylabel="across", aspect="equal")
    left.set(xlim=data["x"][[0, -1]], ylim=data["y"][[0, -1]])
    panel(left, "a", "loss on the plane, logarithmic")
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
        "descents projected on it: they leave the plane at once, in which the saddle itself looks like a minimum. (b) "
        "The loss along the descents, along straight lines by way of the saddle, and straight from minimum to minimum, "
        "which meets a far higher barrier; thin line: the saddle's loss."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
