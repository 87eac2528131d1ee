"""Networks that several tests look at, made once."""

import networkx as nx
import numpy as np
import pytest

from landscape import Exploration, connect, explore, find_critical_points, problem, transition_network


def all_points(landscape, size=1500, seed=0):
    return find_critical_points(landscape, landscape.starts(np.random.default_rng(seed), size))


@pytest.fixture(scope="session")
def cluster():
    """Seven Lennard-Jones atoms: landscape, graph and transition network."""
    landscape = problem("lennard_jones", atoms=7)
    points = explore(landscape, np.random.default_rng(0), Exploration(indices=(0, 1)))
    graph = connect(landscape, points)
    return landscape, graph, transition_network(graph)


@pytest.fixture(scope="session")
def surface():
    """The Müller-Brown surface: landscape, graph and transition network."""
    landscape = problem("muller_brown")
    graph = connect(landscape, all_points(landscape, 500))
    return landscape, graph, transition_network(graph)


@pytest.fixture(scope="session")
def ring():
    """A ring of nine angles: landscape, graph and transition network."""
    landscape = problem("xy_chain", n=9)
    points = explore(landscape, np.random.default_rng(0), Exploration(indices=(0, 1)))
    graph = connect(landscape, points)
    return landscape, graph, transition_network(graph)


@pytest.fixture(scope="session")
def random_network():
    """A function that makes a transition network of random heights, or of `levels` different ones."""

    def make(seed, nodes=40, edges=70, levels=None):
        rng = np.random.default_rng(seed)
        network = nx.MultiGraph()
        for node in range(nodes):
            network.add_node(node, value=float(rng.normal()), kind="minimum")
        for key in range(edges):
            a, b = rng.integers(nodes, size=2).tolist()
            top = max(network.nodes[a]["value"], network.nodes[b]["value"])
            height = top + float(rng.exponential()) + 1e-3 if levels is None else float(4 + rng.integers(levels))
            network.add_edge(a, b, key=nodes + key, value=height, saddle=nodes + key)
        return network

    return make
