"""The active-set loop: every member as if it were alone, and gone as soon as it is finished."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape.batch import RUNNING, compress, parts, run_active_set

DONE, FAILED = 1, 2


class Countdown(NamedTuple):
    """A member finishes at the step that brings `left` to zero, and fails at -1 if `left` starts negative."""

    left: np.ndarray
    path: np.ndarray


def step(state):
    left = state.left - 1
    path = np.stack([state.path[:, 0] * 1.5 + left, state.path[:, 1] + 1], axis=1)
    return Countdown(left, path), np.select([left == 0, left < -1], [DONE, FAILED], RUNNING)


def countdown(left):
    left = np.array(left)
    return Countdown(left, np.stack([left * 1.0, np.zeros(len(left))], axis=1))


def run(left, max_steps=100, status=None, observe=None, step=step):
    status = np.full(len(left), RUNNING) if status is None else np.array(status)
    return run_active_set(step, countdown(left), status, max_steps, observe)


@given(left=st.lists(st.integers(1, 30), max_size=12), max_steps=st.integers(0, 40))
def test_each_member_leaves_at_its_own_step_and_keeps_its_place(left, max_steps):
    state, status, steps = run(left, max_steps)
    expected = np.array([min(k, max_steps) for k in left], dtype=int)
    np.testing.assert_array_equal(steps, expected)
    np.testing.assert_array_equal(state.path[:, 1], expected)  # it took that many and no more
    np.testing.assert_array_equal(status, [DONE if k <= max_steps else RUNNING for k in left])
    np.testing.assert_array_equal(state.left, np.array(left, dtype=int) - expected)


@given(left=st.lists(st.integers(1, 9), min_size=1, max_size=8), data=st.data())
def test_a_member_does_not_depend_on_its_company(left, data):
    order = np.array(data.draw(st.permutations(range(len(left)))))
    together, _, _ = run(left)
    shuffled, _, _ = run(np.array(left)[order])
    np.testing.assert_array_equal(shuffled.path, together.path[order])
    alone = np.concatenate([run([k])[0].path for k in left])
    np.testing.assert_array_equal(together.path, alone)


def test_a_member_that_is_finished_before_the_start_takes_no_step():
    state, status, steps = run([3, 5, 2], status=[RUNNING, FAILED, RUNNING])
    assert steps.tolist() == [3, 0, 2]
    assert status.tolist() == [DONE, FAILED, DONE]
    assert state.left.tolist() == [0, 5, 0]


def test_statuses_are_kept_apart():
    _, status, steps = run([2, -1, 4])
    assert status.tolist() == [DONE, FAILED, DONE]
    assert steps.tolist() == [2, 1, 4]


def test_nothing_is_done_once_nobody_runs():
    calls = []

    def counting(state):
        calls.append(len(state.left))
        return step(state)

    run([1, 3], step=counting)
    assert calls == [2, 1, 1]
    run([], step=counting)
    run([4, 4], status=[DONE, FAILED], step=counting)
    run([4], max_steps=0, step=counting)
    assert len(calls) == 3


def test_no_status_means_that_all_go_on():
    def lazy(state):
        state, status = step(state)
        return state, status if status.any() else None

    state, status, steps = run([1, 4, 4, 9], step=lazy, max_steps=6)
    expected_state, expected_status, expected_steps = run([1, 4, 4, 9], max_steps=6)
    np.testing.assert_array_equal(state.path, expected_state.path)
    np.testing.assert_array_equal(status, expected_status)
    np.testing.assert_array_equal(steps, expected_steps)


def test_the_observer_sees_every_step_of_every_member_that_takes_it():
    seen = []
    run([1, 3, 2], observe=lambda number, active, state: seen.append((number, active.tolist(), state.left.tolist())))
    assert seen == [(1, [0, 1, 2], [0, 2, 1]), (2, [1, 2], [1, 0]), (3, [1], [0])]


def test_the_callers_arrays_are_not_written():
    state, status = countdown([2, 3]), np.array([RUNNING, RUNNING])
    for array in (*state, status):
        array.flags.writeable = False
    final, _, _ = run_active_set(step, state, status, 10)
    assert state.left.tolist() == [2, 3]
    for before, after in zip(state, final, strict=True):
        assert not np.shares_memory(before, after)


@pytest.mark.parametrize("keep", [[0, 2], [], [1]])
def test_compress_keeps_the_rows_asked_for(keep):
    kept = compress(countdown([5, 6, 7]), np.array(keep, dtype=int))
    assert isinstance(kept, Countdown)
    assert kept.left.tolist() == [[5, 6, 7][k] for k in keep]
    assert kept.path.shape == (len(keep), 2)


@given(members=st.integers(0, 300), entries=st.integers(1, 50), budget=st.integers(0, 500))
def test_parts_hold_every_member_once_and_no_more_than_fits(members, entries, budget):
    split = parts(members, entries, budget)
    assert [k for part in split for k in range(members)[part]] == list(range(members))
    sizes = [part.stop - part.start for part in split]
    assert set(sizes[:-1]) <= {sizes[0]}
    assert sizes[0] * entries <= budget or sizes[0] == 1 or members == 0
    assert min(sizes) > 0 or members == 0
    # More members change no part but the last.
    assert parts(members + 7, entries, budget)[: len(split) - 1] == split[:-1]


def test_what_is_kept_column_by_column_remains_so():
    state, status = countdown([1, 3, 2, 3]), np.full(4, RUNNING)
    columns = state._replace(path=np.asfortranarray(state.path))
    kept = compress(columns, np.array([0, 3]))
    assert kept.path.flags.f_contiguous
    np.testing.assert_array_equal(kept.path, state.path[[0, 3]])
    assert compress(state, np.array([0, 3])).path.flags.c_contiguous
    by_columns, by_rows = (run_active_set(step, s, status, 10)[0] for s in (columns, state))
    np.testing.assert_array_equal(by_columns.path, by_rows.path)


def test_more_steps_than_can_be_counted_are_refused_before_the_first():
    def never(state):
        raise AssertionError

    with pytest.raises(ValueError, match=r"^max_steps is 9223372036854775808 but must be at most 9223372036854775807$"):
        run([1], max_steps=2**63, step=never)
