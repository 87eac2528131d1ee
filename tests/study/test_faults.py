"""Faults are counted by kind and located, whoever met them and in whatever number."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from landscape.study.faults import Fault, FaultLog, current_log, joined, tolerated

places = st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=20)


@given(places, st.integers(0, 20))
def test_a_log_in_two_parts_is_the_log(points, cut):
    x = np.array(points)
    whole, parts = FaultLog(), [FaultLog(), FaultLog()]
    whole.note("raised KeyError", x, "why")
    for log, part in zip(parts, (x[:cut], x[cut:]), strict=True):
        log.note("raised KeyError", part, "why")
    assert joined(fault for log in parts for fault in log.faults()) == whole.faults()
    (fault,) = whole.faults()
    assert (fault.count, fault.first) == (len(x), x[0].tolist())
    assert (fault.low, fault.high) == (x.min(axis=0).tolist(), x.max(axis=0).tolist())


def test_the_most_frequent_kind_comes_first():
    log = FaultLog()
    log.note("a", np.zeros((1, 2)))
    log.note("b", np.ones((3, 2)), "first")
    log.note("b", np.ones((3, 2)), "second")
    assert [(fault.kind, fault.count, fault.message) for fault in joined(log.faults())] == [
        ("b", 6, "first"),
        ("a", 1, ""),
    ]


def test_what_is_no_point_is_no_fault_and_a_complex_step_is_from_a_real_point():
    log = FaultLog()
    log.note("a", np.array([[np.nan, 0.0], [np.inf, 0.0]]))
    assert log.faults() == []
    log.note("a", np.array([[1.0 + 1e-30j, 2.0], [np.nan, 0.0]]))
    assert log.faults() == [Fault("a", "", 1, [1.0, 2.0], [1.0, 2.0], [1.0, 2.0])]


def test_faults_are_tolerated_within_and_not_outside():
    assert current_log() is None
    with tolerated() as outer:
        assert current_log() is outer
        with tolerated() as inner:
            assert current_log() is inner
        assert current_log() is outer
    assert current_log() is None


def test_in_words():
    fault = Fault("raised KeyError", "'far'", 3, [0.5, 2.0], [0.0, 1.0], [1.0, 3.25])
    assert fault.sentence() == ("raised KeyError in 3 evaluations, first at (0.5, 2) ('far'); all in 0 to 1, 1 to 3.25")
    many = Fault("was not a number", "", 1, [0.0] * 9, [0.0] * 9, [1.0] * 9)
    assert many.sentence() == (
        "was not a number in 1 evaluations, first at (0, 0, 0, 0, ...); all in 0 to 1, 0 to 1, 0 to 1, 0 to 1, ..."
    )
