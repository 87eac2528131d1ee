"""Index against value in spherical spin glasses: layers of points, on exact laws at finite size, and beyond counting.

Up to 14 spins every critical point is found. Of 100 spins there are some 10^16, and a search finds those that it likes:
of such points nothing is claimed but what is true of *every* point of a value, and how far the search is from drawing
them uniformly.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from landscape.arrays import Array, IntArray
from landscape.critical.along_descent import along_descent
from landscape.critical.classify import classify
from landscape.critical.eigenvector_following import EigenvectorFollowing
from landscape.critical.merge import nearest
from landscape.critical.newton import Newton
from landscape.critical.search import SearchMethod, search
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, new_figure
from landscape.function import Landscape
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream
from landscape.statistics.ensembles import SphericalSpinGlass
from landscape.statistics.exhaustive import exhaust
from landscape.statistics.intervals import clustered_mean
from landscape.theory.complexity import index_fraction_at_energy, layer_energy, threshold_energy
from landscape.theory.spin_glass import (
    index_at_value,
    mean_critical_points,
    mean_value_by_index,
    pure,
    value_bounds,
    value_density,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ERROR_RATE = 1e-3  # of each claim
QUICK = ((3, 5, 12), (4, 3, 12))  # p, spins, samples
FULL = ((3, 10, 12), (4, 6, 24))
# Of the 3-spin: spins, samples, Newton searches a sample. The first is also searched until nothing is missing.
QUICK_SEARCHED = ((5, 1, 60), (20, 1, 60))
FULL_SEARCHED = ((14, 1, 600), (20, 8, 80), (50, 4, 80), (100, 2, 80))
BINS = 12
LAYERS = 4  # indices whose values are drawn
LINE = np.linspace(-2.6, 2.6, 261)
OUTSIDE = 1e-5  # mean number of points of a sample outside the bounds
LOW = -0.5  # values above are left out where searches are compared with all points: at zero, symmetry hides a bias
FOLLOWED = 13, 4  # indices that eigenvector following is sent to, and searches for each


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Every critical point of several random samples of two models, and searches in larger ones."""
    plan, searched = (QUICK, QUICK_SEARCHED) if quick else (FULL, FULL_SEARCHED)
    tasks = [
        (n, seed, sample, starts, n == searched[0][0]) for n, samples, starts in searched for sample in range(samples)
    ]
    ends = list(map_chunks(executor, search_sample, tasks[::-1]))[::-1]  # the long ones first
    data = {"p": np.array([p for p, _, _ in plan]), "n": np.array([n for _, n, _ in plan])}
    data |= {"searched": np.array([n for n, _, _ in searched]), "samples": np.array([m for _, m, _ in searched])}
    for n, _, _ in searched:
        mine = [e for e, task in zip(ends, tasks, strict=True) if task[0] == n]
        found = {name: np.concatenate([e[name] for e in mine], axis=1) for name in mine[0]}
        data |= {f"{name}_of_{n}": points for name, points in found.items()} | laws_of_searches(n, found)
    tasks_whole = [(p, n, seed, sample) for p, n, samples in plan for sample in range(samples)]
    whole = list(map_chunks(executor, exhaust_sample, tasks_whole))
    for p, n, samples in plan:
        mine_whole = [f for f, task in zip(whole, tasks_whole, strict=True) if task[0] == p]
        data |= laws_of_whole(p, n, samples, mine_whole)
    return data | {"line": LINE}


def exhaust_sample(p: int, n: int, seed: int, sample: int) -> tuple[Array, IntArray]:
    """Values and indices of all critical points of one sample."""
    points = SphericalSpinGlass(p).exhaust(n, stream(seed, {"figure": "index_against_value", "p": p, "n": n}, sample))
    return points.value, points.index


def laws_of_whole(p: int, n: int, samples: int, found: list[tuple[Array, IntArray]]) -> dict[str, npt.NDArray[Any]]:
    """All points of all samples, in layers and in bins, and the exact laws of both."""
    value = np.concatenate([v for v, _ in found]) / math.sqrt(n)
    index = np.concatenate([i for _, i in found])
    owner = np.repeat(np.arange(samples), [len(v) for v, _ in found])
    edges = np.quantile(value, np.linspace(0, 1, BINS + 1))
    place = np.clip(np.searchsorted(edges, value, side="right") - 1, 0, BINS - 1)
    line = index_at_value(p, n, LINE)
    return {
        f"value_{p}": value,
        f"index_{p}": index.astype(np.int8),
        f"owner_{p}": owner,
        f"totals_{p}": np.bincount(owner, minlength=samples),
        f"mean_counts_{p}": mean_critical_points(p, n),
        f"mean_value_{p}": mean_value_by_index(p, n),
        f"layer_{p}": np.array([clustered_mean(value[index == k], owner[index == k]) for k in range(n)]),
        f"bin_value_{p}": np.array([value[place == b].mean() for b in range(BINS)]),
        f"bin_index_{p}": np.array([clustered_mean(index[place == b], owner[place == b]) for b in range(BINS)]),
        f"bin_law_{p}": np.bincount(place, weights=np.interp(value, LINE, line)) / np.bincount(place),
        f"line_{p}": line,
        f"densities_{p}": value_density(p, n, LINE),
        f"limit_{p}": index_fraction_at_energy(pure(p), LINE),
        f"threshold_{p}": np.array(threshold_energy(pure(p))),
        f"ground_{p}": np.array(layer_energy(pure(p))),
    }


def search_sample(n: int, seed: int, sample: int, starts: int, whole: bool) -> dict[str, Array]:
    """Values over sqrt(n) and indices, (2, m), of the points at which searches in one sample end.

    Newton's method begins on the way of gradient descent, which brings it to every value down to the lowest minima;
    eigenvector following begins anywhere and is sent to every index. If `whole`, also all points, and beside them the
    number of those whose antipode was not found.
    """
    rng = stream(seed, {"figure": "index_against_value", "searched": n}, sample)
    landscape = problem("spherical_spin_glass", p=3, n=n, seed=int(rng.integers(2**31)))
    step = 1 / (10 * math.sqrt(n))  # the largest curvature is about 10 sqrt(n)
    way = descend(landscape, landscape.starts(rng, 20), GradientDescent(step), max_steps=60, record=2)
    found = {"newton": ends(landscape, along_descent(landscape, way, rng, starts, noise=0.0), Newton())}
    indices, repeats = FOLLOWED
    followed = [
        ends(landscape, landscape.starts(rng, repeats), EigenvectorFollowing(int(k)))
        for k in np.unique(np.linspace(0, n - 1, indices).round())
    ]
    found["followed"] = np.concatenate(followed, axis=1)
    if whole:
        points = exhaust(landscape, rng, math.ceil(3 * mean_critical_points(3, n).sum()), rounds=30)
        found["all"] = np.stack([points.value / math.sqrt(n), points.index])
        found["unpaired"] = np.array([[float((nearest(landscape, points.x, -points.x) < 0).sum())]])
    return found


def ends(landscape: Landscape, starts: Array, method: SearchMethod) -> Array:
    """Value over sqrt(n) and index, (2, m), of the critical point at which each search ends, if it does."""
    points = classify(landscape, search(landscape, starts, method, 300).converged().x)
    points = points[points.decided]
    return np.stack([points.value / math.sqrt(landscape.dim), points.index])


def laws_of_searches(n: int, found: dict[str, Array]) -> dict[str, npt.NDArray[Any]]:
    """What is exactly true of n spins, and how the points found compare with it."""
    density = value_density(3, n, LINE)
    share = density / density.sum(axis=1, keepdims=True)
    limit = (n - 1) * index_fraction_at_energy(pure(3), LINE)
    mean = share @ np.arange(n)
    square = (share * (np.arange(n) - limit[:, None]) ** 2).sum(axis=1)
    low, high = value_bounds(3, n, OUTSIDE)
    u, index = np.concatenate([found["newton"], found["followed"]], axis=1)
    k = index.astype(np.int64)
    shifts = [mean_and_own_error(shift(part, mean)) for name, part in found.items() if name in ("newton", "all")]
    return {
        f"bounds_of_{n}": np.stack([low, high]),
        f"mean_of_{n}": mean,
        f"outside_of_{n}": np.array(((u < low[k]) | (u > high[k])).sum()),
        f"distance_of_{n}": np.array(
            [
                math.sqrt(((index - np.interp(u, LINE, limit)) ** 2).mean()),
                math.sqrt(np.interp(u, LINE, square).mean()),
            ]
        ),
        f"shift_of_{n}": np.array(shifts),
        f"value_shift_of_{n}": np.array(mean_and_own_error(value_shift(found["followed"], n, mean))),
    }


def shift(points: Array, mean: Array) -> Array:
    """By how many directions each point's index differs from the exact mean of all points of its value."""
    u, index = points[:, points[0] < LOW]
    return index - np.interp(u, LINE, mean)


def value_shift(points: Array, n: int, mean: Array) -> Array:
    """How far each point's value is from the exact mean of all points of its index, in directions: times the slope of
    the mean index."""
    typical = mean_value_by_index(3, n)
    u, k = points[0], points[1].astype(np.int64)
    slope = np.interp(typical, LINE, np.gradient(mean, LINE))
    return (slope[k] * (u - typical[k]))[typical[k] < LOW]


def mean_and_own_error(x: Array) -> tuple[float, float]:
    return float(x.mean()), float(x.std(ddof=1) / math.sqrt(len(x)))


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
    return result + claims_of_searches(data)


def claims_of_searches(data: Data) -> list[Claim]:
    """Only what is conditional on the value: a search does not draw points uniformly."""
    sizes = data["searched"].tolist()
    result = [
        Claim(
            f"3-spin, n = {sizes[0]}: of {data[f'all_of_{sizes[0]}'].shape[1]} points, those whose antipode was missed",
            data[f"unpaired_of_{sizes[0]}"].sum(),
            expected=0,
            tolerance=0,
            source="f is odd for p = 3: the antipode of a critical point is one",
        ),
        Claim(
            f"points of n = {', '.join(map(str, sizes))} found at a value where their index should not occur",
            sum(int(data[f"outside_of_{n}"]) for n in sizes),
            expected=0,
            tolerance=0,
            source=f"exact mean number of such points, {OUTSIDE * data['samples'].sum():.1e}: Markov, for any search",
        ),
    ]
    for n in sizes:
        measured, uniform = data[f"distance_of_{n}"]
        result.append(
            Claim(
                f"n = {n}: root mean square distance of index / (n - 1) from the curve for large n, {measured:.2f} / "
                f"{n - 1}, over that of all points of these values",
                measured / uniform,
                low=0.7,
                high=1.6,
                source="exact at finite n for all points; a bias of the search of half a direction is let through",
            )
        )
        result.append(
            Claim(
                f"n = {n}: mean index of Newton's ends at a given value, less that of all points, in directions",
                data[f"shift_of_{n}"][0, 0],
                low=-1.0,
                high=1.0,
                source="the bias is the search's own: less than one direction, it goes as 1 / n in the fraction",
            )
        )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(5.6)
    axes = figure.subplots(2, 2)
    draw_layers(data, axes[0, 0])
    draw_whole(data, axes[0, 1])
    draw_searched(data, axes[1, 0])
    draw_bias(data, axes[1, 1])
    return figure


def draw_layers(data: Data, ax: Axes) -> None:
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
        plot_theory(data["line"], data[f"densities_{p}"][:, k], ax, color=colour)
        ends = (np.maximum(counts - bar, 0)[shown] / rate, (counts + bar)[shown] / rate)
        small: dict[str, Any] = {"color": colour, "markersize": 2.5, "elinewidth": 0.7, "capsize": 1}
        plot_measured(middle[shown], counts[shown] / rate, *ends, ax, label=f"index {k}", **small)
    for name, style in (("threshold", ":"), ("ground", "--")):
        ax.axvline(-float(data[f"{name}_{p}"]), color=BLACK, linewidth=0.7, linestyle=style, ymax=0.36)
    ax.set(xlim=(-2.7, 0.3), ylim=(0, None), xlabel="value $u = f/\\sqrt{n}$", ylabel="points a sample and unit of $u$")
    ax.annotate("$-E_0, -E_\\infty$", (-data[f"threshold_{p}"], 42), ha="center")
    ax.legend(loc="upper left")
    panel(ax, "a", f"layers, $p$ = {p}, $n$ = {n}")


def draw_whole(data: Data, ax: Axes) -> None:
    for p, n, colour, marker in zip(data["p"], data["n"], (BLUE, PURPLE), "os", strict=True):
        scale = float(data[f"threshold_{p}"])
        plot_theory(data["line"] / scale, data[f"line_{p}"] / (n - 1), ax, color=colour, linewidth=1)
        mean, error = data[f"bin_index_{p}"].T / (n - 1)
        bars = (mean - 1.96 * error, mean + 1.96 * error)
        look: dict[str, Any] = {"color": colour, "fmt": marker, "markersize": 3, "label": f"$p$ = {p}, $n$ = {n}"}
        plot_measured(data[f"bin_value_{p}"] / scale, mean, *bars, ax, **look)
    p = int(data["p"][0])
    x = data["line"] / float(data[f"threshold_{p}"])
    plot_theory(x, data[f"limit_{p}"], ax, color=GREY, linestyle="--", label="$n \\to \\infty$")
    ax.set(xlim=(-1.35, 1.35), ylim=(-0.03, 1.03), xlabel="value $u/E_\\infty$", ylabel="mean index / $(n-1)$")
    ax.legend(loc="upper left")
    panel(ax, "b", "all points")


def draw_searched(data: Data, ax: Axes) -> None:
    sizes = data["searched"][1:] if len(data["searched"]) > 2 else data["searched"]
    for n, colour, marker in zip(sizes.tolist(), (SKY, ORANGE, BLUE), "s^o", strict=False):
        fraction = np.arange(n) / (n - 1)
        for side in data[f"bounds_of_{n}"]:
            plot_theory(side, fraction, ax, color=colour, linewidth=0.8)
        u, index = np.concatenate([data[f"newton_of_{n}"], data[f"followed_of_{n}"]], axis=1)
        look: dict[str, Any] = {"s": 5, "marker": marker, "color": colour, "linewidths": 0, "label": f"$n$ = {n}"}
        ax.scatter(u, index / (n - 1), zorder=2, rasterized=True, **look)
    plot_theory(data["line"], data["limit_3"], ax, color=BLACK, linestyle="--", linewidth=0.8, zorder=3)
    ax.set(xlim=(-2.25, 2.25), ylim=(-0.03, 1.03), xlabel="value $u = f/\\sqrt{n}$", ylabel="index / $(n-1)$")
    ax.legend(loc="upper left", handletextpad=0.2, markerscale=1.6)
    panel(ax, "c", "ends of searches, $p$ = 3")


def draw_bias(data: Data, ax: Axes) -> None:
    sizes = data["searched"]
    newton = np.array([data[f"shift_of_{n}"][0] for n in sizes])
    followed = np.array([data[f"value_shift_of_{n}"] for n in sizes])
    ax.axhline(0, color=GREY, linewidth=0.8)
    for x, (mean, error), colour, marker, label in (
        (sizes[:1], data[f"shift_of_{sizes[0]}"][1][:, None], BLACK, "D", "all points: index"),
        (sizes, newton.T, VERMILION, "o", "Newton: index"),
        (sizes * 1.06, followed.T, GREEN, "^", "following: value"),
    ):
        plot_measured(x, mean, mean - 1.96 * error, mean + 1.96 * error, ax, color=colour, fmt=marker, label=label)
    ax.set(xscale="log", ylim=(-0.85, 0.45), xlabel="spins $n$", ylabel="mean less exact mean, directions")
    ax.set_xticks(sizes, [str(n) for n in sizes])
    ax.set_xticks([], minor=True)
    ax.legend(loc="upper left")
    panel(ax, "d", f"what searches prefer, $u < {LOW:g}$")


EXPERIMENT = Experiment(
    name="index_against_value",
    title="Index against value: spin glasses are layered",
    caption=(
        "Critical points of random samples of the spherical p-spin glass. (a) All points: number of index 0 to 3 "
        "against value (with ± 1.96 √count), on the exact mean numbers at this n; −E∞ is the value below which only "
        "points of small index are left for large n (dotted), −E₀ the ground state (dashed). (b) All points: mean "
        "index over n − 1 at a given value, in bins with equal numbers of points (95 % intervals over samples), on the "
        "exact laws at finite n (solid) and the common law for large n, ½ + [x √(1 − x²) + arcsin x]/π (dashed). "
        "(c) Where there are too many to find all, points at which searches end: Newton's method begun along gradient "
        "descent, and eigenvector following sent to indices from 0 to n − 1. Lines: outside them the exact mean number "
        "of points is 10⁻⁵ a sample, so that not even a biased search finds one; dashed the law for large n. (d) What "
        "a search prefers, below u = −½, with 95 % intervals over points: mean of the index less the exact mean at the "
        "point's value; and of the value less the exact mean at its index, times the slope of the mean index. Nothing "
        "is claimed of how many points there are where all have not been found."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
