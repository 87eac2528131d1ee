"""Every optimizer along a ravine and round a saddle."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING

import numpy as np

from landscape.arrays import Array, norm
from landscape.descent.adagrad import AdaGrad
from landscape.descent.adam import Adam
from landscape.descent.armijo import ArmijoGradientDescent
from landscape.descent.cubic_regularized_newton import CubicRegularizedNewton
from landscape.descent.ensemble import descend
from landscape.descent.exact_line_search import ExactLineSearch
from landscape.descent.gradient_descent import GradientDescent
from landscape.descent.heavy_ball import HeavyBall
from landscape.descent.method import DescentMethod
from landscape.descent.nesterov import Nesterov
from landscape.descent.noisy_gradient_descent import NoisyGradientDescent
from landscape.descent.perturbed_gradient_descent import PerturbedGradientDescent
from landscape.descent.rmsprop import RMSProp
from landscape.descent.saddle_free_newton import SaddleFreeNewton
from landscape.descent.stochastic_gradient_descent import StochasticGradientDescent
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_contours, plot_critical_points, plot_paths
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, new_figure
from landscape.function import Landscape
from landscape.problems import problem
from landscape.random import stream
from landscape.theory import rates

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The ravine: the worked regression with its data shifted by one half, which brings the condition number to 29.
SHIFTED, MU, L = (0.5, 1.5, 2.5, 3.5), 0.41369124, 12.08630876
LINE, LOWEST = np.array([0.7, 2.35]), 0.575
SOFT, STIFF = np.array([-0.3686, 0.9296]), np.array([0.9296, 0.3686])  # directions of the two curvatures
START = LINE - 2.2 * SOFT - 0.35 * STIFF
RAVINE_STEPS = 60

LR, MOMENTUM = 0.1, 0.9
HEIGHT = 0.62  # x_2 of the starts below a saddle of the double well, at (0, 1), whose stable manifold is x_1 = 0
LONGEST = 2000
RUNS = 40  # of the methods that draw random numbers, from each start
RANDOM = ("perturbed descent", "noisy descent")


def _ravine() -> Landscape:
    return problem("linear_regression", x=SHIFTED)


def _ravine_methods() -> dict[str, DescentMethod]:
    ball, nesterov = rates.heavy_ball_parameters(MU, L), rates.nesterov_parameters(MU, L)
    return {
        "gradient descent": GradientDescent(float(rates.optimal_learning_rate(MU, L))),
        "exact line search": ExactLineSearch(),
        "Armijo": ArmijoGradientDescent(),
        "heavy ball": HeavyBall(float(ball[0]), float(ball[1])),
        "Nesterov": Nesterov(float(nesterov[0]), float(nesterov[1])),
        "SGD": StochasticGradientDescent(0.02),
        "Adam": Adam(0.1),
        "RMSProp": RMSProp(0.03),
        "AdaGrad": AdaGrad(0.5),
        "saddle-free Newton": SaddleFreeNewton(max_step=100.0),
        "cubic Newton": CubicRegularizedNewton(),
    }


def _saddle_methods() -> dict[str, DescentMethod]:
    return {
        "gradient descent": GradientDescent(LR),
        "Armijo": ArmijoGradientDescent(),
        "exact line search": ExactLineSearch(),
        "heavy ball": HeavyBall(LR, MOMENTUM),
        "Nesterov": Nesterov(LR, MOMENTUM),
        "AdaGrad": AdaGrad(LR),
        "RMSProp": RMSProp(LR),
        "Adam": Adam(LR),
        "perturbed descent": PerturbedGradientDescent(LR, radius=1e-3, gradient_threshold=0.01),
        "noisy descent": NoisyGradientDescent(LR, noise=0.01),
        "saddle-free Newton": SaddleFreeNewton(),
        "cubic Newton": CubicRegularizedNewton(),
    }


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, Array]:
    """Paths, padded with where each ended, and steps until the distance from the stable manifold is 1/2."""
    rng = stream(seed, {"experiment": "optimizer_paths"}, 0)
    ravine, wells = _ravine(), problem("double_well", dim=2)
    on_manifold, beside = np.array([[0.0, HEIGHT]]), np.geomspace(1e-12, 1e-2, 6 if quick else 21)
    around, leaving, growth = [], [], []
    for name, method in _saddle_methods().items():
        around.append(_paths(wells, np.tile(on_manifold, (RUNS, 1)), method, LONGEST, rng))
        runs = RUNS if name in RANDOM else 1
        starts = np.stack([np.tile(beside, runs), np.full(runs * len(beside), HEIGHT)], axis=1)
        distance = np.abs(_paths(wells, starts, method, LONGEST, rng)[..., 0])
        leaving.append(np.median(_first_outside(distance).reshape(runs, -1), axis=0))
        growth.append(_late_growth(distance[:, 0]))
    side = np.linspace(0, 1, 101)
    corners = {"ravine": ((0.3, 0.0), (2.2, 2.7)), "wells": ((-1.35, 0.2), (1.35, 1.3))}
    heights: dict[str, Array] = {}
    for f, (name, (low, high)) in zip((ravine, wells), corners.items(), strict=True):
        x, y = (a + (b - a) * side for a, b in zip(low, high, strict=True))
        heights |= {f"{name}_x": x, f"{name}_y": y, f"{name}_height": f.value(np.stack(np.meshgrid(x, y), axis=-1))}
    return {
        "ravine_paths": np.array(
            [_paths(ravine, START[None], m, RAVINE_STEPS, rng)[:, 0] for m in _ravine_methods().values()]
        ),
        "saddle_paths": np.array([path[:400, 0] for path in around]),
        "ends": np.array([path[-1] for path in around]),
        "beside": beside,
        "leaving": np.array(leaving),
        "growth": np.array(growth),
        **heights,
    }


def _paths(f: Landscape, start: Array, method: DescentMethod, steps: int, rng: np.random.Generator) -> Array:
    """Positions after 0, 1, ..., `steps` steps; runs that end earlier stay where they ended, (steps + 1, m, 2)."""
    path = descend(f, start, method, steps, tol=1e-12, record=1, rng=rng).trajectory
    assert path is not None
    rest = np.broadcast_to(path.x[-1], (steps + 1 - len(path.x), *path.x.shape[1:]))
    return np.concatenate([path.x, rest])


def _first_outside(distance: Array) -> Array:
    """First step at which a distance is at least 1/2, (m,); `LONGEST` + 1 where there is none."""
    outside = distance >= 0.5
    return np.where(outside.any(axis=0), outside.argmax(axis=0), LONGEST + 1)


def _late_growth(distance: Array) -> float:
    """Growth of the distance from the manifold in the last step before it is 1e-3, where momentum has built up; 0 where
    there is no such step."""
    last = int((distance >= 1e-3).argmax()) - 1
    return float(distance[last] / distance[last - 1]) if last > 0 else 0.0


def claims(data: Data) -> list[Claim]:
    names, ravine = list(_saddle_methods()), list(_ravine_methods())
    ends, growth = (dict(zip(names, data[key], strict=True)) for key in ("ends", "growth"))
    leaving = dict(zip(names, data["leaving"], strict=True))
    held = [name for name in names if name not in (*RANDOM, "cubic Newton")]
    gaps = _ravine().value(data["ravine_paths"]) - LOWEST
    search = gaps[ravine.index("exact line search")]
    result = [
        Claim(
            "ravine: distance of saddle-free Newton from the minimum after its first step",
            float(norm(data["ravine_paths"][ravine.index("saddle-free Newton"), 1] - LINE)),
            low=0.0,
            high=1e-12,
            source="Newton's step on a quadratic",
        ),
        Claim(
            "ravine: largest contraction of the gap in a step of exact line search, over its worst case",
            float((search[1:7] / search[:6]).max() / rates.exact_line_search_contraction(L / MU)),
            low=0.0,
            high=1.0,
            source="((kappa - 1)/(kappa + 1))^2: Kantorovich's inequality",
        ),
        Claim(
            f"from the stable manifold: farthest that {len(held)} methods end from it",
            max(float(np.abs(ends[name][:, 0]).max()) for name in held),
            expected=0.0,
            tolerance=0.0,
            source="x_1 = 0 is invariant for all methods that draw nothing and follow -g coordinate by coordinate",
        ),
        Claim(
            "from the stable manifold: largest distance of cubic Newton's ends from a minimum",
            float(norm(np.abs(ends["cubic Newton"]) - 1.0).max()),
            low=0.0,
            high=1e-9,
            source="Nesterov & Polyak 2006, the hard case",
        ),
        Claim(
            f"from the stable manifold: runs of perturbed and noisy descent, of {2 * RUNS}, that end near a minimum",
            int(sum((norm(np.abs(ends[name]) - 1.0) < 0.1).sum() for name in RANDOM)),
            expected=2 * RUNS,
            tolerance=0,
            source="Jin et al. 2017; Ge et al. 2015",
        ),
    ]
    decades = np.log(data["beside"][-1] / data["beside"][0])
    for name, law in _growth_laws().items():
        result.append(
            Claim(
                f"{name}: growth of the distance from the stable manifold in a step near the saddle",
                growth[name],
                expected=law,
                tolerance=1e-4,
                source="largest root of the linear iteration; cubic terms of the function are below 1e-5",
            )
        )
        slope = float(leaving[name][0] - leaving[name][-1]) / decades
        result.append(
            Claim(
                f"{name}: steps to leave against the logarithm of the start's distance, slope times ln(growth)",
                slope * np.log(law),
                expected=1.0,
                tolerance=1.5 * np.log(law) / decades + 0.02,
                source="the same growth; whole steps, and the start at 1e-2 is not near the manifold",
            )
        )
    return result


def _growth_laws() -> dict[str, float]:
    """Growth per step along a direction of curvature -1: the largest root of each linear iteration."""
    ball = np.roots([1.0, -(1 + MOMENTUM + LR), MOMENTUM]).max()
    nesterov = np.roots([1.0, -(1 + MOMENTUM) * (1 + LR), MOMENTUM * (1 + LR)]).max()
    return {"gradient descent": 1 + LR, "heavy ball": ball, "Nesterov": nesterov, "saddle-free Newton": 2.0}


_PANELS = (
    ("a", "along the gradient", {"gradient descent": SKY, "SGD": ORANGE, "exact line search": BLUE, "Armijo": GREEN}),
    ("b", "with momentum", {"heavy ball": VERMILION, "Nesterov": BLUE}),
    ("c", "each coordinate scaled", {"Adam": VERMILION, "RMSProp": BLUE, "AdaGrad": GREEN}),
    ("d", "second order", {"cubic Newton": BLUE, "saddle-free Newton": VERMILION}),
)
_ROUND = {
    "gradient descent": SKY,
    "perturbed descent": VERMILION,
    "noisy descent": ORANGE,
    "cubic Newton": BLUE,
}
_TIMED = {
    "gradient descent": (SKY, "o"),
    "perturbed descent": (VERMILION, "s"),
    "noisy descent": (ORANGE, "s"),
    "heavy ball": (PURPLE, "o"),
    "Nesterov": (GREEN, "o"),
    "saddle-free Newton": (BLACK, "^"),
    "Adam": (GREY, "v"),
    "cubic Newton": (BLUE, "^"),
}


def draw(data: Data) -> Figure:
    figure = new_figure(7.2)
    axes = figure.subplots(3, 2).ravel()
    dots = {"marker": ".", "markersize": 2.5, "linewidth": 0.8}
    legend = {"labelspacing": 0.15, "handlelength": 1.2, "borderaxespad": 0.2}
    ravine = dict(zip(_ravine_methods(), data["ravine_paths"], strict=True))
    for ax, (letter, words, group) in zip(axes, _PANELS, strict=False):
        plot_contours(data["ravine_x"], data["ravine_y"], data["ravine_height"], ax)
        for name, colour in group.items():
            plot_paths(ravine[name][:, None], ax, color=colour, label=name, **dots)
        ax.plot(*START, "ko", markersize=3, zorder=4)
        ax.plot(*LINE, "k+", markersize=8, zorder=4)
        ax.set(xlabel="slope $w_1$", ylabel="intercept $w_2$", xlim=(0.3, 2.2), ylim=(0.0, 2.7))
        ax.legend(loc="upper right", **legend)
        panel(ax, letter, words)

    saddle = dict(zip(_saddle_methods(), data["saddle_paths"], strict=True))
    plot_contours(data["wells_x"], data["wells_y"], data["wells_height"], axes[4])
    for name, colour in _ROUND.items():
        plot_paths(saddle[name][:, None], axes[4], color=colour, label=name, **dots)
    axes[4].legend(loc="lower left", **legend)
    plot_critical_points([[0.0, 1.0], [-1.0, 1.0], [1.0, 1.0]], [1, 0, 0], axes[4])
    axes[4].set(xlabel="$x_1$", ylabel="$x_2$", xlim=(-1.35, 1.35), ylim=(0.2, 1.3))
    panel(axes[4], "e", "on a saddle's stable manifold")

    leaving = dict(zip(_saddle_methods(), data["leaving"], strict=True))
    for name, (colour, marker) in _TIMED.items():
        look = {"color": colour, "marker": marker, "markersize": 2.8, "linewidth": 0.9}
        axes[5].plot(data["beside"], leaving[name], label=name, **look)
    axes[5].set(xscale="log", xlabel="distance from the manifold", ylabel="steps to leave the saddle")
    axes[5].set(ylim=(0, 420), xticks=[1e-12, 1e-8, 1e-4])
    axes[5].legend(loc="upper right", **legend)
    panel(axes[5], "f", "beside it")
    return figure


EXPERIMENT = Experiment(
    name="optimizer_paths",
    title="Every optimizer along a ravine and round a saddle",
    caption=(
        "(a to d) Sixty steps on the loss of a regression (condition number 29) from the dot; the cross is the "
        "least-squares line. Learning rates: gradient descent, heavy ball and Nesterov at their theoretical optimum "
        "or standard, SGD 0.02 with one random data point a step, Adam 0.1, RMSProp 0.03, AdaGrad 0.5. "
        "Saddle-free Newton arrives in one step. (e) A double well, from a start exactly on the stable manifold of "
        "the saddle between two minima, learning rate 0.1: gradient descent, like every method that draws nothing and "
        "solves no subproblem, saddle-free Newton included, stays on the manifold; perturbed and noisy descent and "
        "cubic regularization leave it. (f) Steps until the distance from the manifold is 1/2, against the start's: "
        "medians of forty runs for the two random methods. Gradient descent multiplies it by 1.1 a step, the heavy "
        "ball by 1.32, Nesterov by 1.36, saddle-free Newton by 2, whence their logarithms; Adam scales each coordinate "
        "by its own gradient, which here lie along the saddle's axes, and sees no difference."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
