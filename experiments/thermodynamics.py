"""Equilibrium and dynamics of a cluster from its network alone."""

from __future__ import annotations

from concurrent.futures import Executor
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.critical.exploration import Exploration, explore
from landscape.figures.claims import Claim
from landscape.figures.plots import panel, plot_measured, plot_theory
from landscape.figures.registry import Data, Experiment
from landscape.figures.style import BLACK, PALETTE, VERMILION, new_figure
from landscape.network.barriers import minimax_path
from landscape.network.connect import connect, transition_network
from landscape.network.kinetics import mean_first_passage_times, rate_matrix
from landscape.network.thermodynamics import heat_capacity, occupation
from landscape.problems import problem
from landscape.random import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ATOMS, QUICK_ATOMS = 8, 7
SHOWN = 5  # minima with a curve of their own
DASHES: tuple[Any, ...] = ("-", "-", "-", (0, (5, 4)), (0, (1.5, 2.5)))
COLD, WARM = 0.008, 0.5
DECADES = 1e20  # from one mark of the passage times to the next


def compute(quick: bool, seed: int, executor: Executor | None) -> dict[str, npt.NDArray[Any]]:
    """Occupation, heat capacity and passage times over temperature; passage times in rational arithmetic as well."""
    atoms = QUICK_ATOMS if quick else ATOMS
    cluster = problem("lennard_jones", atoms=atoms)
    rng = stream(seed, {"figure": "thermodynamics", "atoms": atoms}, 0)
    points = explore(cluster, rng, Exploration(indices=(0, 1)))
    network = transition_network(connect(cluster, points))
    temperature = np.linspace(0.02, 0.6, 117)
    cold = np.geomspace(COLD, WARM, 25)
    transformed, solved, exact, balance = [], [], [], []
    last = network.number_of_nodes() - 1
    for t in cold.tolist():
        # From the lowest minimum, the last in this order, up to the highest.
        rates = rate_matrix(network, t)[::-1, ::-1]
        flux = occupation(network, t)[::-1, None] * rates
        balance.append(np.abs(flux - flux.T).max() / np.abs(flux).max())
        transformed.append(mean_first_passage_times(rates, [0])[last])
        solved.append(_by_linear_equations(rates))
        exact.append(_in_rationals(rates))
    value = np.array([data["value"] for _, data in network.nodes(data=True)])
    probability = occupation(network, temperature)
    lowest = (value[1] - value[0]) / 30
    frozen = [float(occupation(network, lowest)[0]), float(heat_capacity(network, lowest))]
    step = 1e-5
    energy = [t * (3 * atoms - 6) + occupation(network, t) @ value for t in (temperature - step, temperature + step)]
    return {
        "atoms": np.array(atoms),
        "value": value,
        "saddles": np.array(network.number_of_edges()),
        "temperature": temperature,
        "probability": probability,
        "heat_capacity": heat_capacity(network, temperature),
        "energy_slope": (energy[1] - energy[0]) / (2 * step),
        "cold": cold,
        "exact": np.array(exact),
        "transformed": np.array(transformed),
        "solved": np.array(solved),
        "barrier": np.array(minimax_path(network, 0, last).barriers[0]),
        "solved_error": np.abs(np.array(solved) / np.array(exact) - 1),
        "transformed_error": np.abs(np.array(transformed) / np.array(exact) - 1),
        "frozen": np.array(frozen),
        "balance": np.array(balance),
    }


def _by_linear_equations(rates: Array) -> float:
    """The mean passage time from the last state to the first, by a linear solve in double precision; zero, which is
    wrong by all of it, where the matrix is singular in that precision."""
    try:
        return float(np.linalg.solve(-rates[1:, 1:], np.ones(len(rates) - 1))[-1])
    except np.linalg.LinAlgError:
        return 0.0


def _in_rationals(rates: Array) -> float:
    """The same without rounding, by Gaussian elimination in rational numbers."""
    m = len(rates)
    rows = [[Fraction(-float(rates[a, b])) for b in range(1, m)] + [Fraction(1)] for a in range(1, m)]
    for a in range(1, m):
        rows[a - 1][a - 1] = sum((Fraction(float(rates[a, b])) for b in range(m) if b != a), Fraction(0))
    for k in range(m - 1):
        rows[k] = [entry / rows[k][k] for entry in rows[k]]
        for j in range(k + 1, m - 1):
            if rows[j][k]:
                rows[j] = [a - rows[j][k] * b for a, b in zip(rows[j], rows[k], strict=True)]
    return float(rows[-1][-1])


def claims(data: Data) -> list[Claim]:
    return _claims_of_times(data) + _claims_of_equilibrium(data)


def _claims_of_times(data: Data) -> list[Claim]:
    warm = data["cold"] > 0.1
    inverse, time = 1 / data["cold"][:2], np.log(data["exact"][:2])
    return [
        Claim(
            "largest error of passage times by graph transformation, at any temperature",
            data["transformed_error"].max(),
            low=0.0,
            high=1e-12,
            source="the same equations in rational numbers",
        ),
        Claim(
            "largest error of the linear solve where it is well conditioned (T > 0.1)",
            data["solved_error"][warm].max(),
            low=0.0,
            high=1e-9,
            source="the same equations in rational numbers",
        ),
        Claim(
            f"digits of sixteen that the linear solve loses at T = {data['cold'][0]:g}",
            16 + np.log10(data["solved_error"][0]),
            low=5.0,
            high=20.0,
            source="Trygubenko & Wales 2006, J. Chem. Phys. 124, 234110: rates too far apart for double precision",
        ),
        Claim(
            "slope of the logarithm of the coldest passage times over 1/T",
            np.diff(time)[0] / np.diff(inverse)[0],
            expected=float(data["barrier"]),
            tolerance=float(data["cold"][1]),
            source="Arrhenius' law with the lowest pass of the network; minima and passes higher by d, of weight "
            "e^(-d/T), change it by less than T",
        ),
    ]


def _claims_of_equilibrium(data: Data) -> list[Claim]:
    return [
        Claim(
            "largest violation of detailed balance, in units of the largest flux",
            data["balance"].max(),
            low=0.0,
            high=1e-10,
            source="rates and occupations from one partition function",
        ),
        Claim(
            "largest difference between the heat capacity and the slope of the energy, in units of the former",
            np.abs(data["energy_slope"] / data["heat_capacity"] - 1).max(),
            low=0.0,
            high=1e-6,
            source="the definition, by differences of temperature 1e-5",
        ),
        Claim(
            "occupation of the lowest minimum at a thirtieth of the lowest gap",
            data["frozen"][0],
            expected=1.0,
            tolerance=1e-9,
            source="the others weigh e^-30 each, times at most some hundreds of copies",
        ),
        Claim(
            "heat capacity there",
            data["frozen"][1],
            expected=3 * int(data["atoms"]) - 6,
            tolerance=1e-6,
            source="equipartition in one harmonic well",
        ),
    ]


def draw(data: Data) -> Figure:
    from matplotlib.ticker import LogLocator

    figure = new_figure(2.5, 7.0)
    occupied, capacity, times = figure.subplots(1, 3)
    t = data["temperature"]
    shown = min(SHOWN, len(data["value"]))
    order = np.argsort(-data["probability"].max(axis=0))[:shown]
    # Where curves lie on each other the later ones are dashed: the earlier ones are seen in their gaps.
    for colour, dashes, k in zip(PALETTE, DASHES, np.sort(order).tolist(), strict=False):
        look: dict[str, Any] = {"color": colour, "linestyle": dashes, "label": f"−{-data['value'][k]:.2f}"}
        plot_theory(t, data["probability"][:, k], occupied, **look)
    occupied.set(xlabel="temperature / $\\epsilon$", ylabel="occupation", ylim=(0, 1))
    below: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0.0, 0.14)}
    occupied.legend(title="energy / $\\epsilon$", labelspacing=0.3, handlelength=2.6, **below)
    panel(occupied, "a", f"minima of {int(data['atoms'])} atoms")
    plot_theory(t, data["heat_capacity"], capacity, color=BLACK)
    capacity.axhline(3 * int(data["atoms"]) - 6, color=PALETTE[0], linestyle=":", label="one harmonic well")
    capacity.set(xlabel="temperature / $\\epsilon$", ylabel="heat capacity / $k$")
    capacity.legend(loc="lower right")
    panel(capacity, "b", "heat capacity")
    inverse = 1 / data["cold"]
    plot_theory(inverse, data["exact"], times, color=BLACK, label="rational arithmetic")
    shown_times: dict[str, Any] = {"color": PALETTE[0], "markersize": 4.5, "label": "graph transformation"}
    plot_measured(inverse, data["transformed"], ax=times, **shown_times)
    right = data["solved"] > 0  # what is not has no logarithm
    shown_times = {"color": VERMILION, "fmt": "s", "markersize": 2.5, "label": "linear solve"}
    plot_measured(inverse[right], data["solved"][right], ax=times, **shown_times)
    times.set_yscale("log")
    times.yaxis.set_major_locator(LogLocator(DECADES))
    times.set_ylim(0.1, data["exact"].max() ** 1.4)
    times.set(xlabel="1 / temperature, $\\epsilon\\,/\\,T$", ylabel="mean passage time")
    times.legend(loc="upper left")
    panel(times, "c", "lowest to highest")
    return figure


EXPERIMENT = Experiment(
    name="thermodynamics",
    title="Equilibrium and passage times of a cluster, from its network",
    caption=(
        "The cluster of eight Lennard-Jones atoms in the harmonic superposition approximation, energies and "
        "temperatures in units of the pair's well depth ε. (a) Equilibrium occupation of the minima that are most "
        "occupied at any of the temperatures. (b) Heat capacity without that of the centre of mass and of rotations. "
        "(c) The mean time to pass from the lowest minimum to the highest, in the units of the rates: by graph "
        "transformation (Trygubenko & Wales 2006), by the linear equations, which lose their digits in the cold "
        "(numbers that are not positive are not drawn), and without rounding."
    ),
    compute=compute,
    claims=claims,
    draw=draw,
)
