"""Networks in files: GraphML, JSON node-link, and PATHSAMPLE's min.data and ts.data."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from landscape.function import Landscape
from landscape.network.connect import Graph
from landscape.particles import ParticleSymmetry
from landscape.symmetry import Identity, SignFlip

PathLike = str | os.PathLike[str]


def write_graphml(graph: Graph, path: PathLike) -> None:
    """Write a network, of critical points or of transitions, as GraphML, which Gephi, Cytoscape and igraph read.

    Attributes that are lists, such as coordinates, are written as JSON text.
    """
    flat = graph.__class__()
    flat.graph.update(_texts(graph.graph))
    flat.add_nodes_from((node, _texts(data)) for node, data in graph.nodes(data=True))
    flat.add_edges_from((a, b, key, _texts(data)) for a, b, key, data in graph.edges(keys=True, data=True))
    with whole(path) as draft:
        nx.write_graphml(flat, os.fspath(draft))


def read_graphml(path: PathLike) -> Graph:
    """Read what `write_graphml` wrote."""
    flat = nx.read_graphml(os.fspath(path), node_type=int, edge_key_type=int, force_multigraph=True)
    graph = flat.__class__()
    graph.graph.update({k: v for k, v in _values(flat.graph).items() if k not in ("node_default", "edge_default")})
    graph.add_nodes_from((node, _values(data)) for node, data in flat.nodes(data=True))
    graph.add_edges_from((a, b, key, _values(data)) for a, b, key, data in flat.edges(keys=True, data=True))
    return graph


def write_json(graph: Graph, path: PathLike) -> None:
    """Write a network as JSON in NetworkX's node-link form, which D3 reads."""
    text = json.dumps(nx.node_link_data(graph, edges="edges"), allow_nan=False)
    with whole(path) as draft:
        draft.write_text(text + "\n", encoding="utf-8")


def read_json(path: PathLike) -> Graph:
    """Read what `write_json` wrote."""
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    graph = nx.node_link_graph(data, edges="edges")
    for _, attributes in graph.nodes(data=True):
        attributes.update(_tuples(attributes))
    for *_, attributes in graph.edges(keys=True, data=True):
        attributes.update(_tuples(attributes))
    return graph


def write_pathsample(landscape: Landscape, network: Graph, folder: PathLike) -> None:
    """Write min.data and ts.data, the stationary points' database of PATHSAMPLE (Wales 2024), into a folder.

    A line of min.data holds energy, the sum of ln(eigenvalue) over vibrations, point group order and three moments of
    inertia; a line of ts.data holds energy, that sum without the negative eigenvalue, point group order, the numbers of
    the two minima from 1, and three moments of inertia. For other landscapes than clusters of particles the moments
    are 1, and the group order is that of the point's stabilizer.

    Parameters
    ----------
    network : networkx.MultiGraph
        From `transition_network`.
    folder : path
        Must exist.

    Raises
    ------
    ValueError
        If the order of a point group is not known.
    """
    number = {node: row for row, node in enumerate(network.nodes, start=1)}
    minima = [_line(landscape, data) for _, data in network.nodes(data=True)]
    edges = sorted((data for *_, data in network.edges(data=True)), key=lambda data: data["saddle"])
    saddles = [_line(landscape, data, [number[end] for end in data["ends"]]) for data in edges]
    for name, lines in (("min.data", minima), ("ts.data", saddles)):
        with whole(Path(folder) / name) as draft:
            draft.write_text("".join(lines), encoding="ascii")


def read_pathsample(folder: PathLike) -> Graph:
    """The transition network in the min.data and ts.data of a folder, with nodes from 0.

    Nodes and edges have `value`, `log_product` (the sum of ln(eigenvalue) over vibrations), `point_group_order` and
    `moments`; edges also `saddle`, `ends` and `barriers`. Which branch leads to which end is not kept in the files.

    Raises
    ------
    ValueError
        If a line does not have the numbers that it should.
    """
    network = nx.MultiGraph(problem="")
    for node, entries in enumerate(_entries(Path(folder) / "min.data", 6)):
        network.add_node(node, kind="minimum", index=0, **_attributes(entries[:3], entries[3:6]))
    for number, entries in enumerate(_entries(Path(folder) / "ts.data", 8)):
        ends = tuple(int(entry) - 1 for entry in entries[3:5])
        if not all(end in network for end in ends):
            raise ValueError(f"line {number + 1} of ts.data joins the minima {ends[0] + 1} and {ends[1] + 1}")
        saddle = network.number_of_nodes() + number
        barriers = tuple(float(entries[0]) - network.nodes[end]["value"] for end in ends)
        data = {"saddle": saddle, "index": 1, "kind": "saddle", "ends": ends, "barriers": barriers}
        network.add_edge(*ends, key=saddle, **data, **_attributes(entries[:3], entries[5:8]))
    return network


def log_product(data: dict[str, Any]) -> float:
    """The sum of ln(eigenvalue) over the vibrations of a point, the positive `eigenvalues` of its node or edge."""
    eigenvalues = np.array(data["eigenvalues"])
    return float(np.log(eigenvalues[eigenvalues > 0]).sum())


def point_group_order(landscape: Landscape, data: dict[str, Any]) -> int | None:
    """The order of a point's stabilizer, from its coordinates or the `orbit_size` of its node or edge; None where that
    is not known."""
    symmetry = landscape.symmetry
    if isinstance(symmetry, ParticleSymmetry):
        return int(symmetry.point_group_order(landscape.manifold, np.array(data["x"]))) or None
    if not isinstance(symmetry, Identity | SignFlip) or not data["orbit_size"]:
        return None
    return (2 if isinstance(symmetry, SignFlip) else 1) // int(data["orbit_size"])


@contextmanager
def whole(path: PathLike) -> Iterator[Path]:
    """A file beside `path` to be written, which takes its place when the block has ended well: never seen in part."""
    draft = Path(path).with_name(f".{Path(path).name}.{os.getpid()}.part")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _texts(data: dict[str, Any]) -> dict[str, Any]:
    return {key: json.dumps(value) if isinstance(value, tuple | list) else value for key, value in data.items()}


def _values(data: dict[str, Any]) -> dict[str, Any]:
    loaded = {
        key: json.loads(value) if isinstance(value, str) and value.startswith("[") else value
        for key, value in data.items()
    }
    return _tuples(loaded)


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}


def _line(landscape: Landscape, data: dict[str, Any], ends: list[int] | None = None) -> str:
    order = point_group_order(landscape, data)
    if order is None:
        raise ValueError(f"the orders of point groups under {landscape.symmetry} are not known")
    moments = np.ones(3)
    if isinstance(landscape.symmetry, ParticleSymmetry):
        r = np.array(data["x"]).reshape(-1, 3)
        r = r - r.mean(axis=0)
        moments = np.linalg.eigvalsh((r**2).sum() * np.eye(3) - r.T @ r)
    reals = [f"{number:.17g}" for number in (data["value"], log_product(data), *moments)]
    return " ".join([*reals[:2], str(order), *map(str, ends or ()), *reals[2:]]) + "\n"


def _entries(path: Path, number: int) -> list[list[str]]:
    rows = [line.split() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    for row, entries in enumerate(rows, start=1):
        if len(entries) < number:
            raise ValueError(f"line {row} of {path.name} has {len(entries)} numbers but must have {number}")
    return rows


def _attributes(common: list[str], moments: list[str]) -> dict[str, Any]:
    return {
        "value": float(common[0]),
        "log_product": float(common[1]),
        "point_group_order": int(common[2]),
        "moments": tuple(float(moment) for moment in moments),
    }
