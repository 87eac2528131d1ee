"""The critical points of a linear autoencoder and of a matrix factorization: found, and where algebra puts them."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, BoolArray, IntArray
from landscape.critical.along_descent import along_descent
from landscape.critical.ends import End, search_ends
from landscape.critical.newton import Newton
from landscape.critical.search import search
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_energy_levels
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREY, VERMILION, new_figure
from landscape.problems import problem
from landscape.random import stream
from landscape.theory.deep_linear import learnt_subsets, left_out, subset_index

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EIGENVALUES = np.array([4.0, 2.6, 1.7, 0.9])
RANK = 2
# Title, what a mode that is not learnt costs, and how descent starts: near the origin it passes saddle after saddle.
SHOWN = {
    "linear_autoencoder": ("linear autoencoder", lambda lam: lam, 0.05),
    "matrix_factorization": ("matrix factorization", lambda lam: lam**2 / 4, 0.01),
}
RUNS, STEPS, LR = 20, 600, 0.03
NOISE = 0.5


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Searches from noise about descents that begin small, and from random starts."""
    searches = 100 if quick else 1000
    data: dict[str, npt.NDArray[Any]] = {}
    for name, (_, _, small) in SHOWN.items():
        landscape = problem(name, eigenvalues=tuple(EIGENVALUES.tolist()), rank=RANK)
        rng = stream(seed, {"figure": "linear_autoencoder_levels", "problem": name}, 0)
        starts = small * landscape.starts(rng, RUNS)
        descent = descend(landscape, starts, GradientDescent(LR), max_steps=STEPS, record=5)
        near = along_descent(landscape, descent, rng, searches // 2, NOISE)
        runs = search(landscape, np.concatenate([near, landscape.starts(rng, searches - len(near))]), Newton())
        ends = search_ends(landscape, runs)
        points = ends[ends.kind == End.CRITICAL]
        data |= {
            f"{name}_value": points.value,
            f"{name}_index": points.index,
            f"{name}_nullity": points.nullity,
            f"{name}_ends": np.array([ends.count()[end.name.lower()] for end in End]),
        }
    return data


def levels(name: str) -> tuple[Array, IntArray]:
    """Value and index of every critical point, (sets,)."""
    learnt = learnt_subsets(len(EIGENVALUES), RANK)
    cost = SHOWN[name][1](EIGENVALUES)
    return left_out(cost, learnt), subset_index(EIGENVALUES, learnt, RANK)


def on_level(data: Data, name: str) -> BoolArray:
    """Which found point is which level, (m, sets)."""
    value, index = levels(name)
    same_value = np.abs(data[f"{name}_value"][:, None] - value) < 1e-8
    result: BoolArray = same_value & (data[f"{name}_index"][:, None] == index)
    return result & (data[f"{name}_nullity"] == 0)[:, None]


def claims(data: Data) -> list[Claim]:
    result = []
    for name, (title, _, _) in SHOWN.items():
        agree = on_level(data, name)
        result += [
            Claim(
                f"{title}: share of critical points with value, index and nullity of a set of learnt modes",
                agree.any(axis=1).mean(),
                low=0.95,
                high=1.0,
                source="Baldi & Hornik 1989",
            ),
            Claim(
                f"{title}: minima with a value above the lowest",
                int(((data[f"{name}_index"] == 0) & (data[f"{name}_value"] > levels(name)[0].min() + 1e-8)).sum()),
                expected=0,
                tolerance=0,
                source="no bad minima: Baldi & Hornik 1989; Kawaguchi 2016",
            ),
            Claim(
                f"{title}: different sets of learnt modes found, of {len(levels(name)[0])}",
                int(agree.any(axis=0).sum()),
                low=6,
                high=len(levels(name)[0]),
                source="counting: searches are not exhaustive, but see more than half",
            ),
        ]
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.9)
    for ax, letter, (name, (title, _, _)) in zip(figure.subplots(1, 2), "ab", SHOWN.items(), strict=True):
        value, index = levels(name)
        plot_energy_levels(value, index, ax, width=0.9, color=GREY, linewidth=1.2, label="sets of learnt modes")
        found = on_level(data, name).sum(axis=0)
        seen = found > 0
        size = 6 + 16 * np.log10(np.maximum(found, 1))
        ax.scatter(index[seen], value[seen], s=size[seen], color=BLUE, zorder=3, label="found")
        off = ~on_level(data, name).any(axis=1)
        if off.any():
            ax.scatter(data[f"{name}_index"][off], data[f"{name}_value"][off], color=VERMILION, marker="x", label="off")
        ax.set(xlabel="index", ylabel="loss", ylim=(0, None))
        ax.legend(loc="lower right")
        panel(ax, letter, title)
    return figure


EXPERIMENT = Experiment(
    name="linear_autoencoder_levels",
    title="Critical points of linear networks lie on the levels that algebra gives",
    caption=(
        "Every critical point of a linear autoencoder is a set of at most r principal components that it has learnt "
        "(variances 4, 2.6, 1.7 and 0.9, r = 2): its loss is the sum of the variances left out, and its index counts "
        "the exchanges and additions that lower it. Bars: all eleven sets. Dots: what Newton's method found from noise "
        "about descents that begin small and from random starts; the larger, the more often. (a) Autoencoder. (b) "
        "Symmetric factorization |XXᵀ − M|²/4 with the same eigenvalues. Eigenvalues that are zero because of the "
        "continuous symmetry are not counted; there are no others, and no bad minima."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
