"""The landscape of thirteen Lennard-Jones atoms: minima and saddles of index 1 within a budget of CPU time.

    python benchmarks/cluster13.py [--seconds 1800] [--seed 0] [--save lj13.npz]

Doye & Wales (J. Chem. Phys. 116, 3777, 2002) list 1,509 minima and 28,970 saddles. Rounds of searches for saddles go on
until the budget of one core is spent; from both sides of every saddle that is new a search for a minimum begins.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import landscape
from landscape.critical.exploration import explore_round
from landscape.critical.find import collect, union
from landscape.critical.merge import nearest
from landscape.network.geometry import unstable_directions

ROUND = 6000
STEP = 0.02  # off a saddle, in units of the landscape's diagonal
KNOWN = (1509, 28_970)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1800.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", help="file for the points")
    options = parser.parse_args()

    cluster = landscape.problem("lennard_jones", atoms=13)
    rng = np.random.default_rng(options.seed)
    first = landscape.Exploration(indices=(0, 1), round_size=ROUND, max_searches=ROUND)
    began = time.process_time()
    points = landscape.explore(cluster, rng, first)
    print(f"{'searches':>9s} {'CPU s':>7s} {'minima':>7s} {'saddles':>8s}   of {KNOWN[0]} and {KNOWN[1]}")
    points = union(cluster, [points, below(cluster, points)])
    done = ROUND
    while True:
        counts, spent = points.count_by_index(), time.process_time() - began
        print(f"{done:9d} {spent:7.0f} {counts.get(0, 0):7d} {counts.get(1, 0):8d}", flush=True)
        if spent > options.seconds:
            break
        found = explore_round(cluster, points, ROUND, rng, indices=(1,))
        new = found[nearest(cluster, points.x, found.x) < 0]
        points = union(cluster, [points, found, below(cluster, new)])
        done += ROUND
    if options.save:
        points.save(options.save)


def below(cluster: landscape.Landscape, points: landscape.CriticalPoints) -> landscape.CriticalPoints:
    """What searches for minima find from both sides of those of the points that are saddles of index 1."""
    saddles = points.x[points.decided & (points.index == 1)]
    step = STEP * cluster.diagonal * unstable_directions(cluster, saddles, 1)[0][:, 0]
    starts = [cluster.manifold.retract(saddles, side * step) for side in (1.0, -1.0)]
    return collect(cluster, landscape.search(cluster, np.concatenate(starts), landscape.EigenvectorFollowing(0), 150))


if __name__ == "__main__":
    main()
