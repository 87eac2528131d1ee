"""Rates from harmonic transition-state theory, and mean first-passage times by graph transformation."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import networkx as nx
import numpy as np

from landscape.arrays import Array
from landscape.network.connect import Graph
from landscape.network.thermodynamics import log_product, log_weights_of_copies, positive_temperature
from landscape.network.transitions import passages, require_transitions


def rate_matrix(network: Graph, temperature: float) -> Array:
    """Rate constants between minima by harmonic transition-state theory, for unit mass and Boltzmann's constant 1.

    Over a saddle s from minimum a,

        k = (n_s / n_a) / (2 pi) * prod(omega_a) / prod(omega_s) * exp(-(V_s - V_a) / T),

    n the number of copies of a point and omega the frequencies of its vibrations, the saddle's without the unstable
    one (Vineyard 1957, J. Phys. Chem. Solids 3, 121; Wales 2003, *Energy Landscapes*, eq. 7.29). A saddle that joins a
    minimum with itself, or with its own copy, changes nothing. Where symmetry leads a line of a saddle into another,
    from which it goes on to several minima, each has its part of the rate. A rate below the smallest float is zero.

    Parameters
    ----------
    network : networkx.MultiGraph
        From `transition_network`, or read from a file of PATHSAMPLE or pele, m minima.
    temperature : float
        In the function's units, positive.

    Returns
    -------
    (m, m) : entry (a, b) is the rate from a to b, in the order of the network's nodes; rows add up to zero.

    Raises
    ------
    ValueError
        If the network is none of transitions, the temperature is not one positive finite number, a point is
        degenerate, or it is not known what frequencies it has or how many points it stands for.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> rates = landscape.rate_matrix(network, 10.0)
    >>> bool(rates[0, 2] < rates[1, 2] < rates[2, 1])
    True
    """
    require_transitions(network)
    if positive_temperature(temperature).ndim != 0:
        raise ValueError(f"temperature has shape {np.shape(temperature)} but must be one number")
    row = {node: number for number, node in enumerate(network.nodes)}
    crossings = [(row[a], row[b], share, data) for a, b, share, data in passages(network) if a != b]
    minima, saddles = [data for _, data in network.nodes(data=True)], [data for *_, data in crossings]
    points = [*minima, *saddles]
    entropy = log_weights_of_copies(points) - 0.5 * np.array([log_product(data) for data in points])
    rates = np.zeros((len(row), len(row)))
    for (a, b, share, data), vibrations in zip(crossings, entropy[len(row) :], strict=True):
        for here, there in ((a, b), (b, a)):
            climb = (data["value"] - minima[here]["value"]) / temperature
            rates[here, there] += share * np.exp(vibrations - entropy[here] - np.log(2 * np.pi) - climb)
    rates[np.diag_indices(len(row))] = -rates.sum(axis=1)
    return rates


def mean_first_passage_times(rates: Array, targets: Collection[int]) -> Array:
    """Mean times to reach any of the targets, by graph transformation (Trygubenko & Wales 2006, J. Chem. Phys. 124,
    234110).

    States are removed one by one, those that remain taking over their branching probabilities and waiting times.
    Nothing is ever subtracted (1 - P_aa is the sum of the others), so that the result is as good at low temperatures,
    where the linear equations lose all digits.

    Parameters
    ----------
    rates : (m, m)
        Entry (a, b) is the rate from a to b; the diagonal is ignored.
    targets : collection of int
        Rows, at least one.

    Returns
    -------
    (m,) : zero at targets, infinite where no target can be reached, or where that takes more jumps, or more time, than
    the largest float (1.8e308).

    Raises
    ------
    ValueError
        If the rates are not square, there are none, or one off the diagonal is negative or not finite; if there is
        no target, or one is not a row.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> chain = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    >>> landscape.mean_first_passage_times(chain, [2]).tolist()
    [3.0, 2.0, 0.0]
    """
    rates = np.asarray(rates, dtype=np.float64)
    if rates.ndim != 2 or rates.shape[0] != rates.shape[1]:
        raise ValueError(f"rates has shape {rates.shape} but must be square")
    m = len(rates)
    if m == 0:
        raise ValueError("rates has no states; expected at least one")
    wrong = np.argwhere(~(np.isfinite(rates) & (rates >= 0)) & ~np.eye(m, dtype=bool))
    if len(wrong):
        a, b = wrong[0].tolist()
        raise ValueError(f"the rate from {a} to {b} is {rates[a, b]:g} but must be finite and not negative")
    goal = _states(targets, m)
    away = np.where(np.eye(m, dtype=bool), 0.0, rates)
    away[goal] = 0.0
    inner = _sure_to_arrive(away, goal)
    total = away[inner].sum(axis=1)
    jump = away[inner] / total[:, None]
    with np.errstate(over="ignore"):
        wait = 1 / total
        for position, state in enumerate(inner):
            later = inner[position + 1 :] + goal
            leave = jump[position, later].sum()
            if leave > 0:
                jump[position, later] /= leave
                wait[position] /= leave
            else:
                wait[position] = np.inf
            rest = slice(position + 1, None)
            towards = jump[rest, state].copy()
            jump[rest, later] += towards[:, None] * jump[position, later]
            wait[rest] += _product(towards, wait[position])
            jump[rest, state] = 0.0
        result = np.full(m, np.inf)
        result[goal] = 0.0
        for position in range(len(inner) - 1, -1, -1):
            later = inner[position + 1 :]
            result[inner[position]] = wait[position] + _product(jump[position, later], result[later]).sum()
    return result


def _product(probability: Array, time: Array | float) -> Array:
    """Their product, where what never happens takes no time, however long it would take."""
    return np.where(probability > 0, probability, 0.0) * np.where(probability > 0, time, 0.0)


def _states(targets: Collection[int], m: int) -> list[int]:
    """The targets in order, each once, if they are some of the states 0 to m - 1."""
    told = f"targets is {targets!r} but must name at least one of the states 0 to {m - 1}"
    if not isinstance(targets, Iterable):
        raise ValueError(f"{told}, in a list")
    states = list(targets)
    for state in states:
        if not isinstance(state, int | np.integer) or isinstance(state, bool) or not 0 <= state < m:
            raise ValueError(f"{told}: {state!r} is none of them")
    if not states:
        raise ValueError(told)
    return sorted({int(state) for state in states})


def _sure_to_arrive(away: Array, goal: list[int]) -> list[int]:
    """The states outside the goal from which no way leads where the goal cannot be reached."""
    graph = nx.DiGraph(list(zip(*np.nonzero(away), strict=True)))
    graph.add_nodes_from(range(len(away)))
    reaching = set(goal).union(*(nx.ancestors(graph, state) for state in goal))
    lost = set(graph) - reaching
    leaking = lost.union(*(nx.ancestors(graph, state) for state in lost))
    return sorted(set(graph) - leaking - set(goal))
