"""The harmonic superposition: sums to one, known limits, and a derivative of itself."""

from math import factorial, log

import networkx as nx
import numpy as np
import pytest

from landscape import heat_capacity, occupation
from landscape.network.thermodynamics import log_copies


def two_states(gap, low, high, copies=1):
    network = nx.MultiGraph()
    network.add_node(0, value=0.0, eigenvalues=tuple(low), orbit_size=1)
    network.add_node(1, value=gap, eigenvalues=tuple(high), orbit_size=copies)
    return network


def test_probabilities_and_limits(cluster):
    network = cluster[2]
    probability = occupation(network, np.geomspace(1e-3, 10, 20))
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    np.testing.assert_allclose(probability[0], [1.0, 0.0, 0.0, 0.0], atol=1e-200)
    assert (np.diff(probability[:, 0]) <= 0).all()
    assert heat_capacity(network, 1e-3) == pytest.approx(3 * 7 - 6)


def test_two_states_in_closed_form():
    """n exp(-gap / T) prod(omega_0) / prod(omega_1), and Schottky's anomaly."""
    network = two_states(2.0, [4.0, 9.0], [1.0, 4.0], copies=5)
    for t in (0.3, 1.0, 4.0):
        ratio = 5 * np.exp(-2 / t) * 6 / 2
        assert occupation(network, t)[1] == pytest.approx(ratio / (1 + ratio))
        assert heat_capacity(network, t) == pytest.approx(2 + (2 / t) ** 2 * ratio / (1 + ratio) ** 2)


@pytest.mark.parametrize("t", [5e-324, 1e-310, 1e-300, 1e-200, 1e-160])
def test_in_the_cold_only_vibrations_are_left(t, cluster):
    """Where the square of the temperature is no number, too; and a second minimum that is as low stays occupied."""
    assert heat_capacity(cluster[2], t) == 15.0
    assert heat_capacity(cluster[2], [t, 1e-3]).tolist() == [15.0, heat_capacity(cluster[2], 1e-3)]
    level = two_states(0.0, [4.0, 9.0], [1.0, 4.0])
    assert heat_capacity(level, t) == 2.0
    np.testing.assert_allclose(occupation(level, t), [0.25, 0.75], rtol=1e-15)


def test_heat_capacity_in_units_that_are_small_or_large():
    """Schottky's anomaly is a function of gap / T alone."""
    expected = heat_capacity(two_states(2.0, [4.0, 9.0], [1.0, 4.0]), 0.7)
    for unit in (1e-200, 1e200):
        found = heat_capacity(two_states(2.0 * unit, [4.0, 9.0], [1.0, 4.0]), 0.7 * unit)
        assert found == pytest.approx(expected, rel=1e-14)


def test_heat_capacity_is_the_energys_derivative(cluster):
    network = cluster[2]
    value = np.array([data["value"] for _, data in network.nodes(data=True)])

    def energy(t):
        return 15 * t + occupation(network, t) @ value

    for t in (0.1, 0.2, 0.4):
        slope = (energy(t + 1e-5) - energy(t - 1e-5)) / 2e-5
        assert heat_capacity(network, t) == pytest.approx(slope, rel=1e-6)


def test_orbits_that_integers_cannot_count_weigh_by_their_logarithms():
    """38 particles, point groups of orders 48 and 20."""
    network = two_states(2.0, [4.0, 9.0], [1.0, 4.0], copies=0)
    for node, order in ((0, 48), (1, 20)):
        network.nodes[node].update(orbit_size=0, log_orbit_size=log(2 * factorial(38) // order))
    small = two_states(2.0, [4.0, 9.0], [1.0, 4.0], copies=48)
    small.nodes[0]["orbit_size"] = 20
    np.testing.assert_allclose(occupation(network, [0.3, 1.0, 4.0]), occupation(small, [0.3, 1.0, 4.0]), rtol=1e-13)


def test_minima_of_a_cluster_weigh_by_their_point_groups(cluster):
    """Counted anew, from their coordinates, by logarithms."""
    landscape, _, network = cluster
    x = np.array([data["x"] for _, data in network.nodes(data=True)])
    by_logarithms = landscape.symmetry.log_orbit_size(landscape.manifold, x)
    expected = [log(2 * factorial(7) // order) for order in (20, 6, 6, 2)]  # D5h, C3v, C3v, C2
    np.testing.assert_allclose(by_logarithms, expected, rtol=1e-14)
    assert [log_copies(data) for _, data in network.nodes(data=True)] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("weigh", [occupation, heat_capacity])
def test_unknown_orbits_are_not_counted_as_one(weigh):
    network = two_states(2.0, [4.0, 9.0], [1.0, 4.0], copies=0)
    with pytest.raises(ValueError, match=r"the critical point with value 2 stands for is not known"):
        weigh(network, 1.0)
    del network.nodes[1]["orbit_size"]
    with pytest.raises(ValueError, match=r"must have a positive orbit_size, or a log_orbit_size"):
        weigh(network, 1.0)


def test_point_groups_weigh_where_copies_are_not_counted(cluster):
    """One over the order, in units of the order of the whole group; but not beside points that are counted."""
    network = cluster[2].copy()
    known = occupation(network, [0.1, 0.3])
    for (_, data), order in zip(network.nodes(data=True), (20, 6, 6, 2), strict=True):  # D5h, C3v, C3v, C2
        data["point_group_order"] = order
        del data["orbit_size"]
    np.testing.assert_allclose(occupation(network, [0.1, 0.3]), known, rtol=1e-13)
    del network.nodes[2]["point_group_order"]
    network.nodes[2]["orbit_size"] = 1
    with pytest.raises(ValueError, match="stands for is not known"):
        occupation(network, 0.1)


def test_log_products_weigh_where_there_are_no_eigenvalues():
    network = two_states(2.0, [4.0, 9.0], [1.0, 4.0], copies=5)
    known = occupation(network, 0.7)
    for node, product in ((0, 36.0), (1, 4.0)):
        del network.nodes[node]["eigenvalues"]
        network.nodes[node]["log_product"] = log(product)
    np.testing.assert_allclose(occupation(network, 0.7), known, rtol=1e-14)
    with pytest.raises(ValueError, match="give vibrations, 3 N - 6 for N particles"):
        heat_capacity(network, 0.7)
    with pytest.raises(ValueError, match=r"vibrations is 1\.5 but must be a whole number, at least 0"):
        heat_capacity(network, 0.7, vibrations=1.5)
    assert heat_capacity(network, 0.7, vibrations=2) == heat_capacity(two_states(2.0, [4, 9], [1, 4], 5), 0.7)
    del network.nodes[1]["log_product"]
    with pytest.raises(ValueError, match="what frequencies the critical point with value 2 has is not known"):
        occupation(network, 0.7)


def test_networks_that_have_no_superposition_are_refused(cluster):
    network = two_states(2.0, [4.0, 9.0], [1.0], copies=5)
    with pytest.raises(ValueError, match="vibrations differ: 1, 2; expected one number for all minima"):
        heat_capacity(network, 1.0)
    network.nodes[0]["kind"] = "degenerate"
    with pytest.raises(ValueError, match="the point with value 0 is degenerate"):
        occupation(network, 1.0)
    with pytest.raises(ValueError, match="network is directed, as from connect"):
        occupation(cluster[1], 1.0)
    with pytest.raises(ValueError, match="network has no minima"):
        occupation(nx.MultiGraph(), 1.0)


@pytest.mark.parametrize("temperature", [np.nan, np.inf, -1.0, 0.0, [1.0, np.nan], "warm"])
def test_temperatures_are_positive_and_finite(temperature, cluster):
    with pytest.raises(ValueError, match=r"temperature is .* but must be"):
        occupation(cluster[2], temperature)
