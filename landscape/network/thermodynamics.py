"""Equilibrium from the minima alone: the harmonic superposition approximation.

Every minimum a contributes n_a exp(-V_a / T) T^kappa / prod(omega), n_a its number of copies, kappa its number of
vibrations, omega their frequencies (Wales 2003, *Energy Landscapes*, section 7.1); T is in the function's units and
Boltzmann's constant is 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from landscape.arrays import Array
from landscape.descent.method import require_count
from landscape.network.connect import Graph
from landscape.network.transitions import require_transitions


def occupation(network: Graph, temperature: npt.ArrayLike) -> Array:
    """The equilibrium probability of each minimum.

    Parameters
    ----------
    network : networkx.MultiGraph
        From `transition_network`, or read from a file of PATHSAMPLE or pele.
    temperature : (...)
        Positive.

    Returns
    -------
    (..., m) : probabilities, in the order of the network's nodes.

    Raises
    ------
    ValueError
        If the network is none of transitions or has no minima, a temperature is not positive and finite, a minimum is
        degenerate, or it is not known what frequencies it has or how many points it stands for.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> landscape.occupation(network, [10.0, 100.0]).round(4).tolist()
    [[0.9761, 0.0209, 0.003], [0.3501, 0.2407, 0.4092]]
    """
    weight = _log_weights(network, temperature)
    probability: Array = np.exp(weight - logsumexp(weight, axis=-1, keepdims=True))
    return probability


def heat_capacity(network: Graph, temperature: npt.ArrayLike, vibrations: int | None = None) -> Array:
    """The heat capacity, kinetic energy included: kappa + (<V^2> - <V>^2) / T^2 over the minima.

    Parameters
    ----------
    network : networkx.MultiGraph
        As for `occupation`; all minima have equally many vibrations.
    temperature : (...)
        Positive.
    vibrations : int, optional
        Their number kappa, for networks whose minima have no `eigenvalues`, as those that were read from a file of
        PATHSAMPLE or pele: 3 N - 6 for a cluster of N particles.

    Returns
    -------
    (...) : heat capacities.

    Raises
    ------
    ValueError
        As for `occupation`, or if the number of vibrations is not known or differs from the one given.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> landscape.heat_capacity(network, [1e-3, 10.0]).round(4).tolist()  # two vibrations, and more when it is warm
    [2.0, 2.4319]
    """
    probability = occupation(network, temperature)
    kappa = _vibrations(network, vibrations)
    value = np.array([data["value"] for _, data in network.nodes(data=True)])
    # In units of the temperature first: its square may be zero, and the values' over it too large.
    with np.errstate(over="ignore"):
        scaled = (value - value.min()) / np.asarray(temperature, dtype=np.float64)[..., None]
    excess = np.where(probability > 0, scaled, 0.0)
    mean = (probability * excess).sum(axis=-1, keepdims=True)
    variance: Array = (probability * (excess - mean) ** 2).sum(axis=-1)
    return kappa + variance


def log_product(data: Mapping[str, Any]) -> float:
    """The sum of ln(omega^2) over the vibrations of a node or an edge of a transition network: its `log_product`, or
    the sum of ln(eigenvalue) over its positive `eigenvalues`, for unit mass.

    The `log_product` of PATHSAMPLE and pele has eigenvalues over masses: in the units in which the file was written,
    and so are rates.

    Raises
    ------
    ValueError
        If it has neither, or is degenerate.
    """
    if data.get("kind") == "degenerate":
        raise ValueError(f"the point with value {data['value']:.9g} is degenerate: it has no harmonic frequencies")
    if "log_product" in data:
        return float(data["log_product"])
    if "eigenvalues" in data:
        eigenvalues = np.array(data["eigenvalues"])
        return float(np.log(eigenvalues[eigenvalues > 0]).sum())
    raise ValueError(
        f"what frequencies the critical point with value {data['value']:.9g} has is not known: it must have "
        "eigenvalues, or a log_product"
    )


def log_copies(data: Mapping[str, Any]) -> float:
    """The natural logarithm of how many points a node or an edge stands for: of its `orbit_size` or, where that is 0
    for not known, its `log_orbit_size`.

    Raises
    ------
    ValueError
        If it has neither.
    """
    if not _counted(data):
        raise ValueError(
            f"how many points the critical point with value {data['value']:.9g} stands for is not known: it must have "
            "a positive orbit_size, or a log_orbit_size, to be weighed against others; a point_group_order will do if "
            "all points have one"
        )
    size = data.get("orbit_size", 0)
    return float(np.log(size)) if size > 0 else float(data["log_orbit_size"])


def log_weights_of_copies(points: Sequence[Mapping[str, Any]]) -> Array:
    """`log_copies` of each of these nodes and edges, up to a constant that is the same for all, (m,).

    Where the number of copies of some is not known, but each has a positive `point_group_order`, the copies are one
    over the order, in units of the order of the whole symmetry group.

    Raises
    ------
    ValueError
        If neither is so.
    """
    orders = [data.get("point_group_order") or 0 for data in points]
    if not all(_counted(data) for data in points) and min(orders, default=0) > 0:
        return -np.log(np.array(orders, dtype=np.float64))
    return np.array([log_copies(data) for data in points])


def positive_temperature(temperature: npt.ArrayLike) -> Array:
    """Temperatures as an array.

    Raises
    ------
    ValueError
        If one is not a positive finite number.
    """
    try:
        t = np.asarray(temperature, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"temperature is {temperature!r} but must be a number or an array of numbers") from None
    if not ((t > 0) & np.isfinite(t)).all():
        raise ValueError(f"temperature is {np.asarray(temperature).tolist()} but must be positive and finite")
    return t


def _counted(data: Mapping[str, Any]) -> bool:
    """Whether it is known how many points a node or an edge stands for."""
    return data.get("orbit_size", 0) > 0 or "log_orbit_size" in data


def _log_weights(network: Graph, temperature: npt.ArrayLike) -> Array:
    require_transitions(network)
    t = positive_temperature(temperature)[..., None]
    minima = [data for _, data in network.nodes(data=True)]
    if not minima:
        raise ValueError("network has no minima; expected at least one")
    value = np.array([data["value"] for data in minima])
    entropy = log_weights_of_copies(minima) - 0.5 * np.array([log_product(data) for data in minima])
    with np.errstate(over="ignore"):  # so cold that only the lowest minimum counts
        return entropy - (value - value.min()) / t


def _vibrations(network: Graph, given: int | None) -> int:
    if given is not None:
        require_count("vibrations", given, 0)
    known = {len(data["eigenvalues"]) for _, data in network.nodes(data=True) if "eigenvalues" in data}
    numbers = known if given is None else known | {given}
    if not numbers:
        raise ValueError("how many vibrations the minima have is not known; give vibrations, 3 N - 6 for N particles")
    if len(numbers) > 1:
        raise ValueError(
            f"vibrations differ: {', '.join(map(str, sorted(numbers)))}; expected one number for all minima"
        )
    return numbers.pop()
