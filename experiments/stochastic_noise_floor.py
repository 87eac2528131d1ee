"""Where the noise of stochastic gradients stops the descent, and how a falling learning rate gets below."""

from __future__ import annotations

from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.descent.ensemble import descend
from landscape.descent.method import DescentMethod
from landscape.descent.noisy_gradient_descent import NoisyGradientDescent
from landscape.descent.stochastic_gradient_descent import StochasticGradientDescent
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILION, new_figure
from landscape.function import Landscape
from landscape.problems import problem
from landscape.random import stream
from landscape.theory.noise import decaying_variance, mean_gap, sampled_covariance, stationary_covariance

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The worked regression: data, least-squares line, and the mean squared error of that line.
DESIGN = np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0], [4.0, 1.0]])
TARGETS = np.array([2.0, 4.0, 5.0, 4.0])
LINE, LOWEST = np.array([0.7, 2.0]), 0.575
TERM_HESSIANS = 2 * DESIGN[:, :, None] * DESIGN[:, None, :]
TERM_GRADIENTS = 2 * (DESIGN @ LINE - TARGETS)[:, None] * DESIGN
HESSIAN = TERM_HESSIANS.mean(axis=0)
SINGLE_NOISE = TERM_GRADIENTS.T @ TERM_GRADIENTS / len(DESIGN)  # covariance of one term's gradient at the minimum

BOWL, NOISE = (1.0, 3.0, 10.0), 2.0
CONSTANT, DECAYING = (0.03, 0.01, 0.003), (0.03, 0.006)  # learning rates, and one with its decay
BATCHES = (1, 4)
LONGEST_RATE = 0.05  # below 2/34, so that not even the steepest single term makes a step unstable
ERRORS = 5.0  # standard errors within which all points must lie: about one false alarm in 10^5 figures


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, Array]:
    """Means over many independent runs, and their standard errors."""
    rng = stream(seed, {"experiment": "stochastic_noise_floor"}, 0)
    runs, steps, every = (200, 3000, 10) if quick else (2000, 10_000, 10)
    regression = problem("linear_regression")
    methods: list[DescentMethod] = [StochasticGradientDescent(lr) for lr in CONSTANT]
    methods.append(StochasticGradientDescent(DECAYING[0], decay=DECAYING[1]))
    gaps = []
    for method in methods:
        path = descend(regression, np.zeros((runs, 2)), method, steps, tol=0.0, record=every, rng=rng).trajectory
        assert path is not None
        gaps.append(regression.value(path.x) - LOWEST)
    step = np.arange(0, steps + 1, every)
    late = step > steps // 3
    ratio = (gaps[-1][late] / _decaying_law(step[late])[:, None]).mean(axis=0)

    size = 600 if quick else 4000
    bowl = problem("quadratic", eigenvalues=BOWL)
    shares = np.geomspace(0.1 if quick else 0.05, 0.9, 4 if quick else 9) * 2 / max(BOWL)
    sampled = np.geomspace(0.015 if quick else 0.005, LONGEST_RATE, 3 if quick else 8)
    floors = {"bowl": [_floor(bowl, np.zeros(3), NoisyGradientDescent(lr, NOISE), lr, size, rng) for lr in shares]}
    for b in BATCHES:
        floors[f"batch{b}"] = [
            _floor(regression, LINE, StochasticGradientDescent(lr, b), lr, size, rng, LOWEST) for lr in sampled
        ]
    return {
        "step": step,
        "curves": np.array(gaps).mean(axis=2),
        "decaying_ratio": np.array([ratio.mean(), ratio.std() / np.sqrt(runs)]),
        "bowl_lr": shares,
        "sampled_lr": sampled,
        **{name: np.array(values).T for name, values in floors.items()},
    }


def _floor(
    f: Landscape,
    minimum: Array,
    method: DescentMethod,
    lr: float,
    size: int,
    rng: np.random.Generator,
    lowest: float = 0.0,
) -> tuple[float, float]:
    """Mean gap of `size` runs and its standard error, once what is left of the start's square is a millionth."""
    slowest = float(np.linalg.eigvalsh(f.hessian(minimum)).min())
    steps = int(np.ceil(np.log(1e-3) / np.log1p(-lr * slowest)))
    # Not from the minimum itself, where the gradient is zero and a run has converged before its first step.
    start = np.tile(minimum + 0.01, (size, 1))
    gaps = descend(f, start, method, steps, tol=0.0, rng=rng).value - lowest
    return float(gaps.mean()), float(gaps.std() / np.sqrt(size))


def _bowl_law(lr: float) -> float:
    """Exact mean gap of noisy descent: noise of length s, uniform in direction, has covariance s^2/d."""
    H = np.diag(BOWL)
    return mean_gap(H, stationary_covariance(H, NOISE**2 / len(BOWL) * np.eye(len(BOWL)), lr))


def _sampled_law(batch_size: int, lr: float) -> float:
    """Exact mean gap of stochastic gradient descent on the regression."""
    return mean_gap(HESSIAN, sampled_covariance(TERM_HESSIANS, TERM_GRADIENTS, lr, batch_size))


def _decaying_law(steps: npt.ArrayLike) -> Array:
    """Late mean gap with decay: the sum over the Hessian's eigenvectors, each with its own curvature and noise."""
    lam, modes = np.linalg.eigh(HESSIAN)
    deviation = np.sqrt(np.diag(modes.T @ SINGLE_NOISE @ modes))
    clock = np.asarray(steps, dtype=np.float64)[..., None] + 1 / DECAYING[1]  # lr_t is lr/decay over this
    return (lam / 2 * decaying_variance(lam, deviation, *DECAYING, clock)).sum(axis=-1)


def claims(data: Data) -> list[Claim]:
    result = []
    for name, lr, law, words in (
        ("bowl", data["bowl_lr"], _bowl_law, "noisy gradient descent on a quadratic"),
        ("batch1", data["sampled_lr"], partial(_sampled_law, 1), "stochastic gradient descent, single terms"),
        ("batch4", data["sampled_lr"], partial(_sampled_law, 4), "stochastic gradient descent, batches of 4"),
    ):
        mean, error = data[name]
        result.append(
            Claim(
                f"{words}: largest deviation of the mean gap from the exact floor, in standard errors",
                float(np.abs((mean - [law(x) for x in lr]) / error).max()),
                low=0.0,
                high=ERRORS,
                source="stationary covariance without free parameters",
            )
        )
    ratio, error = data["decaying_ratio"]
    result.append(
        Claim(
            "with decay: mean gap over the 1/t law, mean over the last two thirds of the steps",
            ratio,
            expected=1.0,
            tolerance=0.05 + ERRORS * error,
            source="Chung 1954; 5% for the noise of the Hessian, which vanishes with the learning rate",
        )
    )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(3.0)
    left, right = figure.subplots(1, 2)
    step = data["step"][1:]
    labels = [f"$\\eta$ = {lr:g}" for lr in CONSTANT] + [f"$\\eta_t$ = {DECAYING[0]:g}/(1 + {DECAYING[1]:g} $t$)"]
    for mean, label, colour in zip(data["curves"], labels, (VERMILION, ORANGE, GREEN, BLUE), strict=True):
        left.plot(step, mean[1:], color=colour, linewidth=0.9, label=label)
    for lr, colour in zip(CONSTANT, (VERMILION, ORANGE, GREEN), strict=True):
        left.axhline(_sampled_law(1, lr), color=colour, linestyle=":", linewidth=1.1, zorder=1)
    late = step[step > 300]
    plot_theory(
        late, _decaying_law(late), left, color=BLACK, linestyle="--", linewidth=1.0, label="$1/t$ law", zorder=3
    )
    left.plot([], [], color=BLACK, linestyle=":", label="exact floors")
    left.set(xscale="log", yscale="log", xlabel="step $t$", ylabel="mean gap $f - f^*$", xlim=(step[0], step[-1]))
    left.set_ylim(2e-3, 200)
    left.legend(loc="upper right", labelspacing=0.2)
    panel(left, "a", "worked regression, one term a step")

    # In units in which all floors are the diagonal where the learning rate is small.
    L = float(np.linalg.eigvalsh(HESSIAN).max())
    dense = np.geomspace(0.03, 0.97, 100)
    plot_theory(dense, dense, right, color=BLACK, linestyle="--", linewidth=0.9, label="$\\eta$ tr $\\Sigma$/4")
    unit = NOISE**2 / 4 * 2 / max(BOWL)
    mean, error = data["bowl"]
    plot_theory(dense, [_bowl_law(x * 2 / max(BOWL)) / unit for x in dense], right, color=PURPLE)
    plot_measured(
        data["bowl_lr"] * max(BOWL) / 2,
        mean / unit,
        (mean - 1.96 * error) / unit,
        (mean + 1.96 * error) / unit,
        right,
        color=PURPLE,
        markersize=3,
        label="quadratic, additive noise",
    )
    for b, colour in zip(BATCHES, (VERMILION, BLUE), strict=True):
        unit = np.trace(SINGLE_NOISE) / b / 4 * 2 / L
        mean, error = data[f"batch{b}"]
        short = dense[dense * 2 / L <= 0.06]
        plot_theory(short, [_sampled_law(b, x * 2 / L) / unit for x in short], right, color=colour)
        plot_measured(
            data["sampled_lr"] * L / 2,
            mean / unit,
            (mean - 1.96 * error) / unit,
            (mean + 1.96 * error) / unit,
            right,
            color=colour,
            fmt="s",
            markersize=3,
            label=f"regression, batches of {b}",
        )
    right.set(
        xscale="log", yscale="log", xlabel="learning rate $\\eta L/2$", ylabel="gap / $(\\mathrm{tr}\\,\\Sigma/2L)$"
    )
    right.legend(loc="upper left", labelspacing=0.2)
    panel(right, "b", "floor against learning rate")
    return figure


EXPERIMENT = Experiment(
    name="stochastic_noise_floor",
    title="The noise floor of stochastic gradients",
    caption=(
        "(a) Mean of f − f* over independent runs of stochastic gradient descent on the worked regression, one random "
        "data point a step: with a constant learning rate η it ends on a floor proportional to η where η is small "
        "(dotted: exact, no free parameter); with a learning rate that falls as 1/t it follows the 1/t law (dashed). "
        "(b) The floor against the learning rate in units of 2/L: noisy gradient descent on a quadratic with "
        "eigenvalues 1, 3 and 10, whose noise Σ does not depend on the position, and stochastic gradient descent on "
        "the regression, where the Hessian of a random term is random too and lifts the floor. Points are means with "
        "95% intervals, lines are exact stationary covariances, and in these units η tr Σ/4 is the diagonal."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
