"""A saved study is the study: to the last bit, in a file that others can read, and never half a file or a wrong one."""

import contextlib
import hashlib
import io
import json
import os
import sqlite3
import stat
from dataclasses import replace

import numpy as np
import pytest

from landscape.study import store
from landscape.study.declaration import Study
from landscape.study.run import run_study
from landscape.study.store import StoreError, check_writable, difference, load_study, save_study
from landscape.study.target import Target


@pytest.fixture(scope="module")
def small():
    return run_study(Study(Target("himmelblau"), starts=20, escape_starts=5))


@pytest.fixture
def saved(small, tmp_path):
    path = tmp_path / "study.sqlite"
    save_study(path, small)
    return path


def test_round_trip(himmelblau, differing, tmp_path):
    path = tmp_path / "study.sqlite"
    save_study(path, himmelblau)
    assert differing(load_study(path), himmelblau) == []
    assert differing(load_study(str(path)), himmelblau) == []
    assert os.listdir(tmp_path) == ["study.sqlite"]


def test_round_trip_of_what_is_rare(small, differing, tmp_path):
    target = Target("a:b", (("shape", (3, 4)), ("word", "ä\n'\"")), dim=2, box=((-1.5, 2.0), (0.0, 1.0)))
    escapes = replace(small.escapes, median_steps=np.full(len(small.escapes), np.inf))
    points = replace(small.points, value=np.full(len(small.points), np.nan), expected_euler=None)
    for result in (
        replace(small, study=Study(target, seed=2**70), note="note: ä", parameters={"shape": [3, 4]}, escapes=escapes),
        replace(small, points=points, escapes=small.escapes[:0]),
        replace(small, points=small.points[:0], basin=np.full(20, -1)),
    ):
        path = tmp_path / "rare ü?#%41.sqlite"
        save_study(path, result)
        assert differing(load_study(path), result) == []
        path.unlink()


def test_any_sqlite_client_can_read_it(saved, small):
    with contextlib.closing(sqlite3.connect(saved)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        arrays = {name: (sha, data) for name, sha, data in connection.execute("SELECT name, sha256, npy FROM array")}
        entries = dict(connection.execute("SELECT name, json FROM entry"))
    sha, data = arrays["points.x"]
    assert hashlib.sha256(data).hexdigest() == sha
    np.testing.assert_array_equal(np.load(io.BytesIO(data), allow_pickle=False), small.points.x)
    assert set(arrays) >= {"basin", "points.eigenvalues", "descent.status", "escapes.median_steps"}
    assert json.loads(entries["study"])["target"]["name"] == "himmelblau"


def test_an_existing_file_is_never_replaced(saved, small, tmp_path):
    before = saved.read_bytes()
    with pytest.raises(StoreError, match=r"study\.sqlite exists already$"):
        save_study(saved, small)
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        save_study(other, small)
    assert (saved.read_bytes(), other.read_text()) == (before, "mine")


def test_a_file_that_appears_during_the_work_is_left_alone(saved, small, tmp_path, monkeypatch):
    before = saved.read_bytes()
    monkeypatch.setattr(store, "check_writable", lambda path: None)
    with pytest.raises(StoreError, match="has appeared meanwhile and was left as it is"):
        save_study(saved, small)
    assert saved.read_bytes() == before
    assert os.listdir(tmp_path) == [saved.name]


def test_where_nothing_can_be_written(tmp_path, small):
    for check in (check_writable, lambda path: save_study(path, small)):
        with pytest.raises(StoreError, match=r"cannot be written: there is no folder .*nowhere$"):
            check(tmp_path / "nowhere" / "study.sqlite")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        save_study(tmp_path / "file" / "study.sqlite", small)
    if os.geteuid():
        tmp_path.chmod(0o500)
        with pytest.raises(StoreError, match="is read-only"):
            check_writable(tmp_path / "study.sqlite")


def test_a_write_that_fails_leaves_nothing(tmp_path, small, monkeypatch):
    def full(*arguments):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store, "_put_results", full)
    with pytest.raises(StoreError, match=r"study\.sqlite could not be written: database or disk is full"):
        save_study(tmp_path / "study.sqlite", small)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("mask", [0o002, 0o022, 0o077])
def test_permissions_follow_the_umask(tmp_path, small, mask):
    before = os.umask(mask)
    try:
        save_study(tmp_path / "study.sqlite", small)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "study.sqlite").stat().st_mode) == 0o666 & ~mask


def test_files_that_are_no_studies_are_told_apart(tmp_path, saved):
    (tmp_path / "text").write_text("a note\n" * 200)
    (tmp_path / "empty").write_text("")
    (tmp_path / "one byte").write_bytes(b"S")
    with contextlib.closing(sqlite3.connect(tmp_path / "other")) as connection, connection:
        connection.execute("CREATE TABLE entry (name TEXT, sha256 TEXT, json TEXT)")
    for name in ("text", "empty", "one byte", "other"):
        with pytest.raises(StoreError, match=f"{name} is not a study"):
            load_study(tmp_path / name)
    for missing in (tmp_path / "none", tmp_path):
        with pytest.raises(StoreError, match=r"^there is no file '"):
            load_study(missing)


def test_a_newer_schema_is_refused(saved):
    with contextlib.closing(sqlite3.connect(saved)) as connection, connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(
        StoreError, match=r"is from a newer version of landscape: its schema is 99, this one reads up to"
    ):
        load_study(saved)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("DELETE FROM entry WHERE name = 'study'", "is damaged: its entry 'study' is missing"),
        ("DELETE FROM array WHERE name = 'points.x'", "is damaged: its array 'points.x' is missing"),
        ("UPDATE entry SET json = '3' WHERE name = 'study'", "is damaged: the checksum of its entry 'study' is wrong"),
        ("UPDATE entry SET json = x'00' WHERE name = 'note'", "is damaged: its entry 'note' is bytes, expected str"),
        ("UPDATE array SET npy = x'00' WHERE name = 'basin'", "is damaged: the checksum of its array 'basin' is wrong"),
        ("UPDATE array SET npy = 'text' WHERE name = 'basin'", "is damaged: its array 'basin' is str, expected bytes"),
        ("DROP TABLE array", "is damaged: no such table: array"),
    ],
)
def test_damage_is_named(saved, statement, sentence):
    with contextlib.closing(sqlite3.connect(saved)) as connection, connection:
        connection.execute(statement)
    with pytest.raises(StoreError, match=f"study.sqlite {sentence}"):
        load_study(saved)


def test_a_damaged_file_is_refused_or_gives_the_very_data(saved, small, differing, tmp_path):
    """Bytes flipped anywhere; where SQLite keeps its own books (the first pages, the ends of pages), many more."""
    intact = saved.read_bytes()
    rng = np.random.default_rng(0)
    bookkeeping = np.concatenate([np.arange(8192), *(np.arange(k, k + 12) for k in range(0, len(intact), 4096))])
    damaged = tmp_path / "damaged.sqlite"
    refused = 0
    for trial in range(400):
        data = np.frombuffer(intact, dtype=np.uint8).copy()
        places = rng.choice(bookkeeping if trial % 2 else len(data), size=[1, 1, 5, 100][trial % 4])
        data[places % len(data)] ^= rng.integers(1, 256, size=len(places), dtype=np.uint8)
        damaged.write_bytes(data.tobytes())
        try:
            loaded = load_study(damaged)
        except StoreError as error:
            assert str(damaged) in str(error)  # noqa: PT017
            refused += 1
        else:
            assert differing(loaded, small) == [], f"trial {trial}, bytes {places} were read without complaint"
        assert damaged.read_bytes() == data.tobytes()
        assert sorted(os.listdir(tmp_path)) == ["damaged.sqlite", "study.sqlite"]
    assert refused > 150  # most of the file is data


def test_a_truncated_file_is_refused(saved, tmp_path):
    intact = saved.read_bytes()
    lengths = {*range(0, 200, 7), *range(0, len(intact), 4096), *range(1, len(intact), 1777), len(intact) - 1}
    part = tmp_path / "part.sqlite"
    for length in sorted(lengths):
        part.write_bytes(intact[:length])
        with pytest.raises(StoreError, match=r"part\.sqlite is (not a study|damaged)"):
            load_study(part)
        assert part.stat().st_size == length


def test_a_damaged_index_cannot_swap_two_arrays(saved, small, differing):
    """The checksum of another array is right, too."""
    data = saved.read_bytes()
    with contextlib.closing(sqlite3.connect(saved)) as connection:
        roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_master"))
        page_size = connection.execute("PRAGMA page_size").fetchone()[0]
        rows = dict(connection.execute("SELECT name, rowid FROM array"))
    start = (roots["sqlite_autoindex_array_1"] - 1) * page_size
    page = bytearray(data[start : start + page_size])
    one, other = b"descent.x", b"descent.start"  # two arrays of one shape
    for name, row in ((one, rows[other.decode()]), (other, rows[one.decode()])):
        place = page.index(name + bytes([rows[name.decode()]]))
        page[place + len(name)] = row
    saved.write_bytes(data[:start] + bytes(page) + data[start + page_size :])
    assert differing(load_study(saved), small) == []


def test_the_difference_of_two_declarations_in_words():
    study = Study(Target("rastrigin", (("dim", 3),)), starts=10)
    assert difference(study, study) == ""
    assert difference(study, replace(study, starts=20)) == "starts is 10 there and 20 here"
    assert difference(replace(study, seed=1, escape_steps=7), study) == (
        "seed is 1 there and 0 here; escape_steps is 7 there and 20000 here"
    )
    assert difference(study, replace(study, target=Target("rastrigin"))) == (
        "target is rastrigin with dim=3 there and rastrigin here"
    )
    own = Target("f.py:loss", dim=2, box=((-1.0, 1.0),))
    assert difference(Study(own), Study(replace(own, box=None))) == (
        "target is f.py:loss with dim=2, box=((-1.0, 1.0),) there and f.py:loss with dim=2 here"
    )
