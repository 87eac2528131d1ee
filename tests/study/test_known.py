"""What was found beside what is known: counted index by index, and said in a sentence."""

import numpy as np
import pytest

from landscape import find_critical_points, problem
from landscape.function import Truth
from landscape.study.declaration import Study
from landscape.study.known import known_points, truth_of
from landscape.study.target import Target


@pytest.fixture(scope="module")
def himmelblau():
    landscape = problem("himmelblau")
    return find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 300))


def test_a_complete_set(himmelblau):
    known = known_points(problem("himmelblau").truth, himmelblau)
    assert (known.found, known.total) == (9, 9)
    assert known.by_index == {"0": [4, 4], "1": [4, 4], "2": [1, 1]}
    assert known.sentence() == "9 of the 9 known; source: all roots of the polynomial gradient"


def test_what_is_missing_and_what_is_too_much_do_not_cancel(himmelblau):
    known = known_points(Truth({0: 5, 1: 3, 3: 2}, source="nowhere"), himmelblau)
    assert (known.found, known.total) == (7, 10)
    assert known.sentence() == (
        "7 of the 10 known; missing: 1 of index 0, 2 of index 3; not known: 1 of index 1, 1 of index 2; source: nowhere"
    )


def test_of_an_incomplete_truth_only_what_it_names(himmelblau):
    truth = Truth({0: 4, 1: 6}, complete=False, source="a paper")
    assert known_points(truth, himmelblau).sentence() == "8 of the 10 known; missing: 2 of index 1; source: a paper"
    assert known_points(truth, himmelblau, wanted=(0, 2)).sentence() == "4 of the 4 known; source: a paper"
    assert known_points(truth, himmelblau, wanted=(2,)) is None


def test_degenerate_points_and_none_at_all(himmelblau):
    truth = Truth({}, degenerate=1, source="by hand")
    assert known_points(truth, himmelblau[:0]).sentence() == "0 of the 1 known; missing: 1 degenerate; source: by hand"
    assert known_points(None, himmelblau) is None
    assert known_points(Truth(minimum_value=0.0), himmelblau) is None


def test_many_indices_are_not_listed(himmelblau):
    truth = Truth(dict.fromkeys(range(20), 5), source="by hand")
    assert "; missing: 91 of 20 indices; source" in known_points(truth, himmelblau).sentence()


def test_a_report_runs_nothing_of_the_users(tmp_path):
    (tmp_path / "own.py").write_text("raise SystemExit\n")
    assert truth_of(Study(Target(f"{tmp_path}/own.py:loss"))) is None
    assert truth_of(Study(Target("mlp", (("data", f"{tmp_path}/gone.npz"),)))) is None
    assert truth_of(Study(Target("himmelblau"))).counts == {0: 4, 1: 4, 2: 1}
