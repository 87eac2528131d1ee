"""Escape times against the dimension, up to a million: logarithmic, and for many unstable directions constant."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.descent.gradient_descent import GradientDescent
from landscape.descent.noise import uniform_in_ball
from landscape.descent.perturbed_gradient_descent import PerturbedGradientDescent
from landscape.escape.exits import leave_ball
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREEN, VERMILION, new_figure
from landscape.problems.quadratic import quadratic
from landscape.random import stream
from landscape.theory.escape import ball_start_mean_and_deviation, escape_survival_from_ball

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LR, RADIUS, BALL = 0.5, 1.0, 1e-3  # the unstable coordinate grows by 3/2 a step
COORDINATES = 1_000_000  # of a batch: what the processor's cache holds is fastest
FIXED_DIM = 1024
KINDS = {
    "descent": ("gradient descent, starts in a d-ball", BLUE, "o"),
    "perturbed": ("perturbed, from the saddle itself", VERMILION, "s"),
    "half": ("gradient descent, half of the directions unstable", GREEN, "^"),
}


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Mean escape times from quadratic saddles with curvatures -1 and 1; no matrix is ever formed."""
    rng = stream(seed, {"figure": "escape_against_dimension"}, 0)
    dims = np.array([2, 10, 100, 1000] if quick else [2, 10, 100, 1000, 10_000, 100_000, 1_000_000])
    sizes = np.clip((300_000 if quick else 8_000_000) // dims, 16, 1000 if quick else 4000)
    data: dict[str, npt.NDArray[Any]] = {"dims": dims, "sizes": sizes}
    for kind in KINDS:
        steps = [
            escapes(kind, int(d), int(d) // 2 if kind == "half" else 1, int(size), rng)
            for d, size in zip(dims, sizes, strict=True)
        ]
        data |= {
            kind: np.array([s.mean() for s in steps]),
            f"{kind}_lost": np.array([np.isinf(s).sum() for s in steps]),
        }
    unstable = np.array([1, 4, 32, 256, FIXED_DIM])
    several = [escapes("descent", FIXED_DIM, int(k), 200 if quick else 2000, rng) for k in unstable]
    return data | {"unstable": unstable, "several": np.array([s.mean() for s in several])}


def escapes(kind: str, dim: int, unstable: int, size: int, rng: np.random.Generator) -> Array:
    """Escape times of `size` runs from a saddle with so many unstable directions, (size,)."""
    curvature = np.ones(dim)
    curvature[:unstable] = -1.0
    saddle = quadratic(curvature)
    center = np.zeros(dim)
    batch = max(1, COORDINATES // dim)
    method: GradientDescent | PerturbedGradientDescent = GradientDescent(LR)
    if kind == "perturbed":
        method = PerturbedGradientDescent(LR, radius=BALL, gradient_threshold=2 * BALL, wait=1_000_000)
    steps = []
    for done in range(0, size, batch):
        starts = np.zeros((min(batch, size - done), dim))
        if kind != "perturbed":
            starts = uniform_in_ball(saddle.manifold, starts, BALL, rng)
        steps.append(leave_ball(saddle, center, starts, RADIUS, method, rng, max_steps=1000).steps)
    return np.concatenate(steps)


def law(dim: npt.ArrayLike, unstable: npt.ArrayLike) -> tuple[Array, Array]:
    """Exact mean and standard deviation of the whole number of steps, from sums over the probabilities P(T > t)."""
    t = np.arange(500.0)[:, None]
    inside = escape_survival_from_ball(t, RADIUS, BALL, LR, 1.0, np.atleast_1d(dim), np.atleast_1d(unstable))
    mean, square = inside.sum(axis=0), ((2 * t + 1) * inside).sum(axis=0)
    return mean, np.sqrt(np.maximum(square - mean**2, 0.0))


def claims(data: Data) -> list[Claim]:
    result = []
    for kind, (title, _, _) in KINDS.items():
        mean, deviation = law(data["dims"], data["dims"] // 2 if kind == "half" else 1)
        result += [
            Claim(
                f"{title}: mean escape time in {d} dimensions",
                measured,
                expected=float(m),
                tolerance=4.5 * float(s) / np.sqrt(size) + 1e-6,  # rounding, where all runs take the same time
                source="sum of the probabilities, beta functions, that a run is still inside; 4.5 standard errors",
            )
            for d, size, measured, m, s in zip(data["dims"], data["sizes"], data[kind], mean, deviation, strict=True)
        ]
    ends = data["descent"][-1] - data["descent"][1]
    growth = ball_start_mean_and_deviation(RADIUS, BALL, LR, 1.0, data["dims"])[0]
    lost = sum(int(data[f"{kind}_lost"].sum()) for kind in KINDS)
    result += [
        Claim(
            f"from 10 to {data['dims'][-1]} dimensions gradient descent takes so many steps longer",
            ends,
            expected=float(growth[-1] - growth[1]),
            tolerance=0.01 + 4.5 * float(law(10, 1)[1][0]) * np.sqrt(1 / data["sizes"][1] + 1 / data["sizes"][-1]),
            source="[psi(d/2 + 1) - psi(6)]/2 over ln(1 + lr), in the long run ln(d)/2; 4.5 standard errors",
        ),
        Claim("runs that did not escape", lost, expected=0, tolerance=0, source="the quadratic saddle"),
    ]
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.9)
    left, right = figure.subplots(1, 2, width_ratios=[1.35, 1])
    dense = np.geomspace(2, data["dims"][-1], 200)
    for kind, (title, colour, marker) in KINDS.items():
        unstable = dense / 2 if kind == "half" else 1
        plot_theory(dense, law(dense, unstable)[0], left, color=colour)
        mean, deviation = data[kind], law(data["dims"], data["dims"] // 2 if kind == "half" else 1)[1]
        error = 2 * deviation / np.sqrt(data["sizes"])
        hollow = {"mfc": "none", "markersize": 6} if kind == "perturbed" else {"markersize": 3.5}
        plot_measured(
            data["dims"], mean, mean - error, mean + error, ax=left, color=colour, fmt=marker, label=title, **hollow
        )
    left.set(xscale="log", xlabel="dimension d", ylabel="mean escape time / steps", ylim=(14, 46))
    left.legend(loc="upper left", fontsize=6.8)
    panel(left, "a", "one unstable direction, or half")

    k = np.geomspace(1, FIXED_DIM, 200)
    plot_theory(k, law(FIXED_DIM, k)[0], right, color=BLUE)
    plot_measured(data["unstable"], data["several"], ax=right, color=BLUE)
    right.set(xscale="log", xlabel="unstable directions k", ylabel="mean escape time / steps")
    panel(right, "b", f"d = {FIXED_DIM}")
    return figure


EXPERIMENT = Experiment(
    name="escape_against_dimension",
    title="Escape against dimension: half a logarithm of d, up to a million dimensions",
    caption=(
        "Mean number of steps to leave the unit ball round a quadratic saddle with curvatures −1 and 1, learning rate "
        "0.5. (a) Gradient descent from starts uniform in a d-ball of radius 10⁻³ with one unstable direction, "
        "perturbed gradient descent from the saddle itself with noise uniform in the same ball, and gradient descent "
        "with half of the directions unstable; two standard errors. (b) 1024 dimensions, k of them unstable. Lines: "
        "exact for whole steps; but for their rounding {ln(R/r) + [ψ(d/2 + 1) − ψ(k/2)]/2}/ln(1 + η) + ½."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
