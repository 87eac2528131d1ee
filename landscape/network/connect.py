"""Which critical points the saddles connect: a graph in which every point is a node and edges run downhill."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import networkx as nx
import numpy as np

from landscape.critical.find import union
from landscape.critical.merge import nearest
from landscape.critical.points import CriticalPoints, Kind
from landscape.function import Landscape
from landscape.network.branches import LOST, Branches, follow_branches, joined, saddle_groups
from landscape.particles import ParticleSymmetry

Graph = Any  # a NetworkX graph: the library comes without types


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
        `eigenvalues` without the zero modes of symmetry, `orbit_size` and `orbit_dimension`; where more than 20
        particles make the orbits outgrow integers, with `log_orbit_size`. An edge runs downhill from a saddle of index
        1 along one of its two branches: `branch` 0 or 1, the path's `length` and the `barrier` that must be climbed to
        go back. The graph's `lost` lists (saddle, branch) of lines that do not arrive, in a
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
    followed = [follow_branches(landscape, points.x, rows, max_steps) for rows in saddle_groups(points)]
    return assembled(landscape, points, *joined(landscape, points, followed))


def assembled(landscape: Landscape, points: CriticalPoints, branches: Branches, added: CriticalPoints) -> Graph:
    """The graph that `connect` gives, from lines that have been followed.

    Parameters
    ----------
    branches : Branches
        Rows from `len(points)` on are of `added`.
    added : CriticalPoints
        Distinct ends of lines that are not among the points.

    Lines of saddles of index 1 that were not followed count as lost.
    """
    if len(added):
        known = union(landscape, [points, added])
        row = nearest(landscape, known.x, np.concatenate([points.x, added.x]))
    else:
        order = replace(points, found=np.arange(len(points))).sorted().found
        known, row = points[order], np.argsort(order)
    graph = nodes_of(landscape, known)
    saddles = row[branches.saddle].tolist()
    for saddle, ends, lengths in zip(saddles, branches.end.tolist(), branches.length.tolist(), strict=True):
        for branch, (end, length) in enumerate(zip(ends, lengths, strict=True)):
            if end == LOST:
                graph.graph["lost"].append((saddle, branch))
                continue
            target = int(row[end])
            barrier = float(known.value[saddle] - known.value[target])
            graph.add_edge(saddle, target, branch=branch, length=length, barrier=barrier)
    left_out = np.setdiff1d(row[np.flatnonzero(points.decided & (points.index == 1))], saddles)
    graph.graph["lost"] += [(int(saddle), branch) for saddle in left_out for branch in (0, 1)]
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
    if isinstance(landscape.symmetry, ParticleSymmetry):
        untold = np.flatnonzero(points.orbit_size == 0)
        logs = landscape.symmetry.log_orbit_size(landscape.manifold, points.x[untold])
        told = {row: log for row, log in zip(untold.tolist(), logs.tolist(), strict=True) if np.isfinite(log)}
        nx.set_node_attributes(graph, told, "log_orbit_size")
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
