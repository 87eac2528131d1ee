"""Which critical points the saddles connect: a graph in which every point is a node and edges run downhill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import networkx as nx
import numpy as np

from landscape.critical.find import union, union_with_rows
from landscape.critical.merge import merge, nearest
from landscape.critical.points import CriticalPoints, Kind
from landscape.descent.method import require_count
from landscape.escape.flow import FlowStatus
from landscape.function import Landscape
from landscape.network.branches import LOST, Branches, follow_branches, joined, saddle_groups
from landscape.network.transitions import require_graph, require_points
from landscape.particles import ParticleSymmetry

Graph = Any  # a NetworkX graph: the library comes without types

_WHY_LOST = {
    FlowStatus.STEP_LIMIT: "a line is still moving after the last step",
    FlowStatus.LEFT: "a line leaves, far from the saddle or out of the landscape's domain",
    FlowStatus.NON_FINITE: "the derivatives on a line are not finite",
    FlowStatus.ARRIVED: "Newton's method does not confirm the end of a line",
}
_NOT_FOLLOWED = "its lines were not followed"
_DEGENERATE = "it is degenerate, so that its second derivatives do not tell where lines leave it"


def connect(landscape: Landscape, points: CriticalPoints, max_steps: int = 5000) -> Graph:
    """The network of critical points: from each saddle of index 1 the gradient flow leads down both sides.

    Parameters
    ----------
    points : CriticalPoints
        What is known; copies of a point are merged. Critical points that the flow leads to are added if they are
        missing, and followed on if they are saddles of index 1.
    max_steps : int
        Steps of the flow at most.

    Returns
    -------
    networkx.MultiDiGraph
        Every critical point is a node, numbered in order of index and value, with `value`, `index`, `kind`, `x`, its
        `eigenvalues` without the zero modes of symmetry, `orbit_size` and `orbit_dimension`; where more than 20
        particles make the orbits outgrow integers, with `log_orbit_size`. An edge runs downhill from a saddle of index
        1 along one of its two branches: `branch` 0 or 1, the path's `length` and the `barrier` that must be climbed to
        go back. A line that symmetry keeps on the stable manifold of another saddle ends there, as the flow does.
        The graph's `lost` lists (saddle, branch) of lines that do not arrive, in a landscape without a bottom, or
        within `max_steps`, and `why_lost` the reason for each; `left_out` lists (saddle, reason) of the saddles of
        index 1 that `transition_network` leaves out, and `degenerate` is the number of degenerate points.

    Raises
    ------
    ValueError
        If the points belong to another landscape, or `max_steps` is no whole number that is not negative.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> graph = landscape.connect(surface, points)
    >>> graph.number_of_nodes(), sorted(graph.edges())
    (5, [(3, 1), (3, 2), (4, 0), (4, 2)])
    """
    require_count("max_steps", max_steps, 0)
    require_points(landscape, points)
    if len(merge(landscape, points.x)[0]) < len(points):
        points = union(landscape, [points])
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
        known, row = union_with_rows(landscape, [points, added])
    else:
        order = points.order()
        known, row = points[order], np.argsort(order)
    graph = nodes_of(landscape, known)
    row = np.append(row, LOST)
    add_lines(graph, replace(branches, saddle=row[branches.saddle], end=row[branches.end]))
    ignored = np.setdiff1d(np.flatnonzero(known.decided & (known.index == 1)), row[branches.saddle])
    graph.graph["lost"] += [(int(saddle), branch) for saddle in ignored for branch in (0, 1)]
    graph.graph["why_lost"] += [_NOT_FOLLOWED] * 2 * len(ignored)
    graph.graph["left_out"] = _left_out(graph)
    return graph


def add_lines(graph: Graph, branches: Branches) -> None:
    """Give a graph the edges of lines that have been followed between its nodes, and note those that are lost."""
    value = nx.get_node_attributes(graph, "value")
    columns = (getattr(branches, name).tolist() for name in ("saddle", "end", "length", "status"))
    for saddle, ends, lengths, statuses in zip(*columns, strict=True):
        for branch, (end, length, status) in enumerate(zip(ends, lengths, statuses, strict=True)):
            if end == LOST:
                graph.graph["lost"].append((saddle, branch))
                graph.graph["why_lost"].append(_WHY_LOST[FlowStatus(status)])
            else:
                graph.add_edge(saddle, end, branch=branch, length=length, barrier=value[saddle] - value[end])


def extended(
    landscape: Landscape, graph: Graph, points: CriticalPoints, saddles: CriticalPoints
) -> tuple[Graph, CriticalPoints]:
    """The graph with more saddles of index 1, their lines, and what these lead to; what it has is kept.

    Parameters
    ----------
    points : CriticalPoints
        Of the graph, a row a node; new ones come after them.
    saddles : CriticalPoints
        Those of the graph are followed if they have not been.
    """
    there = nearest(landscape, points.x, saddles.x)
    known = CriticalPoints.concatenate([points, saddles[there < 0]])
    lost = list(zip(graph.graph.get("lost", ()), graph.graph.get("why_lost", ()), strict=False))
    done = {saddle for saddle, _, edge in graph.edges(data=True) if "branch" in edge}
    done |= {saddle for (saddle, _), why in lost if why != _NOT_FOLLOWED}
    rows = np.setdiff1d([*there[there >= 0], *range(len(points), len(known))], list(done)).astype(np.int64)
    groups = [rows[group] for group in saddle_groups(known[rows])]
    branches, added = joined(landscape, known, [follow_branches(landscape, known.x, group) for group in groups])
    known = CriticalPoints.concatenate([known, added])
    grown = nodes_of(landscape, known)
    grown.graph.update((name, of) for name, of in graph.graph.items() if name not in grown.graph)
    for node, data in graph.nodes(data=True):
        grown.nodes[node].update(data)
    grown.add_edges_from(graph.edges(keys=True, data=True))
    for line, why in lost:
        if line[0] not in branches.saddle:
            grown.graph["lost"].append(tuple(line))
            grown.graph["why_lost"].append(why)
    add_lines(grown, branches)
    grown.graph["left_out"] = _left_out(grown)
    return grown, known


def renumbered(graph: Graph, points: CriticalPoints) -> Graph:
    """The graph of these points, a row a node, with nodes in order of index and value."""
    order = points.order().tolist()
    number = {node: place for place, node in enumerate(order)}
    result = nx.MultiDiGraph(**graph.graph)
    result.add_nodes_from((number[node], graph.nodes[node]) for node in order)
    result.add_edges_from((number[a], number[b], data) for a, b, data in graph.edges(data=True))
    for name in ("lost", "left_out"):
        result.graph[name] = [(number[saddle], of) for saddle, of in graph.graph[name]]
    if "unfinished" in graph.graph:  # from `hierarchy`
        result.graph["unfinished"] = [number[node] for node in graph.graph["unfinished"]]
    return result


def nodes_of(landscape: Landscape, points: CriticalPoints) -> Graph:
    """The graph of these points with no edges yet, a node a row."""
    degenerate = int((points.kind == Kind.DEGENERATE).sum())
    graph = nx.MultiDiGraph(problem=landscape.name, lost=[], why_lost=[], left_out=[], degenerate=degenerate)
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
        Nodes and edges keep their attributes. A degenerate point without negative eigenvalues at which a line arrives
        is the bottom of a basin, and a node, with `kind` 'degenerate'. An edge's key is its saddle's number in `graph`;
        `ends` are the two minima of its branches, in their order, with `barriers` from each and the `lengths` of the
        branches. A branch that ends at another saddle of index 1 is followed on down, to the lowest minimum that can be
        reached: which minima are connected below which height does not depend on that choice. If others can be
        reached, too, the edge's `destinations` list for each branch the minima with their shares, half of what comes
        to a saddle going on to either side. Saddles of index 1 that are degenerate or have a branch that leads to no
        minimum are left out: the network's `left_out` lists (saddle, reason).

    Raises
    ------
    ValueError
        If the graph is not one of critical points, as `connect` makes it.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> [(a, b, round(data["value"], 4)) for a, b, data in network.edges(data=True)]
    [(0, 2, -40.6648), (1, 2, -72.2489)]
    """
    require_graph(graph)
    network = nx.MultiGraph(problem=graph.graph.get("problem", ""), left_out=_left_out(graph))
    height = nx.get_node_attributes(graph, "value")
    bottoms = _bottoms(graph)
    network.add_nodes_from((node, data) for node, data in graph.nodes(data=True) if node in bottoms)
    for saddle, lines in _lines(graph):
        ends = [_lowest(graph, bottoms, lines[branch][0]) for branch in (0, 1) if branch in lines]
        if len(ends) != 2 or None in ends:
            continue
        data = graph.nodes[saddle]
        network.add_edge(
            *ends,
            key=saddle,
            **data,
            saddle=saddle,
            ends=tuple(ends),
            barriers=tuple(data["value"] - height[end] for end in ends),
            lengths=tuple(lines[branch][1]["length"] for branch in (0, 1)),
        )
        shares = [_shares(graph, bottoms, height, lines[branch][0]) for branch in (0, 1)]
        if max(map(len, shares)) > 1:
            network.edges[*ends, saddle]["destinations"] = tuple(tuple(sorted(line.items())) for line in shares)
    return network


def _lines(graph: Graph) -> Iterator[tuple[int, dict[int, tuple[int, dict[str, Any]]]]]:
    """Each nondegenerate saddle of index 1, and by branch the end and the edge of its lines that arrive."""
    for saddle, data in graph.nodes(data=True):
        if data["index"] == 1 and data["kind"] in ("saddle", "maximum"):
            out = graph.out_edges(saddle, data=True)
            yield saddle, {edge["branch"]: (end, edge) for _, end, edge in out if "branch" in edge}


def _bottoms(graph: Graph) -> set[int]:
    """Minima, and degenerate points without negative eigenvalues at which a line arrives."""
    reached = {end for _, end, edge in graph.edges(data=True) if "branch" in edge}
    kind, index = (nx.get_node_attributes(graph, name) for name in ("kind", "index"))
    flat = {node for node in reached if kind[node] == "degenerate" and index[node] == 0}
    return flat | {node for node in graph if kind[node] == "minimum"}


def _lowest(graph: Graph, bottoms: set[int], node: int) -> int | None:
    """The lowest bottom that lines from a node lead to; itself, if it is one."""
    if node in bottoms:
        return node
    return min(bottoms & nx.descendants(graph, node), key=lambda k: (graph.nodes[k]["value"], k), default=None)


def _shares(graph: Graph, bottoms: set[int], height: dict[int, float], node: int) -> dict[int, float]:
    """The bottoms that lines from a node lead to, and which part of them each: all edges down that lead to any carry
    the same; all of it to the lowest where none is seen to run downhill."""
    if node in bottoms:
        return {node: 1.0}
    lower = (end for _, end in graph.out_edges(node) if height[end] < height[node])
    ways = [way for end in lower if (way := _shares(graph, bottoms, height, end))]
    shares: dict[int, float] = {}
    for way in ways:
        for bottom, share in way.items():
            shares[bottom] = shares.get(bottom, 0.0) + share / len(ways)
    if not shares and (lowest := _lowest(graph, bottoms, node)) is not None:
        return {lowest: 1.0}
    return shares


def _left_out(graph: Graph) -> list[tuple[int, str]]:
    """The saddles of index 1 with a line that leads to no minimum, or that are degenerate, and why."""
    bottoms = _bottoms(graph)
    lost = (tuple(line) for line in graph.graph.get("lost", ()))
    why = dict(zip(lost, graph.graph.get("why_lost", ()), strict=False))
    found = []
    for saddle, lines in _lines(graph):
        for branch in (0, 1):
            if branch not in lines:
                found.append((saddle, why.get((saddle, branch), _NOT_FOLLOWED)))
                break
            end = lines[branch][0]
            if _lowest(graph, bottoms, end) is None:
                found.append((saddle, f"a line ends at {_described(graph, end)}, from where none leads to a minimum"))
                break
    degenerate = (node for node, data in graph.nodes(data=True) if data["kind"] == "degenerate" and data["index"] == 1)
    return sorted([*found, *((node, _DEGENERATE) for node in degenerate)])


def _described(graph: Graph, node: int) -> str:
    data = graph.nodes[node]
    if data["kind"] == "saddle":
        return f"the saddle {node} of index {data['index']}"
    return f"the {data['kind'].replace('_', ' ')} point {node}"
