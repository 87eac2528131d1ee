"""All critical points of spherical 3-spin landscapes: the index grows with the value."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_index_against_value, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, ORANGE, new_figure
from landscape.parallel import map_chunks
from landscape.random import stream
from landscape.statistics.index import SphericalSpinGlass
from landscape.theory.complexity import index_fraction_at_energy, threshold_energy
from landscape.theory.spin_glass import mean_critical_points, pure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = 3
THRESHOLD = threshold_energy(pure(P))  # -E_infinity and E_infinity bound the values of saddles of extensive index
SIGMAS = 3.5  # of a claim about a mean: an error rate of 5e-4


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Every critical point of several random samples; none is left out."""
    n, samples = (7, 24) if quick else (9, 48)  # odd, for then the Morse sum sees any missing pair of antipodes
    tasks = [(n, seed, sample) for sample in range(samples)]
    found = list(map_chunks(executor, exhaust, tasks))
    value = np.concatenate([value for value, _, _ in found])
    line = np.linspace(-1.05, 1.05, 300) * np.abs(value).max() / np.sqrt(n)
    return {
        "n": np.array(n),
        "sample": np.repeat(np.arange(samples), [len(value) for value, _, _ in found]),
        "value": value,
        "index": np.concatenate([index for _, index, _ in found]).astype(np.int8),
        "euler": np.array([euler for _, _, euler in found]),  # found, expected, degenerate points
        "mean_counts": mean_critical_points(P, n),
        "line": line,
        "law": index_fraction_at_energy(pure(P), line),
    }


def exhaust(n: int, seed: int, sample: int) -> tuple[Array, npt.NDArray[np.int64], tuple[int, int, int]]:
    """Values, indices and Euler check (found, expected, degenerate) of all critical points of one sample."""
    rng = stream(seed, {"figure": "spin_glass_index", "n": n}, sample)
    ensemble = SphericalSpinGlass(p=P, starts=1000, rounds=40)
    points = ensemble.exhaust(n, rng)
    euler = points.euler
    assert euler.expected is not None
    return points.value, points.index, (euler.found, euler.expected, euler.degenerate)


def claims(data: Data) -> list[Claim]:
    n, euler = int(data["n"]), data["euler"]
    totals = np.bincount(data["sample"], minlength=len(euler))
    minima = np.bincount(data["sample"], weights=data["index"] == 0, minlength=len(euler))
    exact = data["mean_counts"]
    result = [
        Claim(
            "samples, all of them included, whose Morse sum is the sphere's Euler characteristic",
            int(((euler[:, 0] == euler[:, 1]) & (euler[:, 2] == 0)).sum()),
            expected=len(euler),
            tolerance=0,
            source=f"sum of (-1)^index = 1 + (-1)^(n - 1) = {int(euler[0, 1])} for n = {n}",
        ),
        # f(-x) = -f(x): a point of index k has an antipode of index n - 1 - k.
        Claim(
            "points without an antipode of opposite value and complementary index",
            _unpaired(data),
            expected=0,
            tolerance=0,
            source="f is odd for p = 3",
        ),
    ]
    for word, counts, mean in (("critical points", totals, exact.sum()), ("minima", minima, exact[0])):
        result.append(
            Claim(
                f"mean number of {word} in a sample, n = {n}",
                counts.mean(),
                expected=mean,
                tolerance=SIGMAS * counts.std(ddof=1) / np.sqrt(len(counts)),
                source=f"exact: Auffinger, Ben Arous & Cerny 2013; tolerance {SIGMAS} standard errors",
            )
        )
    correlation = np.corrcoef(data["value"], data["index"])[0, 1]
    result.append(
        Claim(
            "correlation of index and value, all points together",
            correlation,
            low=0.9,
            high=1.0,
            source="the index grows with the value",
        )
    )
    return result


def _unpaired(data: Data) -> int:
    """Points that, by value and index in their own sample, have no antipode."""
    missing = 0
    for sample in np.unique(data["sample"]):
        mine = data["sample"] == sample
        value, index = data["value"][mine], data["index"][mine]
        order, mirror = np.lexsort((index, value)), np.lexsort((-index, -value))
        gap = np.abs(value[order] + value[mirror])
        missing += int(((gap > 1e-6) | (index[order] + index[mirror] != int(data["n"]) - 1)).sum())
    return missing


def draw(data: Data) -> Figure:
    figure = new_figure(3.0)
    left, right = figure.subplots(1, 2, width_ratios=(1.6, 1))
    n = int(data["n"])
    u, fraction = data["value"] / np.sqrt(n), data["index"] / (n - 1)
    spread = (np.arange(len(u)) * 0.618 % 1 - 0.5) * 0.5 / (n - 1)  # points of one index would hide each other
    plot_index_against_value(u, fraction + spread, left, label="critical points")
    levels = np.arange(n)
    median, low, high = (np.array([np.quantile(u[data["index"] == k], q) for k in levels]) for q in (0.5, 0.16, 0.84))
    bars = np.stack([median - low, high - median])
    left.errorbar(median, levels / (n - 1), xerr=bars, fmt="o", color=BLUE, markersize=3.5, label="median and 68 %")
    plot_theory(data["line"], data["law"], left, color=ORANGE, label="law for $n \\to \\infty$", zorder=3)
    for side in (-THRESHOLD, THRESHOLD):
        left.axvline(side, color=BLACK, linewidth=0.7, linestyle=":")
    left.annotate("$-E_\\infty$", (-THRESHOLD, 0.6), xytext=(3, 0), textcoords="offset points")
    left.set(xlabel="value $f/\\sqrt{n}$", ylabel="index / $(n-1)$")
    left.legend(loc="upper left", markerscale=1.5)
    panel(left, "a", f"{len(u)} points, {len(data['euler'])} samples, $n$ = {n}")

    per_sample = np.stack([np.bincount(data["sample"], weights=data["index"] == k) for k in levels])
    error = per_sample.std(axis=1, ddof=1) / np.sqrt(per_sample.shape[1])
    mean = per_sample.mean(axis=1)
    plot_theory(levels, data["mean_counts"], right, color=ORANGE, label="exact mean")
    plot_measured(levels, mean, mean - error, mean + error, right, color=BLUE, label="measured")
    right.set(xlabel="index $k$", ylabel="critical points a sample", ylim=(0, None))
    right.legend(loc="lower center")
    panel(right, "b", "mean counts")
    return figure


EXPERIMENT = Experiment(
    name="spin_glass_index",
    title="Index against value: all critical points of spherical 3-spin landscapes",
    caption=(
        "(a) Every critical point found in independent random samples of the spherical 3-spin with n spins: index over "
        "n − 1 (points spread a little in height) against value over √n, with the median and the central 68 % of the "
        "values at each index, and the law for large n, ½ + [x √(1 − x²) + arcsin x]/π with x = u/E∞ and "
        "E∞ = 2 √(2/3); dotted: ±E∞. (b) Mean number of points of each index, with standard errors over samples, on "
        "the exact mean for this n. Each sample was searched, 1000 starts a round, until a round found nothing new and "
        "the Morse sum was right; one for which that did not come about within 40 rounds would be included all the "
        "same, and fail the claim."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
