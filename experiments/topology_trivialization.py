"""A random landscape in a parabola: how its critical points vanish as the parabola steepens."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION, new_figure
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream
from landscape.statistics.exhaustive import exhaust
from landscape.theory.confined_field import (
    confined_field_counts,
    confined_field_total,
    trivialisation_minima,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ERROR_RATE = 1e-3  # of each claim
LENGTH = 2.5 * math.pi  # after which the random field repeats
SIZES = (10, 40, 100)  # dimensions of the exact laws in the critical window
DIMS = (1, 2, 3)


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Counts of critical points in many samples, and exact mean numbers."""
    strengths = (0.5, 1.0) if quick else (0.5, 0.75, 1.0, 1.3)
    dims = DIMS[:1] if quick else DIMS
    samples = 24 if quick else 48
    parts = 1 if quick else 3
    tasks = [(d, u, samples // parts, seed, k) for d in dims for u in strengths for k in range(parts)]
    chunks = list(map_chunks(executor, counts, tasks))
    found = np.array([[c.sum(axis=1), c[:, 0]] for c in chunks])  # chunks of samples: all points, minima
    found = found.reshape(len(dims), len(strengths), parts, 2, -1).swapaxes(2, 3)
    found = found.reshape(len(dims), len(strengths), 2, samples)
    u = np.linspace(0.3, 1.6, 53)
    distance = np.linspace(-0.7, 2.0, 28)
    sizes = SIZES[:2] if quick else SIZES
    window = [confined_field_counts(n, 1 + distance * n ** (-1 / 3))[:, 0] for n in sizes]
    return {
        "dims": np.array(dims),
        "strength": np.array(strengths),
        "mean": found.mean(axis=3),
        "error": found.std(axis=3, ddof=1) / math.sqrt(samples),
        "exact": np.array([[[c.sum(), c[0]] for c in confined_field_counts(d, strengths)] for d in dims]),
        "u": u,
        "total": np.array([confined_field_total(d, u) for d in dims]),
        "minima": np.array([confined_field_counts(d, u)[:, 0] for d in dims]),
        "distance": distance,
        "window": np.array(window),
        "limit": trivialisation_minima(distance),
    }


def counts(dim: int, strength: float, samples: int, seed: int, chunk: int) -> npt.NDArray[np.int64]:
    """Critical points of each index in each of several samples, (samples, dim + 1)."""
    rng = stream(seed, {"figure": "topology_trivialization", "dim": dim, "strength": strength}, chunk)
    expected = float(confined_field_total(dim, strength))
    result = np.zeros((samples, dim + 1), dtype=np.int64)
    for row in result:
        made = {"dim": dim, "strength": strength, "seed": int(rng.integers(2**31)), "length": LENGTH}
        points = exhaust(problem("confined_field", **made), rng, math.ceil(20 + 10 * expected))
        row += np.bincount(points.index, minlength=dim + 1)
    return result


def claims(data: Data) -> list[Claim]:
    result = []
    for column, word in enumerate(("critical points", "minima")):
        error = data["error"][..., column]
        known = error > 0  # where every sample has one point the error is zero, and so is the excess, nearly
        z = (data["mean"][..., column] - data["exact"][..., column])[known] / error[known]
        result.append(
            Claim(
                f"mean numbers of {word} at {z.size} strengths: p-value of their deviations, all together",
                float(stats.chi2.sf((z**2).sum(), z.size)),
                low=ERROR_RATE,
                high=1.0,
                source="Kac-Rice, exact at finite n: Fyodorov 2004; Fyodorov & Nadal 2012",
            )
        )
    result.append(
        Claim(
            "minima at the threshold, in the limit",
            float(np.interp(0.0, data["distance"], data["limit"])),
            expected=2.0,
            tolerance=1e-3,
            source="Fyodorov & Nadal 2012",
        )
    )
    gap = np.abs(data["window"] - data["limit"]).max(axis=1)
    result.append(
        Claim(
            "exact minima in the critical window approach the Tracy-Widom form: largest distance, last over first size",
            float(gap[-1] / gap[0]),
            low=0.0,
            high=1.0,
            source="Fyodorov & Nadal 2012",
        )
    )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.9)
    left, right = figure.subplots(1, 2)
    colours = (BLUE, VERMILION, GREEN)
    for row, d in enumerate(data["dims"]):
        plot_theory(data["u"], data["total"][row], left, color=colours[row])
        plot_theory(data["u"], data["minima"][row], left, color=colours[row], linestyle="--")
        for column, marker in enumerate("o^"):
            mean, bar = data["mean"][row, :, column], 1.96 * data["error"][row, :, column]
            look = {"color": colours[row], "fmt": marker, "markersize": 3.5, "mfc": (None, "white")[column]}
            look["label"] = f"$n$ = {d}" if column == 0 else None
            plot_measured(data["strength"], mean, mean - bar, mean + bar, left, **look)
    left.axvline(1, color=BLACK, linewidth=0.7, linestyle=":")
    left.set(
        yscale="log",
        xlabel="strength $u = \\mu/\\sqrt{n}$",
        ylabel="mean number of points",
        xticks=(0.4, 0.8, 1.2, 1.6),
    )
    left.legend(loc="upper right")
    panel(left, "a", "critical points")

    for row, (n, colour) in enumerate(zip(SIZES, (ORANGE, VERMILION, BLUE), strict=True)):
        if row < len(data["window"]):
            plot_theory(data["distance"], data["window"][row], right, color=colour, label=f"exact, $n$ = {n}")
    plot_theory(data["distance"], data["limit"], right, color=GREY, linestyle="--", label="$n \\to \\infty$")
    right.axvline(0, color=BLACK, linewidth=0.7, linestyle=":")
    right.set(xlabel="$(u - 1)\\, n^{1/3}$", ylabel="mean number of minima", ylim=(0.8, 8))
    right.legend(loc="upper right")
    panel(right, "b", "critical window")
    return figure


EXPERIMENT = Experiment(
    name="topology_trivialization",
    title="A steeper parabola trivialises a random landscape",
    caption=(
        "Critical points of an isotropic Gaussian field in a parabola, μ|x|²/2 + V(x), on Rⁿ. (a) Mean number of all "
        "critical points (filled, solid) and of minima (open, dashed) against the strength of the parabola: measured "
        "in samples that were searched until nothing new was found (95 % intervals), on the exact mean numbers, which "
        "do not change because the field repeats after 2.5 π. Above u = 1 one minimum is left for large n. (b) Exact "
        "mean number of minima in the critical window of width n^(−1/3) around the threshold, and its limit, which the "
        "Tracy–Widom law gives: two minima at the threshold."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
