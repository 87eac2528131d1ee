"""What the index of a random matrix costs: by pivots, by eigenvalues, exactly, and where no sample has it.

The sampler is compared with what one would write down, GOE matrices and `numpy.linalg.eigvalsh`, in process time on one
thread; the slow contender draws fewer samples and is extrapolated, and says so. Run it with

    OPENBLAS_NUM_THREADS=1 python benchmarks/index.py [--repeats 3]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from landscape.statistics.rare import rare_index_probability
from landscape.statistics.tridiagonal import sample_goe_counts
from landscape.theory import goe, goe_counts
from landscape.theory.gaussian_field import gaussian_field_counts
from landscape.theory.spin_glass import mean_critical_points

SIZES = ((10, 1_000_000, 50_000), (100, 100_000, 1_000), (1000, 100_000, 8))  # n, samples, samples for eigvalsh


def by_eigenvalues(n: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """By hand: dense matrices and all their eigenvalues."""
    a = rng.standard_normal((size, n, n))
    return (np.linalg.eigvalsh(a + np.swapaxes(a, 1, 2)) < 0).sum(axis=1)


def seconds(run: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = max(1, parser.parse_args().repeats)
    rng = np.random.default_rng(0)

    print(f"sampling the index of n x n GOE matrices, median of {repeats} process times")
    for n, size, few in SIZES:
        fast = seconds(lambda: sample_goe_counts(n, size, rng), repeats)  # noqa: B023
        slow = seconds(lambda: by_eigenvalues(n, few, rng), repeats) * size / few  # noqa: B023
        print(f"  n = {n:4d}, {size:9,d} samples: pivots {fast:7.2f} s, ", end="")
        print(f"eigvalsh {slow:11.1f} s (from {few:,d}), ratio {slow / fast:.0f}")

    print("exact laws, first call")
    for name, run in (
        ("index of the GOE, n = 40", lambda: goe._index_law(40, 400)),
        ("index of the GOE, n = 60", lambda: goe._index_law(60, 720)),
        ("isotropic field, n = 60", lambda: gaussian_field_counts(60)),
        ("3-spin, n = 100", lambda: mean_critical_points(3, 100)),
    ):
        goe_counts._cumulative.cache_clear()
        print(f"  {name:26s} {seconds(run, 1):7.2f} s")

    started = time.process_time()
    measured, exact = rare_index_probability(50, 0, rng), goe.goe_log_probability_minimum(50)
    print("probability that a 50 x 50 GOE matrix is positive definite, by Markov chains")
    print(f"  ln P = {measured.log_probability:.2f} +- {measured.standard_error:.2f}, exact {exact:.2f}", end="")
    print(f", {time.process_time() - started:.1f} s")


if __name__ == "__main__":
    main()
