"""The first negative curvatures above the critical error: the power 3/2."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, PURPLE, VERMILION, new_figure
from landscape.parallel import map_chunks
from landscape.problems.wishart import wishart_plus_wigner
from landscape.random import stream
from landscape.theory.free_probability import critical_error, critical_prefactor, hessian_density, index_fraction

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATIOS = (1 / 16, 1 / 4, 3 / 4)  # parameters over data
SPECTRUM = (1 / 4, 3.0)  # ratio and error over the critical one of the spectrum that is drawn
EDGE = 3.0  # finite-size shift of the index fraction allowed, in units of eigenvalues


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Index fractions of random matrices above the critical error, and the laws of free probability."""
    n, samples = (150, 4) if quick else (800, 6)
    excess = np.geomspace(0.1, 10, 5 if quick else 9)
    tasks = [(n, samples, ratio, x, seed, k) for ratio in RATIOS for k, x in enumerate(excess.tolist())]
    counts = np.array(list(map_chunks(executor, negative_eigenvalues, tasks))).reshape(
        len(RATIOS), len(excess), samples
    )
    ratio, multiple = SPECTRUM
    error = multiple * float(critical_error(ratio))
    rng = stream(seed, {"figure": "index_near_threshold", "part": "spectrum"}, 0)
    eigenvalues = np.linalg.eigvalsh(wishart_plus_wigner(n, ratio, error, samples, rng)).ravel()
    x = np.linspace(eigenvalues.min() - 0.2, eigenvalues.max() + 0.2, 300)
    dense = np.geomspace(1e-3, 30, 80)
    return {
        "n": np.array(n),
        "ratio": np.array(RATIOS),
        "excess": excess,
        "mean": counts.mean(axis=2) / n,
        "error": counts.std(axis=2, ddof=1) / np.sqrt(samples) / n,
        "law": np.array([index_fraction(critical_error(r) * (1 + excess), r) for r in RATIOS]),
        "dense": dense,
        "line": np.array([index_fraction(critical_error(r) * (1 + dense), r) for r in RATIOS]),
        "prefactor": critical_prefactor(RATIOS),
        "eigenvalues": eigenvalues,
        "x": x,
        "density": hessian_density(x, error, ratio),
    }


def negative_eigenvalues(n: int, samples: int, ratio: float, excess: float, seed: int, chunk: int) -> list[int]:
    """Negative eigenvalues of each of several matrices, `excess` above the critical error in units of it."""
    rng = stream(seed, {"figure": "index_near_threshold", "ratio": ratio}, chunk)
    error = float(critical_error(ratio)) * (1 + excess)
    counts: list[int] = (
        (np.linalg.eigvalsh(wishart_plus_wigner(n, ratio, error, samples, rng)) < 0).sum(axis=1).tolist()
    )
    return counts


def claims(data: Data) -> list[Claim]:
    n = int(data["n"])
    result = []
    for row, ratio in enumerate(data["ratio"]):
        gap = np.abs(data["mean"][row] - data["law"][row]) - 4 * data["error"][row]
        result.append(
            Claim(
                f"ratio {ratio:g}: largest distance from the law beyond four standard errors, in eigenvalues",
                float(max(gap.max(), 0.0) * n),
                low=0.0,
                high=EDGE,
                source="free probability, for n to infinity: counts are off by order one at finite n",
            )
        )
    small = data["dense"] <= 0.01
    for row, ratio in enumerate(data["ratio"]):
        slope = np.polyfit(np.log(data["dense"][small]), np.log(data["line"][row][small]), 1)[0]
        result.append(
            Claim(
                f"ratio {ratio:g}: exponent of the index fraction within 1 % of the critical error",
                float(slope),
                expected=1.5,
                tolerance=0.01,
                source="Pennington & Bahri 2017; corrections of relative order (error - critical error)",
            )
        )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.9)
    left, right = figure.subplots(1, 2)
    ratio, multiple = SPECTRUM
    bins = np.linspace(data["x"][0], data["x"][-1], 50)
    height = np.histogram(data["eigenvalues"], bins, density=True)[0]
    left.stairs(height, bins, fill=True, color=BLUE, alpha=0.35, label=f"measured, $n$ = {int(data['n'])}")
    plot_theory(data["x"], data["density"], left, color=VERMILION, label="free probability")
    left.axvline(0, color=BLACK, linewidth=0.7, linestyle=":")
    left.set(xlabel="eigenvalue of $H_0 + H_1$", ylabel="density", ylim=(0, 0.6))
    left.legend(loc="upper right")
    panel(left, "a", f"$\\phi$ = {ratio:g}, $\\epsilon$ = {multiple:g} $\\epsilon_c$")

    for row, (colour, marker) in enumerate(zip((BLUE, GREEN, PURPLE), "osD", strict=True)):
        plot_theory(data["dense"], data["line"][row], right, color=colour)
        mean, bar = data["mean"][row], 1.96 * data["error"][row]
        shown = mean - bar > 0
        look = {"color": colour, "fmt": marker, "markersize": 3.5, "label": f"$\\phi$ = {data['ratio'][row]:.3g}"}
        plot_measured(data["excess"][shown], mean[shown], (mean - bar)[shown], (mean + bar)[shown], right, **look)
        power = data["prefactor"][row] * data["dense"] ** 1.5
        near = data["dense"] < 0.6
        style = {"color": GREY, "linewidth": 0.9, "linestyle": "--"}
        plot_theory(data["dense"][near], power[near], right, **style, label="power 3/2" if row == 0 else None)
    right.set(xscale="log", yscale="log", ylim=(1e-5, 1), xlabel="$(\\epsilon - \\epsilon_c)/\\epsilon_c$")
    right.set(ylabel="index fraction")
    right.legend(loc="lower right")
    panel(right, "b", "above the critical error")
    return figure


EXPERIMENT = Experiment(
    name="index_near_threshold",
    title="The first negative curvatures: a power 3/2 above the critical error",
    caption=(
        "Model of the Hessian of a neural network's loss at a critical point of error ε: a Wishart matrix (φ "
        "parameters a datum) plus a Wigner matrix of variance 2ε (Pennington & Bahri 2017). (a) Eigenvalues of random "
        "matrices, on the density that free probability gives for large n. (b) Index fraction against the distance "
        "from the critical error ε_c(φ), below which all critical points are minima: random matrices (mean and 95 % "
        "interval), the exact law for large n (solid), and its limit, the power 3/2 (dashed)."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
