"""The landscape of thirteen Lennard-Jones atoms: minima and saddles of index 1 within a budget of CPU time.

    python benchmarks/cluster13.py [--seconds 1800] [--seed 0] [--save lj13.npz]

Doye & Wales (J. Chem. Phys. 116, 3777, 2002) list 1,509 minima and 28,970 saddles. Searches go on, one in seven for
minima and the others for saddles, until the budget of one core is spent.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import landscape
from landscape.critical.exploration import explore_round
from landscape.critical.find import union

ROUND = 6000
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
    done = ROUND
    while True:
        counts, spent = points.count_by_index(), time.process_time() - began
        print(f"{done:9d} {spent:7.0f} {counts.get(0, 0):7d} {counts.get(1, 0):8d}", flush=True)
        if spent > options.seconds:
            break
        rounds = [explore_round(cluster, points, size, rng, indices=(k,)) for k, size in ((0, ROUND // 6), (1, ROUND))]
        points = union(cluster, [points, *rounds])
        done += ROUND // 6 + ROUND
    if options.save:
        points.save(options.save)


if __name__ == "__main__":
    main()
