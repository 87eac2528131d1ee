"""PATHSAMPLE's files: what is written is read again, and says the same."""

import math

import networkx as nx
import numpy as np
import pytest

from landscape import (
    Landscape,
    classify,
    connect,
    find_critical_points,
    heat_capacity,
    occupation,
    problem,
    rate_matrix,
    read_pathsample,
    read_pele,
    transition_network,
    write_pathsample,
    write_pele,
)


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
    with pytest.raises(ValueError, match=r"line 1 of .*min\.data has 4 numbers but must have 6"):
        read_pathsample(tmp_path)
    (tmp_path / "min.data").write_text("-1.0 2.0 1 1.0 1.0 1.0\n")
    (tmp_path / "ts.data").write_text("0.0 2.0 1 1 2 1.0 1.0 1.0\n")
    with pytest.raises(ValueError, match=r"line 1 of .*ts\.data joins the minima 1 and 2"):
        read_pathsample(tmp_path)


def test_landscapes_without_symmetry_have_points_of_order_one(tmp_path):
    camel = problem("six_hump_camel")
    points = find_critical_points(camel, camel.starts(np.random.default_rng(0), 400))
    write_pathsample(camel, transition_network(connect(camel, points)), tmp_path)
    again = read_pathsample(tmp_path)
    assert {data["point_group_order"] for _, data in again.nodes(data=True)} == {1}
    assert again.number_of_edges() == 7


def test_what_was_read_is_written_again_and_gives_rates(cluster, tmp_path):
    """The files of a cluster, read and written without it, keep every digit; and their rates are those of the cluster,
    whose copies are counted from its coordinates."""
    landscape, _, network = cluster
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    write_pathsample(landscape, network, tmp_path / "first")
    again = read_pathsample(tmp_path / "first")
    for known in (landscape, None):
        write_pathsample(known, again, tmp_path / "second")
        for name in ("min.data", "ts.data"):
            assert (tmp_path / "second" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()
    np.testing.assert_allclose(rate_matrix(again, 0.2), rate_matrix(network, 0.2), rtol=1e-12)
    np.testing.assert_allclose(occupation(again, [0.1, 0.4]), occupation(network, [0.1, 0.4]), rtol=1e-12)
    np.testing.assert_allclose(heat_capacity(again, 0.2, vibrations=15), heat_capacity(network, 0.2), rtol=1e-12)


def test_without_saddles_there_need_be_no_ts_data_and_fortran_writes_d(tmp_path):
    (tmp_path / "min.data").write_text("-1.5D+00 2.0d-01 1 1.0 1.0 1.0\n\n")
    network = read_pathsample(tmp_path)
    assert (network.number_of_nodes(), network.number_of_edges()) == (1, 0)
    assert (network.nodes[0]["value"], network.nodes[0]["log_product"]) == (-1.5, 0.2)
    with pytest.raises(ValueError, match=r"there is no file .*min\.data"):
        read_pathsample(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("-1.0 low 1 1 1 1", r"line 3 of .*min\.data has 'low' where a finite number must be"),
        ("nan 1.0 1 1 1 1", r"line 3 of .*min\.data has 'nan' where a finite number must be"),
        ("-1.0 1.0 C2v 1 1 1", r"line 3 of .*min\.data has 'C2v' where a whole number must be"),
        ("-1.0 1.0 0 1 1 1", r"line 3 of .*min\.data has the point group order 0, which must be at least 1"),
    ],
)
def test_what_is_no_number_is_named_with_its_line(line, sentence, tmp_path):
    (tmp_path / "min.data").write_text(f"-1.0 1.0 1 1 1 1\n\n{line}\n")
    with pytest.raises(ValueError, match=sentence):
        read_pathsample(tmp_path)


def test_what_cannot_be_written_is_one_sentence(cluster, tmp_path):
    landscape, graph, network = cluster
    with pytest.raises(ValueError, match="there is no folder"):
        write_pathsample(landscape, network, tmp_path / "nowhere")
    with pytest.raises(ValueError, match="network is directed"):
        write_pathsample(landscape, graph, tmp_path)
    with pytest.raises(ValueError, match="is not known without a landscape"):
        write_pathsample(None, network, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_a_file_without_minima_is_no_network(content, tmp_path):
    (tmp_path / "min.data").write_text(content)
    with pytest.raises(ValueError, match=r"min\.data has no minima; expected a line for each"):
        read_pathsample(tmp_path)


def test_a_degenerate_point_has_no_log_product(tmp_path):
    """Neither the noise of its vanishing eigenvalue, nor a file that says nothing of it."""

    def value(x):
        a, b = x[..., 0], x[..., 1]
        return (a**2 - 1) ** 2 + b**2 * (1 - a**2) ** 2 + b**4

    flat = Landscape.from_function(value, dim=2, box=(-2.0, 2.0), confining=True)
    points = classify(flat, [[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    network = transition_network(connect(flat, points))
    assert nx.get_node_attributes(network, "kind") == dict.fromkeys(network, "degenerate")
    with pytest.raises(ValueError, match=r"^the point with value 0 is degenerate: it has no harmonic frequencies$"):
        write_pathsample(flat, network, tmp_path)
    assert list(tmp_path.iterdir()) == []
    write_pele(flat, network, tmp_path / "flat.sqlite")
    again = read_pele(tmp_path / "flat.sqlite")
    assert len(again) == len(network) == 2
    assert not nx.get_node_attributes(again, "log_product")
    with pytest.raises(ValueError, match=r"^what frequencies the critical point with value 0 has is not known"):
        rate_matrix(again, 1.0)


def test_a_network_of_nothing_is_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"^the network has no minima: there is nothing to write$"):
        write_pathsample(None, nx.MultiGraph(), tmp_path)
    assert list(tmp_path.iterdir()) == []
