"""The law of the escape time: for descent with and without momentum or noise, and at saddles of every index."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.critical.find import find_critical_points
from landscape.descent.gradient_descent import GradientDescent
from landscape.descent.heavy_ball import HeavyBall
from landscape.descent.method import DescentMethod
from landscape.descent.nesterov import Nesterov
from landscape.descent.perturbed_gradient_descent import PerturbedGradientDescent
from landscape.escape.exits import leave_ball
from landscape.escape.survey import LEARNING_RATE
from landscape.escape.times import escape_times
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, new_figure
from landscape.problems import problem
from landscape.random import stream
from landscape.theory.escape import (
    ball_start_mean_and_deviation,
    escape_steps_one_direction,
    linear_escape_steps,
)
from landscape.theory.growth import heavy_ball_growth, nesterov_growth

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LR, MOMENTUM, STABLE = 0.05, 0.8, 2.0
NOISE = 1e-4
METHODS: dict[str, tuple[DescentMethod, str]] = {
    "descent": (GradientDescent(LR), "gradient descent"),
    "heavy_ball": (HeavyBall(LR, MOMENTUM), "heavy ball"),
    "nesterov": (Nesterov(LR, MOMENTUM), "Nesterov"),
}
# The threshold is never reached again after the first jump.
PERTURBED = PerturbedGradientDescent(LR, radius=NOISE, gradient_threshold=1.0, wait=100_000)
PAIR = (-1.0, -0.4, 1.0)  # two unstable directions and a stable one
PAIR_LR, CLOSE = 0.1, 1e-6  # learning rate there, and distance of the starts
REAL: dict[str, tuple[str, dict[str, Any]]] = {
    "himmelblau": ("Himmelblau", {}),
    "muller_brown": ("Müller–Brown", {}),
    "phi4": ("φ⁴, 2 × 2", {"shape": (2, 2)}),
    "xy_chain": ("XY ring, 7", {"n": 7}),
    "lennard_jones": ("LJ cluster, 5", {"atoms": 5}),
    "spherical_spin_glass": ("3-spin, n = 6", {"n": 6}),
}


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Escapes from quadratic saddles from given starts, and from the saddles of six landscapes from random ones."""
    rng = stream(seed, {"figure": "escape_time_law"}, 0)
    saddle = problem("quadratic", eigenvalues=(-1.0, STABLE))
    u0 = np.geomspace(1e-14, 1e-2, 13 if quick else 25)
    starts = np.stack([u0, np.full_like(u0, 1e-5)], axis=1)
    data: dict[str, npt.NDArray[Any]] = {"u0": u0}
    for name, (method, _) in METHODS.items():
        data[name] = leave_ball(saddle, [0.0, 0.0], starts, 1.0, method).steps
    repeats = 200 if quick else 1000
    many = np.repeat(starts, repeats, axis=0)
    noisy = leave_ball(saddle, [0.0, 0.0], many, 1.0, PERTURBED, rng).steps.reshape(len(u0), repeats)
    data |= {"perturbed": noisy.mean(axis=1), "perturbed_error": noisy.std(axis=1, ddof=1) / np.sqrt(repeats)}

    angle = np.geomspace(1e-16, np.pi / 2, 25 if quick else 49)
    plane = CLOSE * np.stack([np.sin(angle), np.cos(angle), np.ones_like(angle)], axis=1)
    double = problem("quadratic", eigenvalues=PAIR)
    data |= {"angle": angle, "double": leave_ball(double, np.zeros(3), plane, 1.0, GradientDescent(PAIR_LR)).steps}
    data["double_predicted"] = linear_escape_steps(plane, PAIR, PAIR_LR, 1.0)
    for name, (_, parameters) in REAL.items():
        data |= {f"{name}_{key}": array for key, array in real_saddles(name, parameters, quick, rng).items()}
    return data


def real_saddles(
    name: str, parameters: dict[str, Any], quick: bool, rng: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """Median escape times from saddles of one landscape, at most 30 of them, beside the linear prediction."""
    landscape = problem(name, **parameters)
    saddles = find_critical_points(landscape, landscape.starts(rng, 300)).saddles
    saddles = saddles[: 5 if quick else 30]
    radius = 1e-3 * landscape.diagonal
    times = [
        escape_times(landscape, x, radius, 25 if quick else 100, LEARNING_RATE / np.abs(lam).max(), rng)
        for x, lam in zip(saddles.x, saddles.eigenvalues, strict=True)
    ]
    return {
        "measured": np.array([t.median_steps for t in times]),
        "predicted": np.array([t.predicted_median_steps for t in times]),
        "index": saddles.index,
    }


def law(name: str, u0: Array) -> Array:
    """Continuous time at which the unstable coordinate reaches 1, once transients are over."""
    growth = nesterov_growth if name == "nesterov" else heavy_ball_growth
    rate, amplitude = growth(LR, 1.0, 0.0 if name == "descent" else MOMENTUM)
    result: Array = (-np.log(u0) - amplitude) / rate
    return result


def claims(data: Data) -> list[Claim]:
    result = []
    for name, (_, title) in METHODS.items():
        # The transient is forgotten as (rho_2/rho_1)^t, and the stable coordinate is gone: only at a time that is a
        # whole number to rounding could the next step be meant.
        early = np.ceil(law(name, data["u0"]))
        result.append(
            Claim(
                f"{title}: starts that do not leave at the first whole step after the law's time",
                (data[name] != early).sum(),
                expected=0,
                tolerance=0,
                source="larger root of the two-step recursion",
            )
        )
    mean, _ = ball_start_mean_and_deviation(1.0, NOISE, LR, 1.0, dim=2)
    far = data["u0"] < 1e-3 * NOISE
    measured, error = data["perturbed"][far].mean(), np.sqrt((data["perturbed_error"][far] ** 2).mean() / far.sum())
    result.append(
        Claim(
            "perturbed gradient descent: mean time from starts far within the noise",
            measured,
            expected=float(mean) + 0.5,
            tolerance=4.5 * error + 0.05,
            source="{ln(1/r) + [psi(2) - psi(1/2)]/2}/ln(1 + lr), and 1/2 for whole steps; 4.5 standard errors",
        )
    )
    result.append(
        Claim(
            "two unstable directions: directions of the start for which measured and exact time differ",
            (data["double"] != data["double_predicted"]).sum(),
            expected=0,
            tolerance=0,
            source="sum of the modes' growth",
        )
    )
    measured, predicted = (
        np.concatenate([data[f"{name}_{key}"] for name in REAL]) for key in ("measured", "predicted")
    )
    excess = (np.abs(measured - predicted) - 1) / predicted
    result.append(
        Claim(
            f"{len(excess)} saddles of {len(REAL)} landscapes: largest difference of the median times from the linear "
            "ones beyond one step, relative",
            max(float(excess.max()), 0.0),
            low=0,
            high=0.01,
            source="linearisation in a ball of a thousandth of the diagonal; rounding to whole steps makes one of them",
        )
    )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(5.0)
    axes = figure.subplot_mosaic([["a", "b"], ["a", "c"]], width_ratios=[1.15, 1])
    left, top, bottom = axes["a"], axes["b"], axes["c"]
    dense = np.geomspace(data["u0"][0], 0.1, 50)
    for (name, (_, title)), colour, marker in zip(METHODS.items(), (BLUE, GREEN, ORANGE), "o^D", strict=True):
        plot_theory(dense, law(name, dense), left, color=colour)
        plot_measured(data["u0"], data[name], ax=left, color=colour, fmt=marker, label=title)
    mean, _ = ball_start_mean_and_deviation(1.0, NOISE, LR, 1.0, dim=2)
    plot_theory([dense[0], NOISE], [mean + 0.5] * 2, left, color=VERMILION)
    error = 2 * data["perturbed_error"]
    plot_measured(
        data["u0"],
        data["perturbed"],
        data["perturbed"] - error,
        data["perturbed"] + error,
        ax=left,
        color=VERMILION,
        fmt="s",
        label="perturbed",
    )
    left.plot([NOISE, NOISE], [0, 430], color=VERMILION, linestyle=":", linewidth=1.0)
    left.annotate("noise", (NOISE, 430), (4, -8), textcoords="offset points", color=VERMILION)
    left.set(xscale="log", xlabel="$|u_0|/r$, distance to stable manifold", ylabel="escape time / steps")
    left.set(ylim=(0, None), xticks=[1e-13, 1e-9, 1e-5, 1e-1])
    left.legend(loc="upper right")
    panel(left, "a", "four methods, one saddle")

    for k, colour in enumerate((SKY, GREEN)):
        alone = np.sin(data["angle"]) if k == 0 else np.cos(data["angle"])[:-1]
        time = escape_steps_one_direction(1.0, CLOSE * alone, PAIR_LR, PAIR[k])
        plot_theory(data["angle"][: len(time)], time, top, color=colour, label=f"λ = −{-PAIR[k]:g} alone")
    plot_theory(data["angle"], data["double_predicted"], top, color=BLACK, linewidth=0.8)
    plot_measured(data["angle"], data["double"], ax=top, color=PURPLE, markersize=3, label="both", zorder=3)
    top.set(xscale="log", xlabel="angle from the slow direction", ylabel="escape time / steps", ylim=(100, 520))
    top.set(xticks=[1e-15, 1e-10, 1e-5, 1])
    top.legend(loc="upper right")
    panel(top, "b", "two unstable directions")

    colours, markers = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY), "os^Dv*"
    everything = []
    for (name, (title, _)), colour, marker in zip(REAL.items(), colours, markers, strict=True):
        predicted, measured = data[f"{name}_predicted"], data[f"{name}_measured"]
        everything.append(predicted)
        plot_measured(predicted, measured, ax=bottom, color=colour, fmt=marker, mfc="none", label=title)
    together = np.concatenate(everything)
    ends = [together.min() / 1.5, together.max() * 1.5]
    plot_theory(ends, ends, bottom, color=BLACK, linewidth=0.8)
    bottom.set(xscale="log", yscale="log", xlabel="linear prediction / steps", ylabel="median time / steps")
    bottom.legend(loc="upper left", fontsize=6.5, handletextpad=0.2, labelspacing=0.25)
    panel(bottom, "c", "saddles of every index")
    return figure


EXPERIMENT = Experiment(
    name="escape_time_law",
    title="The law of the escape time: methods, unstable directions, and real saddles",
    caption=(
        "Steps to leave a ball of radius r round a saddle. (a) Quadratic saddle with eigenvalues −1 and 2, r = 1, "
        "learning rate 0.05, momentum 0.8: against the start's unstable coordinate u₀. Every time is logarithmic, with "
        "the slope 1/ln ρ of the growth per step ρ (lines); perturbed gradient descent (mean of repeated runs, noise "
        "of radius 10⁻⁴, dotted) waits no longer than its noise demands (horizontal line). (b) Eigenvalues −1, "
        "−0.4 and 1, learning rate 0.1: time against the angle between the start's unstable part, 10⁻⁶ long, and the "
        "slow direction; black: the sum over modes, exact. "
        "(c) Median times at saddles of six landscapes, up to 30 of each, of every index, from random starts in a "
        "ball of a thousandth of the landscape's diagonal, against the median of the linear prediction."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
