"""What is known while a study goes on is what is known at its end, chunk for chunk."""

import numpy as np
import pytest

from landscape.problems import problem
from landscape.study.declaration import Study
from landscape.study.run import StudyInterrupted, run_study
from landscape.study.tally import Tally
from landscape.study.target import Target


@pytest.mark.parametrize("before", [2, 4, 6, 7])
def test_the_last_tally_is_the_report(himmelblau, tmp_path, before):
    """Also where the study was interrupted, in any of its phases, and another process began it."""
    path = tmp_path / "study.sqlite"
    allowed = iter(range(before))
    with pytest.raises(StudyInterrupted):
        run_study(himmelblau.study, store=path, stop=lambda: next(allowed, None) is None)
    tally, seen = Tally(problem("himmelblau")), []

    def watch(part):
        tally.add(part)
        seen.append(tally.descents)

    result = run_study(himmelblau.study, store=path, watch=watch)
    assert seen == [1000, 2000, 2100, 2100, 2100, 2100, 2100, 2100]
    assert tally.searches == sum(result.points.search_counts.values())
    assert tally.escapes == len(result.escapes)
    assert tally.followed == len(result.branches)
    points = tally.points()
    assert points.count_by_index() == result.points.count_by_index()
    np.testing.assert_array_equal(points.found, result.points.found)
    known = tally.sentence()
    assert known == (
        f"2100 descents, {tally.searches} searches, 4 saddles left, 4 saddles connected: "
        "4 of index 0 (coverage 1.000), 4 of index 1 (coverage 1.000), 1 of index 2 (coverage 1.000)"
    )


def test_telling_points_apart_takes_little_of_the_time(himmelblau, monkeypatch):
    """A clock that says how long each merge takes: no other begins within twenty times that."""
    clock, merges = [0.0], []
    module = "landscape.study.tally"
    monkeypatch.setattr(f"{module}.time.monotonic", lambda: clock[0])

    def union(landscape, parts):
        merges.append(clock[0])
        clock[0] += 2.0
        return parts[0]

    monkeypatch.setattr(f"{module}.union", union)
    tally = Tally(problem("himmelblau"))
    parts = []
    run_study(Study(Target("himmelblau"), starts=10, escape_starts=5), watch=parts.append)
    for _ in range(500):
        clock[0] += 1.0
        tally.add(parts[0])
    busy = 2.0 * len(merges)
    assert 5 <= len(merges) <= 1 + clock[0] / 42
    assert busy / clock[0] <= 0.05 + 2 / clock[0]
    assert tally.descents == 5000


def test_nothing_is_known_at_first():
    tally = Tally(problem("himmelblau"))
    assert (tally.points(), tally.sentence()) == (None, "")
