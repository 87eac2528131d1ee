"""Independent sets put together: who found what, and what is estimated to be missing."""

from dataclasses import replace

import numpy as np
import pytest

from landscape import Newton, Recapture, find_critical_points, problem, recapture
from landscape.critical.merge import MERGE_TOLERANCE, nearest
from landscape.critical.points import Kind
from landscape.critical.recapture import missing_from_all


def sets(number, starts, seed=0):
    landscape = problem("spherical_spin_glass", n=7, seed=1)
    rngs = np.random.default_rng(seed).spawn(number)
    return landscape, [find_critical_points(landscape, landscape.starts(rng, starts), Newton()) for rng in rngs]


@pytest.mark.parametrize("chances", [(0.9, 0.3), (0.8, 0.1), (0.7, 0.4, 0.2, 0.1), (0.5, 0.5, 0.5), (0.4,) * 5])
def test_the_estimate_of_what_samples_of_any_size_miss(chances):
    """Of points that are alike the number that is missing, without bias, in 95 % of intervals."""
    rng = np.random.default_rng(2)
    held, errors = 0, []
    for _ in range(400):
        found_by = rng.uniform(size=(200, len(chances))) < chances
        some = found_by.any(axis=1)
        told, missed = missing_from_all(found_by[some]), (~some).sum()
        held += np.floor(told.low) <= missed <= np.ceil(told.high)
        errors.append(told.estimate - missed)
    assert held >= 367  # 380 less three standard deviations
    assert abs(np.mean(errors)) < 4 * np.std(errors) / 20 + 1.0  # the correction leaves less than a point


def test_of_points_that_are_not_alike_it_is_a_lower_bound():
    rng = np.random.default_rng(3)
    estimates, missed = [], []
    for _ in range(200):
        found_by = rng.uniform(size=(200, 3)) < rng.beta(1, 1, (200, 1)) * (0.9, 0.5, 0.5)
        some = found_by.any(axis=1)
        estimates.append(missing_from_all(found_by[some]).estimate)
        missed.append((~some).sum())
    assert 0.2 * np.mean(missed) < np.mean(estimates) < 0.8 * np.mean(missed)


def test_two_samples_are_petersens_estimate():
    """n_1 n_2 / m animals (Petersen 1896), here 300 * 110 / 100, of which 310 are seen."""
    found_by = np.array([[True, False]] * 200 + [[False, True]] * 10 + [[True, True]] * 100)
    assert missing_from_all(found_by).estimate == pytest.approx(300 * 110 / 100 - 310, rel=0.02)


def test_a_sample_within_another_tells_of_nothing_missing():
    low = missing_from_all(np.array([[True, False]] * 97 + [[True, True]] * 14))
    assert (low.estimate, low.low) == (0.0, 0.0)
    assert low.high == pytest.approx(97 / 15)
    assert missing_from_all(np.ones((5, 3), dtype=bool)) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("found_by", "confidence", "sentence"),
    [
        (np.ones((3, 1), dtype=bool), 0.95, r"found_by has shape \(3, 1\) but must have a column for each of at least"),
        (np.eye(3, 2, dtype=bool), 0.95, "a point that is in no sample"),
        (np.ones((3, 2), dtype=bool), 1.0, "confidence is 1.0 but must lie between 0 and 1"),
    ],
)
def test_what_cannot_be_estimated_from(found_by, confidence, sentence):
    with pytest.raises(ValueError, match=sentence):
        missing_from_all(found_by, confidence)


def test_the_union_and_who_found_what():
    landscape, parts = sets(4, 30)
    together = recapture(landscape, iter(parts))
    assert isinstance(together, Recapture)
    points = together.points
    assert points.found.sum() == sum(part.found.sum() for part in parts)
    assert together.found_by.any(axis=1).all()
    for column, part in enumerate(parts):
        assert together.found_by[:, column].sum() == len(part)
        rows = nearest(landscape, part.x, points.x[together.found_by[:, column]])
        assert sorted(rows) == list(range(len(part)))
    for index, number in points.count_by_index().items():
        assert len(together.of_index(index)) == number
        assert together.missing[index] == missing_from_all(together.of_index(index))


def test_copies_that_are_one_point_by_a_chain_are_in_every_set():
    """Each within the tolerance of the next, the first and the last not."""
    bowl = problem("quadratic", eigenvalues=(1.0, 2.0))
    point = find_critical_points(bowl, np.ones((1, 2)))
    shifted = [replace(point, x=point.x + np.array([0.8 * k * MERGE_TOLERANCE, 0.0])) for k in range(3)]
    together = recapture(bowl, shifted)
    assert len(together.points) == 1
    assert together.found_by.all()


def test_degenerate_points_are_none_of_their_index():
    landscape, parts = sets(2, 60)
    flat = replace(parts[0], kind=np.where(parts[0].index == 0, Kind.DEGENERATE, parts[0].kind))
    flat = flat[flat.index == 0]
    assert len(flat) > 0
    together = recapture(landscape, [flat, flat])
    assert together.missing == {}
    assert len(together.of_index(0)) == 0
    assert repr(together) == "none of the 2 sets has any point"


def test_the_sets_may_come_in_any_order():
    landscape, parts = sets(3, 30)
    forwards, backwards = recapture(landscape, parts), recapture(landscape, parts[::-1])
    assert forwards.missing.keys() == backwards.missing.keys()
    for index, told in forwards.missing.items():
        np.testing.assert_allclose(told, backwards.missing[index], rtol=1e-12)


def test_the_estimate_grows_with_what_is_missing():
    """Of an incomplete set more is estimated to be missing than of a complete one, and for that nothing."""
    landscape, few = sets(4, 25)
    _, many = sets(4, 2000)
    whole = recapture(landscape, many)
    truth = whole.points.count_by_index()
    together = recapture(landscape, few)
    told = {index: missing for index, missing in together.missing.items() if len(together.of_index(index)) >= 5}
    assert len(told) >= 3
    for index, missing in told.items():
        lacking = truth[index] - len(together.of_index(index))
        assert lacking > 0
        assert 0 < missing.estimate < 3 * lacking
    assert all(missing.high == 0 for missing in whole.missing.values())


def test_in_words():
    landscape, parts = sets(2, 20)
    together = recapture(landscape, parts)
    first, second = together.sentences([9, 3])
    assert second == "Index 9: none of the 2 sets has any"
    low, high = sorted(together.of_index(3).sum(axis=0))
    assert first.startswith(f"Index 3: {len(together.of_index(3))} points, of which each of 2 sets has {low}")
    assert f"{high}; estimated missing from all: " in first
    assert repr(together).count("\n") == len(together.missing) - 1


def test_sets_that_cannot_be_put_together():
    landscape, parts = sets(1, 10)
    with pytest.raises(ValueError, match="at least two independent sets of critical points, and 1 came"):
        recapture(landscape, parts)
    with pytest.raises(ValueError, match="a set has points of 7 coordinates but himmelblau has 2"):
        recapture(problem("himmelblau"), parts * 2)
