"""The network of a ring of coupled angles: windings in a row, joined by saddles in closed form."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray
from landscape.critical.exploration import Exploration, explore
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREY, VERMILION, new_figure
from landscape.figures.trees import plot_disconnectivity
from landscape.network.connect import connect, transition_network
from landscape.network.tree import disconnectivity
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ANGLES, QUICK_ANGLES = 12, 9
ROUND, QUICK_ROUND = 5000, 3000  # searches: every saddle is found dozens of times
LEAST_FOUND = 10
SOURCE = "closed form; Mehta & Kastner 2011, Ann. Phys. 326, 1425"


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Minima and saddles of index 1, and what the flow connects."""
    n = QUICK_ANGLES if quick else ANGLES
    ring = problem("xy_chain", n=n)
    rng = stream(seed, {"figure": "ring_network", "angles": n}, 0)
    points = explore(ring, rng, Exploration(indices=(0, 1), round_size=QUICK_ROUND if quick else ROUND))
    graph = connect(ring, points)
    network = transition_network(graph)
    minima = list(network)
    winding = windings(np.array([graph.nodes[node]["x"] for node in minima]))
    place = dict(zip(minima, winding.tolist(), strict=True))
    edges = [data for *_, data in network.edges(data=True)]
    tree = disconnectivity(network)
    leaf = np.array([place[number] for number in tree.minimum.tolist()])
    return {
        "angles": np.array(n),
        "winding": winding,
        "minimum": np.array([graph.nodes[node]["value"] for node in minima]),
        "saddle": np.array([data["value"] for data in edges]),
        "found": points.found[points.index == 1],
        "ends": np.array([[place[end] for end in data["ends"]] for data in edges]),
        "components": np.array(nx.number_connected_components(network)),
        "lost": np.array(len(graph.graph["lost"])),
        "level": tree.level,
        "parent": tree.parent,
        # A superbasin holds the windings from -q to q: they stand in a row, and no lines cross.
        "place": tree.spread(leaf),
        "leaf": leaf,
    }


def windings(t: Array) -> IntArray:
    """How often the angles (m, n - 1) turn as one goes round the ring, (m,)."""
    bond = np.diff(t, prepend=0.0, append=0.0)
    return np.rint(((bond + np.pi) % (2 * np.pi) - np.pi).sum(axis=1) / (2 * np.pi)).astype(np.int64)


def minimum_value(n: int, q: npt.ArrayLike) -> Array:
    """Value of the minimum of winding q: all bonds 2 pi q / n."""
    return n * (1 - np.cos(2 * np.pi * np.asarray(q, dtype=np.float64) / n))


def saddle_value(n: int, middle: npt.ArrayLike) -> Array:
    """Value of the saddles between the windings middle - 1/2 and middle + 1/2: n - 1 bonds a and one pi - a."""
    a = 2 * np.asarray(middle, dtype=np.float64) * np.pi / (n - 2)
    return (n - 1) * (1 - np.cos(a)) + 1 + np.cos(a)


def claims(data: Data) -> list[Claim]:
    n = int(data["angles"])
    ends, most = data["ends"], (n - 1) // 4
    middle = ends.mean(axis=1)
    copies = np.unique(middle, return_counts=True)[1]
    error = np.abs(data["minimum"] - minimum_value(n, data["winding"])).max()
    saddle_error = np.abs(data["saddle"] - saddle_value(n, middle)).max()
    return [
        Claim("minima", len(data["minimum"]), expected=2 * most + 1, tolerance=0, source=SOURCE),
        Claim("saddles of index 1 that join minima", len(ends), expected=2 * most * n, tolerance=0, source=SOURCE),
        Claim(
            "fewest times that searches found a saddle",
            data["found"].min(),
            low=LEAST_FOUND,
            high=data["found"].max(),
            source="one that is found ten times on average is missed with probability e^-10",
        ),
        Claim("fewest saddles of a step from q to q + 1", copies.min(), expected=n, tolerance=0, source=SOURCE),
        Claim("most saddles of a step", copies.max(), expected=n, tolerance=0, source=SOURCE),
        Claim(
            "largest change of winding over a saddle",
            np.abs(np.diff(ends, axis=1)).max(),
            expected=1,
            tolerance=0,
            source="the network is a path graph",
        ),
        Claim("smallest change", np.abs(np.diff(ends, axis=1)).min(), expected=1, tolerance=0, source="as above"),
        Claim("pieces of the network", int(data["components"]), expected=1, tolerance=0, source="as above"),
        Claim("branches that end nowhere", int(data["lost"]), expected=0, tolerance=0, source="the torus is compact"),
        Claim("largest error of a minimum's value", error, low=0, high=1e-8, source=SOURCE),
        Claim("largest error of a saddle's value", saddle_error, low=0, high=1e-8, source=SOURCE),
    ]


def draw(data: Data) -> Figure:
    n = int(data["angles"])
    most = (n - 1) // 4
    figure = new_figure(3.2, 6.0)
    ax, tree = figure.subplots(1, 2, sharey=True)
    q = np.linspace(-most, most, 200)
    plot_theory(q, minimum_value(n, q), ax, color=BLUE, label="$n\\,(1-\\cos(2\\pi q/n))$")
    inner = np.linspace(0.5 - most, most - 0.5, 200)
    plot_theory(inner, saddle_value(n, inner), ax, color=VERMILION, label="saddles, closed form")
    middle = data["ends"].mean(axis=1)
    for a, height in {(float(m), float(h)) for m, h in zip(middle, data["saddle"].round(10), strict=True)}:
        for end in (a - 0.5, a + 0.5):
            low = minimum_value(n, round(end))
            ax.plot([a, end], [height, float(low)], color=GREY, linewidth=0.6, zorder=1)
    plot_measured(data["winding"], data["minimum"], ax=ax, color=BLUE, label="minima found")
    saddles: dict[str, Any] = {
        "color": VERMILION,
        "fmt": "X",
        "markersize": 5.0,
        "markeredgecolor": "white",
        "markeredgewidth": 0.4,
        "label": f"saddles found, {n} each",
    }
    plot_measured(middle, data["saddle"], ax=ax, **saddles)
    ax.set(xlabel="winding number $q$", ylabel="value")
    ax.set_xlim(-most - 0.6, most + 0.6)
    ax.legend(loc="upper center", fontsize=7, labelspacing=0.25)
    panel(ax, "a", f"a ring of {n} angles")
    plot_disconnectivity(data["level"], data["parent"], data["place"], tree)
    top = data["saddle"].max()
    ax.set_ylim(-0.1 * top, 1.5 * top)  # of both panels; room for the legend
    leaves = len(data["leaf"])
    place, level = data["place"][:leaves], data["level"][:leaves]
    tree.plot(place, level, "o", color=BLUE)
    for x, low, number in zip(place, level, data["leaf"], strict=True):
        text = f"{number:+d}".replace("-", "−") if number else "0"
        tree.annotate(text, (x, low), (0, -4), textcoords="offset points", ha="center", va="top", color=BLUE)
    tree.set_xlabel("minima, by winding number", labelpad=8)
    panel(tree, "b", "disconnectivity graph")
    return figure


EXPERIMENT = Experiment(
    name="ring_network",
    title="A ring of coupled angles: the network is a path",
    caption=(
        "(a) Minima (blue) and saddles of index 1 (red) of a ring of coupled angles, one of them fixed, over the "
        "winding number; a saddle stands between the two minima at which the flow down its branches ends (grey lines). "
        "Every step of the winding number has as many saddles as the ring has bonds, all of one height. Curves: closed "
        "forms. "
        "(b) The disconnectivity graph of the same network: every line ends below at a minimum (blue); lines join at "
        "the height of the lowest saddle by which their minima can be reached from each other."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
