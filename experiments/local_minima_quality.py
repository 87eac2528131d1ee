"""How good the minima are that descent finds, beside all minima there are."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREY, ORANGE, VERMILION, new_figure
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream
from landscape.statistics.bias import sampling_bias
from landscape.statistics.exhaustive import exhaust
from landscape.theory.goe_counts import goe_ordered_density
from landscape.theory.spin_glass import mean_critical_points, mean_critical_points_total, mean_value_by_index, pure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = 3
STARTS = 200  # descents in each sample
LINE = np.linspace(-2.4, 0.2, 105)
QUICK = ((5, 30),)  # spins, samples
FULL = ((4, 60), (6, 60), (8, 30), (10, 20))


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Values of all minima of many samples, and how many descents ended at each."""
    plan = QUICK if quick else FULL
    tasks = [(n, seed, sample) for n, samples in plan for sample in range(samples)]
    found = list(map_chunks(executor, minima, tasks))
    data: dict[str, npt.NDArray[Any]] = {"n": np.array([n for n, _ in plan])}
    for n, samples in plan:
        mine = [f for f, task in zip(found, tasks, strict=True) if task[0] == n]
        data |= {
            f"value_{n}": np.concatenate([v for v, _, _ in mine]) / math.sqrt(n),
            f"hits_{n}": np.concatenate([h for _, h, _ in mine]),
            f"owner_{n}": np.repeat(np.arange(samples), [len(v) for v, _, _ in mine]),
            f"missed_{n}": np.array([m for _, _, m in mine]),
            f"exact_{n}": np.array(mean_value_by_index(P, n)[0]),
            f"mean_minima_{n}": np.array(mean_critical_points(P, n)[0]),
            f"cumulative_{n}": exact_cumulative(n),
        }
    return data | {"line": LINE}


def minima(n: int, seed: int, sample: int) -> tuple[Array, IntArray, int]:
    """Values of all minima of one sample, descents that ended at each, and how many ended nowhere."""
    rng = stream(seed, {"figure": "local_minima_quality", "n": n}, sample)
    landscape = problem("spherical_spin_glass", p=P, n=n, seed=int(rng.integers(2**31)))
    points = exhaust(landscape, rng, math.ceil(10 * mean_critical_points_total(pure(P), n))).minima
    bias = sampling_bias(landscape, points, landscape.starts(rng, STARTS), [])
    return bias.value, bias.hits[:, -1], bias.missed[-1]


def exact_cumulative(n: int) -> Array:
    """Share of the mean number of minima with a value below u, for u in LINE, exactly."""
    x = LINE * math.sqrt(n * P / (2 * (P - 1)))
    density = np.exp(-(P - 2) * x**2 / (2 * P)) * goe_ordered_density(n, x)[:, 0]
    total = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return total / total[-1]


def _per_sample(data: Data, n: int) -> tuple[Array, Array, Array, Array]:
    """In each sample: number and mean of all minima, mean over descents, and the lowest; samples without a minimum
    that a descent reached do not exist."""
    value, hits, owner = data[f"value_{n}"], data[f"hits_{n}"], data[f"owner_{n}"]
    number = np.bincount(owner).astype(np.float64)
    mean = np.bincount(owner, weights=value) / number
    reached = np.bincount(owner, weights=value * hits) / np.bincount(owner, weights=hits)
    lowest = np.full(len(number), np.inf)
    np.minimum.at(lowest, owner, value)
    return number, mean, reached, lowest


def claims(data: Data) -> list[Claim]:
    result = []
    for n in data["n"].tolist():
        number, mean, reached, _ = _per_sample(data, n)
        pooled = (number * mean).sum() / number.sum()
        error = math.sqrt(((number * (mean - pooled)) ** 2).sum() * len(number) / (len(number) - 1)) / number.sum()
        result += [
            Claim(
                f"n = {n}: mean value of all minima",
                pooled,
                expected=float(data[f"exact_{n}"]),
                tolerance=4 * error,
                source="exact at finite n: Auffinger, Ben Arous & Cerny 2013; tolerance four standard errors",
            ),
            Claim(
                f"n = {n}: descents that ended at none of the minima",
                int(data[f"missed_{n}"].sum()),
                low=0.0,
                high=0.01 * STARTS * len(number),
                source="all minima are known; 1 % may not have converged",
            ),
        ]
        gap = reached - mean
        several = number > 1  # one minimum is found by all descents
        score = gap[several].mean() / (gap[several].std(ddof=1) / math.sqrt(several.sum()))
        result.append(
            Claim(
                f"n = {n}: mean value by descent minus mean value of all minima, in standard errors",
                score,
                low=-1e6,
                high=-3.0,
                source="lower minima have larger basins of attraction",
            )
        )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.9)
    left, right = figure.subplots(1, 2)
    n = int(data["n"][-1])
    value, hits, owner = data[f"value_{n}"], data[f"hits_{n}"], data[f"owner_{n}"]
    order = np.argsort(value)
    plot_theory(data["line"], data[f"cumulative_{n}"], left, color=VERMILION, label="all minima, exact")
    every = np.cumsum(np.ones(len(value))) / len(value)
    left.step(value[order], every, where="post", color=BLUE, label="all minima")
    left.step(value[order], np.cumsum(hits[order]) / hits.sum(), where="post", color=ORANGE, label="by descent")
    lowest = np.sort(_per_sample(data, n)[3])
    share = np.arange(1, len(lowest) + 1) / len(lowest)
    left.step(lowest, share, where="post", color=GREY, linestyle="--", label="global minimum")
    left.set(xlabel="value $u = f/\\sqrt{n}$", ylabel="share below $u$", xlim=(-2.1, 0.5))
    left.legend(loc="center right", handlelength=1.2)
    panel(left, "a", f"minima, $n$ = {n}, {owner.max() + 1} samples")

    sizes = data["n"].tolist()
    for k, (name, colour, marker) in enumerate((("all minima", BLUE, "o"), ("by descent", ORANGE, "s"))):
        gaps = []
        for m in sizes:
            _, mean, reached, low = _per_sample(data, m)
            gap = ((mean, reached)[k] - low) / np.abs(low)
            gaps.append((gap.mean(), 1.96 * gap.std(ddof=1) / math.sqrt(len(gap))))
        centre, bar = np.array(gaps).T
        plot_measured(sizes, centre, centre - bar, centre + bar, right, color=colour, fmt=marker, label=name)
    right.set(xlabel="spins $n$", ylabel="excess over the global minimum", ylim=(0, None))
    right.legend(loc="lower left")
    panel(right, "b", "relative excess")
    return figure


EXPERIMENT = Experiment(
    name="local_minima_quality",
    title="How good local minima are: descent prefers the low ones",
    caption=(
        "Minima of the spherical 3-spin glass, all of which were searched for in each sample, and those at which "
        "gradient descent from 200 uniform starts ends. (a) Share of minima with a value below u: all minima (on the "
        "exact law at this n), weighted by how many descents they attract, and the lowest of each sample. (b) Mean "
        "excess over the global minimum of the sample, in units of its depth, with 95 % intervals over samples. Lower "
        "minima have larger basins."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
