"""Every critical point of isotropic Gaussian random fields: index, number and height, on exact laws."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from landscape.arrays import Array, IntArray
from landscape.critical.classify import classify
from landscape.critical.newton import Newton
from landscape.critical.search import search
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREEN, GREY, ORANGE, VERMILION, new_figure
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream
from landscape.statistics.agreement import ratio_p_value
from landscape.statistics.exhaustive import exhaust
from landscape.statistics.intervals import bootstrap_ratio_interval, clustered_mean
from landscape.theory.gaussian_field import (
    gaussian_field_index_at_value,
    gaussian_field_index_law,
    gaussian_field_mean_value,
    gaussian_field_total,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ERROR_RATE = 1e-3  # of each claim
SIGMAS = 4.0  # of a claim about a mean: an error rate of 6e-5
# Dimension, period of the torus, samples: the images change the variance of curvatures by 0.1 % at the shortest period.
QUICK = ((1, 40.0, 12), (2, 8.0, 12))
FULL = ((1, 60.0, 40), (2, 18.0, 30), (3, 2 * math.pi, 40), (4, 5.0, 14))
NEWTON_STARTS = 400  # searches in each sample whose ends are compared with all points
BINS = 9
LINE = np.linspace(-4, 4, 81)  # heights at which the laws are drawn


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """All critical points of many samples in each dimension."""
    plan = QUICK if quick else FULL
    tasks = [(dim, length, seed, sample) for dim, length, samples in plan for sample in range(samples)]
    found = list(map_chunks(executor, all_points, tasks))
    data: dict[str, npt.NDArray[Any]] = {"dims": np.array([dim for dim, _, _ in plan])}
    rng = stream(seed, {"figure": "gaussian_field_index"}, 0)
    for dim, length, _ in plan:
        mine = [f for f, task in zip(found, tasks, strict=True) if task[0] == dim]
        counts = np.array([np.bincount(index, minlength=dim + 1) for _, index, _, _ in mine])
        value, index = np.concatenate([v for v, _, _, _ in mine]), np.concatenate([i for _, i, _, _ in mine])
        owner = np.repeat(np.arange(len(mine)), [len(v) for v, _, _, _ in mine])
        edges = np.quantile(value, np.linspace(0, 1, BINS + 1))
        place = np.clip(np.searchsorted(edges, value, side="right") - 1, 0, BINS - 1)
        low, high = bootstrap_ratio_interval(counts, counts.sum(axis=1), rng)
        density = counts.sum(axis=1) / length**dim
        data |= {
            f"counts_{dim}": counts,
            f"newton_{dim}": np.sum([n for _, _, n, _ in mine], axis=0),
            f"euler_{dim}": np.array([e for _, _, _, e in mine]),
            f"low_{dim}": low,
            f"high_{dim}": high,
            f"density_{dim}": np.array([density.mean(), density.std(ddof=1) / math.sqrt(len(mine))]),
            f"law_{dim}": gaussian_field_index_law(dim),
            f"total_{dim}": np.array(gaussian_field_total(dim)),
            f"height_{dim}": np.array([clustered_mean(value[index == k], owner[index == k]) for k in range(dim + 1)]),
            f"mean_value_{dim}": gaussian_field_mean_value(dim),
            f"bin_value_{dim}": np.array([value[place == b].mean() for b in range(BINS)]),
            f"bin_index_{dim}": np.array([clustered_mean(index[place == b], owner[place == b]) for b in range(BINS)]),
            f"bin_law_{dim}": np.array(
                [gaussian_field_index_at_value(dim, value[place == b]).mean() for b in range(BINS)]
            ),
            f"line_{dim}": gaussian_field_index_at_value(dim, LINE),
        }
    return data | {
        "line": LINE,
        "theory_dim": np.arange(1, 7),
        "theory_total": np.array([gaussian_field_total(d) for d in range(1, 7)]),
    }


def all_points(dim: int, length: float, seed: int, sample: int) -> tuple[Array, IntArray, IntArray, int]:
    """Values and indices of all points of one sample, how often Newton's method ends at each index, the Morse sum."""
    rng = stream(seed, {"figure": "gaussian_field_index", "dim": dim}, sample)
    landscape = problem("gaussian_field", dim=dim, seed=int(rng.integers(2**31)), length=length)
    points = exhaust(landscape, rng, math.ceil(10 * gaussian_field_total(dim) * length**dim))
    runs = search(landscape, landscape.starts(rng, NEWTON_STARTS), Newton(), 60).converged()
    ends = np.bincount(classify(landscape, runs.x).index, minlength=dim + 1)
    return points.value, points.index, ends, points.euler.found


def claims(data: Data) -> list[Claim]:
    dims = data["dims"].tolist()
    k = len(dims)
    result = [
        Claim(
            "samples, all of them included, whose Morse sum is not the torus' Euler characteristic",
            int(sum((data[f"euler_{d}"] != 0).sum() for d in dims)),
            expected=0,
            tolerance=0,
            source="Morse theory",
        ),
        Claim(
            f"smallest p-value of the law of the index in {k} dimensions, times their number",
            min(ratio_p_value(data[f"counts_{d}"], data[f"law_{d}"]) for d in dims) * k,
            low=ERROR_RATE,
            high=float(k),
            source="Kac-Rice: Cheng & Schwartzman 2018; Hotelling's test over samples",
        ),
    ]
    for d in dims:
        mean, error = data[f"density_{d}"]
        result.append(
            Claim(
                f"n = {d}: critical points per unit volume",
                mean,
                expected=float(data[f"total_{d}"]),
                tolerance=SIGMAS * error,
                source=f"Kac-Rice, exact; tolerance {SIGMAS:g} standard errors",
            )
        )
    for name, text in (
        ("height", "mean height at each index"),
        ("bin_index", f"mean index in {BINS} bins of the height"),
    ):
        law = {"height": "mean_value", "bin_index": "bin_law"}[name]
        mean, error = np.concatenate([data[f"{name}_{d}"] for d in dims]).T
        known = error > 1e-12  # at the ends of the line all points of a bin may have one index
        z = (mean - np.concatenate([data[f"{law}_{d}"] for d in dims]))[known] / error[known]
        result.append(
            Claim(
                f"{text}, {len(z)} numbers: largest deviation from the exact one in standard errors",
                float(np.abs(z).max()),
                low=0.0,
                high=float(stats.norm.isf(ERROR_RATE / 2 / len(z))) + 1.0,  # errors are themselves estimated
                source="Kac-Rice, exact at finite n",
            )
        )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(5.2)
    (law, number), (height, bias) = figure.subplots(2, 2)
    colours = {1: GREY, 2: BLUE, 3: VERMILION, 4: GREEN}
    markers = {1: "s", 2: "o", 3: "D", 4: "^"}
    dims = data["dims"].tolist()
    for d in dims:
        k = np.arange(d + 1)
        counts = data[f"counts_{d}"].sum(axis=0)
        plot_theory(k - d / 2, data[f"law_{d}"], law, color=colours[d])
        look = {"color": colours[d], "fmt": markers[d], "label": f"$n$ = {d}"}
        plot_measured(k - d / 2, counts / counts.sum(), data[f"low_{d}"], data[f"high_{d}"], law, **look)
    law.set(xlabel="index $k - n/2$", ylabel="share of critical points", ylim=(0, 0.7))
    law.legend(loc="upper right", ncols=2)
    panel(law, "a", "law of the index")

    plot_theory(data["theory_dim"], data["theory_total"], number, color=ORANGE, label="exact")
    mean, error = np.array([data[f"density_{d}"] for d in dims]).T
    plot_measured(dims, mean, mean - 1.96 * error, mean + 1.96 * error, number, color=BLUE, label="measured")
    number.set(xlabel="dimension $n$", ylabel="critical points per unit volume", ylim=(0, 0.62))
    number.legend(loc="upper right")
    panel(number, "b", "how many")

    for d in dims:
        shown = np.abs(data["line"]) <= 3.6
        plot_theory(data["line"][shown], data[f"line_{d}"][shown] / d, height, color=colours[d])
        mean, error = data[f"bin_index_{d}"].T
        bars = ((mean - 1.96 * error) / d, (mean + 1.96 * error) / d)
        plot_measured(data[f"bin_value_{d}"], mean / d, *bars, height, color=colours[d], fmt=markers[d], markersize=3)
    height.set(xlabel="value of the field", ylabel="mean index / $n$", ylim=(-0.03, 1.03))
    panel(height, "c", "index against height")

    d = dims[-2] if len(dims) > 3 else dims[-1]
    k = np.arange(d + 1)
    counts, ends = data[f"counts_{d}"].sum(axis=0), data[f"newton_{d}"]
    bias.bar(k - 0.2, counts / counts.sum(), 0.38, color=BLUE, label="all points")
    bias.bar(k + 0.2, ends / ends.sum(), 0.38, color=ORANGE, label="ends of Newton's method")
    plot_theory(
        k, data[f"law_{d}"], bias, color=VERMILION, marker="_", markersize=12, linestyle="none", label="exact", zorder=3
    )
    bias.set(xlabel="index $k$", ylabel="share", ylim=(0, 0.62), xticks=k)
    bias.legend(loc="upper right")
    panel(bias, "d", f"what a search finds, $n$ = {d}")
    return figure


EXPERIMENT = Experiment(
    name="gaussian_field_index",
    title="All critical points of isotropic Gaussian fields, on their exact laws",
    caption=(
        "Critical points of Gaussian random fields of covariance exp(−r²/2) on a torus, all Fourier modes summed, each "
        "sample searched until nothing new was found and the Morse sum was zero. Lines: exact laws at finite n "
        "(Kac–Rice). (a) Share of each index, with 95 % bootstrap intervals over samples. (b) Number per unit volume. "
        "(c) Mean index at a given value of the field, in bins with equal numbers of points. (d) The index "
        "distribution of all points beside that of the points at which Newton's method ends, from uniform starts: a "
        "search weighs points by their basins."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
