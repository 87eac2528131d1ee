"""How large the basins of a ring of oscillators are: a Gaussian in the winding number."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from landscape.arrays import Array, IntArray
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, GREY, PALETTE, new_figure
from landscape.parallel import map_chunks
from landscape.random import stream
from landscape.statistics.intervals import clopper_pearson

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES, QUICK_SIZES = (20, 40, 80, 160, 320), (20, 80)
CHUNK = 500  # random starts
CHUNKS, QUICK_CHUNKS = 16, 2
PACE = 0.1  # of the classical Runge-Kutta method; the flow's Lipschitz constant is 4
LONGEST = 200.0  # duration of the flow at most
SPREAD = 0.181  # standard deviation of the winding number over the root of the number of oscillators
# Independent measurements at the five sizes: 0.1787, 0.1812, 0.1804, 0.1795, 0.1824. Their scatter is 0.0014.
SPREAD_ERROR = 0.0014
FALSE_ALARM = 1e-4
GAUSSIAN_FROM = 80  # oscillators


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """The winding number to which the gradient flow leads from uniformly random angles."""
    sizes = QUICK_SIZES if quick else SIZES
    chunks = QUICK_CHUNKS if quick else CHUNKS
    tasks = [(n, seed, chunk) for n in sizes for chunk in range(chunks)]
    found = list(map_chunks(executor, settle_chunk, tasks))
    winding = np.stack([np.concatenate(found[k * chunks : (k + 1) * chunks]) for k in range(len(sizes))])
    same_start = np.random.default_rng(seed).uniform(0, 2 * np.pi, (200, sizes[0]))
    halved = winding_numbers(same_start, PACE / 2) == winding_numbers(same_start, PACE)
    return {"sizes": np.array(sizes), "winding": winding.astype(np.int16), "same_at_half_the_pace": halved}


def settle_chunk(n: int, seed: int, chunk: int) -> IntArray:
    """The winding numbers reached from `CHUNK` starts, (CHUNK,)."""
    rng = stream(seed, {"figure": "basin_sizes", "oscillators": n}, chunk)
    return winding_numbers(rng.uniform(0, 2 * np.pi, (CHUNK, n)), PACE)


def winding_numbers(angles: Array, pace: float) -> IntArray:
    """The winding numbers of the minima of sum 1 - cos(t_{i+1} - t_i) to which the gradient flow leads, (m,).

    Once every bond is shorter than a right angle none can leave that range, because the longest one shrinks: the
    winding number is decided. -1000 where that has not happened in time.
    """
    angles = angles.copy()
    winding = np.full(len(angles), -1000)
    active = np.arange(len(angles))
    for _ in range(int(LONGEST / pace)):
        x = angles[active]
        k1 = _downhill(x)
        k2 = _downhill(x + pace / 2 * k1)
        k3 = _downhill(x + pace / 2 * k2)
        k4 = _downhill(x + pace * k3)
        x = x + pace / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        angles[active] = x
        bonds = (np.roll(x, -1, axis=1) - x + np.pi) % (2 * np.pi) - np.pi
        decided = (np.abs(bonds) < np.pi / 2).all(axis=1)
        winding[active[decided]] = np.rint(bonds[decided].sum(axis=1) / (2 * np.pi)).astype(np.int64)
        active = active[~decided]
        if active.size == 0:
            break
    return winding


def _downhill(x: Array) -> Array:
    """Minus the gradient, (m, n)."""
    force = np.sin(np.roll(x, -1, axis=1) - x)
    return force - np.roll(force, 1, axis=1)


def claims(data: Data) -> list[Claim]:
    result = [
        Claim(
            "runs whose winding number is not decided",
            int((data["winding"] == -1000).sum()),
            expected=0,
            tolerance=0,
            source="every bond shrinks below a right angle in the end",
        ),
        Claim(
            "share of runs that end elsewhere at half the pace",
            float((~data["same_at_half_the_pace"]).mean()),
            low=0.0,
            high=0.02,
            source="a fourth-order method; at most one run in a hundred starts so near a basin's border",
        ),
    ]
    z = stats.norm.isf(FALSE_ALARM / 2)
    for n, winding in zip(data["sizes"].tolist(), data["winding"].astype(np.float64), strict=True):
        sampling = SPREAD / np.sqrt(2 * len(winding))
        result.append(
            Claim(
                f"standard deviation of the winding number over the root of {n}",
                winding.std() / np.sqrt(n),
                expected=SPREAD,
                tolerance=float(z * np.hypot(sampling, SPREAD_ERROR)),
                source="independent measurement; Wiley, Strogatz & Girvan 2006, Chaos 16, 015103, found about 0.19",
            )
        )
        if n < GAUSSIAN_FROM:
            continue
        result.append(
            Claim(
                f"p-value of the winding numbers of {n} oscillators under a Gaussian of their own spread",
                _gaussian_p(winding),
                low=FALSE_ALARM,
                high=1.0,
                source="Wiley, Strogatz & Girvan 2006; a law for many oscillators",
            )
        )
    return result


def _probability(q: Array, spread: float) -> Array:
    """A centred Gaussian, rounded to whole numbers."""
    p: Array = stats.norm.cdf((q + 0.5) / spread) - stats.norm.cdf((q - 0.5) / spread)
    return p


def _gaussian_p(winding: Array) -> float:
    """Chi-squared test against the rounded Gaussian whose variance, less the 1/12 of rounding, is the sample's."""
    spread = float(np.sqrt(winding.var() - 1 / 12))
    most = int(np.floor(2.5 * spread))
    inner = np.arange(-most, most + 1)
    observed = np.array([(winding == q).sum() for q in inner] + [(np.abs(winding) > most).sum()])
    p = _probability(inner.astype(np.float64), spread)
    expected = len(winding) * np.append(p, 1 - p.sum())
    return float(stats.chi2.sf(((observed - expected) ** 2 / expected).sum(), len(expected) - 2))


def draw(data: Data) -> Figure:
    figure = new_figure(2.8, 6.0)
    ax, spread = figure.subplots(1, 2, width_ratios=(1.4, 1))
    for colour, n, winding in zip(PALETTE, data["sizes"].tolist(), data["winding"], strict=False):
        q, count = np.unique(winding, return_counts=True)
        low, high = clopper_pearson(count, np.full(len(count), len(winding)))
        sigma = SPREAD * np.sqrt(n)
        look: dict[str, Any] = {"color": colour, "markersize": 3.0, "label": f"{n}"}
        plot_measured(q / sigma, sigma * count / len(winding), sigma * low, sigma * high, ax, **look)
    x = np.linspace(-4, 4, 300)
    plot_theory(x, stats.norm.pdf(x), ax, color=BLACK, label="Gaussian")
    ax.set_yscale("log")
    ax.set(ylim=(1e-4, 1.0), xlim=(-4.3, 4.3))
    ax.set(xlabel=f"winding number over ${SPREAD}\\,\\sqrt{{n}}$", ylabel="share of starts, scaled")
    ax.legend(title="oscillators $n$", loc="lower center", ncols=2)
    panel(ax, "a", "basins")
    sizes, winding = data["sizes"], data["winding"].astype(np.float64)
    value = winding.std(axis=1) / np.sqrt(sizes)
    error = 1.96 * value / np.sqrt(2 * winding.shape[1])
    plot_measured(sizes, value, value - error, value + error, spread, color=PALETTE[0])
    spread.axhline(SPREAD, color=BLACK, linewidth=1.0)
    spread.axhspan(SPREAD - SPREAD_ERROR, SPREAD + SPREAD_ERROR, color=GREY, alpha=0.3, linewidth=0)
    spread.set_xscale("log")
    spread.set_xticks(sizes, [str(n) for n in sizes.tolist()])
    spread.minorticks_off()
    spread.set(xlabel="oscillators $n$", ylabel="standard deviation over $\\sqrt{n}$", ylim=(0.165, 0.195))
    panel(spread, "b", "width")
    return figure


EXPERIMENT = Experiment(
    name="basin_sizes",
    title="Basins of a ring of oscillators: Gaussian in the winding number",
    caption=(
        "(a) The share of uniformly random starts that the gradient flow of a ring of n coupled oscillators takes to "
        "the minimum of each winding number, scaled by the width 0.181 √n; bars: 95 % intervals; line: a Gaussian. "
        "(b) The standard deviation of the winding number over √n, with 95 % intervals; line and band: an independent "
        "measurement and its scatter. The flow is followed by the Runge-Kutta method until every bond is shorter than "
        "a right angle, after which the winding number cannot change."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
