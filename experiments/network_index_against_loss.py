"""The index of a network's critical points against its error on handwritten digits, from points that are critical."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.stats import bootstrap, fisher_exact, rankdata

from landscape.arrays import Array, norm
from landscape.critical.along_descent import along_descent
from landscape.critical.eigenvector_following import EigenvectorFollowing
from landscape.critical.ends import End, SearchEnds, search_ends
from landscape.critical.gradient_norm import GradientNormMinimization
from landscape.critical.merge import merge
from landscape.critical.newton import Newton
from landscape.critical.search import search
from landscape.descent.adam import Adam
from landscape.descent.ensemble import descend
from landscape.figures.claims import Claim
from landscape.figures.plots import panel
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, VERMILION, new_figure
from landscape.parallel import map_chunks
from landscape.problems.data import load_data
from landscape.problems.feedforward import FeedForward
from landscape.problems.networks import network_landscape
from landscape.random import stream
from landscape.statistics.intervals import clopper_pearson

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SMALL = 0.3  # trainings begin nearer to the origin, where saddles are
FLAT_GRADIENT = 0.01  # of the typical start's: what a search by the gradient's size would take for zero
RESAMPLES = 9999
CONFIDENT = 0.99  # one-sided, of the rank correlations
LEAST = {"loss": 0.8, "error": 0.5}  # correlation that is called strong: errors are coarse
CONFIDENCE = 0.9999
LOOKS = {
    End.CRITICAL: (BLUE, "critical"),
    End.GRADIENT_FLAT: (VERMILION, "gradient-flat"),
    End.NEITHER: (GREY, "neither"),
}
ENOUGH = {"loss": 20, "error": 30}  # distinct points, for a correlation to be tested: errors are coarse
ENOUGH_SEARCHES = 50


@dataclass(frozen=True)
class Case:
    """Searches by one method on the network with one weight decay."""

    method: str
    decay: float
    label: str


CASES = {
    "free": Case("newton", 1e-2, "L.–M.\n0.01"),
    "middle": Case("newton", 3e-3, "L.–M.\n0.003"),
    "weak": Case("newton", 1e-3, "L.–M.\n0.001"),
    "norm": Case("norm", 1e-2, "$|\\nabla f|^2$\n0.01"),
    "prescribed": Case("follow", 1e-2, "eig. f.\n0.01"),
}


@dataclass(frozen=True)
class Size:
    """How much is done."""

    samples: int
    width: int
    searches: dict[str, int]
    steps: dict[str, int]
    indices: tuple[int, ...]  # that eigenvectors are followed to


FULL = Size(
    500,
    4,
    {"free": 180, "middle": 36, "weak": 36, "norm": 25, "prescribed": 52},
    {"newton": 200, "norm": 8000, "follow": 200},
    tuple(range(0, 25, 2)),
)
QUICK = Size(200, 3, {"free": 16, "prescribed": 24}, {"newton": 60, "follow": 100}, tuple(range(8)))


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Searches from noise about training and from its ends, on digits of four by four pixels."""
    size = QUICK if quick else FULL
    data: dict[str, npt.NDArray[Any]] = {}
    tasks = [(key, size, seed) for key in size.searches]
    for key, found in zip(size.searches, map_chunks(executor, ends_of, tasks), strict=True):
        data |= {f"{key}_{name}": array for name, array in found.items()}
    return data


def ends_of(key: str, size: Size, seed: int) -> dict[str, npt.NDArray[Any]]:
    """What the ends of a case's searches are, and the distinct critical points among them."""
    case = CASES[key]
    table = load_data("digits_4x4", size.samples)
    inputs, targets = table.inputs, table.targets("squared_error")
    landscape = network_landscape(inputs, targets, (size.width,), "tanh", "squared_error", case.decay)
    # The same trainings and starts for every method.
    rng = stream(seed, {"figure": "network_index_against_loss", "decay": case.decay}, 0)
    descent = descend(landscape, SMALL * landscape.starts(rng, 20), Adam(lr=0.01), 600, tol=0.0, record=5)
    around = along_descent(landscape, descent, rng, size.searches[key], noise=1.0)
    starts = np.concatenate([around, descent.x]) if case.method == "newton" else around
    steps = size.steps[case.method]
    if case.method == "follow":
        shares = zip(size.indices, np.array_split(starts, len(size.indices)), strict=True)
        runs = [search(landscape, x, EigenvectorFollowing(k), steps) for k, x in shares]
        ends = SearchEnds.concatenate([search_ends(landscape, part) for part in runs])
    else:
        method = Newton() if case.method == "newton" else GradientNormMinimization()
        ends = search_ends(landscape, search(landscape, starts, method, steps))
    critical = ends[ends.kind == End.CRITICAL]
    points = critical[merge(landscape, critical.x)[0]]
    network = FeedForward(inputs, targets, (size.width,), "tanh", "squared_error")
    return {
        # Trainings that have arrived say nothing of the searches: what those end at is counted without them.
        "kind": ends.kind[: len(around)],
        "gradient": ends.gradient_norm[: len(around)] / np.median(norm(landscape.gradient(around))),
        "loss": network.value(points.x),
        "error": training_error(network, points.x),
        "value": points.value,
        "index": points.index,
        "nullity": points.nullity,
        "directions": points.directions,
    }


def training_error(network: FeedForward, x: Array) -> Array:
    """Which part of the samples each network (m, n) takes for another class, (m,)."""
    answer = network.outputs(x, network.inputs).argmax(axis=-1)
    wrong: Array = (answer != network.targets.argmax(axis=-1)).mean(axis=-1)
    return wrong


def rank_correlation(a: npt.NDArray[Any], b: Array) -> tuple[float, float]:
    """Spearman's rank correlation of (m,) and (m,), and its lower confidence limit: BCa bootstrap, which resamples
    pairs and takes ties as they are (Efron, J. Am. Stat. Assoc. 82, 171, 1987)."""

    def spearman(x: Array, y: Array, axis: int = -1) -> Array:
        x, y = (rankdata(v, axis=axis) - (v.shape[axis] + 1) / 2 for v in (x, y))
        product: Array = (x * y).sum(axis=axis) / np.sqrt((x * x).sum(axis=axis) * (y * y).sum(axis=axis))
        return product

    limits = bootstrap(
        (a, b), spearman, paired=True, vectorized=True, n_resamples=RESAMPLES, confidence_level=CONFIDENT,
        alternative="greater", method="BCa", rng=np.random.default_rng(0),
    )  # fmt: skip
    return float(spearman(a, b)), float(limits.confidence_interval.low)


def claims(data: Data) -> list[Claim]:
    result = []
    for key, how in (("free", "Levenberg–Marquardt searches"), ("prescribed", "eigenvector following")):
        for name, height in (("loss", "training loss without the weight decay"), ("error", "training error")):
            if len(data[f"{key}_index"]) < ENOUGH[name]:
                continue
            correlation, limit = rank_correlation(data[f"{key}_index"], data[f"{key}_{name}"])
            result.append(
                Claim(
                    f"{how}, {len(data[f'{key}_index'])} distinct critical points: lower 99 % confidence limit of the "
                    f"rank correlation of index and {height} (measured {correlation:.2f})",
                    limit,
                    low=LEAST[name],
                    high=1.0,
                    source="Dauphin et al. 2014: the higher, the more unstable; BCa bootstrap of the points found",
                )
            )
    shown = ("free", "prescribed")
    value, index, nullity = (
        np.concatenate([data[f"{k}_{name}"] for k in shown]) for name in ("value", "index", "nullity")
    )
    result += [
        Claim(
            "index of the lowest critical point found",
            int(index[value.argmin()]),
            expected=0,
            tolerance=0,
            source="a function that grows at infinity has its lowest critical point at a minimum",
        ),
        Claim(
            "share of the critical points with an eigenvalue whose sign is undecided",
            float((nullity > 0).mean()),
            low=0.0,
            high=0.05,
            source="with weight decay critical points are isolated, but for exceptions",
        ),
    ]
    small = data["free_gradient"] < FLAT_GRADIENT
    flat = data["free_kind"][small] == End.GRADIENT_FLAT
    if flat.size >= ENOUGH_SEARCHES:
        result.append(
            Claim(
                "of the searches that end where the gradient is below a hundredth of the starts', the lower end of the "
                f"interval of the share that is gradient-flat (measured {flat.mean():.2f})",
                float(clopper_pearson(flat.sum(), flat.size, CONFIDENCE)[0]),
                low=0.1,
                high=1.0,
                source="Frye et al. 2021: a small gradient is not a critical point",
            )
        )
    if "norm_kind" in data:
        flat, critical = (data["norm_kind"] == end for end in (End.GRADIENT_FLAT, End.CRITICAL))
        result.append(
            Claim(
                f"descent on |∇f|², {flat.sum()} of {flat.size} at gradient-flat points: upper end of the 95 % "
                "interval of the share that ends at critical points",
                float(clopper_pearson(critical.sum(), critical.size, 0.95)[1]),
                low=0.0,
                high=0.3,
                source="Frye et al. 2021",
            )
        )
    if "weak_kind" in data:
        critical = [data[f"{key}_kind"] == End.CRITICAL for key in ("free", "weak")]
        table = [[c.sum(), c.size - c.sum()] for c in critical]
        result.append(
            Claim(
                "Levenberg–Marquardt: p-value of Fisher's exact test that no more searches end at critical points at "
                f"weight decay 10⁻² ({critical[0].mean():.2f}) than at 10⁻³ ({critical[1].mean():.2f})",
                float(fisher_exact(table, alternative="greater").pvalue),
                low=0.0,
                high=0.01,
                source="the weaker the decay, the farther out, and the flatter, is what searches run after",
            )
        )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.9)
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.15])
    looks = {"free": (BLUE, "o", "Levenberg–Marquardt"), "prescribed": (GREEN, "D", "eigenvector following")}
    for ax, name, unit in ((left, "loss", 1), (middle, "error", 100)):
        for key, (colour, marker, label) in looks.items():
            low, directions = data[f"{key}_index"], data[f"{key}_directions"]
            ax.errorbar(
                unit * data[f"{key}_{name}"],
                low / directions,
                yerr=[np.zeros(len(low)), data[f"{key}_nullity"] / directions],
                fmt=marker,
                color=colour,
                alpha=0.75,
                markersize=3 if marker == "o" else 2.5,
                markeredgewidth=0,
                label=label,
            )
    left.set(xlabel="training loss", ylabel="index / number of parameters", ylim=(-0.01, None))
    panel(left, "a", "critical points")
    middle.set(xlabel="training error / %", ylim=left.get_ylim(), yticklabels=[])
    panel(middle, "b", "the same")
    shown = [key for key in CASES if f"{key}_kind" in data]
    for column, key in enumerate(shown):
        kind, base = data[f"{key}_kind"], 0.0
        for end, (colour, label) in LOOKS.items():
            part = (kind == end).mean()
            right.bar(column, part, 0.7, base, color=colour, **({"label": label} if column == 0 else {}))
            base += part
        critical = kind == End.CRITICAL
        share = critical.mean()
        bottom, top = clopper_pearson(critical.sum(), critical.size, 0.95)
        right.errorbar(column, share, [[share - bottom], [top - share]], color=BLACK, elinewidth=1.0)
    right.set(ylim=(0, 1), ylabel="share of searches")
    right.set_xticks(range(len(shown)), [CASES[k].label for k in shown], fontsize=6.5)
    right.set_xlabel("method, weight decay")
    panel(right, "c", "all ends")
    points, labels = left.get_legend_handles_labels()
    handles = [point[0] for point in points]  # most have no bar
    bars, names = right.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=2, fontsize=7, handletextpad=0.0, columnspacing=0.5)
    figure.legend(bars, names, loc="outside lower right", ncols=3, fontsize=7, columnspacing=1.0)
    return figure


EXPERIMENT = Experiment(
    name="network_index_against_loss",
    title="The higher a network's critical point on digits, the more directions lead down",
    caption=(
        "A tanh network with four hidden units (118 parameters, half the squared error and weight decay 0.01) on 500 "
        "handwritten digits of 4 × 4 pixels. Searches from noise about trainings by Adam, and from their ends. (a, b) "
        "Only the ends that are critical, each once modulo the permutations and signs of hidden units: the fraction of "
        "negative Hessian eigenvalues, the weight decay's part included, against the training loss without the weight "
        "decay and against the training error; where the sign of an eigenvalue is undecided, a bar reaches up to "
        "what the fraction may be. Circles: by Levenberg–Marquardt steps, which prescribe no index; diamonds: by "
        "eigenvector following to even indices up to 24, where the index is prescribed and the loss is not. (c) What "
        "all searches from noise ended at, by method and weight decay (L.–M.: Levenberg–Marquardt; |∇f|²: descent on "
        "it, of 8000 steps; eig. f.: eigenvector following; these of 200), with 95 % intervals of the critical share: "
        "the ends that are gradient-flat, or neither, which is not done, are in no other panel. The points are those "
        "that such searches reach, not a fair "
        "sample of all."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
