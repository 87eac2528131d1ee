"""The harmonic superposition: sums to one, known limits, and a derivative of itself."""

import networkx as nx
import numpy as np
import pytest

from landscape.network.thermodynamics import heat_capacity, occupation


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


def test_heat_capacity_is_the_energys_derivative(cluster):
    network = cluster[2]
    value = np.array([data["value"] for _, data in network.nodes(data=True)])

    def energy(t):
        return 15 * t + occupation(network, t) @ value

    for t in (0.1, 0.2, 0.4):
        slope = (energy(t + 1e-5) - energy(t - 1e-5)) / 2e-5
        assert heat_capacity(network, t) == pytest.approx(slope, rel=1e-6)
