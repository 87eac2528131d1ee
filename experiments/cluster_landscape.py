"""The Lennard-Jones cluster of seven atoms: its minima and the saddles between them, by energy."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray
from landscape.critical.eigenvector_following import EigenvectorFollowing
from landscape.critical.find import collect, union
from landscape.critical.merge import nearest
from landscape.critical.points import CriticalPoints
from landscape.critical.search import search
from landscape.descent.armijo import ArmijoGradientDescent
from landscape.descent.ensemble import descend
from landscape.figures.claims import Claim
from landscape.figures.plots import plot_energy_levels
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLUE, GREY, VERMILION, new_figure
from landscape.function import Landscape
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream
from landscape.spectrum.dense import tangent_system

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ATOMS = 7
CHUNK = 500
# Half of the starts are flattened and stretched: open clusters have saddles that compact starts rarely lead to.
STRETCH = np.tile([1.6, 1.3, 0.5], ATOMS)
PUSH = 0.02  # displacement from a saddle, either way along its unstable direction, from which descents start


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Searches for minima and for saddles of index 1, and descents from each saddle to both sides."""
    landscape = problem("lennard_jones", atoms=ATOMS)
    tasks = [(index, seed, chunk) for index in (0, 1) for chunk in range(4 if quick else 12)]
    points = union(landscape, list(map_chunks(executor, find, tasks)))
    minima, saddles = points[points.index == 0], points[points.index == 1]
    return {
        "minimum_energy": minima.value,
        "minimum_found": minima.found,
        "saddle_energy": saddles.value,
        "saddle_found": saddles.found,
        "ends": destinations(landscape, minima, saddles),
        "gradient_norm": points.gradient_norm,
    }


def find(index: int, seed: int, chunk: int) -> CriticalPoints:
    """What eigenvector following finds from `CHUNK` starts."""
    landscape = problem("lennard_jones", atoms=ATOMS)
    rng = stream(seed, {"figure": "cluster_landscape", "index": index}, chunk)
    starts = landscape.starts(rng, CHUNK)
    starts[::2] *= STRETCH
    return collect(landscape, search(landscape, starts, EigenvectorFollowing(index), max_steps=150))


def destinations(landscape: Landscape, minima: CriticalPoints, saddles: CriticalPoints) -> IntArray:
    """The two minima to which descent leads from each saddle, -1 for none, (m, 2)."""
    system = tangent_system(landscape, saddles.x)
    unstable = system.ambient(np.linalg.eigh(system.lifted_hessian())[1][..., 0])
    ends = []
    for push in (-PUSH, PUSH):
        method = ArmijoGradientDescent(first_step=1e-3)
        down = descend(landscape, saddles.x + push * unstable, method, max_steps=50_000, tol=1e-5)
        ends.append(nearest(landscape, minima.x, down.x))
    return np.stack(ends, axis=1)


def claims(data: Data) -> list[Claim]:
    minima, saddles, ends = data["minimum_energy"], data["saddle_energy"], data["ends"]
    doye_wales = "Doye & Wales 2002, J. Chem. Phys. 116, 3777"
    return [
        Claim("minima of LJ7", len(minima), expected=4, tolerance=0, source=doye_wales),
        Claim("saddles of index 1 of LJ7", len(saddles), expected=12, tolerance=0, source=doye_wales),
        Claim(
            "lowest energy",
            minima.min(),
            expected=-16.505384,
            tolerance=1e-6,
            source="Wales & Doye 1997, J. Phys. Chem. A 101, 5111",
        ),
        Claim(
            "descents from a saddle, two each, that end at one of the minima",
            int((ends >= 0).sum()),
            expected=2 * len(saddles),
            tolerance=0,
            source="descent stops only where the gradient vanishes",
        ),
        Claim(
            "smallest energy drop from a saddle to an end of its descents",
            float((saddles[:, None] - minima[ends])[ends >= 0].min(initial=np.inf)),
            low=1e-6,
            high=10.0,
            source="descent goes down",
        ),
        Claim(
            "largest gradient norm at a point",
            data["gradient_norm"].max(),
            low=0.0,
            high=1e-8,
            source="rounding",
        ),
    ]


def draw(data: Data) -> Figure:
    figure = new_figure(4.2)
    ax = figure.add_subplot()
    minima, saddles, ends = data["minimum_energy"], data["saddle_energy"], data["ends"]
    home = _columns(len(minima), len(saddles))
    place = np.arange(len(saddles)) + 0.0
    for energy, centre, pair in zip(saddles, place, ends, strict=True):
        for k in pair[pair >= 0]:
            ax.plot([home[k], centre], [minima[k], energy], color=GREY, linewidth=0.6, alpha=0.8, zorder=1)
    plot_energy_levels(saddles, place, ax, color=VERMILION, label="saddle of index 1")
    plot_energy_levels(minima, home, ax, width=0.9, color=BLUE, label="minimum")
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    for energy, centre in zip(minima, home, strict=True):
        look: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 8, "color": BLUE, "bbox": paper}
        ax.annotate(f"−{-energy:.4f}", (centre, energy), (0, -4), textcoords="offset points", **look)
    for energy, centre in zip(saddles, place, strict=True):
        look = {"ha": "center", "va": "bottom", "fontsize": 7, "rotation": 90, "bbox": paper}
        ax.annotate(f"−{-energy:.2f}", (centre, energy), (0, 3), textcoords="offset points", **look)
    ax.set(ylabel="energy / $\\epsilon$", xlabel="saddles in order of energy", xticks=place)
    ax.set_xticklabels([str(k + 1) for k in range(len(saddles))])
    ax.set_ylim(minima.min() - 0.35, saddles.max() + 0.6)
    ax.legend(loc="upper left")
    return figure


def _columns(minima: int, saddles: int) -> Array:
    """Horizontal places of the minima, spread under the saddles."""
    return (np.arange(minima) + 0.5) * saddles / max(minima, 1) - 0.5


EXPERIMENT = Experiment(
    name="cluster_landscape",
    title="Seven Lennard-Jones atoms: 4 minima and 12 saddles of index 1",
    caption=(
        "Energies of the minima (blue) and of the saddles of index 1 (red) of the cluster of seven Lennard-Jones "
        "atoms, in units of the pair's well depth ε; structures that differ by a permutation, a rigid motion or a "
        "reflection are one. Grey lines lead from each saddle to the minima at which descents from it, along both "
        "senses of its unstable direction, end; where there is one line both end at the same minimum. Found by "
        "eigenvector following from random starts, half of them compact and half flattened."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
