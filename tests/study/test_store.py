"""A stored study is the study: to the last bit, in a file that others can read, never half of it or a wrong one."""

import contextlib
import hashlib
import io
import json
import multiprocessing
import os
import sqlite3
import stat
import threading
import time
from dataclasses import fields, replace

import numpy as np
import pytest

from landscape.study.chunks import ESCAPE, EXPLORATION, NETWORK, SEARCH, Part
from landscape.study.declaration import Study
from landscape.study.faults import Fault
from landscape.study.reading import StoreError
from landscape.study.result import open_study
from landscape.study.run import StudyInterrupted, declaration, run_study
from landscape.study.store import RESULT, Store, StoreWriteError, check_writable
from landscape.study.target import Target

SMALL = Study(Target("himmelblau"), starts=20, escape_starts=5)


@pytest.fixture(scope="module")
def small():
    return run_study(SMALL)


@pytest.fixture(scope="module")
def bytes_of_small(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "study.sqlite"
    run_study(SMALL, store=path)
    return path.read_bytes()


@pytest.fixture
def saved(bytes_of_small, tmp_path):
    path = tmp_path / "study.sqlite"
    path.write_bytes(bytes_of_small)
    return path


def damage(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_round_trip(himmelblau, differing, tmp_path):
    path = tmp_path / "study ü?#%41.sqlite"
    assert differing(run_study(himmelblau.study, store=path), himmelblau) == []
    assert differing(open_study(path), himmelblau) == []
    assert differing(open_study(str(path)), himmelblau) == []
    assert os.listdir(tmp_path) == [path.name]


def test_round_trip_of_what_is_rare(small, differing):
    escapes = replace(small.escapes, median_steps=np.full(len(small.escapes), np.inf))
    points = replace(small.points, value=np.full(len(small.points), np.nan), betti_numbers=None)
    fault = Fault("raised ä", "n'\"\n", 3, [0.1, 1e-300], [0.0, 0.0], [1.0, 2.0])
    parts = [
        Part(points, small.descent, small.basin, escapes, small.branches, points[:2], (fault, fault), "", 0.25),
        Part(points[:0], basin=np.full(20, -1), escapes=escapes[:0]),
        Part(failure="took longer than 3 s"),
        Part(),
    ]
    with Store.in_memory(declaration(SMALL)) as store:
        for number, part in enumerate(parts):
            store.put(SEARCH, number, part)
        assert store.chunks(SEARCH) == [0, 1, 2, 3]
        for number, part in enumerate(parts):
            assert differing(store.get(SEARCH, number), part) == []
        store.put(ESCAPE, 7, replace(parts[2], seconds=np.nan))
        assert np.isnan(store.get(ESCAPE, 7).seconds)
        store.forget(SEARCH, [1, 2])
        assert store.chunks(SEARCH) == [0, 3]
        with pytest.raises(StoreError, match="its chunk 1 of 'descent and search' is missing"):
            store.get(SEARCH, 1)
        store.verify()


def test_any_sqlite_client_can_read_it(saved, small):
    with contextlib.closing(sqlite3.connect(saved)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        query = "SELECT name, sha256, npy FROM array WHERE phase = 'result'"
        arrays = {name: (sha, data) for name, sha, data in connection.execute(query)}
        entries = dict(connection.execute("SELECT name, json FROM entry"))
        chunks = connection.execute("SELECT phase, number, json FROM chunk").fetchall()
    sha, data = arrays["points.x"]
    assert hashlib.sha256(data).hexdigest() == sha
    np.testing.assert_array_equal(np.load(io.BytesIO(data), allow_pickle=False), small.points.x)
    assert set(arrays) >= {"basin", "points.eigenvalues", "points.method", "points.start"}
    assert json.loads(entries["study"])["target"]["name"] == "himmelblau"
    assert json.loads(entries["versions"])["numpy"] == np.__version__
    assert {phase for phase, _, _ in chunks} == {SEARCH, EXPLORATION, ESCAPE, NETWORK, RESULT}
    assert all(json.loads(text)["seconds"] > 0 for phase, _, text in chunks if phase != RESULT)


def test_the_store_grows_linearly_and_a_chunk_costs_milliseconds(tmp_path, monkeypatch):
    """Double the starts, double the bytes; and no more of them than the arrays have, but for a few pages a chunk."""
    sizes, chunk_bytes = {}, []
    put = Store.put

    def measured(store, phase, number, part):
        began = time.process_time()
        put(store, phase, number, part)
        costs.append(time.process_time() - began)
        results = [r for r in (part.points, part.descent, part.escapes) if r is not None]
        chunk_bytes.append(sum(getattr(r, f).nbytes for r in results for f in r.row_fields()))

    costs = []
    monkeypatch.setattr(Store, "put", measured)
    for starts in (2000, 4000, 8000):
        chunk_bytes.clear()
        path = tmp_path / f"{starts}.sqlite"
        run_study(Study(Target("double_well", (("dim", 1),)), starts=starts, escape_starts=5), store=path)
        sizes[starts] = path.stat().st_size
        assert sizes[starts] < 1.1 * sum(chunk_bytes) + 40_000 * len(chunk_bytes)
    assert (sizes[8000] - sizes[4000]) / (sizes[4000] - sizes[2000]) == pytest.approx(2, rel=0.05)
    assert np.median(costs) < 0.05


def test_where_nothing_can_be_written(tmp_path):
    for check in (check_writable, lambda path: run_study(SMALL, store=path)):
        with pytest.raises(StoreError, match=r"cannot be written: there is no folder .*nowhere$"):
            check(tmp_path / "nowhere" / "study.sqlite")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        run_study(SMALL, store=tmp_path / "file" / "study.sqlite")
    (tmp_path / "link").symlink_to("nowhere")
    for there in ("file", "link"):
        with pytest.raises(StoreError, match=f"{there} exists already"):
            check_writable(tmp_path / there)
    with pytest.raises(StoreError, match=r"xxx cannot be written: File name too long$"):
        check_writable(tmp_path / ("x" * 300))
    check_writable(tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]
    if os.geteuid():
        tmp_path.chmod(0o500)
        with pytest.raises(StoreError, match="is read-only"):
            check_writable(tmp_path / "study.sqlite")


def test_a_full_disk_keeps_what_was_committed(tmp_path, differing, monkeypatch):
    path = tmp_path / "study.sqlite"
    study = Study(Target("himmelblau"), starts=3100, escape_starts=5)
    put = Store.put

    def put_on_a_small_disk(store, *arguments):
        store.connection.execute("PRAGMA max_page_count = 60")
        put(store, *arguments)

    with monkeypatch.context() as full:
        full.setattr(Store, "put", put_on_a_small_disk)
        for _ in range(2):
            with pytest.raises(StoreWriteError, match=r"could not be written: database or disk is full; what was writ"):
                run_study(study, store=path)
    unfinished = open_study(path).unfinished
    assert 0 < unfinished.done < unfinished.total
    assert os.listdir(tmp_path) == ["study.sqlite"]
    assert differing(run_study(study, store=path), run_study(study)) == []


def test_a_file_that_is_taken_away_during_the_work_is_missed(tmp_path):
    path = tmp_path / "study.sqlite"
    with Store.writing(path, declaration(SMALL)) as store:
        path.rename(tmp_path / "elsewhere")
        with pytest.raises(StoreWriteError, match="has been moved or removed during the work"):
            store.put(SEARCH, 0, Part())
        path.write_text("another")
        with pytest.raises(StoreWriteError, match="has been moved or removed during the work"):
            store.put(SEARCH, 0, Part())
    assert path.read_text() == "another"


@pytest.mark.parametrize("mask", [0o002, 0o022, 0o077])
def test_permissions_follow_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        with Store.writing(tmp_path / "study.sqlite", declaration(SMALL)):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "study.sqlite").stat().st_mode) == 0o666 & ~mask


def test_what_a_killed_creation_has_left_is_cleared_away(tmp_path):
    (tmp_path / ".study.sqlite.123.part").write_text("")
    (tmp_path / ".study.sqlite.123.part-journal").write_text("")
    (tmp_path / ".study.sqlite.lock").write_text("")
    run_study(SMALL, store=tmp_path / "study.sqlite")
    assert os.listdir(tmp_path) == ["study.sqlite"]


def test_the_second_writer_is_refused_and_readers_are_not(tmp_path, differing):
    path, study = tmp_path / "study.sqlite", Study(Target("himmelblau"), starts=2100, escape_starts=5)
    seen = []

    def second(phase, done, total):
        if (phase, done) == (SEARCH, 1):
            with pytest.raises(StoreError, match=r"study\.sqlite is being written by another process; wait until"):
                run_study(study, store=path)
            seen.append(open_study(path).unfinished.sentence())

    result = run_study(study, None, second, path)
    assert seen == ["incomplete: 1 of 3 chunks of descent and search"]
    assert differing(result, run_study(study)) == []


def test_of_writers_that_begin_together_one_does_the_work(tmp_path, differing):
    path, study = tmp_path / "study.sqlite", Study(Target("himmelblau"), starts=2100, escape_starts=5)
    outcomes = []

    def work():
        try:
            outcomes.append(run_study(study, store=path))
        except StoreError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refusals = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert 0 < len(refusals) < 6
    assert all("another process" in refusal for refusal in refusals)
    expected = run_study(study)
    assert all(differing(outcome, expected) == [] for outcome in outcomes if not isinstance(outcome, str))
    assert differing(open_study(path), expected) == []
    assert os.listdir(tmp_path) == ["study.sqlite"]


def test_the_lock_ends_with_its_process(tmp_path):
    path = tmp_path / "study.sqlite"
    endless = Study(Target("himmelblau"), starts=200_000)
    worker = multiprocessing.get_context("spawn").Process(target=run_study, args=(endless, None, None, path))
    worker.start()
    while not (path.exists() and open_study(path).unfinished.done):
        time.sleep(0.05)
    with pytest.raises(StoreError, match="another process"):
        run_study(endless, store=path)
    worker.kill()
    worker.join()
    before = open_study(path).unfinished.done
    with pytest.raises(StudyInterrupted):
        run_study(endless, store=path, stop=lambda: True)
    assert open_study(path).unfinished.done == before > 0


def test_files_that_are_no_studies_are_told_apart(tmp_path):
    (tmp_path / "text").write_text("a note\n" * 200)
    (tmp_path / "empty").write_text("")
    (tmp_path / "one byte").write_bytes(b"S")
    damage(tmp_path / "other", "CREATE TABLE entry (name TEXT, sha256 TEXT, json TEXT)")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for name in before:
        for use in (open_study, lambda path: run_study(SMALL, store=path)):
            with pytest.raises(StoreError, match=f"{name} is not a study"):
                use(tmp_path / name)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    for missing in (tmp_path / "none", tmp_path):
        with pytest.raises(StoreError, match=r"^there is no file '"):
            open_study(missing)


@pytest.mark.parametrize(("version", "age"), [(99, "a newer"), (2, "an older")])
def test_another_schema_is_refused(saved, version, age):
    damage(saved, f"PRAGMA user_version = {version}")
    before = saved.read_bytes()
    for use in (open_study, lambda path: run_study(SMALL, store=path)):
        with pytest.raises(StoreError, match=f"is from {age} version of landscape: its schema is {version}, not 3$"):
            use(saved)
    assert saved.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("DELETE FROM entry WHERE name = 'study'", "its entry 'study' is missing"),
        (
            "DELETE FROM array WHERE name = 'points.x'",
            "its array 'points.x' in chunk 0 of '.*' is miss",
        ),
        ("DELETE FROM chunk WHERE phase = 'escape'", "array "),
        ("UPDATE chunk SET number = 3 WHERE phase = 'escape'", "array "),
        ("UPDATE entry SET json = '3' WHERE name = 'study'", "the checksum of its entry 'study' is wrong"),
        ("UPDATE entry SET json = x'00' WHERE name = 'note'", "its entry 'note' is bytes, expected str"),
        ("UPDATE chunk SET json = '{}' WHERE phase = 'escape'", "the checksum of its chunk 0 of 'escape' is wrong"),
        ("UPDATE array SET npy = x'00' WHERE name = 'basin'", "the checksum of its array 'basin' in chunk 0"),
        (
            "UPDATE array SET npy = 'text' WHERE name = 'basin'",
            "its array 'basin' in chunk 0 .* is str, expected bytes",
        ),
        ("UPDATE array SET name = 'y' WHERE name = 'basin'", "its array 'basin' in chunk 0 .* is missing"),
        ("DROP TABLE array", "no such table: array"),
    ],
)
def test_damage_is_named(saved, statement, sentence):
    damage(saved, statement)
    before = saved.read_bytes()
    for use in (open_study, lambda path: run_study(SMALL, store=path)):
        with pytest.raises(StoreError, match=f"study.sqlite is damaged: {sentence}"):
            use(saved)
    assert saved.read_bytes() == before


def refused_or_right(path, expected, differing):
    """Whether both a reader and a writer refuse the file with a sentence; if not, they must have read the very study.
    Nothing is ever written."""
    before, refused = path.read_bytes(), 0
    for use in (open_study, lambda path: run_study(SMALL, store=path)):
        try:
            result = use(path)
        except StoreError as error:
            assert str(path) in str(error)  # noqa: PT017
            refused += 1
        else:
            assert differing(result, expected) == [], "read without complaint"
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]
    assert refused != 1, "a reader and a writer disagree"
    return refused == 2


def flipped(intact, rng, trial):
    """Bytes changed anywhere; where SQLite keeps its own books (the first pages, the ends of pages), many more."""
    data = np.frombuffer(intact, dtype=np.uint8).copy()
    bookkeeping = np.concatenate([np.arange(8192), *(np.arange(k, k + 12) for k in range(0, len(intact), 4096))])
    places = rng.choice(bookkeeping if trial % 2 else len(data), size=[1, 1, 5, 100][trial % 4])
    data[places % len(data)] ^= rng.integers(1, 256, size=len(places), dtype=np.uint8)
    return data.tobytes()


def truncated(intact, rng, trial):
    return intact[: rng.integers(len(intact)) // (4096 if trial % 2 else 1) * (4096 if trial % 2 else 1)]


def foreign(intact, rng, trial):
    """Random bytes, text, and what begins as an SQLite file or as a study but is none."""
    size = int(rng.integers(1, 20_000))
    noise = rng.integers(0, 256, size=size, dtype=np.uint8).tobytes()
    return [noise, noise.hex().encode(), intact[:16] + noise, intact[:100] + noise, intact[:4096] + noise][trial % 5]


@pytest.mark.parametrize("trials", [200, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("change", [flipped, truncated, foreign])
def test_a_damaged_file_is_refused_or_gives_the_very_data(bytes_of_small, small, differing, tmp_path, change, trials):
    rng = np.random.default_rng(trials)
    path = tmp_path / "damaged.sqlite"
    refused = 0
    for trial in range(trials):
        path.write_bytes(change(bytes_of_small, rng, trial))
        refused += refused_or_right(path, small, differing)
    if change is flipped:
        assert refused > 0.4 * trials  # most of the file is data
    else:
        assert refused == trials


def test_a_damaged_index_cannot_swap_two_arrays(saved, small, differing):
    """The checksum of another array is right, too."""
    data = saved.read_bytes()
    with contextlib.closing(sqlite3.connect(saved)) as connection:
        query = "SELECT name, rowid FROM array WHERE phase = ? AND name LIKE 'descent.%'"
        rows = dict(connection.execute(query, (SEARCH,)))
    swapped = 0
    one, other = "descent.x", "descent.start"  # two arrays of one shape
    page = bytearray(data)
    for name, row in ((one, rows[other]), (other, rows[one])):
        key = SEARCH.encode()
        place = data.find(name.encode() + bytes([rows[name]]))
        if place >= 0 and key in data[place - 40 : place]:
            page[place + len(name)] = row
            swapped += 1
    assert swapped == 2
    saved.write_bytes(bytes(page))
    try:
        assert differing(open_study(saved), small) == []
    except StoreError as error:
        assert "is damaged" in str(error)  # noqa: PT017


def test_every_field_of_a_part_is_stored():
    results = {"points", "descent", "basin", "escapes", "branches", "added"}
    assert {f.name for f in fields(Part)} == {*results, "faults", "failure", "seconds"}
