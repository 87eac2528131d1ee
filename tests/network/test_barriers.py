"""Minimax paths, monotonic basins and degrees."""

import itertools

import networkx as nx
import pytest

from landscape import MinimaxPath, minimax_path
from landscape.network.barriers import degree_distribution, monotonic_basins


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
        assert found.height == max(network.edges[u, v, s]["value"] for u, v, s in _edges(found))
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
    with pytest.raises(ValueError, match="there is no minimum 7; there are 3"):
        minimax_path(surface[2], 0, 7)


def test_monotonic_basins_of_the_cluster(cluster):
    """All minima of seven atoms lead down to the lowest without ever stepping up."""
    assert monotonic_basins(cluster[2]) == {0: {0, 1, 2, 3}}


def test_a_divide_belongs_to_both_sides(surface):
    assert monotonic_basins(surface[2]) == {0: {0, 2}, 1: {1, 2}}


def test_degrees_count_neighbours(cluster, ring):
    assert degree_distribution(ring[2]) == {1: 2, 2: 3}
    assert degree_distribution(cluster[2]) == {2: 2, 3: 2}
