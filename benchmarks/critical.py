"""What critical points cost: classification beside one eigendecomposition, and the memory of a search from many starts.

Classification is measured on batches whose Hessians fill 64 MB, at random starts, where nothing is critical, and at the
ends of Newton searches, where all is. Beside it stand `numpy.linalg.eigh` on the same Hessians, and `eigh` with
`eigvalsh` for a second spectrum, which is what an error bound along the Newton step would cost without thinking.
Repeats are interleaved, so that a slow moment of the machine hits all of them alike, and what is printed is the median
of process times. A search from many starts runs in a process of its own, whose largest resident set is printed. Run it,
with one BLAS thread, as

    OPENBLAS_NUM_THREADS=1 python benchmarks/critical.py [--repeats 5] [--starts 1000000]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

import landscape
from landscape.spectrum.dense import tangent_system

STACK = 2**26  # bytes of Hessians in a batch
DIMENSIONS = (10, 30, 100)
CLUSTERS = (4, 13, 33)  # atoms: 12, 39 and 99 coordinates
SEARCHES = ("styblinski_tang", "rastrigin")
TIMEOUT = 900.0  # seconds for a search from all starts

Case = tuple[str, landscape.Landscape, np.ndarray]


def seconds(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


def cases() -> list[Case]:
    """Landscapes with their batches: starts, and critical points repeated until the batch is full."""
    landscapes = []
    for n in DIMENSIONS:
        landscapes += [
            landscape.problem("goe_quadratic", dim=n),
            landscape.problem("spherical_spin_glass", n=n + 1),
            landscape.problem("rastrigin", dim=n),  # its Hessian is diagonal, and eigh has next to nothing to do
        ]
    landscapes += [landscape.problem("lennard_jones", atoms=atoms) for atoms in CLUSTERS]
    result = []
    for problem in landscapes:
        size = STACK // (8 * problem.manifold.intrinsic_dim**2)
        starts = problem.starts(np.random.default_rng(0), size)
        result.append(("starts", problem, starts))
        ends = landscape.search(problem, starts[:40], landscape.Newton()).converged().x
        if len(ends):
            result.append(("critical", problem, np.resize(ends, starts.shape)))
    return result


def classification(repeats: int) -> None:
    print(f"\nclassification, in units of eigh on the same Hessians, median of {repeats} process times")
    print(f"{'landscape':22s} {'d':>4s} {'points':>7s} {'where':9s} {'eigh':>8s} {'+ eigvalsh':>11s} {'classify':>9s}")
    for where, problem, x in cases():
        hessians = tangent_system(problem, x).lifted_hessian().copy()
        contenders: dict[str, Callable[[], object]] = {
            "eigh": lambda h=hessians: np.linalg.eigh(h),
            "both": lambda h=hessians: (np.linalg.eigh(h), np.linalg.eigvalsh(h)),
            "classify": lambda p=problem, x=x: landscape.classify(p, x),
        }
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(repeats):
            for name, run in contenders.items():
                times[name].append(seconds(run))
        median = {name: statistics.median(t) for name, t in times.items()}
        one = median["eigh"]
        print(
            f"{problem.name:22s} {hessians.shape[-1]:4d} {len(x):7d} {where:9s} {one:6.3f} s"
            f" {median['both'] / one:11.2f} {median['classify'] / one:9.2f}",
            flush=True,
        )


def one_search(name: str, starts: int) -> None:
    """In its own process: one search for critical points in ten dimensions, and what it took."""
    problem = landscape.problem(name, dim=10)
    x = problem.starts(np.random.default_rng(0), starts)
    started = time.process_time()
    points = landscape.find_critical_points(problem, x)
    took = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"points": len(points), "seconds": took, "peak": peak}))


def memory(starts: int) -> None:
    print(f"find_critical_points from {starts} starts in 10 dimensions")
    for name in SEARCHES:
        command = [sys.executable, __file__, "--search", name, "--starts", str(starts)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            print(f"  {name:16s} not done after {TIMEOUT:.0f} s", flush=True)
            continue
        found = json.loads(done.stdout)
        print(
            f"  {name:16s} {found['points']:8d} points  {found['seconds']:7.1f} s  at most {found['peak']:.2f} GiB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--starts", type=int, default=1_000_000)
    parser.add_argument("--search", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.search:
        one_search(options.search, options.starts)
        return
    memory(options.starts)  # first: a process starts with the largest resident set of the one that it came from
    classification(max(3, options.repeats))


if __name__ == "__main__":
    main()
