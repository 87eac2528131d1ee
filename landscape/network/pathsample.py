"""Networks in PATHSAMPLE's files: min.data and ts.data, lines of numbers."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from landscape.function import Landscape
from landscape.network.connect import Graph
from landscape.network.export import PathLike, writing
from landscape.network.thermodynamics import log_product
from landscape.network.transitions import require_numbered_saddles, require_transitions
from landscape.particles import ParticleSymmetry
from landscape.symmetry import Identity, SignFlip


def write_pathsample(landscape: Landscape | None, network: Graph, folder: PathLike) -> None:
    """Write min.data and ts.data, the stationary points' database of PATHSAMPLE (Wales 2024), into a folder.

    A line of min.data holds energy, the sum of ln(eigenvalue) over vibrations, point group order and three moments of
    inertia; a line of ts.data holds energy, that sum without the negative eigenvalue, point group order, the numbers of
    the two minima from 1, and three moments of inertia. A point's own `log_product`, `point_group_order` and `moments`
    are written where it has them, as after `read_pathsample`. Otherwise, for other landscapes than clusters of
    particles, the moments are 1, and the group order is that of the point's stabilizer.

    Parameters
    ----------
    landscape : Landscape or None
        None will do for a network whose points have `log_product` and `point_group_order`.
    network : networkx.MultiGraph
        From `transition_network`, or read from a file.
    folder : path
        Must exist.

    Returns
    -------
    None

    Raises
    ------
    ValueError
        If the network is none of transitions or has no minima, the folder does not exist or cannot be written to, a
        point is degenerate, or the order of a point group is not known.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     landscape.write_pathsample(surface, network, folder)
    ...     pathlib.Path(folder, "ts.data").read_text().split()[2:5]  # after energy and logarithm: order, minima
    ['1', '3', '2']
    """
    require_transitions(network)
    require_numbered_saddles(network)
    if len(network) == 0:
        raise ValueError("the network has no minima: there is nothing to write")
    if not Path(folder).is_dir():
        raise ValueError(f"there is no folder {os.fspath(folder)}")
    number = {node: row for row, node in enumerate(network.nodes, start=1)}
    minima = [_line(landscape, data) for _, data in network.nodes(data=True)]
    edges = sorted((data for *_, data in network.edges(data=True)), key=lambda data: data["saddle"])
    saddles = [_line(landscape, data, [number[end] for end in data["ends"]]) for data in edges]
    for name, lines in (("min.data", minima), ("ts.data", saddles)):
        with writing(Path(folder) / name) as draft:
            draft.write_text("".join(lines), encoding="ascii")


def read_pathsample(folder: PathLike) -> Graph:
    """The transition network in the min.data and ts.data of a folder, with nodes from 0; without a ts.data it has no
    edges.

    Nodes and edges have `value`, `log_product` (the sum of ln(eigenvalue) over vibrations), `point_group_order` and
    `moments`; edges also `saddle`, `ends` and `barriers`. Which branch leads to which end is not kept in the files.

    Parameters
    ----------
    folder : path

    Returns
    -------
    networkx.MultiGraph
        As `transition_network` makes it.

    Raises
    ------
    ValueError
        If there is no min.data, it has no minima, or a line does not have the numbers that it should.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     landscape.write_pathsample(surface, network, folder)
    ...     again = landscape.read_pathsample(folder)
    >>> [data["barriers"] == network.edges[edge]["barriers"] for *edge, data in again.edges(keys=True, data=True)]
    [True, True]
    """
    network = nx.MultiGraph(problem="")
    minima, saddles = Path(folder) / "min.data", Path(folder) / "ts.data"
    for node, (where, entries) in enumerate(_entries(minima, 6)):
        network.add_node(node, kind="minimum", index=0, **_attributes(where, entries[:3], entries[3:6]))
    if len(network) == 0:
        raise ValueError(f"{minima} has no minima; expected a line for each")
    rows = _entries(saddles, 8) if saddles.exists() else []
    for saddle, (where, entries) in enumerate(rows, start=network.number_of_nodes()):
        ends = tuple(_whole_number(where, entry) - 1 for entry in entries[3:5])
        if not all(end in network for end in ends):
            raise ValueError(f"{where} joins the minima {ends[0] + 1} and {ends[1] + 1}, but there are {len(network)}")
        own = _attributes(where, entries[:3], entries[5:8])
        barriers = tuple(own["value"] - network.nodes[end]["value"] for end in ends)
        data = {"saddle": saddle, "index": 1, "kind": "saddle", "ends": ends, "barriers": barriers}
        network.add_edge(*ends, key=saddle, **data, **own)
    return network


def point_group_order(landscape: Landscape | None, data: dict[str, Any]) -> int | None:
    """The order of a point's stabilizer: the `point_group_order` of its node or edge, or else that from its coordinates
    or its `orbit_size`; None where that is not known."""
    if data.get("point_group_order"):
        return int(data["point_group_order"])
    if landscape is None:
        return None
    symmetry = landscape.symmetry
    if isinstance(symmetry, ParticleSymmetry):
        return int(symmetry.point_group_order(landscape.manifold, np.array(data["x"]))) or None if "x" in data else None
    if not isinstance(symmetry, Identity | SignFlip) or not data.get("orbit_size"):
        return None
    return (2 if isinstance(symmetry, SignFlip) else 1) // int(data["orbit_size"])


def _line(landscape: Landscape | None, data: dict[str, Any], ends: list[int] | None = None) -> str:
    order = point_group_order(landscape, data)
    if order is None:
        who = "without a landscape" if landscape is None else f"under {landscape.symmetry}"
        raise ValueError(f"the order of the point group of the point with value {data['value']:.9g} is not known {who}")
    moments = data.get("moments", (1.0, 1.0, 1.0))
    if "moments" not in data and landscape is not None and isinstance(landscape.symmetry, ParticleSymmetry):
        moments = _moments(data)
    reals = [f"{number:.17g}" for number in (data["value"], log_product(data), *moments)]
    return " ".join([*reals[:2], str(order), *map(str, ends or ()), *reals[2:]]) + "\n"


def _moments(data: dict[str, Any]) -> tuple[float, ...]:
    """Moments of inertia of particles of unit mass."""
    if "x" not in data:
        raise ValueError(f"the point with value {data['value']:.9g} has no coordinates and no moments")
    r = np.array(data["x"]).reshape(-1, 3)
    r = r - r.mean(axis=0)
    return tuple(np.linalg.eigvalsh((r**2).sum() * np.eye(3) - r.T @ r).tolist())


def _entries(path: Path, number: int) -> list[tuple[str, list[str]]]:
    """The words of each line of a file that is not empty, and where it stands."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        raise ValueError(f"there is no file {os.fspath(path)!r}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    rows = [(f"line {row} of {path}", line.split()) for row, line in enumerate(lines, start=1) if line.strip()]
    for where, entries in rows:
        if len(entries) < number:
            raise ValueError(f"{where} has {len(entries)} numbers but must have {number}")
    return rows


def _attributes(where: str, common: list[str], moments: list[str]) -> dict[str, Any]:
    order = _whole_number(where, common[2])
    if order < 1:
        raise ValueError(f"{where} has the point group order {order}, which must be at least 1")
    return {
        "value": _real(where, common[0]),
        "log_product": _real(where, common[1]),
        "point_group_order": order,
        "moments": tuple(_real(where, moment) for moment in moments),
    }


def _real(where: str, entry: str) -> float:
    try:
        number = float(entry.lower().replace("d", "e"))  # Fortran writes 1.0D+00
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{where} has {entry!r} where a finite number must be")
    return number


def _whole_number(where: str, entry: str) -> int:
    try:
        return int(entry)
    except ValueError:
        raise ValueError(f"{where} has {entry!r} where a whole number must be") from None
