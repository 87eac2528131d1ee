"""Index against value in spherical spin glasses: layers of points, on exact laws at finite size."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from landscape.arrays import Array, IntArray
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION, new_figure
from landscape.parallel import map_chunks
from landscape.random import stream
from landscape.statistics.ensembles import SphericalSpinGlass
from landscape.theory.complexity import index_fraction_at_energy, layer_energy, threshold_energy
from landscape.theory.goe_counts import goe_ordered_density
from landscape.theory.spin_glass import mean_critical_points, mean_value_by_index, pure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ERROR_RATE = 1e-3  # of each claim
QUICK = ((3, 6, 24), (4, 4, 24))  # p, spins, samples
FULL = ((3, 10, 24), (4, 6, 24))
BINS = 12
LAYERS = 4  # indices whose values are drawn
LINE = np.linspace(-2.6, 2.6, 261)


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Every critical point of several random samples of two models; none is left out."""
    plan = QUICK if quick else FULL
    tasks = [(p, n, seed, sample) for p, n, samples in plan for sample in range(samples)]
    found = list(map_chunks(executor, exhaust, tasks))
    data: dict[str, npt.NDArray[Any]] = {"p": np.array([p for p, _, _ in plan]), "n": np.array([n for _, n, _ in plan])}
    for p, n, samples in plan:
        mine = [f for f, task in zip(found, tasks, strict=True) if task[0] == p]
        value = np.concatenate([v for v, _ in mine]) / math.sqrt(n)
        index = np.concatenate([i for _, i in mine])
        owner = np.repeat(np.arange(samples), [len(v) for v, _ in mine])
        edges = np.quantile(value, np.linspace(0, 1, BINS + 1))
        place = np.clip(np.searchsorted(edges, value, side="right") - 1, 0, BINS - 1)
        line = index_at_value(p, n, LINE)
        data |= {
            f"value_{p}": value,
            f"index_{p}": index.astype(np.int8),
            f"owner_{p}": owner,
            f"totals_{p}": np.bincount(owner, minlength=samples),
            f"mean_counts_{p}": mean_critical_points(p, n),
            f"mean_value_{p}": mean_value_by_index(p, n),
            f"layer_{p}": np.array([mean_and_error(value[index == k], owner[index == k]) for k in range(n)]),
            f"bin_value_{p}": np.array([value[place == b].mean() for b in range(BINS)]),
            f"bin_index_{p}": np.array([mean_and_error(index[place == b], owner[place == b]) for b in range(BINS)]),
            f"bin_law_{p}": np.bincount(place, weights=np.interp(value, LINE, line)) / np.bincount(place),
            f"line_{p}": line,
            f"densities_{p}": value_densities(p, n, LINE),
            f"limit_{p}": index_fraction_at_energy(pure(p), LINE),
            f"threshold_{p}": np.array(threshold_energy(pure(p))),
            f"ground_{p}": np.array(layer_energy(pure(p))),
        }
    return data | {"line": LINE}


def exhaust(p: int, n: int, seed: int, sample: int) -> tuple[Array, IntArray]:
    """Values and indices of all critical points of one sample."""
    points = SphericalSpinGlass(p).exhaust(n, stream(seed, {"figure": "index_against_value", "p": p, "n": n}, sample))
    return points.value, points.index


def value_densities(p: int, n: int, u: Array) -> Array:
    """Exact mean number of critical points of each index per unit of u = f / sqrt(n), (m, n).

    The value belongs to the ordered eigenvalue x_k = u sqrt(n p / (2 (p - 1))) in the formula of Auffinger, Ben Arous &
    Cerny (see `landscape.theory.spin_glass`)."""
    scale = math.sqrt(n * p / (2 * (p - 1)))
    x = u * scale
    weight = np.exp(-(p - 2) * x**2 / (2 * p))
    return 2 * math.sqrt(2 / p) * (p - 1) ** (n / 2) * scale * weight[:, None] * goe_ordered_density(n, x)


def index_at_value(p: int, n: int, u: Array) -> Array:
    """Exact mean index of the critical points with f = sqrt(n) u."""
    density = goe_ordered_density(n, u * math.sqrt(n * p / (2 * (p - 1))))
    return density @ np.arange(float(n)) / density.sum(axis=1)


def mean_and_error(x: npt.NDArray[Any], owner: IntArray) -> tuple[float, float]:
    """Mean over all points, with its standard error by the delta method: points of a sample belong together."""
    mean = x.mean()
    excess = np.bincount(owner, weights=x - mean)
    samples = len(np.unique(owner))
    return float(mean), float(math.sqrt((excess**2).sum() * samples / max(samples - 1, 1)) / len(x))


def claims(data: Data) -> list[Claim]:
    result = []
    for p, n in zip(data["p"], data["n"], strict=True):
        totals = data[f"totals_{p}"]
        result.append(
            Claim(
                f"p = {p}, n = {n}: critical points a sample",
                totals.mean(),
                expected=data[f"mean_counts_{p}"].sum(),
                tolerance=4 * totals.std(ddof=1) / math.sqrt(len(totals)),
                source="exact: Auffinger, Ben Arous & Cerny 2013; tolerance four standard errors",
            )
        )
        # f and -f have the same law, and for odd p are the same sample: one half of the layers tells all.
        half = slice(0, (n + 1) // 2)
        for name, law, text, part in (
            ("layer", "mean_value", "mean value in each layer of low index", half),
            ("bin_index", "bin_law", f"mean index in {BINS} bins of the value", slice(None)),
        ):
            mean, error = data[f"{name}_{p}"][part].T
            known = error > 1e-12
            z = (mean - data[f"{law}_{p}"][part])[known] / error[known]
            result.append(
                Claim(
                    f"p = {p}, n = {n}: {text}, {len(z)} numbers: largest deviation in standard errors",
                    float(np.abs(z).max()),
                    low=0.0,
                    high=float(stats.norm.isf(ERROR_RATE / 2 / len(z))) + 1.0,  # errors are themselves estimated
                    source="exact at finite n",
                )
            )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(3.1)
    left, right = figure.subplots(1, 2, width_ratios=(1.1, 1))
    p, n = int(data["p"][0]), int(data["n"][0])
    value, index, samples = data[f"value_{p}"], data[f"index_{p}"], len(data[f"totals_{p}"])
    bins = np.linspace(-2.2, 0.2, 25)
    width = bins[1] - bins[0]
    middle = (bins[1:] + bins[:-1]) / 2
    for k, colour in zip(range(LAYERS), (BLUE, VERMILION, GREEN, ORANGE), strict=False):
        counts = np.histogram(value[index == k], bins)[0]
        shown = counts > 0
        bar = 1.96 * np.sqrt(counts)
        rate = samples * width
        plot_theory(data["line"], data[f"densities_{p}"][:, k], left, color=colour)
        ends = (np.maximum(counts - bar, 0)[shown] / rate, (counts + bar)[shown] / rate)
        small: dict[str, Any] = {
            "color": colour,
            "markersize": 2.5,
            "elinewidth": 0.7,
            "capsize": 1,
            "label": f"index {k}",
        }
        plot_measured(middle[shown], counts[shown] / rate, *ends, left, **small)
    for name, style in (("threshold", ":"), ("ground", "--")):
        left.axvline(-data[f"{name}_{p}"], color=BLACK, linewidth=0.7, linestyle=style, ymax=0.36)
    left.set(
        xlim=(-2.7, 0.3), ylim=(0, None), xlabel="value $u = f/\\sqrt{n}$", ylabel="points a sample and unit of $u$"
    )
    left.annotate("$-E_0, -E_\\infty$", (-data[f"threshold_{p}"], 42), ha="center")
    left.legend(loc="upper left")
    panel(left, "a", f"layers, $p$ = {p}, $n$ = {n}")

    look: dict[str, Any]
    for p, n, colour, marker in zip(data["p"], data["n"], (BLUE, PURPLE), "os", strict=True):
        scale = float(data[f"threshold_{p}"])
        x = data["line"] / scale
        plot_theory(x, data[f"line_{p}"] / (n - 1), right, color=colour, linewidth=1)
        mean, error = data[f"bin_index_{p}"].T / (n - 1)
        look = {"color": colour, "fmt": marker, "markersize": 3, "label": f"$p$ = {p}, $n$ = {n}"}
        bars = (mean - 1.96 * error, mean + 1.96 * error)
        plot_measured(data[f"bin_value_{p}"] / scale, mean, *bars, right, **look)
    p = int(data["p"][0])
    x = data["line"] / float(data[f"threshold_{p}"])
    plot_theory(x, data[f"limit_{p}"], right, color=GREY, linestyle="--", label="$n \\to \\infty$")
    right.set(xlim=(-1.35, 1.35), ylim=(-0.03, 1.03), xlabel="$u/E_\\infty$", ylabel="mean index / $(n-1)$")
    right.legend(loc="upper left")
    panel(right, "b", "index against value")
    return figure


EXPERIMENT = Experiment(
    name="index_against_value",
    title="Index against value: spin glasses are layered",
    caption=(
        "All critical points of random samples of the spherical p-spin glass. (a) Number of points of index 0 to 3 "
        "against value (with ± 1.96 √count), on the exact mean numbers at this n; −E∞ is the value below which only "
        "points of small index are left for large n (dotted), −E₀ the ground state (dashed). (b) Mean index over n − 1 "
        "at a given value, in bins with equal numbers of points (95 % intervals over samples), on the exact laws at "
        "finite n (solid) and the common law for large n, ½ + [x √(1 − x²) + arcsin x]/π (dashed)."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
