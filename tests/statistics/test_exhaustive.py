import numpy as np
import pytest

from landscape import exhaust, problem


@pytest.mark.parametrize("name", ["himmelblau", "six_hump_camel", "styblinski_tang"])
def test_known_counts_are_reached(name):
    landscape = problem(name)
    points = exhaust(landscape, np.random.default_rng(0), 300)
    inside = points[landscape.inside(points.x)]
    assert inside.count_by_index() == dict(landscape.truth.counts)


def test_few_searches_are_made_up_for_by_rounds():
    # Two eigenvectors a plane: 20 points; 10 searches cannot find them all at once.
    landscape = problem("spherical_spin_glass", p=2, n=10)
    once = exhaust(landscape, np.random.default_rng(0), 10, rounds=1)
    assert len(once) < 20
    points = exhaust(landscape, np.random.default_rng(0), 10, rounds=40)
    assert points.count_by_index() == dict.fromkeys(range(10), 2)


@pytest.mark.parametrize(("starts", "rounds"), [(0, 5), (5, 0)])
def test_nothing_to_do(starts, rounds):
    with pytest.raises(ValueError, match="must be at least 1"):
        exhaust(problem("himmelblau"), np.random.default_rng(0), starts, rounds)
