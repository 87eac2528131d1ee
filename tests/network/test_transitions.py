"""What is no transition network is told in one sentence, wherever it is put."""

import networkx as nx
import numpy as np
import pytest

from landscape import (
    connect,
    degree_distribution,
    disconnectivity,
    find_critical_points,
    funnels,
    global_funnel,
    heat_capacity,
    hierarchy,
    join_components,
    minimax_path,
    monotonic_basins,
    occupation,
    problem,
    rate_matrix,
    transition_network,
    write_pathsample,
    write_pele,
)
from landscape.network.transitions import (
    listed,
    passages,
    require_graph,
    require_minima,
    require_numbered_saddles,
    require_transitions,
)


def test_graphs_and_transition_networks_pass(surface, cluster, ring):
    for _, graph, network in (surface, cluster, ring):
        require_graph(graph)
        require_transitions(network)
        require_numbered_saddles(network)


def test_every_analysis_asks_for_the_right_graph(surface, tmp_path):
    landscape, graph, _ = surface
    for use in (
        disconnectivity,
        degree_distribution,
        funnels,
        global_funnel,
        monotonic_basins,
        lambda g: heat_capacity(g, 1.0),
        lambda g: minimax_path(g, 0, 1),
        lambda g: rate_matrix(g, 1.0),
        lambda g: occupation(g, 1.0),
        lambda g: write_pathsample(landscape, g, tmp_path),
        lambda g: write_pele(landscape, g, tmp_path / "net.sqlite"),
    ):
        with pytest.raises(ValueError, match="expected what transition_network makes of it"):
            use(graph)
    assert list(tmp_path.iterdir()) == []


def valued(*values):
    network = nx.MultiGraph()
    network.add_nodes_from((node, {"value": value}) for node, value in enumerate(values))
    return network


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        ("a file", "network is a str"),
        (nx.Graph(), "network is no MultiGraph"),
        (nx.MultiGraph([(0, 1)]), "minimum 0 of the network has no value"),
        (valued(0.0, float("nan")), "minimum 1 of the network has the value nan"),
        (valued("low"), "minimum 0 of the network has the value 'low'"),
    ],
)
def test_other_things_are_refused(network, sentence):
    with pytest.raises(ValueError, match=sentence):
        require_transitions(network)
    if isinstance(network, nx.MultiGraph) and len(network) == 2 and "value" in network.nodes[0]:
        network.nodes[1]["value"] = 0.0
        network.add_edge(0, 1, key=2)
        with pytest.raises(ValueError, match="saddle 2 of the network has no value"):
            require_transitions(network)


def test_a_transition_network_is_no_graph_of_critical_points(surface):
    landscape, _, network = surface
    for use in (transition_network, lambda graph: join_components(landscape, graph)):
        with pytest.raises(ValueError, match="graph is not directed, as from transition_network; expected what"):
            use(network)
        with pytest.raises(ValueError, match="graph is a NoneType; expected what connect makes"):
            use(None)
        with pytest.raises(ValueError, match="graph is no MultiDiGraph; expected what connect makes"):
            use(nx.DiGraph())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            {"kind": None},
            "node 0 has the kind None; expected one of not_critical, minimum, saddle, maximum, ",
        ),
        ({"kind": ["minimum"]}, r"node 0 has the kind \['minimum'\]; expected one of"),
        ({"index": "1"}, "node 0 has the index '1'; expected a whole number, at least 0"),
        ({"index": -1}, "node 0 has the index -1; expected a whole number, at least 0"),
        ({"value": "x"}, "node 0 has the value 'x'; expected a finite value"),
        ({"value": float("inf")}, "node 0 has the value inf; expected a finite value"),
    ],
)
def test_every_point_of_a_graph_has_kind_index_and_value(data, sentence, surface):
    graph = surface[1].copy()
    graph.nodes[0].update(data)
    with pytest.raises(ValueError, match=f"^{sentence}"):
        transition_network(graph)
    (key,) = data
    del graph.nodes[0][key]
    with pytest.raises(ValueError, match=f"^node 0 has no {key}; expected"):
        transition_network(graph)


def test_what_no_network_uses_may_be_missing(surface):
    """The value of a point that is not critical; but not the length of a line."""
    graph = surface[1].copy()
    graph.add_node(5, kind="not_critical", index=0, value=float("nan"))
    assert transition_network(graph).number_of_edges() == 2
    del graph[3][1][0]["length"]
    with pytest.raises(ValueError, match="the line from 3 to 1 has no length; expected a finite length"):
        transition_network(graph)


@pytest.mark.parametrize(
    "destinations",
    [
        "everywhere",
        [[[0, 1.0]]],
        [[[0, 1.0]], [[1, 0.4], [0, 0.5]]],
        [[[0, 1.0]], [[7, 1.0]]],
        [[[0, 1.0]], []],
        [[[0, 1.0]], [[1, 2.0], [0, -1.0]]],
        [[[0, 1.0]], [1, 1.0]],
    ],
)
def test_destinations_are_minima_with_shares(destinations):
    network = valued(0.0, 1.0)
    network.add_edge(0, 1, key=2, value=2.0, saddle=2, destinations=[[[0, 1.0]], [[1, 0.5], [0, 0.5]]])
    require_transitions(network)
    assert [(a, b, share) for a, b, share, _ in passages(network)] == [(0, 1, 0.5), (0, 0, 0.5)]
    network.edges[0, 1, 2]["destinations"] = destinations
    with pytest.raises(ValueError, match=r"saddle 2 of the network has the destinations .*; expected for each of its"):
        require_transitions(network)


@pytest.mark.parametrize("use", [connect, hierarchy])
def test_points_of_another_landscape_are_refused(use, surface):
    landscape, *_ = surface
    points = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 200))
    use(landscape, points)
    with pytest.raises(
        ValueError, match=r"^point 0 of points has the value -146\.699517 but the landscape has [0-9.]+ t"
    ):
        use(problem("himmelblau"), points)
    with pytest.raises(ValueError, match=r"^points have 2 coordinates but the landscape has dim 3$"):
        use(problem("rastrigin", dim=3), points)


@pytest.mark.parametrize("ends", [(0, 1), (1, 1)])
def test_no_analysis_takes_a_saddle_below_its_minimum(ends, tmp_path):
    network = valued(-146.0, -81.0)
    network.add_edge(*ends, key=2, value=-400.0, saddle=2)
    for use in (
        degree_distribution,
        disconnectivity,
        funnels,
        global_funnel,
        monotonic_basins,
        lambda n: heat_capacity(n, 1.0),
        lambda n: minimax_path(n, 0, 0),
        lambda n: occupation(n, 1.0),
        lambda n: rate_matrix(n, 1.0),
        lambda n: write_pathsample(None, n, tmp_path),
    ):
        with pytest.raises(ValueError, match=r"^saddle 2 at -400 is lower than minimum 1 at -81, which it joins$"):
            use(network)
    network.edges[(*ends, 2)]["value"] = -81.0 - 1e-12  # as low as rounding makes one that is as high
    assert len(disconnectivity(network).minimum) == 2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"saddle": None}, "has the number None; expected a whole number, at least 0"),
        ({"saddle": "2"}, "has the number '2'; expected a whole number, at least 0"),
        ({"ends": 3}, "has the ends 3; expected these two minima"),
        ({"ends": (0, 0)}, r"has the ends \(0, 0\); expected these two minima"),
        ({"barriers": (1.0,)}, r"has the barriers \(1.0,\); expected two finite numbers"),
        ({"barriers": (1.0, None)}, r"has the barriers \(1.0, None\); expected two finite numbers"),
    ],
)
def test_files_need_the_saddles_numbers_and_ends(data, sentence, tmp_path):
    network = valued(0.0, 1.0)
    network.add_edge(0, 1, value=2.0, saddle=2, ends=(1, 0), barriers=(1.0, 2.0))
    require_numbered_saddles(network)
    network.edges[0, 1, 0].update(data)
    for use in (
        require_numbered_saddles,
        lambda n: write_pathsample(None, n, tmp_path),
        lambda n: write_pele(None, n, tmp_path / "net.sqlite"),
    ):
        with pytest.raises(ValueError, match=f"^the saddle that joins the minima 0 and 1 {sentence}"):
            use(network)


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        ([], "there is no minimum 9; there are none at all"),
        ([4], "there is no minimum 9; the only one is 4"),
        ([2, 0, 1], "there is no minimum 9; the minima are 0 to 2"),
        ([0, 1, 2, 7], "there is no minimum 9; the minima are 0 to 2 and 7"),
        (["a", "b"], "there is no minimum 9; the minima are a and b"),
    ],
)
def test_a_number_that_no_minimum_has_is_told_beside_those_that_there_are(known, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        require_minima(known, *known, 9)


def test_many_numbers_are_told_by_the_first_and_the_last():
    assert listed(range(0, 40, 2)) == "0, 2, 4, 6, ..., 38"
