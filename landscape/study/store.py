"""A study in one SQLite file: its declaration, and what each chunk came to, as checksummed arrays.

The journal is SQLite's rollback journal, so that between two chunks the file is whole by itself, also on file systems
of a network.
"""

from __future__ import annotations

import glob
import json
import math
import os
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from landscape.results import finite_or_none
from landscape.study.chunks import Part
from landscape.study.faults import Fault
from landscape.study.lock import Locked, locked
from landscape.study.packing import EVERYTHING, checked, digest, put_together, taken_apart
from landscape.study.reading import APPLICATION_ID, SCHEMA_VERSION, StoreError, reading

RESULT = "result"  # the phase of the one chunk that holds what the chunks of a finished search amount to

ENTRIES = ("study", "dim", "source", "note", "parameters", "versions")

_SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE entry (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, json TEXT NOT NULL);
CREATE TABLE chunk (
    phase TEXT NOT NULL, number INTEGER NOT NULL, sha256 TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (phase, number)
);
CREATE TABLE array (
    phase TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, npy BLOB NOT NULL,
    PRIMARY KEY (phase, number, name),
    FOREIGN KEY (phase, number) REFERENCES chunk ON DELETE CASCADE
);
"""
_PATIENCE = 300.0  # seconds that a chunk waits for those who read the file at that moment


class StoreWriteError(Exception):
    """Results could not be written; what was written before stays."""


@dataclass(frozen=True, eq=False)
class Store:
    """An open study: `Store.in_memory`, `Store.writing` or `Store.reading` makes one."""

    connection: sqlite3.Connection
    path: Path | None = None
    file: os.stat_result | None = None

    @classmethod
    @contextmanager
    def in_memory(cls, entries: Mapping[str, Any]) -> Iterator[Store]:
        """A study that ends with the block."""
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            yield _begun(cls(connection), entries)

    @classmethod
    @contextmanager
    def writing(cls, path: Path, entries: Mapping[str, Any] | None = None) -> Iterator[Store]:
        """The study in a file, for this process alone to go on with; begun with `entries` if there is no file.

        Raises
        ------
        StoreError
            If the file is not a whole study, or another process writes to it.
        """
        if path.exists():
            with cls.reading(path) as store:  # what is not a study is refused before there is a lock beside it
                del store
        elif entries is None:
            raise StoreError(f"there is no file {os.fspath(path)!r}")
        else:
            check_writable(path)
        with _alone(path):
            for left_over in path.parent.glob(f".{glob.escape(path.name)}.*.part*"):  # of creations that were killed
                left_over.unlink(missing_ok=True)
            if not path.exists() and entries is not None:
                _create(cls, path, entries)
            with cls.reading(path) as store:
                store.verify()
            try:
                connection = sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE)
            except sqlite3.Error as error:
                raise StoreError(f"{path} cannot be opened: {error}") from error
            with closing(connection):
                try:
                    connection.execute("PRAGMA foreign_keys = ON")
                    connection.execute("BEGIN IMMEDIATE")  # rolls back what a killed process has left half done
                    connection.execute("ROLLBACK")
                except sqlite3.Error as error:
                    raise StoreError(f"{path} cannot be written: {error}") from error
                yield cls(connection, path, path.stat())

    @classmethod
    @contextmanager
    def reading(cls, path: str | os.PathLike[str]) -> Iterator[Store]:
        """The study in a file as it is now; the file is not written to, and may be written by another process.

        Raises
        ------
        StoreError
            If there is no such file, it is not a study, is from another version, or is damaged.
        """
        with reading(Path(path)) as connection:
            yield cls(connection, Path(path))

    def entry(self, name: str) -> Any:
        """What was stored under a name, as JSON gives it back."""
        # NOT INDEXED: a damaged index leads to another row, whose checksum is right.
        row = self.connection.execute("SELECT sha256, json FROM entry NOT INDEXED WHERE name = ?", (name,)).fetchone()
        return json.loads(checked(row, str, f"entry {name!r}"))

    def entries(self) -> dict[str, Any]:
        """The study's declaration, and all that was known at its beginning."""
        return {name: self.entry(name) for name in ENTRIES}

    def chunks(self, phase: str) -> list[int]:
        """Numbers of the chunks of a phase that are done."""
        rows = self.connection.execute("SELECT number FROM chunk NOT INDEXED WHERE phase = ? ORDER BY number", (phase,))
        return [number for (number,) in rows]

    def put(self, phase: str, number: int, part: Part) -> None:
        """Store what a chunk came to, wholly or not at all.

        Raises
        ------
        StoreWriteError
            If it cannot be written.
        """
        arrays, shared = taken_apart(part)
        text = json.dumps(
            {
                "arrays": {name: digest(data) for name, data in arrays.items()},
                "shared": shared,
                "faults": [asdict(fault) for fault in part.faults],
                "failure": part.failure,
                "seconds": finite_or_none(part.seconds),
            },
            allow_nan=False,
        )
        chunk = (phase, number, digest(_identified(phase, number, text)), text)
        with self.transaction() as connection:
            connection.execute("INSERT INTO chunk VALUES (?, ?, ?, ?)", chunk)
            connection.executemany(
                "INSERT INTO array VALUES (?, ?, ?, ?, ?)",
                [(phase, number, name, digest(data), data) for name, data in arrays.items()],
            )

    def get(self, phase: str, number: int) -> Part:
        """What `put` stored.

        Raises
        ------
        StoreError
            If it is not there, or not what was stored.
        """
        for _, part in self.parts(phase, EVERYTHING, [number]):
            return part
        raise StoreError(f"its chunk {number} of {phase!r} is missing")

    def parts(
        self, phase: str, wanted: Collection[str] = EVERYTHING, numbers: Collection[int] | None = None
    ) -> Iterator[tuple[int, Part]]:
        """What `put` stored of a phase, in the order of the numbers, read one by one and all of it checked.

        Parameters
        ----------
        wanted : collection of str
            Fields of `Part` that are to be had; of the others the bytes are checked, and the field is None.
        numbers : collection of int, optional
            Those chunks only.

        Raises
        ------
        StoreError
            If something is not what was stored.
        """
        described = {n: text for n, text in self._described(phase) if numbers is None or n in numbers}
        rows = defaultdict(list)
        # One pass for all chunks: a look-up of each without the index would read the whole table each time.
        query = "SELECT rowid, number FROM array NOT INDEXED WHERE phase = ?"
        for row, number in self.connection.execute(query, (phase,)):
            rows[number].append(row)
        for number in sorted(described):
            yield number, self._part(f"chunk {number} of {phase!r}", described[number], rows[number], wanted)

    def failures(self, phase: str) -> dict[int, str]:
        """Why chunks of a phase have no result, by their numbers."""
        reasons = {number: json.loads(text)["failure"] for number, text in self._described(phase)}
        return {number: reason for number, reason in reasons.items() if reason}

    def _described(self, phase: str) -> Iterator[tuple[int, str]]:
        query = "SELECT number, sha256, json FROM chunk NOT INDEXED WHERE phase = ? ORDER BY number"
        for number, sha, text in self.connection.execute(query, (phase,)).fetchall():
            yield number, checked((sha, text), str, f"chunk {number} of {phase!r}", partial(_identified, phase, number))

    def _part(self, where: str, text: str, rows: list[int], wanted: Collection[str]) -> Part:
        described = json.loads(text)
        query = f"SELECT name, sha256, npy FROM array WHERE rowid IN ({', '.join(map(str, rows))})"
        stored = {name: (sha, data) for name, sha, data in self.connection.execute(query)}
        arrays = {}
        for name, sha in described["arrays"].items():
            what = f"array {name!r} in {where}"
            arrays[name] = checked(stored.get(name), bytes, what)
            if stored[name][0] != sha:
                raise StoreError(f"its {what} is another one")
        return Part(
            **put_together(arrays, described["shared"], wanted),
            faults=tuple(Fault(**fault) for fault in described["faults"]),
            failure=described["failure"],
            seconds=math.nan if described["seconds"] is None else described["seconds"],
        )

    def forget(self, phase: str, numbers: list[int]) -> None:
        """Remove chunks, so that they are done anew."""
        with self.transaction() as connection:
            connection.execute("PRAGMA defer_foreign_keys = ON")
            for table in ("array", "chunk"):
                connection.executemany(
                    f"DELETE FROM {table} WHERE phase = ? AND number = ?", [(phase, number) for number in numbers]
                )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What is written within is written wholly or not at all."""
        try:
            if not self._is_in_place():
                raise StoreWriteError(f"{self.path} has been moved or removed during the work")
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self.connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise StoreWriteError(
                f"{self.path} could not be written: {error}; what was written before is safe"
            ) from error

    def _is_in_place(self) -> bool:
        """Whether the file that is open still has its name."""
        try:
            return self.path is None or self.file is None or os.path.samestat(self.path.stat(), self.file)
        except OSError:
            return False

    def verify(self) -> None:
        """Read everything; raise `StoreError` if anything is not what was stored."""
        for name, sha, text in self.connection.execute("SELECT name, sha256, json FROM entry NOT INDEXED"):
            checked((sha, text), str, f"entry {name!r}")
        for (phase,) in self.connection.execute("SELECT DISTINCT phase FROM chunk NOT INDEXED").fetchall():
            for _ in self.parts(phase, ()):
                pass


def check_writable(path: Path) -> None:
    """Raise `StoreError` unless a new file can be written at `path`."""
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()  # a link that leads nowhere is there, too
            raise StoreError(f"{path} exists already")
        if not path.parent.is_dir():
            raise StoreError(f"{path} cannot be written: there is no folder {path.parent}")
        if not os.access(path.parent, os.W_OK):
            raise StoreError(f"{path} cannot be written: the folder {path.parent} is read-only")
        with tempfile.TemporaryFile(dir=path.parent):  # there are folders that take no files
            pass
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}") from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    try:
        with locked(path):
            yield
    except Locked:
        raise StoreError(f"{path} is being written by another process; wait until it has ended") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}") from error


def _create(kind: type[Store], path: Path, entries: Mapping[str, Any]) -> None:
    """A new study, which appears whole or not at all; the lock is held."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.touch()  # SQLite would make it unwritable for a group that the umask lets write
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            _begun(kind(connection), entries)
        try:
            os.link(draft, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links: claim the name first
            with open(path, "xb"):
                pass
            os.replace(draft, path)
    except FileExistsError:
        raise StoreError(f"{path} has appeared meanwhile and was left as it is") from None
    except (OSError, sqlite3.Error) as error:
        raise StoreWriteError(f"{path} could not be written: {error}") from error
    finally:
        draft.unlink(missing_ok=True)


def _begun(store: Store, entries: Mapping[str, Any]) -> Store:
    store.connection.executescript(_SCHEMA)
    for name, value in entries.items():
        text = json.dumps(value, allow_nan=False)
        store.connection.execute("INSERT INTO entry VALUES (?, ?, ?)", (name, digest(text), text))
    return store


def _identified(phase: str, number: int, text: str) -> str:
    """What a chunk's checksum is of: it must not pass for another chunk."""
    return f"{phase}\n{number}\n{text}"
