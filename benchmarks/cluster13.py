"""The landscape of thirteen Lennard-Jones atoms: minima and saddles of index 1 within a budget of CPU time.

    python benchmarks/cluster13.py [--seconds 1800] [--seed 0] [--save lj13.npz]
    python benchmarks/cluster13.py --load lj13.npz --plot tree.png

Doye & Wales (J. Chem. Phys. 116, 3777, 2002) list 1,509 minima and 28,970 saddles. Rounds of searches for saddles go on
until the budget of one core is spent; from both sides of every saddle that is new a search for a minimum begins. With
`--plot`, all saddles are then connected by the gradient flow, and the disconnectivity graph is drawn.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import networkx as nx
import numpy as np

import landscape
from landscape.critical.exploration import explore_round
from landscape.critical.find import collect, union
from landscape.critical.merge import nearest
from landscape.figures.style import figure_style
from landscape.figures.trees import disconnectivity_figure, readable
from landscape.network.geometry import unstable_directions

ROUND = 6000
STEP = 0.02  # off a saddle, in units of the landscape's diagonal
KNOWN = (1509, 28_970)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1800.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", help="file for the points")
    parser.add_argument("--load", help="file with points: nothing is searched")
    parser.add_argument("--plot", help="file for the disconnectivity graph")
    options = parser.parse_args()
    cluster = landscape.problem("lennard_jones", atoms=13)
    if options.load:
        points = landscape.CriticalPoints.load(options.load)
    else:
        points = searched(cluster, options.seconds, options.seed)
    if options.save:
        points.save(options.save)
    if options.plot:
        draw(cluster, points, options.plot)


def searched(cluster: landscape.Landscape, seconds: float, seed: int) -> landscape.CriticalPoints:
    """What is found in so many CPU seconds."""
    rng = np.random.default_rng(seed)
    first = landscape.Exploration(indices=(0, 1), round_size=ROUND, max_searches=ROUND)
    began = time.process_time()
    points = landscape.explore(cluster, rng, first)
    print(f"{'searches':>9s} {'CPU s':>7s} {'minima':>7s} {'saddles':>8s}   of {KNOWN[0]} and {KNOWN[1]}")
    points = union(cluster, [points, below(cluster, points)])
    done = ROUND
    while True:
        counts, spent = points.count_by_index(), time.process_time() - began
        print(f"{done:9d} {spent:7.0f} {counts.get(0, 0):7d} {counts.get(1, 0):8d}", flush=True)
        if spent > seconds:
            return points
        found = explore_round(cluster, points, ROUND, rng, indices=(1,))
        new = found[nearest(cluster, points.x, found.x) < 0]
        points = union(cluster, [points, found, below(cluster, new)])
        done += ROUND


def below(cluster: landscape.Landscape, points: landscape.CriticalPoints) -> landscape.CriticalPoints:
    """What searches for minima find from both sides of those of the points that are saddles of index 1."""
    saddles = points.x[points.decided & (points.index == 1)]
    step = STEP * cluster.diagonal * unstable_directions(cluster, saddles, 1)[0][:, 0]
    starts = [cluster.manifold.retract(saddles, side * step) for side in (1.0, -1.0)]
    return collect(cluster, landscape.search(cluster, np.concatenate(starts), landscape.EigenvectorFollowing(0), 150))


def draw(cluster: landscape.Landscape, points: landscape.CriticalPoints, file: str) -> None:
    """Connect minima and saddles of index 1, tell of the funnel, and draw the tree."""
    began = time.process_time()
    graph = landscape.connect(cluster, points[points.decided & (points.index <= 1)])
    network = landscape.transition_network(graph)
    spent = time.process_time() - began
    inside = landscape.global_funnel(network)
    print(
        f"connected in {spent:.0f} CPU s: {network.number_of_nodes()} minima and {network.number_of_edges()} saddles "
        f"in {nx.number_connected_components(network)} pieces, {len(graph.graph['lost'])} lines lost; "
        f"{len(inside)} minima in the funnel of the lowest"
    )
    tree, levels = readable(landscape.disconnectivity(network))
    with figure_style():
        disconnectivity_figure(tree).savefig(file)
    print(f"drawn in {file}, basins joined at {levels} levels")


if __name__ == "__main__":
    main()
