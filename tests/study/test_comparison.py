"""Two studies of one landscape: the same bits, other declarations, points that only one has."""

from dataclasses import replace

import numpy as np
import pytest

from landscape.study.comparison import as_json, compare, overlap
from landscape.study.declaration import Study
from landscape.study.run import run_study
from landscape.study.target import Target


def test_a_study_is_the_same_as_itself(himmelblau):
    found = compare(himmelblau, run_study(himmelblau.study))
    assert (found.difference, found.largest_value_gap) == ("", 0.0)
    np.testing.assert_array_equal(found.match, np.arange(9))
    report = as_json(found)
    assert report["identical"] is True
    assert report["in_both"] == 9
    assert report["only_in_first"] == report["only_in_second"] == []
    assert all(basin["overlap"] for basin in report["basins"])


def test_points_that_only_one_has(himmelblau):
    shuffled = himmelblau.points[[8, 0, 3, 5]]
    fewer = replace(himmelblau, points=shuffled, basin=np.full(2100, 1), study=replace(himmelblau.study, seed=9))
    found = compare(himmelblau, fewer)
    assert found.match.tolist() == [1, -1, -1, 2, -1, 3, -1, -1, 0]
    assert found.only_one.tolist() == [1, 2, 4, 6, 7]
    assert compare(fewer, himmelblau).only_other.tolist() == [1, 2, 4, 6, 7]
    report = as_json(found)
    assert report["identical"] is False
    assert report["difference"] == "seed is 0 there and 9 here"
    assert report["by_index"] == [{"0": 4, "1": 4, "2": 1}, {"0": 2, "1": 1, "2": 1}]
    ((row, twin, here, there),) = found.basins
    assert (row, twin) == (0, 1)
    assert there[1] == 1.0
    assert not overlap(here, there)


def test_points_are_told_apart_modulo_symmetry():
    study = Study(Target("lennard_jones", (("atoms", 4),)), starts=60, escape_starts=5)
    found = compare(run_study(study), run_study(replace(study, seed=1)))
    assert (found.match >= 0).sum() == len(found.one.points) - len(found.only_one)
    assert found.match[0] == 0
    assert found.largest_value_gap < 1e-9


def test_different_landscapes_are_refused(himmelblau):
    other = replace(himmelblau, study=replace(himmelblau.study, target=Target("rosenbrock")))
    with pytest.raises(ValueError, match=r"^these are studies of different landscapes: target is himmelblau "):
        compare(himmelblau, other)
