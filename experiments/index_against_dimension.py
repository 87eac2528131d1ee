"""How often a critical point is a minimum, against dimension: four laws side by side."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.figures.claims import Claim
from landscape.figures.plots import plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREEN, GREY, ORANGE, VERMILION, new_figure
from landscape.random import stream
from landscape.statistics.ensembles import GOE, Ensemble, GaussianField, Separable, SphericalSpinGlass
from landscape.statistics.index import IndexStatistics, index_statistics
from landscape.statistics.intervals import clopper_pearson
from landscape.theory.gaussian_field import gaussian_field_index_law
from landscape.theory.goe import goe_log_probability_minimum_asymptotic, goe_probability_minimum
from landscape.theory.independent import independent_index_probability
from landscape.theory.spin_glass import mean_critical_points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ERROR_RATE = 1e-3  # of each claim about a whole ensemble, all dimensions together
LARGEST = 10  # dimension up to which theory is drawn
TORUS = 2 * math.pi  # period of the field; a shorter one in four dimensions has fewer points

# Ensemble by dimension, with numbers of samples: quick, full.
QUICK: dict[str, list[tuple[Ensemble, list[int], int]]] = {
    "separable": [(Separable(), [1, 2, 3, 4, 5, 6], 5_000)],
    "field": [(GaussianField(40.0), [1], 20), (GaussianField(8.0), [2], 20)],
    "glass": [(SphericalSpinGlass(p=3), [1, 2, 3], 24)],
    "goe": [(GOE(), [1, 2, 3, 4], 100_000), (GOE(), [5], 400_000)],
}
FULL: dict[str, list[tuple[Ensemble, list[int], int]]] = {
    "separable": [(Separable(), list(range(1, 9)), 20_000), (Separable(), [9, 10], 40_000)],
    "field": [
        (GaussianField(60.0), [1], 40),
        (GaussianField(18.0), [2], 40),
        (GaussianField(TORUS), [3], 30),
        (GaussianField(5.0), [4], 10),
    ],
    "glass": [
        (SphericalSpinGlass(p=3), [1, 2, 3, 4], 60),
        (SphericalSpinGlass(p=3), [5, 6], 24),
        (SphericalSpinGlass(p=3), [7, 8], 12),
    ],
    "goe": [(GOE(), [1, 2, 3, 4], 1_000_000), (GOE(), [5, 6], 6_000_000), (GOE(), [7], 16_000_000)],
}


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Counts by index in four ensembles, and the exact laws."""

    def measure(ensemble: Ensemble, dims: list[int], samples: int) -> IndexStatistics:
        rng = stream(seed, {"figure": "index_against_dimension", "ensemble": repr(ensemble), "dims": dims}, 0)
        return index_statistics(ensemble, dims, samples, rng, executor)

    data: dict[str, npt.NDArray[Any]] = {}
    for name, plan in (QUICK if quick else FULL).items():
        parts = [measure(*part) for part in plan]
        for field in ("dim", "samples", "points", "minimum", "low", "high", "p_value"):
            data[f"{name}_{field}"] = np.concatenate([getattr(part, field) for part in parts])
        data[f"{name}_minima"] = np.concatenate([part.counts[:, 0] for part in parts])

    dims = range(1, LARGEST + 1)
    return data | {
        "theory_dim": np.array(dims),
        "separable_theory": independent_index_probability(np.array(dims), 0),
        "goe_theory": np.array([goe_probability_minimum(d) for d in dims]),
        "glass_theory": np.array([share_of_minima(3, d) for d in dims]),
        "field_theory": np.array([gaussian_field_index_law(d)[0] for d in dims]),
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
    for name, title, source in (
        ("separable", "separable landscapes", "binomial law; Pearson's test"),
        ("field", "isotropic Gaussian field", "Kac-Rice: Cheng & Schwartzman 2018; Hotelling's test over samples"),
        ("glass", "3-spin", "Kac-Rice: Auffinger, Ben Arous & Cerny 2013; Hotelling's test over samples"),
        ("goe", "GOE Hessians", "de Bruijn's Pfaffian; Pearson's test"),
    ):
        p = data[f"{name}_p_value"]
        result.append(
            Claim(
                f"{title}: smallest p-value of the whole law of the index over {len(p)} dimensions, times their number",
                float(p.min() * len(p)),
                low=ERROR_RATE,
                high=float(len(p)),
                source=source,
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


def draw(data: Data) -> Figure:
    figure = new_figure(3.9)
    ax = figure.add_subplot()
    n = data["theory_dim"]
    dense = np.linspace(1, LARGEST, 200)
    leading = 3.0 ** (-(dense**2) / 4)
    for name, colour, word, marker in (
        ("glass", GREEN, "3-spin on the $n$-sphere", "D"),
        ("separable", BLUE, "separable: $2^{-n}$", "o"),
        ("field", ORANGE, "isotropic Gaussian field", "^"),
        ("goe", VERMILION, "Gaussian Orthogonal Ensemble", "s"),
    ):
        plot_theory(n, data[f"{name}_theory"], ax, color=colour)
        found = data[f"{name}_minima"] > 0
        x, y, low, high = (data[f"{name}_{field}"][found] for field in ("dim", "minimum", "low", "high"))
        plot_measured(x, y, low, high, ax, color=colour, fmt=marker, label=word)
    plot_theory(dense, leading, ax, color=GREY, linewidth=0.9, linestyle="--", label="GOE, leading term $3^{-n^2/4}$")
    ax.set(xlabel="dimension $n$", ylabel="P(critical point is a minimum)", yscale="log", ylim=(1e-8, 1.5))
    ax.set(xlim=(0.7, LARGEST + 0.2), xticks=n)
    ax.legend(loc="lower left")
    return figure


EXPERIMENT = Experiment(
    name="index_against_dimension",
    title="Minima among critical points against dimension: four laws, not one",
    caption=(
        "Probability that a critical point of a random landscape is a minimum, against dimension. Points: measured, "
        "with 95 % intervals (exact binomial; bootstrap over samples for field and 3-spin, all of whose critical "
        "points were searched for in each sample). Lines: exact laws. 2⁻ⁿ holds for separable landscapes only. The "
        "Hessian at one fixed point of a Gaussian landscape is a GOE matrix, whose eigenvalues repel: minima fall off "
        "as a Gaussian in n. At the critical points of an isotropic field or of a spin glass on the sphere the Hessian "
        "is a GOE matrix plus a random multiple of the identity, which shifts all eigenvalues at once and makes minima "
        "only exponentially rare. For field and 3-spin the ratio of mean counts is shown; the n-sphere has n + 1 "
        "spins, and the field lives on a torus of a period so long that its images do not matter (at most 0.2 % of the "
        "curvature's variance)."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
