"""Networks in pieces, joined by strings between their minima."""

from __future__ import annotations

import warnings

import networkx as nx
import numpy as np

from landscape.arrays import Array, IntArray
from landscape.critical.classify import classify
from landscape.descent.method import require_count
from landscape.function import Landscape
from landscape.network.connect import Graph, extended, renumbered, transition_network
from landscape.network.double_ended import saddles_between

_STRINGS_PER_PIECE = 5


def join_components(landscape: Landscape, graph: Graph, max_attempts: int | None = None, images: int = 24) -> Graph:
    """Look for saddles between the pieces of a network until it is in one.

    Round by round each piece sends a string from one of its minima to the nearest one of another piece, a pair that has
    not been tried before; the saddles on the strings are connected, and what they lead to. Where no strings are left
    and pieces are, a warning says so.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        From `connect` or `hierarchy`; it is left as it is.
    max_attempts : int, optional
        Strings at most; five for each piece that there is at first, if left out.
    images : int
        Of a string.

    Returns
    -------
    networkx.MultiDiGraph
        As from `connect`, with all edges of `graph`, perhaps still in pieces.

    Raises
    ------
    ValueError
        If there are fewer than three images, the graph is not one of critical points, or has not the landscape's
        coordinates.

    Examples
    --------
    >>> import landscape
    >>> surface = landscape.problem("muller_brown")
    >>> minima = landscape.classify(surface, [[-0.558224, 1.441726], [0.623499, 0.028038]])
    >>> apart = landscape.connect(surface, minima)
    >>> apart.number_of_edges(), landscape.join_components(surface, apart).number_of_edges()
    (0, 4)
    """
    require_count("images", images, 3)
    if max_attempts is not None:
        require_count("max_attempts", max_attempts, 0)
    pieces = _pieces(graph)
    if len(pieces) < 2:
        return graph
    left = _STRINGS_PER_PIECE * len(pieces) if max_attempts is None else max_attempts
    points = classify(landscape, _places(landscape, graph))
    gaps = _Gaps(landscape)
    while len(pieces) > 1 and left > 0:
        pairs = gaps.nearest_pairs(points.x, pieces)[:left]
        if not pairs:
            break
        left -= len(pairs)
        saddles = saddles_between(landscape, [(points.x[a], points.x[b]) for a, b in pairs], images)
        graph, points = extended(landscape, graph, points, saddles)
        pieces = _pieces(graph)
    if len(pieces) > 1:
        tried = int(gaps.tried.sum()) // 2
        warnings.warn(
            f"the network is still in {len(pieces)} pieces after {tried} string{'' if tried == 1 else 's'}",
            RuntimeWarning,
            stacklevel=2,
        )
    return renumbered(graph, points)


def _places(landscape: Landscape, graph: Graph) -> Array:
    """The coordinates of the nodes 0, 1, 2, ..., a row a node."""
    places = dict(graph.nodes(data="x"))
    for number in range(len(graph)):
        x = places.get(number)
        if x is None or np.shape(x) != (landscape.dim,):
            told = "no place x" if x is None else f"{np.size(x)} coordinates"
            raise ValueError(f"node {number} of graph has {told}; expected {landscape.dim} coordinates")
    return np.array([places[number] for number in range(len(graph))])


def _pieces(graph: Graph) -> list[set[int]]:
    """The minima of each piece of a network, the piece of the lowest number first."""
    return sorted(nx.connected_components(transition_network(graph)), key=min)


class _Gaps:
    """How far minima, rows of points, are from each other, and which pairs of them strings have tried to join."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        self.minima = np.zeros(0, dtype=np.int64)
        self.distance = np.zeros((0, 0))
        self.tried = np.zeros((0, 0), dtype=bool)

    def nearest_pairs(self, x: Array, pieces: list[set[int]]) -> list[tuple[int, int]]:
        """For each piece the nearest two minima, one of another piece, that have not been tried, as rows of `x`; each
        pair once, the nearest first. They have been tried from now on."""
        self._learn(x, np.setdiff1d(np.concatenate([sorted(piece) for piece in pieces]), self.minima))
        piece = np.empty(len(self.minima), dtype=np.int64)
        for number, members in enumerate(pieces):
            piece[np.isin(self.minima, list(members))] = number
        open_ = np.where((piece[:, None] == piece) | self.tried, np.inf, self.distance)
        chosen = {}
        for number in range(len(pieces)):
            rows = np.flatnonzero(piece == number)
            row, column = np.unravel_index(open_[rows].argmin(), (len(rows), len(piece)))
            pair = tuple(sorted((int(rows[row]), int(column))))
            if np.isfinite(open_[pair]):
                chosen[pair] = float(open_[pair])
        pairs = sorted(chosen, key=lambda pair: (chosen[pair], pair))
        for a, b in pairs:
            self.tried[a, b] = self.tried[b, a] = True
        return [(int(self.minima[a]), int(self.minima[b])) for a, b in pairs]

    def _learn(self, x: Array, new: IntArray) -> None:
        """Measure how far new minima are from all."""
        known = len(self.minima)
        self.minima = np.concatenate([self.minima, new])
        distance = np.zeros((len(self.minima), len(self.minima)))
        distance[:known, :known] = self.distance
        for row in range(known, len(self.minima)):
            other = x[self.minima[:row]]
            here = np.broadcast_to(x[self.minima[row]], other.shape)
            gap = self.landscape.symmetry.distance(self.landscape.manifold, here, other)
            distance[row, :row] = distance[:row, row] = gap
        self.distance = distance
        self.tried = np.pad(self.tried, (0, len(new)))
