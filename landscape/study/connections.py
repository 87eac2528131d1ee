"""What a study's saddles connect, as numbers to draw: the network over the disconnectivity graph's order of minima."""

from __future__ import annotations

from typing import Any

import numpy as np

from landscape.arrays import Array
from landscape.critical.points import CriticalPoints, Kind
from landscape.network.branches import LOST, Branches, follow_branches, joined, saddle_groups
from landscape.study.faults import tolerated
from landscape.study.result import Graph, StudyResult

_SADDLES = 2000  # more are not drawn, nor followed if the study has not
_CROWDED, _LEVELS = 300, 60  # minima, beyond which basins are joined at so many levels


def connections(result: StudyResult) -> dict[str, Any]:
    """The transition network and the tree of a study, for `as_html`.

    The lines of the flow are those that the study has followed, which takes no function; where it has not, they are
    followed now.

    Returns
    -------
    dict
        Either `left_out`, a sentence that says why there is no network, or:
        `points`, the minima and saddles as (row of the study's points or -1 for one that only the flow led to, value,
        place, index): heights and horizontal places to draw them at; `lines`, for each saddle its number among these
        and those of the two minima it connects, None where there are too many to draw; `tree`, its nodes as (level,
        parent, place, number in `points` or -1); `levels`, how many levels basins are joined at, or None where these
        are exact; and the counts `minima`, `saddles`, `lost`, `added` and `pieces`.
    """
    points, followed = result.points, result.study.network and result.unfinished is None
    saddles = int((points.decided & (points.index == 1)).sum())
    if saddles > _SADDLES and not followed:
        return {
            "left_out": f"The network of {saddles} saddles of index 1 is left out here; `landscape network FILE --plot "
            "tree.png` with this study's file follows the flow from all of them."
        }
    try:
        branches, added = (result.branches, result.added) if followed else _follow(result)
    except ValueError as error:
        return {"left_out": f"The network is left out here: {error}"}
    return _drawn(points, branches, added)


def _follow(result: StudyResult) -> tuple[Branches, CriticalPoints]:
    landscape, points = result.study.target.load(), result.points
    with tolerated():  # where the function fails lines end, and are counted as lost
        groups = [follow_branches(landscape, points.x, rows) for rows in saddle_groups(points)]
        return joined(landscape, points, groups)


def _drawn(points: CriticalPoints, branches: Branches, added: CriticalPoints) -> dict[str, Any]:
    import networkx as nx

    from landscape.network.connect import transition_network
    from landscape.network.tree import disconnectivity

    network = transition_network(_graph(CriticalPoints.concatenate([points, added]), branches))
    tree = disconnectivity(network)
    minima = tree.minimum.tolist()
    crowded = len(minima) > _CROWDED
    if crowded:
        tree = tree.coarse(_LEVELS)
    place = tree.layout()
    number = {node: k for k, node in enumerate(minima)}
    edges = sorted((data["saddle"], *data["ends"]) for *_, data in network.edges(data=True))
    drawn = edges if len(edges) <= _SADDLES else []
    between = _between(place, [(number[a], number[b]) for _, a, b in drawn])
    number |= {saddle: len(minima) + k for k, (saddle, _, _) in enumerate(drawn)}
    value, index = (np.concatenate([getattr(p, name) for p in (points, added)]).tolist() for name in ("value", "index"))
    joins = [-1 if crowded else number.get(saddle, -1) for saddle in tree.saddle[len(minima) :].tolist()]
    return {
        "left_out": None,
        "points": [
            [node if node < len(points) else -1, value[node], round(x, 4), index[node]]
            for node, x in zip(number, [*place[: len(minima)].tolist(), *between], strict=True)
        ],
        "lines": [[number[node] for node in edge] for edge in drawn] if len(drawn) == len(edges) else None,
        "tree": [
            list(node)
            for node in zip(
                tree.level.tolist(), tree.parent.tolist(), place.tolist(), [*range(len(minima)), *joins], strict=True
            )
        ],
        "levels": _LEVELS if crowded else None,
        "minima": len(minima),
        "saddles": len(edges),
        "lost": int((branches.end == LOST).sum()),
        "added": len(added),
        "pieces": nx.number_connected_components(network),
    }


def _graph(points: CriticalPoints, branches: Branches) -> Graph:
    """As `connect` gives it, but each node has the number of its row."""
    import networkx as nx

    graph: Graph = nx.MultiDiGraph()
    for row, (value, index, kind) in enumerate(
        zip(points.value.tolist(), points.index.tolist(), points.kind.tolist(), strict=True)
    ):
        graph.add_node(row, value=value, index=index, kind=Kind(kind).name.lower())
    for saddle, ends, lengths in zip(
        branches.saddle.tolist(), branches.end.tolist(), branches.length.tolist(), strict=True
    ):
        for branch, (end, length) in enumerate(zip(ends, lengths, strict=True)):
            if end != LOST:
                graph.add_edge(saddle, end, branch=branch, length=length)
    return graph


def _between(place: Array, ends: list[tuple[int, int]]) -> list[float]:
    """Places of saddles between the two minima that each connects: those of one pair side by side, and those that lead
    back to the same minimum to its right."""
    of_pair: dict[tuple[int, int], list[int]] = {}
    for saddle, (a, b) in enumerate(ends):
        of_pair.setdefault((min(a, b), max(a, b)), []).append(saddle)
    places = [0.0] * len(ends)
    for (a, b), saddles in of_pair.items():
        for k, saddle in enumerate(saddles):
            part = (k + 0.5) / len(saddles)  # of the way along the pair's share of the axis
            aside = 0.15 + 0.3 * part if a == b else 0.6 * (part - 0.5)
            places[saddle] = float(place[a] + place[b]) / 2 + aside
    return places
