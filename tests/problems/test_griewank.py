"""Griewank's function against exhaustive counts and the winding number of its gradient."""

import numpy as np
import pytest

from landscape import Exploration, explore
from landscape.problems import problem


@pytest.mark.parametrize(("half_width", "counts", "winding"), [(10.0, (17, 24, 18), 11), (28.0, (111, 216, 110), 5)])
def test_the_whole_box(half_width, counts, winding):
    # Counts and winding numbers from an exhaustive search made independently of this library.
    landscape = problem("griewank", half_width=half_width)
    points = explore(landscape, np.random.default_rng(0), Exploration(max_searches=30_000))
    assert tuple(points.count_by_index().values()) == counts
    assert points.completeness.winding.expected == winding
    assert points.completeness.winding.holds


def test_one_dimension_and_many():
    assert problem("griewank", dim=1).gradient(np.zeros((1, 1))).tolist() == [[0.0]]
    for dim in (1, 2, 5):
        landscape = problem("griewank", dim=dim)
        assert landscape.value(np.zeros(dim)) == 0
        np.testing.assert_allclose(landscape.hessian(np.zeros(dim)), np.diag(1 / 2000 + 1 / np.arange(1, dim + 1)))
    with pytest.raises(ValueError, match="half_width is 0"):
        problem("griewank", half_width=0)
