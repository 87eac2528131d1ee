"""Networks in files: GraphML, and JSON in NetworkX's node-link form."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import networkx as nx

from landscape.files import whole
from landscape.network.connect import Graph

PathLike = str | os.PathLike[str]


def write_graphml(graph: Graph, path: PathLike) -> None:
    """Write a network, of critical points or of transitions, as GraphML, which Gephi, Cytoscape and igraph read.

    Attributes that are lists, such as coordinates, are written as JSON text.

    Parameters
    ----------
    graph : networkx.MultiDiGraph or networkx.MultiGraph
        From `connect`, `hierarchy` or `transition_network`.
    path : path
        A file that is there is replaced.

    Returns
    -------
    None

    Raises
    ------
    ValueError
        If the graph is no multigraph, has an attribute that GraphML cannot tell, or the file cannot be written.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     landscape.write_graphml(network, f"{folder}/network.graphml")
    ...     again = landscape.read_graphml(f"{folder}/network.graphml")
    >>> list(again.edges(keys=True)), again.nodes[0]["x"] == network.nodes[0]["x"]
    ([(0, 2, 4), (1, 2, 3)], True)
    """
    _require_multigraph(graph)
    flat = graph.__class__()
    flat.graph.update(_texts(graph.graph))
    flat.add_nodes_from((node, _texts(data)) for node, data in graph.nodes(data=True))
    flat.add_edges_from((a, b, key, _texts(data)) for a, b, key, data in graph.edges(keys=True, data=True))
    with writing(path) as draft:
        nx.write_graphml(flat, os.fspath(draft))


def read_graphml(path: PathLike) -> Graph:
    """Read what `write_graphml` wrote.

    Parameters
    ----------
    path : path

    Returns
    -------
    networkx.MultiDiGraph or networkx.MultiGraph
        What was written, its attributes included.

    Raises
    ------
    ValueError
        If there is no such file, or it is no network in GraphML with numbers for nodes.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     landscape.write_graphml(network, f"{folder}/network.graphml")
    ...     landscape.minimax_path(landscape.read_graphml(f"{folder}/network.graphml"), 0, 1).saddles
    (4, 3)
    """
    with _reading(path, "a network in GraphML with numbers for nodes"):
        flat = nx.read_graphml(os.fspath(path), node_type=int, edge_key_type=int, force_multigraph=True)
        graph = flat.__class__()
        graph.graph.update(_of_graph(_values(flat.graph)))
        graph.add_nodes_from((node, _tuples(_values(data))) for node, data in flat.nodes(data=True))
        graph.add_edges_from(
            (a, b, key, _tuples(_values(data))) for a, b, key, data in flat.edges(keys=True, data=True)
        )
    return graph


def write_json(graph: Graph, path: PathLike) -> None:
    """Write a network as JSON in NetworkX's node-link form, which D3 reads.

    Parameters
    ----------
    graph : networkx.MultiDiGraph or networkx.MultiGraph
        From `connect`, `hierarchy` or `transition_network`.
    path : path
        A file that is there is replaced.

    Returns
    -------
    None

    Raises
    ------
    ValueError
        If the graph is no multigraph, has an attribute that JSON cannot tell, or the file cannot be written.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     landscape.write_json(network, f"{folder}/network.json")
    ...     again = landscape.read_json(f"{folder}/network.json")
    >>> dict(again.nodes(data=True)) == dict(network.nodes(data=True))
    True
    """
    _require_multigraph(graph)
    with writing(path) as draft:
        text = json.dumps(nx.node_link_data(graph, edges="edges"), allow_nan=False)
        draft.write_text(text + "\n", encoding="utf-8")


def read_json(path: PathLike) -> Graph:
    """Read what `write_json` wrote.

    Parameters
    ----------
    path : path

    Returns
    -------
    networkx.MultiDiGraph or networkx.MultiGraph
        What was written, its attributes included.

    Raises
    ------
    ValueError
        If there is no such file, or it is no network in NetworkX's node-link form with several edges a pair.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     landscape.write_json(network, f"{folder}/network.json")
    ...     landscape.disconnectivity(landscape.read_json(f"{folder}/network.json"))
    disconnectivity graph: 3 minima, 2 superbasins, 1 root
    """
    with _reading(path, "a network in NetworkX's node-link form"):
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        if not data["multigraph"]:
            raise ValueError("it is no multigraph")
        graph = nx.node_link_graph(data, edges="edges")
        graph.graph.update(_of_graph(graph.graph))
        for _, attributes in graph.nodes(data=True):
            attributes.update(_tuples(attributes))
        for *_, attributes in graph.edges(keys=True, data=True):
            attributes.update(_tuples(attributes))
    return graph


def _require_multigraph(graph: Graph) -> None:
    if not isinstance(graph, nx.Graph) or not graph.is_multigraph():
        raise ValueError(f"graph is a {type(graph).__name__}; expected what connect or transition_network makes")


@contextmanager
def writing(path: PathLike) -> Iterator[Path]:
    """`landscape.files.whole`, where whatever goes wrong becomes one sentence with the name of the file."""
    try:
        with whole(path) as draft:
            yield draft
    except OSError as error:
        raise ValueError(f"{os.fspath(path)} cannot be written: {error.strerror or error}") from error
    except (TypeError, ValueError, nx.NetworkXException) as error:
        raise ValueError(f"{os.fspath(path)} cannot be written: {error}") from error


@contextmanager
def _reading(path: PathLike, expected: str) -> Iterator[None]:
    """Whatever goes wrong with a file that is read becomes one sentence with its name."""
    if not Path(path).is_file():
        raise ValueError(f"there is no file {os.fspath(path)!r}")
    try:
        yield
    except KeyError as error:
        raise ValueError(f"{os.fspath(path)} is not {expected}: it lacks {error}") from error
    except (ParseError, nx.NetworkXException, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"{os.fspath(path)} is not {expected}: {str(error) or type(error).__name__}") from error


def _texts(data: dict[str, Any]) -> dict[str, Any]:
    return {key: json.dumps(value) if isinstance(value, tuple | list) else value for key, value in data.items()}


def _values(data: dict[str, Any]) -> dict[str, Any]:
    return {key: _loaded(value) if isinstance(value, str) else value for key, value in data.items()}


def _loaded(text: str) -> Any:
    """The list that JSON text means; any other text is itself."""
    try:
        return json.loads(text) if text.startswith("[") else text
    except json.JSONDecodeError:
        return text


def _of_graph(data: dict[str, Any]) -> dict[str, Any]:
    """Attributes of a graph: its lists are of rows, such as the saddle and the branch of each lost line."""
    own = {key: value for key, value in data.items() if key not in ("node_default", "edge_default")}
    return {key: [_frozen(row) for row in value] if isinstance(value, list) else value for key, value in own.items()}


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {key: _frozen(value) for key, value in data.items()}


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
