"""Results: rows that stay together, and one file that gives them back."""

import json
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import landscape
from landscape.results import Results, finite_or_none, shared, transient


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


@dataclass(frozen=True, eq=False)
class Strict(Results):
    y: np.ndarray
    label: str = field(metadata=shared())


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


ADVICE = "; load it with the version of landscape that saved it, or compute it anew"


def test_a_file_of_another_result_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    Other(np.zeros(3)).save(path)
    said = "fields x, count are missing, field y is not known to Sample"
    with pytest.raises(ValueError, match=rf"other\.npz does not hold Sample: {said}{ADVICE}$"):
        Sample.load(path)
    np.savez(path, x=np.zeros(3), count=np.zeros(3))  # the right arrays, but not from `save`
    with pytest.raises(ValueError, match=r"does not hold Sample: field __shared__ is missing;"):
        Sample.load(path)
    np.save(tmp_path / "plain.npy", np.zeros(3))
    with pytest.raises(ValueError, match="does not hold Sample: it is not"):
        Sample.load(tmp_path / "plain.npy")
    (tmp_path / "notes.txt").write_text("not an archive")
    with pytest.raises(ValueError, match=r"notes\.txt does not hold Sample"):
        Sample.load(tmp_path / "notes.txt")
    with pytest.raises(ValueError, match=r"does not hold Sample: it is not an \.npz archive"):
        Sample.load(tmp_path)


def written(path, common, **arrays):
    """A file as a version of the class with other fields would have saved it."""
    np.savez(path, __shared__=np.array(json.dumps(common)), **arrays)
    return path


def test_a_file_of_another_version_is_refused_and_its_fields_are_named(tmp_path):
    rows = {"x": np.zeros((3, 2)), "count": np.zeros(3)}
    common = {"label": "a", "tally": {}}
    path = written(tmp_path / "old.npz", {**common, "expected_euler": 1}, **rows)
    with pytest.raises(
        ValueError, match=rf"old\.npz does not hold Sample: field expected_euler is not known to Sample{ADVICE}$"
    ):
        Sample.load(path)
    written(path, common, **rows, height=np.zeros(3))
    with pytest.raises(ValueError, match="Sample: field height is not known to Sample;"):
        Sample.load(path)
    written(path, common, x=rows["x"])
    with pytest.raises(ValueError, match="Sample: field count is missing;"):
        Sample.load(path)
    written(path, {"label": "a"}, **rows)  # the tally has a default
    assert Sample.load(path).tally == {}
    written(path, {}, y=np.zeros(3))
    with pytest.raises(ValueError, match="Strict: field label is missing;"):
        Strict.load(path)


def test_critical_points_of_an_earlier_version_are_refused(tmp_path):
    himmelblau = landscape.problem("himmelblau")
    points = landscape.find_critical_points(himmelblau, himmelblau.starts(np.random.default_rng(0), 5))
    points.save(tmp_path / "points.npz")
    with np.load(tmp_path / "points.npz") as stored:
        arrays = dict(stored)
    common = json.loads(str(arrays.pop("__shared__")))
    written(tmp_path / "points.npz", {**common, "expected_euler": 1}, **arrays)
    with pytest.raises(
        ValueError, match=r"points\.npz does not hold CriticalPoints: field expected_euler is not known"
    ):
        landscape.CriticalPoints.load(tmp_path / "points.npz")


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_short_is_refused(tmp_path, part):
    path = tmp_path / "cut.npz"
    sample(40).save(path)
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    with pytest.raises(
        ValueError, match=r"cut\.npz does not hold Sample: it is not an \.npz archive, or not the whole"
    ):
        Sample.load(path)


def test_a_damaged_file_is_refused_or_gives_what_was_saved(tmp_path):
    """Wherever a byte is wrong; some bytes of an archive say nothing, such as dates."""
    path = tmp_path / "bad.npz"
    whole = sample(40)
    whole.save(path)
    content = path.read_bytes()
    refused = 0
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x15]) + content[place + 1 :])
        try:
            loaded = Sample.load(path)
        except ValueError as error:
            assert str(error).startswith(f"{path} does not hold Sample: ")  # noqa: PT017
            refused += 1
        else:
            same(whole, loaded)
    assert refused > len(content) / 7 / 3


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": np.zeros(3), "count": np.zeros(2)}, "its arrays are not of equal length"),
        ({"x": np.zeros(()), "count": np.zeros(())}, "its arrays are not of equal length"),
        ({"x": np.array([{}]), "count": np.zeros(1)}, "Object arrays cannot be loaded"),
    ],
)
def test_arrays_that_are_no_rows_are_refused(tmp_path, arrays, said):
    path = tmp_path / "bad.npz"
    written(path, {}, **arrays)
    with pytest.raises(ValueError, match=rf"bad\.npz does not hold Sample: it is damaged \({said}"):
        Sample.load(path)


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "result.npz"
    sample().save(path)
    with pytest.raises(TypeError):
        Sample(np.zeros((1, 2)), np.zeros(1), tally={"not": object()}).save(path)
    same(Sample.load(path), sample())
    assert list(tmp_path.iterdir()) == [path]


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


def test_a_number_that_json_has_no_form_of_is_none():
    assert [finite_or_none(v) for v in (1.5, np.float64(2), 3, np.nan, np.inf, -np.inf)] == [1.5, 2.0, 3.0, *[None] * 3]
    assert type(finite_or_none(np.float64(2))) is float
