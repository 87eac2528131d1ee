"""How long descent stays at a saddle, against the start's distance from the saddle's stable manifold."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, norm
from landscape.critical.find import find_critical_points
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.escape.times import escape_times
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, ORANGE, VERMILION, new_figure
from landscape.problems import problem
from landscape.random import stream
from landscape.theory.escape import escape_steps_one_direction

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EIGENVALUES = (-1.0, 2.0)
RATES = (0.02, 0.1, 0.4)
SHOWN = 60  # starts round each real saddle that are drawn
# Saddles of functions that are not quadratic: the lowest one of each, a ball, and a learning rate.
REAL = {"himmelblau": ("Himmelblau", 0.05, 1e-3), "muller_brown": ("Müller–Brown", 0.005, 1e-4)}


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Descents from a quadratic saddle at given distances, and from balls round real saddles."""
    u0 = np.geomspace(1e-14, 0.2, 16 if quick else 31)
    data: dict[str, npt.NDArray[Any]] = {"u0": u0, "steps": np.array([quadratic_escape(u0, lr) for lr in RATES])}
    for name, (_, radius, lr) in REAL.items():
        landscape = problem(name)
        rng = stream(seed, {"figure": "saddle_escape", "problem": name}, 0)
        saddle = find_critical_points(landscape, landscape.starts(rng, 500)).saddles[0]
        escape = escape_times(landscape, saddle.x[0], radius, 300 if quick else 1000, lr, rng)
        data |= {
            f"{name}_u0": np.abs(escape.offset[:, 0]) / radius,
            f"{name}_steps": escape.steps,
            f"{name}_predicted": escape.predicted_steps,
            f"{name}_rate": np.array(np.log1p(-lr * escape.eigenvalues[0])),
        }
    return data


def quadratic_escape(u0: Array, lr: float) -> Array:
    """Steps of descent from (u0, 0.01) until it is farther than 1 from the saddle at the origin, (m,)."""
    saddle = problem("quadratic", eigenvalues=EIGENVALUES)
    start = np.stack([u0, np.full_like(u0, 0.01)], axis=1)
    longest = int(escape_steps_one_direction(1.0, u0.min(), lr, EIGENVALUES[0])) + 2
    path = descend(saddle, start, GradientDescent(lr), max_steps=longest, tol=0.0, record=1).trajectory
    assert path is not None
    outside = norm(path.x) > 1.0
    return np.where(outside.any(axis=0), outside.argmax(axis=0), np.inf)


def claims(data: Data) -> list[Claim]:
    result = []
    for steps, lr in zip(data["steps"], RATES, strict=True):
        law = escape_steps_one_direction(1.0, data["u0"], lr, EIGENVALUES[0])
        result.append(
            Claim(
                f"quadratic saddle, learning rate {lr}: starts that leave at the first whole step after the law's time",
                int((steps == np.ceil(law)).sum()),
                expected=len(steps),
                tolerance=0,
                source="ln(r/|u0|)/ln(1 + lr |lambda|), exact for one unstable direction",
            )
        )
    for name, (title, _, _) in REAL.items():
        steps, predicted = data[f"{name}_steps"], data[f"{name}_predicted"]
        result.append(
            Claim(
                f"{title}, its lowest saddle: median of measured over predicted escape time",
                float(np.median(steps / predicted)),
                expected=1.0,
                tolerance=0.02,
                source="linearised descent from the same starts",
            )
        )
        slope = np.polyfit(np.log(data[f"{name}_u0"]), steps, 1)[0] * float(data[f"{name}_rate"])
        result.append(
            Claim(
                f"{title}: slope of the escape time against ln |u0|, times ln(1 + lr |lambda|)",
                slope,
                expected=-1.0,
                tolerance=0.02,
                source="the same law",
            )
        )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.9)
    left, right = figure.subplots(1, 2)
    dense = np.geomspace(data["u0"][0], 1, 100)
    for steps, lr, colour in zip(data["steps"], RATES, (BLUE, VERMILION, GREEN), strict=True):
        plot_theory(dense, escape_steps_one_direction(1.0, dense, lr, EIGENVALUES[0]), left, color=colour)
        plot_measured(data["u0"], steps, ax=left, color=colour, markersize=3, label=f"η = {lr:g}")
    left.set(xscale="log", xlabel="$|u_0|/r$, distance to stable manifold", ylabel="escape time / steps")
    left.set(ylim=(0, None), xticks=[1e-12, 1e-8, 1e-4, 1])
    left.legend(loc="upper right")
    panel(left, "a", "quadratic saddle")

    for (name, (title, _, _)), colour, marker in zip(REAL.items(), (ORANGE, BLUE), "so", strict=True):
        u0, time = data[f"{name}_u0"], data[f"{name}_steps"] * data[f"{name}_rate"]
        plot_measured(
            u0[:150],
            time[:150],
            ax=right,
            color=colour,
            fmt=marker,
            mfc="none",
            markersize=(5, 3)[name == "muller_brown"],
            label=title,
        )
    dense = np.geomspace(min(data[f"{name}_u0"][:SHOWN].min() for name in REAL), 0.02, 50)
    plot_theory(dense, -np.log(dense), right, color=BLACK, label="$\\ln(r/|u_0|)$", zorder=3)
    right.set(xscale="log", xlabel="$|u_0|/r$, distance to stable manifold")
    right.set(ylabel=r"escape time $\times\ \ln(1 + \eta|\lambda|)$", ylim=(3.5, None))
    right.legend(loc="upper right")
    panel(right, "b", "saddles of real landscapes")
    return figure


EXPERIMENT = Experiment(
    name="saddle_escape",
    title="Escape from a saddle: the logarithm of the distance to its stable manifold",
    caption=(
        "Steps that gradient descent takes to leave a ball of radius r round a saddle with one unstable direction, "
        "against the start's coordinate u₀ along it. (a) Quadratic saddle with eigenvalues −1 and 2, r = 1: every "
        "measured time is the first whole number above ln(r/|u₀|)/ln(1 + η|λ|), drawn as a line. (b) The lowest "
        "saddles of Himmelblau's function and of the Müller–Brown surface, r = 0.05 and 0.005, random starts in a "
        "hundredth of the ball, 60 of them drawn: in units of the linear growth rate both follow one line."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
