"""How large the basins of a ring of oscillators, one of them held fixed, are: a Gaussian in the winding number."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from landscape.arrays import Array, IntArray
from landscape.escape.flow import FlowStatus, flow
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, GREY, PALETTE, VERMILION, new_figure
from landscape.function import Landscape
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream
from landscape.statistics.intervals import clopper_pearson

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES, QUICK_SIZES = (20, 40, 80, 160, 320), (20, 80)
CHUNK = 500  # random starts
CHUNKS, QUICK_CHUNKS = 16, 2
FLOW_CHUNKS, QUICK_FLOW_CHUNKS = 6, 1  # of these, at the smallest size, that `flow` follows as well
PACE = 0.1  # of the classical Runge-Kutta method; the flow's Lipschitz constant is 4
LONGEST = 200.0  # duration of the flow at most
SPREAD = 0.181  # standard deviation of the winding number over the root of the number of oscillators
INDEPENDENT_SPREADS = (0.1787, 0.1812, 0.1804, 0.1795, 0.1824)  # measured at the five sizes
SPREAD_ERROR = 0.0014  # their scatter
STANDARD_ERRORS = 3.3  # that the pooled spread may be off
FALSE_ALARM = 1e-4
# Every second size has its points at the same places: markers nest, and those of few oscillators are the outer ones.
LOOKS = (("o", 9.0, "none"), ("s", 7.5, "none"), ("D", 5.5, "none"), ("v", 3.5, "full"), ("o", 2.2, "full"))
UNDECIDED = -1000
GAUSSIAN_FROM = 80  # oscillators


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """The winding number to which the gradient flow leads from uniformly random angles."""
    sizes = QUICK_SIZES if quick else SIZES
    chunks = QUICK_CHUNKS if quick else CHUNKS
    tasks = [(n, seed, chunk) for n in sizes for chunk in range(chunks)]
    found = list(map_chunks(executor, settle_chunk, tasks))
    winding = np.stack([np.concatenate(found[k * chunks : (k + 1) * chunks]) for k in range(len(sizes))])
    followed = list(map_chunks(executor, flow_chunk, tasks[: QUICK_FLOW_CHUNKS if quick else FLOW_CHUNKS]))
    ring, starts = start_chunk(*tasks[0])
    halved = winding_numbers(ring, starts, PACE / 2) == found[0]
    return {
        "sizes": np.array(sizes),
        "winding": winding.astype(np.int16),
        "winding_by_flow": np.concatenate(followed).astype(np.int16),
        "same_at_half_the_pace": halved,
    }


def start_chunk(n: int, seed: int, chunk: int) -> tuple[Landscape, Array]:
    """The ring of n oscillators, and `CHUNK` uniformly random starts on its torus."""
    ring = problem("xy_chain", n=n)
    return ring, ring.starts(stream(seed, {"figure": "basin_sizes", "oscillators": n}, chunk), CHUNK)


def settle_chunk(n: int, seed: int, chunk: int) -> IntArray:
    """The winding numbers reached from a chunk's starts, (CHUNK,)."""
    return winding_numbers(*start_chunk(n, seed, chunk), PACE)


def flow_chunk(n: int, seed: int, chunk: int) -> IntArray:
    """The same by lines of the gradient flow followed to their minima, whose steps find their own length."""
    ring, starts = start_chunk(n, seed, chunk)
    lines = flow(ring, starts)
    return np.where(lines.status == FlowStatus.ARRIVED, _turns(_bonds(lines.x)), UNDECIDED)


def winding_numbers(ring: Landscape, angles: Array, pace: float) -> IntArray:
    """The winding numbers of the minima to which the gradient flow leads from angles (m, n - 1), (m,).

    Once every bond is shorter than a right angle none can leave that range, because the longest one shrinks: the
    winding number is decided. `UNDECIDED` where that has not happened in time.
    """
    winding = np.full(len(angles), UNDECIDED)
    x, active = angles, np.arange(len(angles))
    for _ in range(int(LONGEST / pace)):
        k1 = -ring.gradient(x)
        k2 = -ring.gradient(x + pace / 2 * k1)
        k3 = -ring.gradient(x + pace / 2 * k2)
        k4 = -ring.gradient(x + pace * k3)
        x = x + pace / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        bonds = _bonds(x)
        decided = (np.abs(bonds) < np.pi / 2).all(axis=1)
        winding[active[decided]] = _turns(bonds[decided])
        x, active = x[~decided], active[~decided]
        if active.size == 0:
            break
    return winding


def _bonds(angles: Array) -> Array:
    """Differences of neighbours round the ring, whose first angle is 0, (m, n), from -pi to pi."""
    return (np.diff(angles, prepend=0.0, append=0.0) + np.pi) % (2 * np.pi) - np.pi


def _turns(bonds: Array) -> IntArray:
    """How often the angles turn as one goes round the ring, (m,)."""
    return np.rint(bonds.sum(axis=1) / (2 * np.pi)).astype(np.int64)


def claims(data: Data) -> list[Claim]:
    smallest, followed = int(data["sizes"][0]), data["winding_by_flow"]
    undecided = [int((data[key] == UNDECIDED).sum()) for key in ("winding", "winding_by_flow")]
    result = [
        Claim(
            "runs whose winding number is not decided",
            sum(undecided),
            expected=0,
            tolerance=0,
            source="every bond shrinks below a right angle in the end",
        ),
        Claim(
            "share of runs that end elsewhere at half the pace",
            float((~data["same_at_half_the_pace"]).mean()),
            low=0.0,
            high=0.01,
            source="a fourth-order method; at most one run in a hundred starts so near a basin's border",
        ),
        Claim(
            f"share of runs of {smallest} oscillators that end elsewhere where `flow` follows them to their minimum",
            float((followed != data["winding"][0, : len(followed)]).mean()),
            low=0.0,
            high=0.01,
            source="exponential steps under error control, the steps of the network's branches",
        ),
        _claim_of_spread(f"the same by `flow`: standard deviation over the root of {smallest}", smallest, followed),
        _claim_of_pooled_spread(data["sizes"], data["winding"].astype(np.float64)),
    ]
    for n, winding in zip(data["sizes"].tolist(), data["winding"].astype(np.float64), strict=True):
        result.append(_claim_of_spread(f"standard deviation of the winding number over the root of {n}", n, winding))
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


def _claim_of_spread(text: str, n: int, winding: npt.NDArray[Any]) -> Claim:
    """The tolerance is for what chance allows a sample of this size and the one that it is compared with."""
    sampling = SPREAD / np.sqrt(2 * len(winding))
    return Claim(
        text,
        winding.std() / np.sqrt(n),
        expected=SPREAD,
        tolerance=float(stats.norm.isf(FALSE_ALARM / 2) * np.hypot(sampling, SPREAD_ERROR)),
        source="independent measurement; Wiley, Strogatz & Girvan 2006, Chaos 16, 015103, found about 0.19",
    )


def _claim_of_pooled_spread(sizes: npt.NDArray[Any], winding: Array) -> Claim:
    """All sizes against the mean of all independent measurements, which is much sharper than each against one."""
    pooled = float(np.sqrt((winding.var(axis=1) / sizes).mean()))
    error = pooled / np.sqrt(2 * winding.size)
    expected = float(np.mean(INDEPENDENT_SPREADS))
    expected_error = SPREAD_ERROR / np.sqrt(len(INDEPENDENT_SPREADS))
    return Claim(
        "standard deviation of the winding number over the root of the number of oscillators, all sizes pooled "
        f"(standard error {error:.4f})",
        pooled,
        expected=expected,
        tolerance=float(STANDARD_ERRORS * np.hypot(error, expected_error)),
        source=f"mean of {len(INDEPENDENT_SPREADS)} independent measurements, of standard error {expected_error:.4f}; "
        f"allowed are {STANDARD_ERRORS} standard errors of the difference",
    )


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
    figure = new_figure(3.1, 6.0)
    ax, spread = figure.subplots(1, 2, width_ratios=(1.4, 1))
    for colour, mark, n, winding in zip(PALETTE, LOOKS, data["sizes"].tolist(), data["winding"], strict=False):
        q, count = np.unique(winding, return_counts=True)
        low, high = clopper_pearson(count, np.full(len(count), len(winding)))
        sigma = SPREAD * np.sqrt(n)
        marker, size, fill = mark
        look: dict[str, Any] = {"color": colour, "fmt": marker, "markersize": size, "fillstyle": fill, "label": f"{n}"}
        look |= {"capsize": size / 2, "elinewidth": 0.8, "markeredgewidth": 0.9}  # caps nest as well
        plot_measured(q / sigma, sigma * count / len(winding), sigma * low, sigma * high, ax, **look)
    x = np.linspace(-4, 4, 300)
    plot_theory(x, stats.norm.pdf(x), ax, color=BLACK, label="Gaussian")
    ax.set_yscale("log")
    ax.set(ylim=(5e-5, 1.0), xlim=(-4.6, 4.6))
    ax.set(xlabel=f"winding number over ${SPREAD}\\,\\sqrt{{n}}$", ylabel="share of starts, scaled")
    ax.legend(title="oscillators $n$", loc="lower center", ncols=2)
    panel(ax, "a", "basins")
    sizes, winding = data["sizes"], data["winding"].astype(np.float64)
    value = winding.std(axis=1) / np.sqrt(sizes)
    error = 1.96 * value / np.sqrt(2 * winding.shape[1])
    plot_measured(sizes, value, value - error, value + error, spread, color=PALETTE[0], label="Runge–Kutta")
    followed = data["winding_by_flow"]
    value = followed.std() / np.sqrt(sizes[:1])
    error = 1.96 * value / np.sqrt(2 * len(followed))
    # Behind the point of the same size, and wide enough to be seen beside it.
    square: dict[str, Any] = {"color": VERMILION, "fmt": "s", "fillstyle": "none", "label": "to the minimum"}
    square |= {"markersize": 8.0, "capsize": 5.0, "zorder": 1.9}
    plot_measured(sizes[:1], value, value - error, value + error, spread, **square)
    spread.axhline(SPREAD, color=BLACK, linewidth=1.0)
    spread.axhspan(SPREAD - SPREAD_ERROR, SPREAD + SPREAD_ERROR, color=GREY, alpha=0.3, linewidth=0)
    spread.set_xscale("log")
    spread.set_xticks(sizes, [str(n) for n in sizes.tolist()])
    spread.minorticks_off()
    spread.margins(x=0.08)
    spread.set(xlabel="oscillators $n$", ylabel="standard deviation over $\\sqrt{n}$", ylim=(0.165, 0.195))
    spread.legend(loc="lower right")
    panel(spread, "b", "width")
    return figure


EXPERIMENT = Experiment(
    name="basin_sizes",
    title="Basins of a ring of oscillators: Gaussian in the winding number",
    caption=(
        "(a) The share of uniformly random starts that the gradient flow of a ring of n coupled oscillators, one of "
        "them held fixed, takes to the minimum of each winding number, scaled by the width 0.181 √n; bars: 95 % "
        "intervals; line: a Gaussian. (b) The standard deviation of the winding number over √n, with 95 % intervals; "
        "line and band: an independent measurement and its scatter. The flow is followed by the Runge–Kutta method "
        "until every bond is shorter than a right angle, after which the winding number cannot change; square: from "
        "some of the same starts with steps of controlled error to the minimum itself."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
