"""What minimising the gradient's norm finds on networks: critical points, and points where it is merely stationary."""

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
from landscape.figures.style import BLACK, BLUE, GREY, VERMILION, new_figure
from landscape.problems import problem
from landscape.random import stream
from landscape.statistics.intervals import clopper_pearson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NETWORK = {"data": "chebyshev3", "widths": (4,)}
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "linear": ("linear\nautoenc.", "linear_autoencoder", {}),
    "strong": ("tanh,\ndecay 10⁻²", "mlp", {**NETWORK, "weight_decay": 1e-2}),
    "weak": ("tanh,\ndecay 10⁻³", "mlp", {**NETWORK, "weight_decay": 1e-3}),
    "none": ("tanh,\nno decay", "mlp", {**NETWORK, "weight_decay": 0.0}),
}
# Title, method, most steps, and how many of the starts it is given.
METHODS: dict[str, tuple[str, SearchMethod, int, int]] = {
    "newton": ("Levenberg–Marquardt", Newton(), 500, 400),
    "descent": ("descent on |∇f|²", GradientNormMinimization(), 30_000, 100),
}
QUICK_STEPS, QUICK_SEARCHES = 400, 30
LOOKS = {
    End.CRITICAL: (BLUE, "critical"),
    End.GRADIENT_FLAT: (VERMILION, "gradient-flat"),
    End.NEITHER: (GREY, "neither"),
}
CONFIDENCE = 0.9999
THRESHOLDS = np.logspace(-12, 0, 121)
LOOSE, STRICT = 1e-2, 1e-4
DETAIL = "weak"
FEWEST, ENOUGH, MANY = 5, 20, 100  # ends of which a share is drawn, or claimed, or claimed to be the larger one


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Searches from noise about descents, and what their ends are."""
    data: dict[str, npt.NDArray[Any]] = {}
    for case, (_, name, parameters) in CASES.items():
        landscape = problem(name, **parameters)
        rng = stream(seed, {"figure": "gradient_flat_points", "case": case}, 0)
        descent = descend(landscape, landscape.starts(rng, 20), GradientDescent(0.1), 1000, tol=0.0, record=10)
        starts = along_descent(landscape, descent, rng, max(size for *_, size in METHODS.values()), noise=0.5)
        for key, (_, method, steps, size) in METHODS.items():
            most = min(steps, QUICK_STEPS) if quick and case != "linear" else steps
            runs = search(landscape, starts[: min(size, QUICK_SEARCHES) if quick else size], method, most)
            ends = search_ends(landscape, runs)
            data[f"{case}_{key}_kind"] = ends.kind
            data[f"{case}_{key}_gradient"] = ends.gradient_norm
            data[f"{case}_{key}_share"] = ends.flat_share
    return data


def not_critical(data: Data, case: str, key: str, threshold: float) -> tuple[int, int]:
    """Of the ends with a gradient of at most so much, how many are not critical, and how many there are."""
    accepted = data[f"{case}_{key}_gradient"] <= threshold
    return int((accepted & (data[f"{case}_{key}_kind"] != End.CRITICAL)).sum()), int(accepted.sum())


def claims(data: Data) -> list[Claim]:
    newton, descent = (title for title, *_ in METHODS.values())
    result = []
    for key, (title, *_) in METHODS.items():
        share = (data[f"linear_{key}_kind"] == End.CRITICAL).mean()
        text = f"linear autoencoder, {title}: share of ends that are critical"
        result.append(Claim(text, share, low=0.98, high=1.0, source="control: every critical point is known"))
    kind = data[f"{DETAIL}_newton_kind"]
    flat, critical = (_interval((kind == end).sum(), kind.size) for end in (End.GRADIENT_FLAT, End.CRITICAL))
    result += [
        Claim(
            f"network with decay 10⁻³, {newton}: lower end of the interval of the gradient-flat share",
            flat[0],
            low=0.1,
            high=1.0,
            source="Frye et al. 2021: gradient-flat ends are frequent; Clopper–Pearson, error rate 10⁻⁴",
        ),
        Claim(
            f"network with decay 10⁻³, {newton}: upper end of the interval of the critical share",
            critical[1],
            low=0.0,
            high=0.75,
            source="Frye et al. 2021",
        ),
        *_claims_about_thresholds(data, newton),
    ]
    for case, decay, low, high in (("weak", "10⁻³", 0.5, 1.0), ("strong", "10⁻²", 0.0, 0.3)):
        kind = data[f"{case}_descent_kind"]
        done = kind[kind != End.NEITHER]
        if done.size < ENOUGH:
            continue
        ends = _interval((done == End.GRADIENT_FLAT).sum(), done.size)
        which, end = ("lower", ends[0]) if case == "weak" else ("upper", ends[1])
        result.append(
            Claim(
                f"network with decay {decay}, {descent}: of the {done.size} ends where it is stationary, {which} end "
                "of the interval of the share that is not critical",
                end,
                low=low,
                high=high,
                source="Frye et al. 2021; Clopper–Pearson, error rate 10⁻⁴",
            )
        )
    return result


def _claims_about_thresholds(data: Data, title: str) -> list[Claim]:
    """What bounds on the gradient's norm tell critical points from others, and what bounds do not."""
    false, accepted = not_critical(data, DETAIL, "newton", STRICT)
    result = [
        Claim(
            f"network with decay 10⁻³, {title}: those not critical of the {accepted} ends with |∇f| at most {STRICT:g}",
            false,
            expected=0,
            tolerance=0,
            source="a critical point is known to rounding, and none of the flat ones found is that flat",
        )
    ]
    false, accepted = not_critical(data, DETAIL, "newton", LOOSE)
    if accepted >= MANY:
        result.append(
            Claim(
                f"network with decay 10⁻³, {title}: of the {accepted} ends with |∇f| at most {LOOSE:g}, lower end of "
                "the interval of the share that is not critical",
                _interval(false, accepted)[0],
                low=0.5,
                high=1.0,
                source="Frye et al. 2021; Clopper–Pearson, error rate 10⁻⁴",
            )
        )
    return result


def _interval(hits: int, size: int) -> tuple[float, float]:
    low, high = clopper_pearson(hits, size, CONFIDENCE)
    return float(low), float(high)


def draw(data: Data) -> Figure:
    figure = new_figure(3.4)
    left, right = figure.subplots(1, 2, width_ratios=[1.35, 1])
    _draw_ends(left, data)
    handles, labels = left.get_legend_handles_labels()
    for hatch, label in (("", "Levenberg–Marquardt"), ("////", "descent on |∇f|²")):
        handles += left.bar(0, 0, 0, facecolor="white", edgecolor=BLACK, hatch=hatch, linewidth=0.5).patches
        labels.append(label)
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=7, columnspacing=1.2)

    for key, style, label in (("newton", "-", "L.–M. steps"), ("descent", "--", "descent")):
        counts = [not_critical(data, DETAIL, key, threshold) for threshold in THRESHOLDS]
        some = [(t, false, n) for t, (false, n) in zip(THRESHOLDS, counts, strict=True) if n >= FEWEST]
        threshold, false, accepted = (np.array(column) for column in zip(*some, strict=True))
        low, high = clopper_pearson(false, accepted)
        right.fill_between(threshold, low, high, color=VERMILION, alpha=0.2, linewidth=0)
        right.plot(threshold, false / accepted, style, color=VERMILION, label=label)
    right.set(xscale="log", xlim=(THRESHOLDS[0], THRESHOLDS[-1]), ylim=(-0.02, 1.02), xticks=[1e-12, 1e-8, 1e-4, 1])
    right.set(xlabel="|∇f| at most", ylabel="share not critical")
    right.legend(loc="center left", fontsize=7, title="decay 10⁻³", alignment="left", title_fontsize=7)
    panel(right, "b", "what a bound accepts")
    return figure


def _draw_ends(ax: Axes, data: Data) -> None:
    for column, case in enumerate(CASES):
        for k, key in enumerate(METHODS):
            kind, base = data[f"{case}_{key}_kind"], 0.0
            for end, (colour, label) in LOOKS.items():
                part = (kind == end).mean()
                shown: dict[str, Any] = {"label": label} if column == k == 0 else {}
                hatch = "" if k == 0 else "////"
                ax.bar(column + 0.4 * k - 0.2, part, 0.36, base, color=colour, edgecolor="white", hatch=hatch,
                       linewidth=0, **shown)  # fmt: skip
                base += part
            critical = kind == End.CRITICAL
            low, high = clopper_pearson(critical.sum(), critical.size)
            ends = [[critical.mean() - low], [high - critical.mean()]]
            ax.errorbar(column + 0.4 * k - 0.2, critical.mean(), ends, color=BLACK, elinewidth=1.0)
    titles = [title for title, _, _ in CASES.values()]
    ax.set(xticks=range(len(CASES)), xticklabels=titles, ylabel="share of searches", ylim=(0, 1))
    ax.tick_params(axis="x", labelsize=6.5, length=0)
    panel(ax, "a", "what the ends are")


EXPERIMENT = Experiment(
    name="gradient_flat_points",
    title="Where the gradient's norm is stationary need not be a critical point",
    caption=(
        "Searches for critical points from noise about gradient descents. An end is critical if a short Newton step "
        "removes its gradient; gradient-flat if instead nine tenths of the gradient lie in directions in which the "
        "Hessian is so flat that no step within the landscape would (Frye et al. 2021); neither if the search was not "
        "done when its steps were used up. (a) On a linear autoencoder nearly all ends are critical. On a tanh network "
        "with four hidden units that learns the Chebyshev polynomial T₃ it depends on the weight decay: with little, "
        "most ends of 500 Levenberg–Marquardt steps (plain) are gradient-flat, and so is nearly every end that descent "
        "on the squared gradient norm (hatched, 30,000 steps) is done with; black: 95 % intervals of the critical "
        "share. (b) Of the ends whose gradient is at most so long, the share that is not critical, with 95 % "
        "intervals. A bound of 10⁻² takes most of these for critical points; 10⁻⁴ tells Levenberg–Marquardt's ends "
        "apart, whose critical points are known to rounding, but not those of descent, which gets there slowly."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
