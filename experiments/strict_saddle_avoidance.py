"""Gradient descent from a million random starts never ends at a strict saddle, and how the last ones get away."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.escape.avoidance import saddle_avoidance
from landscape.escape.manifolds import stable_manifold, unstable_manifold
from landscape.figures.claims import Claim
from landscape.figures.plots import (
    panel,
    plot_contours,
    plot_critical_points,
    plot_measured,
    plot_paths,
    plot_theory,
)
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREY, ORANGE, VERMILION, new_figure
from landscape.function import Landscape
from landscape.manifolds import Euclidean
from landscape.problems import problem
from landscape.random import stream
from landscape.statistics.intervals import clopper_pearson

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LR, NEAR = 0.08, 0.5  # learning rate, below 1/L = 1/11 on the square; a run is near the saddle while |y| < 0.5
EVERY, LONGEST = 10, 200  # steps between counts, and in all
CHUNK = 100_000
ZOO: dict[str, tuple[str, dict[str, Any]]] = {
    "double_well": ("double well, d = 5", {"dim": 5}),
    "himmelblau": ("Himmelblau", {}),
    "six_hump_camel": ("six-hump camel", {}),
    "xy_chain": ("XY ring, 5", {"n": 5}),
    "styblinski_tang": ("Styblinski–Tang, d = 3", {"dim": 3}),
}


def saddle_between_wells() -> Landscape:
    """f = x^2/2 + y^4/4 - y^2/2 (Nesterov 2004, section 1.2.3): minima at (0, -1) and (0, 1), and a strict saddle at
    the origin, whose stable manifold is the line y = 0."""

    def hessian(x: Array) -> Array:
        result = np.zeros((*x.shape, 2))
        result[..., 0, 0], result[..., 1, 1] = 1.0, 3 * x[..., 1] ** 2 - 1
        return result

    return Landscape(
        name="saddle between wells",
        manifold=Euclidean(2, (-2.0, 2.0)),
        value=lambda x: 0.5 * x[..., 0] ** 2 + 0.25 * x[..., 1] ** 4 - 0.5 * x[..., 1] ** 2,
        gradient=lambda x: np.stack([x[..., 0], x[..., 1] ** 3 - x[..., 1]], axis=-1),
        hessian=hessian,
        confining=True,
    )


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Descents from uniform starts on one saddle, counted as they leave it, and on five landscapes of the zoo."""
    rng = stream(seed, {"figure": "strict_saddle_avoidance"}, 0)
    landscape = saddle_between_wells()
    starts = 20_000 if quick else 1_000_000
    near = np.zeros(LONGEST // EVERY + 1, dtype=np.int64)
    for done in range(0, starts, CHUNK):
        x = landscape.starts(rng, min(CHUNK, starts - done))
        for k in range(len(near)):
            if k:
                x = descend(landscape, x, GradientDescent(LR), max_steps=EVERY, tol=0.0).x
            near[k] += (np.abs(x[:, 1]) < NEAR).sum()
    runs = saddle_avoidance(landscape, starts, GradientDescent(LR), rng)
    on_line = landscape.with_options(sampler=lambda r, size: np.stack([r.uniform(-2, 2, size), np.zeros(size)], axis=1))
    control = saddle_avoidance(on_line, 1000, GradientDescent(LR), rng)
    counts, rates = [runs], [LR]
    for name, (_, parameters) in ZOO.items():
        member = problem(name, **parameters)
        rates.append(0.8 / steepest(member, rng))
        counts.append(saddle_avoidance(member, 2000 if quick else 50_000, GradientDescent(rates[-1]), rng))

    shown = np.array([[1.9, 0.02], [1.9, -0.02], [-1.9, 0.3], [-1.5, -0.15], [1.2, 1.9], [-1.0, -1.9]])
    path = descend(landscape, shown, GradientDescent(LR), max_steps=200, tol=0.0, record=1).trajectory
    assert path is not None
    side = np.linspace(-2, 2, 101)
    return {
        "near": near,
        "starts": np.array([c.starts for c in counts]),
        "minima": np.array([c.minima for c in counts]),
        "saddles": np.array([c.saddles for c in counts]),
        "upper_bound": np.array([c.upper_bound for c in counts]),
        "lr": np.array(rates),
        "control": np.array([control.starts, control.saddles]),
        "paths": path.x,
        "stable": drawable(stable_manifold(landscape, [0.0, 0.0], reach=0.8).path),
        "unstable": drawable(unstable_manifold(landscape, [0.0, 0.0]).path),
        "side": side,
        "height": landscape.value(np.stack(np.meshgrid(side, side), axis=-1)),
    }


def drawable(path: Array | None) -> Array:
    """A path whose lines go on standing where they ended, because data of figures hold no NaN."""
    assert path is not None
    last = (~np.isnan(path[..., 0])).sum(axis=0) - 1
    frame = np.minimum(np.arange(len(path))[:, None], last)
    return path[frame, np.arange(path.shape[1])]


def steepest(landscape: Landscape, rng: np.random.Generator) -> float:
    """The largest |eigenvalue| of the Hessian that 20 000 starts meet."""
    return float(np.abs(np.linalg.eigvalsh(landscape.tangent_hessian(landscape.starts(rng, 20_000)))).max())


def exact_fraction(steps: IntArray) -> Array:
    """Fraction of uniform starts that have |y| < NEAR after so many steps, (m,).

    Steps of y are monotone in y: those are the starts below the point that is carried to NEAR in so many steps, found
    by Newton's method on the step, backwards."""
    y, below = NEAR, []
    for _ in range(int(steps.max()) + 1):
        below.append(y / 2)
        target = y
        for _ in range(60):
            y -= (y + LR * (y - y**3) - target) / (1 + LR * (1 - 3 * y**2))
    return np.array(below)[steps]


def claims(data: Data) -> list[Claim]:
    total = int(data["starts"][0])
    steps = np.arange(len(data["near"])) * EVERY
    exact = exact_fraction(steps)
    low, high = clopper_pearson(data["near"], total, 1 - 1e-5 / len(steps))
    result = [
        Claim(
            f"{total} uniform starts: counts of runs near the saddle, of {len(steps)}, outside their exact interval",
            ((exact < low) | (exact > high)).sum(),
            expected=0,
            tolerance=0,
            source="backward iteration of the step; intervals that all hold with probability 1 - 1e-5",
        ),
        Claim(
            f"{total} uniform starts: upper end of the exact 95 % interval of the probability to end at the saddle",
            data["upper_bound"][0],
            low=0,
            high=float(clopper_pearson(0, total)[1]),
            source="none of the starts (Lee et al. 2016: probability 0)",
        ),
        Claim(
            "starts on the stable manifold: fraction that end at the saddle",
            data["control"][1] / data["control"][0],
            expected=1,
            tolerance=0,
            source="the line y = 0 is invariant",
        ),
    ]
    for k, (title, _) in enumerate(ZOO.values(), start=1):
        result.append(
            Claim(
                f"{title}: descents, of {data['starts'][k]}, that did not converge to a minimum",
                data["starts"][k] - data["minima"][k],
                expected=0,
                tolerance=0,
                source="Lee et al. 2016, learning rate below 1/L on the sampled region",
            )
        )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(4.9)
    upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=[1.35, 1]))
    (left, right), bottom = upper.subplots(1, 2), lower.subplots()
    plot_contours(data["side"], data["side"], data["height"], left)
    plot_paths(data["paths"], left, color=BLUE, linewidth=0.8)
    left.plot(*data["paths"][0].T, ".", color=BLUE, markersize=4)
    plot_paths(data["stable"], left, color=VERMILION, linewidth=1.6)
    plot_paths(data["unstable"], left, color=ORANGE, linewidth=1.6)
    plot_critical_points([[0, 0], [0, 1], [0, -1]], [1, 0, 0], left)
    left.annotate("stable manifold", (1.95, 0.06), (0, 2), textcoords="offset points", color=VERMILION, ha="right")
    left.set(xlabel="x", ylabel="y", xlim=(-2, 2), ylim=(-2, 2), aspect="equal")
    panel(left, "a", "one line leads to the saddle")

    steps = np.arange(len(data["near"])) * EVERY
    total = int(data["starts"][0])
    every = np.arange(LONGEST + 1)
    plot_theory(every, exact_fraction(every), right, color=VERMILION, label="exact")
    some = data["near"] > 0
    low, high = clopper_pearson(data["near"], total)
    fraction = data["near"] / total
    plot_measured(steps[some], fraction[some], low[some], high[some], ax=right, color=BLUE, label="measured")
    right.axhline(1 / total, color=GREY, linestyle=":", linewidth=1.0)
    right.annotate("one start", (5, 1 / total), (0, 3), textcoords="offset points", color=GREY)
    right.set(yscale="log", xlabel="steps t", ylabel="fraction with |y| < 0.5", ylim=(0.2 / total, 1))
    right.legend(loc="upper right")
    panel(right, "b", f"{total:,} starts".replace(",", " "))

    titles = ["two wells (a)", *(title for title, _ in ZOO.values())]
    rows = np.arange(len(titles))[::-1]
    bound = data["upper_bound"]
    bottom.hlines(rows, 1e-7, bound, color=BLUE, linewidth=1.0)
    plot_measured(bound, rows, ax=bottom, color=BLUE, fmt="<")
    for row, starts, saddles, end in zip(rows, data["starts"], data["saddles"], bound, strict=True):
        text = f"{saddles} of {starts:,}".replace(",", " ")
        bottom.annotate(text, (end, row), (6, -3), textcoords="offset points", fontsize=7.5)
    bottom.set(xscale="log", xlim=(1e-6, 1e-3), ylim=(-0.6, len(titles) - 0.4))
    bottom.set(xlabel="probability of ending at a strict saddle: 95 % upper bound", ylabel="landscape")
    bottom.set_yticks(rows, titles)
    panel(bottom, "c", "descents that ended at a strict saddle")
    return figure


EXPERIMENT = Experiment(
    name="strict_saddle_avoidance",
    title="A million descents and not one ends at a strict saddle",
    caption=(
        "(a) x²/2 + y⁴/4 − y²/2, its strict saddle with stable (red) and unstable (orange) manifold, and gradient "
        "descent from six starts (learning rate 0.08). (b) Fraction of uniform starts in the square that still have "
        "|y| < 0.5 after t steps, with exact 95 % intervals; line: the starts below the point that backward iteration "
        "carries there, exact; in the end it falls by 1/1.08 a step. (c) Descents from uniform starts that "
        "converged to a strict saddle, by the sign of the lowest Hessian eigenvalue at the end, and the upper end of "
        "the exact (Clopper–Pearson) 95 % interval of the probability. Learning rates are 0.8 of 1/L, L the largest "
        "|eigenvalue| met in the sampled region."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
