"""The network of the Müller-Brown surface: three minima, two saddles, and the path between them."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import norm
from landscape.critical.find import find_critical_points
from landscape.escape.manifolds import unstable_manifold
from landscape.figures.claims import Claim
from landscape.figures.paths import distance_along, equally_spaced
from landscape.figures.plots import panel, plot_contours, plot_critical_points, plot_paths
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREY, VERMILION, new_figure
from landscape.network.barriers import minimax_path
from landscape.network.connect import connect, transition_network
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PATH_POINTS = 200
# Newton's method in extended precision from the positions of Müller & Brown 1979, Table 1.
MINIMA = (-146.69951721, -108.166724117, -80.7678181297)
SADDLES = (-72.2489401123, -40.6648435087)
SOURCE = "Müller & Brown 1979, Theor. Chim. Acta 53, 75, refined by Newton's method"


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Critical points, what the saddles connect, and the branches as paths."""
    surface = problem("muller_brown")
    rng = stream(seed, {"figure": "mueller_brown_network"}, 0)
    points = find_critical_points(surface, surface.starts(rng, 500 if quick else 2000))
    graph = connect(surface, points)
    network = transition_network(graph)
    way = minimax_path(network, 0, 1)
    branches = []
    for saddle in way.saddles:
        lines = unstable_manifold(surface, graph.nodes[saddle]["x"])
        assert lines.path is not None
        ways = np.concatenate([lines.path, lines.x[None]])
        branches += [equally_spaced(ways[:, k], PATH_POINTS) for k in range(2)]
    paths = np.stack(branches)
    # From the first minimum on: each branch in the sense in which the path runs through it.
    stations = np.array([graph.nodes[node]["x"] for node in way.minima])
    pieces = []
    for k in range(len(way.saddles)):
        near = [int(norm(paths[2 * k : 2 * k + 2, -1] - stations[k + end]).argmin()) for end in (0, 1)]
        pieces += [paths[2 * k + near[0], ::-1], paths[2 * k + near[1]]]
    route = np.concatenate(pieces)
    x, y = np.linspace(-1.5, 1.2, 181), np.linspace(-0.4, 2.0, 161)
    ends = np.array([data["ends"] for *_, data in network.edges(data=True)])
    return {
        "x": x,
        "y": y,
        "height": surface.value(np.stack(np.meshgrid(x, y), axis=-1)).astype(np.float32),
        "points": points.x,
        "index": points.index,
        "value": points.value,
        "ends": ends,
        "saddle": np.array([key for *_, key in network.edges(keys=True)]),
        "paths": paths,
        "route_length": distance_along(route),
        "route_value": surface.value(route),
        "barriers": np.array(way.barriers),
        "route_points": np.array([way.minima[0], *np.stack([way.saddles, way.minima[1:]], axis=1).ravel()]),
        "minimax": np.array([way.height]),
    }


def claims(data: Data) -> list[Claim]:
    value, index = data["value"], data["index"]
    result = [
        Claim(f"minimum {k}: value", found, expected=known, tolerance=1e-6, source=SOURCE)
        for k, (found, known) in enumerate(zip(np.sort(value[index == 0]), MINIMA, strict=True))
    ]
    result += [
        Claim(f"saddle {k}: value", found, expected=known, tolerance=1e-6, source=SOURCE)
        for k, (found, known) in enumerate(zip(np.sort(value[index == 1]), SADDLES, strict=True), start=len(MINIMA))
    ]
    known_ends = {3: (1, 2), 4: (0, 2)}
    for saddle, ends in sorted(zip(data["saddle"].tolist(), data["ends"].tolist(), strict=True)):
        low, high = known_ends[saddle]
        text = f"saddle {saddle} joins the minima {low} and {high}"
        result.append(Claim(text, len({low, high} & set(ends)), expected=2, tolerance=0, source=SOURCE))
    for k in (0, 1):
        climb = SADDLES[1] - MINIMA[k]
        text = f"lowest barrier between the two deepest minima, from minimum {k}"
        result.append(Claim(text, data["barriers"][k], expected=climb, tolerance=1e-6, source=SOURCE))
    result.append(
        Claim(
            "highest point of the traced path above saddle 4",
            data["route_value"].max() - data["minimax"][0],
            low=-1e-4,
            high=1e-8,
            source="the path runs through the saddle; its points are 0.01 apart",
        )
    )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.9, 6.4)
    ax, profile = figure.subplots(1, 2)
    plot_contours(
        data["x"],
        data["y"],
        np.minimum(data["height"], 80.0),
        ax,
        levels=np.arange(-145.0, 60.0, 12.0),
        linestyles="solid",
    )
    plot_paths(np.swapaxes(data["paths"], 0, 1), ax, color=VERMILION, linewidth=1.6)
    plot_critical_points(data["points"], data["index"], ax)
    ax.set(xlabel="$x$", ylabel="$y$", xlim=(-1.5, 1.2), ylim=(-0.4, 2.0))
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85}
    offset = {0: (8, 6), 1: (7, -13), 2: (-16, -8), 3: (9, 5), 4: (-17, -2)}
    for row, x in enumerate(data["points"]):
        ax.annotate(str(row), x, offset[row], textcoords="offset points", bbox=paper)
    panel(ax, "a", "what the saddles connect")
    ax.legend(loc="lower left", frameon=True, framealpha=0.9, edgecolor="none")

    length, value = data["route_length"], data["route_value"]
    profile.plot(length, value, color=VERMILION)
    stations = np.arange(len(length) // PATH_POINTS + 1) * PATH_POINTS
    stations[-1] -= 1
    profile.plot(length[stations], value[stations], "o", color=BLACK, markersize=3.5)
    for at, number in zip(stations, data["route_points"].tolist(), strict=True):
        above = 6 if data["index"][number] else -12
        where = (length[at], value[at])
        profile.annotate(str(number), where, (0, above), textcoords="offset points", ha="center")
    top, (low, high) = data["minimax"][0], (value[0], value[-1])
    for at, floor, barrier in ((length[0], low, data["barriers"][0]), (length[-1], high, data["barriers"][1])):
        profile.annotate("", (at, top), (at, floor), arrowprops={"arrowstyle": "<->", "color": BLUE, "shrinkA": 0})
        side = 1 if at == 0 else -1
        look: dict[str, Any] = {"color": BLUE, "ha": "left" if side > 0 else "right", "va": "center"}
        profile.annotate(f"{barrier:.2f}", (at, top), (5 * side, -14), textcoords="offset points", **look)
    profile.axhline(top, color=GREY, linewidth=0.6, linestyle=":")
    profile.set(xlabel="length of the path from minimum 0", ylabel="value", ylim=(-163, -22))
    panel(profile, "b", "the lowest pass")
    return figure


EXPERIMENT = Experiment(
    name="mueller_brown_network",
    title="The network of the Müller–Brown surface",
    caption=(
        "(a) The three minima and two saddles of the Müller–Brown surface, numbered by index and value, and the lines "
        "of the gradient flow that leave the saddles (orange-red): saddle 3 joins the minima 1 and 2, saddle 4 the "
        "minima 0 and 2. Grey: contours. (b) The function along the path between the two deepest minima whose highest "
        "point is lowest, through both saddles, and the barriers from either side."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
