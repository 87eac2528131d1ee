"""Five ways to look for critical points: how often each ends at a point of a given index, and at what cost."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray
from landscape.critical.classify import classify
from landscape.critical.dimer import Dimer
from landscape.critical.eigenvector_following import EigenvectorFollowing
from landscape.critical.gradient_norm import GradientNormMinimization
from landscape.critical.newton import Newton
from landscape.critical.saddle_dynamics import SaddleDynamics
from landscape.critical.search import SearchMethod, SearchStatus, search
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, new_figure
from landscape.function import Landscape
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream
from landscape.statistics.intervals import clopper_pearson
from landscape.theory.spin_glass import mean_critical_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Title, parameters, and the highest index that is sought.
LANDSCAPES: dict[str, tuple[str, dict[str, int], int]] = {
    "spherical_spin_glass": ("3-spin sphere, $n$ = 8", {"n": 8, "seed": 0}, 7),
    "lennard_jones": ("Lennard-Jones, 7 atoms", {"atoms": 7}, 8),
}
STEPS = 300
SLOPE_STEPS = 5000  # of gradient-norm minimisation, whose steps are the cheapest and the smallest

# Title, colour, marker, its size, and how far it stands beside the index.
LOOKS = {
    "newton": ("Newton", GREEN, "D", 3.0, -0.1),
    "slope": ("gradient-norm minimization", ORANGE, "s", 3.0, 0.1),
    "following": ("eigenvector following", BLUE, "o", 3.0, -0.1),
    "dynamics": ("saddle dynamics", VERMILION, "^", 3.5, 0.1),
    "dimer": ("dimer", PURPLE, "x", 5.0, 0.25),
}

# How a search may end. Where no index is sought, every nondegenerate critical point is as sought.
ENDS = ("critical, as sought", "critical, not as sought", "flat, not critical", "step limit", "left the domain")
SHADES = (SKY, BLACK, ORANGE, GREY, "#D5D5D5")

CONFIDENCE = 0.999  # of limits that claims are about


class Tally(NamedTuple):
    """What the searches of one method, for one index, came to.

    by_index : (top + 1,)
        How many ended at a nondegenerate critical point of each index.
    ends : (5,)
        How many ended in each of `ENDS`.
    cost : float
        Of all of them, in gradients.
    flat_critical : int
        How many of the flat ends `classify` would accept as critical.
    """

    by_index: IntArray
    ends: IntArray
    cost: float
    flat_critical: int


def methods(top: int) -> list[tuple[str, int]]:
    """Each method with each index that it can seek; -1 where it seeks none."""
    following, dynamics = range(top + 1), range(1, top + 1)
    sought = [("following", k) for k in following] + [("dynamics", k) for k in dynamics]
    return [("newton", -1), ("slope", -1), *sought, ("dimer", 1)]


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Searches by every method from the same random starts on each landscape."""
    searches, slope_steps = (20, SLOPE_STEPS // 4) if quick else (400, SLOPE_STEPS)
    data: dict[str, npt.NDArray[Any]] = {"searches": np.array(searches), "population": mean_critical_points(3, 8)}
    for name, (_, _, highest) in LANDSCAPES.items():
        top = min(highest, 4) if quick else highest
        tasks = [(name, method, k, top, seed, searches, slope_steps) for method, k in methods(top)]
        tallies = list(map_chunks(executor, run, tasks))
        data |= {
            f"{name}_top": np.array(top),
            f"{name}_by_index": np.array([t.by_index for t in tallies]),
            f"{name}_ends": np.array([t.ends for t in tallies]),
            f"{name}_cost": np.array([t.cost for t in tallies]) / searches,
            f"{name}_flat_critical": np.array([t.flat_critical for t in tallies]),
        }
    return data


def run(name: str, method: str, index: int, top: int, seed: int, searches: int, slope_steps: int) -> Tally:
    """All searches of one method for one index, on one landscape."""
    counted = _Counted(problem(name, **LANDSCAPES[name][1]))
    starts = counted.original.starts(stream(seed, {"figure": "search_methods", "problem": name}, 0), searches)
    limit = slope_steps if method == "slope" else STEPS
    runs = search(counted.landscape, starts, _method(method, index), limit)
    cost = counted.cost

    converged = classify(counted.original, runs.converged().x)
    by_index = np.bincount(converged.index[converged.decided], minlength=counted.original.dim + 1)
    found = int(by_index.sum()) if index < 0 else int(by_index[index])
    flat = classify(counted.original, runs.x[runs.status == SearchStatus.FLAT])
    lost = np.isin(runs.status, (SearchStatus.LEFT_DOMAIN, SearchStatus.NON_FINITE)).sum()
    still = (runs.status == SearchStatus.STEP_LIMIT).sum()
    ends = np.array([found, len(converged) - found, len(flat), still, lost], dtype=np.int64)
    return Tally(by_index[: top + 1].astype(np.int64), ends, cost, int(flat.decided.sum()))


def _method(name: str, index: int) -> SearchMethod:
    if name == "following":
        return EigenvectorFollowing(index)
    if name == "dynamics":
        return SaddleDynamics(index)
    if name == "slope":
        return GradientNormMinimization()
    return Newton() if name == "newton" else Dimer()


class _Counted:
    """A landscape that counts the points at which it is evaluated.

    In units of a gradient, a Hessian-vector product costs 2 (Pearlmutter, Neural Computation 6, 147, 1994), and a dense
    Hessian as much as its n columns, each a product.
    """

    def __init__(self, landscape: Landscape) -> None:
        self.original = landscape
        self.cost = 0.0
        self.landscape = landscape.with_options(gradient=self.gradient, hessian=self.hessian, hvp=self.hvp)

    def gradient(self, x: Array) -> Array:
        self.cost += x.size / x.shape[-1]
        return self.original.gradient(x)

    def hvp(self, x: Array, v: Array) -> Array:
        product = self.original.hvp(x, v)
        self.cost += 2 * product.size / product.shape[-1]
        return product

    def hessian(self, x: Array) -> Array:
        self.cost += 2 * x.size
        return self.original.hessian(x)


def claims(data: Data) -> list[Claim]:
    result = []
    searches = int(data["searches"])
    for name, (title, _, _) in LANDSCAPES.items():
        keys, ends = methods(int(data[f"{name}_top"])), data[f"{name}_ends"]
        title = title.replace("$", "")
        matrix_free = [row for row, (method, _) in enumerate(keys) if method in ("dynamics", "dimer")]
        result += [
            Claim(
                f"{title}: searches by saddle dynamics and dimer that converged to a point of another index",
                ends[matrix_free, 1].sum(),
                expected=0,
                tolerance=0,
                source=f"only points of the index sought attract them; {len(matrix_free) * searches} searches",
            ),
            Claim(
                f"{title}: flat ends, by any method, that are critical points",
                data[f"{name}_flat_critical"].sum(),
                expected=0,
                tolerance=0,
                source=f"the gradient does not vanish there; {ends[:, 2].sum()} flat ends",
            ),
        ]
        for method in ("following", "dynamics"):
            rows = [row for row, (m, k) in enumerate(keys) if m == method and 1 <= k <= 4]
            result.append(
                Claim(
                    f"{title}: {LOOKS[method][0]}, least share of searches that succeed, index 1 to 4",
                    ends[rows, 0].min() / searches,
                    low=0.8,
                    high=1.0,
                    source="at a true rate of 0.97 the chance of fewer than 16 of 20 is 3e-4, of 320 of 400 none",
                )
            )
    return [*result, *_claims_about_the_slope(data), _claim_about_minima(data)]


def _claims_about_the_slope(data: Data) -> list[Claim]:
    """Where the searches end that follow the slope of the squared gradient norm."""
    searches = int(data["searches"])
    result = []
    for row, word in enumerate(("Newton", "gradient-norm minimization")):
        low, _ = clopper_pearson(data["spherical_spin_glass_ends"][row, 2], searches, CONFIDENCE)
        result.append(
            Claim(
                f"3-spin sphere: {word}, share of searches that end flat, lower confidence limit",
                float(low),
                low=1e-6,
                high=1.0,
                source="local minima of the gradient norm stop both (Frye et al. 2021, Neural Computation 33, 1469)",
            )
        )
    result.append(
        Claim(
            "Lennard-Jones: gradient-norm minimization, share of searches that have not arrived at the limit of steps",
            data["lennard_jones_ends"][1, 3] / searches,
            low=0.5,
            high=1.0,
            source="steepest descent on the squared norm squares the condition number",
        )
    )
    return result


def _claim_about_minima(data: Data) -> Claim:
    """A point of an index that is rare is cheaper to look for than to come upon."""
    cost, searches = data["spherical_spin_glass_cost"], int(data["searches"])
    hits = data["spherical_spin_glass_by_index"][:, 0]
    newton, following = 0, methods(int(data["spherical_spin_glass_top"])).index(("following", 0))
    _, at_most = clopper_pearson(hits[newton], searches, CONFIDENCE)
    return Claim(
        "3-spin sphere: cost of a minimum by Newton over that by eigenvector following, lower confidence limit",
        float(cost[newton] / at_most / (cost[following] * searches / hits[following])),
        low=2.0,
        high=1e6,
        source="minima are few among critical points, and Newton does not tell them from others",
    )


def draw(data: Data) -> Figure:
    figure = new_figure(6.4)
    grid = figure.add_gridspec(2, 1, height_ratios=(2, 1))
    above, below = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    axes, bars = above.subplots(2, 2, sharex="col"), below.subplots(1, 2, sharey=True)
    for column, (name, (title, _, _)) in enumerate(LANDSCAPES.items()):
        top = int(data[f"{name}_top"])
        _draw_success(axes[0, column], data, name, top)
        _draw_cost(axes[1, column], data, name, top)
        _draw_ends(bars[column], data, name, top)
        panel(axes[0, column], "ab"[column], title)
        panel(axes[1, column], "cd"[column], "cost of a point")
        panel(bars[column], "ef"[column], title)
    population = data["population"] / data["population"].sum()
    axes[0, 0].plot(np.arange(8), population, color=BLACK, linewidth=0.8, zorder=1, label="all critical points")
    axes[0, 0].set_ylabel("share of searches")
    axes[1, 0].set_ylabel("gradients per point")
    above.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    below.legend(*bars[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _points(data: Data, name: str, method: str, top: int) -> tuple[IntArray, IntArray, Array]:
    """Indices, number of searches that ended at each, and mean cost of a search that might have."""
    keys = methods(top)
    rows = np.array([row for row, key in enumerate(keys) if key[0] == method])
    sought = np.array([keys[row][1] for row in rows])
    if sought[0] < 0:
        k = np.arange(top + 1)
        return k, data[f"{name}_by_index"][rows[0]], np.full(top + 1, data[f"{name}_cost"][rows[0]])
    return sought, data[f"{name}_by_index"][rows, sought], data[f"{name}_cost"][rows]


def _draw_success(ax: Axes, data: Data, name: str, top: int) -> None:
    searches = int(data["searches"])
    for method, (title, colour, marker, size, beside) in LOOKS.items():
        k, hits, _ = _points(data, name, method, top)
        low, high = clopper_pearson(hits, searches)
        look = {"color": colour, "fmt": marker, "markersize": size, "capsize": 0}
        plot_measured(k + beside, hits / searches, low, high, ax, label=title, **look)
    ax.set(ylim=(-0.04, 1.05), xticks=range(top + 1))


def _draw_cost(ax: Axes, data: Data, name: str, top: int) -> None:
    searches = int(data["searches"])
    for method, (_, colour, marker, size, beside) in LOOKS.items():
        k, hits, cost = _points(data, name, method, top)
        some = hits > 0
        k, hits, cost = k[some], hits[some], cost[some]
        low, high = clopper_pearson(hits, searches)
        look = {"color": colour, "fmt": marker, "markersize": size, "capsize": 0}
        plot_measured(k + beside, cost * searches / hits, cost / high, cost / low, ax, **look)
    ax.set(xlabel="index", yscale="log", xticks=range(top + 1))


def _draw_ends(ax: Axes, data: Data, name: str, top: int) -> None:
    keys, place = methods(top), -np.arange(len(LOOKS))
    rows = [[row for row, key in enumerate(keys) if key[0] == method] for method in LOOKS]
    share = np.array([data[f"{name}_ends"][r].sum(axis=0) / (len(r) * int(data["searches"])) for r in rows])
    for end, (title, shade) in enumerate(zip(ENDS, SHADES, strict=True)):
        ax.barh(place, share[:, end], left=share[:, :end].sum(axis=1), color=shade, height=0.7, label=title)
    ax.set(xlabel="share of searches", xlim=(0, 1), yticks=place)
    ax.set_yticklabels([title.removesuffix(" minimization") for title, *_ in LOOKS.values()])


EXPERIMENT = Experiment(
    name="search_methods",
    title="Five ways to look for critical points: success and cost by index",
    caption=(
        "Searches from the same 400 random starts on a spherical 3-spin landscape (a, c, e) and on the cluster of "
        "seven Lennard-Jones atoms (b, d, f). (a, b) Share of searches that end at a nondegenerate critical point of "
        "each index: eigenvector following, saddle dynamics and the dimer seek that index, Newton and gradient-norm "
        "minimization seek none and end at any. Black: share of each index among all critical points, the exact mean "
        "over samples. (c, d) Cost of all searches over the number that ended at the index. In units of a gradient, a "
        "Hessian-vector product costs 2 and a dense Hessian 2n (16 and 42), as its columns; Newton and eigenvector "
        "following use dense Hessians, the others none, and the dimer gradients only. (e, f) How searches end, those "
        "for different indices together; at most 300 steps, 5000 for gradient-norm minimization. At a flat end the "
        "gradient is not zero but lies in the kernel of the Hessian. Error bars: 95 % (Clopper & Pearson)."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
