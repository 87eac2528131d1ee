"""Disconnectivity graphs of a small network that learns from patients, with two weight decays."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp

from landscape.arrays import Array
from landscape.critical.exploration import Exploration, explore
from landscape.critical.points import CriticalPoints
from landscape.critical.recapture import recapture
from landscape.escape.manifolds import DISPLACEMENT
from landscape.figures.claims import Claim
from landscape.figures.plots import panel
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, new_figure
from landscape.figures.trees import plot_disconnectivity
from landscape.function import Landscape
from landscape.network.barriers import minimax_path
from landscape.network.connect import connect, transition_network
from landscape.network.tree import disconnectivity
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 2
DECAYS, QUICK_DECAYS = (4e-3, 2e-3), (2e-2,)
QUICK_SAMPLES = 60
RUNS, QUICK_RUNS = 4, 3  # explorations of their own
BUDGET = {False: (500, 3000), True: (300, 600)}  # searches of a round, and in all, of each
LINES = {False: 6, True: 1}  # branches that are followed once more
LONG = 1e6  # time by which a line has arrived: the flattest direction decays at the rate of the weight decay or so
SAME = 1e-3  # ends nearer than this, in units of the length scale, are one minimum


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Minima and saddles, what they connect, and the trees."""
    decays, number = (QUICK_DECAYS, QUICK_RUNS) if quick else (DECAYS, RUNS)
    data: dict[str, npt.NDArray[Any]] = {"decays": np.array(decays), "runs": np.array(number)}
    explored = list(map_chunks(executor, run_of, [(d, seed, quick, run) for d in decays for run in range(number)]))
    tasks = [(d, seed, quick, explored[k * number : (k + 1) * number]) for k, d in enumerate(decays)]
    for k, tree in enumerate(map_chunks(executor, tree_of, tasks)):
        data |= {f"{k}_{key}": array for key, array in tree.items()}
    return data


def network_problem(decay: float, quick: bool) -> Landscape:
    """The loss of the network on the patients' data."""
    samples = QUICK_SAMPLES if quick else 0
    return problem("mlp", data="diabetes", widths=(WIDTH,), weight_decay=decay, samples=samples)


def run_of(decay: float, seed: int, quick: bool, run: int) -> CriticalPoints:
    """What one exploration finds. Its searches lean on each other, because most of them step off points that are known
    already: how often each is found says little of those that all of them miss, and another exploration more."""
    rng = stream(seed, {"figure": "disconnectivity_network", "decay": decay}, run)
    size, most = BUDGET[quick]
    strategy = Exploration(indices=(0, 1), round_size=size, max_searches=most)
    return explore(network_problem(decay, quick), rng, strategy)


def tree_of(decay: float, seed: int, quick: bool, runs: list[CriticalPoints]) -> dict[str, npt.NDArray[Any]]:
    """The disconnectivity graph with one weight decay of what several explorations found, and what the claims need."""
    landscape = network_problem(decay, quick)
    rng = stream(seed, {"figure": "disconnectivity_network", "decay": decay}, len(runs))
    together = recapture(landscape, runs)
    wanted = together.points.index <= 1
    points, seen = together.points[wanted], together.found_by[wanted].sum(axis=1)
    graph = connect(landscape, points)
    network = transition_network(graph)
    tree = disconnectivity(network)
    heights = [minimax_path(network, 0, node).height for node in network if node != 0]
    joins = [tree.barrier(0, node) for node in network if node != 0]
    return {
        "level": tree.level,
        "parent": tree.parent,
        "place": tree.layout(),
        "copies": np.array([node["orbit_size"] for _, node in network.nodes(data=True)]),
        "saddles": np.array(network.number_of_edges()),
        "components": np.array(nx.number_connected_components(network)),
        "lost": np.array(len(graph.graph["lost"])),
        "seen": seen,
        "minimax_height": np.array(heights),
        "tree_height": np.array(joins),
        "gap_of_destinations": gaps_of_destinations(landscape, graph, rng, LINES[quick]),
    }


def gaps_of_destinations(landscape: Landscape, graph: Any, rng: np.random.Generator, lines: int) -> Array:
    """How far, in units of the length scale, some branches end from their minimum when SciPy's BDF follows them."""
    edges = [(s, e, edge["branch"]) for s, e, edge in graph.edges(data=True) if "branch" in edge]
    result = []
    for row in rng.permutation(len(edges))[:lines].tolist():
        saddle, end, branch = edges[row]
        x = np.array(graph.nodes[saddle]["x"])
        direction = np.linalg.eigh(landscape.hessian(x))[1][:, 0]
        direction *= np.sign(direction[np.abs(direction).argmax()]) * (1 if branch == 0 else -1)
        start = x + DISPLACEMENT * landscape.manifold.length_scale * direction
        line = solve_ivp(
            lambda t, y: -landscape.gradient(y), (0, LONG), start, "BDF",
            jac=lambda t, y: -landscape.hessian(y), rtol=1e-8, atol=1e-10,
        )  # fmt: skip
        minimum = np.array(graph.nodes[end]["x"])
        gap = landscape.symmetry.distance(landscape.manifold, line.y[:, -1], minimum)
        result.append(float(gap) / landscape.manifold.length_scale)
    return np.array(result)


def claims(data: Data) -> list[Claim]:
    result = []
    decays = data["decays"].tolist()
    for k, decay in enumerate(decays):
        name = f"weight decay {decay:g}"
        result += _claims_of_network(data, k, name) + _claims_of_lines(data, k, name)
    if len(decays) > 1:
        result.append(
            Claim(
                f"minima at weight decay {decays[1]:g} for each at {decays[0]:g}",
                len(data["1_copies"]) / len(data["0_copies"]),
                low=2.0,
                high=10.0,
                source="Mehta et al. 2018, Phys. Rev. E 97, 052307: regularization takes minima away; 'several times' "
                "is measured",
            )
        )
    return result


def _claims_of_network(data: Data, k: int, name: str) -> list[Claim]:
    return [
        Claim(
            f"{name}: minima and saddles that only one of {int(data['runs'])} explorations found, for each time that "
            "one found any",
            float((data[f"{k}_seen"] == 1).sum() / data[f"{k}_seen"].sum()),
            low=0.0,
            high=0.02,
            source="Good 1953, Biometrika 40, 237: the chance that what one more exploration finds is new",
        ),
        Claim(
            f"{name}: pieces of the network",
            int(data[f"{k}_components"]),
            expected=1,
            tolerance=0,
            source="mountain-pass theorem: saddles of index 1 connect the minima of a function that grows at infinity",
        ),
        Claim(
            f"{name}: largest difference between the tree's levels and the heights of minimax paths",
            np.abs(data[f"{k}_minimax_height"] - data[f"{k}_tree_height"]).max(),
            low=0.0,
            high=1e-12,
            source="one sweep by union-find against a minimum spanning tree",
        ),
    ]


def _claims_of_lines(data: Data, k: int, name: str) -> list[Claim]:
    """That the lines of the gradient flow end at the tree's minima."""
    return [
        Claim(
            f"{name}: branches of saddles that end nowhere",
            int(data[f"{k}_lost"]),
            expected=0,
            tolerance=0,
            source="the loss is bounded below",
        ),
        Claim(
            f"{name}: farthest that a branch ends from its minimum when another integrator follows it, in units "
            "of the length scale",
            data[f"{k}_gap_of_destinations"].max(),
            low=0.0,
            high=SAME,
            source="SciPy's BDF with a relative tolerance of 1e-8",
        ),
    ]


def draw(data: Data) -> Figure:
    figure = new_figure(3.2)
    decays = data["decays"].tolist()
    ratios = [1.0, 1.9][: len(decays)]
    for k, (ax, letter, decay) in enumerate(
        zip(figure.subplots(1, len(decays), width_ratios=ratios, squeeze=False)[0], "ab", decays, strict=False)
    ):
        level, place, minima = data[f"{k}_level"], data[f"{k}_place"], len(data[f"{k}_copies"])
        plot_disconnectivity(level, data[f"{k}_parent"], place, ax)
        ax.plot(place[:minima], level[:minima], "o", color=BLUE, markersize=2.6)
        ax.set(
            ylabel="" if k else "training loss with weight decay",
            xlabel=f"{minima} minima, {int(data[f'{k}_saddles'])} saddles",
        )
        panel(ax, letter, f"weight decay {decay:g}")
    return figure


EXPERIMENT = Experiment(
    name="disconnectivity_network",
    title="Disconnectivity graphs of a small network on real data",
    caption=(
        "How the basins of a tanh network join that predicts the progression of diabetes from ten measurements of 442 "
        "patients (two hidden units, 25 parameters; half the mean squared error, in units of the variance, and weight "
        "decay). Every line ends below at a minimum (blue); lines join at the height of the lowest saddle by which "
        "their minima can be reached from each other. Networks that differ by the order and the signs of hidden units "
        "are one: each minimum stands for eight, and barriers are those to any copy. With half the weight decay (b) "
        "there are several times as many minima. The trees are those of the saddles found."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
