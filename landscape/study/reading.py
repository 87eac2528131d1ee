"""Opening a study's file to read it: what it is, whether it is whole, and never a byte written to it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

APPLICATION_ID = 0x4C534350  # 'LSCP': marks the SQLite file as a study
SCHEMA_VERSION = 3

_PATIENCE = 30.0  # seconds to wait for a process that is about to write


class StoreError(ValueError):
    """A file that cannot be used as a study, and why."""


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a study as it is at one moment, sound as far as SQLite can tell.

    Raises
    ------
    StoreError
        If it cannot be used; also for what turns out while it is read.
    """
    shown = os.fspath(path)
    if not path.is_file():
        raise StoreError(f"there is no file {shown!r}")
    with ExitStack() as stack:
        try:
            connection = _opened(path, stack)
            _check(connection, shown)
            yield connection
        except StoreError as error:
            raise error if shown in str(error) else StoreError(f"{shown} is damaged: {error}") from None
        except sqlite3.OperationalError as error:
            if _code(error).startswith(("SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_PERM")):
                raise StoreError(f"{shown} cannot be read: {error}") from error
            raise StoreError(f"{shown} is damaged: {error}") from error
        except sqlite3.DatabaseError as error:
            kind = "is not a study" if "not a database" in str(error) else "is damaged"
            raise StoreError(f"{shown} {kind}: {error}") from error
        except OSError as error:
            raise StoreError(f"{shown} cannot be read: {error.strerror or error}") from error
        except (KeyError, TypeError, ValueError, OverflowError, EOFError) as error:
            raise StoreError(f"{shown} is damaged: {type(error).__name__} {error}") from error


def _check(connection: sqlite3.Connection, shown: str) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreError(f"{shown} is not a study")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        age = "a newer" if version > SCHEMA_VERSION else "an older"
        raise StoreError(f"{shown} is from {age} version of landscape: its schema is {version}, not {SCHEMA_VERSION}")
    # SQLite takes a last page that is cut short for a whole one, and it may be one that is never read.
    size = connection.execute("PRAGMA page_count").fetchone()[0] * connection.execute("PRAGMA page_size").fetchone()[0]
    file = connection.execute("PRAGMA database_list").fetchone()[2]
    if Path(file).stat().st_size != size:
        raise StoreError(f"{shown} is damaged: it has {Path(file).stat().st_size} bytes, not {size}")
    for check in ("PRAGMA integrity_check(1)", "PRAGMA foreign_key_check"):
        found = connection.execute(check).fetchone()
        if found not in (None, ("ok",)):
            raise StoreError(f"{shown} is damaged: {' '.join(map(str, found))}")


def _opened(path: Path, stack: ExitStack) -> sqlite3.Connection:
    """The file, or where a killed process has left a transaction half done, a copy in which it is undone."""
    uri = path.resolve().as_uri() + "?mode=ro"
    patience = time.monotonic() + _PATIENCE
    while True:
        with ExitStack() as attempt:
            connection = attempt.enter_context(closing(sqlite3.connect(uri, _PATIENCE, uri=True, isolation_level=None)))
            try:
                _one_moment(connection)
            except sqlite3.OperationalError as error:
                if not _code(error).startswith("SQLITE_READONLY"):
                    raise
            else:
                stack.push(attempt.pop_all())
                return connection
        copy = _copied(path.resolve(), Path(stack.enter_context(tempfile.TemporaryDirectory())))
        if copy is not None:
            connection = stack.enter_context(closing(sqlite3.connect(copy, isolation_level=None)))
            _one_moment(connection)
            return connection
        if time.monotonic() > patience:
            raise StoreError(f"{path} is being written by another process all the time")
        time.sleep(0.05)


def _copied(path: Path, folder: Path) -> Path | None:
    """A copy of a file and its journal as they are at one moment; None if they changed meanwhile."""
    files = [path, Path(f"{path}-journal")]
    try:
        before = [(file.stat().st_mtime_ns, file.stat().st_size) for file in files]
        for file, name in zip(files, ("copy", "copy-journal"), strict=True):
            shutil.copyfile(file, folder / name)
        after = [(file.stat().st_mtime_ns, file.stat().st_size) for file in files]
    except FileNotFoundError:  # somebody has just undone it
        return None
    return folder / "copy" if before == after else None


def _code(error: sqlite3.Error) -> str:
    """SQLite's name of an error; empty for one of Python's own."""
    return getattr(error, "sqlite_errorname", "")


def _one_moment(connection: sqlite3.Connection) -> None:
    """What is read from now on is of one moment."""
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
