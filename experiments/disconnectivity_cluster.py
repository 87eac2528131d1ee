"""Disconnectivity graphs of Lennard-Jones clusters: two whole ones, and the bottom of a funnel."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import numpy.typing as npt

from landscape.critical.exploration import Exploration, explore
from landscape.figures.claims import Claim
from landscape.figures.plots import panel
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, new_figure
from landscape.figures.trees import plot_disconnectivity
from landscape.network.barriers import global_funnel, minimax_path
from landscape.network.connect import connect, transition_network
from landscape.network.tree import disconnectivity
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES, QUICK_SIZES = (8, 9), (6, 7)
ROUND, QUICK_ROUND = 2000, 1000
# Minima, saddles of index 1 and lowest energy.
KNOWN = {6: (2, 3, -12.712062), 7: (4, 12, -16.505384), 8: (8, 42, -19.821489), 9: (21, 165, -24.113360)}
# Saddles of nine atoms that searches miss are few and rarely found.
LEAST_SHARE = 0.97
LARGE, LARGE_SEARCHES, LOW_SADDLES = 13, 16_000, 1000
LOWEST_OF_LARGE = -44.326801
RIM = 1.0  # a minimum less than this below the highest saddle that is connected may have ways down across higher ones
LEAST_FUNNEL = 0.9
LEVELS = 40  # at which basins are drawn to join in the large tree: its saddles lie closer than lines can
DOYE_WALES = "Doye & Wales 2002, J. Chem. Phys. 116, 3777"
WALES_DOYE = "Wales & Doye 1997, J. Phys. Chem. A 101, 5111"
CONNECTED = "the space of structures that do not break apart is connected"


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Minima and saddles, what they connect, and the trees."""
    sizes = QUICK_SIZES if quick else SIZES
    tasks = [(atoms, seed, QUICK_ROUND if quick else ROUND) for atoms in sizes]
    data: dict[str, npt.NDArray[Any]] = {"sizes": np.array(sizes)}
    for atoms, tree in zip(sizes, map_chunks(executor, tree_of, tasks), strict=True):
        data |= {f"{atoms}_{key}": array for key, array in tree.items()}
    return data if quick else data | {f"{LARGE}_{key}": array for key, array in funnel(seed).items()}


def tree_of(atoms: int, seed: int, size: int) -> dict[str, npt.NDArray[Any]]:
    """The disconnectivity graph of a cluster, and what the claims need."""
    landscape = problem("lennard_jones", atoms=atoms)
    rng = stream(seed, {"figure": "disconnectivity_cluster", "atoms": atoms}, 0)
    points = explore(landscape, rng, Exploration(indices=(0, 1), round_size=size))
    graph = connect(landscape, points)
    return described(graph, transition_network(graph))


def funnel(seed: int) -> dict[str, npt.NDArray[Any]]:
    """The lowest saddles that some searches found in a landscape too large to be searched whole, the piece of what they
    connect that has the lowest minimum, its coarse tree, and which minima well below the saddles are in its funnel."""
    landscape = problem("lennard_jones", atoms=LARGE)
    rng = stream(seed, {"figure": "disconnectivity_cluster", "atoms": LARGE}, 0)
    points = explore(landscape, rng, Exploration(indices=(1,), round_size=ROUND, max_searches=LARGE_SEARCHES))
    saddles = points[points.decided & (points.index == 1)]
    graph = connect(landscape, saddles[np.argsort(saddles.value)[:LOW_SADDLES]])
    network = transition_network(graph)
    value = np.array([data for _, data in network.nodes(data="value")])
    highest = max(data for *_, data in network.edges(data="value"))
    deep = [node for node, height in zip(network, value, strict=True) if height <= highest - RIM]
    inside = global_funnel(network)
    piece = network.subgraph(nx.node_connected_component(network, 0))
    coarse = disconnectivity(piece).coarse(LEVELS)
    return described(graph, piece) | {
        "coarse_level": coarse.level,
        "coarse_parent": coarse.parent,
        "coarse_place": coarse.layout(),
        "outside": np.array(len(network) - len(piece)),
        "funnel": np.array([node in inside for node in deep]),
    }


def described(graph: Any, network: Any) -> dict[str, npt.NDArray[Any]]:
    """The tree of a network's minima, and what the claims need."""
    tree = disconnectivity(network)
    reached = sorted(nx.node_connected_component(network, 0) - {0})
    heights = [minimax_path(network, 0, node).height for node in reached]
    joins = [tree.barrier(0, node) for node in reached]
    return {
        "level": tree.level,
        "parent": tree.parent,
        "place": tree.layout(),
        "minima": np.array(network.number_of_nodes()),
        "saddles": np.array(network.number_of_edges()),
        "components": np.array(nx.number_connected_components(network)),
        "lost": np.array(len(graph.graph["lost"])),
        "minimax_height": np.array(heights),
        "tree_height": np.array(joins),
    }


def claims(data: Data) -> list[Claim]:
    result = []
    for atoms in data["sizes"].tolist():
        minima, saddles, lowest = KNOWN[atoms]
        least = LEAST_SHARE * saddles if atoms >= 9 else saddles
        found = int(data[f"{atoms}_saddles"])
        result += [
            _exactly("minima", data, atoms, "minima", minima, DOYE_WALES),
            Claim(f"{atoms} atoms: saddles of index 1", found, low=least, high=saddles, source=DOYE_WALES),
            _lowest(data, atoms, lowest, WALES_DOYE),
            _exactly("pieces of the network", data, atoms, "components", 1, CONNECTED),
            *_sound(data, atoms),
        ]
    if f"{LARGE}_level" in data:
        result += [
            _lowest(data, LARGE, LOWEST_OF_LARGE, f"the icosahedron, {WALES_DOYE}"),
            Claim(
                f"{LARGE} atoms: share of the minima {RIM:g} ε or more below the highest of these saddles from which "
                "always crossing the lowest saddle to a lower minimum leads to the icosahedron",
                data[f"{LARGE}_funnel"].mean(),
                low=LEAST_FUNNEL,
                high=1.0,
                source="a single funnel: Doye, Miller & Wales 1999, J. Chem. Phys. 111, 8417",
            ),
            *_sound(data, LARGE),
        ]
    return result


def _exactly(what: str, data: Data, atoms: int, key: str, expected: int, source: str) -> Claim:
    """A count that admits no error."""
    return Claim(f"{atoms} atoms: {what}", int(data[f"{atoms}_{key}"]), expected=expected, tolerance=0, source=source)


def _lowest(data: Data, atoms: int, expected: float, source: str) -> Claim:
    lowest = data[f"{atoms}_level"].min()
    return Claim(f"{atoms} atoms: lowest energy", lowest, expected=expected, tolerance=1e-6, source=source)


def _sound(data: Data, atoms: int) -> list[Claim]:
    """What holds for every network."""
    gap = np.abs(data[f"{atoms}_minimax_height"] - data[f"{atoms}_tree_height"]).max()
    return [
        _exactly("branches of saddles that end nowhere", data, atoms, "lost", 0, "the energy is bounded below"),
        Claim(
            f"{atoms} atoms: largest difference between the tree's levels and the heights of minimax paths",
            gap,
            low=0.0,
            high=1e-12,
            source="one sweep by union-find against a minimum spanning tree",
        ),
    ]


def draw(data: Data) -> Figure:
    sizes = data["sizes"].tolist()
    if f"{LARGE}_level" not in data:
        figure = new_figure(3.4, 6.2)
        axes = figure.subplots(1, 2, width_ratios=(1, 1.8))
    else:
        sizes.append(LARGE)
        figure = new_figure(6.4, 6.2)
        grid = figure.add_gridspec(2, 3)
        axes = [figure.add_subplot(place) for place in (grid[0, 0], grid[0, 1:], grid[1, :])]
    for ax, letter, atoms in zip(axes, "abc", sizes, strict=False):
        drawn = f"{atoms}_coarse" if atoms == LARGE else str(atoms)
        level, place = data[f"{drawn}_level"], data[f"{drawn}_place"]
        plot_disconnectivity(level, data[f"{drawn}_parent"], place, ax)
        minima = int(data[f"{atoms}_minima"])
        ax.plot(place[:minima], level[:minima], "o", color=BLUE, markersize=2.6 if atoms != LARGE else 1.2)
        found = (minima, int(data[f"{atoms}_saddles"]))
        if atoms == LARGE:
            counted = f"{found[0]} minima, {found[1]} saddles, the lowest found; "
            counted += f"{int(data[f'{LARGE}_outside'])} more minima not joined to these"
            lowest = int(level.argmin())
            foot = (place[lowest], level[lowest])
            ax.annotate("icosahedron", foot, (5, 0), textcoords="offset points", va="center", fontsize=7.5)
        else:
            counted = ", ".join(map(_of_known, found, KNOWN[atoms][:2], ("minima", "saddles")))
        ax.set(ylabel="energy / $\\epsilon$", xlabel=counted)
        panel(ax, letter, f"{atoms} Lennard-Jones atoms")
    return figure


def _of_known(found: int, known: int, what: str) -> str:
    """How many were found, and of how many if there are more."""
    return f"{found} of {known} {what}" if found < known else f"{found} {what}"


EXPERIMENT = Experiment(
    name="disconnectivity_cluster",
    title="Disconnectivity graphs of Lennard-Jones clusters",
    caption=(
        "The basins of clusters of eight (a), nine (b) and thirteen (c) Lennard-Jones atoms, in units of the pair's "
        "well depth ε; of thirteen atoms those that the lowest saddles among the found ones connect with the "
        "icosahedron, its funnel, with basins joined at forty equally spaced levels. "
        "Every line ends below at a minimum (blue); lines join at the height of the lowest saddle by which their "
        "minima can be reached from each other. Structures that differ by a permutation, a rigid motion or a "
        "reflection are one. Saddles were found by eigenvector following and connected by the gradient flow; where "
        "Doye and Wales (2002) list more than were found, both numbers are given."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
