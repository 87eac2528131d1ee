"""The index of a network's critical points against the training error, from points that are critical."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from landscape.arrays import Array
from landscape.critical.along_descent import along_descent
from landscape.critical.ends import End, search_ends
from landscape.critical.merge import merge
from landscape.critical.newton import Newton
from landscape.critical.search import search
from landscape.descent.adam import Adam
from landscape.descent.ensemble import descend
from landscape.figures.claims import Claim
from landscape.figures.plots import panel
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREY, VERMILION, new_figure
from landscape.problems.data import load_data
from landscape.problems.feedforward import FeedForward
from landscape.problems.networks import network_landscape
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTHS = (4,)
DECAYS = {"1e-2": 1e-2, "3e-3": 3e-3, "1e-3": 1e-3}
DETAIL = "3e-3"
LOOKS = {
    End.CRITICAL: (BLUE, "critical"),
    End.GRADIENT_FLAT: (VERMILION, "gradient-flat"),
    End.NEITHER: (GREY, "neither"),
}
SMALL = 0.3  # trainings begin nearer to the origin, where saddles are
RESAMPLES = 9999


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Searches from noise about training and from its ends, on Fisher's irises."""
    table = load_data("iris")
    inputs, targets = table.inputs, table.targets("squared_error")
    data: dict[str, npt.NDArray[Any]] = {}
    for key, decay in DECAYS.items():
        if quick and key != DETAIL:
            continue
        landscape = network_landscape(inputs, targets, WIDTHS, "tanh", "squared_error", decay)
        rng = stream(seed, {"figure": "network_index_against_loss", "decay": decay}, 0)
        descent = descend(landscape, SMALL * landscape.starts(rng, 20), Adam(lr=0.01), 600, tol=0.0, record=5)
        searches = 30 if quick else 300 if key == DETAIL else 100
        starts = np.concatenate([along_descent(landscape, descent, rng, searches, noise=1.0), descent.x])
        ends = search_ends(landscape, search(landscape, starts, Newton(), 150 if quick else 400))
        critical = ends[ends.kind == End.CRITICAL]
        points = critical[merge(landscape, critical.x)[0]]
        network = FeedForward(inputs, targets, WIDTHS, "tanh", "squared_error")
        data |= {
            f"{key}_kind": ends.kind,
            f"{key}_loss": network.value(points.x),
            f"{key}_error": training_error(network, points.x),
            f"{key}_fraction": points.index / points.directions,
            f"{key}_index": points.index,
            f"{key}_value": points.value,
        }
    return data


def training_error(network: FeedForward, x: Array) -> Array:
    """Which part of the samples each network (m, n) takes for another class, (m,)."""
    answer = network.outputs(x, network.inputs).argmax(axis=-1)
    wrong: Array = (answer != network.targets.argmax(axis=-1)).mean(axis=-1)
    return wrong


def rank_correlation(a: npt.NDArray[Any], b: Array) -> tuple[float, float]:
    """Spearman's rank correlation of (m,) and (m,), and the p-value of one so high by random pairings."""
    x, y = (rankdata(v) - (len(v) + 1) / 2 for v in (a, b))
    x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
    shuffled = np.random.default_rng(0).permuted(np.tile(x, (RESAMPLES, 1)), axis=1)
    as_high = int((shuffled @ y >= x @ y - 1e-12).sum())
    return float(x @ y), (as_high + 1) / (RESAMPLES + 1)


def claims(data: Data) -> list[Claim]:
    index, value, loss = (data[f"{DETAIL}_{name}"] for name in ("index", "value", "loss"))
    result = []
    for text, height in (("what was minimised", value), ("the training loss without the weight decay", loss)):
        correlation, p_value = rank_correlation(index, height)
        result.append(
            Claim(
                f"distinct critical points: permutation p-value of a rank correlation of index and {text} "
                f"({correlation:.2f})",
                p_value,
                low=0.0,
                high=0.01,
                source="Dauphin et al. 2014: the higher, the more unstable",
            )
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
            "share of searches that ended at a critical point",
            float((data[f"{DETAIL}_kind"] == End.CRITICAL).mean()),
            low=0.05,
            high=0.95,
            source="Frye et al. 2021: not all, and not none",
        ),
    ]
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.9)
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 0.75])
    fraction = data[f"{DETAIL}_fraction"]
    dots = {"s": 14, "color": BLUE, "alpha": 0.6, "linewidths": 0}
    left.scatter(data[f"{DETAIL}_loss"], fraction, **dots)
    left.set(xlabel="training loss", ylabel="index / number of parameters", ylim=(-0.01, None), xlim=(0, None))
    panel(left, "a", "critical points")
    middle.scatter(100 * data[f"{DETAIL}_error"], fraction, **dots)
    middle.set(xlabel="training error / %", ylim=left.get_ylim(), yticklabels=[], xlim=(-2, None))
    middle.set_ylabel("")
    panel(middle, "b", "the same")
    shown = [key for key in DECAYS if f"{key}_kind" in data]
    for column, key in enumerate(shown):
        kind, base = data[f"{key}_kind"], 0.0
        for end, (colour, label) in LOOKS.items():
            part = (kind == end).mean()
            right.bar(column, part, 0.7, base, color=colour, **({"label": label} if column == 0 else {}))
            base += part
    right.set(xticks=range(len(shown)), xticklabels=[f"{DECAYS[k]:g}" for k in shown], ylim=(0, 1))
    right.set(xlabel="weight decay", ylabel="share of searches")
    panel(right, "c", "all ends")
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower right", ncols=3)
    return figure


EXPERIMENT = Experiment(
    name="network_index_against_loss",
    title="The higher a network's critical point, the more directions lead down",
    caption=(
        "A tanh network with four hidden units on Fisher's irises (35 parameters, half the squared error and weight "
        "decay 0.003). Levenberg–Marquardt searches from noise about trainings by Adam and from their ends; (a, b) "
        "only the ends that are critical, each once modulo the permutations and signs of hidden units: the fraction of "
        "negative Hessian eigenvalues against the training loss without the weight decay and against the training "
        "error. (c) What all searches ended at, for three weight decays: those that are gradient-flat, or not done, "
        "are in no other panel. The points are those that such searches reach, not a fair sample of all."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
