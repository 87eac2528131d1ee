"""The Hessian's spectrum along the training of a network: a bulk near zero, and at first outliers, classes less one."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from landscape.arrays import Array, IntArray
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.figures.claims import Claim
from landscape.figures.plots import panel
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREY, VERMILION, new_figure
from landscape.function import Landscape
from landscape.problems import problem
from landscape.random import stream
from landscape.spectrum.density import exact_density, share_below, spectral_density
from landscape.spectrum.extreme import extreme_eigenpairs
from landscape.spectrum.operator import HessianOperator
from landscape.spectrum.summary import Spectrum, hessian_spectrum

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLASSES = 10
LR, EVERY, STEPS = 0.1, 100, 2000
EARLY, LATE = 100, STEPS  # steps at which the density is measured; by the early one the classes are told apart
TOP = 20
PROBES, LANCZOS_STEPS = 10, 100
WIDTH = 0.06  # of the Gaussian that stands for an eigenvalue
REACH = 7.0  # how far the grid goes beyond the outermost eigenvalue, in widths
POINTS = 500


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """One training; the largest eigenvalues at many of its steps, the density at two, by matrix and by products."""
    rng = stream(seed, {"figure": "network_spectrum"}, 0)
    landscape, steps, x, spectra = along_training("softplus", quick, rng)
    data: dict[str, npt.NDArray[Any]] = {
        "steps": steps,
        "largest": np.array([s.largest for s in spectra]),
        "loss": landscape.value(x),
    }
    repeats = 40 if quick else 200
    for name, at in (("early", EARLY), ("late", LATE)):
        where = int(np.flatnonzero(steps == at)[0])
        exact = spectra[where].eigenvalues
        assert exact is not None
        operator = HessianOperator.at(landscape, x[where])
        # So far out that the logarithmic axis cuts no curve.
        grid = np.linspace(exact[0] - REACH * WIDTH, exact[-1] + REACH * WIDTH, POINTS)
        density = spectral_density(operator, rng, PROBES, LANCZOS_STEPS, WIDTH, grid=grid)
        known = exact_density(exact, WIDTH, grid=grid)
        pairs = extreme_eigenpairs(operator, "largest", CLASSES, rng)
        data |= {
            f"{name}_grid": grid,
            f"{name}_mean": density.mean,
            f"{name}_low": density.low,
            f"{name}_high": density.high,
            f"{name}_exact": known.mean,
            f"{name}_covered": coverage(exact, grid, repeats, rng),
            f"{name}_share": np.array([(exact < 0).mean(), *share_below(density, operator.rank)]),
            f"{name}_within": np.abs(pairs.values - exact[::-1][:CLASSES]) <= pairs.residuals + 1e-12,
        }
    data["repeats"] = np.array(repeats)
    other = along_training("tanh", quick, stream(seed, {"figure": "network_spectrum", "activation": "tanh"}, 0))[3]
    data["tanh_largest"] = np.array([s.largest for s in other])
    return data


def along_training(
    activation: str, quick: bool, rng: np.random.Generator
) -> tuple[Landscape, IntArray, Array, list[Spectrum]]:
    """A network, steps of its training, its parameters there, and all eigenvalues of its Hessian."""
    landscape = problem(
        "mlp", data="digits_4x4", samples=200 if quick else 800, widths=(30,),
        activation=activation, loss="cross_entropy", weight_decay=0.0,
    )  # fmt: skip
    descent = descend(landscape, landscape.starts(rng, 1), GradientDescent(LR), STEPS, tol=0.0, record=EVERY)
    assert descent.trajectory is not None
    steps, x = descent.trajectory.steps, descent.trajectory.x[:, 0]
    if quick:
        some = np.isin(steps, (0, EARLY, 2 * EARLY, STEPS // 2, LATE))
        steps, x = steps[some], x[some]
    return landscape, steps, x, [hessian_spectrum(landscape, point, rng, TOP, dense=True) for point in x]


def coverage(eigenvalues: Array, grid: Array, repeats: int, rng: np.random.Generator) -> Array:
    """How often the band has the density of known eigenvalues, (g,). Probes have no preferred direction: a diagonal
    matrix does for any with these eigenvalues."""
    diagonal = problem("quadratic", eigenvalues=tuple(eigenvalues))
    operator = HessianOperator.at(diagonal, np.zeros(diagonal.dim))
    exact = exact_density(eigenvalues, WIDTH, grid=grid).mean
    hits = np.zeros(len(grid))
    for _ in range(repeats):
        density = spectral_density(operator, rng, PROBES, LANCZOS_STEPS, WIDTH, grid=grid)
        hits += (density.low <= exact) & (exact <= density.high)
    return hits / repeats


def claims(data: Data) -> list[Claim]:
    ratio = data["largest"][:, :-1] / data["largest"][:, 1:]
    after = ratio.argmax(axis=1) + 1
    set_apart = data["steps"][after == CLASSES - 1]
    row = {step: int(np.flatnonzero(data["steps"] == step)[0]) for step in (EARLY, LATE)}
    result = [
        Claim(
            f"number of eigenvalues above the widest gap, of the first {TOP}, after {EARLY} steps",
            int(after[row[EARLY]]),
            expected=CLASSES - 1,
            tolerance=0,
            source="softmax outputs have one curved direction less than classes: Sagun et al. 2017, Papyan 2020",
        ),
        Claim(
            "the same before anything is learnt, at step 0",
            int(after[0]),
            expected=CLASSES - 1,
            tolerance=0,
            source="the architecture's: the loss is that of guessing still",
        ),
        Claim(
            f"loss at step 0, over ln {CLASSES}",
            float(data["loss"][0] / np.log(CLASSES)),
            low=0.9,
            high=1.1,
            source="guessing: all classes equally likely",
        ),
        Claim(
            f"the last step at which the widest gap is below eigenvalue {CLASSES - 1}",
            int(set_apart[-1]),
            low=2 * EARLY,
            high=5 * EARLY,
            source="measured: it closes early",
        ),
        Claim(
            "number of eigenvalues above the widest gap at the end",
            int(after[-1]),
            expected=1,
            tolerance=0,
            source="measured: once all is fitted, one eigenvalue is set apart",
        ),
        Claim(
            f"tanh units: the largest ratio of eigenvalues {CLASSES - 1} and {CLASSES} at any step",
            float((data["tanh_largest"][:, CLASSES - 2] / data["tanh_largest"][:, CLASSES - 1]).max()),
            low=1.0,
            high=1.5,
            source="measured: no gap there, where softplus units have one of two and more",
        ),
    ]
    for name in ("early", "late"):
        result += density_claims(data, name)
    return result


def density_claims(data: Data, name: str) -> list[Claim]:
    """What the density from products at one of the two steps is held against."""
    grid, covered, repeats = data[f"{name}_grid"], data[f"{name}_covered"], int(data["repeats"])
    row = {"early": EARLY, "late": LATE}[name] == data["steps"]
    at_outliers = np.interp(data["largest"][row][0, : CLASSES - 1], grid, covered)
    distance = np.trapezoid(np.abs(data[f"{name}_mean"] - data[f"{name}_exact"]), grid)
    exact, _, low, high = data[f"{name}_share"]
    return [
        Claim(
            f"{name}: distance (L1) of the density from probes from that of all eigenvalues",
            float(distance),
            low=0.0,
            high=0.12,
            source="Ubaru, Chen & Saad 2017: ten probes of a thousand directions",
        ),
        Claim(
            f"{name}: how often of {repeats} repeats the 95 % band has the exact density at the {CLASSES - 1} largest "
            "eigenvalues",
            float(at_outliers.mean()),
            low=float(binom.ppf(1e-4, repeats, 0.95)) / repeats,
            high=float(binom.isf(1e-4, repeats, 0.95)) / repeats,
            source="the beta law of a random unit vector's squared length in a space; binomial limits, error rate 10⁻⁴",
        ),
        Claim(
            f"{name}: how often at the place of the grid where it has it least often",
            float(covered.min()),
            low=float(binom.ppf(1e-4 / len(grid), repeats, 0.95)) / repeats,
            high=1.0,
            source="the same, for as many places as the grid has",
        ),
        Claim(
            f"{name}: share of negative eigenvalues, in the probes' interval",
            float(exact),
            low=float(low),
            high=float(high),
            source="Chebyshev–Markov–Stieltjes bounds, each with the interval of such a share",
        ),
        Claim(
            f"{name}: largest eigenvalues from products that are within their bounds, of {CLASSES}",
            int(data[f"{name}_within"].sum()),
            expected=CLASSES,
            tolerance=0,
            source="residual bounds",
        ),
    ]


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
        "twenty largest eigenvalues. Nine, one fewer than there are classes, are set apart at step 0 already, before "
        "anything is learnt, and the widest gap is below them up to step 300; as the samples are fitted it closes, and "
        "at the end the widest is below the first. With tanh units there is no gap below the ninth at any step. (b) "
        "Density of eigenvalues, each a Gaussian of width 0.06, from ten random probes with a hundred Lanczos steps "
        "each: line and pointwise 95 per cent band; dotted, from all eigenvalues."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
