"""Lowest passes between the minima of a cluster."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.critical.exploration import Exploration, explore
from landscape.figures.claims import Claim
from landscape.figures.plots import panel
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, PALETTE, new_figure
from landscape.network.barriers import minimax_path
from landscape.network.connect import Graph, connect, transition_network
from landscape.network.tree import disconnectivity
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ATOMS, QUICK_ATOMS = 8, 7


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Minimax paths between all minima, and the stations of those that lead to the lowest."""
    atoms = QUICK_ATOMS if quick else ATOMS
    cluster = problem("lennard_jones", atoms=atoms)
    rng = stream(seed, {"figure": "minimax_paths", "atoms": atoms}, 0)
    network = transition_network(connect(cluster, explore(cluster, rng, Exploration(indices=(0, 1)))))
    m = network.number_of_nodes()
    value = np.array([data["value"] for _, data in network.nodes(data=True)])
    height, joined = np.diag(value), np.diag(value)
    tree = disconnectivity(network)
    for a in range(m):
        for b in range(a):
            height[a, b] = height[b, a] = minimax_path(network, a, b).height
            joined[a, b] = joined[b, a] = tree.barrier(a, b)
    station, level, path, kind = [], [], [], []
    for number in range(1, m):
        for where, energy, is_minimum in _stations(network, number):
            station.append(where)
            level.append(energy)
            path.append(number)
            kind.append(is_minimum)
    return {
        "atoms": np.array(atoms),
        "value": value,
        "height": height,
        "joined": joined,
        "station": np.array(station),
        "level": np.array(level),
        "path": np.array(path),
        "is_minimum": np.array(kind),
    }


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
    through = np.maximum(height[:, :, None], height[None]).min(axis=1)
    tops = np.array([data["level"][data["path"] == k].max() for k in range(1, len(height))])
    return [
        Claim(
            "largest difference between minimax heights and levels of the disconnectivity graph",
            np.abs(height - data["joined"]).max(),
            low=0.0,
            high=1e-12,
            source="a minimum spanning tree against one sweep by union-find",
        ),
        Claim(
            "how far a way through a third minimum stays below a minimax path",
            (height - through).max(),
            low=0.0,
            high=1e-12,
            source="minimax heights are ultrametric",
        ),
        Claim(
            "largest difference between the top of a path's stations and its height",
            np.abs(tops - height[0, 1:]).max(),
            low=0.0,
            high=1e-12,
            source="the definition",
        ),
        Claim(
            "minima",
            len(height),
            expected={7: 4, 8: 8}[int(data["atoms"])],
            tolerance=0,
            source="Doye & Wales 2002, J. Chem. Phys. 116, 3777",
        ),
    ]


def draw(data: Data) -> Figure:
    figure = new_figure(2.9, 6.6)
    ax, table = figure.subplots(1, 2, width_ratios=(1.45, 1))
    number = len(data["value"])
    # The way to the lowest minimum is drawn backwards from there, so that common parts lie on each other.
    for colour, k in zip((*PALETTE[:7], BLACK), range(1, number), strict=False):
        rows = data["path"] == k
        where, level = data["station"][rows], data["level"][rows]
        x, y = _smooth(where[-1] - where[::-1], level[::-1])
        ax.plot(x, y, color=colour, linewidth=1.2, alpha=0.9, label=str(k))
        ax.plot(x[-1], y[-1], "o", color=colour, markersize=3.5)
    ax.plot(0, data["value"][0], "o", color=BLACK, markersize=4)
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
        "distances along the gradient flow, joined by half waves to guide the eye. (b) The barrier that must be "
        "climbed from each minimum to reach each other one."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
