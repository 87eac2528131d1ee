"""Which critical points the saddles connect: a graph in which every point is a node and edges run downhill."""

from __future__ import annotations

from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from landscape.arrays import Array, IntArray
from landscape.batch import parts
from landscape.critical.find import nearest, union
from landscape.critical.points import CriticalPoints, Kind
from landscape.critical.settle import settle
from landscape.escape.flow import FlowStatus, flow
from landscape.escape.manifolds import DISPLACEMENT
from landscape.function import Landscape
from landscape.spectrum.dense import tangent_system

Graph = Any  # a NetworkX graph: the library comes without types

_PATH_NUMBERS = 10_000_000  # numbers in the paths of the lines that are followed together, 80 MB
_EXPECTED_STEPS = 400  # of a line


class Branch(NamedTuple):
    """The two lines of the flow that leave each of s saddles: where they end, and how long they are.

    Attributes
    ----------
    points : CriticalPoints
        The distinct ends.
    end : (s, 2)
        Rows of `points`, along the unstable direction and against it; -1 for a line that does not arrive.
    length : (s, 2)
    """

    points: CriticalPoints
    end: IntArray
    length: Array


def branches(landscape: Landscape, saddles: CriticalPoints, max_steps: int = 5000) -> Branch:
    """Follow the gradient flow from saddles of index 1 down both sides, all lines in one batch.

    Parameters
    ----------
    saddles : CriticalPoints
        Of index 1, s of them.
    max_steps : int
        Steps of a line at most.
    """
    system = tangent_system(landscape, saddles.x)
    lowest = np.linalg.eigh(system.lifted_hessian())[1][..., 0]
    direction = system.ambient(lowest)
    foremost = np.take_along_axis(direction, np.abs(direction).argmax(axis=1)[:, None], axis=1)
    direction = direction * np.sign(foremost)
    both = np.stack([direction, -direction], axis=1).reshape(-1, landscape.dim)
    away = DISPLACEMENT * landscape.manifold.length_scale
    starts = landscape.manifold.retract(np.repeat(saddles.x, 2, axis=0), away * both)
    ends, arrived, lengths = [starts[:0]], [np.zeros(0, dtype=bool)], [np.zeros(0)]
    for part in parts(len(starts), _EXPECTED_STEPS * landscape.dim, _PATH_NUMBERS):
        lines = flow(landscape, starts[part], max_steps, record=True)
        assert lines.path is not None
        ends.append(lines.x)
        arrived.append(lines.status == FlowStatus.ARRIVED)
        lengths.append(away + path_length(landscape, lines.path))
    points, end = settle(landscape, np.concatenate(ends), np.concatenate(arrived))
    return Branch(points, end.reshape(-1, 2), np.concatenate(lengths).reshape(-1, 2))


def path_length(landscape: Landscape, path: Array) -> Array:
    """Lengths (m,) of paths (frames, m, n); NaN ends a path."""
    if len(path) < 2:
        return np.zeros(path.shape[1])
    pieces = landscape.manifold.distance(path[:-1], path[1:])
    total: Array = np.nansum(pieces, axis=0)
    return total


def connect(landscape: Landscape, points: CriticalPoints, max_steps: int = 5000) -> Graph:
    """The network of critical points: from each saddle of index 1 the gradient flow leads down both sides.

    Parameters
    ----------
    points : CriticalPoints
        What is known. Critical points that the flow leads to are added if they are missing.
    max_steps : int
        Steps of the flow at most.

    Returns
    -------
    networkx.MultiDiGraph
        Every critical point is a node, numbered in order of index and value, with `value`, `index`, `kind`, `x`, its
        `eigenvalues` without the zero modes of symmetry, `orbit_size` and `orbit_dimension`. An edge runs downhill from
        a saddle of index 1 along one of its two branches: `branch` 0 or 1, the path's `length` and the `barrier` that
        must be climbed to go back. The graph's `lost` lists (saddle, branch) of lines that do not arrive, in a
        landscape without a bottom, or within `max_steps`. A line that symmetry keeps on the stable manifold of
        another saddle ends there, as the flow does.

    Raises
    ------
    ValueError
        If the points belong to another landscape.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> graph = landscape.connect(surface, points)
    >>> graph.number_of_nodes(), sorted(graph.edges())
    (5, [(3, 1), (3, 2), (4, 0), (4, 2)])
    """
    if points.x.shape[1] != landscape.dim:
        raise ValueError(f"points have {points.x.shape[1]} coordinates but the landscape has dim {landscape.dim}")
    saddles = points[points.decided & (points.index == 1)]
    traced = branches(landscape, saddles, max_steps)
    missing = nearest(landscape, points.x, traced.points.x) < 0
    known = union(landscape, [points, traced.points[missing]]) if missing.any() else points.sorted()
    graph = nodes_of(landscape, known)
    row_of_end = nearest(landscape, known.x, traced.points.x)
    row_of_saddle = nearest(landscape, known.x, saddles.x).tolist()
    for saddle, ends, lengths in zip(row_of_saddle, traced.end.tolist(), traced.length.tolist(), strict=True):
        for branch, (end, length) in enumerate(zip(ends, lengths, strict=True)):
            if end < 0:
                graph.graph["lost"].append((saddle, branch))
                continue
            target = int(row_of_end[end])
            barrier = float(known.value[saddle] - known.value[target])
            graph.add_edge(saddle, target, branch=branch, length=length, barrier=barrier)
    return graph


def nodes_of(landscape: Landscape, points: CriticalPoints) -> Graph:
    """The graph of these points with no edges yet, a node a row."""
    graph = nx.MultiDiGraph(problem=landscape.name, lost=[])
    for row in range(len(points)):
        graph.add_node(
            row,
            value=float(points.value[row]),
            index=int(points.index[row]),
            kind=Kind(int(points.kind[row])).name.lower(),
            x=tuple(points.x[row].tolist()),
            eigenvalues=tuple(points.spectrum(row).tolist()),
            orbit_size=int(points.orbit_size[row]),
            orbit_dimension=int(points.orbit_dimension[row]),
        )
    return graph


def transition_network(graph: Graph) -> Graph:
    """The view with minima as nodes and saddles of index 1 as edges.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        From `connect`.

    Returns
    -------
    networkx.MultiGraph
        Nodes and edges keep their attributes. An edge's key is its saddle's number in `graph`; `ends` are the two
        minima of its branches, in their order, with `barriers` from each and the `lengths` of the branches. A branch
        that ends at another saddle of index 1 is followed on down, to the lowest minimum that can be reached: which
        minima are connected below which height does not depend on that choice. Saddles with a lost branch are left
        out.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> [(a, b, round(data["value"], 4)) for a, b, data in network.edges(data=True)]
    [(0, 2, -40.6648), (1, 2, -72.2489)]
    """
    network = nx.MultiGraph(problem=graph.graph.get("problem", ""))
    height = nx.get_node_attributes(graph, "value")
    network.add_nodes_from((node, data) for node, data in graph.nodes(data=True) if data["kind"] == "minimum")
    for saddle, data in graph.nodes(data=True):
        lines = {edge["branch"]: (end, edge) for _, end, edge in graph.out_edges(saddle, data=True) if "branch" in edge}
        if data["index"] != 1 or len(lines) != 2:
            continue
        ends = [_lowest_minimum(graph, lines[branch][0]) for branch in (0, 1)]
        if None in ends:
            continue
        network.add_edge(
            *ends,
            key=saddle,
            **data,
            saddle=saddle,
            ends=tuple(ends),
            barriers=tuple(data["value"] - height[end] for end in ends),
            lengths=tuple(lines[branch][1]["length"] for branch in (0, 1)),
        )
    return network


def _lowest_minimum(graph: Graph, node: int) -> int | None:
    """The lowest minimum that lines from a node lead to; itself, if it is one."""
    reached = [k for k in {node, *nx.descendants(graph, node)} if graph.nodes[k]["kind"] == "minimum"]
    return min(reached, key=lambda k: (graph.nodes[k]["value"], k), default=None)
