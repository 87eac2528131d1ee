"""What is written is read again."""

import math

import networkx as nx
import numpy as np
import pytest

from landscape import find_critical_points, problem
from landscape.network.connect import connect, transition_network
from landscape.network.export import (
    read_graphml,
    read_json,
    read_pathsample,
    write_graphml,
    write_json,
    write_pathsample,
)


@pytest.mark.parametrize(("write", "read"), [(write_graphml, read_graphml), (write_json, read_json)])
def test_round_trip(write, read, surface, tmp_path):
    for graph in surface[1:]:
        write(graph, tmp_path / "network")
        again = read(tmp_path / "network")
        assert type(again) is type(graph)
        assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))
        assert nx.utils.edges_equal(
            list(again.edges(keys=True, data=True)),
            list(graph.edges(keys=True, data=True)),
            directed=graph.is_directed(),
        )
        assert again.graph["problem"] == "muller_brown"


def test_pathsample_files_of_the_cluster(cluster, tmp_path):
    landscape, _, network = cluster
    write_pathsample(landscape, network, tmp_path)
    again = read_pathsample(tmp_path)
    assert [again.nodes[k]["value"] for k in again] == [network.nodes[k]["value"] for k in network]
    written = {data["saddle"]: data for *_, data in network.edges(data=True)}
    read = {data["saddle"]: data for *_, data in again.edges(data=True)}
    assert read.keys() == written.keys()
    for saddle, data in read.items():
        assert data["ends"] == written[saddle]["ends"]
        assert data["barriers"] == pytest.approx(written[saddle]["barriers"])
    # D5h: pentagonal bipyramid; C3v: capped octahedron and tricapped tetrahedron; C2: the skew structure.
    assert [again.nodes[k]["point_group_order"] for k in again] == [20, 6, 6, 2]


def test_log_products_and_moments_do_not_depend_on_orientation(cluster, tmp_path):
    landscape, _, network = cluster
    turned = network.copy()
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    for node, data in network.nodes(data=True):
        x = (np.array(data["x"]).reshape(-1, 3) @ rotation + 1.0).reshape(-1)
        turned.nodes[node]["x"] = tuple(x.tolist())
    for part, which in ((tmp_path / "a", network), (tmp_path / "b", turned)):
        part.mkdir()
        write_pathsample(landscape, which, part)
    one, other = read_pathsample(tmp_path / "a"), read_pathsample(tmp_path / "b")
    for node in one:
        np.testing.assert_allclose(one.nodes[node]["moments"], other.nodes[node]["moments"])
        product = math.prod(network.nodes[node]["eigenvalues"])
        assert one.nodes[node]["log_product"] == pytest.approx(math.log(product))


def test_a_damaged_file_is_one_sentence(tmp_path):
    (tmp_path / "min.data").write_text("-1.0 2.0 1 1.0\n")
    with pytest.raises(ValueError, match=r"line 1 of min\.data has 4 numbers but must have 6"):
        read_pathsample(tmp_path)
    (tmp_path / "min.data").write_text("-1.0 2.0 1 1.0 1.0 1.0\n")
    (tmp_path / "ts.data").write_text("0.0 2.0 1 1 2 1.0 1.0 1.0\n")
    with pytest.raises(ValueError, match=r"line 1 of ts\.data joins the minima 1 and 2"):
        read_pathsample(tmp_path)


def test_landscapes_without_symmetry_have_points_of_order_one(tmp_path):
    camel = problem("six_hump_camel")
    points = find_critical_points(camel, camel.starts(np.random.default_rng(0), 400))
    write_pathsample(camel, transition_network(connect(camel, points)), tmp_path)
    again = read_pathsample(tmp_path)
    assert {data["point_group_order"] for _, data in again.nodes(data=True)} == {1}
    assert again.number_of_edges() == 7
