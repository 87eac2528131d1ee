"""What every analysis asks of a network: of the graph of critical points, and of its view with saddles as edges."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import networkx as nx
import numpy as np

from landscape.critical.points import CriticalPoints, Kind
from landscape.function import Landscape

TIE = 1e-10  # heights that agree to this part of the range of values are equal

_KINDS = tuple(kind.name.lower() for kind in Kind)
_MADE_BY_CONNECT = "expected what connect makes"
_MADE_OF_IT = "expected what transition_network makes of it"
_MADE_OF_A_GRAPH = "expected what transition_network makes of a graph"
_OTHER_VALUE = 1e-4  # part of the values by which two that are said to be the same may differ
_MOST_RANGES = 5  # of numbers that a sentence lists


def require_graph(graph: Any) -> None:
    """Raise ValueError unless a graph is one of critical points: directed, every point a node.

    Raises
    ------
    ValueError
        If it is not directed, as what `transition_network` makes, no multigraph, a node has no kind or no index, the
        value of a critical point is missing or not finite, or a branch of a saddle has no length.

    Examples
    --------
    >>> require_graph(nx.MultiGraph())
    Traceback (most recent call last):
        ...
    ValueError: graph is not directed, as from transition_network; expected what connect makes
    """
    if not isinstance(graph, nx.Graph):
        raise ValueError(f"graph is a {type(graph).__name__}; {_MADE_BY_CONNECT}")
    if not graph.is_directed():
        raise ValueError(f"graph is not directed, as from transition_network; {_MADE_BY_CONNECT}")
    if not graph.is_multigraph():
        raise ValueError(f"graph is no MultiDiGraph; {_MADE_BY_CONNECT}")
    for node, data in graph.nodes(data=True):
        if data.get("kind") not in _KINDS:
            raise ValueError(f"node {node} has {_told(data, 'kind')}; expected one of {', '.join(_KINDS)}")
        if not _is_count(data.get("index")):
            raise ValueError(f"node {node} has {_told(data, 'index')}; expected a whole number, at least 0")
        # A point that is not critical, as `classify` may return, takes no part in anything.
        if not _finite(data.get("value")) and data["kind"] != "not_critical":
            raise ValueError(f"node {node} has {_told(data)}; expected a finite value")
    for saddle, end, data in graph.edges(data=True):
        if "branch" in data and not _finite(data.get("length")):
            raise ValueError(f"the line from {saddle} to {end} has {_told(data, 'length')}; expected a finite length")


def require_transitions(network: Any) -> None:
    """Raise ValueError unless a graph is a transition network: minima with values as nodes, saddles as edges.

    Raises
    ------
    ValueError
        If it is directed, as what `connect` makes, no multigraph, a value is missing or not finite, a saddle is lower
        than a minimum that it joins, or its `destinations` are not minima with shares.

    Examples
    --------
    >>> require_transitions(nx.MultiDiGraph())
    Traceback (most recent call last):
        ...
    ValueError: network is directed, as from connect; expected what transition_network makes of it
    """
    if not isinstance(network, nx.Graph):
        raise ValueError(f"network is a {type(network).__name__}; {_MADE_OF_A_GRAPH}")
    if network.is_directed():
        raise ValueError(f"network is directed, as from connect; {_MADE_OF_IT}")
    if not network.is_multigraph():
        raise ValueError(f"network is no MultiGraph; {_MADE_OF_A_GRAPH}")
    for node, data in network.nodes(data=True):
        if not _finite(data.get("value")):
            raise ValueError(f"minimum {node} of the network has {_told(data)}; expected a finite value")
    for *_, key, data in network.edges(keys=True, data=True):
        if not _finite(data.get("value")):
            number = saddle_number(key, data)
            raise ValueError(f"saddle {number} of the network has {_told(data)}; expected a finite value")
        if "destinations" in data and not _are_destinations(data["destinations"], network):
            number = saddle_number(key, data)
            raise ValueError(
                f"saddle {number} of the network has {_told(data, 'destinations')}; expected for each of its two lines "
                "minima with shares that add up to 1"
            )
    _require_saddles_above_minima(network)


def _require_saddles_above_minima(network: Any) -> None:
    value = {node: float(height) for node, height in network.nodes(data="value")}
    tie = tie_of(network)
    for a, b, key, data in network.edges(keys=True, data=True):
        high = max((a, b), key=value.__getitem__)
        if data["value"] < value[high] - tie:
            raise ValueError(
                f"saddle {saddle_number(key, data)} at {data['value']:.9g} is lower than minimum {high} at "
                f"{value[high]:.9g}, which it joins"
            )


def require_points(landscape: Landscape, points: CriticalPoints) -> None:
    """Raise ValueError unless critical points are those of a landscape.

    Raises
    ------
    ValueError
        If they have another number of coordinates, or the landscape has other values at them.
    """
    if points.x.shape[1] != landscape.dim:
        raise ValueError(f"points have {points.x.shape[1]} coordinates but the landscape has dim {landscape.dim}")
    with np.errstate(all="ignore"):
        value = landscape.value(points.x)
    scale = np.maximum(np.abs(points.value), np.ptp(points.value) if len(points) else 0.0)
    wrong = np.flatnonzero(np.abs(value - points.value) > _OTHER_VALUE * np.maximum(scale, 1e-300))
    if len(wrong):
        row = int(wrong[0])
        told = f"point {row} of points has the value {points.value[row]:.9g}"
        raise ValueError(f"{told} but the landscape has {value[row]:.9g} there; expected points of this landscape")


def require_numbered_saddles(network: Any) -> None:
    """Raise ValueError unless every edge of a transition network tells its `saddle`, its `ends` and the `barriers`.

    Raises
    ------
    ValueError
        If one is missing, a saddle has no whole number, or the ends are not those of the edge.
    """
    for a, b, data in network.edges(data=True):
        where = f"the saddle that joins the minima {a} and {b}"
        if not _is_count(data.get("saddle")):
            raise ValueError(f"{where} has {_told(data, 'saddle', 'number')}; expected a whole number, at least 0")
        ends, barriers = data.get("ends"), data.get("barriers")
        if not _is_pair(ends) or tuple(ends) not in ((a, b), (b, a)):
            raise ValueError(f"{where} has {_told(data, 'ends')}; expected these two minima")
        if not _is_pair(barriers) or not all(map(_finite, barriers)):
            raise ValueError(f"{where} has {_told(data, 'barriers')}; expected two finite numbers")


def require_minima(known: Collection[Any], *numbers: Any) -> None:
    """Raise ValueError unless there are minima of these numbers.

    Raises
    ------
    ValueError
        If one is not known; the sentence tells which are.

    Examples
    --------
    >>> require_minima([0, 1, 2, 7], 0, 5)
    Traceback (most recent call last):
        ...
    ValueError: there is no minimum 5; the minima are 0 to 2 and 7
    """
    for number in numbers:
        if number not in known:
            are = f"the minima are {listed(known)}" if len(known) > 1 else f"the only one is {listed(known)}"
            raise ValueError(f"there is no minimum {number}; {are if len(known) else 'there are none at all'}")


def listed(numbers: Iterable[Any]) -> str:
    """Numbers in words, neighbours as a range: '0 to 2 and 7'; of many ranges the first ones and the last."""
    try:
        runs = itertools.groupby(enumerate(sorted(numbers)), lambda entry: entry[1] - entry[0])
        groups = [[number for _, number in run] for _, run in runs]
    except TypeError:  # names instead of numbers
        groups = [[name] for name in numbers]
    parts = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in groups]
    if len(parts) > _MOST_RANGES:
        parts = [*parts[: _MOST_RANGES - 1], "...", parts[-1]]
        return ", ".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def saddle_number(key: Any, data: dict[str, Any]) -> Any:
    """The number of the saddle that an edge is: its `saddle`, or its key where it has none."""
    return data.get("saddle", key)


def passages(network: Any) -> Iterator[tuple[Any, Any, float, dict[str, Any]]]:
    """Pairs of minima that a saddle joins, from one side of it and from the other, with the part of what crosses it
    that goes between them, and the edge's attributes.

    That is all of it, and the pair the edge's own, but where symmetry leads one of its lines into another saddle, from
    which it goes on to several minima: the edge's `destinations`.
    """
    for a, b, data in network.edges(data=True):
        if "destinations" not in data:
            yield a, b, 1.0, data
            continue
        one_side, other_side = data["destinations"]
        for (one, share), (other, part) in itertools.product(one_side, other_side):
            yield one, other, share * part, data


def _are_destinations(value: Any, network: Any) -> bool:
    """Whether these are, for each of two lines, pairs of a minimum and a share."""
    if not _is_pair(value):
        return False
    for line in value:
        if not isinstance(line, tuple | list) or not all(_is_pair(entry) for entry in line):
            return False
        if not all(_is_count(minimum) and minimum in network and _finite(share) for minimum, share in line):
            return False
        if min((share for _, share in line), default=0) <= 0 or abs(sum(share for _, share in line) - 1) > TIE:
            return False
    return True


def tie_of(network: Any) -> float:
    """How far apart two heights of a network may be and count as equal."""
    heights = [height for _, height in network.nodes(data="value")]
    heights += [height for *_, height in network.edges(data="value")]
    return TIE * (max(heights) - min(heights)) if heights else 0.0


def _finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except (TypeError, OverflowError):
        return False


def _is_count(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) >= 0


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2


def _told(data: dict[str, Any], key: str = "value", name: str | None = None) -> str:
    name = name or key
    return f"the {name} {data[key]!r}" if key in data else f"no {name}"
