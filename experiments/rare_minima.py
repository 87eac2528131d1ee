"""How rare a positive definite random matrix is: down to one in 10^440, measured."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREEN, GREY, ORANGE, VERMILION, new_figure
from landscape.parallel import map_chunks
from landscape.random import stream
from landscape.statistics.rare import rare_index_probability
from landscape.statistics.tridiagonal import sample_goe_counts
from landscape.theory.goe import goe_log_probability_minimum, goe_log_probability_minimum_asymptotic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ERROR_RATE = 1e-3  # of each claim
DIRECT = 5  # largest size whose positive definite matrices are also counted


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Logarithms of probabilities from Markov chains, from plain counting, and exactly."""
    sizes = [4, 10] if quick else [3, 5, 8, 10, 15, 20, 30, 40, 60]
    sweeps = 120 if quick else 400
    rare = list(map_chunks(executor, measure, [(n, sweeps, seed) for n in sizes]))
    counted = np.arange(1, DIRECT + 1 - int(quick))
    samples = 200_000 if quick else 4_000_000
    rng = stream(seed, {"figure": "rare_minima"}, 0)
    hits = np.array([(sample_goe_counts(int(n), samples, rng) == 0).sum() for n in counted])
    dense = np.arange(1, max(sizes) + 1)
    return {
        "size": np.array(sizes),
        "log_probability": np.array([p for p, _, _ in rare]),
        "error": np.array([e for _, e, _ in rare]),
        "drift": np.array([d for _, _, d in rare]),
        "counted": counted,
        "hits": hits,
        "samples": np.array(samples),
        "theory_size": dense,
        "theory": np.array([goe_log_probability_minimum(int(n)) for n in dense]),
        "asymptotic": goe_log_probability_minimum_asymptotic(dense),
    }


def measure(n: int, sweeps: int, seed: int) -> tuple[float, float, float]:
    """Logarithm of the probability, its standard error, and the drift of the measurement."""
    found = rare_index_probability(n, 0, stream(seed, {"figure": "rare_minima", "n": n}, 0), 32, sweeps)
    return found.log_probability, found.standard_error, found.drift


def claims(data: Data) -> list[Claim]:
    exact = data["theory"][data["size"] - 1]
    deviation = (data["log_probability"] - exact) / data["error"]
    k = len(deviation)
    result = [
        Claim(
            f"p-value of the measured ln P for {k} sizes up to n = {data['size'].max()}, all together",
            float(stats.chi2.sf((deviation**2).sum(), k)),
            low=ERROR_RATE,
            high=1.0,
            source="exact: de Bruijn's Pfaffian in multiple precision",
        ),
        Claim(
            "largest difference of the two halves of a measurement, in standard errors",
            data["drift"].max(),
            low=0.0,
            high=4.0,
            source="chains that have not forgotten their start would drift",
        ),
    ]
    large = data["theory_size"] >= 8
    result.append(
        Claim(
            "corrected asymptote against the exact ln P from n = 8 on: largest difference",
            np.abs(data["asymptotic"] - data["theory"])[large].max(),
            expected=0.0,
            tolerance=1e-3,
            source="leading term of Dean & Majumdar 2006; corrections fitted to exact values",
        )
    )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(3.0)
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
    n, ten = data["theory_size"], np.log(10)
    plot_theory(n, -(np.log(3) / 4) * n**2 / ten, left, color=GREY, linestyle="--", label="leading term $3^{-n^2/4}$")
    plot_theory(n, -n * np.log10(2), left, color=GREEN, linestyle="-.", label="separable, $2^{-n}$")
    plot_theory(n, data["theory"] / ten, left, color=VERMILION, label="exact")
    plot_measured(data["size"], data["log_probability"] / ten, ax=left, color=BLUE, label="Markov chains")
    counted = np.log10(data["hits"] / data["samples"])
    plot_measured(data["counted"], counted, ax=left, color=ORANGE, fmt="s", mfc="none", label="plain counting")
    left.set(xlabel="size $n$", ylabel="$\\log_{10}$ P(no negative eigenvalue)")
    left.legend(loc="lower left")
    panel(left, "a", "positive definite matrices")

    exact = data["theory"]
    size, bar = data["size"], 1.96 * data["error"]
    gap = data["log_probability"] - exact[size - 1]
    plot_theory(n, 0 * n, right, color=VERMILION)
    plot_measured(size, gap, gap - bar, gap + bar, right, color=BLUE)
    share = data["hits"] / data["samples"]
    gap = np.log(share) - exact[data["counted"] - 1]
    bar = 1.96 * np.sqrt((1 - share) / data["hits"])
    plot_measured(data["counted"] + 0.3, gap, gap - bar, gap + bar, right, color=ORANGE, fmt="s", mfc="none")
    right.set(xlabel="size $n$", ylabel="measured $-$ exact ln P")
    panel(right, "b", "difference")
    return figure


EXPERIMENT = Experiment(
    name="rare_minima",
    title="Rarer than any sample: random matrices without a negative eigenvalue",
    caption=(
        "Probability that an n × n matrix of the Gaussian Orthogonal Ensemble has no negative eigenvalue: that the "
        "origin is a minimum of the quadratic form. (a) Circles: Markov chains of the eigenvalues behind a wall that "
        "is pushed from the edge of the spectrum to zero, whose pressure is integrated (thermodynamic integration); "
        "squares: plain counting, possible up to n = 5 or so; line: the exact law. (b) The same as differences of "
        "natural logarithms, with 95 % intervals."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
