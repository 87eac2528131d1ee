"""Learning rates that are too small, best, and too large, on a quadratic."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar

from landscape.arrays import Array, norm
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, PALETTE, new_figure
from landscape.function import Landscape
from landscape.problems import problem
from landscape.theory.rates import gradient_descent_contraction, optimal_learning_rate, stability_limit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MU, L = 1.0, 10.0
START = np.array([[1.0, 1.0]])
BURN_IN = 500  # steps after which the slower of the two directions is all that is left


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, Array]:
    """Descents at many learning rates; nothing is random."""
    bowl = problem("quadratic", eigenvalues=(MU, L))
    steps = 40
    regimes = np.array([0.1 * 2 / L, 2 / (L + MU), 0.99 * 2 / L, 1.03 * 2 / L])
    losses = []
    for lr in regimes:
        path = descend(bowl, START, GradientDescent(lr), max_steps=steps, tol=0.0, record=1).trajectory
        assert path is not None
        losses.append(bowl.value(path.x[:, 0]))
    rates = np.linspace(0.01, 1.15, 20 if quick else 39) * 2 / L
    best = minimize_scalar(lambda lr: contraction(bowl, lr), bounds=(0.5 / L, 2.0 / L), options={"xatol": 1e-9})
    return {
        "regime_lr": regimes,
        "loss": np.array(losses),
        "lr": rates,
        "contraction": np.array([contraction(bowl, lr) for lr in rates]),
        "edge": np.array(edge_of_stability(bowl)),
        "fastest_lr": np.array(best.x),
        "fastest_contraction": np.array(contraction(bowl, 2 / (L + MU))),
    }


def contraction(bowl: Landscape, lr: float) -> float:
    """Factor per step by which a descent approaches the minimum, or moves away, after `BURN_IN` steps."""
    early = descend(bowl, START, GradientDescent(lr), max_steps=BURN_IN, tol=0.0)
    start = early.x / norm(early.x)  # descent on a quadratic is linear: only the direction matters
    late = descend(bowl, start, GradientDescent(lr), max_steps=BURN_IN, tol=0.0)
    return float(norm(late.x)[0] ** (1 / late.steps[0]))


def edge_of_stability(bowl: Landscape) -> float:
    """The learning rate beyond which a descent moves away from the minimum, by bisection on descents."""
    stable, unstable = 1e-3, 1.0
    while unstable - stable > 1e-9 * stable:
        middle = (stable + unstable) / 2
        if contraction(bowl, middle) < 1:
            stable = middle
        else:
            unstable = middle
    return (stable + unstable) / 2


def claims(data: Data) -> list[Claim]:
    measured, theory = data["contraction"], gradient_descent_contraction(MU, L, data["lr"])
    best = float(optimal_learning_rate(MU, L))
    return [
        Claim(
            "measured edge of stability, in units of 2/L",
            float(data["edge"] / stability_limit(L)),
            expected=1.0,
            tolerance=1e-6,
            source="2/L, L the largest eigenvalue",
        ),
        Claim(
            "learning rate of the fastest descent, in units of 2/(L + mu)",
            float(data["fastest_lr"]) / best,
            expected=1.0,
            tolerance=1e-3,
            source="2/(L + mu): Polyak 1987, section 1.4",
        ),
        Claim(
            "contraction per step at the optimal rate",
            float(data["fastest_contraction"]),
            expected=(L - MU) / (L + MU),
            tolerance=1e-9,
            source="(kappa - 1)/(kappa + 1)",
        ),
        Claim(
            "largest deviation of the measured contraction from max |1 - lr lambda|, over all learning rates",
            float(np.abs(measured - theory).max()),
            low=0.0,
            high=1e-3,
            source="eigenvalues of the iteration matrix",
        ),
    ]


def draw(data: Data) -> Figure:
    figure = new_figure(2.75)
    left, right = figure.subplots(1, 2)
    steps = data["loss"].shape[1] - 1
    words = ["too small", "optimal, 2/(L + μ)", "just stable", "too large"]
    for lr, loss, word, colour in zip(data["regime_lr"], data["loss"], words, PALETTE, strict=False):
        left.semilogy(loss, color=colour, label=f"{word}: {lr / (2 / L):.2f}")
    left.set(xlabel="step $t$", ylabel="loss $f(x_t)$", ylim=(1e-13, 1e4), xlim=(0, steps))
    left.set_yticks([1e-12, 1e-8, 1e-4, 1.0])
    left.legend(title="learning rate × $L/2$", loc="lower left", alignment="left", title_fontsize=7.5, labelspacing=0.2)
    panel(left, "a", f"$\\mu$ = {MU:g}, $L$ = {L:g}")

    unit = data["lr"] / (2 / L)
    dense = np.linspace(0.002, 1.17, 400)
    plot_theory(
        dense, gradient_descent_contraction(MU, L, dense * 2 / L), right, color=BLUE, label="max |1 − ηλ|, λ ∈ {μ, L}"
    )
    plot_measured(unit, data["contraction"], ax=right, color=BLACK, markersize=3, label="measured")
    right.axhline(1, color=GREY, linewidth=0.7)
    right.axvline(
        float(data["edge"]) / (2 / L), ymax=0.62, color=PALETTE[1], linestyle="--", label="measured edge of stability"
    )
    right.axvline(float(data["fastest_lr"]) / (2 / L), ymax=0.62, color=GREEN, linestyle=":", label="measured fastest")
    right.set(xlabel="learning rate $\\eta L/2$", ylabel="contraction per step", xlim=(0, 1.2), ylim=(0.78, 1.65))
    right.legend(loc="upper left")
    panel(right, "b", "edge and optimum")
    return figure


EXPERIMENT = Experiment(
    name="learning_rate_regimes",
    title="Too small, optimal, too large: the learning rate on a quadratic",
    caption=(
        "Gradient descent on f = (μ x² + L y²)/2. (a) Loss against step for four learning rates, in units of the edge "
        "of stability 2/L. (b) Contraction of the distance to the minimum per step, measured over 500 steps after the "
        "first 500; the line is the largest |1 − ηλ|. The edge of stability was found by bisection between descents "
        "that approach the minimum and descents that move away, without using the eigenvalues; the fastest rate by "
        "minimizing the measured contraction."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
