"""Zigzag paths and the number of steps against the condition number, with and without momentum."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING

import numpy as np

from landscape.arrays import Array, norm
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.descent.heavy_ball import HeavyBall
from landscape.descent.method import DescentMethod
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_contours, plot_measured, plot_paths, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, VERMILION, new_figure
from landscape.function import Landscape
from landscape.problems import problem
from landscape.theory.rates import (
    heavy_ball_contraction,
    heavy_ball_parameters,
    optimal_contraction,
    optimal_learning_rate,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLAIMED = (10, 100, 1000)
PATH_KAPPA = 30.0
TOLERANCE = 1e-8  # of the distance to the minimum, relative to the start's


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, Array]:
    """Descents on quadratics of growing condition number; nothing is random."""
    kappas = np.geomspace(2, 1000 if quick else 4000, 8 if quick else 12)
    descent, ball = [], []
    for kappa in kappas:
        bowl = problem("quadratic", eigenvalues=(1.0, kappa))
        descent.append(_steps(bowl, _optimal(kappa), float(optimal_contraction(kappa))))
        ball.append(_steps(bowl, _heavy_ball(kappa), float(heavy_ball_contraction(kappa))))
    side = np.linspace(-1.1, 1.1, 101)
    bowl = problem("quadratic", eigenvalues=(1.0, PATH_KAPPA))
    return {
        "kappa": kappas,
        "descent_steps": np.array(descent),
        "ball_steps": np.array(ball),
        "descent_contraction": np.array(
            [_contraction(k, _optimal(k), float(optimal_contraction(k)), growth=1.0, decay=20.0) for k in CLAIMED]
        ),
        # The factor t is 2 between t and 2 t up to 1/t^2: t is as large as floats allow, whose squares end at e^-700.
        "ball_contraction": np.array(
            [
                _contraction(k, _heavy_ball(k), float(heavy_ball_contraction(k)), growth=2.0, decay=150.0)
                for k in CLAIMED
            ]
        ),
        "descent_path": _path(bowl, _optimal(PATH_KAPPA)),
        "ball_path": _path(bowl, _heavy_ball(PATH_KAPPA)),
        "side": side,
        "height": bowl.value(np.stack(np.meshgrid(side, side), axis=-1)),
    }


def _optimal(kappa: float) -> GradientDescent:
    return GradientDescent(float(optimal_learning_rate(1.0, kappa)))


def _heavy_ball(kappa: float) -> HeavyBall:
    lr, momentum = heavy_ball_parameters(1.0, kappa)
    return HeavyBall(float(lr), float(momentum))


def _start(kappa: float) -> Array:
    """Where the gradient's components along the two axes are equal, at distance 1 from the minimum."""
    corner = np.array([[kappa, 1.0]])
    return corner / norm(corner)


def _distances(bowl: Landscape, start: Array, method: DescentMethod, steps: int) -> Array:
    """Distance to the minimum after 0, 1, ..., `steps` steps."""
    path = descend(bowl, start, method, max_steps=steps, tol=0.0, record=1).trajectory
    assert path is not None
    return norm(path.x[:, 0])


def _steps(bowl: Landscape, method: DescentMethod, contraction: float) -> int:
    """Steps until the distance has fallen to `TOLERANCE` for good; looked for up to twice the expected number."""
    limit = int(2 * np.log(TOLERANCE) / np.log(contraction)) + 50
    far = _distances(bowl, np.array([[0.6, 0.8]]), method, limit) > TOLERANCE
    return int(np.flatnonzero(far)[-1]) + 1


def _contraction(kappa: float, method: DescentMethod, expected: float, growth: float, decay: float) -> float:
    """Contraction per step between step t and step 2 t, t when the distance is about exp(-decay).

    The late distance is a power of the contraction times t^log2(growth). `expected` is only used to set t.
    """
    t = int(-decay / np.log(expected))
    distance = _distances(problem("quadratic", eigenvalues=(1.0, kappa)), _start(kappa), method, 2 * t)
    return float((distance[2 * t] / distance[t] / growth) ** (1 / t))


def _path(bowl: Landscape, method: DescentMethod) -> Array:
    path = descend(bowl, [[-1.0, 0.25]], method, max_steps=30, tol=0.0, record=1).trajectory
    assert path is not None
    return path.x


def claims(data: Data) -> list[Claim]:
    result = []
    for k, kappa in enumerate(CLAIMED):
        result.append(
            Claim(
                f"contraction per step of gradient descent at the optimal rate, kappa = {kappa}",
                data["descent_contraction"][k],
                expected=float(optimal_contraction(kappa)),
                tolerance=1e-6,
                source="(kappa - 1)/(kappa + 1): Polyak 1987",
            )
        )
    for k, kappa in enumerate(CLAIMED):
        result.append(
            Claim(
                f"contraction per step of the heavy ball, factor t of the double root taken out, kappa = {kappa}",
                data["ball_contraction"][k],
                expected=float(heavy_ball_contraction(kappa)),
                tolerance=1e-4,
                source="(sqrt(kappa) - 1)/(sqrt(kappa) + 1): Polyak 1964",
            )
        )
    result.append(
        Claim(
            "largest relative deviation of gradient descent's steps to tolerance from ln(tolerance)/ln(contraction)",
            np.abs(data["descent_steps"] / _expected(optimal_contraction(data["kappa"])) - 1)[1:].max(),
            low=0.0,
            high=0.1,
            source="geometric decay",
        )
    )
    return result


def _expected(contraction: Array) -> Array:
    return np.log(TOLERANCE) / np.log(contraction)


def draw(data: Data) -> Figure:
    figure = new_figure(2.75)
    left, right = figure.subplots(1, 2)
    plot_contours(data["side"], data["side"], data["height"], left)
    for path, colour, label in (
        (data["descent_path"], BLUE, "gradient descent"),
        (data["ball_path"], VERMILION, "heavy ball"),
    ):
        plot_paths(path, left, color=colour, marker=".", markersize=3, linewidth=0.9, label=label)
    left.plot(0, 0, "k+", markersize=7, zorder=4)
    left.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(-1.15, 0.5), ylim=(-0.85, 0.6), xticks=(-1, -0.5, 0))
    left.legend(loc="lower left", ncols=2, columnspacing=1.0, handlelength=1.2, borderaxespad=0.2)
    panel(left, "a", f"30 steps at $\\kappa$ = {PATH_KAPPA:g}")

    kappa = data["kappa"]
    dense = np.geomspace(kappa[0], kappa[-1], 200)
    for steps, law, colour, word in (
        ("descent_steps", optimal_contraction, BLUE, r"gradient descent, $\frac{\kappa-1}{\kappa+1}$"),
        ("ball_steps", heavy_ball_contraction, VERMILION, r"heavy ball, $\frac{\sqrt{\kappa}-1}{\sqrt{\kappa}+1}$"),
    ):
        plot_theory(dense, _expected(law(dense)), right, color=colour)
        plot_measured(kappa, data[steps], ax=right, color=colour, label=word)
    right.set(xscale="log", yscale="log", xlabel=r"condition number $\kappa = L/\mu$", ylabel="steps to $10^{-8}$")
    right.legend(loc="upper left")
    panel(right, "b", "cost of conditioning")
    return figure


EXPERIMENT = Experiment(
    name="conditioning",
    title="Zigzag and momentum: steps against the condition number",
    caption=(
        "Quadratics of condition number κ = L/μ. (a) The first 30 steps of gradient descent at the optimal learning "
        "rate 2/(L + μ), which zigzags, and of the heavy ball at Polyak's parameters, on contours of f. (b) Steps "
        "until the distance to the minimum has fallen by 10⁸: measured (points), and what the contraction per step "
        "gives (lines). The heavy ball needs more than its line by the logarithm of the factor t that the double "
        "roots of its iteration bring."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
