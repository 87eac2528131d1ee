"""How many critical points there are of each index: clusters counted whole, spin glasses beside their exact means."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray
from landscape.critical.exploration import Exploration, explore
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, VERMILION, new_figure
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream
from landscape.statistics.index import SphericalSpinGlass
from landscape.theory.spin_glass import mean_critical_points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = 3
LARGEST_DEVIATION = 3.9  # of any index, in standard errors: an error rate of 1e-3 for eight of them
MARKS = ("o", "s")


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Explorations of two clusters at every index, and exhaustive searches of random samples."""
    clusters = ((4, 800), (5, 1500)) if quick else ((6, 12_000), (7, 10_000))
    n, samples = (5, 16) if quick else (8, 48)
    counted = list(map_chunks(executor, count_cluster, [(atoms, budget, seed) for atoms, budget in clusters]))
    data: dict[str, npt.NDArray[Any]] = {"atoms": np.array([atoms for atoms, _ in clusters])}
    for (atoms, _), (counts, unseen, energy) in zip(clusters, counted, strict=True):
        data |= {f"LJ{atoms}_count": counts, f"LJ{atoms}_unseen": unseen, f"LJ{atoms}_energy": energy}
    found = list(map_chunks(executor, count_sample, [(n, seed, sample) for sample in range(samples)]))
    return data | {
        "n": np.array(n),
        "spin_counts": np.array([counts for counts, _ in found]),
        "spin_morse_sum_holds": np.array([holds for _, holds in found]),
        "spin_mean": mean_critical_points(P, n),
    }


def count_cluster(atoms: int, budget: int, seed: int) -> tuple[IntArray, Array, Array]:
    """For each index the points found, the upper end of the estimated number unseen, and the mean energy."""
    rng = stream(seed, {"figure": "stationary_points_by_index", "atoms": atoms}, 0)
    strategy = Exploration(max_searches=budget)
    points = explore(problem("lennard_jones", atoms=atoms), rng, strategy)
    indices = sorted(points.count_by_index())
    counts = np.array([points.count_by_index()[k] for k in indices])
    unseen = np.array([points.completeness.coverage[k].unseen_high for k in indices])
    energy = np.array([points.value[points.decided & (points.index == k)].mean() for k in indices])
    return counts, unseen, energy


def count_sample(n: int, seed: int, sample: int) -> tuple[IntArray, bool]:
    """Number of critical points of each index of one sample, and whether their Morse sum is the sphere's."""
    rng = stream(seed, {"figure": "stationary_points_by_index", "n": n}, sample)
    points = SphericalSpinGlass(p=P, starts=600, rounds=40).exhaust(n, rng)
    return np.bincount(points.index, minlength=n), bool(points.euler.holds)


def claims(data: Data) -> list[Claim]:
    result = []
    for atoms in data["atoms"]:
        truth = problem("lennard_jones", atoms=int(atoms)).truth
        assert truth is not None
        assert truth.counts is not None
        counts = data[f"LJ{atoms}_count"]
        right = [k < len(counts) and counts[k] == number for k, number in truth.counts.items()]
        result.append(
            Claim(
                f"LJ{atoms}: indices with as many points as are known, of {len(right)}",
                sum(right),
                expected=len(right),
                tolerance=0,
                source=truth.source,
            )
        )
        energy = data[f"LJ{atoms}_energy"]
        result.append(
            Claim(
                f"LJ{atoms}: correlation of the mean energy with the index",
                np.corrcoef(np.arange(len(energy)), energy)[0, 1],
                low=0.97,
                high=1.0,
                source="linear in the index: Doye & Wales 2002",
            )
        )
    n, samples = int(data["n"]), data["spin_counts"]
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    result.append(
        Claim(
            f"3-spin, n = {n}: largest deviation of a mean number from the exact one, in standard errors",
            (np.abs(samples.mean(axis=0) - data["spin_mean"]) / error).max(),
            low=0.0,
            high=LARGEST_DEVIATION,
            source="exact: Auffinger, Ben Arous & Cerny 2013",
        )
    )
    result.append(
        Claim(
            f"3-spin, n = {n}: samples, all of them included, whose Morse sum is the sphere's",
            int(data["spin_morse_sum_holds"].sum()),
            expected=len(samples),
            tolerance=0,
            source="sum of (-1)^index = 1 + (-1)^(n - 1)",
        )
    )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.7)
    clusters, energies, spins = figure.subplots(1, 3)
    for atoms, colour, mark in zip(data["atoms"], (BLUE, VERMILION), MARKS, strict=True):
        counts, unseen = data[f"LJ{atoms}_count"], data[f"LJ{atoms}_unseen"]
        index = np.arange(len(counts))
        style: dict[str, Any] = {"color": colour, "fmt": mark, "markersize": 4}
        plot_measured(index, counts, counts, counts + unseen, ax=clusters, label=f"LJ{atoms}", **style)
        energy = data[f"LJ{atoms}_energy"]
        plot_measured(index, energy, ax=energies, **style)
        plot_theory(index, np.polyval(np.polyfit(index, energy, 1), index), energies, color=colour)
    clusters.set(xlabel="index", ylabel="critical points", yscale="log", ylim=(0.7, 2000))
    clusters.legend(loc="upper left", ncols=2, columnspacing=0.8, handletextpad=0.2)
    panel(clusters, "a", "clusters")
    energies.set(xlabel="index", ylabel="mean energy / ε")
    panel(energies, "b", "mean energy")

    samples = data["spin_counts"]
    mean, error = samples.mean(axis=0), samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    index = np.arange(len(mean))
    plot_theory(index, data["spin_mean"], spins, color=BLACK, label="exact mean")
    plot_measured(index, mean, mean - error, mean + error, ax=spins, color=BLUE, markersize=4, label="measured")
    spins.set(xlabel="index", ylabel="critical points a sample", ylim=(0, 1.45 * mean.max()))
    spins.legend(loc="upper left")
    panel(spins, "c", f"3-spin, n = {int(data['n'])}")
    return figure


EXPERIMENT = Experiment(
    name="stationary_points_by_index",
    title="Critical points of each index",
    caption=(
        "(a) Critical points of Lennard-Jones clusters of six and of seven atoms, modulo permutations, rotations and "
        "reflections, found by exploration at every index; bars reach up to the estimated number that is still "
        "unseen. (b) Their mean energy with the straight line that fits best. (c) Mean number of critical points of "
        "random spherical 3-spin landscapes in eight variables, all of each sample, with standard errors, beside the "
        "exact means, a line through whole numbers."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
