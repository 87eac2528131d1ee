"""The worked example: a straight line through four points, by gradient descent."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING

import numpy as np

from landscape.arrays import Array, norm
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_contours, plot_measured, plot_paths, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, VERMILION, new_figure
from landscape.problems import problem
from landscape.theory.rates import gradient_descent_contraction, optimal_learning_rate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

X, Y = (1.0, 2.0, 3.0, 4.0), (2.0, 4.0, 5.0, 4.0)
LR, SHOWN = 0.01, 500
SOLUTION = np.array([0.7, 2.0])
CLOSE = 1e-6  # both weights within this of the solution


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, Array]:
    """One descent at the article's learning rate and one at the best; nothing is random."""
    loss = problem("linear_regression", x=X, y=Y)
    curvature = np.linalg.eigvalsh(loss.hessian(np.zeros(2)))
    best = float(optimal_learning_rate(*curvature))
    slope, intercept = np.linspace(-0.2, 1.7, 121), np.linspace(-1.7, 3.0, 121)
    return {
        "path": _path(LR, 6000),
        "best_path": _path(best, 600),
        "best_lr": np.array(best),
        "curvature": curvature,
        "slope": slope,
        "intercept": intercept,
        "height": loss.value(np.stack(np.meshgrid(slope, intercept), axis=-1)),
    }


def _path(lr: float, steps: int) -> Array:
    """Weights after 0, 1, ..., `steps` steps from zero, (steps + 1, 2)."""
    loss = problem("linear_regression", x=X, y=Y)
    path = descend(loss, [[0.0, 0.0]], GradientDescent(lr), max_steps=steps, tol=0.0, record=1).trajectory
    assert path is not None
    return path.x[:, 0]


def _error(path: Array) -> Array:
    """The larger error of the two weights, (steps + 1,)."""
    return np.abs(path - SOLUTION).max(axis=1)


def _steps_to_solution(path: Array) -> int:
    """First step after which both weights are within `CLOSE` of the solution."""
    return int(np.argmax(_error(path) <= CLOSE))


def claims(data: Data) -> list[Claim]:
    w = data["path"][SHOWN]
    source = "worked example; iteration by hand in rational arithmetic"
    least_squares = np.polyfit(X, Y, 1)
    return [
        Claim(f"slope w1 after {SHOWN} steps", w[0], expected=0.819946, tolerance=5e-7, source=source),
        Claim(f"intercept w2 after {SHOWN} steps", w[1], expected=1.647344, tolerance=5e-7, source=source),
        Claim(
            "distance of the last weights from the least-squares line",
            float(norm(data["path"][-1] - least_squares)),
            low=0.0,
            high=CLOSE,
            source="NumPy polyfit: (0.7, 2)",
        ),
        Claim(
            "first step with both weights within 1e-6 of the solution, learning rate 0.01",
            _steps_to_solution(data["path"]),
            expected=4761,
            tolerance=0,
            source="iterated independently of this library",
        ),
        Claim(
            "the same at the optimal learning rate 2/(L + mu)",
            _steps_to_solution(data["best_path"]),
            expected=403,
            tolerance=0,
            source="iterated independently of this library",
        ),
    ]


def draw(data: Data) -> Figure:
    figure = new_figure(4.6)
    axes = figure.subplot_mosaic([["plane", "line"], ["error", "error"]])
    plane, line, error = axes["plane"], axes["line"], axes["error"]
    path, best_path = data["path"], data["best_path"]
    after = path[SHOWN]

    plot_contours(data["slope"], data["intercept"], data["height"], plane)
    plot_paths(path[:, None], plane, color=BLUE)
    plane.plot(*after, "o", color=BLUE, label=f"after {SHOWN} steps")
    plane.plot(*SOLUTION, "*", color=VERMILION, markersize=9, label="least squares")
    plane.plot(0, 0, "s", color=BLACK, markersize=3.5, label="start")
    plane.set(xlabel="slope $w_1$", ylabel="intercept $w_2$")
    plane.legend(loc="lower right", borderaxespad=0.1, frameon=True, framealpha=0.9, edgecolor="none")
    panel(plane, "a", "path of the weights")

    at = np.array([0.6, 4.4])
    plot_measured(X, Y, ax=line, color=BLACK, label="data")
    plot_theory(
        at, after[0] * at + after[1], line, color=BLUE, label=f"{after[0]:.3f} $x$ + {after[1]:.3f}, step {SHOWN}"
    )
    plot_theory(at, 0.7 * at + 2, line, color=VERMILION, linestyle="--", label="0.7 $x$ + 2, least squares")
    line.set(xlabel="$x$", ylabel="$y$", ylim=(-1.4, 5.5))
    line.legend(loc="lower right")
    panel(line, "b", "the line")

    for weights, lr, colour, word in (
        (path, LR, BLUE, f"learning rate η = {LR:g}"),
        (best_path, float(data["best_lr"]), GREEN, f"η = 2/(L + μ) = {float(data['best_lr']):.4f}"),
    ):
        distance = _error(weights)
        shown = np.arange(0, len(distance), max(1, len(distance) // 30))
        rate = float(gradient_descent_contraction(data["curvature"][0], data["curvature"][1], lr))
        steps = np.arange(len(distance))
        anchor = len(distance) // 4
        plot_theory(steps, distance[anchor] * rate ** (steps - anchor), error, color=colour, label=word)
        plot_measured(shown, distance[shown], ax=error, color=colour, markersize=3)
    error.axvline(SHOWN, color=GREY, linewidth=0.8, linestyle=":")
    error.annotate(f"step {SHOWN}", (SHOWN, 2.0), xytext=(3, 0), textcoords="offset points", color=GREY, fontsize=7.5)
    reached = _steps_to_solution(path)
    error.axhline(CLOSE, color=GREY, linewidth=0.8)
    error.annotate(f"step {reached}", (reached, CLOSE), xytext=(0, 4), textcoords="offset points", fontsize=7.5)
    error.set(xlabel="step $t$", ylabel=r"$\max_i |w_i - w_i^*|$", yscale="log", ylim=(2e-8, 5), xlim=(-50, 6000))
    error.legend(loc="upper right")
    panel(error, "c", "error of the weights; lines: contraction max |1 − ηλ| per step")
    return figure


EXPERIMENT = Experiment(
    name="linear_regression",
    title="A worked example: 500 steps are not enough for a line through four points",
    caption=(
        "Mean of squared residuals of y = w₁ x + w₂ at the points (1, 2), (2, 4), (3, 5), (4, 4), by gradient descent "
        "from zero with learning rate 0.01. (a) The weights fall quickly into the valley and creep along it. (b) The "
        "line after 500 steps, and the least-squares line. (c) The larger error of the two weights against (0.7, 2): "
        "measured (points) and the decay that the eigenvalues of the Hessian give (lines, set at a quarter of the "
        "run). With learning rate 0.01 both weights are within 10⁻⁶ after 4761 steps, at the optimal rate after 403."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
