"""Pickled arrays are read as NumPy reads them, and nothing that a pickle asks for happens."""

import os
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from landscape.network.pickled_arrays import pickled, unpickled

NUMBERS = st.sampled_from(["<f8", ">f8", "<f4", "<i8", ">i4", "|i1", "<u2", "<f2"])


@given(
    NUMBERS.flatmap(lambda dtype: arrays(dtype, array_shapes(max_dims=3, max_side=4))),
    st.integers(0, pickle.HIGHEST_PROTOCOL),
    st.booleans(),
)
def test_any_protocol_reads_as_numpy_does(x, protocol, by_column):
    x = np.asfortranarray(x) if by_column else x
    content = pickle.dumps(x, protocol)
    np.testing.assert_array_equal(unpickled(content), pickle.loads(content).astype(np.float64))


@given(arrays(np.float64, st.integers(0, 5)))
def test_what_is_written_numpy_reads(x):
    content = pickled(x)
    assert b"numpy._core" not in content  # which NumPy 1 does not have
    np.testing.assert_array_equal(pickle.loads(content), x)
    np.testing.assert_array_equal(unpickled(content), x)


def test_a_pickle_of_python_2():
    """Protocol 2 with the bytes as text, as NumPy under Python 2 wrote [1.0, -2.5]."""
    content = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03(K\x01K\x02"
        b"\x85cnumpy\ndtype\nq\x04U\x02f8K\x00K\x01\x87Rq\x05(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89U\x10\x00\x00\x00\x00\x00\x00\xf0?\x00\x00\x00\x00\x00\x00\x04\xc0tb."
    )
    assert unpickled(content).tolist() == [1.0, -2.5]


class Harm:
    """Runs a command when it is unpickled."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return os.mkdir, (str(self.file),)


class Shape:
    """Hides a call in a place where a number is expected."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return np._core.numeric._frombuffer, (bytearray(8), np.dtype("f8"), (Harm(self.file),), "C")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_is_run(protocol, tmp_path):
    for content in (Harm(tmp_path / "made"), [np.zeros(2), Harm(tmp_path / "made")], Shape(tmp_path / "made")):
        with pytest.raises(ValueError, match="is not a pickled array of numbers"):
            unpickled(pickle.dumps(content, protocol))
    assert not (tmp_path / "made").exists()
    pickle.loads(pickle.dumps(Harm(tmp_path / "made"), protocol))
    assert (tmp_path / "made").exists(), "the harm would have been done"


@pytest.mark.parametrize(
    "value",
    [
        np.array([1.0, "a"], dtype=object),
        np.array([1.0 + 2.0j]),
        np.array(["word"]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        np.array([True]),
        np.dtype("f8"),
        np.float64(1.0),
        np.ma.masked_array([1.0]),
        [1.0, 2.0],
        {"x": 1.0},
        None,
        b"bytes",
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_array_of_numbers_is_refused(value):
    for protocol in (2, 5):
        with pytest.raises(ValueError, match="is not a pickled array of numbers"):
            unpickled(pickle.dumps(value, protocol))


def test_damage_never_ends_otherwise_than_in_a_sentence():
    """Each byte of a pickle changed, and the pickle cut after each byte."""
    whole = pickle.dumps(np.array([0.5, 2.0]), 5)
    rng = np.random.default_rng(0)
    damaged = [whole[:k] for k in range(len(whole))]
    for k in range(len(whole)):
        damaged += [whole[:k] + bytes([byte]) + whole[k + 1 :] for byte in rng.integers(256, size=8).tolist()]
    ends = [_end(content) for content in damaged]
    assert {end for end in ends if not end.startswith("is not a whole pickle: ")} <= {
        "an array of doubles",
        "is not a pickled array of numbers",
    }
    assert ends.count("an array of doubles") < len(damaged) / 2


def _end(content):
    try:
        return "an array of doubles" if unpickled(content).dtype == np.float64 else "an array of something else"
    except ValueError as error:
        return str(error)
