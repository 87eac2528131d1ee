"""Disconnectivity graphs as drawn: lines do not cross, and nothing is left out."""

import networkx as nx
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba

from landscape.figures.style import figure_style, new_figure
from landscape.figures.trees import disconnectivity_figure, plot_disconnectivity, readable
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


def test_two_thousand_minima_are_drawn_coarsely_and_few_with_their_numbers():
    """A line for each minimum must be at least one dot wide; levels stand apart."""
    whole = funnel(2000)
    tree, levels = readable(whole)
    assert (levels, len(np.unique(tree.level[2000:])) <= 60) == (60, True)
    figure = disconnectivity_figure(tree)
    assert figure.get_figwidth() * figure.dpi >= 1000
    assert len(figure.axes[0].texts) == 0
    small = funnel(30)
    assert readable(small)[0] is small
    ax = disconnectivity_figure(small).axes[0]
    assert sorted(int(text.get_text()) for text in ax.texts) == list(range(30))
    place = small.layout()
    for text in ax.texts:
        leaf = int(text.get_text())
        assert text.xy == (place[leaf], small.level[leaf])
    assert len(disconnectivity_figure(funnel(31)).axes[0].texts) == 0


def test_a_figure_is_coloured_by_an_attribute_of_the_minima():
    tree = funnel(12)
    figure = disconnectivity_figure(tree, np.arange(12.0), "number")
    assert [ax.get_ylabel() for ax in figure.axes] == ["value", "number"]
    assert figure.axes[0].collections[1].get_array().tolist() == tree.spread(np.arange(12.0)).tolist()


def segments(tree):
    ax = plot_disconnectivity(tree.level, tree.parent, tree.layout(), new_figure(3.0).add_subplot())
    return np.array(ax.collections[0].get_segments())


@pytest.mark.parametrize(
    "tree",
    [*(funnel(60, seed) for seed in range(3)), funnel(60).coarse(12), funnel(2000), funnel(2000).coarse(60)],
    ids=["0", "1", "2", "coarse", "2000", "2000 coarse"],
)
def test_lines_meet_only_where_basins_join(tree):
    """A vertical line never passes through the inside of a horizontal one that does not begin or end at its basin, and
    horizontal lines of one height touch only if they join the same basin."""
    lines = segments(tree)
    upright = lines[: len(tree)]
    level = lines[len(tree) :]
    for left, right in np.sort(level, axis=1):
        x, low, high = upright[:, 0, 0], upright[:, 0, 1], upright[:, 1, 1]
        inside = (x > left[0]) & (x < right[0]) & (low < left[1] - 1e-12) & (high > left[1] + 1e-12)
        assert not inside.any()
    inner = np.flatnonzero(tree.parent >= 0)
    low, high = np.sort(level[:, :, 0], axis=1).T
    basins = {}
    for basin, height, left, right in zip(tree.parent[inner], level[:, 0, 1], low, high, strict=True):
        span = basins.setdefault(int(basin), [height, left, right])
        span[1:] = min(span[1], left), max(span[2], right)
    spans = np.array(sorted(basins.values()))
    same = spans[1:, 0] == spans[:-1, 0]
    assert (spans[1:, 1] > spans[:-1, 2])[same].all()


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


def ink(tree):
    """The share of a wide drawing's pixels that are darker than half."""
    with figure_style():
        figure = new_figure(4.6, 9.0)
        plot_disconnectivity(tree.level, tree.parent, tree.layout(), figure.add_subplot())
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    return float((np.asarray(canvas.buffer_rgba())[..., :3].mean(axis=2) < 128).mean())


def test_a_coarse_drawing_of_two_thousand_minima_does_not_drown_in_ink():
    """Each minimum joins the lowest one at a height of its own: the most horizontal lines, and the longest."""
    star = nx.MultiGraph()
    star.add_nodes_from((node, {"value": float(node)}) for node in range(2000))
    for node in range(1, 2000):
        star.add_edge(0, node, key=2000 + node, value=node + 50.0, saddle=2000 + node)
    tree = disconnectivity(star)
    assert ink(tree) > 0.3
    assert ink(tree.coarse(60)) < 0.15


def test_numbers_colour_the_nodes_by_a_scale():
    tree = funnel(30)
    value = tree.spread(np.arange(30) ** 2)
    figure = new_figure(3.0)
    ax = plot_disconnectivity(
        tree.level, tree.parent, tree.layout(), figure.add_subplot(), colour=value, label="square"
    )
    across, upright = ax.collections
    assert len(across.get_segments()) == (tree.parent >= 0).sum()
    np.testing.assert_array_equal(np.array(upright.get_segments())[:, 0, 1], tree.level)
    np.testing.assert_array_equal(upright.get_array(), value)
    assert [other.get_ylabel() for other in figure.axes if other is not ax] == ["square"]


def test_words_colour_the_nodes_by_a_legend():
    tree = funnel(30)
    word = tree.spread(["low" if height < 3 else "high" for height in tree.level[:30]])
    ax = plot_disconnectivity(tree.level, tree.parent, tree.layout(), colour=word, label="kind")
    legend = ax.get_legend()
    paint = dict(zip([t.get_text() for t in legend.get_texts()], legend.get_lines(), strict=True))
    assert (sorted(paint), legend.get_title().get_text()) == (["high", "low"], "kind")
    assert [tuple(c) for c in ax.collections[1].get_colors()] == [to_rgba(paint[str(w)].get_color()) for w in word]


def test_what_cannot_be_coloured_is_one_sentence():
    tree = funnel(30)
    parts = (tree.level, tree.parent, tree.layout())
    with pytest.raises(ValueError, match=r"colour has shape \(30,\) but the tree has 59 nodes"):
        plot_disconnectivity(*parts, colour=np.zeros(30))
    with pytest.raises(ValueError, match="colour has 30 different words; at most 8"):
        plot_disconnectivity(*parts, colour=tree.spread([f"word {k}" for k in range(30)]))
    with pytest.raises(ValueError, match="the tree has no minima"):
        plot_disconnectivity([], [], [])


def test_a_forest_and_a_single_minimum():
    lonely = nx.MultiGraph()
    for node in range(3):
        lonely.add_node(node, value=float(node))
    assert len(segments(disconnectivity(lonely))) == 3
    one = nx.MultiGraph()
    one.add_node(0, value=1.0)
    assert len(segments(disconnectivity(one))) == 1
