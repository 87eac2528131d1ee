"""How long a study may take: from steps whose cost is known, and in words."""

import time
from dataclasses import replace

import numpy as np
import pytest

from landscape import Landscape
from landscape.parallel import ProcessExecutor
from landscape.problems import problem
from landscape.study import duration as module
from landscape.study.declaration import Study
from landscape.study.duration import Duration, StepTimes, in_words, step_times, study_duration
from landscape.study.target import Target

SLEEP = 0.05


def slow(landscape, seconds):
    """The landscape with a Hessian that takes so many seconds more."""

    def hessian(x):
        time.sleep(seconds)
        return landscape.hessian(x)

    return replace(landscape, hessian=hessian)


def test_a_slow_hessian_shows_in_the_searches_alone():
    times = step_times(slow(problem("rastrigin", dim=3), SLEEP), 1000)
    assert SLEEP <= times.newton < 20 * SLEEP
    assert SLEEP <= times.climb < 20 * SLEEP
    assert times.descent < SLEEP / 10


def test_what_many_searches_share_is_shared(monkeypatch):
    """A step that costs the same for 1000 starts as for one."""
    sizes = []
    monkeypatch.setattr(module, "_seconds", lambda run, size: sizes.append(size) or 1e-3)
    assert step_times(problem("himmelblau"), 1000).newton == 1e-6
    assert sizes[:5] == [1, 8, 64, 512, 1000]


def test_the_first_call_may_compile():
    took = iter([0.2, 0.0])
    assert module._seconds(lambda size: time.sleep(next(took)), 1) < 0.1


def test_the_work_is_multiplied_out(monkeypatch):
    monkeypatch.setattr(module, "step_times", lambda landscape, most: StepTimes(1.0, 2.0, 3.0))
    study = Study(Target("himmelblau"), starts=3000, search_steps=10, climb_steps=5, descent_steps=7)
    alone = study_duration(study)
    assert (alone.seconds, alone.workers, alone.dim) == (3000 * (10 * 1 + 2 * 5 * 2 + 7 * 3), 1, 2)
    with ProcessExecutor(2) as two:
        monkeypatch.setattr(module, "dispatch", lambda *_: [(0, StepTimes(1.0, 2.0, 3.0), 0.0)])
        shared = study_duration(study, two)
    assert shared.workers == 2
    assert shared.seconds == 2000 * (10 * 1 + 2 * 5 * 2 + 7 * 3)  # three chunks of a thousand


def test_a_function_that_fails_is_left_for_the_study_to_tell_of(monkeypatch):
    def fails(landscape, most):
        raise RuntimeError("no")

    monkeypatch.setattr(module, "step_times", fails)
    assert study_duration(Study(Target("himmelblau"))) is None
    nowhere = Landscape.from_function(lambda x: np.nan * x[..., 0], dim=2, box=(-1, 1))
    monkeypatch.undo()
    assert step_times(nowhere, 10).newton >= 0


def test_the_sentence():
    times = StepTimes(0.15, 0.1, 1e-3)
    long = Duration(50_000.0, 760, times, 1, {"data": "digits", "samples": 0})
    assert long.sentence("the searches take", ("fewer --starts",)) == (
        "the searches take up to about 14 h on 1 process: 760 coordinates, 0.15 s a step by the Hessian; fewer "
        "--starts, --set data=digits_4x4 or --set samples=300 would help"
    )
    assert replace(long, seconds=module.LONG - 1).sentence("it takes", ("fewer --starts",)) == ""
    own = replace(long, workers=4, parameters={"data": "iris", "samples": 0})
    assert own.sentence("it takes", ("fewer --starts",)).endswith(
        "on 4 processes: 760 coordinates, 0.15 s a step by the Hessian; fewer --starts would help"
    )


@pytest.mark.parametrize(
    ("seconds", "words"), [(130, "2 min"), (7100, "118 min"), (7300, "2 h"), (170_000, "47 h"), (864_000, "10 d")]
)
def test_times_in_words(seconds, words):
    assert in_words(seconds) == words
