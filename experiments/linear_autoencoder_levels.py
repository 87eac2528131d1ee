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
from landscape.problems.data import load_data
from landscape.random import stream
from landscape.theory.deep_linear import learnt_subsets, left_out, subset_index

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DATA, RANK = "iris", 2
# Title, what a mode that is not learnt costs, and how descent starts: near the origin it passes saddle after saddle.
SHOWN = {
    "linear_autoencoder": ("linear autoencoder", lambda lam: lam, 0.05),
    "matrix_factorization": ("matrix factorization", lambda lam: lam**2 / 4, 0.01),
}
RUNS, STEPS, LR = 20, 600, 0.03
NOISE = 0.5
ENOUGH = 1000  # searches, for all sets to be found


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Searches from noise about descents that begin small, and from random starts."""
    searches = 100 if quick else 1000
    x = load_data(DATA).inputs
    data: dict[str, npt.NDArray[Any]] = {"variances": np.linalg.eigvalsh(x.T @ x / len(x))}
    for name, (_, _, small) in SHOWN.items():
        landscape = problem(name, data=DATA, rank=RANK)
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
            f"{name}_orbit": landscape.dim - points.directions,
            f"{name}_ends": np.array([ends.count()[end.name.lower()] for end in End]),
        }
    return data


def levels(data: Data, name: str) -> tuple[Array, IntArray, IntArray]:
    """Value, index and dimension of the orbit of every critical point, (sets,).

    Invertible matrices A of rank r, as W2 A and A^-1 W1, move a point with s learnt modes in s (2r - s) directions:
    all but those of the (r - s)^2 that act on unused units alone. Rotations Q, as X Q, move it in s (2r - s - 1) / 2.
    """
    variances = data["variances"]
    learnt = learnt_subsets(len(variances), RANK)
    s = learnt.sum(axis=1)
    orbit = {"linear_autoencoder": s * (2 * RANK - s), "matrix_factorization": s * (2 * RANK - s - 1) // 2}[name]
    return left_out(SHOWN[name][1](variances), learnt), subset_index(variances, learnt, RANK), orbit


def on_level(data: Data, name: str) -> BoolArray:
    """Which found point is which level, (m, sets): by its value, its index, and the zero eigenvalues of its Hessian, as
    many as the orbit has dimensions and no others."""
    value, index, orbit = levels(data, name)
    same_value = np.abs(data[f"{name}_value"][:, None] - value) < 1e-8
    same_index = data[f"{name}_index"][:, None] == index
    same_nullity = (data[f"{name}_nullity"][:, None] == 0) & (data[f"{name}_orbit"][:, None] == orbit)
    result: BoolArray = same_value & same_index & same_nullity
    return result


def claims(data: Data) -> list[Claim]:
    result = []
    for name, (title, _, _) in SHOWN.items():
        agree, ends = on_level(data, name), data[f"{name}_ends"]
        sets = agree.shape[1]
        result += [
            Claim(
                f"{title}: share of critical points with value, index and nullity of a set of learnt modes",
                agree.any(axis=1).mean(),
                expected=1.0,
                tolerance=0.0,
                source="Baldi & Hornik 1989; nullity: the dimension of the orbit of the continuous symmetry",
            ),
            Claim(
                f"{title}: minima with a value above the lowest",
                int(
                    ((data[f"{name}_index"] == 0) & (data[f"{name}_value"] > levels(data, name)[0].min() + 1e-8)).sum()
                ),
                expected=0,
                tolerance=0,
                source="no bad minima: Baldi & Hornik 1989; Kawaguchi 2016",
            ),
            Claim(
                f"{title}: different sets of learnt modes found, of {sets}",
                int(agree.any(axis=0).sum()),
                low=sets if ends.sum() >= ENOUGH else sets // 2,
                high=sets,
                source="counting: a thousand searches see all of them",
            ),
            Claim(
                f"{title}: share of the {ends.sum()} searches that end at one of the sets",
                float(agree.any(axis=1).sum() / ends.sum()),
                low=0.95,
                high=1.0,
                source="counting: also those that end at no critical point",
            ),
        ]
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.9)
    for ax, letter, (name, (title, _, _)) in zip(figure.subplots(1, 2), "ab", SHOWN.items(), strict=True):
        value, index, _ = levels(data, name)
        plot_energy_levels(value, index, ax, width=0.9, color=GREY, linewidth=1.2, label="sets of learnt modes")
        found = on_level(data, name).sum(axis=0)
        seen = found > 0
        size = 6 + 16 * np.log10(np.maximum(found, 1))
        ax.scatter(index[seen], value[seen], s=size[seen], color=BLUE, zorder=3, label="found")
        off = ~on_level(data, name).any(axis=1)
        if off.any():
            ax.scatter(data[f"{name}_index"][off], data[f"{name}_value"][off], color=VERMILION, marker="x", label="off")
        ax.set(xlabel="index", ylabel="loss", ylim=(-0.05 * value.max(), None))
        ax.legend(loc="center right")
        panel(ax, letter, title)
    return figure


EXPERIMENT = Experiment(
    name="linear_autoencoder_levels",
    title="Critical points of linear networks lie on the levels that algebra gives",
    caption=(
        "Every critical point of a linear autoencoder is a set of at most r principal components that it has learnt, "
        "here of the iris data (standardised; variances 2.92, 0.91, 0.15 and 0.02; r = 2): its loss is the sum of the "
        "variances left out, and its index counts the exchanges and additions that lower it. Bars: all "
        "eleven sets. Dots: what Newton's method found from noise about descents that begin small and from random "
        "starts; the larger, the more often. (a) Autoencoder. (b) Symmetric factorization |XXᵀ − M|²/4 of the data's "
        "covariance matrix M. As many eigenvalues are zero as the continuous symmetry has directions at the point: "
        "s(2r − s) with s learnt components in (a), s(2r − s − 1)/2 in (b). There are no bad minima."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
