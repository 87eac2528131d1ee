"""Strings end at the saddles that are known to be there."""

import numpy as np
import pytest

from landscape import (
    Landscape,
    Path,
    PathStatus,
    Sphere,
    find_critical_points,
    minimax_path,
    path_between,
    problem,
)

SADDLES = [-72.2489401123, -40.6648435087]


def test_both_saddles_of_mueller_and_brown_are_on_one_string(surface):
    landscape, graph, _ = surface
    path = path_between(landscape, graph.nodes[0]["x"], graph.nodes[1]["x"])
    assert isinstance(path, Path)
    np.testing.assert_allclose(np.sort(path.saddles.value), SADDLES, atol=1e-6)
    assert (path.saddles.index == 1).all()
    np.testing.assert_array_equal(path.x[[0, -1]], [graph.nodes[0]["x"], graph.nodes[1]["x"]])
    pieces, top = landscape.manifold.distance(path.x[1:], path.x[:-1]), path.value.argmax()
    for side in (pieces[:top], pieces[top:]):
        assert side.max() < 1.05 * side.min()
    assert path.status == PathStatus.AT_REST
    assert path.steps < 400
    # The highest image has climbed to the saddle: a move of 1e-3 image distances is left, of curvature below 1e4.
    assert path.value.max() == pytest.approx(SADDLES[1], abs=1e4 * (1e-3 * pieces.max()) ** 2)


def test_a_climbing_image_finds_a_saddle_that_no_image_was_near(surface):
    """With five images none is near the pass: only the one that climbs gets there."""
    landscape, graph, _ = surface
    path = path_between(landscape, graph.nodes[0]["x"], graph.nodes[2]["x"], images=5, tol=1e-6)
    assert path.status == PathStatus.AT_REST
    assert path.value.max() == pytest.approx(SADDLES[1], abs=1e-6)


def test_a_string_says_how_it_ended(surface):
    landscape, graph, _ = surface
    path = path_between(landscape, graph.nodes[0]["x"], graph.nodes[1]["x"], max_steps=3)
    assert (path.status, path.steps) == (PathStatus.STEP_LIMIT, 3)
    assert "step limit" in repr(path)
    assert path_between(landscape, graph.nodes[0]["x"], graph.nodes[0]["x"]).status == PathStatus.AT_REST
    hole = Landscape.from_function(
        lambda x: np.where(np.abs(x[..., 0]) < 0.2, np.nan, (x[..., 0] ** 2 - 1) ** 2 + x[..., 1] ** 2),
        lambda x: np.stack([4 * x[..., 0] * (x[..., 0] ** 2 - 1), 2 * x[..., 1]], axis=-1),
        dim=2,
        box=(-2, 2),
    )
    assert path_between(hole, [-1, 0], [1, 0]).status == PathStatus.NON_FINITE


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


def test_a_string_between_antipodes_takes_a_great_circle():
    """A Rayleigh quotient: minima at plus and minus the first eigenvector, saddles of index 1 at the second."""
    quotient = Landscape.from_function(
        lambda x: (x**2 * np.array([1.0, 2.0, 3.0, 5.0])).sum(axis=-1), manifold=Sphere(4)
    )
    path = path_between(quotient, np.eye(4)[0], -np.eye(4)[0])
    assert path.status == PathStatus.AT_REST
    assert path.value.max() == pytest.approx(2.0, abs=1e-4)
    assert path.saddles.value == pytest.approx([2.0])


def test_a_string_that_symmetry_keeps_on_a_ridge_is_pushed_off():
    """Between (-1, 0) and (1, 0), straight over the maximum at 0; the passes are at (0, +-0.92)."""
    ring = Landscape.from_function(
        lambda x: ((x**2).sum(axis=-1) - 1) ** 2 + 0.3 * x[..., 1] ** 2, dim=2, box=(-2.0, 2.0)
    )
    path = path_between(ring, [-1.0, 0.0], [1.0, 0.0])
    assert path.status == PathStatus.AT_REST
    assert path.value.max() == pytest.approx(0.2775, abs=1e-4)
    assert path.saddles.value == pytest.approx([0.2775])
    stopped = path_between(ring, [-1.0, 0.0], [1.0, 0.0], images=25, max_steps=2)
    assert stopped.status == PathStatus.ON_RIDGE
    assert stopped.value.max() == pytest.approx(1.0)
    assert "on ridge" in repr(stopped)


def test_strings_of_a_symmetric_cluster_come_to_rest_on_minimax_paths(cluster):
    """From the bipyramid to each of the others; two straight ones run over points of index 2."""
    landscape, graph, network = cluster
    for minimum in (1, 2, 3):
        path = path_between(landscape, graph.nodes[0]["x"], graph.nodes[minimum]["x"], max_steps=1000)
        assert path.status == PathStatus.AT_REST
        height = minimax_path(network, 0, minimum).height
        assert path.value.max() == pytest.approx(height, abs=1e-3)
        assert path.saddles.value.max() == pytest.approx(height, abs=1e-9)


def test_strings_between_clusters_run_between_aligned_copies(cluster):
    """The lowest pass from the capped octahedron to the bipyramid of seven atoms (Doye & Wales 2002)."""
    landscape, graph, _ = cluster
    a, b = (np.array(graph.nodes[k]["x"]) for k in (1, 0))
    path = path_between(landscape, a, b)
    assert landscape.symmetry.distance(landscape.manifold, path.x[-1], b) < 1e-6
    assert path.saddles.value.min() == pytest.approx(-15.4447338, abs=1e-6)


def test_bad_input_is_one_sentence(surface):
    landscape = surface[0]
    with pytest.raises(ValueError, match="images is 2 but must be a whole number, at least 3"):
        path_between(landscape, [0, 0], [1, 1], images=2)
    for name, number, message in (
        ("images", 3.5, "images is 3.5 but must be a whole number, at least 3"),
        ("max_steps", -1, "max_steps is -1 but must be a whole number, at least 0"),
        ("tol", -1, "tol is -1 but must be positive"),
    ):
        with pytest.raises(ValueError, match=message):
            path_between(landscape, [0, 0], [1, 1], **{name: number})
    with pytest.raises(ValueError, match=r"b has shape \(2, 2\) but must be one point \(2,\)"):
        path_between(landscape, [0, 0], [[1, 1], [2, 2]])
