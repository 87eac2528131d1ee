"""Disconnectivity graphs of two Lennard-Jones clusters."""

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
from landscape.network.barriers import minimax_path
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


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Minima and saddles, what they connect, and the trees."""
    sizes = QUICK_SIZES if quick else SIZES
    tasks = [(atoms, seed, QUICK_ROUND if quick else ROUND) for atoms in sizes]
    data: dict[str, npt.NDArray[Any]] = {"sizes": np.array(sizes)}
    for atoms, tree in zip(sizes, map_chunks(executor, tree_of, tasks), strict=True):
        data |= {f"{atoms}_{key}": array for key, array in tree.items()}
    return data


def tree_of(atoms: int, seed: int, size: int) -> dict[str, npt.NDArray[Any]]:
    """The disconnectivity graph of a cluster, and what the claims need."""
    landscape = problem("lennard_jones", atoms=atoms)
    rng = stream(seed, {"figure": "disconnectivity_cluster", "atoms": atoms}, 0)
    points = explore(landscape, rng, Exploration(indices=(0, 1), round_size=size))
    graph = connect(landscape, points)
    network = transition_network(graph)
    tree = disconnectivity(network)
    heights = [minimax_path(network, 0, node).height for node in network if node != 0]
    joins = [tree.barrier(0, node) for node in network if node != 0]
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
    doye_wales = "Doye & Wales 2002, J. Chem. Phys. 116, 3777"
    result = []
    for atoms in data["sizes"].tolist():
        minima, saddles, lowest = KNOWN[atoms]
        name = f"{atoms} atoms"
        least = LEAST_SHARE * saddles if atoms >= 9 else saddles
        gap = np.abs(data[f"{atoms}_minimax_height"] - data[f"{atoms}_tree_height"]).max()
        result += [
            Claim(f"{name}: minima", int(data[f"{atoms}_minima"]), expected=minima, tolerance=0, source=doye_wales),
            Claim(
                f"{name}: saddles of index 1", int(data[f"{atoms}_saddles"]), low=least, high=saddles, source=doye_wales
            ),
            Claim(
                f"{name}: lowest energy",
                data[f"{atoms}_level"].min(),
                expected=lowest,
                tolerance=1e-6,
                source="Wales & Doye 1997, J. Phys. Chem. A 101, 5111",
            ),
            Claim(
                f"{name}: pieces of the network",
                int(data[f"{atoms}_components"]),
                expected=1,
                tolerance=0,
                source="the space of structures that do not break apart is connected",
            ),
            Claim(
                f"{name}: branches of saddles that end nowhere",
                int(data[f"{atoms}_lost"]),
                expected=0,
                tolerance=0,
                source="the energy is bounded below",
            ),
            Claim(
                f"{name}: largest difference between the tree's levels and the heights of minimax paths",
                gap,
                low=0.0,
                high=1e-12,
                source="one sweep by union-find against a minimum spanning tree",
            ),
        ]
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(3.4, 6.2)
    sizes = data["sizes"].tolist()
    for ax, letter, atoms in zip(figure.subplots(1, 2, width_ratios=(1, 1.8)), "ab", sizes, strict=True):
        level, place = data[f"{atoms}_level"], data[f"{atoms}_place"]
        plot_disconnectivity(level, data[f"{atoms}_parent"], place, ax)
        minima = int(data[f"{atoms}_minima"])
        ax.plot(place[:minima], level[:minima], "o", color=BLUE, markersize=2.6)
        ax.set(ylabel="energy / $\\epsilon$", xlabel=f"{minima} minima, {int(data[f'{atoms}_saddles'])} saddles")
        panel(ax, letter, f"{atoms} Lennard-Jones atoms")
    return figure


EXPERIMENT = Experiment(
    name="disconnectivity_cluster",
    title="Disconnectivity graphs of Lennard-Jones clusters",
    caption=(
        "The basins of clusters of eight (a) and nine (b) Lennard-Jones atoms, in units of the pair's well depth ε. "
        "Every line ends below at a minimum (blue); lines join at the height of the lowest saddle by which their "
        "minima can be reached from each other. Structures that differ by a permutation, a rigid motion or a "
        "reflection are one. Saddles were found by eigenvector following and connected by the gradient flow."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
