"""Spectra of the Hessian at critical points of the 3-spin: semicircles shifted by the value."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from landscape.arrays import Array, symmetrize
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREY, VERMILION, new_figure
from landscape.parallel import map_chunks
from landscape.random import stream
from landscape.statistics.ensembles import SphericalSpinGlass
from landscape.theory.random_matrices import semicircle_density

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = 3
ERROR_RATE = 1e-3  # of each claim
RANGES = ((-1.3, -0.9), (-0.6, -0.3), (-0.1, 0.1))  # of u = f / sqrt(n)
BINS = np.linspace(-8, 10, 46)  # of eigenvalues over sqrt(n)


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Spectra at all critical points of many samples, and of weighted random matrices at the same values."""
    n, samples, draws = (6, 24, 40_000) if quick else (10, 24, 200_000)
    found = list(map_chunks(executor, spectra, [(n, seed, sample) for sample in range(samples)]))
    rng = stream(seed, {"figure": "spectrum_at_critical_points"}, 0)
    data: dict[str, npt.NDArray[Any]] = {"n": np.array(n), "bins": BINS}
    for row, (low, high) in enumerate(RANGES):
        chosen = [(u[inside], lam[inside]) for u, lam in found if (inside := (low < u) & (u < high)).any()]
        u = np.concatenate([values for values, _ in chosen])
        lam = np.concatenate([spectrum for _, spectrum in chosen])
        owner = np.repeat(np.arange(len(chosen)), [len(values) for values, _ in chosen])
        reference, weight = weighted_spectra(n, rng.choice(u, draws), rng)
        measured = np.stack([(lam < 0).mean(axis=1), lam.mean(axis=1), (lam**2).mean(axis=1)], axis=1)
        expected = np.stack([(reference < 0).mean(axis=1), reference.mean(axis=1), (reference**2).mean(axis=1)], axis=1)
        mean = weight @ expected / weight.sum()
        weights = np.broadcast_to(weight[:, None], reference.shape)
        data |= {
            f"values_{row}": np.array([len(u), u.mean()]),
            f"histogram_{row}": np.histogram(lam, BINS, density=True)[0],
            f"weighted_{row}": np.histogram(reference, BINS, weights=weights, density=True)[0],
            f"moments_{row}": measured.mean(axis=0),
            f"errors_{row}": clustered_error(measured, owner),
            f"expected_{row}": mean,
            f"expected_error_{row}": np.sqrt(((weight[:, None] * (expected - mean)) ** 2).sum(axis=0)) / weight.sum(),
        }
    return data


def spectra(n: int, seed: int, sample: int) -> tuple[Array, Array]:
    """Values u (m,) and eigenvalues over sqrt(n) (m, n - 1) at all critical points of one sample."""
    points = SphericalSpinGlass(P).exhaust(n, stream(seed, {"figure": "spectrum_at_critical_points", "n": n}, sample))
    return points.value / math.sqrt(n), points.eigenvalues / math.sqrt(n)


def weighted_spectra(n: int, u: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Eigenvalues over sqrt(n) of a GOE matrix minus p f, and its weight |det| in the Kac-Rice formula.

    At a point with value f = sqrt(n) u the tangent Hessian has independent entries of variance p (p - 1), twice that on
    the diagonal, about the mean -p f. Given the value, a point is critical with the density |det|."""
    matrix = symmetrize(rng.standard_normal((len(u), n - 1, n - 1))) * math.sqrt(2 * P * (P - 1) / n)
    lam = np.linalg.eigvalsh(matrix) - P * u[:, None]
    weight = np.abs(lam).prod(axis=1)
    # Values come from critical points, which are weighted by |det| already: its mean at each value is divided out.
    order = np.argsort(u)
    cells = np.array_split(order, 20)
    for cell in cells:
        weight[cell] /= weight[cell].mean()
    return lam, weight


def clustered_error(x: Array, owner: npt.NDArray[np.int64]) -> Array:
    """Standard errors of means over points that come in samples, (k,)."""
    excess = np.stack([np.bincount(owner, weights=column) for column in (x - x.mean(axis=0)).T])
    samples = excess.shape[1]
    error: Array = np.sqrt((excess**2).sum(axis=1) * samples / (samples - 1)) / len(x)
    return error


def claims(data: Data) -> list[Claim]:
    result = []
    for row, (low, high) in enumerate(RANGES):
        error = np.hypot(data[f"errors_{row}"], data[f"expected_error_{row}"])
        z = (data[f"moments_{row}"] - data[f"expected_{row}"]) / error
        result.append(
            Claim(
                f"values {low} to {high}: share below zero, mean and mean square of the eigenvalues, largest deviation "
                "in standard errors",
                float(np.abs(z).max()),
                low=0.0,
                high=float(stats.norm.isf(ERROR_RATE / 6)) + 1.0,  # errors are themselves estimated, from 24 samples
                source="GOE matrices minus p f, weighted by |det|: Kac-Rice, exact at finite n",
            )
        )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(2.8)
    axes = figure.subplots(1, len(RANGES), sharey=True)
    n, bins = int(data["n"]), data["bins"]
    dense = np.linspace(bins[0], bins[-1], 400)
    for row, (ax, letter) in enumerate(zip(axes, "abc", strict=True)):
        u = float(data[f"values_{row}"][1])
        ax.stairs(data[f"histogram_{row}"], bins, fill=True, color=BLUE, alpha=0.35, label="measured")
        middle = (bins[1:] + bins[:-1]) / 2
        plot_theory(middle, data[f"weighted_{row}"], ax, color=VERMILION, label="Kac–Rice")
        limit = semicircle_density(dense, 2 * math.sqrt(P * (P - 1)), -P * u)
        plot_theory(dense, limit, ax, color=GREY, linestyle="--", label="$n \\to \\infty$")
        ax.axvline(0, color=BLACK, linewidth=0.7, linestyle=":")
        ax.set(xlabel="eigenvalue$/\\sqrt{n}$", ylim=(0, 0.165))
        panel(ax, letter, f"$u \\approx {round(u, 2) + 0.0:.2f}$")
    axes[0].set(ylabel=f"density, $n$ = {n}")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


EXPERIMENT = Experiment(
    name="spectrum_at_critical_points",
    title="The Hessian at a critical point: a semicircle that the value shifts",
    caption=(
        "Eigenvalues of the Hessian at the critical points of the spherical 3-spin whose value u = f/√n lies in three "
        "ranges (mean above each panel): all points of 24 samples (filled), random matrices of the Gaussian Orthogonal "
        "Ensemble minus 3f, weighted by the absolute value of their determinant, which is the exact law at finite n "
        "(solid), and Wigner's semicircle of radius 2√6 about −3u, the law for large n (dashed). The value shifts all "
        "curvatures at once, so that low points are minima. Few eigenvalues are near zero, where the determinant "
        "vanishes."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
