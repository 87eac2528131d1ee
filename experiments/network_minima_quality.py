"""How good a network's minima are, against its width: where narrower networks are stuck, wider ones have saddles."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, norm
from landscape.critical.classify import classify
from landscape.critical.ends import End, search_ends
from landscape.critical.merge import merge
from landscape.critical.newton import Newton
from landscape.critical.points import Kind
from landscape.critical.search import search
from landscape.descent.adam import Adam
from landscape.descent.ensemble import descend
from landscape.figures.claims import Claim
from landscape.figures.plots import panel
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREY, VERMILION, new_figure
from landscape.function import Landscape
from landscape.hidden_units import pack, unpack
from landscape.problems import problem
from landscape.problems.data import load_data
from landscape.problems.feedforward import FeedForward
from landscape.random import stream
from landscape.statistics.intervals import clopper_pearson

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTHS = (1, 2, 3, 4, 5, 6)
WIDER = 3.0  # starts are drawn so many times wider than usual: the target has many turns
DATA, DECAY = "chebyshev7", 1e-4
WORSE = 1.1  # a training is stuck if its loss is more than so many times the lowest at its width
CONFIDENCE = 0.9999
ENOUGH = 400  # trainings at each width, for the minima that they find to be compared


def network(width: int) -> Landscape:
    return problem("mlp", data=DATA, widths=(width,), weight_decay=DECAY)


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Trainings by Adam from random starts, each followed by Newton's method."""
    starts, steps = (60, 2000) if quick else (400, 6000)
    data: dict[str, npt.NDArray[Any]] = {}
    for width in WIDTHS:
        landscape = network(width)
        rng = stream(seed, {"figure": "network_minima_quality", "width": width}, 0)
        descent = descend(landscape, WIDER * landscape.starts(rng, starts), Adam(lr=0.02), steps, tol=0.0)
        ends = search_ends(landscape, search(landscape, descent.x, Newton(), 100))
        minima = ends[(ends.kind == End.CRITICAL) & (ends.index == 0) & (ends.nullity == 0)]
        representative, label = merge(landscape, minima.x)
        points = minima[representative]
        embedded = classify(network(width + 1), with_idle_unit(points.x, landscape, width))
        data |= {
            f"w{width}_trained": descent.value,
            f"w{width}_minimum": points.value,
            f"w{width}_found": np.bincount(label, minlength=len(points)),
            f"w{width}_embedded_critical": (embedded.kind != Kind.NOT_CRITICAL),
            f"w{width}_embedded_value": embedded.value,
            f"w{width}_embedded_index": embedded.index,
            f"w{width}_embedded_lowest": np.nanmin(embedded.eigenvalues, axis=1),
            f"w{width}_slope": idle_slope(points.x, width),
        }
    return data


def with_idle_unit(x: Array, landscape: Landscape, width: int) -> Array:
    """The same networks (m, n) with one more hidden unit, all of whose weights are zero, (m, n')."""
    (w1, b1), (w2, b2) = unpack(x, (1, width, 1))
    unit = np.zeros((len(x), 1, 1))
    return pack([(np.concatenate([w1, unit], 1), np.concatenate([b1, unit[..., 0]], 1)),
                 (np.concatenate([w2, unit], 2), b2)])  # fmt: skip


def idle_slope(x: Array, width: int) -> Array:
    """How fast the gradient by an idle unit's outgoing weight grows with its incoming ones, (m,): the length of the
    mean of residual times input, the bias's constant input included."""
    table = load_data(DATA)
    inputs, targets = table.inputs, table.targets("squared_error")
    residual = FeedForward(inputs, targets, (width,)).outputs(x, inputs) - targets
    return norm((residual * np.column_stack([inputs, np.ones(len(inputs))])).mean(axis=-2))


def claims(data: Data) -> list[Claim]:
    lowest = np.array([data[f"w{width}_trained"].min() for width in WIDTHS])
    value = np.concatenate([data[f"w{width}_minimum"] for width in WIDTHS])
    spread = np.array([data[f"w{width}_minimum"].max() / data[f"w{width}_minimum"].min() for width in WIDTHS])
    embedded = np.concatenate([data[f"w{width}_embedded_value"] for width in WIDTHS])
    critical = np.concatenate([data[f"w{width}_embedded_critical"] for width in WIDTHS])
    index = np.concatenate([data[f"w{width}_embedded_index"] for width in WIDTHS])
    trained = np.stack([data[f"w{width}_trained"] for width in (2, 3, 4, 5)])
    stuck = trained > WORSE * trained.min(axis=1, keepdims=True)
    lowest_eigenvalue = np.concatenate([data[f"w{width}_embedded_lowest"] for width in WIDTHS])
    slope = np.concatenate([data[f"w{width}_slope"] for width in WIDTHS])
    result = [
        Claim(
            "widths at which the lowest loss is above that of the next narrower network",
            int((np.diff(lowest) > 0).sum()),
            expected=0,
            tolerance=0,
            source="a network with an idle unit is as good as one without",
        ),
        Claim(
            "minima that stay critical points, of the same value, when an idle unit is added: the share",
            float((critical & (np.abs(embedded - value) < 1e-12)).mean()),
            expected=1.0,
            tolerance=0.0,
            source="the gradient of an idle tanh unit is zero (Fukumizu & Amari 2000; Zhang et al. 2021)",
        ),
        Claim(
            f"minima that stay minima when an idle unit is added, of {len(index)}",
            int((index == 0).sum()),
            expected=0,
            tolerance=0,
            source="measured: every minimum of a narrow network becomes a saddle",
        ),
        Claim(
            f"minima that become saddles when an idle unit is added, of {len(index)}: difference from the number of "
            "those whose residual's slope exceeds the weight decay",
            int((index > 0).sum() - (slope > DECAY).sum()),
            expected=0,
            tolerance=0,
            source="the idle unit's block of the Hessian: eigenvalues decay ± |c|",
        ),
        Claim(
            "lowest eigenvalue with an idle unit: largest difference from decay − |c|, relative to |c|",
            float(np.abs((lowest_eigenvalue - (DECAY - slope)) / slope).max()),
            low=0.0,
            high=1e-6,
            source="the same; rounding",
        ),
        Claim(
            "trainings at widths 2 to 5 that end more than ten per cent above the lowest at their width: lower end of "
            "the interval of the share",
            float(clopper_pearson(stuck.sum(), stuck.size, CONFIDENCE)[0]),
            low=0.25,
            high=1.0,
            source="bad minima: Swirszcz, Czarnecki & Pascanu 2016; Clopper–Pearson, error rate 10⁻⁴",
        ),
    ]
    if trained.shape[1] >= ENOUGH:
        result += [
            Claim(
                "the highest minimum found over the lowest, at the width from 2 on where they are nearest",
                float(spread[1:].min()),
                low=1.5,
                high=100.0,
                source="measured: minima of one width differ, wide networks' too",
            ),
            Claim(
                f"the highest minimum found at width {WIDTHS[-1]} over the lowest at width {WIDTHS[0]}",
                float(data[f"w{WIDTHS[-1]}_minimum"].max() / data[f"w{WIDTHS[0]}_minimum"].min()),
                low=0.0,
                high=0.5,
                source="measured: yet the worst of a wide network are better than the best of a narrow one",
            ),
        ]
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.9)
    left, right = figure.subplots(1, 2)
    jitter = np.linspace(-0.28, 0.28, len(data["w1_trained"]))
    for width in WIDTHS:
        first = {"label": "end of a training"} if width == WIDTHS[0] else {}
        left.scatter(width + jitter, data[f"w{width}_trained"], s=2, color=GREY, alpha=0.4, linewidths=0,
                     rasterized=True, **first)  # fmt: skip
        saddle = data[f"w{width}_embedded_index"] > 0
        for part, colour, label in (
            (saddle, BLUE, "minimum, saddle if wider"),
            (~saddle, VERMILION, "minimum, also if wider"),
        ):
            value = data[f"w{width}_minimum"][part]
            left.hlines(value, width - 0.34, width + 0.34, color=colour, linewidth=1.4,
                        label=label if width == WIDTHS[1] and part.any() else None)  # fmt: skip
    left.set(xlabel="hidden units", ylabel="loss with weight decay", yscale="log", xticks=WIDTHS, ylim=(None, 0.9))
    left.legend(loc="upper right")
    panel(left, "a", "minima")
    slope = np.concatenate([data[f"w{width}_slope"] for width in WIDTHS])
    line = np.geomspace(1.05 * DECAY, 2 * slope.max(), 200)
    right.plot(line, line - DECAY, color=BLACK, linewidth=0.8, label="|c| − decay")
    for width, marker in zip(WIDTHS, "os^vD*", strict=True):
        depth = -data[f"w{width}_embedded_lowest"]
        right.plot(data[f"w{width}_slope"][depth > 0], depth[depth > 0], marker, color=BLUE, markersize=4,
                   markerfacecolor="white", label=f"width {width}")  # fmt: skip
    right.axvline(DECAY, color=GREY, linewidth=0.8, linestyle=":", label="weight decay")
    right.set(xlabel="slope |c| of an idle unit", ylabel="lowest eigenvalue, less than zero by", xscale="log")
    right.set(yscale="log", ylim=(0.2 * (slope.min() - DECAY), None))
    right.legend(loc="lower right", fontsize=6.5)
    panel(right, "b", "the way down from them")
    return figure


EXPERIMENT = Experiment(
    name="network_minima_quality",
    title="Minima of narrow networks are saddles of wider ones",
    caption=(
        "Tanh networks with one hidden layer learn the Chebyshev polynomial T₇ on twenty points (squared error, weight "
        "decay 10⁻⁴), from random starts by Adam. (a) Where trainings end (dots), and the nondegenerate minima that "
        "Newton's method finds from there (bars). With one more hidden unit, all of whose weights are zero, every one "
        "of them is a critical point of the wider network at the same loss: blue if it is a saddle there, so that "
        "descent goes on, red if it is a minimum still. The minima of one width differ by half and more from width 2 "
        "on, but the highest at width 6 is far below the lowest at width 1. Wide networks have flat directions: fewer "
        "of their trainings end at a point that is found to be a minimum. (b) How far the lowest eigenvalue of the "
        "wider network's "
        "Hessian there is below zero, against the length of c, the mean of residual times input: the second derivative "
        "by the idle unit's outgoing and incoming weights. Line: the idle unit's block of the Hessian, whose "
        "eigenvalues are the weight decay ± |c|. Only a minimum whose residual has no slope beyond "
        "the weight decay would stay one."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
