"""Lowest passes between minima, and what they divide the landscape into."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import networkx as nx

from landscape.network.connect import Graph
from landscape.network.transitions import passages, require_minima, require_transitions, saddle_number, tie_of


@dataclass(frozen=True)
class MinimaxPath:
    """A way between two minima whose highest saddle is as low as can be.

    Attributes
    ----------
    minima : tuple of int
        The minima on the way, both ends included.
    saddles : tuple of int
        The saddles between them.
    height : float
        The highest saddle's value; for a path from a minimum to itself that minimum's value.
    barriers : tuple of float
        What must be climbed from the first minimum, and from the last.
    heights : tuple of float
        The saddles' values, in the order of the path.
    """

    minima: tuple[int, ...]
    saddles: tuple[int, ...]
    height: float
    barriers: tuple[float, float]
    heights: tuple[float, ...] = ()


def minimax_path(network: Graph, a: int, b: int) -> MinimaxPath:
    """The path from minimum a to minimum b whose highest saddle is lowest: their path in a minimum spanning tree.

    Of all paths with that highest saddle it is one whose parts are minimax paths too (Hu 1961, Oper. Res. 9, 898).

    Parameters
    ----------
    network : networkx.MultiGraph
        From `transition_network`.
    a, b : int
        Numbers of two minima.

    Returns
    -------
    MinimaxPath

    Raises
    ------
    ValueError
        If one of them is not a minimum of the network, or no path joins them.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> path = landscape.minimax_path(network, 0, 1)
    >>> path.minima, path.saddles, [round(barrier, 4) for barrier in path.barriers]
    ((0, 2, 1), (4, 3), [106.0347, 67.5019])
    """
    require_transitions(network)
    require_minima(network, a, b)
    value = nx.get_node_attributes(network, "value")
    tree = nx.minimum_spanning_tree(network, weight="value")
    try:
        minima = nx.shortest_path(tree, a, b)
    except nx.NetworkXNoPath as error:
        raise ValueError(f"no path of known saddles joins the minima {a} and {b}") from error
    # A tree has one edge a step; its key may be that of an edge elsewhere, too.
    steps = [next(iter(tree[here][there].items())) for here, there in itertools.pairwise(minima)]
    heights = tuple(saddle["value"] for _, saddle in steps)
    height = max(heights, default=value[a])
    saddles = tuple(saddle_number(key, saddle) for key, saddle in steps)
    return MinimaxPath(tuple(minima), saddles, height, (height - value[a], height - value[b]), heights)


def monotonic_basins(network: Graph) -> dict[int, set[int]]:
    """Which minima lead down to each lowest one by steps from minimum to lower minimum across one saddle.

    Parameters
    ----------
    network : networkx.MultiGraph
        From `transition_network`.

    Returns
    -------
    dict
        For each minimum that has no lower neighbour the set of minima from which such a sequence leads to it, itself
        included (Kunz & Berry 1995, J. Chem. Phys. 103, 1904). A minimum on a divide is in several sets. Values that
        agree to 1e-10 of their range are equal.

    Raises
    ------
    ValueError
        If the network is none of transitions.

    Examples
    --------
    >>> import landscape, networkx as nx
    >>> chain = nx.MultiGraph()
    >>> for node, height in enumerate([0.0, 3.0, 1.0]):
    ...     chain.add_node(node, value=height)
    >>> chain.add_edges_from([(0, 1), (1, 2)], value=4.0)
    [0, 0]
    >>> landscape.monotonic_basins(chain)
    {0: {0, 1}, 2: {1, 2}}
    """
    require_transitions(network)
    value = nx.get_node_attributes(network, "value")
    uphill = nx.DiGraph()
    uphill.add_nodes_from(network)
    tie = tie_of(network)
    uphill.add_edges_from(
        (a, b) if value[a] < value[b] else (b, a) for a, b, *_ in passages(network) if abs(value[a] - value[b]) > tie
    )
    return {node: {node, *nx.descendants(uphill, node)} for node, below in uphill.in_degree() if below == 0}


def global_funnel(network: Graph) -> set[int]:
    """The minima that are led down to the global minimum by always crossing the lowest saddle to a lower minimum.

    Of the sequences of minima that fall from step to step (Berry & Kunz 1995, Phys. Rev. Lett. 74, 3951), each minimum
    has one: its next is, of its lower neighbours, the one across the lowest saddle; of several such the lowest. The
    sequences divide the minima into funnels, one for each minimum without lower neighbours, such as are the units of
    Doye, Miller & Wales 1999 (J. Chem. Phys. 111, 8417); unlike the basins of `monotonic_basins`, in which a minimum
    may be several times, they do not overlap. This is the one with the lowest bottom. Heights that agree to 1e-10 of
    their range are equal; of equal ones the lowest number decides.

    Parameters
    ----------
    network : networkx.MultiGraph
        From `transition_network`.

    Returns
    -------
    set of int
        The global minimum and all that lead to it; of minima equally low, the one with the lowest number.

    Raises
    ------
    ValueError
        If there are no minima.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> landscape.global_funnel(network)  # the middle minimum's lowest saddle leads to the other funnel
    {0}
    """
    require_transitions(network)
    if len(network) == 0:
        raise ValueError("the network has no minima")
    return funnels(network)[_lowest(nx.get_node_attributes(network, "value"), tie_of(network))]


def funnels(network: Graph) -> dict[int, set[int]]:
    """The funnels that `global_funnel` describes, by their bottoms, the minima without lower neighbours; every minimum
    is in one.

    Parameters
    ----------
    network : networkx.MultiGraph
        From `transition_network`.

    Returns
    -------
    dict
        The minima of each funnel, by the number of its bottom.

    Raises
    ------
    ValueError
        If the network is none of transitions.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> landscape.funnels(network)
    {0: {0}, 1: {1, 2}}
    """
    require_transitions(network)
    value = nx.get_node_attributes(network, "value")
    tie = tie_of(network)
    ways: dict[int, list[tuple[float, int]]] = {node: [] for node in network}  # down: the saddle's height, and where to
    for a, b, _, saddle in passages(network):
        if abs(value[a] - value[b]) > tie:
            high, low = (a, b) if value[a] > value[b] else (b, a)
            ways[high].append((saddle["value"], low))
    steps = nx.DiGraph()
    steps.add_nodes_from(network)
    for node, down in ways.items():
        if down:
            lowest_pass = min(height for height, _ in down)
            across = {end: value[end] for height, end in down if height <= lowest_pass + tie}
            steps.add_edge(_lowest(across, tie), node)
    return {bottom: {bottom, *nx.descendants(steps, bottom)} for bottom, above in steps.in_degree() if above == 0}


def _lowest(value: dict[int, float], tie: float) -> int:
    """The node of the lowest value; of those that are equal the one with the lowest number."""
    low = min(value.values())
    return min(node for node, height in value.items() if height <= low + tie)


def degree_distribution(network: Graph) -> dict[int, int]:
    """How many minima have so many others as neighbours; rearrangements of a minimum into itself do not count.

    Parameters
    ----------
    network : networkx.MultiGraph
        From `transition_network`.

    Returns
    -------
    dict
        The number of minima, by the number of their neighbours.

    Raises
    ------
    ValueError
        If the network is none of transitions.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> landscape.degree_distribution(network)
    {1: 2, 2: 1}
    """
    require_transitions(network)
    simple = nx.Graph()
    simple.add_nodes_from(network)
    simple.add_edges_from((a, b) for a, b, *_ in passages(network) if a != b)
    return {degree: count for degree, count in enumerate(nx.degree_histogram(simple)) if count}
