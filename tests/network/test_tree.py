"""Disconnectivity graphs: the tree is that of the sublevel sets."""

import networkx as nx
import numpy as np
import pytest

from landscape import Disconnectivity, disconnectivity, minimax_path


@pytest.mark.parametrize("levels", [None, 3])
@pytest.mark.parametrize("seed", range(5))
def test_superbasins_are_the_components_below_a_level(seed, levels, random_network):
    network = random_network(seed, levels=levels)
    tree = disconnectivity(network)
    assert isinstance(tree, Disconnectivity)
    for level in np.linspace(-2, 8, 41):
        low = nx.MultiGraph()
        low.add_nodes_from(node for node, data in network.nodes(data=True) if data["value"] <= level)
        low.add_edges_from((a, b) for a, b, data in network.edges(data=True) if data["value"] <= level)
        parts = {frozenset(part) for part in nx.connected_components(low)}
        assert {frozenset(part) for part in tree.superbasins(level)} == parts


@pytest.mark.parametrize("seed", range(3))
def test_levels_are_heights_of_saddles_and_barriers_those_of_minimax_paths(seed, random_network):
    network = random_network(seed)
    tree = disconnectivity(network)
    heights = {data["saddle"]: data["value"] for *_, data in network.edges(data=True)}
    inner = tree.saddle >= 0
    assert tree.level[inner].tolist() == [heights[saddle] for saddle in tree.saddle[inner].tolist()]
    for a in range(6):
        for b in range(a):
            if nx.has_path(network, a, b):
                assert tree.barrier(a, b) == minimax_path(network, a, b).height
            else:
                assert tree.barrier(a, b) == np.inf


def test_saddles_of_equal_height_join_at_once():
    star = nx.MultiGraph()
    for node in range(5):
        star.add_node(node, value=0.1 * node)
    for key, (a, b) in enumerate([(0, 1), (2, 3), (0, 2), (3, 4)]):
        star.add_edge(a, b, key=5 + key, value=2.0 + (1e-14 if key == 2 else 0.0), saddle=5 + key)
    tree = disconnectivity(star)
    assert repr(tree) == "disconnectivity graph: 5 minima, 1 superbasin, 1 root"
    assert tree.children()[5] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("levels", [None, 4])
def test_no_lines_cross(levels, coarse, random_network):
    """The leaves of every subtree are neighbours, each node stands over its own leaves, and levels rise to the root."""
    tree = disconnectivity(random_network(7, nodes=200, edges=400, levels=levels))
    tree = tree.coarse(20) if coarse else tree
    place, children = tree.layout(), tree.children()
    leaves = [[k] if k < len(tree.minimum) else [] for k in range(len(tree))]
    for node, joined in enumerate(children):
        for child in joined:
            assert child < node
            assert tree.level[child] < tree.level[node]
            leaves[node] += leaves[child]
        span = np.sort(place[leaves[node]])
        np.testing.assert_array_equal(np.diff(span), 1)
        assert span[0] <= place[node] <= span[-1]
    assert sorted(place[: len(tree.minimum)]) == list(range(len(tree.minimum)))
    assert tree.leaves()[tree.roots].sum() == len(tree.minimum)
    assert tree.lowest()[tree.roots].min() == tree.level.min()


@pytest.mark.parametrize("levels", [2, 3, 30])
@pytest.mark.parametrize("seed", range(3))
def test_a_coarse_tree_is_the_tree_at_its_levels(seed, levels, random_network):
    """At each level the superbasins are those of the whole tree, and between two levels none join."""
    tree = disconnectivity(random_network(seed))
    coarse = tree.coarse(levels)
    heights = coarse.level[len(coarse.minimum) :]
    grid = np.linspace(tree.level.min(), tree.level[len(tree.minimum) :].max(), levels)
    assert set(heights) <= set(grid)
    inner = coarse.parent >= 0
    assert (coarse.level[coarse.parent[inner]] > coarse.level[inner]).all()
    for level in grid:
        assert coarse.superbasins(level) == tree.superbasins(level)
    assert coarse.leaves()[coarse.roots].sum() == len(tree.minimum)
    assert set(coarse.saddle.tolist()) <= set(tree.saddle.tolist())


def test_what_has_no_superbasins_stays_as_it_is_and_one_level_is_refused(random_network):
    lonely = nx.MultiGraph()
    lonely.add_nodes_from((node, {"value": float(node)}) for node in range(3))
    assert len(disconnectivity(lonely).coarse(5)) == 3
    for levels in (1, 2.5):
        with pytest.raises(ValueError, match=f"levels is {levels} but must be a whole number, at least 2"):
            disconnectivity(random_network(0)).coarse(levels)


def test_an_attribute_spreads_from_the_lowest_minimum_of_each_superbasin(random_network):
    tree = disconnectivity(random_network(3))
    np.testing.assert_array_equal(tree.spread(tree.level[: len(tree.minimum)]), tree.lowest())
    words = tree.spread([f"minimum {k}" for k in tree.minimum])
    for node in range(len(tree.minimum), len(tree)):
        basin = next(group for group in tree.superbasins(tree.level[node]) if _first(tree, node) in group)
        assert words[node] == f"minimum {basin[0]}"


def test_a_tree_of_two_thousand_minima_is_no_trouble():
    """A funnel, the deepest tree there can be."""
    chain = nx.MultiGraph()
    for node in range(2000):
        chain.add_node(node, value=float(node))
    for node in range(1999):
        chain.add_edge(node, node + 1, key=2000 + node, value=node + 1.5, saddle=2000 + node)
    tree = disconnectivity(chain)
    assert len(tree) == 3999
    assert np.ptp(tree.layout()) == 1999


def test_the_ring_of_angles(ring):
    """Windings +-q join at the height of the saddle q - 1 -> q; both signs by symmetry at the same height."""
    _, _, network = ring
    tree = disconnectivity(network)
    assert len(tree.minimum) == 5
    height = [8 * (1 - np.cos(a)) + 1 + np.cos(a) for a in (np.pi / 7, 3 * np.pi / 7)]
    np.testing.assert_allclose(tree.level[5:], height, atol=1e-8)
    assert [len(joined) for joined in tree.children()[5:]] == [3, 3]


def test_what_is_no_tree_is_refused(random_network, surface):
    tree = disconnectivity(random_network(0))
    with pytest.raises(ValueError, match="there is no minimum 40; the minima are 0 to 39"):
        tree.barrier(0, 40)
    with pytest.raises(ValueError, match="network is directed, as from connect"):
        disconnectivity(surface[1])
    low = random_network(0)
    a, b, key = next((a, b, key) for a, b, key in low.edges(keys=True) if a != b)
    low.edges[a, b, key]["value"] = -10.0
    with pytest.raises(ValueError, match=f"saddle {key} at -10 is lower than minimum"):
        disconnectivity(low)
    low.edges[a, b, key]["value"] = np.nan
    with pytest.raises(ValueError, match=f"saddle {key} of the network has the value nan; expected a finite value"):
        disconnectivity(low)


def test_one_of_a_kind_is_told_in_the_singular():
    lonely = nx.MultiGraph()
    lonely.add_node(0, value=1.0)
    assert repr(disconnectivity(lonely)) == "disconnectivity graph: 1 minimum, 0 superbasins, 1 root"


def _first(tree, node):
    """The number of a minimum that a node holds."""
    while node >= len(tree.minimum):
        node = tree.children()[node][0]
    return tree.minimum[node]
