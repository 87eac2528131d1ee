"""The experiments: each figure's data step, its claims, and its draw step, by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from landscape.figures.claims import Claim

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Data = Mapping[str, npt.NDArray[Any]]
Compute = Callable[[bool, int, Executor | None], dict[str, npt.NDArray[Any]]]

_NAMES = (
    "learning_rate_regimes",
    "conditioning",
    "convergence_rates",
    "armijo_steps",
    "stochastic_noise_floor",
    "optimizer_paths",
    "linear_regression",
    "edge_of_stability",
    "saddle_to_saddle",
    "linear_autoencoder_levels",
    "gradient_flat_points",
    "network_index_against_loss",
    "network_spectrum",
    "network_minima_quality",
    "loss_surface_slices",
    "critical_point_atlas",
    "basins_of_attraction",
    "index_against_dimension",
    "goe_index_distribution",
    "rare_minima",
    "gaussian_field_index",
    "index_against_value",
    "topology_trivialization",
    "index_near_threshold",
    "complexity",
    "spectrum_at_critical_points",
    "local_minima_quality",
    "saddle_escape",
    "escape_time_law",
    "escape_distribution",
    "escape_against_dimension",
    "strict_saddle_avoidance",
    "octopus",
    "spin_glass_index",
    "search_methods",
    "cluster_landscape",
    "stationary_points_by_index",
    "completeness",
    "mueller_brown_network",
    "ring_network",
    "basin_sizes",
    "disconnectivity_cluster",
    "disconnectivity_spin_glass",
    "disconnectivity_network",
    "morse_complex",
    "minimax_paths",
    "thermodynamics",
)


@dataclass(frozen=True)
class Experiment:
    """A figure.

    A newcomer writes a module in `experiments/` that sets `EXPERIMENT` to one of these, and adds its name to the list
    above; saving, checking, drawing to files and the gallery are the library's.

    Attributes
    ----------
    name : str
        The module's.
    title : str
        A line.
    caption : str
        What is shown and how it was measured, in full sentences.
    compute : callable
        (quick, seed, executor) to arrays by name: all numerics. Numbers and words only; no Matplotlib.
    claims : callable
        Data to the list of `Claim`s that the figure makes.
    draw : callable
        Data to a Matplotlib figure; it computes nothing but plot coordinates.
    """

    name: str
    title: str
    caption: str
    compute: Compute
    claims: Callable[[Data], list[Claim]]
    draw: Callable[[Data], Figure]


def experiment_names() -> list[str]:
    """Names of all experiments, in the order of the gallery."""
    return list(_NAMES)


def load_experiment(name: str) -> Experiment:
    """The experiment of that name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in _NAMES:
        raise ValueError(f"there is no figure {name!r}; there are {', '.join(_NAMES)}")
    experiment = importlib.import_module(f"landscape.experiments.{name}").EXPERIMENT
    if not isinstance(experiment, Experiment) or experiment.name != name:
        raise TypeError(f"landscape.experiments.{name} must set EXPERIMENT to the Experiment named {name!r}")
    return experiment
