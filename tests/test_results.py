"""Results: rows that stay together, and one file that gives them back."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import landscape
from landscape.results import Results, shared, transient


@dataclass(frozen=True, eq=False)
class Sample(Results):
    x: np.ndarray
    count: np.ndarray
    label: str = field(default="", metadata=shared())
    tally: dict = field(default_factory=dict, metadata=shared())
    movie: object = field(default=None, metadata=transient())


@dataclass(frozen=True, eq=False)
class Other(Results):
    y: np.ndarray


def sample(size=5):
    x = np.arange(2.0 * size).reshape(size, 2)
    return Sample(x, np.arange(size), label="a", tally={"kept": 3}, movie=object())


def same(one, other):
    np.testing.assert_array_equal(one.x, other.x)
    np.testing.assert_array_equal(one.count, other.count)
    assert (one.label, one.tally) == (other.label, other.tally)


INDICES = [
    slice(1, 4),
    slice(None, None, -2),
    np.array([True, False, True, True, False]),
    np.array([4, 0, 0]),
    [2, 1],
    np.zeros(5, dtype=bool),
]


@pytest.mark.parametrize("rows", INDICES, ids=str)
def test_rows_are_chosen_together(rows):
    whole = sample()
    part = whole[rows]
    np.testing.assert_array_equal(part.x, whole.x[rows])
    np.testing.assert_array_equal(part.count, whole.count[rows])
    assert len(part) == len(whole.count[rows])
    assert (part.label, part.tally) == ("a", {"kept": 3})
    assert part.movie is None


@pytest.mark.parametrize("row", [0, 4, -1, -5, np.int64(2)])
def test_an_integer_gives_a_result_of_one_row(row):
    part = sample()[row]
    assert len(part) == 1
    assert part.count.tolist() == [range(5)[row]]


@pytest.mark.parametrize("row", [5, -6, np.int32(99)])
def test_a_row_that_is_not_there(row):
    with pytest.raises(IndexError, match=rf"^row {row} of a result of 5 rows$"):
        sample()[row]


def test_iteration_ends():
    assert [int(row.count[0]) for row in sample()] == [0, 1, 2, 3, 4]


@given(size=st.integers(0, 6))
def test_what_is_saved_is_loaded(tmp_path_factory, size):
    path = tmp_path_factory.mktemp("saved") / "result"  # no suffix: none may be added
    whole = sample(size)
    whole.save(path)
    loaded = Sample.load(path)
    same(whole, loaded)
    assert loaded.x.dtype == whole.x.dtype
    assert loaded.count.dtype == whole.count.dtype
    assert loaded.movie is None


def test_a_real_result_survives_the_file(tmp_path):
    himmelblau = landscape.problem("himmelblau")
    points = landscape.find_critical_points(himmelblau, himmelblau.starts(np.random.default_rng(0), 50))
    points.save(tmp_path / "points.npz")
    loaded = landscape.CriticalPoints.load(tmp_path / "points.npz")
    assert repr(loaded) == repr(points)
    assert loaded.euler == points.euler
    np.testing.assert_array_equal(loaded.eigenvalues, points.eigenvalues)


def test_a_file_of_another_result_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    Other(np.zeros(3)).save(path)
    with pytest.raises(ValueError, match=r"other\.npz does not hold Sample: x, count missing$"):
        Sample.load(path)
    np.savez(path, x=np.zeros(3), count=np.zeros(3))  # the right arrays, but not from `save`
    with pytest.raises(ValueError, match=r"does not hold Sample: __shared__ missing$"):
        Sample.load(path)
    np.save(tmp_path / "plain.npy", np.zeros(3))
    with pytest.raises(ValueError, match="does not hold Sample: it is not"):
        Sample.load(tmp_path / "plain.npy")
    (tmp_path / "notes.txt").write_text("not an archive")
    with pytest.raises(ValueError, match=r"notes\.txt does not hold Sample"):
        Sample.load(tmp_path / "notes.txt")


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        Sample.load(tmp_path / "nowhere.npz")


def test_concatenation_keeps_order_and_the_first_parts_common_fields():
    whole = sample()
    other = Sample(whole.x[3:], whole.count[3:], label="b")
    joined = Sample.concatenate([whole[:3], other])
    same(joined, whole)
    assert joined.movie is None
    assert len(Sample.concatenate([sample(0), sample(0)])) == 0
