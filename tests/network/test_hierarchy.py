"""From every index down to the next: edges go where they should, and the top leads to the rest."""

from collections import Counter

import networkx as nx
import numpy as np
import pytest

from landscape import find_critical_points, hierarchy, morse_complex, problem


def indices(graph):
    return Counter(data["index"] for _, data in graph.nodes(data=True))


@pytest.fixture(scope="module")
def glass():
    landscape = problem("spherical_spin_glass", n=4, seed=3)
    points = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 800))
    return landscape, points, hierarchy(landscape, points)


def test_edges_run_downhill_from_an_index_to_the_next(glass):
    _, points, graph = glass
    assert graph.number_of_nodes() == len(points)
    assert nx.is_directed_acyclic_graph(graph)
    for top, end, data in graph.edges(data=True):
        assert graph.nodes[top]["index"] == graph.nodes[end]["index"] + 1
        assert data["barrier"] == graph.nodes[top]["value"] - graph.nodes[end]["value"] > 0
        assert ("branch" in data) == (graph.nodes[top]["index"] == 1)


def test_searches_find_neighbours_by_the_flow(glass):
    """A search need not follow the flow, but most of its edges are lines of the Morse complex."""
    landscape, points, graph = glass
    complex_ = morse_complex(landscape, points)
    row = [np.flatnonzero(points.index == k) for k in range(4)]
    total = agree = 0
    for top, end in graph.edges():
        k = graph.nodes[top]["index"]
        lines = complex_.lines[k - 1][np.flatnonzero(row[k - 1] == end)[0], np.flatnonzero(row[k] == top)[0]]
        total += 1
        agree += lines > 0
        if k == 1:
            assert lines > 0
    assert agree / total > 0.8


def test_the_maxima_lead_to_all_points_of_the_spin_glass(glass):
    """From the five maxima alone to all 26 points."""
    landscape, points, _ = glass
    graph = hierarchy(landscape, points.maxima)
    assert indices(graph) == points.count_by_index()


def test_points_without_an_edge_below_are_minima(glass):
    _, _, graph = glass
    assert {graph.nodes[k]["index"] for k in graph if graph.out_degree(k) == 0} == {0}


@pytest.mark.parametrize(("n", "seed"), [(4, 0), (4, 1), (5, 0), (5, 1), pytest.param(6, 0, marks=pytest.mark.slow)])
def test_no_edge_runs_uphill(n, seed):
    """Searches may end higher than they began: on the glass of six spins ten of 310 do."""
    landscape = problem("spherical_spin_glass", n=n, seed=seed)
    points = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 600))
    graph = hierarchy(landscape, points)
    assert all(data["barrier"] > 0 for *_, data in graph.edges(data=True))
    assert nx.is_directed_acyclic_graph(graph)
    assert graph.number_of_nodes() >= len(points)
    higher = {node for node, data in graph.nodes(data=True) if data["index"] > 1}
    assert set(graph.graph["unfinished"]) == {node for node in higher if graph.out_degree(node) == 0}


def test_a_point_off_which_every_search_fails_is_told_of(glass):
    landscape, points, _ = glass
    graph = hierarchy(landscape, points, max_steps=0)
    assert sorted(graph.graph["unfinished"]) == np.flatnonzero(points.sorted().index > 1).tolist()
    assert glass[2].graph["unfinished"] == []


@pytest.mark.parametrize("steps", [-1, 1.5])
def test_steps_are_counted(steps, glass):
    with pytest.raises(ValueError, match=f"max_steps is {steps} but must be a whole number, at least 0"):
        hierarchy(*glass[:2], max_steps=steps)
