"""The lock is one process's or one block's alone, and goes with it."""

import os
import subprocess
import sys

import pytest

from landscape.study.lock import Locked, locked

_HOLD = "import sys, pathlib\nfrom landscape.study.lock import locked\nwith locked(pathlib.Path(sys.argv[1])):\n    {}"


def hold(path, then):
    return subprocess.Popen(
        [sys.executable, "-c", _HOLD.format(then), path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_one_block_at_a_time(tmp_path):
    path = tmp_path / "study"
    for _ in range(2):
        with locked(path):
            with pytest.raises(Locked), locked(path):
                pass
            with locked(tmp_path / "another"):
                pass
        assert os.listdir(tmp_path) == []


def test_a_link_has_the_lock_of_its_target(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "study")
    with locked(tmp_path / "study"), pytest.raises(Locked), locked(tmp_path / "link"):
        pass


def test_an_error_within_gives_it_back(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path / "study"):
        raise KeyError
    assert os.listdir(tmp_path) == []


def test_another_process_holds_it_until_it_is_killed(tmp_path):
    path = tmp_path / "study"
    with hold(path, "print(flush=True); input()") as other:
        other.stdout.readline()
        with pytest.raises(Locked), locked(path):
            pass
        other.kill()
        other.wait()
    assert os.listdir(tmp_path) == [".study.lock"]
    with locked(path):
        pass
    assert os.listdir(tmp_path) == []


def test_where_there_can_be_no_lock(tmp_path):
    with pytest.raises(OSError, match="nowhere"), locked(tmp_path / "nowhere" / "study"):
        pass
