"""Exploration: complete sets against known counts, its starts and where its effort goes."""

import numpy as np
import pytest

from landscape import EigenvectorFollowing, Exploration, Newton, explore, find_critical_points, problem
from landscape.critical.exploration import explore_round


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("himmelblau", {}),
        ("rastrigin", {"dim": 2}),
        ("styblinski_tang", {"dim": 3}),
        ("xy_chain", {"n": 7}),
        ("lennard_jones", {"atoms": 4}),
    ],
)
def test_known_sets_are_found_whole(name, parameters):
    landscape = problem(name, **parameters)
    points = explore(landscape, np.random.default_rng(0))
    assert points.count_by_index() == {k: c for k, c in landscape.truth.counts.items() if c}
    assert points.euler.holds is not False
    assert not points.completeness.violated


@pytest.mark.slow
def test_lennard_jones_six_at_every_index():
    landscape = problem("lennard_jones", atoms=6)
    points = explore(landscape, np.random.default_rng(0), Exploration(max_searches=12_000))
    assert points.count_by_index() == landscape.truth.counts


@pytest.mark.parametrize("seed", [0, 1])
def test_an_odd_spin_glass_is_its_own_mirror(seed):
    # f(-x) = -f(x) for three spins: points of index k and n - 1 - k are as many, which no search is told.
    landscape = problem("spherical_spin_glass", n=9, seed=seed)
    points = explore(landscape, np.random.default_rng(seed))
    counts = points.count_by_index()
    assert counts == {8 - k: c for k, c in counts.items()}
    assert points.euler.holds


def test_the_budget_is_kept_and_reported():
    landscape = problem("rastrigin", dim=3)
    seen = []
    strategy = Exploration(round_size=300, max_searches=1000)
    points = explore(landscape, np.random.default_rng(0), strategy, lambda done, known: seen.append((done, len(known))))
    assert [done for done, _ in seen] == [300, 600, 900, 1000]
    assert sum(points.search_counts.values()) == 1000
    assert seen[-1][1] == len(points) < 21**3
    assert min(c.coverage_low for c in points.completeness.coverage.values()) < 0.9


def test_same_seed_same_points():
    landscape = problem("spherical_spin_glass", n=6)
    first, second = (explore(landscape, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first.x, second.x)
    np.testing.assert_array_equal(first.found, second.found)


def test_a_round_from_nothing_is_all_fresh_starts():
    landscape = problem("himmelblau")
    rng = np.random.default_rng(0)
    nothing = find_critical_points(landscape, landscape.starts(rng, 1), max_steps=0)
    assert len(nothing) == 0
    assert explore_round(landscape, nothing, 200, rng).count_by_index() == {0: 4, 1: 4}


def test_searches_that_come_back_are_not_captures():
    # From the saddle between two bowls short steps lead back to it or down: coming back says nothing of other saddles.
    landscape = problem("lennard_jones", atoms=5)
    rng = np.random.default_rng(0)
    known = find_critical_points(landscape, landscape.starts(rng, 300), EigenvectorFollowing(1), 150)
    rounds = explore_round(landscape, known[known.index == 1], 400, rng, indices=[1])
    counts = rounds.search_counts
    assert counts["returned"] > 0
    assert sum(counts.values()) == 400
    assert rounds.found.sum() == counts["converged"]


@pytest.mark.parametrize(("atoms", "searches"), [(7, 3000), (8, 6000)])
@pytest.mark.slow
def test_minima_and_saddles_of_clusters(atoms, searches):
    landscape = problem("lennard_jones", atoms=atoms)
    strategy = Exploration(target_coverage=0.9999, indices=(0, 1), max_searches=searches)
    points = explore(landscape, np.random.default_rng(0), strategy)
    counts = points.count_by_index()
    assert {0: counts[0], 1: counts[1]} == landscape.truth.counts
    assert counts[2] > 0  # whence rare saddles of index 1 are reached


def test_only_wanted_indices_are_looked_for():
    landscape = problem("rastrigin", dim=3)
    strategy = Exploration(indices=[3], max_searches=600, round_size=300)
    points = explore(landscape, np.random.default_rng(0), strategy)
    assert set(points.count_by_index()) == {3}


def test_every_point_tells_whence_it_was_found():
    landscape = problem("styblinski_tang", dim=2)
    points = explore(landscape, np.random.default_rng(0))
    for row in range(len(points)):
        again = find_critical_points(landscape, points.start[[row]], named(points.method[row]))
        np.testing.assert_allclose(again.x[0], points.x[row], atol=1e-6)


def named(method):
    return {"Newton()": Newton(), **{repr(EigenvectorFollowing(k)): EigenvectorFollowing(k) for k in range(3)}}[method]


@pytest.mark.parametrize(
    "bad",
    [
        {"target_coverage": 1.0},
        {"round_size": 0},
        {"max_searches": 0},
        {"climb_steps": 0},
        {"indices": []},
        {"indices": [-1]},
    ],
)
def test_bad_strategies_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} is"):
        Exploration(**bad)


def test_an_index_beyond_the_dimension_is_refused():
    with pytest.raises(ValueError, match="index 3 is wanted but the landscape has only 2 directions"):
        explore(problem("himmelblau"), np.random.default_rng(0), Exploration(indices=[0, 3]))
