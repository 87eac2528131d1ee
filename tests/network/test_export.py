"""What is written is read again."""

import re

import networkx as nx
import pytest

from landscape import read_graphml, read_json, write_graphml, write_json


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


@pytest.mark.parametrize(("write", "read"), [(write_graphml, read_graphml), (write_json, read_json)])
def test_rows_that_a_graph_has_keep_their_form(write, read, surface, tmp_path):
    graph = surface[1].copy()
    graph.graph.update(lost=[(3, 0), (4, 1)], left_out=[(3, "step limit")], problem="[an odd name")
    write(graph, tmp_path / "network")
    assert read(tmp_path / "network").graph == graph.graph


@pytest.mark.parametrize(
    "content", ["[]", "{}", "3", "nothing", '{"multigraph": false, "nodes": [], "edges": []}', "<a/>"]
)
@pytest.mark.parametrize("read", [read_graphml, read_json])
def test_what_is_no_network_is_one_sentence(read, content, tmp_path):
    (tmp_path / "network").write_text(content)
    with pytest.raises(ValueError, match="network is not a network in"):
        read(tmp_path / "network")
    with pytest.raises(ValueError, match="there is no file"):
        read(tmp_path / "nothing")


@pytest.mark.parametrize("write", [write_graphml, write_json])
def test_what_cannot_be_written_is_one_sentence_with_the_files_own_name(write, surface, tmp_path):
    path = tmp_path / "nowhere" / "network"
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))} cannot be written: No such file or directory$"):
        write(surface[1], path)
    for thing, kind in ((nx.path_graph(3), "Graph"), (nx.DiGraph(), "DiGraph"), (None, "NoneType")):
        with pytest.raises(ValueError, match=f"^graph is a {kind}; expected what connect or transition_network makes$"):
            write(thing, tmp_path / "network")
    odd = surface[2].copy()
    odd.nodes[0]["colour"] = {1 + 2j}
    with pytest.raises(ValueError, match=f"^{re.escape(str(tmp_path / 'network'))} cannot be written: .*set"):
        write(odd, tmp_path / "network")
    assert list(tmp_path.iterdir()) == []
