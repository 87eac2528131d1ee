"""Lowest passes between minima, and what they divide the landscape into."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import networkx as nx

from landscape.network.connect import Graph


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
    """

    minima: tuple[int, ...]
    saddles: tuple[int, ...]
    height: float
    barriers: tuple[float, float]


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
    for number in (a, b):
        if number not in network:
            raise ValueError(f"there is no minimum {number}; there are {network.number_of_nodes()}")
    value = nx.get_node_attributes(network, "value")
    tree = nx.minimum_spanning_tree(network, weight="value")
    try:
        minima = nx.shortest_path(tree, a, b)
    except nx.NetworkXNoPath as error:
        raise ValueError(f"no path of known saddles joins the minima {a} and {b}") from error
    saddles = tuple(min(tree[here][there]) for here, there in itertools.pairwise(minima))
    height = max(
        (data["value"] for _, _, key, data in tree.edges(keys=True, data=True) if key in saddles), default=None
    )
    height = value[a] if height is None else height
    return MinimaxPath(tuple(minima), saddles, height, (height - value[a], height - value[b]))


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
        included (Kunz & Berry 1995, J. Chem. Phys. 103, 1904). A minimum on a divide is in several sets.

    Examples
    --------
    >>> import networkx as nx
    >>> chain = nx.MultiGraph()
    >>> for node, height in enumerate([0.0, 3.0, 1.0]):
    ...     chain.add_node(node, value=height)
    >>> chain.add_edges_from([(0, 1), (1, 2)])
    [0, 0]
    >>> monotonic_basins(chain)
    {0: {0, 1}, 2: {1, 2}}
    """
    value = nx.get_node_attributes(network, "value")
    uphill = nx.DiGraph()
    uphill.add_nodes_from(network)
    uphill.add_edges_from((a, b) if value[a] < value[b] else (b, a) for a, b in network.edges() if value[a] != value[b])
    return {node: {node, *nx.descendants(uphill, node)} for node, below in uphill.in_degree() if below == 0}


def degree_distribution(network: Graph) -> dict[int, int]:
    """How many minima have so many others as neighbours; rearrangements of a minimum into itself do not count.

    Parameters
    ----------
    network : networkx.MultiGraph
        From `transition_network`.
    """
    simple = nx.Graph(network)
    simple.remove_edges_from(list(nx.selfloop_edges(simple)))
    return {degree: count for degree, count in enumerate(nx.degree_histogram(simple)) if count}
