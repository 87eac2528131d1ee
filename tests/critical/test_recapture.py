"""Independent sets put together: who found what, and what is estimated to be missing."""

import numpy as np
import pytest

from landscape import Newton, Recapture, find_critical_points, problem, recapture
from landscape.critical.merge import nearest


def sets(number, starts, seed=0):
    landscape = problem("spherical_spin_glass", n=7, seed=1)
    rngs = np.random.default_rng(seed).spawn(number)
    return landscape, [find_critical_points(landscape, landscape.starts(rng, starts), Newton()) for rng in rngs]


def test_the_union_and_who_found_what():
    landscape, parts = sets(4, 30)
    together = recapture(landscape, parts)
    assert isinstance(together, Recapture)
    points = together.points
    assert points.found.sum() == sum(part.found.sum() for part in parts)
    assert together.found_by.any(axis=1).all()
    for column, part in enumerate(parts):
        assert together.found_by[:, column].sum() == len(part)
        rows = nearest(landscape, part.x, points.x[together.found_by[:, column]])
        assert sorted(rows) == list(range(len(part)))
    for index, number in points.count_by_index().items():
        assert together.coverage[index].found == number
        assert together.coverage[index].captures == sum(together.sizes(index))


def test_the_sets_may_come_in_any_order():
    landscape, parts = sets(3, 30)
    forwards, backwards = recapture(landscape, parts), recapture(landscape, parts[::-1])
    for index, seen in forwards.coverage.items():
        assert backwards.coverage[index] == seen
        assert backwards.sizes(index) == forwards.sizes(index)[::-1]


def test_a_set_put_together_with_itself_seems_complete():
    landscape, parts = sets(1, 60)
    together = recapture(landscape, parts * 3)
    assert together.found_by.all()
    assert all(seen.unseen_high == 0 for seen in together.coverage.values())


def test_the_estimate_grows_with_what_is_missing():
    """Of an incomplete set more is estimated to be missing than of a complete one, and for that nothing."""
    landscape, few = sets(4, 25)
    _, many = sets(4, 2000)
    truth = recapture(landscape, many).points.count_by_index()
    told = {index: seen for index, seen in recapture(landscape, few).coverage.items() if seen.found >= 5}
    assert len(told) >= 3
    for index, seen in told.items():
        missing = truth[index] - seen.found
        assert missing > 0
        assert 0 < seen.unseen < 3 * missing
    assert all(seen.unseen_high == 0 for seen in recapture(landscape, many).coverage.values())


def test_in_words():
    landscape, parts = sets(2, 20)
    together = recapture(landscape, parts)
    lines = together.sentences([3])
    assert len(lines) == 1
    low, high = sorted(together.sizes(3))
    assert lines[0].startswith(f"Index 3: {together.coverage[3].found} points, of which each of 2 sets has {low}")
    assert f"{high}; estimated missing from all: " in lines[0]
    assert repr(together).count("\n") == len(together.coverage) - 1


def test_one_set_alone_tells_nothing():
    landscape, parts = sets(1, 10)
    with pytest.raises(ValueError, match="at least two independent sets of critical points, and 1 came"):
        recapture(landscape, parts)
