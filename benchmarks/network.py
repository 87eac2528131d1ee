"""Where saddles lead: lines of the gradient flow in a batch, beside a stiff solver and minimisers, one by one.

    OPENBLAS_NUM_THREADS=1 python benchmarks/network.py [--atoms 8 10 13] [--saddles 200]

Every line begins beside a saddle of index 1 of a Lennard-Jones cluster, a thousandth of the length scale off it to
either side. `landscape` times all of `connect`, classification of the ends and the graph included. Of the others only
the lines are timed, in CPU seconds on one core, the same starts for all. The judge is the stiff solver: SciPy's BDF,
given the Hessian. A minimiser ends at a minimum, too, but not always at that to which the flow leads; 'elsewhere' is
the share of lines for which it does not. pele (https://pypi.org/project/pele) is compared when it is installed: its
L-BFGS in compiled code, as it connects its transition states.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import networkx as nx
import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

import landscape
from landscape.critical.merge import nearest
from landscape.network.geometry import unstable_directions

OFF = 1e-3  # of the starts from their saddle, in units of the length scale
ROUND = 2000
TIME = 60.0  # until which the judge follows the flow; Newton's method goes on from there
SAME = 1e-3

Line = Callable[[np.ndarray], np.ndarray]


def stiff(cluster: landscape.Landscape) -> Line:
    def line(x: np.ndarray) -> np.ndarray:
        solved = solve_ivp(
            lambda _, y: -cluster.gradient(y),
            (0, TIME),
            x,
            method="BDF",
            jac=lambda _, y: -cluster.hessian(y),
            rtol=1e-7,
            atol=1e-9,
        )
        return np.asarray(solved.y[:, -1])

    return line


def scipy_minimiser(cluster: landscape.Landscape) -> Line:
    def line(x: np.ndarray) -> np.ndarray:
        options = {"maxiter": 10_000, "maxcor": 4, "ftol": 0.0, "gtol": 1e-5}
        return np.asarray(minimize(cluster.value, x, jac=cluster.gradient, method="L-BFGS-B", options=options).x)

    return line


def pele_minimiser(cluster: landscape.Landscape) -> Line:
    from pele.optimize import lbfgs_cpp
    from pele.potentials import LJ

    potential = LJ()

    def line(x: np.ndarray) -> np.ndarray:
        return np.asarray(lbfgs_cpp(x, potential, tol=1e-5, nsteps=10_000).coords)

    return line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--atoms", type=int, nargs="+", default=[8, 10, 13])
    parser.add_argument("--saddles", type=int, default=200)
    options = parser.parse_args()
    print(f"{'':6s}{'saddles':>8s}  {'':24s}{'CPU ms a saddle':>16s}{'landscape *':>12s}{'elsewhere':>11s}")
    for atoms in options.atoms:
        compare(atoms, options.saddles)


def compare(atoms: int, most: int) -> None:
    cluster = landscape.problem("lennard_jones", atoms=atoms)
    rng = np.random.default_rng(0)
    points = landscape.explore(cluster, rng, landscape.Exploration(indices=(1,), round_size=ROUND, max_searches=ROUND))
    saddles = points[points.decided & (points.index == 1)]
    saddles = saddles[np.sort(rng.permutation(len(saddles))[:most])]

    began = time.process_time()
    graph = landscape.connect(cluster, saddles)
    ours = time.process_time() - began
    place = np.array([graph.nodes[k]["x"] for k in graph])
    step = OFF * cluster.manifold.length_scale * unstable_directions(cluster, saddles.x, 1)[0][:, 0]
    starts = np.stack([cluster.manifold.retract(saddles.x, side * step) for side in (1.0, -1.0)], axis=1)

    def timed(line: Line) -> tuple[np.ndarray, float]:
        """For each saddle the two points of the graph where lines end, -1 for others, and CPU seconds."""
        began = time.process_time()
        ends = np.array([line(x) for x in starts.reshape(-1, cluster.dim)])
        spent = time.process_time() - began
        polished = landscape.search(cluster, ends, landscape.Newton(), 50).x
        return np.sort(nearest(cluster, place, polished, SAME).reshape(-1, 2), axis=1), spent

    contenders = {"SciPy's BDF": stiff(cluster), "SciPy's L-BFGS-B": scipy_minimiser(cluster)}
    try:
        contenders["pele's L-BFGS"] = pele_minimiser(cluster)
    except ImportError:
        print("pele is not installed (python -m pip install pele)")
    judged, stiff_seconds = timed(contenders.pop("SciPy's BDF"))
    rows = [("landscape", ends_of(graph, saddles, place, cluster), ours), ("SciPy's BDF", judged, stiff_seconds)]
    rows += [(name, *timed(line)) for name, line in contenders.items()]
    for name, ends, spent in rows:
        elsewhere = "judge" if ends is judged else f"{np.mean(differing(graph, ends, judged)):.1%}"
        print(
            f"LJ{atoms:<4d}{len(saddles):8d}  {name:24s}{1000 * spent / len(saddles):16.1f}{spent / ours:12.2f}"
            f"{elsewhere:>11s}",
            flush=True,
        )


def ends_of(
    graph: object, saddles: landscape.CriticalPoints, place: np.ndarray, cluster: landscape.Landscape
) -> np.ndarray:
    """For each saddle the two nodes where its lines end, in increasing order."""
    nodes = nearest(cluster, place, saddles.x, SAME).tolist()
    return np.array([sorted(end for _, end in graph.out_edges(node)) for node in nodes])


def differing(graph: object, ends: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """The share of each saddle's two lines that end elsewhere than the judge's. A line that symmetry keeps on the
    stable manifold of another saddle ends there, or, pushed off it by rounding, beyond: that is no difference."""

    def same(a: int, b: int) -> bool:
        return a == b or (min(a, b) >= 0 and (nx.has_path(graph, a, b) or nx.has_path(graph, b, a)))

    pairs = zip(ends.tolist(), judged.tolist(), strict=True)
    return np.array([1 - max(same(a, p) + same(b, q), same(a, q) + same(b, p)) / 2 for (a, b), (p, q) in pairs])


if __name__ == "__main__":
    main()
