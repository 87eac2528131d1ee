"""How many searches a complete set takes, and how well the searches' own statistics tell what is still missing."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from landscape.arrays import Array, IntArray
from landscape.critical.classify import classify
from landscape.critical.completeness import coverage
from landscape.critical.eigenvector_following import EigenvectorFollowing
from landscape.critical.exploration import Exploration, explore
from landscape.critical.merge import nearest
from landscape.critical.points import CriticalPoints
from landscape.critical.search import search
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREY, VERMILION, new_figure
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EFFORTS = (25, 50, 100, 200, 400)  # captures after which the coverage is estimated
ERROR_RATE = 1e-3  # of the claim that 95 % intervals hold the truth in 95 % of the runs, were the runs independent


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Runs of searches for a cluster's saddles from random starts, each by itself, and one exploration."""
    atoms, runs, size = (6, 12, 120) if quick else (8, 40, 450)
    saddles, searches, found = exploration(atoms, 1000 if quick else 4000, seed)
    tasks = [(atoms, size, saddles, seed, run) for run in range(runs)]
    captures = list(map_chunks(executor, capture, tasks))
    together = np.concatenate(captures)
    chance = np.bincount(together[together >= 0], minlength=len(saddles)) / (together >= 0).sum()
    efforts = np.array([n for n in EFFORTS if n <= min(len(labels) for labels in captures)])
    estimates = np.array([[estimate(labels[:n], chance) for n in efforts] for labels in captures])
    return {
        "atoms": np.array(atoms),
        "known": np.array(len(saddles)),
        "unknown_captures": np.array((together < 0).sum()),
        "effort": efforts,
        "distinct": estimates[..., 0],
        "true_coverage": estimates[..., 1],
        "coverage": estimates[..., 2],
        "low": estimates[..., 3],
        "high": estimates[..., 4],
        "explored_searches": searches,
        "explored_found": found,
    }


def exploration(atoms: int, budget: int, seed: int) -> tuple[Array, IntArray, IntArray]:
    """The saddles of index 1 (k, n), and how many were known after how many searches, each (rounds,)."""
    seen: list[tuple[int, int]] = []

    def look(done: int, points: CriticalPoints) -> None:
        seen.append((done, points.count_by_index().get(1, 0)))

    rng = stream(seed, {"figure": "completeness", "exploration": atoms}, 0)
    strategy = Exploration(target_coverage=0.9999, indices=(0, 1), round_size=200, max_searches=budget)
    points = explore(problem("lennard_jones", atoms=atoms), rng, strategy, look)
    searches, found = np.array(seen).T
    return points.x[points.index == 1], searches, found


def capture(atoms: int, size: int, saddles: Array, seed: int, run: int) -> IntArray:
    """For each search from a random start that ended at a saddle of index 1, in turn, the row of `saddles`, else -1."""
    cluster = problem("lennard_jones", atoms=atoms)
    rng = stream(seed, {"figure": "completeness", "captures": atoms}, run)
    ends = search(cluster, cluster.starts(rng, size), EigenvectorFollowing(1), 150).converged()
    points = classify(cluster, ends.x)
    return nearest(cluster, saddles, points.x[points.decided & (points.index == 1)])


def estimate(labels: IntArray, chance: Array) -> tuple[float, float, float, float, float]:
    """Distinct saddles captured, their true coverage, and what the captures alone make of it, with its interval."""
    found = np.bincount(labels[labels >= 0], minlength=len(chance))
    told = coverage(found[found > 0])
    return told.found, chance[found > 0].sum(), told.coverage, told.coverage_low, told.coverage_high


def claims(data: Data) -> list[Claim]:
    atoms = int(data["atoms"])
    truth = problem("lennard_jones", atoms=atoms).truth
    assert truth is not None
    assert truth.counts is not None
    held = (data["low"] <= data["true_coverage"]) & (data["true_coverage"] <= data["high"])
    error = data["coverage"] - data["true_coverage"]
    bias = np.abs(error.mean(axis=0)).max()
    return [
        Claim(
            f"LJ{atoms}: saddles of index 1 that the exploration knew in the end",
            int(data["known"]),
            expected=truth.counts[1],
            tolerance=0,
            source=truth.source,
        ),
        Claim(
            "searches from random starts that led to a saddle which the exploration did not know",
            int(data["unknown_captures"]),
            expected=0,
            tolerance=0,
            source="the exploration was complete",
        ),
        Claim(
            "runs, at the effort where it is worst, whose 95 % interval held the true coverage",
            held.sum(axis=0).min(),
            low=binom.ppf(ERROR_RATE / len(data["effort"]), len(held), 0.95),
            high=len(held),
            source=f"the interval's name; a binomial bound with error rate {ERROR_RATE}",
        ),
        Claim(
            "mean error of the estimated coverage, where it is largest",
            bias,
            low=0.0,
            high=0.01 + 3.5 * float((error.std(axis=0, ddof=1) / np.sqrt(len(error))).max()),
            source="Good 1953: nearly unbiased; within 0.01 and 3.5 standard errors",
        ),
    ]


def draw(data: Data) -> Figure:
    figure = new_figure(2.9)
    left, right = figure.subplots(1, 2)
    effort, known = data["effort"], int(data["known"])
    plot_theory([effort[0], data["explored_searches"][-1]], [known, known], left, color=GREY, linestyle="--")
    distinct = data["distinct"]
    least, most = np.quantile(distinct, (0.05, 0.95), axis=0)
    plot_measured(effort, distinct.mean(axis=0), least, most, ax=left, color=BLUE, label="from random starts")
    left.plot(data["explored_searches"], data["explored_found"], color=VERMILION, marker=".", label="exploration")
    left.set(xscale="log", xlabel="searches", ylabel="distinct saddles found", ylim=(0, 1.08 * known))
    left.legend(loc="lower right")
    panel(left, "a", f"saddles of LJ{int(data['atoms'])}")

    missing = 1 - data["true_coverage"].mean(axis=0)
    plot_theory(effort, missing, right, color=BLACK, label="true")
    for row in range(3):
        low, high = 1 - data["high"][row], 1 - data["low"][row]
        place = effort * (1.1 ** (row - 1))
        label = "estimated, three runs" if row == 0 else None
        told = 1 - data["coverage"][row]
        plot_measured(place, told, low, high, ax=right, color=BLUE, markersize=4, label=label)
    right.set(xscale="log", xlabel="searches", ylabel="chance that the next is new", ylim=(0, 1))
    right.minorticks_off()
    right.set_xticks(effort, [str(n) for n in effort])
    right.legend(loc="upper right")
    panel(right, "b", "what is still missing")
    return figure


EXPERIMENT = Experiment(
    name="completeness",
    title="How complete a set of saddles is, told by the searches themselves",
    caption=(
        "Saddles of index 1 of the Lennard-Jones cluster of eight atoms, searched by eigenvector following. "
        "(a) Distinct saddles against the number of searches: from random starts, mean of 40 runs with the range of "
        "the middle nine tenths, and in one exploration for minima and saddles, whose searches for other indices count "
        "too. Dashed: all of them. (b) The chance that the next search ends at a saddle not yet seen: true, from the "
        "frequencies in all runs, and as three single runs estimate it from how often each saddle was found, with 95 % "
        "intervals; their points are drawn side by side."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
