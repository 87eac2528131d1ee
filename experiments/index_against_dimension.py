"""How rare minima are among the critical points of random landscapes, against dimension: four laws, not one."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from landscape.arrays import Array
from landscape.figures.claims import Claim
from landscape.figures.plots import plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREEN, GREY, VERMILION, new_figure
from landscape.random import stream
from landscape.statistics.index import GOE, Ensemble, IndexStatistics, Separable, SphericalSpinGlass, index_statistics
from landscape.statistics.intervals import clopper_pearson
from landscape.theory.goe import goe_log_probability_minimum_asymptotic, goe_probability_minimum
from landscape.theory.independent import independent_index_probability
from landscape.theory.spin_glass import mean_critical_points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ERROR_RATE = 1e-3  # of each claim about a whole ensemble, all dimensions together
LARGEST = 10  # dimension up to which theory is drawn
ISOTROPIC = 10**9  # a p-spin with p to infinity has the index law of every isotropic Gaussian field


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Counts by index in three ensembles, and the exact laws."""
    goe = [20_000, 20_000, 50_000, 100_000, 200_000] if quick else [100_000] * 3 + [400_000, 1_000_000, 2_000_000]
    separable = [5_000] * 6 if quick else [40_000] * 8
    glass = [(200, d, 40) for d in (2, 3, 4, 5)]
    if not quick:  # more searches for more points, so that none is missed
        glass = [(500, d, 160) for d in (2, 3, 4, 5, 6)] + [(2000, 7, 64), (2000, 8, 32)]

    def measure(ensemble: Ensemble, dims: list[int], samples: list[int]) -> IndexStatistics:
        rng = stream(seed, {"figure": "index_against_dimension", "ensemble": repr(ensemble), "dims": dims}, 0)
        return index_statistics(ensemble, dims, samples, rng, executor)

    data: dict[str, npt.NDArray[Any]] = {}
    measured = {
        "goe": [measure(GOE(), list(range(1, len(goe) + 1)), goe)],
        "separable": [measure(Separable(), list(range(1, len(separable) + 1)), separable)],
        "glass": [measure(SphericalSpinGlass(p=3, starts=starts), [d], [size]) for starts, d, size in glass],
    }
    for name, parts in measured.items():
        for field in ("dim", "samples", "points", "minimum", "low", "high"):
            data[f"{name}_{field}"] = np.concatenate([getattr(part, field) for part in parts])
        data[f"{name}_minima"] = np.concatenate([part.counts[:, 0] for part in parts])

    dims = range(1, LARGEST + 1)
    return data | {
        "theory_dim": np.array(dims),
        "separable_theory": independent_index_probability(np.array(dims), 0),
        "goe_theory": np.array([goe_probability_minimum(d) for d in dims]),
        "glass_theory": np.array([share_of_minima(3, d) for d in dims]),
        "field_theory": np.array([share_of_minima(ISOTROPIC, d) for d in dims]),
    }


def share_of_minima(p: int, d: int) -> float:
    """Ratio of the mean number of minima to the mean number of critical points of the p-spin on the d-sphere."""
    counts = mean_critical_points(p, d + 1)
    return float(counts[0] / counts.sum())


def claims(data: Data) -> list[Claim]:
    result = []
    for name, title, source in (
        ("separable", "separable landscapes", "2^-n"),
        ("goe", "GOE Hessians", "exact law: Dean & Majumdar 2006; de Bruijn's Pfaffian"),
    ):
        dim, minima, points = data[f"{name}_dim"], data[f"{name}_minima"], data[f"{name}_points"]
        low, high = clopper_pearson(minima, points, 1 - ERROR_RATE / len(dim))
        law = data[f"{name}_theory"][dim - 1]
        result.append(
            Claim(
                f"{title}: dimensions in which the exact interval of joint confidence 99.9 % covers the law",
                int(((low <= law) & (law <= high)).sum()),
                expected=len(dim),
                tolerance=0,
                source=source,
            )
        )
    p_value = float(stats.chi2.sf((_deviations(data) ** 2).sum(), len(data["glass_dim"])))
    result.append(
        Claim(
            "3-spin: p-value of the deviations from the exact ratio of means, all dimensions together",
            p_value,
            low=ERROR_RATE,
            high=1.0,
            source="Kac-Rice: Auffinger, Ben Arous & Cerny 2013; deviations from the bootstrap",
        )
    )
    exact = ((1, 1 / 2), (2, (2 - np.sqrt(2)) / 4), (3, (np.pi - 2 * np.sqrt(2)) / (4 * np.pi)))
    for n, closed in exact:
        value = data["goe_theory"][n - 1]
        text = f"exact GOE law, n = {n}, in units of its closed form"
        result.append(Claim(text, value / closed, expected=1.0, tolerance=1e-12, source="closed form"))
    asymptote = np.exp(goe_log_probability_minimum_asymptotic(LARGEST))
    result.append(
        Claim(
            f"corrected GOE asymptote over the exact law, n = {LARGEST}",
            float(asymptote / data["goe_theory"][-1]),
            expected=1.0,
            tolerance=1e-3,
            source="Dean & Majumdar's leading term; corrections fitted to exact values",
        )
    )
    field = (29 - 6 * np.sqrt(6)) / 116
    result.append(
        Claim(
            "isotropic Gaussian field, n = 3: share of minima",
            data["field_theory"][2],
            expected=field,
            tolerance=1e-8,
            source="(29 - 6 sqrt 6)/116: Bardeen, Bond, Kaiser & Szalay 1986",
        )
    )
    return result


def _deviations(data: Data) -> Array:
    """Deviations of the 3-spin measurement from the law in units of the bootstrap's standard deviation."""
    sigma = (data["glass_high"] - data["glass_low"]) / (2 * stats.norm.ppf(0.975))
    return (data["glass_minimum"] - data["glass_theory"][data["glass_dim"] - 1]) / sigma


def draw(data: Data) -> Figure:
    figure = new_figure(3.8)
    ax = figure.add_subplot()
    n = data["theory_dim"]
    for name, colour, word, marker in (
        ("glass", GREEN, "3-spin on the $n$-sphere", "D"),
        ("separable", BLUE, "separable, $2^{-n}$", "o"),
        ("goe", VERMILION, "Gaussian Orthogonal Ensemble", "s"),
    ):
        plot_theory(n, data[f"{name}_theory"], ax, color=colour)
        found = data[f"{name}_minima"] > 0
        x, y, low, high = (data[f"{name}_{field}"][found] for field in ("dim", "minimum", "low", "high"))
        plot_measured(x, y, low, high, ax, color=colour, fmt=marker, label=word)
    dense = np.linspace(1, LARGEST, 200)
    asymptote = np.exp(goe_log_probability_minimum_asymptotic(dense))
    plot_theory(dense, asymptote, ax, color="black", linestyle=(0, (1, 2)), label="GOE, corrected asymptote")
    leading = 3.0 ** (-(dense**2) / 4)
    plot_theory(dense, leading, ax, color=GREY, linewidth=0.8, linestyle="--", label="GOE, leading term $3^{-n^2/4}$")
    plot_theory(n, data["field_theory"], ax, color=GREY, linestyle="-.", label="isotropic field (theory only)")
    ax.set(xlabel="dimension $n$", ylabel="P(critical point is a minimum)", yscale="log", ylim=(1e-8, 1.5))
    ax.set(xlim=(0.7, LARGEST + 0.2), xticks=n)
    ax.legend(loc="lower left")
    return figure


EXPERIMENT = Experiment(
    name="index_against_dimension",
    title="Minima among critical points against dimension: four laws, not one",
    caption=(
        "Probability that a critical point of a random landscape is a minimum, against dimension. Points: measured, "
        "with 95 % intervals (exact binomial; bootstrap over samples for the 3-spin). Lines: exact laws. 2⁻ⁿ holds for "
        "separable landscapes only. The Hessian at one fixed point of a Gaussian landscape is a GOE matrix, whose "
        "eigenvalues repel: minima fall off as a Gaussian in n. At the critical points of an isotropic field or of a "
        "spin glass on the sphere the Hessian is a GOE matrix plus a random multiple of the identity, which shifts all "
        "eigenvalues at once and makes minima only exponentially rare. For the 3-spin the ratio of mean counts is "
        "shown; the n-sphere has n + 1 spins."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
