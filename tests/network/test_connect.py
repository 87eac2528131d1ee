"""The network of critical points on landscapes whose connections are known."""

from itertools import product
from math import factorial, log

import networkx as nx
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from landscape import (
    CriticalPoints,
    EigenvectorFollowing,
    Exploration,
    Landscape,
    classify,
    connect,
    degree_distribution,
    explore,
    find_critical_points,
    mean_first_passage_times,
    monotonic_basins,
    occupation,
    problem,
    rate_matrix,
    transition_network,
)
from landscape.critical.merge import nearest
from landscape.network.connect import nodes_of


def test_mueller_brown_barriers(surface):
    """Values by Newton's method in higher precision."""
    _, _, network = surface
    low, middle, high = -146.69951721, -108.166724117, -80.7678181297
    upper, lower = -40.6648435087, -72.2489401123
    assert [network.nodes[k]["value"] for k in (0, 1, 2)] == pytest.approx([low, middle, high], abs=1e-6)
    assert sorted(tuple(sorted(edge[:2])) for edge in network.edges) == [(0, 2), (1, 2)]
    for a, b, data in network.edges(data=True):
        height = upper if 0 in (a, b) else lower
        value = {0: low, 1: middle, 2: high}
        assert data["value"] == pytest.approx(height, abs=1e-6)
        for end, barrier in zip(data["ends"], data["barriers"], strict=True):
            assert barrier == pytest.approx(height - value[end], abs=1e-6)


def test_the_ring_of_angles_is_a_path_graph(ring):
    """Minima are windings q, E_q = n (1 - cos(2 pi q / n)), and n saddles lead from each q to q + 1 (closed form)."""
    _, graph, network = ring
    n, most = 9, 2
    simple = nx.Graph(network)
    assert sorted(degree for _, degree in simple.degree) == [1, 1, 2, 2, 2]
    assert nx.is_connected(simple)
    bond = np.diff([graph.nodes[k]["x"] for k in network], prepend=0.0, append=0.0)
    winding = np.rint(((bond + np.pi) % (2 * np.pi) - np.pi).sum(axis=1) / (2 * np.pi)).astype(int)
    assert sorted(winding) == list(range(-most, most + 1))
    for node, q in zip(network, winding, strict=True):
        assert network.nodes[node]["value"] == pytest.approx(n * (1 - np.cos(2 * np.pi * q / n)), abs=1e-8)
    q_of = dict(zip(network, winding, strict=True))
    for a, b in simple.edges:
        saddles = network[a][b]
        assert abs(q_of[a] - q_of[b]) == 1
        assert len(saddles) == n
        angle = (q_of[a] + q_of[b]) * np.pi / (n - 2)
        height = (n - 1) * (1 - np.cos(angle)) + 1 + np.cos(angle)
        assert [data["value"] for data in saddles.values()] == pytest.approx([height] * n, abs=1e-8)
    assert graph.graph["lost"] == []


def test_seven_atoms_have_four_minima_and_twelve_saddles_with_two_ends_each(cluster):
    _, graph, network = cluster
    assert network.number_of_nodes() == 4
    assert network.number_of_edges() == 12
    assert nx.number_of_selfloops(network) == 6
    assert all(graph.out_degree(saddle) == 2 for *_, saddle in network.edges(keys=True))
    for saddle, end, data in graph.edges(data=True):
        assert data["barrier"] == graph.nodes[saddle]["value"] - graph.nodes[end]["value"] > 0
        assert data["length"] > 0


def test_six_and_seven_atoms_have_the_known_heights(cluster):
    """Minima of seven atoms by Tsai & Jordan (1993); saddles, and all of six atoms, by a separate program: steps of
    Newton's method along eigenvectors, up along the lowest, on an energy and Hessian of its own, from random starts."""
    known = {
        6: ([-12.712062, -12.302928], [-12.079031, -11.630307, -11.334033]),
        7: (
            [-16.505384, -15.935043, -15.593211, -15.533060],
            [
                *(-15.4447338, -15.3198644, -15.2834213, -15.0978456, -15.0333844, -15.0264381),
                *(-14.8163998, -14.8111296, -14.5969457, -14.5680614, -14.5485729, -12.5489377),
            ],
        ),
    }
    six = problem("lennard_jones", atoms=6)
    points = explore(six, np.random.default_rng(0), Exploration(indices=(0, 1)))
    for atoms, network in ((6, transition_network(connect(six, points))), (7, cluster[2])):
        minima, saddles = known[atoms]
        assert [value for _, value in network.nodes(data="value")] == pytest.approx(minima, abs=1e-6)
        assert sorted(value for *_, value in network.edges(data="value")) == pytest.approx(saddles, abs=1e-6)


def test_ends_are_those_of_a_stiff_integrator(cluster):
    """Every branch of every saddle of seven atoms, by SciPy's BDF from its own unstable direction."""
    landscape, graph, _ = cluster
    minima = [k for k in graph if graph.nodes[k]["kind"] == "minimum"]
    bottom = np.array([graph.nodes[k]["x"] for k in minima])
    for saddle in [k for k in graph if graph.nodes[k]["index"] == 1]:
        x = np.array(graph.nodes[saddle]["x"])
        direction = np.linalg.eigh(landscape.hessian(x))[1][:, 0]
        ends = []
        for side in (1e-3, -1e-3):
            line = solve_ivp(
                lambda _, y: -landscape.gradient(y),
                (0, 30.0),
                x + side * direction,
                method="BDF",
                jac=lambda _, y: -landscape.hessian(y),
                rtol=1e-7,
                atol=1e-9,
            )
            ends.append(minima[int(nearest(landscape, bottom, line.y[:, -1][None], 1e-2)[0])])
        assert sorted(ends) == sorted(end for _, end in graph.out_edges(saddle))


def test_minima_found_on_the_way_are_added():
    camel = problem("six_hump_camel")
    points = find_critical_points(camel, camel.starts(np.random.default_rng(0), 500))
    whole, grown = connect(camel, points), connect(camel, points.saddles)
    assert sum(data["kind"] == "minimum" for _, data in grown.nodes(data=True)) == 6
    again = transition_network(whole), transition_network(grown)
    heights = [sorted(round(data["value"], 9) for *_, data in network.edges(data=True)) for network in again]
    assert heights[0] == heights[1]


def test_a_branch_without_a_bottom_is_lost():
    """x^2 / 2 - y^2 + y^3 / 3 falls for ever towards negative y."""
    slope = Landscape.from_function(
        lambda x: x[..., 0] ** 2 / 2 - x[..., 1] ** 2 + x[..., 1] ** 3 / 3, dim=2, box=(-3.0, 3.0)
    )
    points = find_critical_points(slope, slope.starts(np.random.default_rng(0), 100))
    graph = connect(slope, points, max_steps=300)
    assert [graph.nodes[k]["index"] for k in graph] == [0, 1]
    assert len(graph.graph["lost"]) == graph.number_of_edges() == 1
    network = transition_network(graph)
    assert network.number_of_edges() == 0
    reason = "a line is still moving after the last step"
    assert graph.graph["why_lost"] == [reason]
    assert graph.graph["left_out"] == network.graph["left_out"] == [(1, reason)]
    reason = "a line leaves, far from the saddle or out of the landscape's domain"
    assert connect(slope, points).graph["left_out"] == [(1, reason)]


def test_lines_that_are_not_followed_to_their_end(surface):
    landscape, whole, _ = surface
    points = classify(landscape, [data["x"] for _, data in whole.nodes(data=True)])
    graph = connect(landscape, points, max_steps=3)
    reason = "a line is still moving after the last step"
    assert graph.graph["lost"] == [(3, 0), (3, 1), (4, 0), (4, 1)]
    assert graph.graph["why_lost"] == [reason] * 4
    assert graph.graph["left_out"] == [(3, reason), (4, reason)]


@pytest.mark.parametrize("dim", [2, 3])
def test_saddles_that_the_flow_runs_into_are_followed_on(dim):
    """From the octopus's one saddle in the middle alone to all 2^dim minima: 2^dim - 1 saddles join them."""
    octopus = problem("octopus", dim=dim)
    graph = connect(octopus, classify(octopus, np.zeros((1, dim))))
    network = transition_network(graph)
    assert graph.graph["lost"] == graph.graph["left_out"] == []
    assert (network.number_of_nodes(), network.number_of_edges()) == (2**dim, 2**dim - 1)
    assert nx.is_connected(network)


def test_a_flat_bottom_is_a_basin():
    """(x^2 - 1)^4 + y^2: at both bottoms three derivatives along x vanish."""
    flat = Landscape.from_function(
        lambda x: (x[..., 0] ** 2 - 1) ** 4 + x[..., 1] ** 2,
        lambda x: np.stack([8 * x[..., 0] * (x[..., 0] ** 2 - 1) ** 3, 2 * x[..., 1]], axis=-1),
        lambda x: np.stack(
            [
                np.stack([8 * (x[..., 0] ** 2 - 1) ** 2 * (7 * x[..., 0] ** 2 - 1), 0 * x[..., 0]], axis=-1),
                np.stack([0 * x[..., 0], 2 + 0 * x[..., 0]], axis=-1),
            ],
            axis=-1,
        ),
        dim=2,
        box=(-2.0, 2.0),
        confining=True,
    )
    graph = connect(flat, classify(flat, [[0.0, 0.0]]))
    network = transition_network(graph)
    assert [data["kind"] for _, data in network.nodes(data=True)] == ["degenerate", "degenerate"]
    assert list(network.edges(keys=True)) == [(0, 1, 2)]
    assert graph.graph["degenerate"] == 2
    assert graph.graph["left_out"] == []


def test_degenerate_points_where_no_line_ends_are_no_basins():
    """(x^2 - 1)^2 + y^4: the point between the bottoms is degenerate, too, and no line leads down from it."""
    flat = Landscape.from_function(lambda x: (x[..., 0] ** 2 - 1) ** 2 + x[..., 1] ** 4, dim=2, box=(-2.0, 2.0))
    graph = connect(flat, classify(flat, [[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]))
    assert transition_network(graph).number_of_nodes() == 0
    assert graph.graph["degenerate"] == 3
    ((left_out, reason),) = graph.graph["left_out"]
    assert graph.nodes[left_out]["value"] == pytest.approx(1.0)
    assert reason.startswith("it is degenerate")


def test_copies_of_points_are_merged(surface):
    landscape, whole, _ = surface
    points = classify(landscape, [data["x"] for _, data in whole.nodes(data=True)])
    twice = connect(landscape, CriticalPoints.concatenate([points, points]))
    assert sorted(twice.edges()) == sorted(whole.edges())
    assert twice.number_of_nodes() == len(points)


def test_a_line_that_symmetry_keeps_on_another_saddle_is_followed_to_a_minimum():
    """Down from (0, 0) the line along y = 0 ends at the saddles (+-1, 0), whose own ends are the four minima."""

    def value(x):
        return (x[..., 0] ** 2 - 1) ** 2 + x[..., 1] ** 2 * (1 - 1.5 * x[..., 0] ** 2) + x[..., 1] ** 4

    crossing = Landscape.from_function(value, dim=2, box=(-2.0, 2.0), confining=True)
    points = find_critical_points(crossing, crossing.starts(np.random.default_rng(0), 400))
    graph = connect(crossing, points)
    top = next(k for k in graph if graph.nodes[k]["index"] == 1 and graph.nodes[k]["value"] > 0.5)
    assert {graph.nodes[k]["kind"] for k in graph.successors(top)} == {"saddle"}
    network = transition_network(graph)
    assert network.number_of_nodes() == 4
    assert nx.is_connected(network)
    edge = next(data for *_, data in network.edges(data=True) if data["saddle"] == top)
    halves = [{network.nodes[minimum]["x"][0] > 0: share for minimum, share in line} for line in edge["destinations"]]
    assert sorted(halves, key=list) == [{False: 0.5}, {True: 0.5}]
    assert all("destinations" not in data for *_, data in network.edges(data=True) if data["saddle"] != top)


def test_what_crosses_a_saddle_goes_on_to_both_sides_of_the_next():
    """From the minimum on the left the line over (0, 0) runs along b = 0 into a saddle between two mirror images:
    rates, times, neighbours and basins know no left and right."""

    def value(x):
        a, b = x[..., 0], x[..., 1]
        return (a**2 - 1) ** 2 + b**2 * (0.5 - a) + b**4

    wells = Landscape.from_function(value, dim=2, box=(-2.0, 2.0), confining=True)
    points = find_critical_points(wells, wells.starts(np.random.default_rng(0), 400))
    network = transition_network(connect(wells, points))
    one, other, far = sorted(network, key=lambda node: network.nodes[node]["value"])
    assert network.nodes[one]["x"][1] == pytest.approx(-network.nodes[other]["x"][1])
    rates = rate_matrix(network, 0.2)
    assert rates[far, one] == pytest.approx(rates[far, other], rel=1e-9)
    assert rates[one, far] == pytest.approx(rates[other, far], rel=1e-9)
    flux = occupation(network, 0.2)[:, None] * rates
    np.testing.assert_allclose(flux, flux.T, rtol=1e-9, atol=1e-14 * flux.max())
    times = mean_first_passage_times(rates, [far])
    assert times[one] == pytest.approx(times[other], rel=1e-9)
    assert degree_distribution(network) == {2: 3}
    assert monotonic_basins(network) == {one: {one, far}, other: {other, far}}
    assert nx.is_connected(network)


def test_points_of_another_landscape_are_refused():
    camel = problem("six_hump_camel")
    points = find_critical_points(camel, [[0.0, 0.0]])
    for steps in (-1, 1.5, "many"):
        with pytest.raises(ValueError, match=f"max_steps is {steps} but must be a whole number, at least 0"):
            connect(camel, points, max_steps=steps)


def test_minima_of_a_large_cluster_weigh_by_their_point_groups():
    """38 atoms: the truncated octahedron, Oh, stands for 2 N! / 48 points, which outgrow 64 bits."""
    cluster = problem("lennard_jones", atoms=38)
    sites = np.array([site for site in product(range(-2, 3), repeat=3) if sum(site) % 2])
    octahedron = sites[(sites**2).sum(axis=1) <= 5].reshape(1, -1) * 2 ** (-1 / 3)
    shaken = octahedron + 0.25 * np.random.default_rng(0).normal(size=(3, 114))
    points = find_critical_points(cluster, np.concatenate([octahedron, shaken]), EigenvectorFollowing(index=0))
    graph = nodes_of(cluster, points)
    assert len(points) > 1
    assert graph.nodes[0]["log_orbit_size"] == pytest.approx(log(2 * factorial(38) // 48), rel=1e-14)
    value = points.value - points.value[0]
    entropy = [graph.nodes[k]["log_orbit_size"] - 0.5 * np.log(graph.nodes[k]["eigenvalues"]).sum() for k in graph]
    odds = np.exp(np.array(entropy) - entropy[0] - value / 0.2)
    np.testing.assert_allclose(occupation(transition_network(graph), 0.2), odds / odds.sum(), rtol=1e-10)
