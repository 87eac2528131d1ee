"""Arrays as bytes: what `np.load` would give, in the same layout; what is not what was written is refused."""

import io

import numpy as np
import pytest

from landscape.study.chunks import Part
from landscape.study.packing import EVERYTHING, _array, _npy, checked, digest, put_together, taken_apart
from landscape.study.reading import StoreError


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4),
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.zeros((0, 5)),
        np.zeros(0, dtype=np.int64),
        np.array(["Newton()", "", "é"]),
        np.array([1.5, np.nan, -np.inf, -0.0]),
        np.array(3),
    ],
)
def test_an_array_comes_back_as_numpy_reads_it(array):
    data = _npy(array)
    back, expected = _array(data), np.load(io.BytesIO(data), allow_pickle=False)
    assert (back.dtype, back.shape) == (expected.dtype, expected.shape)
    assert back.flags.f_contiguous == expected.flags.f_contiguous
    assert back.tobytes() == expected.tobytes() == array.tobytes()
    assert back.flags.writeable


def test_bytes_that_are_no_array_are_refused():
    data = _npy(np.arange(5.0))
    with pytest.raises(ValueError, match="array of Python objects"):
        _array(_npy_of_objects())
    for bad in (b"", b"x" * 200, data[:40], data[:6] + b"\x03" + data[7:]):
        with pytest.raises((ValueError, TypeError, EOFError)):
            _array(bad)
    with pytest.raises(TypeError, match="too small"):
        _array(data[:-1])


def _npy_of_objects():
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}]), allow_pickle=True)
    return buffer.getvalue()


def test_only_what_is_wanted_is_made(himmelblau):
    lines, added = himmelblau.branches, himmelblau.points[:2]
    whole = Part(himmelblau.points, himmelblau.descent, himmelblau.basin, himmelblau.escapes, lines, added)
    arrays, shared = taken_apart(whole)
    for wanted in ((), {"descent"}, {"points", "basin"}, {"branches", "added"}, EVERYTHING):
        assert set(put_together(arrays, shared, wanted)) == set(wanted)
    assert put_together({}, {}, EVERYTHING) == {}


def test_a_checksum_tells():
    assert checked((digest(b"a"), b"a"), bytes, "thing") == b"a"
    assert checked((digest("x\na"), "a"), str, "thing", lambda text: f"x\n{text}") == "a"
    for row, sentence in [
        (None, "its thing is missing"),
        ((digest(b"a"), b"b"), "the checksum of its thing is wrong"),
        ((digest(b"a"), "a"), "its thing is str, expected bytes"),
    ]:
        with pytest.raises(StoreError, match=sentence):
            checked(row, bytes, "thing")
