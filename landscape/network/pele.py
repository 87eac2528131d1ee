"""Networks in pele's database: SQLite, with pickled coordinates (pele, the Python energy landscape explorer)."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from landscape.arrays import Array
from landscape.batch import parts
from landscape.function import Landscape
from landscape.network.connect import Graph
from landscape.network.export import PathLike, writing
from landscape.network.geometry import unstable_directions
from landscape.network.pathsample import point_group_order
from landscape.network.pickled_arrays import pickled, unpickled
from landscape.network.thermodynamics import log_product
from landscape.network.transitions import require_numbered_saddles, require_transitions

SCHEMA_VERSION = 2

_HESSIAN_ENTRIES = 10_000_000  # in memory at once, 80 MB
_SCHEMA = f"""
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE tbl_minima (
    _id INTEGER NOT NULL PRIMARY KEY, energy FLOAT, coords BLOB, fvib FLOAT, pgorder INTEGER, invalid INTEGER,
    user_data BLOB
);
CREATE TABLE tbl_transition_states (
    _id INTEGER NOT NULL PRIMARY KEY, energy FLOAT, coords BLOB,
    _minimum1_id INTEGER REFERENCES tbl_minima (_id), _minimum2_id INTEGER REFERENCES tbl_minima (_id),
    eigenval FLOAT, eigenvec BLOB, fvib FLOAT, pgorder INTEGER, invalid INTEGER, user_data BLOB
);
CREATE TABLE tbl_system_property (
    _id INTEGER NOT NULL PRIMARY KEY, property_name VARCHAR, int_value INTEGER, float_value FLOAT,
    string_value VARCHAR, pickle_value BLOB
);
CREATE INDEX idx_minimum_energy ON tbl_minima (energy);
CREATE INDEX idx_transition_state_energy ON tbl_minima (energy);
CREATE INDEX idx_transition_states ON tbl_transition_states (_minimum1_id, _minimum2_id);
"""


def write_pele(landscape: Landscape | None, network: Graph, path: PathLike) -> None:
    """Write a transition network as a new database of pele, version 2 of its schema.

    Minima and transition states are numbered from 1, in the network's order. `fvib` is the sum of ln(eigenvalue) over
    the vibrations, empty where a point is degenerate, `pgorder` the order of the point's stabilizer, empty where it is
    not known; `eigenval` and `eigenvec` are those of the unstable direction. A point's own `log_product`,
    `point_group_order`, `eigenvalue`, `direction` and `invalid` are written where it has them, as after `read_pele`.

    Parameters
    ----------
    landscape : Landscape or None
        None will do for a network that was read: what only the landscape could tell is left empty then.
    network : networkx.MultiGraph
        From `transition_network`, or read from a file with coordinates.
    path : path
        There must be no such file; it appears whole or not at all.

    Returns
    -------
    None

    Raises
    ------
    ValueError
        If there is one, it cannot be written, or the network is none of transitions or has no coordinates.

    Examples
    --------
    >>> import numpy as np, landscape, tempfile
    >>> camel = landscape.problem("six_hump_camel")
    >>> points = landscape.find_critical_points(camel, camel.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(camel, points))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     landscape.write_pele(camel, network, f"{folder}/camel.sqlite")
    ...     again = landscape.read_pele(f"{folder}/camel.sqlite")
    >>> again.number_of_nodes(), again.number_of_edges(), again.nodes[0]["x"] == network.nodes[0]["x"]
    (6, 7, True)
    """
    if Path(path).exists():
        raise ValueError(f"{path} exists already")
    minima, saddles = _rows(landscape, network)
    problem = network.graph.get("problem", "")
    try:
        with writing(path) as draft, closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.executescript(_SCHEMA)
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO tbl_minima VALUES (?, ?, ?, ?, ?, ?, NULL)", minima)
            connection.executemany(
                "INSERT INTO tbl_transition_states VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", saddles
            )
            connection.execute(
                "INSERT INTO tbl_system_property (property_name, string_value) VALUES ('problem', ?)", (problem,)
            )
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise ValueError(f"{path} cannot be written: {error}") from error


def read_pele(path: PathLike, keep_invalid: bool = False) -> Graph:
    """The transition network in a database of pele, with nodes from 0 in the order of pele's numbers.

    Rows that pele marks as invalid, and transition states that join such a minimum, are left out unless `keep_invalid`.
    Nodes and edges have `value`, `pele_id`, `invalid` (whether pele marks them so) and, where the database has them,
    `x`, `log_product` (the sum of ln(eigenvalue) over vibrations) and `point_group_order`; edges also `saddle`, `ends`,
    `barriers` and, where the database has them, `eigenvalue` and `direction` of the unstable mode. Which branch leads
    to which end is not kept in the file. Coordinates are pickles there: they are decoded, and nothing in them is run.

    Parameters
    ----------
    path : path
    keep_invalid : bool
        Whether rows that are marked as invalid are kept.

    Returns
    -------
    networkx.MultiGraph
        As `transition_network` makes it.

    Raises
    ------
    ValueError
        If there is no such file, it is not a database of pele, of another version, or what it holds is not sound.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> surface = landscape.problem("muller_brown")
    >>> points = landscape.find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))
    >>> network = landscape.transition_network(landscape.connect(surface, points))
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     landscape.write_pele(surface, network, f"{folder}/surface.sqlite")
    ...     again = landscape.read_pele(f"{folder}/surface.sqlite")
    >>> again.nodes[0]["pele_id"], [round(data["eigenvalue"], 2) for *_, data in again.edges(data=True)]
    (1, [-750.86, -735.25])
    """
    with _reading(Path(path)) as connection:
        network = nx.MultiGraph(problem=_problem(connection))
        node_of: dict[int, int] = {}
        left_out: set[int] = set()
        columns = "_id, energy, coords, fvib, pgorder, invalid"
        for row in connection.execute(f"SELECT {columns} FROM tbl_minima ORDER BY _id"):
            if row[5] and not keep_invalid:
                left_out.add(row[0])
                continue
            node = node_of[row[0]] = len(node_of)
            network.add_node(node, kind="minimum", index=0, **_attributes(f"minimum {row[0]}", *row))
        columns += ", _minimum1_id, _minimum2_id, eigenval, eigenvec"
        select = f"SELECT {columns} FROM tbl_transition_states ORDER BY _id"
        for row in connection.execute(select):
            if (row[5] and not keep_invalid) or not left_out.isdisjoint(row[6:8]):
                continue
            saddle, name = len(network) + network.number_of_edges(), f"transition state {row[0]}"
            data = _attributes(name, *row[:6])
            for key, value in (("eigenvalue", _real(f"eigenval of {name}", row[8])), ("direction", _x(name, row[9]))):
                data.update({} if value is None else {key: value})
            for end in row[6:8]:
                if end not in node_of:
                    raise ValueError(f"{name} joins the minimum {end}, which there is not")
            ends = (node_of[row[6]], node_of[row[7]])
            barriers = tuple(data["value"] - network.nodes[end]["value"] for end in ends)
            network.add_edge(
                *ends, key=saddle, saddle=saddle, kind="saddle", index=1, ends=ends, barriers=barriers, **data
            )
    return network


def _rows(landscape: Landscape | None, network: Graph) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The rows of both tables."""
    require_transitions(network)
    require_numbered_saddles(network)
    number = {node: row for row, node in enumerate(network.nodes, start=1)}
    edges = sorted((data for *_, data in network.edges(data=True)), key=lambda data: data["saddle"])
    for data in (*(data for _, data in network.nodes(data=True)), *edges):
        if "x" not in data:
            raise ValueError("network has no coordinates; expected what transition_network makes")
    minima = [
        (number[node], data["value"], pickled(np.array(data["x"])), *_vibrations(landscape, data))
        for node, data in network.nodes(data=True)
    ]
    saddles = []
    for row, (data, mode) in enumerate(zip(edges, _modes(landscape, edges), strict=True)):
        one, other = sorted(number[end] for end in data["ends"])  # pele wants the lower number first
        common = (row + 1, data["value"], pickled(np.array(data["x"])))
        saddles.append((*common, one, other, *mode, *_vibrations(landscape, data)))
    return minima, saddles


def _vibrations(landscape: Landscape | None, data: dict[str, Any]) -> tuple[float | None, int | None, bool]:
    known = data.get("kind") != "degenerate" and ("log_product" in data or "eigenvalues" in data)
    return log_product(data) if known else None, point_group_order(landscape, data), bool(data.get("invalid"))


def _modes(landscape: Landscape | None, edges: list[dict[str, Any]]) -> list[tuple[float | None, bytes | None]]:
    """The unstable eigenvalue and eigenvector of saddles: their own, or the landscape's."""
    own = [(data.get("eigenvalue"), data.get("direction")) for data in edges]
    modes = [(value, None if v is None else pickled(np.array(v))) for value, v in own]
    missing = [] if landscape is None else [k for k, mode in enumerate(own) if None in mode]
    if landscape is None or not missing:
        return modes
    x = [np.array(edges[k]["x"]) for k in missing]
    if any(point.shape != (landscape.dim,) for point in x):
        raise ValueError(f"points of the network do not have the {landscape.dim} coordinates of the landscape")
    direction, curvature = _unstable(landscape, np.stack(x))
    for row, k in enumerate(missing):
        modes[k] = (float(curvature[row]), pickled(direction[row]))
    return modes


def _unstable(landscape: Landscape, x: Array) -> tuple[Array, Array]:
    """The unstable directions (m, n) of saddles (m, n), and their eigenvalues (m,)."""
    found = [unstable_directions(landscape, x[part], 1) for part in parts(len(x), landscape.dim**2, _HESSIAN_ENTRIES)]
    axes, curvature = (np.concatenate(pieces) for pieces in zip(*found, strict=True))
    return axes[:, 0], curvature[:, 0]


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a database of pele that is not written to; what is wrong with it is told with its name."""
    if not path.is_file():
        raise ValueError(f"there is no file {str(path)!r}")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not {"tbl_minima", "tbl_transition_states"} <= tables:
                raise ValueError("is not a database of pele: it lacks tbl_minima or tbl_transition_states")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != SCHEMA_VERSION:
                raise ValueError(f"has version {version} of pele's schema; expected {SCHEMA_VERSION}")
            yield connection
    except sqlite3.Error as error:
        raise ValueError(f"{path} cannot be read as a database of pele: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _problem(connection: sqlite3.Connection) -> str:
    """The name of the problem, if the database says so."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'tbl_system_property'").fetchone() is None:
        return ""
    select = "SELECT string_value FROM tbl_system_property WHERE property_name = 'problem'"
    row = connection.execute(select).fetchone()
    return row[0] if row is not None and isinstance(row[0], str) else ""


def _attributes(
    name: str, number: int, energy: Any, coords: Any, fvib: Any, pgorder: Any, invalid: Any
) -> dict[str, Any]:
    value = _real(f"energy of {name}", energy)
    if value is None:
        raise ValueError(f"energy of {name} is not there")
    if not isinstance(pgorder, int | None):
        raise ValueError(f"pgorder of {name} is {pgorder!r} but must be a whole number")
    optional = {"x": _x(name, coords), "log_product": _real(f"fvib of {name}", fvib), "point_group_order": pgorder}
    known = {key: entry for key, entry in optional.items() if entry is not None}
    return {"value": value, "pele_id": number, "invalid": bool(invalid), **known}


def _real(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is {str(value)[:30]} but must be a finite number")
    return float(value)


def _x(name: str, content: Any) -> tuple[float, ...] | None:
    if content is None:
        return None
    if not isinstance(content, bytes):
        raise ValueError(f"an array of {name} is {type(content).__name__}, not a pickle")
    try:
        x = unpickled(content).reshape(-1)
    except ValueError as error:
        raise ValueError(f"an array of {name} {error}") from None
    if not np.isfinite(x).all():
        raise ValueError(f"an array of {name} is not finite")
    return tuple(x.tolist())
