"""Disconnectivity graphs: how basins join when the level rises (Becker & Karplus 1997, J. Chem. Phys. 106, 1495)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from networkx.utils import UnionFind

from landscape.arrays import Array, IntArray
from landscape.descent.method import require_count
from landscape.network.connect import Graph
from landscape.network.transitions import require_minima, require_transitions, saddle_number, tie_of


@dataclass(frozen=True, eq=False, repr=False)
class Disconnectivity:
    """The tree of superbasins, a forest where the network is in pieces.

    Nodes 0 to m - 1 are the minima; those above are superbasins, each after all that it holds.

    Attributes
    ----------
    minimum : (m,)
        The minima's numbers in the network.
    level : (k,)
        A minimum's value; for a superbasin the height of the saddle at which its parts join, exactly, or the lowest of
        several whose heights agree to 1e-10 of the range of values.
    parent : (k,)
        The superbasin that each node belongs to, -1 for a root.
    saddle : (k,)
        The number of that saddle in the network, -1 for minima.
    """

    minimum: IntArray
    level: Array
    parent: IntArray
    saddle: IntArray

    def __len__(self) -> int:
        return len(self.level)

    @property
    def roots(self) -> IntArray:
        """Nodes that belong to no superbasin: one for each component of the network."""
        return np.flatnonzero(self.parent < 0)

    def children(self) -> list[list[int]]:
        """For each node the nodes that join in it."""
        result: list[list[int]] = [[] for _ in self.parent]
        for node, parent in enumerate(self.parent.tolist()):
            if parent >= 0:
                result[parent].append(node)
        return result

    def superbasins(self, level: float) -> list[list[int]]:
        """The minima's numbers, by the superbasin that holds them when everything up to `level` is flooded.

        Minima above `level` are left out. Superbasins are in order of their lowest minimum.
        """
        top = np.arange(len(self))
        for node in range(len(self) - 1, -1, -1):
            parent = self.parent[node]
            if parent >= 0 and self.level[parent] <= level:
                top[node] = top[parent]
        flooded = np.flatnonzero(self.level[: len(self.minimum)] <= level)
        flooded = flooded[np.argsort(self.level[flooded], kind="stable")]
        groups: dict[int, list[int]] = {}
        for leaf in flooded.tolist():
            groups.setdefault(int(top[leaf]), []).append(int(self.minimum[leaf]))
        return list(groups.values())

    def barrier(self, a: int, b: int) -> float:
        """The lowest height at which two minima, by their numbers, are in one superbasin; infinite if never.

        Raises
        ------
        ValueError
            If one of them is not a minimum of the tree.
        """
        row = {number: leaf for leaf, number in enumerate(self.minimum.tolist())}
        require_minima(row, a, b)
        above = []
        for node in (row[a], row[b]):
            line = [node]
            while self.parent[line[-1]] >= 0:
                line.append(int(self.parent[line[-1]]))
            above.append(line)
        common = set(above[0]) & set(above[1])
        return min((float(self.level[node]) for node in common), default=float("inf"))

    def lowest(self) -> Array:
        """The value of the lowest minimum that each node holds, (k,)."""
        result = np.where(np.arange(len(self)) < len(self.minimum), self.level, np.inf)
        for node, parent in enumerate(self.parent.tolist()):
            if parent >= 0:
                result[parent] = min(result[parent], result[node])
        return result

    def leaves(self) -> IntArray:
        """How many minima each node holds, (k,)."""
        result = (np.arange(len(self)) < len(self.minimum)).astype(np.int64)
        for node, parent in enumerate(self.parent.tolist()):
            if parent >= 0:
                result[parent] += result[node]
        return result

    def coarse(self, levels: int) -> Disconnectivity:
        """The tree as it is seen at equally spaced levels only, as in the paper: readable where there are thousands of
        superbasins.

        Basins that join between two levels join at the upper one; at the levels themselves nothing is changed. The
        lowest level is the lowest minimum's value, the highest that of the highest superbasin.

        Parameters
        ----------
        levels : int
            At least 2.

        Raises
        ------
        ValueError
            If there are fewer, or the number is not whole.

        Examples
        --------
        >>> import networkx as nx
        >>> chain = nx.MultiGraph()
        >>> chain.add_nodes_from((node, {"value": 0.0}) for node in range(4))
        >>> for key, height in enumerate([3.0, 4.0, 10.0], start=4):
        ...     _ = chain.add_edge(key - 4, key - 3, key=key, value=height, saddle=key)
        >>> tree = disconnectivity(chain)
        >>> tree
        disconnectivity graph: 4 minima, 3 superbasins, 1 root
        >>> tree.coarse(3).level[4:].tolist()
        [5.0, 10.0]
        """
        require_count("levels", levels, 2)
        minima = len(self.minimum)
        if len(self) == minima:
            return self
        grid = np.linspace(self.level.min(), self.level[minima:].max(), levels)
        raised = self.level.copy()
        raised[minima:] = grid[np.searchsorted(grid, self.level[minima:])]
        # Downwards, so that a superbasin at its parent's level is known to be part of it before its own parts are seen.
        owner, kept = np.arange(len(self)), np.ones(len(self), dtype=bool)
        for node in range(len(self) - 1, minima - 1, -1):
            parent = self.parent[node]
            if parent >= 0 and raised[parent] == raised[node]:
                owner[node], kept[node] = owner[parent], False
        number = np.cumsum(kept) - 1
        parent = np.where(self.parent < 0, -1, number[owner[self.parent]])
        return Disconnectivity(self.minimum, raised[kept], parent[kept], self.saddle[kept])

    def spread(self, values: npt.ArrayLike) -> npt.NDArray[Any]:
        """An attribute of the minima, (m,), for every node, (k,): that of the lowest minimum that it holds."""
        stem = np.arange(len(self))
        for node, parent in enumerate(self.parent.tolist()):
            if parent >= 0 and (stem[parent] == parent or self.level[stem[node]] < self.level[stem[parent]]):
                stem[parent] = stem[node]
        return np.asarray(values)[stem]

    def layout(self) -> Array:
        """Horizontal places of the nodes, (k,), such that no lines cross: leaves at 0, 1, 2, ... in the tree's order.

        Of the parts that join in a superbasin the one with the lowest minimum stands in the middle, the others go
        outwards to either side by turns. A superbasin stands over its lowest minimum: the stem of a funnel is straight.
        """
        lowest, children = self.lowest(), self.children()
        place = np.zeros(len(self))
        roots = sorted(self.roots.tolist(), key=lambda node: (lowest[node], node))
        waiting = _from_the_middle(roots)[::-1]
        taken = 0
        while waiting:
            node = waiting.pop()
            if children[node]:
                parts = sorted(children[node], key=lambda child: (lowest[child], child))
                # A subtree's higher parts stand on its outer side, by turns left and right at each level.
                waiting += _from_the_middle(parts, left=bool(node % 2))[::-1]
            else:
                place[node] = taken
                taken += 1
        for node, joined in enumerate(children):
            if joined:
                place[node] = place[min(joined, key=lambda child: (lowest[child], child))]
        return place

    def __repr__(self) -> str:
        minima, roots = len(self.minimum), len(self.roots)
        counts = (
            (minima, "minimum", "minima"),
            (len(self) - minima, "superbasin", "superbasins"),
            (roots, "root", "roots"),
        )
        told = ", ".join(f"{number} {one if number == 1 else many}" for number, one, many in counts)
        return f"disconnectivity graph: {told}"


def disconnectivity(network: Graph) -> Disconnectivity:
    """The tree of superbasins, by one sweep over the saddles from the lowest up.

    Parameters
    ----------
    network : networkx.MultiGraph
        From `transition_network`.

    Returns
    -------
    Disconnectivity
        Levels are exact values of saddles, not bins of them; saddles whose heights agree to 1e-10 of the range of
        values join all at once, at the lowest of them.

    Raises
    ------
    ValueError
        If the network is none of transitions, a value is not finite, or a saddle is lower than a minimum it joins.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> camel = landscape.problem("six_hump_camel")
    >>> points = landscape.find_critical_points(camel, camel.starts(np.random.default_rng(0), 500))
    >>> tree = landscape.disconnectivity(landscape.transition_network(landscape.connect(camel, points)))
    >>> tree
    disconnectivity graph: 6 minima, 3 superbasins, 1 root
    >>> tree.superbasins(0.0)
    [[0, 1], [2], [3]]
    """
    require_transitions(network)
    minima = list(network.nodes)
    level: list[float] = [network.nodes[node]["value"] for node in minima]
    saddle = [-1] * len(minima)
    parent = [-1] * len(minima)
    node_of = {number: row for row, number in enumerate(minima)}
    joined = UnionFind(minima)
    edges = sorted(
        (data["value"], saddle_number(key, data), a, b)
        for a, b, key, data in network.edges(keys=True, data=True)
        if a != b
    )
    tie = tie_of(network)
    for height, number, a, b in edges:
        if joined[a] == joined[b]:
            continue
        parts = [node_of[joined[a]], node_of[joined[b]]]
        joined.union(a, b)
        equal = [part for part in parts if saddle[part] >= 0 and height - level[part] <= tie]
        if equal:
            whole, parts = equal[0], [part for part in parts if part != equal[0]]
            swallowed = {part for part in parts if part in equal}
            # The other superbasin of the same height is dissolved into this one.
            parts = [child for child in range(len(parent)) if parent[child] in swallowed] + [
                part for part in parts if part not in swallowed
            ]
            for part in swallowed:
                parent[part] = -2
        else:
            whole = len(level)
            level.append(height)
            saddle.append(number)
            parent.append(-1)
        for part in parts:
            parent[part] = whole
        node_of[joined[a]] = whole
    return _in_order(minima, level, parent, saddle)


def _in_order(minima: list[int], level: list[float], parent: list[int], saddle: list[int]) -> Disconnectivity:
    """The tree without dissolved nodes, every superbasin after its parts."""
    kept = [node for node in range(len(level)) if parent[node] != -2]
    row = {node: number for number, node in enumerate(kept)}
    return Disconnectivity(
        np.array(minima, dtype=np.int64),
        np.array([level[node] for node in kept]),
        np.array([row.get(parent[node], -1) for node in kept], dtype=np.int64),
        np.array([saddle[node] for node in kept], dtype=np.int64),
    )


def _from_the_middle(nodes: list[int], left: bool = False) -> list[int]:
    """Nodes in a row with the first in the middle and the others by turns on either side."""
    order: list[int] = []
    for number, node in enumerate(nodes):
        if (number % 2 == 0) == left:
            order.append(node)
        else:
            order.insert(0, node)
    return order
