"""The Hessian's spectrum along the training of a network: a bulk near zero and as many outliers as classes less one."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.figures.claims import Claim
from landscape.figures.plots import panel
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREY, VERMILION, new_figure
from landscape.problems import problem
from landscape.random import stream
from landscape.spectrum.density import share_below, spectral_density
from landscape.spectrum.extreme import extreme_eigenpairs
from landscape.spectrum.operator import HessianOperator
from landscape.spectrum.summary import hessian_spectrum

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLASSES = 10
LR, EVERY, STEPS = 0.1, 100, 2000
EARLY, LATE = 100, STEPS  # steps at which the density is measured; by the early one the classes are told apart
TOP = 20
WIDTH = 0.06  # of the Gaussian that stands for an eigenvalue


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """One training; the largest eigenvalues at many of its steps, the density at two, by matrix and by products."""
    landscape = problem(
        "mlp", data="digits_4x4", samples=200 if quick else 800, widths=(30,),
        activation="softplus", loss="cross_entropy", weight_decay=0.0,
    )  # fmt: skip
    rng = stream(seed, {"figure": "network_spectrum"}, 0)
    descent = descend(landscape, landscape.starts(rng, 1), GradientDescent(LR), STEPS, tol=0.0, record=EVERY)
    assert descent.trajectory is not None
    steps, x = descent.trajectory.steps, descent.trajectory.x[:, 0]
    shown = np.isin(steps, (0, EARLY, 2 * EARLY, STEPS // 2, LATE)) if quick else np.full(len(steps), True)
    spectra = [hessian_spectrum(landscape, point, rng, TOP, dense=True) for point in x[shown]]
    data: dict[str, npt.NDArray[Any]] = {
        "steps": steps[shown],
        "largest": np.array([s.largest for s in spectra]),
        "loss": landscape.value(x[shown]),
    }
    for name, at in (("early", EARLY), ("late", LATE)):
        where = int(np.flatnonzero(steps == at)[0])
        exact = spectra[int(np.flatnonzero(steps[shown] == at)[0])].eigenvalues
        assert exact is not None
        operator = HessianOperator.at(landscape, x[where])
        density = spectral_density(operator, rng, probes=10, steps=100, width=WIDTH)
        pairs = extreme_eigenpairs(operator, "largest", CLASSES, rng)
        data |= {
            f"{name}_grid": density.grid,
            f"{name}_mean": density.mean,
            f"{name}_low": density.low,
            f"{name}_high": density.high,
            f"{name}_exact": gaussians(exact, density.grid),
            f"{name}_share": np.array([(exact < 0).mean(), *share_below(density)]),
            f"{name}_within": np.abs(pairs.values - exact[::-1][:CLASSES]) <= pairs.residuals + 1e-12,
        }
    return data


def gaussians(eigenvalues: Array, grid: Array) -> Array:
    """The density of known eigenvalues (r,), each a Gaussian, on a grid (g,)."""
    z = (grid[:, None] - eigenvalues) / WIDTH
    density: Array = np.exp(-0.5 * z * z).mean(axis=1) / (WIDTH * np.sqrt(2 * np.pi))
    return density


def claims(data: Data) -> list[Claim]:
    ratio = data["largest"][:, :-1] / data["largest"][:, 1:]
    row = {step: int(np.flatnonzero(data["steps"] == step)[0]) for step in (EARLY, LATE)}
    result = [
        Claim(
            f"number of eigenvalues above the widest gap, of the first {TOP}, after {EARLY} steps",
            int(ratio[row[EARLY]].argmax()) + 1,
            expected=CLASSES - 1,
            tolerance=0,
            source="softmax outputs have one curved direction less than classes: Sagun et al. 2017, Papyan 2020",
        ),
        Claim(
            f"that gap at the end: the ratio of eigenvalues {CLASSES - 1} and {CLASSES}",
            float(ratio[row[LATE], CLASSES - 2]),
            low=1.0,
            high=2.0,
            source="measured: once all is fitted, the outliers are no longer set apart",
        ),
    ]
    for name in ("early", "late"):
        distance = np.trapezoid(np.abs(data[f"{name}_mean"] - data[f"{name}_exact"]), data[f"{name}_grid"])
        exact, _, low, high = data[f"{name}_share"]
        result += [
            Claim(
                f"{name}: distance (L1) of the density from probes from that of all eigenvalues",
                float(distance),
                low=0.0,
                high=0.12,
                source="Ubaru, Chen & Saad 2017: ten probes of a thousand directions",
            ),
            Claim(
                f"{name}: share of negative eigenvalues, in the probes' interval",
                float(exact),
                low=float(low),
                high=float(high),
                source="Chebyshev–Markov–Stieltjes bounds and the probes' scatter",
            ),
            Claim(
                f"{name}: largest eigenvalues from products that are within their bounds, of {CLASSES}",
                int(data[f"{name}_within"].sum()),
                expected=CLASSES,
                tolerance=0,
                source="residual bounds",
            ),
        ]
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(3.0)
    left, right = figure.subplots(1, 2)
    for k in range(TOP):
        colour = BLUE if k < CLASSES - 1 else GREY
        label = {0: f"the first {CLASSES - 1}", CLASSES - 1: f"the next {TOP - CLASSES + 1}"}.get(k)
        left.plot(data["steps"], data["largest"][:, k], color=colour, linewidth=0.9, label=label)
    left.set(
        yscale="log", xlabel="steps of gradient descent", ylabel="largest eigenvalues of the Hessian", ylim=(None, 6)
    )
    left.legend(loc="upper right")
    panel(left, "a", "outliers: classes less one")
    for name, at, colour in (("early", EARLY, VERMILION), ("late", LATE, BLUE)):
        grid = data[f"{name}_grid"]
        floor = 1e-4
        low, high = (np.maximum(data[f"{name}_{end}"], floor) for end in ("low", "high"))
        right.fill_between(grid, low, high, color=colour, alpha=0.3, linewidth=0)
        right.plot(grid, np.maximum(data[f"{name}_mean"], floor), color=colour, linewidth=1.0, label=f"{at} steps")
        exact = {"label": "all eigenvalues"} if name == "late" else {}
        right.plot(grid, np.maximum(data[f"{name}_exact"], floor), color=BLACK, linewidth=0.7, linestyle=":", **exact)
    right.set(yscale="log", ylim=(1e-4, None), xlabel="eigenvalue λ", ylabel="density of eigenvalues")
    right.legend(loc="upper right")
    panel(right, "b", "density from products")
    return figure


EXPERIMENT = Experiment(
    name="network_spectrum",
    title="The spectrum along training: for a while as many outliers as classes but one",
    caption=(
        "The Hessian of the training loss of a softplus network with one hidden layer on handwritten digits (4 × 4 "
        "pixels, ten classes, cross-entropy, no weight decay) along gradient descent with learning rate 0.1. (a) The "
        "twenty largest eigenvalues. Early on nine are set apart, one fewer than there are classes; as the "
        "samples are fitted the gap closes. (With tanh units, whose mean activity is near zero, there is none.) (b) "
        "Density of eigenvalues, each a Gaussian of width 0.06, from ten random probes with a hundred Lanczos steps "
        "each: line and 95 per cent band; dotted, from all eigenvalues."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
