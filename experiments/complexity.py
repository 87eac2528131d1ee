"""Complexity of the spherical 3-spin: how the number of critical points grows, at every value and index."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from landscape.arrays import Array
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, new_figure
from landscape.parallel import map_chunks
from landscape.random import stream
from landscape.statistics.ensembles import SphericalSpinGlass
from landscape.theory.complexity import index_complexity, layer_energy, threshold_energy, total_complexity
from landscape.theory.random_matrices import goe_density
from landscape.theory.spin_glass import mean_critical_points_total, pure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = 3
ERROR_RATE = 1e-3  # of each claim
SIZES = (10, 40, 160)  # whose exact mean numbers are drawn
EDGES = np.linspace(-1.8, 1.8, 13)  # bins of the value for the counts
LINE = np.linspace(-1.8, 1.8, 181)
# Auffinger, Ben Arous & Cerny 2013 and an independent computation.
LAYERS = (1.656998364, 1.652873198, 1.650253127, 1.648399022)


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Counts by value in samples, exact mean numbers at finite n, and the complexities."""
    n, samples = (5, 30) if quick else (9, 48)
    found = list(map_chunks(executor, values, [(n, seed, sample) for sample in range(samples)]))
    counts = np.array([np.histogram(value / math.sqrt(n), EDGES)[0] for value in found])
    model = pure(P)
    low = np.linspace(-1.668, -1.622, 200)
    return {
        "n": np.array(n),
        "counts": counts,
        "exact": np.array([np.trapezoid(value_density(n, u), u) for u in (np.linspace(a, b, 60) for a, b in _bins())]),
        "line": LINE,
        "finite": np.array([np.log(value_density(m, LINE)) / m for m in (n, *SIZES)]),
        "limit": total_complexity(model, LINE),
        "low": low,
        "low_total": total_complexity(model, low),
        "low_index": np.nan_to_num(np.array([index_complexity(model, k, low) for k in range(4)]), neginf=-9.0),
        "layers": np.array([layer_energy(model, k) for k in range(4)]),
        "threshold": np.array(threshold_energy(model)),
        "totals": np.array([math.log(mean_critical_points_total(model, m)) / m for m in (100, 400)]),
    }


def values(n: int, seed: int, sample: int) -> Array:
    """Values of all critical points of one sample."""
    return SphericalSpinGlass(P).exhaust(n, stream(seed, {"figure": "complexity", "n": n}, sample)).value


def value_density(n: int, u: Array) -> Array:
    """Exact mean number of critical points of any index per unit of u = f / sqrt(n).

    The formula of Auffinger, Ben Arous & Cerny before the integral over x = u sqrt(n p / (2 (p - 1)))."""
    scale = math.sqrt(n * P / (2 * (P - 1)))
    x = u * scale
    rate = 2 * math.sqrt(2 / P) * (P - 1) ** (n / 2) * scale
    density: Array = rate * np.exp(-(P - 2) * x**2 / (2 * P)) * goe_density(n, x)
    return density


def _bins() -> list[tuple[float, float]]:
    return list(zip(EDGES[:-1].tolist(), EDGES[1:].tolist(), strict=True))


def claims(data: Data) -> list[Claim]:
    counts = data["counts"]
    # f is odd: a bin and its mirror image hold as many points, so that half of them tell all.
    half = counts[:, : counts.shape[1] // 2]
    expected = data["exact"][: half.shape[1]]
    error = np.maximum(half.std(axis=0, ddof=1), np.sqrt(np.maximum(expected, 1 / len(half)))) / math.sqrt(len(half))
    z = (half.mean(axis=0) - expected) / error
    result = [
        Claim(
            f"n = {int(data['n'])}: mean numbers in {len(z)} bins of the value, largest deviation in standard errors",
            float(np.abs(z).max()),
            low=0.0,
            high=float(stats.norm.isf(ERROR_RATE / 2 / len(z))) + 1.0,  # errors are themselves estimated
            source="exact at finite n: Auffinger, Ben Arous & Cerny 2013",
        )
    ]
    for k, published in enumerate(LAYERS):
        result.append(
            Claim(
                f"lowest value at which there are points of index {k}: E_{k}",
                data["layers"][k],
                expected=published,
                tolerance=1e-8,
                source="Auffinger, Ben Arous & Cerny 2013",
            )
        )
    first, last = np.abs(data["totals"] - math.log(P - 1) / 2)
    result.append(
        Claim(
            "ln(exact mean number) / n at n = 400 against ln(2) / 2",
            float(data["totals"][-1]),
            expected=math.log(P - 1) / 2,
            tolerance=math.log(400) / 400,
            source="complexity of all points; corrections are at most of order ln(n) / n",
        )
    )
    result.append(
        Claim(
            "distance from the limit at n = 400 over that at n = 100",
            float(last / first),
            low=0.0,
            high=0.5,
            source="corrections of order ln(n) / n",
        )
    )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(3.1)
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    n = int(data["n"])
    for row, (size, colour) in enumerate(zip((n, *SIZES), (BLUE, SKY, GREEN, ORANGE), strict=True)):
        if size != 10:
            plot_theory(data["line"], data["finite"][row], left, color=colour, label=f"exact, $n$ = {size}")
    plot_theory(data["line"], data["limit"], left, color=BLACK, linestyle="--", label="$n \\to \\infty$")
    mean = data["counts"].mean(axis=0)
    error = data["counts"].std(axis=0, ddof=1) / math.sqrt(len(data["counts"]))
    width = EDGES[1] - EDGES[0]
    shown = mean > 1.96 * error
    ends = [np.log((mean + s * 1.96 * error)[shown] / width) / n for s in (-1, 0, 1)]
    middle = ((EDGES[1:] + EDGES[:-1]) / 2)[shown]
    plot_measured(middle, ends[1], ends[0], ends[2], left, color=BLUE, label=f"measured, $n$ = {n}")
    left.set(xlabel="value $u = f/\\sqrt{n}$", ylabel="$\\ln$(points per unit of $u$) / $n$", ylim=(-0.35, 0.7))
    left.legend(loc="lower center")
    panel(left, "a", "all critical points")

    low = data["low"]
    plot_theory(low, data["low_total"], right, color=BLACK, linestyle="--", label="any index")
    for k, colour in enumerate((BLUE, VERMILION, GREEN, PURPLE)):
        known = data["low_index"][k] > -9
        plot_theory(low[known], data["low_index"][k][known], right, color=colour, label=f"index {k}")
        right.plot(-data["layers"][k], 0, "o", color=colour, markersize=3)
    right.axhline(0, color=GREY, linewidth=0.7)
    right.axvline(-data["threshold"], color=GREY, linewidth=0.7, linestyle=":")
    right.annotate("$-E_\\infty$", (-data["threshold"], -0.0075), xytext=(3, 0), textcoords="offset points")
    right.set(xlabel="value $u$", ylabel="complexity", ylim=(-0.01, 0.02), xlim=(low[0], low[-1]))
    right.legend(loc="upper left")
    panel(right, "b", "the lowest layers")
    return figure


EXPERIMENT = Experiment(
    name="complexity",
    title="Complexity of the spherical 3-spin: exponentially many critical points, in layers",
    caption=(
        "(a) Logarithm of the mean number of critical points per unit of the value, over the number of spins n: "
        "measured in samples all of whose points were searched for (bins, 95 % intervals over samples), exact at "
        "finite n, and its limit, the complexity. (b) The complexities of points of index 0 to 3 near the lowest "
        "values; each vanishes at its own −E_k (dots). Above −E∞ points of bounded index are rarer than any "
        "exponential."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
