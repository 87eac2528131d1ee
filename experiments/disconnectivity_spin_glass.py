"""Disconnectivity graphs of spherical spin glasses."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from landscape.critical.exploration import Exploration, explore
from landscape.escape.flow import flow
from landscape.figures.claims import Claim
from landscape.figures.plots import panel
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, new_figure
from landscape.figures.trees import plot_disconnectivity
from landscape.network.connect import connect, transition_network
from landscape.network.tree import disconnectivity
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream
from landscape.theory.spin_glass import mean_critical_points, value_bounds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GLASSES, QUICK_GLASSES = ((3, 16), (4, 10)), ((3, 8), (4, 6))  # degree and number of coordinates
COUPLINGS = 1  # seed of the couplings
SEARCHES, QUICK_SEARCHES = 10_000, 1000  # of a round: the rarest saddles are found a few times in a thousand
LINES, QUICK_LINES = 1000, 100  # of the gradient flow from uniform starts, to see whether a minimum is missing
FALSE_ALARM = 1e-3
SAME = 1e-6  # points of the unit sphere nearer than this are one


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Minima and saddles of one sample each, what they connect, and the trees."""
    glasses = QUICK_GLASSES if quick else GLASSES
    data: dict[str, npt.NDArray[Any]] = {"glasses": np.array(glasses)}
    for (p, _), tree in zip(
        glasses, map_chunks(executor, tree_of, [(p, n, seed, quick) for p, n in glasses]), strict=True
    ):
        data |= {f"{p}_{key}": array for key, array in tree.items()}
    return data


def tree_of(p: int, n: int, seed: int, quick: bool) -> dict[str, npt.NDArray[Any]]:
    """The disconnectivity graph of a glass, in units of the root of n, and what the claims need."""
    glass = problem("spherical_spin_glass", p=p, n=n, seed=COUPLINGS)
    rng = stream(seed, {"figure": "disconnectivity_spin_glass", "p": p, "n": n}, 0)
    size = QUICK_SEARCHES if quick else SEARCHES
    points = explore(glass, rng, Exploration(indices=(0, 1), round_size=size, max_searches=2 * size))
    coverage = points.completeness.coverage
    graph = connect(glass, points)
    network = transition_network(graph)
    tree = disconnectivity(network)
    nodes = [[data for _, data in graph.nodes(data=True) if data["index"] == k] for k in (0, 1)]
    x = [np.array([node["x"] for node in part]) for part in nodes]
    value = [np.array([node["value"] for node in part]) for part in nodes]
    ends = flow(glass, glass.starts(rng, QUICK_LINES if quick else LINES)).x
    low, high = value_bounds(p, n, FALSE_ALARM)
    inside = [(low[k] <= value[k] / np.sqrt(n)) & (value[k] / np.sqrt(n) <= high[k]) for k in (0, 1)]
    return {
        "level": tree.level / np.sqrt(n),
        "parent": tree.parent,
        "place": tree.layout(),
        "overlap": tree.spread(x[0] @ x[0][value[0].argmin()]),
        "mean_minima": np.array(mean_critical_points(p, n)[0]),
        "coverage_low": np.array([coverage[k].coverage_low for k in (0, 1)]),
        "minima": np.array(len(x[0])),
        "saddles": np.array(network.number_of_edges()),
        "components": np.array(nx.number_connected_components(network)),
        "lost": np.array(len(graph.graph["lost"])),
        "in_bounds": np.concatenate(inside),
        "gap_of_ends": cdist(ends, x[0]).min(axis=1),
        "gap_to_antipode": np.concatenate([cdist(-part, part).min(axis=1) for part in x]),
    }


def claims(data: Data) -> list[Claim]:
    result = []
    for p, n in data["glasses"].tolist():
        name = f"p = {p}, n = {n}"
        result += _claims_of_network(data, p, name) + _claims_of_points(data, p, name)
    return result


def _claims_of_network(data: Data, p: int, name: str) -> list[Claim]:
    return [
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
    ]


def _claims_of_points(data: Data, p: int, name: str) -> list[Claim]:
    """That none is missing and none is false."""
    result = [
        Claim(
            f"{name}: lower end of the interval of the coverage of {kind}",
            data[f"{p}_coverage_low"][k],
            low=0.99,
            high=1.0,
            source="Chao & Jost 2012, Ecology 93, 2533, from how often each was found",
        )
        for k, kind in enumerate(("minima", "saddles"))
    ]
    result += [
        Claim(
            f"{name}: lines of the gradient flow from uniform starts that end at no minimum of the tree",
            int((data[f"{p}_gap_of_ends"] > SAME).sum()),
            expected=0,
            tolerance=0,
            source="starts and a method that the searches did not use",
        ),
        Claim(
            f"{name}: minima and saddles whose value lies outside the bounds of their index",
            int((~data[f"{p}_in_bounds"]).sum()),
            expected=0,
            tolerance=0,
            source="exact laws of the value by index after Auffinger, Ben Arous & Cerny 2013: a sample has any outside "
            f"with probability {FALSE_ALARM:g} at most",
        ),
    ]
    if p % 2 == 0:
        result.append(
            Claim(
                f"{name}: minima and saddles whose antipode was not found",
                int((data[f"{p}_gap_to_antipode"] > SAME).sum()),
                expected=0,
                tolerance=0,
                source="f(-x) = f(x) for even p",
            )
        )
    return result


def draw(data: Data) -> Figure:
    from matplotlib.colors import Normalize

    figure = new_figure(3.4, 7.0)
    for ax, letter, (p, n) in zip(
        figure.subplots(1, 2, width_ratios=(1, 1.9)), "ab", data["glasses"].tolist(), strict=True
    ):
        level, place, minima = data[f"{p}_level"], data[f"{p}_place"], int(data[f"{p}_minima"])
        overlap = data[f"{p}_overlap"]
        scale: dict[str, Any] = {"norm": Normalize(-1, 1)}
        look: dict[str, Any] = {"colour": overlap, "label": "overlap with the lowest minimum", **scale}
        plot_disconnectivity(level, data[f"{p}_parent"], place, ax, **look)
        dots: dict[str, Any] = {"c": overlap[:minima], "s": 9, "edgecolors": BLACK, "linewidths": 0.3, **scale}
        ax.scatter(place[:minima], level[:minima], zorder=3, **dots)
        mean, saddles = float(data[f"{p}_mean_minima"]), int(data[f"{p}_saddles"])
        counted = f"{minima} minima (exact mean {mean:.1f}), {saddles} saddles"
        known = " and ".join(f"{np.floor(1e4 * low) / 1e4:.4f}" for low in data[f"{p}_coverage_low"])
        ax.set(ylabel="$f\\,/\\sqrt{n}$", xlabel=f"{counted}\ncoverage at least {known}")
        panel(ax, letter, f"$p={p}$, $n={n}$")
    return figure


EXPERIMENT = Experiment(
    name="disconnectivity_spin_glass",
    title="Disconnectivity graphs of spherical spin glasses",
    caption=(
        "How the basins of one sample each of the spherical p-spin glass join, p = 3 (a) and p = 4 (b). Every line "
        "ends below at a minimum; lines join at the height of the lowest saddle by which their minima can be "
        "reached from each other. For p = 4 every minimum has its antipode at the same height. Colours: the "
        "overlap of each minimum with the lowest, the cosine of the angle between them; a superbasin has that of its "
        "lowest minimum. The tree is that of the saddles found; below, the exact mean number of minima over all "
        "samples, and the lower ends of the 95 % intervals of the coverage of minima and of saddles."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
