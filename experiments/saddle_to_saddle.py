"""Learning in jumps: a linear network from a small start goes from saddle to saddle."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, norm
from landscape.critical.classify import classify
from landscape.critical.find import find_critical_points
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION, new_figure
from landscape.problems import problem
from landscape.random import stream
from landscape.theory.deep_linear import (
    left_out,
    mode_half_time,
    mode_strength,
    small_start_strength,
    subset_index,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MODES = np.array([4.0, 2.5, 1.5, 0.8])  # singular values of the map to learn
HIDDEN = 4
SMALL = 1e-6  # spread of the random starts
LR, TIME, EVERY = 0.01, 60.0, 2
SHOWN = 8  # random starts whose loss is drawn
ALIGNED = 1e-3  # strength of every mode in the start that is aligned with them
ALIGNED_LR, ALIGNED_TIME = 0.002, 8.0
LEARNT_FIRST = np.arange(len(MODES)) < np.arange(len(MODES) + 1)[:, None]  # row k: the k largest modes are learnt
COLOURS = (BLUE, VERMILION, GREEN, ORANGE)


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Descents from small random starts and from an aligned one, and the saddles that they pass."""
    network = problem("deep_linear", singular_values=MODES, widths=HIDDEN)
    rng = stream(seed, {"figure": "saddle_to_saddle"}, 0)
    starts = SMALL * rng.standard_normal((8 if quick else 50, network.dim))
    path = descend(network, starts, GradientDescent(LR), int(TIME / LR), tol=0.0, record=EVERY).trajectory
    assert path is not None
    time: Array = LR * path.steps.astype(np.float64)
    strength = strengths(path.x)
    loss, steepness = network.value(path.x), norm(network.gradient(path.x))
    learnt = (strength > MODES / 2).sum(axis=-1)
    plateau, index = [], [int(classify(network, np.zeros(network.dim)).index[0])]
    for k in range(len(MODES)):
        flattest = np.where(learnt == k, steepness, np.inf).argmin(axis=0), np.arange(len(starts))
        plateau.append(loss[flattest])
        if k:
            saddles = find_critical_points(network, path.x[flattest])
            at_level = np.isclose(saddles.value, left_out(MODES**2 / 2, LEARNT_FIRST[k]), rtol=1e-9)
            # The index of the saddle next to every flattest point, or -1 where they are not all next to one.
            index.append(int(saddles.index[0]) if at_level.all() and saddles.found.sum() == len(starts) else -1)
    thin = slice(None, int(35 / (LR * EVERY)), 5)
    return {
        "time": time[thin],
        "loss": loss[thin, :SHOWN],
        "plateau": np.array(plateau),
        "index": np.array(index),
        "half_time": half_times(time, strength),
        "predicted_half_time": predicted_half_times(starts),
        **aligned(0.02),
    }


def layers(x: Array) -> tuple[Array, Array]:
    """W_1 (..., hidden, n) and W_2 (..., n, hidden)."""
    n, lead = len(MODES), x.shape[:-1]
    return x[..., : n * HIDDEN].reshape(*lead, HIDDEN, n), x[..., n * HIDDEN :].reshape(*lead, n, HIDDEN)


def strengths(x: Array) -> Array:
    """The diagonal of W_2 W_1: how much of each mode is learnt, (..., n)."""
    first, second = layers(x)
    return np.einsum("...ih,...hi->...i", second, first)


def half_times(time: Array, strength: Array) -> Array:
    """When each mode (frames, m, n) first reaches half its singular value, (m, n), between frames as a sigmoid does."""
    after = (strength >= MODES / 2).argmax(axis=0)
    low, high = (np.take_along_axis(strength / MODES, after[None] - back, axis=0)[0] for back in (1, 0))
    below, above = (np.log(a / (1 - a)) for a in (low, high))
    return time[after] - (time[1] - time[0]) * above / (above - below)


def predicted_half_times(starts: Array) -> Array:
    """The theory's, with the growth per step of descent, ln(1 + lr s), in place of lr s, (m, n)."""
    return mode_half_time(MODES, small_start_strength(*layers(starts))) * LR * MODES / np.log1p(LR * MODES)


def aligned(spacing: float) -> dict[str, npt.NDArray[Any]]:
    """Strengths from layers that are multiples of the identity, extrapolated to a vanishing learning rate.

    The error of descent beside gradient flow is proportional to the learning rate: twice the result of half the rate
    less that of the whole one is free of it."""
    network = problem("deep_linear", singular_values=MODES, widths=HIDDEN)
    start = np.sqrt(ALIGNED) * np.tile(np.eye(HIDDEN).ravel(), 2)[None]
    runs = []
    for lr in (ALIGNED_LR, ALIGNED_LR / 2):
        steps, every = round(ALIGNED_TIME / lr), round(spacing / lr)
        path = descend(network, start, GradientDescent(lr), steps, tol=0.0, record=every).trajectory
        assert path is not None
        runs.append(strengths(path.x[:, 0]))
    return {
        "aligned_time": spacing * np.arange(len(runs[0])),
        "aligned_strength": 2 * runs[1] - runs[0],
    }


def claims(data: Data) -> list[Claim]:
    levels = left_out(MODES**2 / 2, LEARNT_FIRST)
    indices = subset_index(MODES, LEARNT_FIRST, HIDDEN)
    result = []
    for k in range(len(MODES)):
        result += [
            Claim(
                f"{k} modes learnt: loss where descent is slowest, over that of the saddle, median over starts",
                float(np.median(data["plateau"][k])) / levels[k],
                expected=1.0,
                tolerance=0.01,
                source="half the sum of squares of the singular values left out",
            ),
            Claim(
                f"{k} modes learnt: index of the saddle there",
                int(data["index"][k]),
                expected=int(indices[k]),
                tolerance=0,
                source="Baldi & Hornik 1989: (hidden - learnt) (n - learnt)",
            ),
        ]
    exact = mode_strength(data["aligned_time"][:, None], MODES, ALIGNED)
    halves = half_times(data["aligned_time"], data["aligned_strength"][:, None])[0] / mode_half_time(MODES, ALIGNED)
    return [
        *result,
        Claim(
            "aligned start: largest deviation of a mode from the sigmoid, in units of its singular value",
            float((np.abs(data["aligned_strength"] - exact) / MODES).max()),
            low=0.0,
            high=5e-4,
            source="Saxe, McClelland & Ganguli 2014, eq. 8; second order in the learning rate",
        ),
        Claim(
            "aligned start: half time over ln(s/a0 - 1)/(2 s), the mode that deviates most",
            float(halves[np.abs(halves - 1).argmax()]),
            expected=1.0,
            tolerance=1e-3,
            source="the same; linear between frames on the logistic scale",
        ),
        Claim(
            "random starts: largest difference between measured and predicted half times, in steps",
            float(np.abs(data["half_time"] - data["predicted_half_time"]).max() / LR),
            low=0.0,
            high=1.0,
            source="linearised flow from each start, mode after mode; descent in steps is one step off at most",
        ),
    ]


def draw(data: Data) -> Figure:
    figure = new_figure(4.6)
    axes = figure.subplot_mosaic([["loss", "loss"], ["aligned", "times"]])
    top, left, right = axes["loss"], axes["aligned"], axes["times"]
    levels = left_out(MODES**2 / 2, LEARNT_FIRST)
    for k, index in enumerate(subset_index(MODES, LEARNT_FIRST, HIDDEN)[:-1]):
        top.axhline(levels[k], color=GREY, linestyle="--", linewidth=0.8)
        top.text(34.8, levels[k], f"rank {k}, index {index}", ha="right", va="bottom", fontsize=7.5, color=BLACK)
    for loss, colour in zip(data["loss"].T, (BLUE, VERMILION, GREEN, ORANGE) * 2, strict=False):
        plot_theory(data["time"], loss, top, color=colour, linewidth=0.9, alpha=0.8, zorder=2)
    top.set(xlabel="time $\\eta t$", ylabel="loss", xlim=(0, 35), ylim=(-0.4, 14.5), yticks=[0, 5, 10])
    panel(top, "a", f"{data['loss'].shape[1]} random starts of size $10^{{-6}}$")

    dense = np.linspace(0, ALIGNED_TIME, 400)
    every = slice(None, None, 10)
    for k, (s, colour) in enumerate(zip(MODES, COLOURS, strict=True)):
        plot_theory(dense, mode_strength(dense, s, ALIGNED), left, color=colour)
        plot_measured(
            data["aligned_time"][every],
            data["aligned_strength"][every, k],
            ax=left,
            color=colour,
            markersize=2.5,
        )
        left.text(ALIGNED_TIME, s + 0.08, f"$s$ = {s:g}", ha="right", va="bottom", fontsize=7.5)
        plot_measured(
            data["predicted_half_time"][:, k],
            data["half_time"][:, k],
            ax=right,
            color=colour,
            fmt="os^D"[k],
            mfc="none",
            markersize=3.5,
            label=f"$s$ = {s:g}",
        )
    left.set(xlabel="time $\\eta t$", ylabel="strength $a$ of a mode", ylim=(-0.1, 4.6))
    panel(left, "b", "start aligned with the modes")
    ends = np.array([3.0, 26.0])
    plot_theory(ends, ends, right, color=BLACK, linewidth=0.8)
    right.set(xscale="log", yscale="log", xlabel="predicted half time", ylabel="measured half time")
    for axis in (right.xaxis, right.yaxis):
        axis.set_ticks([3, 5, 10, 20], labels=["3", "5", "10", "20"])
        axis.set_ticks([], minor=True)
    right.legend(loc="upper left")
    panel(right, "c", "random starts")
    return figure


EXPERIMENT = Experiment(
    name="saddle_to_saddle",
    title="From saddle to saddle: a linear network learns one mode after the other",
    caption=(
        "Gradient descent on f = |W₂W₁ − A|²/2 with A = diag(4, 2.5, 1.5, 0.8) and four hidden units. (a) Loss "
        "against time, learning rate times step, from random starts of size 10⁻⁶, learning rate 0.01. Dashed: the "
        "losses of the saddles at which the largest 0, 1, 2 and 3 modes are learnt, half the sum of squares of the "
        "others, with their indices; searches from where each descent is slowest end at these saddles. (b) Strengths "
        "of the four modes from layers that are multiples of the identity, a₀ = 10⁻³ (points, extrapolated to a "
        "vanishing learning rate), and Saxe's solution s/(1 − e^(−2st) + e^(−2st) s/a₀) (lines). (c) When each mode "
        "of every random start has reached half its strength: measured, and predicted from its initial weights alone, "
        "as the half time ln(s/a₀ − 1)/(2s) with the squared length of what is left of the mode's initial direction "
        "once those learnt before it are taken away as a₀."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
