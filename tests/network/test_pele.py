"""pele's database: what is written is what pele reads, and what pele writes is read."""

import pickle
import sqlite3

import networkx as nx
import numpy as np
import pytest

from landscape import (
    problem,
    rate_matrix,
    read_graphml,
    read_pathsample,
    read_pele,
    write_graphml,
    write_pathsample,
    write_pele,
)

# The tables that pele 0.1.2 makes, column by column.
TABLES = """
PRAGMA user_version = 2;
CREATE TABLE tbl_minima (_id INTEGER NOT NULL, energy FLOAT, coords BLOB, fvib FLOAT, pgorder INTEGER,
    invalid INTEGER, user_data BLOB, PRIMARY KEY (_id));
CREATE TABLE tbl_transition_states (_id INTEGER NOT NULL, energy FLOAT, coords BLOB, _minimum1_id INTEGER,
    _minimum2_id INTEGER, eigenval FLOAT, eigenvec BLOB, fvib FLOAT, pgorder INTEGER, invalid INTEGER, user_data BLOB,
    PRIMARY KEY (_id), FOREIGN KEY(_minimum1_id) REFERENCES tbl_minima (_id),
    FOREIGN KEY(_minimum2_id) REFERENCES tbl_minima (_id));
CREATE TABLE tbl_system_property (_id INTEGER NOT NULL, property_name VARCHAR, int_value INTEGER, float_value FLOAT,
    string_value VARCHAR, pickle_value BLOB, PRIMARY KEY (_id));
"""
MINIMUM = "INSERT INTO tbl_minima VALUES (?, ?, ?, ?, ?, ?, ?)"
SADDLE = "INSERT INTO tbl_transition_states VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def array(*numbers):
    return pickle.dumps(np.array(numbers), 5)


@pytest.fixture
def made(tmp_path):
    """Makes a database as pele would, then runs statements on it."""

    def make(*statements):
        path = tmp_path / "pele.sqlite"
        with sqlite3.connect(path) as connection:
            connection.executescript(TABLES)
            connection.execute(MINIMUM, (3, -1.0, array(0.0, 1.0), 1.5, 2, 0, b"anything"))
            connection.execute(MINIMUM, (7, -2.0, array(2.0, 1.0), None, None, 1, None))
            connection.execute(SADDLE, (4, 0.5, array(1.0, 1.0), 3, 7, -2.0, array(0.6, 0.8), 0.5, 1, 0, None))
            connection.execute(SADDLE, (5, 1.0, array(3.0, 1.0), 7, 7, None, None, None, None, 0, None))
            for statement in statements:
                connection.execute(*statement)
        connection.close()
        return path

    return make


def test_a_database_of_peles_is_read(made):
    network = read_pele(made(), keep_invalid=True)
    assert dict(network.nodes(data=True)) == {
        0: {
            "kind": "minimum",
            "index": 0,
            "value": -1.0,
            "pele_id": 3,
            "invalid": False,
            "x": (0.0, 1.0),
            "log_product": 1.5,
            "point_group_order": 2,
        },
        1: {"kind": "minimum", "index": 0, "value": -2.0, "pele_id": 7, "invalid": True, "x": (2.0, 1.0)},
    }
    assert list(network.edges(keys=True)) == [(0, 1, 2), (1, 1, 3)]
    between = network.edges[0, 1, 2]
    assert (between["ends"], between["barriers"], between["saddle"]) == ((0, 1), (1.5, 2.5), 2)
    assert (between["eigenvalue"], between["direction"], between["x"]) == (-2.0, (0.6, 0.8), (1.0, 1.0))
    assert "eigenvalue" not in network.edges[1, 1, 3]


def test_a_database_is_left_as_it_is_and_the_network_goes_on_to_other_tools(made, tmp_path):
    path = made()
    before = path.read_bytes()
    network = read_pele(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["pele.sqlite"]
    write_graphml(network, tmp_path / "net.graphml")
    assert nx.utils.graphs_equal(read_graphml(tmp_path / "net.graphml"), network)


def test_round_trip(cluster, tmp_path):
    landscape, _, network = cluster
    write_pele(landscape, network, tmp_path / "lj7.sqlite")
    again = read_pele(tmp_path / "lj7.sqlite")
    assert again.graph["problem"] == "lennard_jones"
    assert list(again.nodes) == list(network.nodes)
    # D5h: pentagonal bipyramid; C3v: capped octahedron and tricapped tetrahedron; C2: the skew structure.
    assert [again.nodes[k]["point_group_order"] for k in again] == [20, 6, 6, 2]
    written = sorted((data for *_, data in network.edges(data=True)), key=lambda data: data["saddle"])
    read = sorted((data for *_, data in again.edges(data=True)), key=lambda data: data["saddle"])
    points = [(again.nodes[k], network.nodes[k]) for k in again]
    for one, other in [*points, *zip(read, written, strict=True)]:
        assert (one["value"], one["x"]) == (other["value"], other["x"])
        positive = [v for v in other["eigenvalues"] if v > 0]
        assert one["log_product"] == pytest.approx(np.log(positive).sum())
    for one, other in zip(read, written, strict=True):
        assert one["ends"] == tuple(sorted(other["ends"]))
        v = np.array(one["direction"])
        hessian = landscape.hessian(np.array(one["x"]))
        np.testing.assert_allclose(hessian @ v, one["eigenvalue"] * v, atol=1e-9)
        assert one["eigenvalue"] == pytest.approx(other["eigenvalues"][0])


def test_what_pele_marks_as_invalid_is_left_out(made):
    """With minimum 7 both transition states go, which join it."""
    network = read_pele(made())
    assert ([data["pele_id"] for _, data in network.nodes(data=True)], network.number_of_edges()) == ([3], 0)


def test_a_transition_state_that_is_marked_is_left_out_alone(made):
    sound = ("UPDATE tbl_minima SET invalid = 0",)
    marked = ("UPDATE tbl_transition_states SET invalid = 1 WHERE _id = 4",)
    network = read_pele(made(sound, marked))
    assert [(a, b, data["pele_id"]) for a, b, data in network.edges(data=True)] == [(1, 1, 5)]


def test_a_database_that_was_read_is_written_again_and_gives_rates(cluster, tmp_path):
    """With the landscape and without: no number changes, for each point has its own."""
    landscape, _, network = cluster
    write_pele(landscape, network, tmp_path / "first")
    again = read_pele(tmp_path / "first")
    for name, known in (("with", landscape), ("without", None)):
        write_pele(known, again, tmp_path / name)
        assert (tmp_path / name).read_bytes() == (tmp_path / "first").read_bytes()
    np.testing.assert_allclose(rate_matrix(again, 0.2), rate_matrix(network, 0.2), rtol=1e-12)
    (tmp_path / "folder").mkdir()
    write_pathsample(None, again, tmp_path / "folder")
    other = read_pathsample(tmp_path / "folder")
    np.testing.assert_allclose(rate_matrix(other, 0.2), rate_matrix(network, 0.2), rtol=1e-12)


def test_what_a_database_lacks_stays_empty_or_comes_from_the_landscape(made, tmp_path):
    network = read_pele(made(), keep_invalid=True)
    write_pele(None, network, tmp_path / "again")
    assert nx.utils.graphs_equal(_without_ids(read_pele(tmp_path / "again", keep_invalid=True)), _without_ids(network))
    quadratic = problem("quadratic", eigenvalues=(-2.0, 1.0))
    write_pele(quadratic, network, tmp_path / "known")
    lacking = read_pele(tmp_path / "known", keep_invalid=True).edges[1, 1, 3]
    assert lacking["eigenvalue"] == pytest.approx(-2.0)
    assert np.abs(lacking["direction"]) == pytest.approx([1.0, 0.0])
    with pytest.raises(ValueError, match="do not have the 3 coordinates of the landscape"):
        write_pele(problem("quadratic", eigenvalues=(-2.0, 1.0, 1.0)), network, tmp_path / "third")


def _without_ids(network):
    network = network.copy()
    for _, data in network.nodes(data=True):
        data.pop("pele_id", None)
    for *_, data in network.edges(data=True):
        data.pop("pele_id", None)
    return network


def test_the_same_network_gives_the_same_bytes_and_an_existing_file_is_kept(surface, tmp_path):
    landscape, graph, network = surface
    for name in ("one", "other"):
        write_pele(landscape, network, tmp_path / name)
    content = (tmp_path / "one").read_bytes()
    assert (tmp_path / "other").read_bytes() == content
    with pytest.raises(ValueError, match="one exists already"):
        write_pele(landscape, network, tmp_path / "one")
    with pytest.raises(ValueError, match="network is directed"):
        write_pele(landscape, graph, tmp_path / "third")
    with pytest.raises(ValueError, match="cannot be written"):
        write_pele(landscape, network, tmp_path / "nowhere" / "third")
    bare = nx.MultiGraph()
    bare.add_node(0, value=1.0)
    with pytest.raises(ValueError, match="network has no coordinates"):
        write_pele(landscape, bare, tmp_path / "third")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one", "other"]


def test_nothing_is_left_of_a_database_that_could_not_be_finished(surface, tmp_path):
    landscape, _, network = surface
    broken = network.copy()
    broken.graph["problem"] = object()  # the last thing to be written, and nothing that SQLite takes
    with pytest.raises(ValueError, match="cannot be written"):
        write_pele(landscape, broken, tmp_path / "net.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_network_without_saddles(tmp_path):
    landscape = problem("six_hump_camel")
    lonely = nx.MultiGraph()
    lonely.add_node(0, value=1.0, kind="minimum", x=(0.0, 0.0), eigenvalues=(1.0, 2.0), orbit_size=1)
    write_pele(landscape, lonely, tmp_path / "net.sqlite")
    again = read_pele(tmp_path / "net.sqlite")
    assert (again.number_of_nodes(), again.number_of_edges()) == (1, 0)
    assert again.nodes[0]["log_product"] == pytest.approx(np.log(2.0))


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (("PRAGMA user_version = 1",), "has version 1 of pele's schema; expected 2"),
        (("DROP TABLE tbl_transition_states",), "is not a database of pele"),
        (("ALTER TABLE tbl_minima DROP COLUMN pgorder",), "no such column: pgorder"),
        (("UPDATE tbl_minima SET energy = NULL WHERE _id = 7",), "energy of minimum 7 is not there"),
        (("UPDATE tbl_minima SET energy = 'low'",), "energy of minimum 3 is low but must be a finite number"),
        (("UPDATE tbl_minima SET fvib = 9e999",), "fvib of minimum 3 is inf but must be a finite number"),
        (("UPDATE tbl_minima SET pgorder = 'C2v'",), "pgorder of minimum 3 is 'C2v' but must be a whole number"),
        (("UPDATE tbl_minima SET coords = 'here'",), "an array of minimum 3 is str, not a pickle"),
        (("UPDATE tbl_minima SET coords = x'80'",), "an array of minimum 3 is not a whole pickle"),
        (
            ("UPDATE tbl_minima SET coords = ?", (pickle.dumps(print),)),
            "an array of minimum 3 is not a pickled array of numbers",
        ),
        (("UPDATE tbl_minima SET coords = ?", (array(np.nan),)), "an array of minimum 3 is not finite"),
        (
            ("UPDATE tbl_transition_states SET _minimum2_id = 4",),
            "transition state 4 joins the minimum 4, which there is not",
        ),
        (
            ("UPDATE tbl_transition_states SET _minimum1_id = NULL",),
            "transition state 4 joins the minimum None, which there is not",
        ),
    ],
)
def test_what_is_not_sound_is_one_sentence(made, statement, sentence):
    path = made(statement)
    with pytest.raises(ValueError, match="pele") as caught:
        read_pele(path, keep_invalid=True)
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)


def test_what_is_no_database_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="there is no file"):
        read_pele(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "text").write_text("not a database, but long enough to be taken for one" * 10)
    with pytest.raises(ValueError, match="text cannot be read as a database of pele"):
        read_pele(tmp_path / "text")


@pytest.mark.filterwarnings("ignore")  # pele's own
def test_pele_reads_what_is_written(cluster, tmp_path):
    storage = pytest.importorskip("pele.storage", exc_type=ImportError)
    landscape, _, network = cluster
    write_pele(landscape, network, tmp_path / "lj7.sqlite")
    database = storage.Database(str(tmp_path / "lj7.sqlite"), createdb=False)
    minima, states = database.minima(), database.transition_states()
    assert [m.energy for m in minima] == [network.nodes[k]["value"] for k in network]
    assert [m.coords.tolist() for m in minima] == [list(network.nodes[k]["x"]) for k in network]
    assert len(states) == network.number_of_edges()
    # Vineyard's rates, from pele's columns.
    rates = np.zeros((len(minima), len(minima)))
    for state in states:
        ends = (state.minimum1, state.minimum2)
        assert ends[0].id() <= ends[1].id()
        for here, there in (ends, ends[::-1]) if ends[0] is not ends[1] else ():
            log = (here.fvib - state.fvib) / 2 - (state.energy - here.energy) / 0.3
            rates[here.id() - 1, there.id() - 1] += here.pgorder / state.pgorder / (2 * np.pi) * np.exp(log)
    expected = rate_matrix(network, 0.3)
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


@pytest.mark.filterwarnings("ignore")  # pele's own
def test_what_pele_writes_is_read(tmp_path):
    storage = pytest.importorskip("pele.storage", exc_type=ImportError)
    database = storage.Database(str(tmp_path / "made.sqlite"))
    one = database.addMinimum(-1.0, np.array([0.0, 1.0]), pgorder=2, fvib=1.5)
    other = database.addMinimum(-2.0, np.array([2.0, 1.0]))
    x, v = np.array([1.0, 1.0]), np.array([0.6, 0.8])
    database.addTransitionState(0.5, x, other, one, eigenval=-2.0, eigenvec=v)
    network = read_pele(tmp_path / "made.sqlite")
    assert [data["value"] for _, data in network.nodes(data=True)] == [-1.0, -2.0]
    assert network.edges[0, 1, 2]["direction"] == (0.6, 0.8)
    assert network.nodes[0]["x"] == (0.0, 1.0)
