"""Lowest passes between the minima of a cluster."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

from landscape.arrays import Array
from landscape.critical.exploration import Exploration, explore
from landscape.figures.claims import Claim
from landscape.figures.plots import panel
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, PALETTE, new_figure
from landscape.network.barriers import minimax_path
from landscape.network.connect import Graph, connect, transition_network
from landscape.network.double_ended import path_between
from landscape.network.tree import disconnectivity
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ATOMS, QUICK_ATOMS = 8, 7
# Minima and saddles of index 1 by the number of atoms.
COUNTS = {7: (4, 12), 8: (8, 42)}
DOYE_WALES = "Doye & Wales 2002, J. Chem. Phys. 116, 3777"
BETWEEN = 10  # points that are looked at from each image of a string to the next
BELOW = 1e-3  # what a string may lack of the top of its pass: its images stand beside it


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Minimax paths between all minima, the same heights in other ways, and the stations of paths to the lowest."""
    atoms = QUICK_ATOMS if quick else ATOMS
    cluster = problem("lennard_jones", atoms=atoms)
    rng = stream(seed, {"figure": "minimax_paths", "atoms": atoms}, 0)
    graph = connect(cluster, explore(cluster, rng, Exploration(indices=(0, 1))))
    network = transition_network(graph)
    m = network.number_of_nodes()
    value = np.array([data["value"] for _, data in network.nodes(data=True)])
    pairs = [(a, b) for a in range(m) for b in range(a)]
    height, joined, string = np.diag(value), np.diag(value), np.diag(value)
    tree = disconnectivity(network)
    tops = map_chunks(executor, top_of_string, [(atoms, graph.nodes[a]["x"], graph.nodes[b]["x"]) for a, b in pairs])
    for (a, b), top in zip(pairs, tops, strict=True):
        height[a, b] = height[b, a] = minimax_path(network, a, b).height
        joined[a, b] = joined[b, a] = tree.barrier(a, b)
        string[a, b] = string[b, a] = top
    stations = [(*station, number) for number in range(1, m) for station in _stations(network, number)]
    where, level, is_minimum, path = (np.array(column) for column in zip(*stations, strict=True))
    return {
        "atoms": np.array(atoms),
        "value": value,
        "saddles": np.array(network.number_of_edges()),
        "height": height,
        "joined": joined,
        "flooded": flooded(graph),
        "string": string,
        "station": where,
        "level": level,
        "path": path,
        "is_minimum": is_minimum,
    }


def top_of_string(atoms: int, a: list[float], b: list[float]) -> float:
    """The highest value on a string between two minima, relaxed by the string method; it knows no network."""
    cluster = problem("lennard_jones", atoms=atoms)
    images = path_between(cluster, np.array(a), np.array(b)).x
    parts = np.linspace(0, 1, BETWEEN + 1)[:, None, None]
    return float(cluster.value(images[:-1] + parts * np.diff(images, axis=0)).max())


def flooded(graph: Graph) -> Array:
    """For each two minima the lowest saddle up to which those not above it connect them, (m, m): with one saddle after
    the other added from the lowest up, the pieces of what there is."""
    index, value = nx.get_node_attributes(graph, "index"), nx.get_node_attributes(graph, "value")
    minima = [node for node in graph if index[node] == 0]
    level = np.full((len(minima), len(minima)), np.inf)
    np.fill_diagonal(level, [value[node] for node in minima])
    link = np.zeros(level.shape, dtype=bool)
    for saddle in sorted((node for node in graph if index[node] == 1), key=value.__getitem__):
        ends = [minima.index(end) for end in graph.successors(saddle)]
        link[np.ix_(ends, ends)] = True
        piece = connected_components(link, directed=False)[1]
        level[np.isinf(level) & (piece[:, None] == piece)] = value[saddle]
    return level


def _stations(network: Graph, start: int) -> list[tuple[float, float, bool]]:
    """Along the minimax path to the lowest minimum: length of the way, value, and whether it is a minimum."""
    way = minimax_path(network, start, 0)
    length = 0.0
    result = [(length, network.nodes[start]["value"], True)]
    for here, there, saddle in zip(way.minima, way.minima[1:], way.saddles, strict=False):
        data = network.edges[here, there, saddle]
        first = data["ends"].index(here)
        length += data["lengths"][first]
        result.append((length, data["value"], False))
        length += data["lengths"][1 - first]
        result.append((length, network.nodes[there]["value"], True))
    return result


def claims(data: Data) -> list[Claim]:
    height = data["height"]
    counts = COUNTS[int(data["atoms"])]
    return [
        Claim("minima", len(height), expected=counts[0], tolerance=0, source=DOYE_WALES),
        Claim("saddles of index 1", int(data["saddles"]), expected=counts[1], tolerance=0, source=DOYE_WALES),
        Claim(
            "largest difference between minimax heights and the heights at which flooding joins two minima",
            np.abs(height - data["flooded"]).max(),
            low=0.0,
            high=1e-12,
            source="a minimum spanning tree against the pieces of the network after each saddle, from the lowest up",
        ),
        Claim(
            "largest difference between minimax heights and levels of the disconnectivity graph",
            np.abs(height - data["joined"]).max(),
            low=0.0,
            high=1e-12,
            source="a minimum spanning tree against one sweep by union-find",
        ),
        Claim(
            f"pairs of minima that a string joins more than {BELOW:g} ε below their minimax path",
            int((data["string"] < height - BELOW).sum() // 2),
            expected=0,
            tolerance=0,
            source="the string method, E, Ren & Vanden-Eijnden 2007, J. Chem. Phys. 126, 164103: any way from one to "
            "the other is as high as the lowest pass at least",
        ),
    ]


def draw(data: Data) -> Figure:
    figure = new_figure(2.9, 6.6)
    ax, table = figure.subplots(1, 2, width_ratios=(1.45, 1))
    number = len(data["value"])
    # The way to the lowest minimum is drawn backwards from there, so that common parts lie on each other; one
    # that is part of others is broad, so that it is seen below them.
    for colour, k in zip((*PALETTE[:7], BLACK), range(1, number), strict=False):
        rows = data["path"] == k
        where, level = data["station"][rows], data["level"][rows]
        x, y = _smooth(where[-1] - where[::-1], level[::-1])
        passed = (data["level"][~rows] == data["value"][k]).any()
        width = 4.0 if passed else 1.2
        ax.plot(x, y, color=colour, linewidth=width, label=str(k), zorder=1 + 0.01 * k, solid_capstyle="butt")
        ax.plot(x[-1], y[-1], "o", color=colour, markersize=4.5, markeredgecolor="white", markeredgewidth=0.5, zorder=3)
    ax.plot(0, data["value"][0], "o", color=BLACK, markersize=4, zorder=3)
    ax.set(xlabel="length of the path from minimum 0", ylabel="energy / $\\epsilon$")
    ax.legend(title="from minimum", ncols=2, loc="lower right")
    panel(ax, "a", f"ways to the lowest minimum, {int(data['atoms'])} atoms")
    climb = data["height"] - data["value"][:, None]
    mesh = table.pcolormesh(np.arange(number), np.arange(number), climb, cmap="viridis", rasterized=True)
    figure.colorbar(mesh, ax=table, label="barrier / $\\epsilon$", shrink=0.75)
    table.set(xlabel="to minimum", ylabel="from minimum", aspect="equal")
    table.set_xticks(range(number))
    table.set_yticks(range(number))
    table.invert_yaxis()
    panel(table, "b", "barriers")
    return figure


def _smooth(where: Array, level: Array, points: int = 24) -> tuple[Array, Array]:
    """Half waves of a cosine through the stations: flat at each, as the function is."""
    x, y = [where[:1]], [level[:1]]
    phase = (1 - np.cos(np.pi * np.linspace(0, 1, points + 1)[1:])) / 2
    for k in range(len(where) - 1):
        x.append(where[k] + (where[k + 1] - where[k]) * np.linspace(0, 1, points + 1)[1:])
        y.append(level[k] + (level[k + 1] - level[k]) * phase)
    return np.concatenate(x), np.concatenate(y)


EXPERIMENT = Experiment(
    name="minimax_paths",
    title="Lowest passes between the minima of a cluster",
    caption=(
        "The cluster of eight Lennard-Jones atoms, energies in units of the pair's well depth ε. (a) From every "
        "minimum the path to the lowest whose highest saddle is as low as can be: minima and saddles at their "
        "distances along the gradient flow, joined by half waves to guide the eye; a path that is part of others is "
        "broad. (b) The barrier that must be climbed from each minimum to reach each other one."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
