"""What minimising the gradient's norm finds on networks: critical points, and points that only look it."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.critical.along_descent import along_descent
from landscape.critical.ends import End, search_ends
from landscape.critical.gradient_norm import GradientNormMinimization
from landscape.critical.newton import Newton
from landscape.critical.search import SearchMethod, search
from landscape.descent.ensemble import descend
from landscape.descent.gradient_descent import GradientDescent
from landscape.figures.claims import Claim
from landscape.figures.plots import panel
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREY, VERMILION, new_figure
from landscape.problems import problem
from landscape.random import stream
from landscape.statistics.intervals import clopper_pearson

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NETWORK = {"data": "chebyshev3", "widths": (4,)}
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "linear": ("linear\nautoencoder", "linear_autoencoder", {}),
    "strong": ("tanh,\ndecay 10⁻²", "mlp", {**NETWORK, "weight_decay": 1e-2}),
    "weak": ("tanh,\ndecay 10⁻³", "mlp", {**NETWORK, "weight_decay": 1e-3}),
    "none": ("tanh,\nno decay", "mlp", {**NETWORK, "weight_decay": 0.0}),
}
METHODS: dict[str, tuple[str, SearchMethod, int]] = {
    "newton": ("Levenberg–Marquardt", Newton(), 500),
    "descent": ("descent on |∇f|²", GradientNormMinimization(), 3000),
}
LOOKS = {
    End.CRITICAL: (BLUE, "critical"),
    End.GRADIENT_FLAT: (VERMILION, "gradient-flat"),
    End.NEITHER: (GREY, "neither"),
}
CONFIDENCE = 0.9999
DETAIL = "weak"


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Searches from noise about descents, and what their ends are."""
    searches = 30 if quick else 400
    data: dict[str, npt.NDArray[Any]] = {}
    for case, (_, name, parameters) in CASES.items():
        landscape = problem(name, **parameters)
        rng = stream(seed, {"figure": "gradient_flat_points", "case": case}, 0)
        descent = descend(landscape, landscape.starts(rng, 20), GradientDescent(0.1), 1000, tol=0.0, record=10)
        starts = along_descent(landscape, descent, rng, searches, noise=0.5)
        for key, (_, method, steps) in METHODS.items():
            most = min(steps, 400) if quick and case != "linear" else steps
            ends = search_ends(landscape, search(landscape, starts, method, most))
            data[f"{case}_{key}_kind"] = ends.kind
            data[f"{case}_{key}_gradient"] = ends.gradient_norm
            data[f"{case}_{key}_share"] = ends.flat_share
    return data


def claims(data: Data) -> list[Claim]:
    def interval(case: str, key: str, end: End) -> tuple[float, float]:
        kind = data[f"{case}_{key}_kind"]
        low, high = clopper_pearson((kind == end).sum(), len(kind), CONFIDENCE)
        return float(low), float(high)

    result = []
    for key, (title, _, _) in METHODS.items():
        share = (data[f"linear_{key}_kind"] == End.CRITICAL).mean()
        text = f"linear autoencoder, {title}: share of ends that are critical"
        result.append(Claim(text, share, low=0.9, high=1.0, source="control: every critical point is known"))
    result += [
        Claim(
            f"network with decay 10⁻³, {METHODS['newton'][0]}: lower end of the interval of the gradient-flat share",
            interval(DETAIL, "newton", End.GRADIENT_FLAT)[0],
            low=0.1,
            high=1.0,
            source="Frye et al. 2021: gradient-flat ends are frequent; Clopper–Pearson, error rate 10⁻⁴",
        ),
        Claim(
            f"network with decay 10⁻³, {METHODS['newton'][0]}: upper end of the interval of the critical share",
            interval(DETAIL, "newton", End.CRITICAL)[1],
            low=0.0,
            high=0.75,
            source="Frye et al. 2021",
        ),
        Claim(
            f"network with decay 10⁻³, {METHODS['descent'][0]}: upper end of the interval of the critical share",
            interval(DETAIL, "descent", End.CRITICAL)[1],
            low=0.0,
            high=0.3,
            source="first-order descent on |∇f|² is too ill-conditioned to arrive",
        ),
    ]
    kind, size = data[f"{DETAIL}_newton_kind"], data[f"{DETAIL}_newton_gradient"]
    result.append(
        Claim(
            "log10 of the ratio of the smallest gradient at a gradient-flat end to the largest at a critical one",
            np.log10(size[kind == End.GRADIENT_FLAT].min() / size[kind == End.CRITICAL].max()),
            low=3.0,
            high=20.0,
            source="a critical point is known to rounding, a gradient-flat one is none",
        )
    )
    return result


def draw(data: Data) -> Figure:
    figure = new_figure(3.4)
    left, right = figure.subplots(1, 2, width_ratios=[1.35, 1])
    for column, case in enumerate(CASES):
        for k, key in enumerate(METHODS):
            kind, base = data[f"{case}_{key}_kind"], 0.0
            for end, (colour, label) in LOOKS.items():
                part = (kind == end).mean()
                shown = {"label": label} if column == k == 0 else {}
                hatch = "" if k == 0 else "////"
                left.bar(column + 0.4 * k - 0.2, part, 0.36, base, color=colour, edgecolor="white", hatch=hatch,
                         linewidth=0, **shown)  # fmt: skip
                base += part
    left.set(
        xticks=range(len(CASES)), xticklabels=[title for title, _, _ in CASES.values()], ylabel="share of searches"
    )
    left.tick_params(axis="x", labelsize=6.5, length=0)
    left.set(xlabel="plain: L.–M. steps; hatched: descent on |∇f|²", ylim=(0, 1))
    panel(left, "a", "what the ends are")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)

    kind, size = data[f"{DETAIL}_newton_kind"], data[f"{DETAIL}_newton_gradient"]
    for end, (colour, label) in LOOKS.items():
        ordered = np.sort(size[kind == end])
        if ordered.size:
            count = np.arange(1, ordered.size + 1) / kind.size
            right.step([*ordered, 1.0], [*count, count[-1]], where="post", color=colour, label=label)
    right.set(xscale="log", xlim=(1e-18, 1), ylim=(0, None), xticks=[1e-16, 1e-12, 1e-8, 1e-4, 1])
    right.set(xlabel="|∇f| at most", ylabel="share of searches")
    panel(right, "b", "decay 10⁻³, L.–M.")
    return figure


EXPERIMENT = Experiment(
    name="gradient_flat_points",
    title="Small gradients are not critical points: gradient-flat ends of searches on networks",
    caption=(
        "Searches for critical points from noise about gradient descents. An end is critical if a short Newton step "
        "removes its gradient; gradient-flat if instead nine tenths of the gradient lie in directions in which the "
        "Hessian is so flat that no step within the landscape would (Frye et al. 2021); neither if the search was not "
        "done when its steps were used up. (a) On a linear autoencoder all ends are critical. On a tanh network with "
        "four hidden units that learns the Chebyshev polynomial T₃, with less and less weight decay, fewer and fewer "
        "are. Plain: Levenberg–Marquardt steps, hatched: first-order descent on the squared gradient norm. (b) How "
        "many ends of Levenberg–Marquardt searches a threshold on the gradient's norm accepts, by what they are: one "
        "of 10⁻² accepts more points that are not critical than points that are."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
