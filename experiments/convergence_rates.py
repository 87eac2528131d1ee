"""How slow first-order methods can be: the worst convex function, and the rates on quadratics."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, norm
from landscape.descent.cubic_regularized_newton import CubicRegularizedNewton
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.descent.heavy_ball import HeavyBall
from landscape.descent.method import DescentMethod
from landscape.descent.nesterov import Nesterov
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, new_figure
from landscape.function import Landscape
from landscape.problems import problem
from landscape.random import stream
from landscape.theory import rates

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIMENSION = 3  # of the Huber functions: the worst case is the same in any
SHOWN = (3, 30, 300)  # numbers of steps whose worst functions are drawn
DIRECTIONS = 10  # eigenvalues of the quadratics, spread evenly in the logarithm


class Rate(NamedTuple):
    """A method at its parameters for curvatures between 1 and kappa, and how fast it should be."""

    words: str
    make: Callable[[float], DescentMethod]
    contraction: Callable[[npt.ArrayLike], Array]
    double_root: bool  # the slowest part of the iteration then carries a factor t besides
    source: str
    label: str
    colour: str


def _descent(kappa: float) -> DescentMethod:
    return GradientDescent(1 / kappa)


def _optimal(kappa: float) -> DescentMethod:
    return GradientDescent(float(rates.optimal_learning_rate(1.0, kappa)))


def _nesterov(kappa: float) -> DescentMethod:
    lr, momentum = rates.nesterov_parameters(1.0, kappa)
    return Nesterov(float(lr), float(momentum))


def _tuned(kappa: float) -> DescentMethod:
    lr, momentum = rates.tuned_nesterov_parameters(1.0, kappa)
    return Nesterov(float(lr), float(momentum))


def _ball(kappa: float) -> DescentMethod:
    lr, momentum = rates.heavy_ball_parameters(1.0, kappa)
    return HeavyBall(float(lr), float(momentum))


RATES = (
    Rate(
        "gradient descent at 1/L",
        _descent,
        rates.polyak_lojasiewicz_contraction,
        False,
        "1 - 1/kappa",
        "descent, $1/L$",
        SKY,
    ),
    Rate(
        "gradient descent at 2/(L + mu)",
        _optimal,
        rates.optimal_contraction,
        False,
        "(kappa - 1)/(kappa + 1): Polyak 1987",
        "descent, $2/(L+\\mu)$",
        BLUE,
    ),
    Rate(
        "Nesterov, standard",
        _nesterov,
        rates.nesterov_contraction,
        True,
        "1 - 1/sqrt(kappa)",
        "Nesterov, standard",
        ORANGE,
    ),
    Rate(
        "Nesterov, tuned",
        _tuned,
        rates.tuned_nesterov_contraction,
        True,
        "1 - 2/sqrt(3 kappa + 1): Lessard, Recht & Packard 2016",
        "Nesterov, tuned",
        GREEN,
    ),
    Rate(
        "heavy ball",
        _ball,
        rates.heavy_ball_contraction,
        True,
        "(sqrt(kappa) - 1)/(sqrt(kappa) + 1): Polyak 1964",
        "heavy ball",
        PURPLE,
    ),
)


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, Array]:
    """Descents on the worst functions and on others, and contractions on quadratics; gaps in units of L R^2."""
    steps = np.unique(np.geomspace(1, 100 if quick else 1000, 10 if quick else 25).astype(np.int64))
    longest = int(steps[-1])
    rng = stream(seed, {"experiment": "convergence_rates"}, 0)
    start = rng.standard_normal((1, DIMENSION))
    R = float(norm(start)[0])
    worst = [_gaps(_huber(float(rates.worst_case_knee(R, N))), start, 1.0, N)[-1] for N in steps]
    shown = [_gaps(_huber(float(rates.worst_case_knee(R, N))), start, 1.0, longest) for N in SHOWN]

    logistic = problem("logistic_regression", samples=60, features=5, weight_decay=1e-3)
    L = _largest_curvature(logistic)
    lowest = descend(logistic, np.zeros((1, 5)), CubicRegularizedNewton(), tol=1e-12)
    away = rng.standard_normal((20, 5))
    others = [_gaps(logistic, x, L, longest, lowest.x[0], float(lowest.value[0])) for x in away]
    bowl = problem("quadratic", eigenvalues=tuple(np.geomspace(1e-3, 1.0, 30)))
    others += [_gaps(bowl, x, 1.0, longest) for x in rng.standard_normal((20, 30))]

    kappas = np.geomspace(3, 300 if quick else 1000, 4 if quick else 8)
    contraction = [[_contraction(float(k), rate) for k in kappas] for rate in RATES]
    return {
        "N": steps,
        "worst": np.array(worst),
        "shown": np.array(shown),
        "others": np.array(others),
        "kappa": kappas,
        "contraction": np.array(contraction),
    }


def _huber(knee: float) -> Landscape:
    """The Huber function of the distance from the origin, with L = 1."""

    def gradient(x: Array) -> Array:
        distance = norm(x)
        slope = rates.huber(distance, 1.0, knee)[1]
        return x * np.divide(slope, distance, out=np.ones_like(slope), where=distance > 0)[..., None]

    return Landscape.from_function(
        lambda x: rates.huber(norm(x), 1.0, knee)[0], gradient, dim=DIMENSION, confining=True, name="huber"
    )


def _largest_curvature(logistic: Landscape) -> float:
    """The bound of the Hessian that is attained at the origin, where every sample's slope is 1/4."""
    return float(np.linalg.eigvalsh(logistic.hessian(np.zeros(logistic.dim))).max())


def _gaps(f: Landscape, start: Array, L: float, steps: int, minimum: Array | float = 0.0, value: float = 0.0) -> Array:
    """f - f* after 0, 1, ..., `steps` steps of descent at 1 / L, in units of L R^2, (steps + 1,)."""
    path = descend(f, start, GradientDescent(1 / L), max_steps=steps, tol=0.0, record=1).trajectory
    assert path is not None
    # A run that ends early, because its gradient is exactly zero, stays where it ends.
    gaps = np.full(steps + 1, f.value(path.x[-1, 0]))
    gaps[: len(path.x)] = f.value(path.x[:, 0])
    return (gaps - value) / (L * float(norm(start.reshape(-1) - minimum)) ** 2)


def _contraction(kappa: float, rate: Rate) -> float:
    """Contraction of the distance per step between steps t and 2 t, the factor of a double root taken out.

    The expected contraction is only used to set t.
    """
    # The factor t is 2 between t and 2 t up to 1/t^2: t is then as large as floats allow, whose squares end at e^-700.
    decay, growth = (100.0, 2.0) if rate.double_root else (20.0, 1.0)
    t = int(-decay / np.log(rate.contraction(kappa)))
    lam = np.geomspace(1.0, kappa, DIRECTIONS)
    bowl = problem("quadratic", eigenvalues=tuple(lam))
    path = descend(bowl, 1 / lam, rate.make(kappa), max_steps=2 * t, tol=0.0, record=t).trajectory
    assert path is not None
    distance = norm(path.x[:, 0])
    return float((distance[2] / distance[1] / growth) ** (1 / t))


def claims(data: Data) -> list[Claim]:
    bound = rates.drori_teboulle_bound(1.0, 1.0, data["N"])
    along = rates.drori_teboulle_bound(1.0, 1.0, np.arange(data["others"].shape[1]))
    result = [
        Claim(
            "gap on the worst Huber function over the bound L R^2/(4 N + 2): largest deviation from 1, over all N",
            float(np.abs(data["worst"] / bound - 1).max()),
            low=0.0,
            high=1e-11,
            source="Drori & Teboulle 2014, Theorems 1 and 2; rounding of N steps",
        ),
        Claim(
            "the textbook's bound L R^2/(2 N) over the worst gap at N = 1",
            float(rates.textbook_bound(1.0, 1.0, 1) / data["worst"][0]),
            expected=3.0,
            tolerance=1e-11,
            source="2 + 1/N",
        ),
        Claim(
            "largest gap of 20 logistic regressions and 20 quadratics over the same bound, over all N",
            float((data["others"] / along).max()),
            low=0.0,
            high=1.0,
            source="Drori & Teboulle 2014, Theorem 1",
        ),
    ]
    for rate, measured in zip(RATES, data["contraction"], strict=True):
        result.append(
            Claim(
                f"{rate.words}: 1 - contraction per step, largest relative deviation from theory, over all kappa",
                float(np.abs((1 - measured) / (1 - rate.contraction(data["kappa"])) - 1).max()),
                low=0.0,
                high=1e-3,
                source=f"{rate.source}; a finite t leaves about 1/t^2",
            )
        )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(3.0)
    left, right = figure.subplots(1, 2)
    N = np.arange(data["others"].shape[1])
    logistic, bowls = np.split(data["others"], 2)
    for group, colour, word in ((bowls, SKY, "quadratics"), (logistic, ORANGE, "logistic regressions")):
        left.plot(N[1:], group[:, 1:].T, color=colour, linewidth=0.4, alpha=0.6)
        left.plot([], [], color=colour, linewidth=1.0, label=word)
    for k, gaps in enumerate(data["shown"]):
        high = gaps > 2e-5  # after that they fall to zero at once
        left.plot(N[high], gaps[high], color=BLUE, linewidth=0.8, label="Huber functions" if k == 0 else None)
    plot_measured(data["N"], data["worst"], ax=left, color=BLACK, markersize=2.5, zorder=3, label="worst for each $N$")
    plot_theory(N[1:], rates.drori_teboulle_bound(1, 1, N[1:]), left, color=VERMILION, label="$1/(4N+2)$")
    plot_theory(
        N[1:], rates.textbook_bound(1, 1, N[1:]), left, color=GREY, linestyle="--", linewidth=0.9, label="$1/(2N)$"
    )
    left.set(xscale="log", yscale="log", xlabel="steps $N$ at learning rate $1/L$", ylabel="gap $(f_N - f^*)/LR^2$")
    left.set(ylim=(1e-8, 1), xlim=(1, N[-1]))
    left.legend(loc="lower left", labelspacing=0.2, handlelength=1.3, frameon=True, framealpha=1, edgecolor="none")
    panel(left, "a", "the worst convex function")

    kappa = data["kappa"]
    dense = np.geomspace(kappa[0], kappa[-1], 200)
    for rate, measured in zip(RATES, data["contraction"], strict=True):
        plot_theory(dense, 1 - rate.contraction(dense), right, color=rate.colour)
        plot_measured(kappa, 1 - measured, ax=right, color=rate.colour, markersize=3, label=rate.label)
    right.set(
        xscale="log", yscale="log", xlabel=r"condition number $\kappa = L/\mu$", ylabel="1 − contraction per step"
    )
    right.legend(loc="lower left", labelspacing=0.2, handlelength=1.0)
    panel(right, "b", "quadratics")
    return figure


EXPERIMENT = Experiment(
    name="convergence_rates",
    title="The worst that gradient descent does, and the rates on quadratics",
    caption=(
        "(a) Gap f − f* after N steps of gradient descent at learning rate 1/L, in units of L R², R the distance of "
        "the start from the minimum. For each N one convex function, a Huber function with its knee at R/(2N + 1), "
        "attains Drori and Teboulle's bound 1/(4N + 2) (points; blue: runs on three of them, each of which touches the "
        "line once and then falls to zero). Runs on two other convex functions stay below it, and the textbook's "
        "1/(2N) is 2 to 3 times too large. (b) One minus the contraction of the distance per step on quadratics with "
        "ten eigenvalues between μ and L: measured late in the run, where the distance is e⁻²⁰ and less (points; the "
        "factor t of double roots taken out), and the spectral radius of each iteration (lines)."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
