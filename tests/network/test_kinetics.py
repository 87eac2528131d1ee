"""Rates obey detailed balance; passage times are those of the linear equations and of exact arithmetic."""

from fractions import Fraction
from math import factorial, log

import numpy as np
import pytest

from landscape import mean_first_passage_times, occupation, rate_matrix


@pytest.mark.parametrize("temperature", [0.05, 0.2, 1.0])
def test_detailed_balance_with_the_superposition(cluster, temperature):
    network = cluster[2]
    rates, probability = rate_matrix(network, temperature), occupation(network, temperature)
    flux = probability[:, None] * rates
    np.testing.assert_allclose(flux, flux.T, rtol=1e-10, atol=1e-14 * flux.max())
    assert np.abs(rates.sum(axis=1)).max() <= 1e-14 * np.abs(rates).max()


def test_vineyard_rate_of_mueller_and_brown(surface):
    """From eigenvalues of the Hessians by finite differences, put into the formula by hand."""
    landscape, _, network = surface
    rates = rate_matrix(network, 10.0)
    data = next(data for a, b, data in network.edges(data=True) if {a, b} == {1, 2})
    step = 1e-4

    def curvatures(x):
        x = np.array(x)
        h = [(landscape.gradient(x + e) - landscape.gradient(x - e)) / (2 * step) for e in step * np.eye(2)]
        return np.linalg.eigvalsh(np.array(h))

    low, top = curvatures(network.nodes[1]["x"]), curvatures(data["x"])
    climb = data["value"] - network.nodes[1]["value"]
    expected = np.sqrt(np.prod(low) / top[1]) / (2 * np.pi) * np.exp(-climb / 10)
    assert rates[1, 2] == pytest.approx(expected, rel=1e-5)
    assert rates[0, 1] == 0


@pytest.mark.parametrize("seed", range(5))
def test_passage_times_solve_the_linear_equations(seed):
    rng = np.random.default_rng(seed)
    rates = rng.exponential(size=(30, 30)) * (rng.random((30, 30)) < 0.2)
    rates[np.arange(29), np.arange(1, 30)] += 0.1
    rates[np.arange(1, 30), np.arange(29)] += 0.1
    goal = [3, 17]
    inner = [k for k in range(30) if k not in goal]
    generator = rates - np.diag(np.diag(rates))
    generator -= np.diag(generator.sum(axis=1))
    expected = np.linalg.solve(-generator[np.ix_(inner, inner)], np.ones(len(inner)))
    np.testing.assert_allclose(mean_first_passage_times(rates, goal)[inner], expected, rtol=1e-11)


def test_passage_times_of_a_cold_cluster_are_exact(cluster):
    """Against rational arithmetic where rates differ by 80 orders of magnitude."""
    network = cluster[2]
    rates = rate_matrix(network, 0.008)
    off = rates[~np.eye(len(rates), dtype=bool)]
    assert off[off > 0].max() / off[off > 0].min() > 1e60
    found = mean_first_passage_times(rates, [2])
    inner = [0, 1, 3]
    matrix = [[Fraction(-float(rates[a, b])) for b in inner] for a in inner]
    for k, a in enumerate(inner):
        matrix[k][k] = sum(Fraction(float(rates[a, b])) for b in range(4) if b != a)
    expected = solve([[*row, Fraction(1)] for row in matrix])
    np.testing.assert_allclose(found[inner], [float(value) for value in expected], rtol=1e-12)


def solve(rows):
    """Gauss-Jordan elimination in rational numbers; the last column is the right-hand side."""
    for k in range(len(rows)):
        rows[k] = [entry / rows[k][k] for entry in rows[k]]
        for j in range(len(rows)):
            if j != k:
                rows[j] = [a - rows[j][k] * b for a, b in zip(rows[j], rows[k], strict=True)]
    return [row[-1] for row in rows]


@pytest.mark.parametrize("temperature", [0.0015, 0.002])
def test_so_cold_that_floats_end(temperature, cluster):
    """No time is undefined, and no warning is given."""
    rates = rate_matrix(cluster[2], temperature)
    for target in range(len(rates)):
        times = mean_first_passage_times(rates, [target])
        assert times[target] == 0
        assert not np.isnan(times).any()
        assert (np.delete(times, target) > 0).all()


def test_what_takes_longer_than_floats_can_tell_is_infinite():
    small = 1e-200
    chain = np.array([[0.0, small, 0.0], [1.0, 0.0, small], [0.0, 1.0, 0.0]])
    assert mean_first_passage_times(chain, [2]).tolist() == [np.inf, np.inf, 0.0]
    assert mean_first_passage_times(chain, [0]) == pytest.approx([0.0, 1.0, 2.0])
    # State 2 is entered once in 1e200 times and kept for as long: that adds one to the mean.
    branches = np.zeros((4, 4))
    branches[0, 1] = branches[1, 0] = branches[0, 3] = 1.0
    branches[1, 2] = branches[2, 3] = small
    assert mean_first_passage_times(branches, [3]) == pytest.approx([3.0, 5.0, 1e200, 0.0])


def test_relabelling_states_changes_nothing():
    rng = np.random.default_rng(1)
    rates = rng.exponential(size=(12, 12))
    order = rng.permutation(12)
    times = mean_first_passage_times(rates, [int(np.flatnonzero(order == 4)[0])])
    shuffled = mean_first_passage_times(rates[np.ix_(order, order)], [int(np.flatnonzero(order == 4)[0])])
    np.testing.assert_allclose(shuffled, mean_first_passage_times(rates, [4])[order], rtol=1e-12)
    assert times.min() == 0


def test_where_no_target_is_reached_the_time_is_infinite():
    rates = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert mean_first_passage_times(rates, [1]).tolist() == [np.inf, 0.0, np.inf]


@pytest.mark.parametrize("targets", [[], [5], [-1], [0.5], [True], ["a"], "a", 0, None, [[0]], [0, None]])
def test_targets_must_be_states(targets):
    with pytest.raises(ValueError, match="must name at least one of the states 0 to 2"):
        mean_first_passage_times(np.ones((3, 3)), targets)


def test_targets_may_be_any_collection_of_whole_numbers():
    rates = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    for targets in ([2, 2], (2,), {2}, np.array([2]), range(2, 3), {2: "right"}):
        assert mean_first_passage_times(rates, targets).tolist() == [3.0, 2.0, 0.0]


def test_temperature_must_be_positive(surface):
    with pytest.raises(ValueError, match="temperature is 0 but must be positive"):
        rate_matrix(surface[2], 0)
    with pytest.raises(ValueError, match="must be positive"):
        occupation(surface[2], -1.0)


def test_rates_need_orbits_and_take_their_logarithms(cluster):
    """Particles added far away change no rate: the orbits of 38 have the ratios of those of 7."""
    network = cluster[2].copy()
    known = rate_matrix(network, 0.2)
    points = [data for _, data in network.nodes(data=True)] + [data for *_, data in network.edges(data=True)]
    saddle = next(data for a, b, data in network.edges(data=True) if a != b)
    for data in points:
        data.update(orbit_size=0, log_orbit_size=log(factorial(38) // factorial(7) * data["orbit_size"]))
    np.testing.assert_allclose(rate_matrix(network, 0.2), known, rtol=1e-11)
    del saddle["log_orbit_size"]
    with pytest.raises(ValueError, match=r"stands for is not known"):
        rate_matrix(network, 0.2)


@pytest.mark.parametrize(
    ("temperature", "sentence"),
    [
        (np.nan, "must be positive and finite"),
        (-0.1, "must be positive and finite"),
        ([0.1, 0.2], "must be one number"),
        (None, "must be positive and finite|must be a number"),
    ],
)
def test_a_temperature_is_one_positive_number(temperature, sentence, surface):
    with pytest.raises(ValueError, match=sentence):
        rate_matrix(surface[2], temperature)


def test_the_graph_of_all_points_is_no_network_of_transitions(surface):
    with pytest.raises(ValueError, match="network is directed, as from connect; expected what transition_network"):
        rate_matrix(surface[1], 1.0)


@pytest.mark.parametrize(
    ("rates", "sentence"),
    [
        (np.ones((2, 3)), "rates has shape"),
        (np.ones(3), "rates has shape"),
        (np.ones((0, 0)), "rates has no states; expected at least one"),
        (np.array([[0.0, -1.0], [1.0, 0.0]]), "the rate from 0 to 1 is -1 but must be finite and not negative"),
        (np.array([[0.0, 1.0], [np.nan, 0.0]]), "the rate from 1 to 0 is nan but must be finite"),
        (np.array([[0.0, np.inf], [1.0, 0.0]]), "the rate from 0 to 1 is inf but must be finite"),
    ],
)
def test_rates_are_square_finite_and_not_negative(rates, sentence):
    with pytest.raises(ValueError, match=sentence):
        mean_first_passage_times(rates, [0])
