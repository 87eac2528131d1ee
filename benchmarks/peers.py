"""Critical points a CPU second: searches of Lennard-Jones saddles beside pele, and the time to complete sets.

    python benchmarks/peers.py [--atoms 8] [--seconds 20]

Both tools search for saddles of index 1 on one core, in turns of a few seconds, so that a slow moment of the machine
hits both; pele both from its own random configurations and from the same starts as landscape. A search succeeds when
it ends at a saddle of index 1; pele's word is taken for its own, and the distinct saddles of both are counted by the
same merging. pele (https://pypi.org/project/pele) is compared when it is installed. The second table gives the CPU time
after which an exploration knew all minima and saddles of index 1 that Doye & Wales (2002) list, and after which it
stopped of its own accord; the last lines give that for all critical points of three-spin glasses.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for both

import numpy as np

import landscape
from landscape.critical.merge import nearest

BATCH = 500  # searches of ours in one turn
TURN = 2.0  # CPU seconds of pele in one turn


def ours(cluster: landscape.Landscape, starts: np.ndarray) -> tuple[np.ndarray, int, float]:
    """Distinct saddles, successful searches and CPU seconds, merging and classification included."""
    began = time.process_time()
    found = landscape.find_critical_points(cluster, starts, landscape.EigenvectorFollowing(1), 150)
    saddles = found[found.index == 1]
    return saddles.x, int(saddles.found.sum()), time.process_time() - began


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Nothing on standard output, from compiled code neither: pele reports there on every search."""
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


class Pele:
    """pele's own transition-state search, with the settings that it uses for clusters."""

    def __init__(self, atoms: int) -> None:
        with silence():
            from pele.systems import LJCluster
            from pele.transition_states import findTransitionState

            logging.getLogger("pele").setLevel(logging.CRITICAL)
            self.find = findTransitionState
            self.system = LJCluster(atoms)
            settings = self.system.params.double_ended_connect.local_connect_params.tsSearchParams
            self.settings = {**settings, "verbosity": 0}
            self.potential = self.system.get_potential()

    def turn(self, starts: Iterator[np.ndarray], dim: int) -> tuple[np.ndarray, int, float]:
        """Positions that pele calls transition states, their number and CPU seconds."""
        ends = []
        began = time.process_time()
        with silence():
            while time.process_time() - began < TURN:
                result = self.find(next(starts), self.potential, **self.settings)
                if result.success:
                    ends.append(result.coords)
        return np.array(ends).reshape(-1, dim), len(ends), time.process_time() - began


@dataclass
class Tally:
    """What one tool has done so far."""

    x: np.ndarray
    successes: int = 0
    cost: float = 0.0

    def add(self, cluster: landscape.Landscape, x: np.ndarray, successes: int, cost: float) -> None:
        self.successes += successes
        self.cost += cost
        if len(x):  # positions are polished before they are counted: pele's tolerance is looser than merging's
            points = landscape.find_critical_points(cluster, x, landscape.Newton(), 50)
            fresh = points.x[points.index == 1]
            self.x = np.concatenate([self.x, fresh[nearest(cluster, self.x, fresh) < 0]])

    @property
    def rate(self) -> float:
        return self.successes / self.cost


def compare(atoms: int, seconds: float) -> None:
    cluster = landscape.problem("lennard_jones", atoms=atoms)
    rng = np.random.default_rng(0)
    try:
        pele = Pele(atoms)
    except ImportError:
        print("pele is not installed: only landscape is measured (python -m pip install pele)")
        contenders = {}
    else:
        np.random.seed(0)  # noqa: NPY002 - pele draws from NumPy's global generator
        contenders = {
            "pele, same starts": (cluster.starts(rng, 1)[0] for _ in iter(int, 1)),
            "pele, its own": (pele.system.get_random_configuration() for _ in iter(int, 1)),
        }
    tallies = {name: Tally(np.zeros((0, cluster.dim))) for name in ("landscape", *contenders)}
    while tallies["landscape"].cost < seconds:
        tallies["landscape"].add(cluster, *ours(cluster, cluster.starts(rng, BATCH)))
        for name, starts in contenders.items():
            tallies[name].add(cluster, *pele.turn(starts, cluster.dim))
    print(f"LJ{atoms:<18d}{'successes':>10s}{'CPU s':>9s}{'a CPU s':>10s}{'distinct':>10s}{'landscape /':>13s}")
    for name, tally in tallies.items():
        ratio = f"{tallies['landscape'].rate / tally.rate:.1f}" if name in contenders else ""
        print(f"{name:20s}{tally.successes:10d}{tally.cost:9.1f}{tally.rate:10.1f}{len(tally.x):10d}{ratio:>13s}")


def time_to_complete(atoms: int, target_coverage: float, round_size: int) -> None:
    cluster = landscape.problem("lennard_jones", atoms=atoms)
    assert cluster.truth is not None
    listed = cluster.truth.counts
    assert listed is not None
    moments: list[float] = []
    began = time.process_time()

    def look(_: int, points: landscape.CriticalPoints) -> None:
        counts = points.count_by_index()
        if all(counts.get(k) == listed[k] for k in (0, 1)):
            moments.append(time.process_time() - began)

    strategy = landscape.Exploration(target_coverage, (0, 1), round_size, max_searches=100_000)
    points = landscape.explore(cluster, np.random.default_rng(0), strategy, look)
    stopped = time.process_time() - began
    counts = points.count_by_index()
    complete = f"{moments[0]:.1f}" if moments else "never"
    print(f"LJ{atoms:<10d}{counts[0]:>8d}{counts[1]:>9d}{complete:>16s}{stopped:>14.1f}{target_coverage:>10g}")


def spin_glass(n: int) -> None:
    glass = landscape.problem("spherical_spin_glass", n=n)
    began = time.process_time()
    points = landscape.explore(
        glass, np.random.default_rng(0), landscape.Exploration(round_size=500 if n < 12 else 3000)
    )
    stopped = time.process_time() - began
    counts = list(points.count_by_index().values())
    mirrored = "yes" if counts == counts[::-1] else "no"
    print(
        f"3-spin n = {n:<3d}{len(points):>8d} points, Morse sum {points.euler.found} (must be {points.euler.expected}),"
        f" mirrored counts: {mirrored}, {stopped:.1f} CPU s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--atoms", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20, help="CPU seconds of each tool")
    options = parser.parse_args()
    compare(options.atoms, options.seconds)
    print(f"\n{'':12s}{'minima':>8s}{'saddles':>9s}{'complete/CPU s':>16s}{'stopped':>14s}{'target':>10s}")
    for atoms, target, size in ((7, 0.99, 250), (8, 0.995, 500), (9, 0.9995, 1000)):
        time_to_complete(atoms, target, size)
    print()
    for n in (10, 14):
        spin_glass(n)


if __name__ == "__main__":
    main()
