"""Disconnectivity graphs as drawn: lines do not cross, and nothing is left out."""

import networkx as nx
import numpy as np
import pytest

from landscape.figures.style import figure_style, new_figure
from landscape.figures.trees import plot_disconnectivity
from landscape.network.tree import disconnectivity


def funnel(size, seed=0):
    """A random tree of minima whose saddles lie above both ends."""
    rng = np.random.default_rng(seed)
    network = nx.MultiGraph()
    for node in range(size):
        network.add_node(node, value=float(np.sqrt(node)))
    for node in range(1, size):
        other = int(rng.integers(max(0, node - 20), node))
        height = float(np.sqrt(node) + rng.exponential())
        network.add_edge(node, other, key=size + node, value=height, saddle=size + node)
    return disconnectivity(network)


def segments(tree):
    ax = plot_disconnectivity(tree.level, tree.parent, tree.layout(), new_figure(3.0).add_subplot())
    return np.array(ax.collections[0].get_segments())


@pytest.mark.parametrize("seed", range(3))
def test_lines_meet_only_where_basins_join(seed):
    """A vertical line never passes through the inside of a horizontal one that does not begin or end at its basin."""
    tree = funnel(60, seed)
    lines = segments(tree)
    upright = lines[: len(tree)]
    level = lines[len(tree) :]
    for left, right in np.sort(level, axis=1):
        x, low, high = upright[:, 0, 0], upright[:, 0, 1], upright[:, 1, 1]
        inside = (x > left[0]) & (x < right[0]) & (low < left[1] - 1e-12) & (high > left[1] + 1e-12)
        assert not inside.any()


def test_every_node_has_its_line_from_its_level_to_its_parents():
    tree = funnel(40)
    lines = segments(tree)
    np.testing.assert_array_equal(lines[: len(tree), 0, 1], tree.level)
    inner = tree.parent >= 0
    np.testing.assert_array_equal(lines[: len(tree)][inner, 1, 1], tree.level[tree.parent[inner]])
    assert len(lines) == len(tree) + inner.sum()


def test_two_thousand_minima_are_drawn(tmp_path):
    with figure_style():
        figure = new_figure(4.0)
        tree = funnel(2000)
        plot_disconnectivity(tree.level, tree.parent, tree.layout(), figure.add_subplot())
        figure.savefig(tmp_path / "tree.png")
    assert (tmp_path / "tree.png").stat().st_size > 10_000


def test_a_forest_and_a_single_minimum():
    lonely = nx.MultiGraph()
    for node in range(3):
        lonely.add_node(node, value=float(node))
    assert len(segments(disconnectivity(lonely))) == 3
    one = nx.MultiGraph()
    one.add_node(0, value=1.0)
    assert len(segments(disconnectivity(one))) == 1
