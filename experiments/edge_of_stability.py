"""The edge of stability: gradient descent on a network drives the sharpness to 2 / learning rate, and stays there."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, VERMILION, new_figure
from landscape.function import Landscape
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 20
RATES = (0.1, 0.2, 0.3, 0.4)  # the first is the control: few networks come to 2 / 0.1 or near
# An odd number of steps: at the edge weights hop to and fro between steps, and both sides must be seen.
EVERY = 75
LATE = 1 / 3  # the last part of each descent, over which sharpness is averaged
COLOURS = (BLACK, BLUE, VERMILION, GREEN)


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Descents of a few networks at each learning rate, with the largest eigenvalue of the Hessian on the way."""
    network = problem("mlp", data="chebyshev3", widths=WIDTH, weight_decay=0)
    rng = stream(seed, {"figure": "edge_of_stability"}, 0)
    starts = network.starts(rng, 8 if quick else 16)
    steps = 9_000 if quick else 30_000
    rates = RATES[:2] if quick else RATES
    loss, sharpness = [], []
    for lr in rates:
        path = descend(network, starts, GradientDescent(lr), steps, tol=0.0, record=EVERY).trajectory
        assert path is not None
        loss.append(network.value(path.x))
        sharpness.append(largest_eigenvalues(network, path.x))
    return {
        "lr": np.array(rates),
        "step": EVERY * np.arange(steps // EVERY + 1),
        "loss": np.array(loss),
        "sharpness": np.array(sharpness),
    }


def largest_eigenvalues(network: Landscape, x: Array) -> Array:
    """Sharpness at points (frames, m, n), (frames, m)."""
    return np.stack([np.linalg.eigvalsh(network.hessian(frame))[:, -1] for frame in x])


def late_sharpness(data: Data) -> Array:
    """Mean of the sharpness over the last part of each descent in units of 2 / lr, (rates, m)."""
    late = data["step"] > (1 - LATE) * data["step"][-1]
    mean: Array = data["sharpness"][:, late].mean(axis=1) * data["lr"][:, None] / 2
    return mean


def claims(data: Data) -> list[Claim]:
    control = data["sharpness"][0] * RATES[0] / 2
    result = [
        Claim(
            f"learning rate {RATES[0]}: largest sharpness on the way in units of 2 / lr, median over networks",
            float(np.median(control.max(axis=0))),
            low=0.0,
            high=0.95,
            source="the loss is learnt before the sharpness has risen to 2 / lr",
        )
    ]
    for lr, late in list(zip(data["lr"], late_sharpness(data), strict=True))[1:]:
        result.append(
            Claim(
                f"learning rate {lr}: late mean sharpness in units of 2 / lr, median over networks",
                float(np.median(late)),
                expected=1.0,
                tolerance=0.005,
                source="2 / lr: Cohen et al. 2021, arXiv:2103.00065",
            )
        )
    unstable = data["sharpness"][1] * RATES[1] / 2 > 1
    first = unstable.argmax(axis=0)
    at_edge = np.take_along_axis(data["loss"][1], first[None], axis=0)[0]
    return [
        *result,
        Claim(
            f"learning rate {RATES[1]}: share of the networks that reached the edge",
            float(unstable.any(axis=0).mean()),
            expected=1.0,
            tolerance=0.0,
            source="progressive sharpening: Cohen et al. 2021",
        ),
        Claim(
            f"learning rate {RATES[1]}: last loss over that at the edge's first crossing, median over networks",
            float(np.median(data["loss"][1, -1] / at_edge)),
            low=0.0,
            high=0.5,
            source="learning goes on at the edge: Cohen et al. 2021",
        ),
    ]


def draw(data: Data) -> Figure:
    figure = new_figure(3.6)
    axes = figure.subplot_mosaic([["sharpness", "late"], ["sharpness", "loss"]], width_ratios=[1.25, 1])
    left, top, bottom = axes["sharpness"], axes["late"], axes["loss"]
    thousands = data["step"] / 1000
    for lr, sharpness, loss, colour in zip(data["lr"], data["sharpness"], data["loss"], COLOURS, strict=False):
        left.axhline(2 / lr, color=colour, linestyle="--", linewidth=0.8)
        plot_theory(thousands, sharpness[:, 0], left, color=colour, linewidth=0.9, label=f"η = {lr:g}")
        bottom.semilogy(thousands, loss[:, 0], color=colour, linewidth=0.9)
    left.set(xlabel="step / 1000", ylabel="sharpness $\\lambda_{max}$", ylim=(0, 22), xlim=(0, thousands[-1]))
    left.set_yticks([0, 5, 10, 15, 20])
    left.legend(loc="upper right", bbox_to_anchor=(1.0, 0.9), ncols=2, title="dashed: 2/η", title_fontsize=7.5)
    panel(left, "a", "one network")
    bottom.set(xlabel="step / 1000", ylabel="loss", xlim=(0, thousands[-1]))
    panel(bottom, "c", "its loss")

    late = late_sharpness(data)
    spread = 0.04 * np.linspace(-0.5, 0.5, late.shape[1])
    for lr, mean, colour in zip(data["lr"], late, COLOURS, strict=False):
        plot_measured(lr + spread, mean, ax=top, color=colour, markersize=3, mfc="none")
    top.axhline(1, color=GREY, linewidth=0.8)
    top.set(xlabel="learning rate η", ylabel="late mean of $\\lambda_{max}\\,\\eta/2$", ylim=(0.5, 1.1), xticks=RATES)
    panel(top, "b", f"{late.shape[1]} networks")
    return figure


EXPERIMENT = Experiment(
    name="edge_of_stability",
    title="The edge of stability: a network sharpens until the learning rate is just too large",
    caption=(
        "Full-batch gradient descent on a tanh network with 20 hidden units that learns the Chebyshev polynomial T₃ "
        "on 20 points (half the mean squared error), from PyTorch's default initialisation. (a) Sharpness, the "
        "largest eigenvalue of the full Hessian, every 75 steps for one network and four learning rates; dashed the "
        "limit of stability 2/η on a quadratic. (b) Mean sharpness over the last third of the steps in units of 2/η, "
        "for every network. (c) Loss of the network in (a). At η = 0.1 the loss of most networks is learnt before the "
        "sharpness has risen to the limit. At the other rates it rises to the limit, or falls to it, and hovers there "
        "while the loss goes down in spikes; some networks settle a little below it when hardly any loss is left."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
