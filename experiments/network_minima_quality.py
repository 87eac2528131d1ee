"""How good a network's minima are, against its width: where narrower networks are stuck, wider ones have saddles."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.critical.classify import classify
from landscape.critical.ends import End, search_ends
from landscape.critical.merge import merge
from landscape.critical.newton import Newton
from landscape.critical.points import Kind
from landscape.critical.search import search
from landscape.descent.adam import Adam
from landscape.descent.ensemble import descend
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREY, VERMILION, new_figure
from landscape.function import Landscape
from landscape.hidden_units import pack, unpack
from landscape.problems import problem
from landscape.random import stream
from landscape.statistics.intervals import clopper_pearson

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTHS = (1, 2, 3, 4, 5, 6)
WIDER = 3.0  # starts are drawn so many times wider than usual: the target has many turns
NEAR = 1.1  # a training is as good as the best if its loss is at most so many times the lowest


def network(width: int) -> Landscape:
    return problem("mlp", data="chebyshev7", widths=(width,), weight_decay=1e-4)


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Trainings by Adam from random starts, each followed by Newton's method."""
    starts, steps = (60, 2000) if quick else (400, 6000)
    data: dict[str, npt.NDArray[Any]] = {"starts": np.array(starts)}
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
        }
    return data


def with_idle_unit(x: Array, landscape: Landscape, width: int) -> Array:
    """The same networks (m, n) with one more hidden unit, all of whose weights are zero, (m, n')."""
    (w1, b1), (w2, b2) = unpack(x, (1, width, 1))
    unit = np.zeros((len(x), 1, 1))
    return pack([(np.concatenate([w1, unit], 1), np.concatenate([b1, unit[..., 0]], 1)),
                 (np.concatenate([w2, unit], 2), b2)])  # fmt: skip


def claims(data: Data) -> list[Claim]:
    lowest = np.array([data[f"w{width}_trained"].min() for width in WIDTHS])
    value = np.concatenate([data[f"w{width}_minimum"] for width in WIDTHS])
    embedded = np.concatenate([data[f"w{width}_embedded_value"] for width in WIDTHS])
    critical = np.concatenate([data[f"w{width}_embedded_critical"] for width in WIDTHS])
    index = np.concatenate([data[f"w{width}_embedded_index"] for width in WIDTHS])
    return [
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
            "minima that become saddles when an idle unit is added: the share",
            float((index > 0).mean()),
            low=0.5,
            high=1.0,
            source="eigenvalues decay ± |c| with c the slope by a new unit: saddles unless decay outweighs it",
        ),
        Claim(
            "narrow networks (width 2 to 4) have bad minima: the largest ratio of two minima's losses at one width",
            max(float(np.ptp(np.log(data[f"w{width}_minimum"]))) for width in (2, 3, 4)),
            low=0.1,
            high=10.0,
            source="logarithm of the ratio; Swirszcz, Czarnecki & Pascanu 2016",
        ),
    ]


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
    best = [int((data[f"w{w}_trained"] <= NEAR * data[f"w{w}_trained"].min()).sum()) for w in WIDTHS]
    starts = int(data["starts"])
    low, high = clopper_pearson(best, starts)
    plot_measured(WIDTHS, np.array(best) / starts, low, high, ax=right, color=BLUE)
    right.set(xlabel="hidden units", ylabel="share of trainings near the best", ylim=(0, 1.05), xticks=WIDTHS)
    panel(right, "b", "trainings that do well")
    return figure


EXPERIMENT = Experiment(
    name="network_minima_quality",
    title="Minima of narrow networks are saddles of wider ones",
    caption=(
        "Tanh networks with one hidden layer learn the Chebyshev polynomial T₇ on twenty points (squared error, weight "
        "decay 10⁻⁴), from random starts by Adam. (a) Where trainings end (dots), and the nondegenerate minima that "
        "Newton's method finds from there (bars). With one more hidden unit, all of whose weights are zero, every one "
        "of them is a critical point of the wider network at the same loss: blue if it is a saddle there, so that "
        "descent goes on, red if it is a minimum still. Wide networks have flat directions: fewer of their trainings "
        "end at a point that is found to be a minimum. (b) Share of trainings that end within ten per cent of the "
        "lowest loss found at that width, with 95 per cent intervals: it does not grow steadily."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
