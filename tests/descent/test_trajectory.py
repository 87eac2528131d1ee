"""Recording: how thin it must be, and what the frames hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape.descent.trajectory import Recorder, thinning


@given(row=st.integers(1, 1000), steps=st.integers(0, 500), room=st.integers(0, 100_000))
def test_thinning_is_the_least_that_fits(row, steps, room):
    def fits(record):
        return (steps // record + 1) * row <= room

    record = thinning(row, steps, room)
    if record is None:
        assert room < row * (2 if steps else 1)
    else:
        assert fits(record)
        assert record == 1 or not fits(record - 1)


def test_runs_stay_where_they_ended(monkeypatch):
    recorder = Recorder(np.zeros((3, 1)), 2, 9)
    assert recorder.x.shape == (5, 3, 1)
    for number in range(1, 8):
        recorder.take(number, np.array([0, 2]) if number < 4 else np.array([2]), np.full((2 - (number > 3), 1), number))
    path = recorder.trajectory(np.array([[3.5], [0.0], [7.5]]), np.array([3, 0, 7]))
    assert path.steps.tolist() == [0, 2, 4, 6]
    assert path.x[..., 0].T.tolist() == [[0, 2, 3.5, 3.5], [0, 0, 0, 0], [0, 2, 4, 6]]


def test_unknown_memory_refuses_nothing(monkeypatch):
    monkeypatch.setattr("landscape.descent.trajectory.available_memory", lambda: None)
    Recorder(np.zeros((3, 1)), 1, 100)
    monkeypatch.setattr("landscape.descent.trajectory.available_memory", lambda: 100)
    with pytest.raises(ValueError, match=r"^101 positions of 3 runs in dim 1 take 2\.42e-06 GB .*record=26 would fit$"):
        Recorder(np.zeros((3, 1)), 1, 100)


def test_no_frames_follow_after_everybody_has_ended():
    recorder = Recorder(np.zeros((2, 1)), 2, 20)
    for number in (2, 4, 10):  # a compiled block went on
        recorder.take(number, np.arange(2), np.full((2, 1), float(number)))
    kept = recorder.trajectory(np.array([[3.0], [5.0]]), np.array([3, 5]))
    assert kept.steps.tolist() == [0, 2, 4]
    assert kept.x[..., 0].tolist() == [[0, 0], [2, 2], [3, 4]]
