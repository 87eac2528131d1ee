"""Pieces of a network are joined, or it is told that they cannot be."""

import networkx as nx
import numpy as np
import pytest

from landscape import (
    Landscape,
    classify,
    connect,
    find_critical_points,
    hierarchy,
    join_components,
    problem,
    transition_network,
)
from landscape.critical.merge import nearest


def test_minima_alone_are_joined_into_one_piece(cluster):
    landscape, graph, network = cluster
    points = find_critical_points(landscape, np.array([network.nodes[k]["x"] for k in network]))
    loose = connect(landscape, points)
    assert nx.number_connected_components(transition_network(loose)) == 4
    joined = join_components(landscape, loose)
    assert nx.number_connected_components(transition_network(joined)) == 1
    assert loose.number_of_edges() == 0
    every = np.array([data["x"] for _, data in graph.nodes(data=True)])
    assert (nearest(landscape, every, np.array([data["x"] for _, data in joined.nodes(data=True)])) >= 0).all()


def test_many_pieces_are_joined_without_a_limit_set():
    """A hundred minima or so of Griewank's function, which all lie in one bowl; no saddle is known at first."""
    landscape = problem("griewank", half_width=28.0)
    minima = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 1500)).minima
    assert len(minima) > 90
    network = transition_network(join_components(landscape, connect(landscape, minima)))
    assert network.number_of_nodes() >= len(minima)
    assert nx.is_connected(network)


def described(graph):
    """Edges by what they connect, and which way from a point of higher index."""
    place = {node: (data["index"], np.round(data["x"], 6)) for node, data in graph.nodes(data=True)}
    return {
        (place[a][0], *place[a][1], *place[b][1], data.get("direction"), data.get("branch"))
        for a, b, data in graph.edges(data=True)
    }


def test_the_edges_of_a_hierarchy_are_kept(monkeypatch):
    """Of a hierarchy whose saddles of index 1 were not followed: what leads down to them stays, and they are followed
    when a string comes upon them."""
    landscape = problem("styblinski_tang", dim=2)
    points = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 500))
    with monkeypatch.context() as patched:
        patched.setattr("landscape.network.connect.saddle_groups", lambda points: [])
        loose = hierarchy(landscape, points)
    assert len(loose.graph["lost"]) == 8  # two lines of each of four saddles
    assert loose.number_of_edges() > 0
    joined = join_components(landscape, loose)
    assert nx.is_connected(transition_network(joined))
    assert described(loose) < described(joined)
    assert described(joined) <= described(hierarchy(landscape, points))
    assert joined.number_of_nodes() == len(points)
    assert joined.graph["unfinished"] == []
    assert len(joined.graph["lost"]) + sum("branch" in edge for *_, edge in joined.edges(data=True)) == 8


def test_pieces_that_cannot_be_joined_are_told_of():
    """Two wells with a wall between them, on which the function is not defined."""
    wells = Landscape.from_function(
        lambda x: np.where(np.abs(x[..., 0]) < 0.2, np.nan, (x[..., 0] ** 2 - 1) ** 2 + x[..., 1] ** 2),
        lambda x: np.where(
            np.abs(x[..., :1]) < 0.2, np.nan, np.stack([4 * x[..., 0] * (x[..., 0] ** 2 - 1), 2 * x[..., 1]], axis=-1)
        ),
        dim=2,
        box=(-2, 2),
    )
    apart = connect(wells, classify(wells, [[-1.0, 0.0], [1.0, 0.0]]))
    with pytest.warns(RuntimeWarning, match="still in 2 pieces after 1 string$"):
        joined = join_components(wells, apart)
    assert nx.number_connected_components(transition_network(joined)) == 2
    with pytest.warns(RuntimeWarning, match="still in 2 pieces after 0 strings$"):
        join_components(wells, apart, max_attempts=0)


def test_a_network_in_one_piece_is_left_alone(surface):
    landscape, graph, _ = surface
    assert join_components(landscape, graph) is graph


def test_a_graph_needs_the_places_of_its_points(surface):
    landscape, graph, _ = surface
    apart = connect(landscape, classify(landscape, [graph.nodes[k]["x"] for k in (0, 1)]))
    with pytest.raises(ValueError, match="node 0 of graph has 2 coordinates; expected 3"):
        join_components(problem("styblinski_tang", dim=3), apart)
    with pytest.raises(ValueError, match="node 0 of graph has no place x; expected 2 coordinates"):
        join_components(landscape, nx.relabel_nodes(apart, {0: 7}))
    del apart.nodes[1]["x"]
    with pytest.raises(ValueError, match="node 1 of graph has no place x; expected 2 coordinates"):
        join_components(landscape, apart)
    for name, number, least in (("max_attempts", -1, 0), ("images", 2, 3)):
        with pytest.raises(ValueError, match=f"{name} is {number} but must be a whole number, at least {least}"):
            join_components(landscape, graph, **{name: number})
