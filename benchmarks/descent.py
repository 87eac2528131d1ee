"""How much the ensemble costs beside the same loop by hand: 10,000 descents of 1,000 steps on Himmelblau's function.

Every contender takes the same steps from the same starts. Repeats are interleaved, so that a slow moment of the machine
hits all of them alike, and what is printed is the median of process times. Run it with

    python benchmarks/descent.py [--repeats 5]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

import landscape

MEMBERS, STEPS = 10_000, 1_000
LR = 0.001  # so small that no gradient becomes exactly zero, which would let a run leave early and flatter the ensemble
SAMPLE = 10  # starts of the loop over starts, which is extrapolated to all

Run = Callable[[np.ndarray], np.ndarray]


def ensemble(tol: float) -> Run:
    """The library, with all its statuses."""
    himmelblau = landscape.problem("himmelblau")
    method = landscape.GradientDescent(LR)

    def run(x: np.ndarray) -> np.ndarray:
        runs = landscape.descend(himmelblau, x, method, STEPS, tol=tol)
        if tol == 0 and not (runs.steps == STEPS).all():
            raise SystemExit("some runs of the ensemble left early: the comparison would not be of equal work")
        return runs.x

    return run


def stacked(x: np.ndarray) -> np.ndarray:
    """By hand on an (m, 2) array, as one would write it down."""
    x = x.copy()
    for _ in range(STEPS):
        a, b = x[:, 0], x[:, 1]
        u, v = a**2 + b - 11, a + b**2 - 7
        x = x - LR * np.stack([4 * a * u + 2 * v, 2 * u + 4 * b * v], axis=1)
    return x


def separate(x: np.ndarray) -> np.ndarray:
    """By hand on two contiguous arrays."""
    a, b = x[:, 0].copy(), x[:, 1].copy()
    for _ in range(STEPS):
        u, v = a * a + b - 11, a + b * b - 7
        a, b = a - LR * (4 * a * u + 2 * v), b - LR * (2 * u + 4 * b * v)
    return np.stack([a, b], axis=1)


def one_by_one(x: np.ndarray) -> np.ndarray:
    """A Python loop over starts, each with NumPy on its two coordinates."""
    ends = np.empty_like(x)
    for k, start in enumerate(x):
        p = start.copy()
        for _ in range(STEPS):
            u, v = p[0] ** 2 + p[1] - 11, p[0] + p[1] ** 2 - 7
            p = p - LR * np.array([4 * p[0] * u + 2 * v, 2 * u + 4 * p[1] * v])
        ends[k] = p
    return ends


def seconds(run: Run, x: np.ndarray) -> tuple[float, np.ndarray]:
    started = time.process_time()
    ends = run(x)
    return time.process_time() - started, ends


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = max(5, parser.parse_args().repeats)

    x = landscape.problem("himmelblau").starts(np.random.default_rng(0), MEMBERS)
    contenders: dict[str, tuple[Run, np.ndarray]] = {
        "ensemble, tol = 0": (ensemble(0.0), x),
        "ensemble, tol = 1e-6": (ensemble(1e-6), x),
        "by hand, (m, 2) array": (stacked, x),
        "by hand, two arrays": (separate, x),
        "one by one": (one_by_one, x[:SAMPLE]),
    }
    times: dict[str, list[float]] = {name: [] for name in contenders}
    reference = separate(x)
    for _ in range(repeats):
        for name, (run, starts) in contenders.items():
            elapsed, ends = seconds(run, starts)
            times[name].append(elapsed * MEMBERS / len(starts))
            if not np.allclose(ends, reference[: len(starts)], atol=1e-5):
                raise SystemExit(f"{name} did not end where the others did")

    median = {name: statistics.median(t) for name, t in times.items()}
    print(f"{MEMBERS} descents of {STEPS} steps on himmelblau, median of {repeats} process times")
    for name, t in median.items():
        extrapolated = f"  (extrapolated from {SAMPLE} starts)" if name == "one by one" else ""
        print(f"  {name:24s} {t:9.3f} s{extrapolated}")
    for tol in ("0", "1e-6"):
        for other in ("by hand, (m, 2) array", "by hand, two arrays", "one by one"):
            print(f"ensemble with tol = {tol} / {other}: {median[f'ensemble, tol = {tol}'] / median[other]:.3g}")


if __name__ == "__main__":
    main()
