"""Minimax paths, monotonic basins and degrees."""

import itertools

import networkx as nx
import numpy as np
import pytest

from landscape import (
    MinimaxPath,
    connect,
    degree_distribution,
    disconnectivity,
    find_critical_points,
    funnels,
    global_funnel,
    minimax_path,
    monotonic_basins,
    problem,
    transition_network,
)


@pytest.mark.parametrize("seed", range(4))
def test_no_path_stays_lower(seed, random_network):
    """Against every simple path of a small network."""
    network = random_network(seed, nodes=7, edges=14)
    for a, b in itertools.combinations(network, 2):
        paths = list(nx.all_simple_edge_paths(network, a, b))
        if not paths:
            with pytest.raises(ValueError, match="no path of known saddles joins"):
                minimax_path(network, a, b)
            continue
        highest = [max(network.edges[edge]["value"] for edge in path) for path in paths]
        found = minimax_path(network, a, b)
        assert isinstance(found, MinimaxPath)
        assert found.height == min(highest)
        assert found.heights == tuple(network.edges[u, v, s]["value"] for u, v, s in _edges(found))
        assert found.height == max(found.heights)
        assert found.barriers == (
            found.height - network.nodes[a]["value"],
            found.height - network.nodes[b]["value"],
        )


def _edges(path):
    return [(u, v, s) for (u, v), s in zip(itertools.pairwise(path.minima), path.saddles, strict=True)]


def test_a_path_to_itself_has_no_barrier(surface):
    path = minimax_path(surface[2], 1, 1)
    assert (path.minima, path.saddles, path.barriers) == ((1,), (), (0.0, 0.0))


def test_a_minimum_that_is_not_there(surface):
    with pytest.raises(ValueError, match=r"^there is no minimum 7; the minima are 0 to 2$"):
        minimax_path(surface[2], 0, 7)


def test_keys_of_edges_need_not_differ_over_the_graph():
    """NetworkX numbers the edges of each pair from 0: the key of a step is that of edges elsewhere."""
    chain = nx.MultiGraph()
    chain.add_nodes_from((node, {"value": 0.0}) for node in range(3))
    assert chain.add_edges_from([(0, 1, {"value": 3.0}), (1, 2, {"value": 9.0})]) == [0, 0]
    path = minimax_path(chain, 0, 1)
    assert (path.height, path.barriers, path.heights) == (3.0, (3.0, 3.0), (3.0,))
    assert minimax_path(chain, 0, 2).heights == (3.0, 9.0)
    for a, b in itertools.combinations(chain, 2):
        assert minimax_path(chain, a, b).height == disconnectivity(chain).barrier(a, b)


@pytest.mark.parametrize("seed", range(3))
def test_saddles_have_their_own_numbers_whatever_the_keys_are(seed, random_network):
    network = random_network(seed, nodes=12)
    renamed = nx.MultiGraph()
    renamed.add_nodes_from(network.nodes(data=True))
    renamed.add_edges_from(network.edges(data=True))
    pairs = [pair for pair in itertools.combinations(network, 2) if nx.has_path(network, *pair)]
    assert [minimax_path(renamed, *pair) for pair in pairs] == [minimax_path(network, *pair) for pair in pairs]
    assert disconnectivity(renamed).saddle.tolist() == disconnectivity(network).saddle.tolist()


def test_monotonic_basins_of_the_cluster(cluster):
    """All minima of seven atoms lead down to the lowest without ever stepping up."""
    assert monotonic_basins(cluster[2]) == {0: {0, 1, 2, 3}}


def test_a_divide_belongs_to_both_sides(surface):
    assert monotonic_basins(surface[2]) == {0: {0, 2}, 1: {1, 2}}


@pytest.mark.parametrize("seed", range(20))
def test_funnels_divide_the_minima_and_lie_in_their_monotonic_basins(seed, random_network):
    network = random_network(seed, levels=None if seed % 2 else 3)
    parts, basins = funnels(network), monotonic_basins(network)
    assert sorted(itertools.chain(*parts.values())) == sorted(network)
    assert parts.keys() == basins.keys()
    assert all(members <= basins[bottom] for bottom, members in parts.items())
    lowest = min(network, key=lambda node: network.nodes[node]["value"])
    assert global_funnel(network) == parts[lowest]


@pytest.mark.parametrize("seed", range(5))
def test_a_funnel_is_where_single_walks_end(seed, random_network):
    """Each minimum by itself: over the lowest saddle to a lower minimum, until there is none."""
    network = random_network(seed)
    value = {node: data["value"] for node, data in network.nodes(data=True)}

    def bottom(node):
        ways = [(data["value"], end) for _, end, data in network.edges(node, data=True) if value[end] < value[node]]
        return bottom(min(ways)[1]) if ways else node

    lowest = min(value, key=value.get)
    assert global_funnel(network) == {node for node in network if bottom(node) == lowest}


def test_the_lowest_saddle_decides_on_a_divide(surface, cluster):
    """The middle minimum of Mueller and Brown leads to both others; the saddle to the higher one is lower."""
    assert funnels(surface[2]) == {0: {0}, 1: {1, 2}}
    assert global_funnel(surface[2]) == {0}
    assert global_funnel(cluster[2]) == {0, 1, 2, 3}
    with pytest.raises(ValueError, match="the network has no minima"):
        global_funnel(nx.MultiGraph())


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_equal_depths_and_heights_are_not_told_apart_by_rounding(order):
    """Four minima in a ring, two by two equally deep but for rounding, joined by saddles equal but for rounding."""
    ring = nx.MultiGraph()
    for node, place in enumerate(order):
        ring.add_node(node, value=(0.0, 1.0, 1e-17, 1.0)[place])
    for saddle, (a, b) in enumerate(((0, 1), (1, 2), (2, 3), (3, 0)), start=4):
        height = (2.0, 2.0 + 4e-16, 2.0, 2.0 - 2e-16)[saddle - 4]
        ring.add_edge(order.index(a), order.index(b), key=saddle, value=height, saddle=saddle)
    deep = sorted([order.index(0), order.index(2)])
    high = {order.index(1), order.index(3)}
    assert monotonic_basins(ring) == {bottom: {bottom, *high} for bottom in deep}
    assert funnels(ring) == {deep[0]: {deep[0], *high}, deep[1]: {deep[1]}}
    assert global_funnel(ring) == {deep[0], *high}


def test_equally_deep_minima_are_bottoms_all():
    himmelblau = problem("himmelblau")
    points = find_critical_points(himmelblau, himmelblau.starts(np.random.default_rng(0), 500))
    network = transition_network(connect(himmelblau, points))
    assert funnels(network) == monotonic_basins(network) == {node: {node} for node in range(4)}
    assert global_funnel(network) == {0}


def test_degrees_count_neighbours(cluster, ring):
    assert degree_distribution(ring[2]) == {1: 2, 2: 3}
    assert degree_distribution(cluster[2]) == {2: 2, 3: 2}
