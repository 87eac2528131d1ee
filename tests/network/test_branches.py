"""The two lines that leave each saddle: their lengths, and the same ends in whatever groups they are followed."""

from dataclasses import replace

import numpy as np
import pytest

from landscape import Landscape, classify, find_critical_points, problem
from landscape.escape.flow import FlowStatus
from landscape.network import branches as module
from landscape.network.branches import LOST, Branches, follow_branches, joined, no_branches, saddle_groups


@pytest.fixture(scope="module")
def camel():
    surface = problem("six_hump_camel")
    return surface, find_critical_points(surface, surface.starts(np.random.default_rng(0), 500))


def double_well(x):
    return x[..., 0] ** 4 - 2 * x[..., 0] ** 2 + x[..., 1] ** 2


def test_lengths_are_those_of_the_paths():
    """On x^2 (x^2 - 2) + y^2 the lines run along the axis from 0 to 1 and -1."""
    well = Landscape.from_function(double_well, dim=2, box=(-2, 2), confining=True)
    points = classify(well, [[0.0, 0.0], [-1.0, 0.0]])
    lines, added = follow_branches(well, points.x, np.array([0]))
    np.testing.assert_allclose(lines.length, 1.0, atol=1e-6)
    assert lines.end.tolist() == [[2, 1]]
    np.testing.assert_allclose(added.x, [[1.0, 0.0]], atol=1e-9)
    assert (lines.status == FlowStatus.ARRIVED).all()


def test_places_where_a_sound_function_overflows_are_not_asked_about():
    """From a saddle, where the gradient vanishes, the flow tries steps as long as numbers reach."""
    asked = []

    def gradient(x):
        asked.append(np.abs(x).max(initial=0.0))
        return np.stack([4 * x[..., 0] ** 3 - 4 * x[..., 0], 2 * x[..., 1]], axis=-1)

    well = Landscape.from_function(double_well, gradient, dim=2, box=(-2, 2), confining=True)
    points = classify(well, [[0.0, 0.0]])
    asked.clear()
    lines, _ = follow_branches(well, points.x, np.array([0]))
    assert (lines.end != LOST).all()
    assert 1 < max(asked) < 250 * well.diagonal


def test_groups_hold_each_saddle_of_index_1_once(camel, monkeypatch):
    points = camel[1]
    saddles = np.flatnonzero(points.index == 1)
    for most, sizes in ((256, [3, 3, 1]), (2, [4, 3]), (1, [7])):
        monkeypatch.setattr(module, "_SADDLES_PER_GROUP", 3)
        monkeypatch.setattr(module, "_MOST_GROUPS", most)
        groups = saddle_groups(points)
        assert [len(rows) for rows in groups] == sizes
        np.testing.assert_array_equal(np.concatenate(groups), saddles)
    assert saddle_groups(points[points.index == 0]) == []


@pytest.mark.parametrize("size", [1, 3])
def test_a_point_that_several_groups_add_stands_once(camel, monkeypatch, size):
    """Only the saddles are known: every minimum is added, most of them by two groups."""
    surface, points = camel
    whole, saddles = points, points[points.index == 1]
    together = joined(surface, saddles, [follow_branches(surface, saddles.x, np.arange(7))])
    monkeypatch.setattr(module, "_SADDLES_PER_GROUP", size)
    groups = [follow_branches(surface, saddles.x, rows) for rows in saddle_groups(saddles)]
    assert sum(len(added) for _, added in groups) > 6
    apart = joined(surface, saddles, groups)
    for lines, added in (together, apart):
        np.testing.assert_allclose(np.sort(added.value), np.sort(whole.value[whole.index == 0]), atol=1e-12)
        np.testing.assert_array_equal(lines.saddle, np.arange(7))
    (one, ends), (other, same_ends) = together, apart
    np.testing.assert_allclose(ends.x[one.end - 7], same_ends.x[other.end - 7], atol=1e-9)
    np.testing.assert_allclose(one.length, other.length, rtol=1e-9)
    lines, added = joined(None, saddles, groups)  # without the landscape, which tells what is the same point
    assert len(added) == sum(len(new) for _, new in groups)
    np.testing.assert_allclose(added.x[lines.end - 7], ends.x[one.end - 7], atol=1e-9)


def test_unknown_saddles_that_lines_run_into_are_followed():
    """From the octopus's saddle in the middle: two saddles, and then four minima, also where two groups find them."""
    octopus = problem("octopus", dim=2)
    points = classify(octopus, [[0.0, 0.0]])
    lines, added = group = follow_branches(octopus, points.x, np.array([0]))
    assert added.index.tolist() == [1, 1, 0, 0, 0, 0]
    assert (lines.saddle.tolist(), sorted(lines.end[0].tolist())) == ([0, 1, 2], [1, 2])
    assert sorted(lines.end[1:].ravel().tolist()) == [3, 4, 5, 6]
    once, twice = (joined(octopus, points, [group] * times) for times in (1, 2))
    for field in ("saddle", "end", "length"):
        np.testing.assert_array_equal(getattr(once[0], field), getattr(twice[0], field))
    np.testing.assert_array_equal(once[1].x, twice[1].x)
    lines, added = joined(None, points, [group, group])
    assert len(added) == 12
    assert lines.saddle.size == 5  # each copy of a saddle with its lines, the known one once
    assert set(lines.end[1:3].ravel()) & set(lines.end[3:].ravel()) == set()


def test_lost_lines_stay_lost(camel):
    surface, points = camel
    rows = saddle_groups(points)[0]
    lines, added = follow_branches(surface, points.x, rows, max_steps=3)
    assert (lines.end == LOST).all()
    assert (lines.status == FlowStatus.STEP_LIMIT).all()
    assert len(added) == 0
    groups = [(lines, added), (replace(lines, end=lines.end), points[:1])]
    assert (joined(surface, points, groups)[0].end == LOST).all()


def test_nothing_to_follow(camel):
    surface, points = camel
    lines, added = joined(surface, points, [])
    assert (len(lines), len(added)) == (len(no_branches()), 0) == (0, 0)
    assert lines.end.shape == lines.length.shape == (0, 2)
    assert isinstance(Branches.concatenate([lines, no_branches()]), Branches)
