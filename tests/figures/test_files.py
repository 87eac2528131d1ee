import zipfile

import numpy as np
import pytest

from landscape.figures import files
from landscape.figures.files import data_bytes, read_data, write_atomically


def test_data_do_not_depend_on_order_and_hold_no_date(tmp_path):
    arrays = {"b": np.arange(3), "a": np.eye(2).T, "c": np.array(["x", "yz"])}
    content = data_bytes(arrays)
    assert content == data_bytes(dict(reversed(arrays.items())))
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["a.npy", "b.npy", "c.npy"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    back = read_data(path)
    for key, array in arrays.items():
        np.testing.assert_array_equal(back[key], array)
        assert back[key].dtype == array.dtype


@pytest.mark.parametrize("value", [np.array([{}]), np.array([1j]), None])
def test_data_that_are_not_numbers_or_words_are_refused(value):
    with pytest.raises(TypeError, match="figure data 'a' has dtype"):
        data_bytes({"a": value})


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(*_):
        raise OSError("no room")

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises(OSError, match="no room"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
