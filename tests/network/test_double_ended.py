"""Strings end at the saddles that are known to be there, and pieces are joined."""

import networkx as nx
import numpy as np
import pytest

from landscape import (
    Path,
    connect,
    find_critical_points,
    join_components,
    path_between,
    problem,
    transition_network,
)
from landscape.critical.merge import nearest

SADDLES = [-72.2489401123, -40.6648435087]


def test_both_saddles_of_mueller_and_brown_are_on_one_string(surface):
    landscape, graph, _ = surface
    path = path_between(landscape, graph.nodes[0]["x"], graph.nodes[1]["x"])
    assert isinstance(path, Path)
    np.testing.assert_allclose(np.sort(path.saddles.value), SADDLES, atol=1e-6)
    assert (path.saddles.index == 1).all()
    np.testing.assert_array_equal(path.x[[0, -1]], [graph.nodes[0]["x"], graph.nodes[1]["x"]])
    pieces = landscape.manifold.distance(path.x[1:], path.x[:-1])
    assert pieces.max() < 1.05 * pieces.min()
    # The string is at rest near the path of steepest descent: its top is the saddle's, to the images' distance squared.
    assert path.value.max() == pytest.approx(SADDLES[1], abs=2.0)
    assert path.steps < 400


def test_a_string_round_the_torus_takes_the_short_way():
    """From winding 0 to 1 of nine angles, through one of nine saddles of equal height (closed form)."""
    ring = problem("xy_chain", n=9)
    bonds = 2 * np.pi / 9 * np.arange(1, 9)
    path = path_between(ring, np.zeros(8), bonds)
    a = np.pi / 7
    assert 8 * (1 - np.cos(a)) + 1 + np.cos(a) == pytest.approx(path.saddles.value.min(), abs=1e-9)


def test_a_string_on_the_sphere_stays_there():
    glass = problem("spherical_spin_glass", n=4, seed=3)
    minima = find_critical_points(glass, glass.starts(np.random.default_rng(0), 800)).minima
    path = path_between(glass, minima.x[0], minima.x[1])
    np.testing.assert_allclose(np.linalg.norm(path.x, axis=1), 1.0)
    assert len(path.saddles) >= 1


def test_strings_between_clusters_run_between_aligned_copies(cluster):
    """The lowest pass from the capped octahedron to the bipyramid of seven atoms (Doye & Wales 2002)."""
    landscape, graph, _ = cluster
    a, b = (np.array(graph.nodes[k]["x"]) for k in (1, 0))
    path = path_between(landscape, a, b)
    assert landscape.symmetry.distance(landscape.manifold, path.x[-1], b) < 1e-6
    assert path.saddles.value.min() == pytest.approx(-15.4447338, abs=1e-6)


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


def test_a_network_in_one_piece_is_left_alone(surface):
    landscape, graph, _ = surface
    assert join_components(landscape, graph) is graph


def test_bad_input_is_one_sentence(surface):
    landscape = surface[0]
    with pytest.raises(ValueError, match="images is 2 but must be at least 3"):
        path_between(landscape, [0, 0], [1, 1], images=2)
    with pytest.raises(ValueError, match=r"b has shape \(2, 2\) but must be one point \(2,\)"):
        path_between(landscape, [0, 0], [[1, 1], [2, 2]])
