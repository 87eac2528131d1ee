"""Files appear whole or not at all."""

import os

import pytest

from landscape.files import whole


def test_a_file_takes_its_place_at_the_end(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("old")
    with whole(path) as draft:
        draft.write_text("new")
        assert (draft.suffix, path.read_text()) == (".txt", "old")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def put(path, content):
    with whole(path) as draft, open(draft, "w") as file:
        file.write("ne")
        file.write(content)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("old")
    for place, content in ((path, b"new"), (tmp_path / "nowhere" / "notes.txt", "new")):
        with pytest.raises((TypeError, FileNotFoundError)):
            put(place, content)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_links_are_followed_and_devices_are_left_in_place(tmp_path):
    target, link = tmp_path / "there.txt", tmp_path / "link.txt"
    link.symlink_to(target)
    with whole(link) as draft:
        draft.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    with whole(os.devnull) as draft:
        assert str(draft) == os.devnull
