import numpy as np
import pytest

from landscape import exhaust, problem
from landscape.critical.merge import nearest


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


def test_all_points_of_a_field_in_four_dimensions():
    # Twice, with other starts: the same points, whose signed sum is that of the torus.
    landscape = problem("gaussian_field", dim=4, length=5.0)
    found = [exhaust(landscape, np.random.default_rng(seed), starts, 30) for seed, starts in ((0, 300), (1, 600))]
    assert len(found[0]) == len(found[1]) > 100
    assert (nearest(landscape, found[0].x, found[1].x) >= 0).all()
    assert all(points.euler.holds for points in found)
