"""Disconnectivity graphs of spherical spin glasses."""

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
from landscape.network.connect import connect, transition_network
from landscape.network.tree import disconnectivity
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GLASSES, QUICK_GLASSES = ((3, 16), (4, 10)), ((3, 8), (4, 6))  # degree and number of coordinates
COUPLINGS = 1  # seed of the couplings


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Minima and saddles of one sample each, what they connect, and the trees."""
    glasses = QUICK_GLASSES if quick else GLASSES
    data: dict[str, npt.NDArray[Any]] = {"glasses": np.array(glasses)}
    for (p, _), tree in zip(glasses, map_chunks(executor, tree_of, [(p, n, seed) for p, n in glasses]), strict=True):
        data |= {f"{p}_{key}": array for key, array in tree.items()}
    return data


def tree_of(p: int, n: int, seed: int) -> dict[str, npt.NDArray[Any]]:
    """The disconnectivity graph of a glass, in units of the root of n, and what the claims need."""
    glass = problem("spherical_spin_glass", p=p, n=n, seed=COUPLINGS)
    rng = stream(seed, {"figure": "disconnectivity_spin_glass", "p": p, "n": n}, 0)
    graph = connect(glass, explore(glass, rng, Exploration(indices=(0, 1), max_searches=20_000)))
    network = transition_network(graph)
    tree = disconnectivity(network)
    x = np.array([data["x"] for _, data in network.nodes(data=True)])
    value = np.array([data["value"] for _, data in network.nodes(data=True)])
    opposite = np.abs(x[:, None] + x).max(axis=2).argmin(axis=1)
    return {
        "level": tree.level / np.sqrt(n),
        "parent": tree.parent,
        "place": tree.layout(),
        "minima": np.array(len(x)),
        "saddles": np.array(network.number_of_edges()),
        "components": np.array(nx.number_connected_components(network)),
        "lost": np.array(len(graph.graph["lost"])),
        "gap_to_antipode": np.abs(x + x[opposite]).max(axis=1),
        "difference_to_antipode": np.abs(value - value[opposite]),
    }


def claims(data: Data) -> list[Claim]:
    result = []
    for p, n in data["glasses"].tolist():
        name = f"p = {p}, n = {n}"
        minima, saddles = int(data[f"{p}_minima"]), int(data[f"{p}_saddles"])
        result += [
            Claim(
                f"{name}: pieces of the network",
                int(data[f"{p}_components"]),
                expected=1,
                tolerance=0,
                source="Morse theory: saddles of index 1 connect all minima, for the sphere is connected",
            ),
            Claim(
                f"{name}: branches of saddles that end nowhere",
                int(data[f"{p}_lost"]),
                expected=0,
                tolerance=0,
                source="the sphere is compact",
            ),
            Claim(
                f"{name}: saddles for each minimum but one",
                saddles / (minima - 1),
                low=1.0,
                high=1e6,
                source="Morse's inequality: at least as many saddles of index 1 as minima, less one",
            ),
        ]
        if p % 2 == 0:
            source = "f(-x) = f(x) for even p"
            gap, difference = data[f"{p}_gap_to_antipode"].max(), data[f"{p}_difference_to_antipode"].max()
            result += [
                Claim(f"{name}: farthest a minimum's antipode is from a minimum", gap, low=0, high=1e-6, source=source),
                Claim(f"{name}: difference of their values", difference, low=0, high=1e-9, source=source),
            ]
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(3.2, 6.2)
    for ax, letter, (p, n) in zip(
        figure.subplots(1, 2, width_ratios=(1, 1.9)), "ab", data["glasses"].tolist(), strict=True
    ):
        level, place, minima = data[f"{p}_level"], data[f"{p}_place"], int(data[f"{p}_minima"])
        plot_disconnectivity(level, data[f"{p}_parent"], place, ax)
        ax.plot(place[:minima], level[:minima], "o", color=BLUE, markersize=2.6)
        ax.set(ylabel="$f\\,/\\sqrt{n}$", xlabel=f"{minima} minima, {int(data[f'{p}_saddles'])} saddles")
        panel(ax, letter, f"$p={p}$, $n={n}$")
    return figure


EXPERIMENT = Experiment(
    name="disconnectivity_spin_glass",
    title="Disconnectivity graphs of spherical spin glasses",
    caption=(
        "How the basins of one sample each of the spherical p-spin glass join, p = 3 (a) and p = 4 (b). Every line "
        "ends below at a minimum (blue); lines join at the height of the lowest saddle by which their minima can be "
        "reached from each other. For p = 4 every minimum has its antipode at the same height. The tree is that of "
        "the saddles found."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
