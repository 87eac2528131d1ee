"""The distribution of escape times over random starts, against its closed forms."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.critical.find import find_critical_points
from landscape.descent.gradient_descent import GradientDescent
from landscape.escape.exits import leave_ball
from landscape.escape.quantiles import quantile_interval
from landscape.escape.times import escape_times
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILION, new_figure
from landscape.problems import problem
from landscape.random import stream
from landscape.theory.escape import (
    ball_start_mean_and_deviation,
    escape_survival_from_ball,
    escape_survival_from_gaussian,
    gaussian_start_mean_and_deviation,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LR, RADIUS, CLOUD = 0.1, 1.0, 1e-3
UNSTABLE = (1, 2, 5, 20)  # directions of curvature -1; the others, up to 20, have curvature 1
BALLS = (2, 20, 200)  # dimensions of the ball of starts, one direction unstable
SAMPLE, REPEATS = 50, 1000  # for the coverage of the median's interval
REAL: dict[str, tuple[str, dict[str, Any]]] = {
    "himmelblau": ("Himmelblau", {}),
    "muller_brown": ("Müller–Brown", {}),
    "lennard_jones": ("LJ cluster, 6", {"atoms": 6}),
}
REAL_LR = 0.05  # in units of 1/max |eigenvalue|
FALSE_ALARM = 1e-5  # of each statistical claim


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Escape times on quadratic saddles and at the lowest saddle of three landscapes."""
    rng = stream(seed, {"figure": "escape_distribution"}, 0)
    size = 2000 if quick else 20_000
    data: dict[str, npt.NDArray[Any]] = {}
    for k in UNSTABLE:
        data[f"gaussian_{k}"] = quadratic_escapes(k, CLOUD * rng.standard_normal((size, 20)))
    for d in BALLS:
        saddle = problem("quadratic", eigenvalues=(-1.0, *[1.0] * (d - 1)))
        data[f"ball_{d}"] = escape_times(saddle, np.zeros(d), RADIUS, size, LR, rng, start_radius=CLOUD).steps
    again = quadratic_escapes(1, CLOUD * rng.standard_normal((SAMPLE * REPEATS, 1))).reshape(REPEATS, SAMPLE)
    data["median_intervals"] = np.array([quantile_interval(sample, 0.5) for sample in again])
    for name, (_, parameters) in REAL.items():
        landscape = problem(name, **parameters)
        saddle_point = find_critical_points(landscape, landscape.starts(rng, 300)).saddles[0]
        lr = REAL_LR / float(np.abs(saddle_point.eigenvalues).max())
        radius = 1e-3 * landscape.diagonal
        times = escape_times(landscape, saddle_point.x[0], radius, 300 if quick else 2000, lr, rng)
        data |= {
            f"{name}_steps": times.steps,
            f"{name}_lr": np.array(lr),
            f"{name}_curvature": np.array(times.eigenvalues[0]),
            f"{name}_dim": np.array(len(times.eigenvalues)),
        }
    return data


def quadratic_escapes(unstable: int, starts: Array) -> Array:
    """Steps from given starts (m, d) until the distance from a quadratic saddle exceeds `RADIUS`."""
    d = starts.shape[1]
    saddle = problem("quadratic", eigenvalues=[-1.0] * unstable + [1.0] * (d - unstable))
    return leave_ball(saddle, np.zeros(d), starts, RADIUS, GradientDescent(LR)).steps


def survival(steps: Array) -> tuple[Array, Array]:
    """Whole numbers t from 0 and the fraction of runs that are still inside after t steps."""
    t = np.arange(int(steps.max()) + 1.0)
    inside: Array = 1 - np.searchsorted(np.sort(steps), t, side="right") / len(steps)
    return t, inside


def distance(steps: Array, law: Array) -> float:
    """Largest difference between measured and exact survival (at t = 0, 1, 2, ...), in units of what the
    Dvoretzky-Kiefer-Wolfowitz inequality (Massart 1990) lets chance exceed with probability `FALSE_ALARM`."""
    bound = np.sqrt(np.log(2 / FALSE_ALARM) / (2 * len(steps)))
    return float(np.abs(survival(steps)[1] - law).max() / bound)


def laws(data: Data) -> dict[str, tuple[str, Array, Array]]:
    """For each sample its description, its steps, and the exact survival at t = 0, 1, 2, ..."""
    result = {}
    for k in UNSTABLE:
        steps = data[f"gaussian_{k}"]
        law = escape_survival_from_gaussian(survival(steps)[0], RADIUS, CLOUD, LR, 1.0, k)
        result[f"gaussian_{k}"] = (f"Gaussian starts, {k} unstable directions", steps, law)
    for d in BALLS:
        steps = data[f"ball_{d}"]
        law = escape_survival_from_ball(survival(steps)[0], RADIUS, CLOUD, LR, 1.0, d)
        result[f"ball_{d}"] = (f"starts in a ball of {d} dimensions", steps, law)
    for name, (title, _) in REAL.items():
        steps, lr, curvature, dim = (data[f"{name}_{key}"] for key in ("steps", "lr", "curvature", "dim"))
        law = escape_survival_from_ball(survival(steps)[0], 1.0, 0.01, lr, curvature, dim)
        result[name] = (f"{title}, its lowest saddle, starts in a ball", steps, law)
    return result


def claims(data: Data) -> list[Claim]:
    result = [
        Claim(
            f"{text}: largest difference between measured and exact survival, in units of the bound",
            distance(steps, law),
            low=0,
            high=1,
            source=f"Dvoretzky-Kiefer-Wolfowitz bound at level {FALSE_ALARM:g}",
        )
        for text, steps, law in laws(data).values()
    ]
    moments = {f"gaussian_{k}": gaussian_start_mean_and_deviation(RADIUS, CLOUD, LR, 1.0, k) for k in UNSTABLE}
    moments |= {f"ball_{d}": ball_start_mean_and_deviation(RADIUS, CLOUD, LR, 1.0, d) for d in BALLS}
    for name, (mean, deviation) in moments.items():
        text, steps, _ = laws(data)[name]
        result.append(
            Claim(
                f"{text}: mean escape time",
                steps.mean(),
                expected=float(mean) + 0.5,
                tolerance=4.5 * float(deviation) / np.sqrt(len(steps)) + 0.01,
                source="closed form with digamma functions, and 1/2 for whole steps; 4.5 standard errors",
            )
        )
    middle = true_median()
    low, high = data["median_intervals"].T
    covered = float(((low <= middle) & (middle <= high)).mean())
    result.append(
        Claim(
            f"95 % intervals of the median from {SAMPLE} runs: fraction that hold the exact median",
            covered,
            low=0.95 - 4.5 * np.sqrt(0.95 * 0.05 / len(low)),
            high=1,
            source="coverage is at least nominal; 4.5 standard errors",
        )
    )
    return result


def true_median() -> int:
    """The median of the whole number of steps from Gaussian starts with one unstable direction."""
    t = np.arange(1000)
    return int(np.flatnonzero(escape_survival_from_gaussian(t, RADIUS, CLOUD, LR, 1.0, 1) <= 0.5)[0])


def draw(data: Data) -> Figure:
    figure = new_figure(4.9)
    axes = figure.subplot_mosaic([["a", "b"], ["c", "d"]])
    samples = laws(data)
    colours, markers = (BLUE, VERMILION, GREEN, ORANGE), "os^D"
    groups = (
        ("a", [(f"gaussian_{k}", f"k = {k}") for k in UNSTABLE], "k unstable, Gaussian starts"),
        ("b", [(f"ball_{d}", f"d = {d}") for d in BALLS], "one unstable, starts in a d-ball"),
    )
    for letter, members, title in groups:
        ax = axes[letter]
        for (name, label), colour, marker in zip(members, colours, markers, strict=False):
            _, steps, law = samples[name]
            t, inside = survival(steps)
            plot_theory(t, law, ax, color=colour)
            some = np.unique(np.linspace(40, len(t) - 2, 16).astype(int))
            plot_measured(t[some], inside[some], ax=ax, color=colour, fmt=marker, markersize=3.5, label=label)
        ax.set(yscale="log", xlabel="steps t", ylabel="still inside, P(T > t)", ylim=(2e-4, 2), xlim=(40, None))
        ax.legend(loc="upper right")
        panel(ax, letter, title)

    ax = axes["c"]
    for k, colour in ((1, BLUE), (5, GREEN)):
        steps = data[f"gaussian_{k}"]
        edges = np.arange(np.floor(steps.min() / 2) * 2, 151, 2)
        height, _ = np.histogram(steps, edges)
        ax.stairs(height / len(steps) / 2, edges, color=colour, fill=True, alpha=0.3)
        t = np.arange(edges[0], edges[-1])
        law = escape_survival_from_gaussian(t, RADIUS, CLOUD, LR, 1.0, k)
        plot_theory(t[1:] - 0.5, law[:-1] - law[1:], ax, color=colour, label=f"k = {k}")
    ax.set(xlabel="escape time T / steps", ylabel="probability per step", xlim=(40, 150))
    ax.legend(loc="upper right")
    panel(ax, "c", "skewed to late times")

    ax = axes["d"]
    for (name, (title, _)), colour, marker in zip(REAL.items(), (ORANGE, BLUE, PURPLE), "so^", strict=True):
        _, steps, law = samples[name]
        q = np.linspace(0.05, 0.95, 19)
        measured = np.quantile(steps, q, method="inverted_cdf")
        expected = np.array([np.flatnonzero(law <= 1 - level)[0] for level in q])
        low, high = np.array([quantile_interval(steps, level) for level in q]).T
        unit = float(np.log1p(data[f"{name}_lr"] * np.abs(data[f"{name}_curvature"])))
        x, y, below, above = (unit * a for a in (expected, measured, low, high))
        plot_measured(x, y, below, above, ax, color=colour, fmt=marker, mfc="none", markersize=3.5, label=title)
    ends = np.array(ax.get_xlim())
    plot_theory(ends, ends, ax, color=BLACK, linewidth=0.8)
    rate = r"$\ln(1 + \eta|\lambda|)$"
    ax.set(xlabel=f"exact quantile × {rate}", ylabel=f"measured quantile × {rate}")
    ax.legend(loc="upper left")
    panel(ax, "d", "quantiles at real saddles")
    return figure


EXPERIMENT = Experiment(
    name="escape_distribution",
    title="The distribution of escape times over random starts",
    caption=(
        "Steps that gradient descent takes from random starts to leave a ball of radius 1 round a quadratic saddle "
        "with eigenvalues −1 (k of them) and 1, learning rate 0.1. (a) Fraction still inside from a Gaussian cloud "
        "with standard deviation 10⁻³ in 20 dimensions; line: a χ² law in the unstable length. (b) From starts "
        "uniform in a ball of radius 10⁻³ in d dimensions with one unstable direction; line: a beta law. (c) Histogram "
        "and law of the escape time, Gaussian starts. (d) Quantiles from 5 % to 95 % of the escape time at the lowest "
        "saddles of three landscapes, from balls in their 2, 2 and 12 dimensions, with 95 % intervals from the order "
        "statistics, against those of the law of (b)."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
