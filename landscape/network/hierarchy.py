"""The solution landscape: from each saddle down to those of the next lower index (Yin, Wang, Chen, Zhang & Zhang 2020,
Phys. Rev. Lett. 124, 090601)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.critical.find import collect, union
from landscape.critical.merge import nearest
from landscape.critical.points import CriticalPoints
from landscape.critical.saddle_dynamics import FIRST_STEPS, Reflection, SaddleDynamics
from landscape.critical.search import Search, SearchStatus, search
from landscape.descent.method import require_count
from landscape.function import Landscape
from landscape.network.connect import Graph, connect
from landscape.network.geometry import unstable_directions
from landscape.network.transitions import require_points

PUSH = 0.02  # off a saddle, in units of the length scale
_TOGETHER = 10_000  # searches
_GONE_DOWN_FROM = ("saddle", "maximum")


def hierarchy(landscape: Landscape, points: CriticalPoints, max_steps: int = 1000) -> Graph:
    """The network of critical points with edges at every index: from index k to index k - 1, down to the minima.

    Off a saddle of index k >= 2 along each unstable eigenvector, both ways, saddle dynamics of index k - 1 goes up the
    other k - 1 and down everywhere else. Saddles of index 1 are connected by the gradient flow, as in `connect`. The
    upper edges tell what a search finds, not which flow lines there are; `morse_complex` counts those.

    Parameters
    ----------
    points : CriticalPoints
        What is known. Points found on the way are added, and gone down from in their turn.
    max_steps : int
        Steps of a search at most.

    Returns
    -------
    networkx.MultiDiGraph
        As from `connect`; the edges of index 2 and more have `direction`, +-1 for the lowest eigenvector, +-2 for the
        next, and so on, the `barrier` and no `branch`. A search that ends higher than it began, which it may, adds the
        point that it found, but no edge. The graph's `unfinished` lists the points of index 2 and more that no edge
        leaves: off them every search failed, or went up.

    Raises
    ------
    ValueError
        If the points belong to another landscape, or `max_steps` is no whole number that is not negative.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> camel = landscape.problem("six_hump_camel")
    >>> points = landscape.find_critical_points(camel, camel.starts(np.random.default_rng(0), 500))
    >>> graph = landscape.hierarchy(camel, points.maxima)
    >>> graph.number_of_nodes() > 4
    True
    """
    require_count("max_steps", max_steps, 0)
    require_points(landscape, points)
    found: list[tuple[Array, Array, int]] = []
    for k in range(int(points.index[points.decided].max(initial=0)), 1, -1):
        upper = points[points.decided & (points.index == k)]
        if len(upper) == 0:
            continue
        source, direction, x, reached = _step_down(landscape, upper, k, max_steps)
        missing = nearest(landscape, points.x, reached.x) < 0
        if missing.any():
            points = union(landscape, [points, reached[missing]])
        found += list(zip(upper.x[source], x, direction.tolist(), strict=True))
    graph = connect(landscape, points)
    if found:
        every = np.array([data["x"] for _, data in graph.nodes(data=True)])
        tops = nearest(landscape, every, np.array([top for top, _, _ in found])).tolist()
        ends = nearest(landscape, every, np.array([end for _, end, _ in found])).tolist()
        for top, end, (_, _, number) in zip(tops, ends, found, strict=True):
            drop = graph.nodes[top]["value"] - graph.nodes[end]["value"]
            if drop > 0:
                graph.add_edge(top, end, direction=number, barrier=drop)
    higher = [node for node, data in graph.nodes(data=True) if data["index"] > 1 and data["kind"] in _GONE_DOWN_FROM]
    graph.graph["unfinished"] = [node for node in higher if graph.out_degree(node) == 0]
    return graph


def _step_down(
    landscape: Landscape, upper: CriticalPoints, k: int, max_steps: int
) -> tuple[IntArray, IntArray, Array, CriticalPoints]:
    """Searches for index k - 1 off points of index k: the row of the source, the direction and the end of each search
    that arrived, and the distinct points of index k - 1 that they arrived at."""
    unstable = unstable_directions(landscape, upper.x, k)[0]
    starts, directions, source, number = [], [], [], []
    for i in range(k):
        others = [j for j in range(k) if j != i]
        for side in (1, -1):
            push = side * PUSH * landscape.manifold.length_scale
            starts.append(landscape.manifold.retract(upper.x, push * unstable[:, i]))
            directions.append(unstable[:, [*others, i]])
            source.append(np.arange(len(upper)))
            number.append(np.full(len(upper), side * (i + 1)))
    x, along = np.concatenate(starts), np.concatenate(directions)
    parts = [slice(start, start + _TOGETHER) for start in range(0, len(x), _TOGETHER)]
    runs = [search(landscape, x[part], _Downward(k - 1, along[part]), max_steps) for part in parts]
    ended = type(runs[0]).concatenate(runs)
    reached = collect(landscape, ended)
    reached = reached[reached.decided & (reached.index == k - 1)]
    row = np.where(ended.status == SearchStatus.CONVERGED, nearest(landscape, reached.x, ended.x), -1)
    arrived = np.flatnonzero(row >= 0)
    return np.concatenate(source)[arrived], np.concatenate(number)[arrived], reached.x[row[arrived]], reached


@dataclass(frozen=True, eq=False)
class _Downward:
    """Saddle dynamics that begins with given directions: those to climb and, last, the one to go down, (m, k, n)."""

    index: int
    directions: Array

    def init(self, landscape: Landscape, x: Array) -> Reflection:
        return Reflection(self.directions.copy(), np.zeros_like(x), np.full(len(x), FIRST_STEPS))

    def step(self, landscape: Landscape, run: Search, memory: Reflection) -> tuple[Search, Reflection, IntArray]:
        return SaddleDynamics(self.index).step(landscape, run, memory)

    def __repr__(self) -> str:
        return f"Downward(index={self.index})"
