"""The steps that backtracking accepts, against the bound below which it never goes."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING

import numpy as np

from landscape.arrays import Array, norm
from landscape.descent.armijo import ArmijoGradientDescent
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION, new_figure
from landscape.function import Landscape
from landscape.problems import problem
from landscape.random import stream
from landscape.theory.rates import armijo_step_bound

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DECREASE, BACKTRACK = 1e-4, 0.5  # of the runs that are drawn step by step
CONSTANTS = tuple((beta, c) for beta in (0.2, 0.5, 0.8) for c in (1e-4, 0.1, 0.3, 0.5, 0.7))
FIRST_STEPS = 50.0, 100.0  # in units of 1/L: far too long, so that all runs begin by backtracking
REACHED = 1e-6  # a run has arrived when its gradient is this part of the first one
MARGIN = 1e-9  # relative: how far beyond the bound the tightest first step begins


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, Array]:
    """Runs on functions whose largest curvature L is known everywhere; steps in units of 1/L."""
    rng = stream(seed, {"experiment": "armijo_steps"}, 0)
    groups, runs, steps = (5, 10, 60) if quick else (20, 10, 100)
    data: dict[str, Array] = {}
    for name, (f, L) in _functions().items():
        first = rng.uniform(*FIRST_STEPS, size=groups)
        x = f.starts(rng, groups * runs).reshape(groups, runs, -1)
        drawn = [
            _accepted(f, part[:2], L, ArmijoGradientDescent(t0 / L, DECREASE, BACKTRACK), 20)
            for t0, part in zip(first, x, strict=True)
        ]
        smallest = [
            [np.nanmin(_accepted(f, part, L, ArmijoGradientDescent(t0 / L, c, beta), steps)) for beta, c in CONSTANTS]
            for t0, part in zip(first, x, strict=True)
        ]
        runs_drawn = np.concatenate(drawn)
        going = ~np.isnan(runs_drawn)
        data[f"{name}_number"] = np.nonzero(going)[1].astype(np.float64) + 1
        data[f"{name}_steps"] = runs_drawn[going]
        data[f"{name}_smallest"] = np.min(smallest, axis=0)
    parabola = problem("quadratic", eigenvalues=(1.0,))
    tightest = []
    for beta, c in CONSTANTS:
        method = ArmijoGradientDescent(2 * (1 - c) * (1 + MARGIN), c, beta)
        tightest.append(_accepted(parabola, np.array([[1.0]]), 1.0, method, 1)[0, 0])
    data["tightest"] = np.array(tightest)
    return data


def _functions() -> dict[str, tuple[Landscape, float]]:
    """Convex functions and the largest curvature of each."""
    line = problem("linear_regression")
    logistic = problem("logistic_regression", samples=100, features=5)
    bowl = problem("quadratic", eigenvalues=tuple(np.geomspace(0.01, 1.0, 8)))
    # The logistic loss is steepest in its slope at the origin, for all samples at once; the others are quadratic.
    return {
        name: (f, float(np.linalg.eigvalsh(f.hessian(np.zeros(f.dim))).max()))
        for name, f in (("line", line), ("logistic", logistic), ("bowl", bowl))
    }


def _accepted(f: Landscape, x: Array, L: float, method: ArmijoGradientDescent, steps: int) -> Array:
    """Accepted steps in units of 1/L, (runs, steps); NaN once a run has arrived."""
    gradient = f.riemannian_gradient(x)
    first = norm(gradient)
    memory = method.init(f, x, gradient)
    accepted = np.full((len(x), steps), np.nan)
    for k in range(steps):
        going = norm(gradient) > REACHED * first
        x, gradient, memory = method.step(f, x, gradient, memory, None)
        accepted[going, k] = L * memory.step_size[going]
    return accepted


def _bounds() -> Array:
    beta, c = np.array(CONSTANTS).T
    return armijo_step_bound(1.0, beta, c)


def claims(data: Data) -> list[Claim]:
    result = [
        Claim(
            f"{words}: smallest accepted step over its bound, over all runs and {len(CONSTANTS)} pairs of constants",
            float((data[f"{name}_smallest"] / _bounds()).min()),
            low=1 - 1e-12,
            high=FIRST_STEPS[1] / _bounds().min(),
            source="min(t0, 2 beta (1 - c)/L): Nocedal & Wright 2006, section 3.1",
        )
        for name, (words, _, _) in _LOOKS.items()
    ]
    result.append(
        Claim(
            "parabola, first step just above 2 (1 - c)/L: accepted step over the bound, largest deviation from 1",
            float(np.abs(data["tightest"] / _bounds() - 1).max()),
            low=0.0,
            high=2 * MARGIN,
            source="the bound is attained in the limit; the first step exceeds it by 1e-9",
        )
    )
    return result


_LOOKS = {
    "line": ("worked regression", BLUE, "o"),
    "logistic": ("logistic regression", ORANGE, "s"),
    "bowl": ("quadratic", GREEN, "^"),
}


def draw(data: Data) -> Figure:
    figure = new_figure(3.0)
    left, right = figure.subplots(1, 2)
    for shift, (name, (words, colour, marker)) in enumerate(_LOOKS.items()):
        number = data[f"{name}_number"] + 0.27 * (shift - 1)
        dots = {"linestyle": "none", "marker": marker, "markersize": 1.6, "color": colour, "alpha": 0.6}
        left.plot(number, data[f"{name}_steps"], **dots, markeredgewidth=0)
        left.plot([], [], **{**dots, "alpha": 1.0, "markersize": 4}, label=words)
    left.axhline(
        float(armijo_step_bound(1.0, BACKTRACK, DECREASE)), color=VERMILION, label="bound $2\\beta(1-c)$", zorder=3
    )
    left.axhline(2 * (1 - DECREASE), color=GREY, linestyle="--", linewidth=0.9, label="$2(1-c)$")
    left.set(yscale="log", xlabel="step", ylabel="accepted step $tL$", ylim=(0.6, 90), xlim=(0, 21))
    left.legend(loc="upper right", labelspacing=0.2)
    panel(left, "a", f"$\\beta$ = {BACKTRACK:g}, $c$ = $10^{{-4}}$")

    bound = _bounds()
    line = np.array([0.8 * bound.min(), 1.25 * bound.max()])
    plot_theory(line, line, right, color=VERMILION, label="bound")
    for name, (_, colour, marker) in _LOOKS.items():
        plot_measured(bound, data[f"{name}_smallest"], ax=right, color=colour, fmt=marker, markersize=3.5)
    plot_measured(
        bound, data["tightest"], ax=right, color=BLACK, fmt="x", markersize=4, label="parabola, tightest start"
    )
    right.set(xscale="log", yscale="log", xlabel="bound $2\\beta(1-c)$", ylabel="smallest accepted step $tL$")
    right.legend(loc="lower right")
    panel(right, "b", f"{len(CONSTANTS)} pairs of $\\beta$ and $c$")
    return figure


EXPERIMENT = Experiment(
    name="armijo_steps",
    title="Backtracking never steps below its bound",
    caption=(
        "Steps t that Armijo's backtracking accepts on functions whose curvature is nowhere above L, in units of 1/L, "
        "beginning with a step fifty to a hundred times as long. (a) Forty runs on each of three functions, step by "
        "step: no point is below 2β(1 − c). Steps above the dashed line, 2(1 − c), can be accepted because the "
        "curvature along most directions is less than L. (b) The smallest step of all runs for fifteen pairs of "
        "constants β and c, against the bound; on a parabola, a first step that is a billionth too long to be accepted "
        "is cut down to the bound (crosses), which therefore cannot be improved."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
