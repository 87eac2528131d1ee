"""The index of a random symmetric matrix: a narrow bell whose width grows as the root of a logarithm."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREEN, GREY, ORANGE, VERMILION, new_figure
from landscape.random import stream
from landscape.statistics.ensembles import GOE
from landscape.statistics.index import index_statistics
from landscape.theory.gaussian_field import gaussian_field_index_law
from landscape.theory.goe_index import goe_index_variance, goe_index_variance_asymptotic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ERROR_RATE = 1e-3  # of each claim
SHOWN = (10, 30, 100)  # sizes whose whole law is drawn
EXACT = 200  # size up to which the exact variance is computed
FIELD = (1, 2, 3, 4, 6, 8, 12, 18, 25)  # dimensions in which the isotropic field's is


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Counts of every index for random matrices of many sizes, and what theory says of them."""
    rng = stream(seed, {"figure": "goe_index_distribution"}, 0)
    laws = index_statistics(GOE(), SHOWN, 20_000 if quick else 2_000_000, rng, executor)
    sizes = [2, 5, 10, 20, 50, 100] if quick else [2, 3, 5, 7, 10, 20, 30, 50, 100, 200, 500, 1000]
    numbers = [4_000 if quick else max(30_000, min(1_000_000, 20_000_000 // n)) for n in sizes]
    widths = index_statistics(GOE(), sizes, numbers, rng, executor)
    k = np.arange(widths.counts.shape[1])
    centred = (k - widths.mean_index[:, None]) ** 2
    fourth = (widths.shares * (centred - widths.variance_index[:, None]) ** 2).sum(axis=1)
    dense = np.unique(np.geomspace(2, 1000, 30).round().astype(np.int64))
    dims = np.array(FIELD)
    field = [gaussian_field_index_law(int(d)) for d in dims]
    exact_sizes = dense[dense <= EXACT]
    return {
        "shown": np.array(SHOWN),
        "counts": laws.counts,
        "share": laws.shares,
        "low": laws.index_low,
        "high": laws.index_high,
        "law": np.nan_to_num(laws.exact),
        "p_value": laws.p_value,
        "size": np.array(sizes),
        "variance": widths.variance_index,
        "error": np.sqrt(fourth / numbers),
        "reference": np.array(
            [goe_index_variance(n) if n <= EXACT else float(goe_index_variance_asymptotic(n)) for n in sizes]
        ),
        "exact_size": exact_sizes,
        "exact_variance": np.array([goe_index_variance(int(n)) for n in exact_sizes]),
        "dense": dense,
        "asymptotic": goe_index_variance_asymptotic(dense),
        "field_dim": dims,
        "field_variance": np.array(
            [law @ (np.arange(len(law)) - d / 2) ** 2 for law, d in zip(field, dims, strict=True)]
        ),
    }


def claims(data: Data) -> list[Claim]:
    result = [
        Claim(
            f"n = {n}: p-value of the whole law of the index",
            p,
            low=ERROR_RATE / len(data["shown"]),
            high=1.0,
            source="exact law (de Bruijn's Pfaffian); Pearson's test",
        )
        for n, p in zip(data["shown"], data["p_value"], strict=True)
    ]
    deviation = (data["variance"] - data["reference"]) / data["error"]
    result.append(
        Claim(
            f"p-value of the variances of the index for {len(deviation)} sizes, all together",
            float(stats.chi2.sf((deviation**2).sum(), len(deviation))),
            low=ERROR_RATE,
            high=1.0,
            source=f"exact up to n = {EXACT}, from there ln n / pi^2 + (1 + gamma + 3 ln 2) / pi^2 - 1/8",
        )
    )
    large = data["exact_size"] >= 20
    slope = np.polyfit(np.log(data["exact_size"][large]), data["exact_variance"][large], 1)[0]
    result.append(
        Claim(
            "slope of the exact variance against ln n from n = 20 on, times pi^2",
            float(slope * np.pi**2),
            expected=1.0,
            tolerance=0.026,
            source="Majumdar, Nadal, Scardicchio & Vivo 2009; the correction -0.0516 / n tilts it by 0.026 at n = 20",
        )
    )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(3.0)
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    for row, (colour, marker) in enumerate(zip((BLUE, VERMILION, GREEN), "osD", strict=True)):
        n = int(data["shown"][row])
        k = np.arange(n + 1)
        centre = k - n / 2
        inside = np.abs(centre) <= 5.5
        plot_theory(centre[inside], data["law"][row][k][inside], left, color=colour)
        seen = data["counts"][row][k] > 0
        x, y, low, high = (a[seen] for a in (centre, *(data[name][row][k] for name in ("share", "low", "high"))))
        plot_measured(x, y, low, high, left, color=colour, fmt=marker, markersize=3.2, label=f"$n$ = {n}")
    left.set(xlabel="index $k - n/2$", ylabel="probability", yscale="log", ylim=(1e-11, 3), xlim=(-5.7, 5.7))
    left.legend(loc="lower center")
    panel(left, "a", "law of the index")

    plot_theory(data["dense"], data["dense"] / 4, right, color=GREY, linestyle="--", label="independent signs, $n/4$")
    plot_theory(data["field_dim"], data["field_variance"], right, color=ORANGE, label="isotropic Gaussian field")
    plot_theory(data["exact_size"], data["exact_variance"], right, color=VERMILION, label="GOE, exact")
    above = data["dense"] >= EXACT
    plot_theory(
        data["dense"][above], data["asymptotic"][above], right, color=VERMILION, linestyle=":", label="GOE, large $n$"
    )
    v, e = data["variance"], 1.96 * data["error"]
    plot_measured(data["size"], v, v - e, v + e, right, color=BLUE, label="GOE, measured")
    right.set(xscale="log", yscale="log", xlabel="size $n$", ylabel="variance of the index", ylim=(0.2, 2000))
    right.legend(loc="upper left")
    panel(right, "b", "its width")
    return figure


EXPERIMENT = Experiment(
    name="goe_index_distribution",
    title="The index of a random symmetric matrix: a narrow bell",
    caption=(
        "Number of negative eigenvalues of n × n matrices of the Gaussian Orthogonal Ensemble, counted for up to two "
        "million matrices of each size without computing an eigenvalue (random tridiagonal matrices, signs of pivots). "
        "(a) Its law, with exact 95 % intervals, on the exact law (lines through whole numbers). (b) Its variance, "
        "with 95 % intervals, on the exact one (solid), which grows as ln n/π² because eigenvalues repel; from n = 200 "
        "the law for large n with its conjectured constant (dotted). Independent signs would give n/4 (dashed); at the "
        "critical points of an isotropic Gaussian field a common random shift of all eigenvalues makes the variance "
        "grow in proportion to n as well (exact)."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
