"""Equilibrium from the minima alone: the harmonic superposition approximation.

Every minimum a contributes n_a exp(-V_a / T) T^kappa / prod(omega), n_a its number of copies, kappa its number of
vibrations, omega their frequencies (Wales 2003, *Energy Landscapes*, section 7.1); T is in the function's units and
Boltzmann's constant is 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from landscape.arrays import Array
from landscape.network.connect import Graph


def occupation(network: Graph, temperature: npt.ArrayLike) -> Array:
    """The equilibrium probability of each minimum.

    Parameters
    ----------
    network : networkx.MultiGraph
        From `transition_network`.
    temperature : (...)
        Positive.

    Returns
    -------
    (..., m) : probabilities, in the order of the network's nodes.

    Raises
    ------
    ValueError
        If a temperature is not positive, or it is not known how many points a minimum stands for.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> occupation(network, [10.0, 100.0]).round(4).tolist()
    [[0.9761, 0.0209, 0.003], [0.3501, 0.2407, 0.4092]]
    """
    weight = _log_weights(network, temperature)
    probability: Array = np.exp(weight - logsumexp(weight, axis=-1, keepdims=True))
    return probability


def heat_capacity(network: Graph, temperature: npt.ArrayLike) -> Array:
    """The heat capacity, kinetic energy included, (...): kappa + (<V^2> - <V>^2) / T^2 over the minima.

    Parameters
    ----------
    network : networkx.MultiGraph
        From `transition_network`; all minima have equally many vibrations.
    temperature : (...)
        Positive.

    Raises
    ------
    ValueError
        As for `occupation`.
    """
    probability = occupation(network, temperature)
    value = np.array([data["value"] for _, data in network.nodes(data=True)])
    excess = value - value.min()
    mean = probability @ excess
    square = probability @ excess**2
    return _vibrations(network) + (square - mean**2) / np.asarray(temperature, dtype=np.float64) ** 2


def log_frequencies(data: Mapping[str, Any]) -> float:
    """Sum of ln(omega) over the vibrations of a node or an edge of a transition network, for unit mass."""
    eigenvalues = np.array(data["eigenvalues"])
    return float(0.5 * np.log(eigenvalues[eigenvalues > 0]).sum())


def log_copies(data: Mapping[str, Any]) -> float:
    """The natural logarithm of how many points a node or an edge stands for: of its `orbit_size` or, where that is 0
    for not known, its `log_orbit_size`.

    Raises
    ------
    ValueError
        If it has neither.
    """
    size = data.get("orbit_size", 0)
    if size > 0:
        return float(np.log(size))
    if "log_orbit_size" not in data:
        raise ValueError(
            f"how many points the critical point with value {data['value']:.9g} stands for is not known: it must have "
            "a positive orbit_size, or a log_orbit_size, to be weighed against others"
        )
    return float(data["log_orbit_size"])


def _log_weights(network: Graph, temperature: npt.ArrayLike) -> Array:
    t = np.asarray(temperature, dtype=np.float64)[..., None]
    if not (t > 0).all():
        raise ValueError(f"temperature is {np.asarray(temperature).tolist()} but must be positive")
    value = np.array([data["value"] for _, data in network.nodes(data=True)])
    entropy = np.array([log_copies(data) - log_frequencies(data) for _, data in network.nodes(data=True)])
    return entropy - (value - value.min(initial=0.0)) / t


def _vibrations(network: Graph) -> int:
    return len(next(iter(nx.get_node_attributes(network, "eigenvalues").values()), ()))
