"""The octopus: gradient descent needs a time exponential in the dimension, perturbed gradient descent a linear one."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, BoolArray
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.descent.method import DescentMethod
from landscape.descent.perturbed_gradient_descent import PerturbedGradientDescent
from landscape.escape.exits import underflowed
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, ORANGE, VERMILION, new_figure
from landscape.problems import problem
from landscape.problems.octopus import Octopus
from landscape.random import stream
from landscape.theory.growth import octopus_dwell_factor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEEPNESS = (1.0, 1.5, 2.0, 3.0)  # L; gamma is 1 and tau is e throughout, the learning rate 1/(4 L), as in the paper
SADDLES = (8, 7, 6, 5)  # passed in logarithms, for each L
STUCK_DIM = 10  # where float64 no longer reaches the minimum by gradient descent
SHOWN_DIM = 5
HALVINGS = 1074  # of 1 until float64 has an exact zero: the steps that a coordinate survives at lr = 1/(4 L)


class Passages(NamedTuple):
    """For each run and coordinate the step at which it was first beyond 2 tau, infinite if never, (m, d), whether a
    coordinate had underflowed at the end, (m,), and whether the run kept to the domain, (m,)."""

    steps: Array
    underflowed: BoolArray
    inside: BoolArray


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Passage times by both methods from the same starts, and in logarithms far beyond what float64 can hold."""
    rng = stream(seed, {"figure": "octopus"}, 0)
    runs = 24
    cut = 2 if quick else 0
    start = rng.uniform(-1, 1, (runs, 40))
    data: dict[str, npt.NDArray[Any]] = {}
    for L, saddles in zip(STEEPNESS, SADDLES, strict=True):
        # One coordinate more than is watched: the last one feels no successor.
        steps = logarithmic_passages(Octopus(L), start[:, : saddles - cut + 1], 1 / (4 * L), saddles - cut)
        data[f"dwell_{L:g}"] = np.diff(steps, axis=1, prepend=0)
    data["logarithmic"] = data[f"dwell_{STEEPNESS[0]:g}"].cumsum(axis=1)

    dims = np.array([1, 2, 3, 4, 5, STUCK_DIM]) if quick else np.arange(1, STUCK_DIM + 1)
    descent = [passages(start[:, :d], GradientDescent(0.25), rng) for d in dims]
    data |= {
        "dims": dims,
        "descent": np.array([p.steps[:, -1] for p in descent]),
        "descent_all": descent[-1].steps,
        "descent_underflowed": descent[-1].underflowed,
    }
    perturbed_dims = np.array([1, 2, 5, 10, 20, 40])
    perturbed = [passages(start[:, :d], perturbed_method(1.0), rng) for d in perturbed_dims]
    data |= {
        "perturbed_dims": perturbed_dims,
        "perturbed": np.array([p.steps[:, -1] for p in perturbed]),
        "inside": np.array([p.inside.all() for p in (*descent, *perturbed)]),
    }
    landscape = problem("octopus", dim=SHOWN_DIM)
    longest = int(data["descent"][dims == SHOWN_DIM][0, 0]) + 20
    for name, method in (("descent", GradientDescent(0.25)), ("perturbed", perturbed_method(1.0))):
        path = descend(landscape, start[:1, :SHOWN_DIM], method, longest, tol=0, record=1, rng=rng).trajectory
        assert path is not None
        data[f"{name}_value"] = landscape.value(path.x[:, 0]) / Octopus().depth
    # Infinity has no place in a figure's data: runs that never arrive are -1.
    return {key: np.where(np.isinf(a), -1, a) if a.dtype.kind == "f" else a for key, a in data.items()}


def perturbed_method(L: float) -> PerturbedGradientDescent:
    """The paper's parameters: noise of radius e/100 wherever the gradient is below e/100."""
    return PerturbedGradientDescent(1 / (4 * L), radius=np.e / 100, gradient_threshold=np.e / 100, wait=1)


def passages(start: Array, method: DescentMethod, rng: np.random.Generator, limit: int = 20_000) -> Passages:
    """Run a method on the octopus until every run has passed all its saddles or none moves any more."""
    landscape, arms = problem("octopus", dim=start.shape[1]), Octopus()
    steps = np.full(start.shape, np.inf)
    inside = np.ones(len(start), dtype=bool)
    x, gradient = start, landscape.riemannian_gradient(start)
    memory = method.init(landscape, x, gradient)
    for number in range(1, limit + 1):
        before = x
        x, gradient, memory = method.step(landscape, x, gradient, memory, rng)
        passed = np.arange(start.shape[1]) < arms.passed(x)[:, None]
        steps[passed & np.isinf(steps)] = number
        inside &= arms.inside(x)
        if passed.all() or (x == before).all():
            break
    return Passages(steps, np.asarray(underflowed(start, x).any(axis=1)), inside)


def logarithmic_passages(arms: Octopus, start: Array, lr: float, saddles: int) -> Array:
    """Passage times of gradient descent carried in ln|x|, where nothing underflows, (m, saddles).

    A step multiplies each coordinate by a positive factor, 1 - lr times the derivative by |x_j| over |x_j|."""
    logarithm = np.log(np.abs(start))
    steps = np.full((len(start), saddles), np.inf)
    number = 0
    while np.isinf(steps).any():
        number += 1
        logarithm = logarithm + np.log1p(-lr * arms.ratio(np.exp(logarithm)))
        passed = np.arange(saddles) < arms.passed(np.exp(logarithm))[:, None]
        steps[passed & np.isinf(steps)] = number
    return steps


def claims(data: Data) -> list[Claim]:
    result = []
    for L in STEEPNESS:
        dwell = data[f"dwell_{L:g}"].mean(axis=0)
        factor = float(octopus_dwell_factor(1 / (4 * L), L, 1.0))
        result.append(
            Claim(
                f"L = {L:g}: growth of the mean dwell time from saddle {len(dwell) - 1} to saddle {len(dwell)}",
                dwell[-1] / dwell[-2],
                expected=factor,
                tolerance=0.01 * factor,
                source="1 + ln(1/(1 - 2 lr L))/ln(1 + 2 lr gamma), to 1 %",
            )
        )
    arrived = data["descent_all"] > 0
    shared = arrived[:, : data["logarithmic"].shape[1]]
    difference = np.abs(data["descent_all"][:, : shared.shape[1]] - data["logarithmic"])[shared]
    stuck = ~arrived[:, -1]
    result += [
        Claim(
            f"float64 and logarithms agree where float64 arrives: largest difference in {shared.sum()} passages",
            difference.max(),
            expected=0,
            tolerance=1,
            source="rounding may move a passage by one step",
        ),
        Claim(
            f"gradient descent in float64, dimension {STUCK_DIM}: runs that never reach the minimum",
            stuck.sum(),
            expected=len(stuck),
            tolerance=0,
            source="1074 halvings underflow before the later saddles are reached",
        ),
        Claim(
            f"gradient descent in float64, dimension {STUCK_DIM}: stuck runs without an underflowed coordinate",
            (stuck & ~data["descent_underflowed"]).sum(),
            expected=0,
            tolerance=0,
            source="on the exact landscape every saddle is left",
        ),
        Claim("runs that left the octopus", (~data["inside"]).sum(), expected=0, tolerance=0, source="construction"),
    ]
    mean = data["perturbed"].mean(axis=1)
    error = data["perturbed"].std(axis=1, ddof=1) / mean / np.sqrt(data["perturbed"].shape[1])
    per_saddle = mean[-1] / data["perturbed_dims"][-1]
    # Each dwell grows by (ln 2)/2 / ln(1 + 2 lr gamma) steps when the dimension doubles: the noise along one direction.
    expected = 2 * (1 + 0.5 * np.log(2) / np.log(1.5) / per_saddle)
    result.append(
        Claim(
            "perturbed gradient descent: time in 40 dimensions over that in 20",
            mean[-1] / mean[-2],
            expected=expected,
            tolerance=2 * (4 * float(np.hypot(error[-1], error[-2])) + 0.03),
            source="linear but for a logarithm (Jin et al. 2017); 4 standard errors, 3 % for the shorter first dwell",
        )
    )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(4.9)
    axes = figure.subplot_mosaic([["a", "a"], ["b", "c"]], height_ratios=[0.8, 1])
    top, left, right = axes["a"], axes["b"], axes["c"]
    for name, colour, title in (("descent", BLUE, "gradient descent"), ("perturbed", VERMILION, "perturbed")):
        value = data[f"{name}_value"]
        top.plot(np.arange(1, len(value) + 1), value, color=colour, label=title)
    top.set(xscale="log", xlabel="steps + 1", ylabel="value / ν")
    top.legend(loc="lower left")
    panel(top, "a", f"one start in {SHOWN_DIM} dimensions: every plateau is a saddle")

    factor = float(octopus_dwell_factor(0.25, 1.0, 1.0))
    mean = data["logarithmic"].mean(axis=0)
    each = np.arange(1, len(mean) + 1)
    plot_theory(each, mean[-1] * factor ** (each - each[-1]), left, color=BLUE)
    plot_measured(each, mean, ax=left, color=BLUE, label="gradient descent")
    whole = (data["descent"] > 0).all(axis=1)
    ring: dict[str, Any] = {"mfc": "none", "markersize": 7, "label": "the same in plain float64"}
    plot_measured(data["dims"][whole], data["descent"][whole].mean(axis=1), ax=left, color=BLUE, **ring)
    perturbed = data["perturbed"].mean(axis=1)
    line = np.linspace(1, 40, 100)
    plot_theory(line, perturbed[-1] * line / 40, left, color=VERMILION)
    plot_measured(data["perturbed_dims"], perturbed, ax=left, color=VERMILION, fmt="s", label="perturbed")
    left.annotate(f"∝ {factor:.2f}$^d$", (each[-1], mean[-1]), (8, -12), textcoords="offset points", color=BLUE)
    left.annotate("∝ d", (20, perturbed[-2]), (4, -12), textcoords="offset points", color=VERMILION)
    left.set(yscale="log", xlabel="dimension d", ylabel="steps to the minimum", xlim=(0, 42))
    left.legend(loc="lower right")
    panel(left, "b", "time against dimension")

    for L, colour, marker in zip(STEEPNESS, (BLUE, GREEN, ORANGE, BLACK), "os^D", strict=True):
        dwell = data[f"dwell_{L:g}"].mean(axis=0)
        law = float(octopus_dwell_factor(1 / (4 * L), L, 1.0))
        right.axhline(law, color=colour, linewidth=1.0, zorder=1.5)
        number, ratio = np.arange(2, len(dwell) + 1), dwell[1:] / dwell[:-1]
        beyond = dwell.cumsum()[1:] > HALVINGS
        plot_measured(number[~beyond], ratio[~beyond], ax=right, color=colour, fmt=marker, label=f"L = {L:g}")
        plot_measured(number[beyond], ratio[beyond], ax=right, color=colour, fmt=marker, mfc="white", zorder=3)
    right.set(xlabel="number k of the saddle", ylabel="dwell time k / dwell time k − 1", ylim=(1, 7.2))
    right.legend(loc="upper right", ncols=2)
    panel(right, "c", "law of the dwell times")
    return figure


EXPERIMENT = Experiment(
    name="octopus",
    title="The octopus: exponential time for gradient descent, linear for perturbed descent",
    caption=(
        "The octopus of Du et al. 2017 (γ = 1, τ = e, learning rate 1/(4L), 24 starts uniform in [−1, 1]^d). (a) Value "
        "over ν, the depth between saddles, along one run of each method from the same start, L = 1. (b) Mean number "
        "of steps to the minimum, L = 1: gradient descent carried in ln|x| (filled), the same in plain float64 as far "
        "as all runs arrive (rings), and perturbed gradient descent with the paper's noise (squares), whose line is "
        "proportional to d. In float64 the coordinates that are to leave later saddles underflow to zero after 1074 "
        "halvings, and descent stays at a saddle for ever. (c) Ratio of successive mean dwell times in ln|x|, open "
        "where the saddle is passed after more than 1074 steps; lines: 1 + ln(1/(1 − 2ηL))/ln(1 + 2ηγ)."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
