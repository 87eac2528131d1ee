"""A study in one SQLite file: its declaration and its results, as checksummed arrays."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from landscape.critical.points import CriticalPoints
from landscape.descent.ensemble import Descent
from landscape.results import Results
from landscape.study.declaration import Study
from landscape.study.run import Escapes, StudyResult

APPLICATION_ID = 0x4C534350  # 'LSCP': marks the SQLite file as a study
SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE entry (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, json TEXT NOT NULL);
CREATE TABLE array (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, npy BLOB NOT NULL);
"""

R = TypeVar("R", bound=Results)
D = TypeVar("D", str, bytes)


class StoreError(ValueError):
    """A file that cannot be used as a study, and why."""


def save_study(path: str | os.PathLike[str], result: StudyResult) -> None:
    """Write a finished study; the file appears whole or not at all.

    Raises
    ------
    StoreError
        If the file exists already, or cannot be written.
    """
    target = Path(path)
    check_writable(target)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        draft.unlink(missing_ok=True)
        draft.touch()  # SQLite would make it unwritable for a group that the umask lets write
        with closing(sqlite3.connect(draft)) as connection, connection:
            connection.executescript(_SCHEMA)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            _put_entry(connection, "study", result.study.as_json())
            _put_entry(connection, "note", result.note)
            _put_entry(connection, "parameters", result.parameters)
            _put_array(connection, "basin", result.basin)
            for name, part in _parts(result).items():
                _put_results(connection, name, part)
        _publish(draft, target)
    except FileExistsError:
        raise StoreError(f"{os.fspath(path)} has appeared meanwhile and was left as it is") from None
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{os.fspath(path)} could not be written: {error}") from error
    finally:
        draft.unlink(missing_ok=True)


def _publish(draft: Path, target: Path) -> None:
    """Give a finished file its name; a file that has appeared under that name meanwhile is never replaced."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: claim the name first
        with open(target, "xb"):
            pass
        os.replace(draft, target)


def check_writable(path: Path) -> None:
    """Raise `StoreError` unless a new study can be written at `path`."""
    if path.exists():
        raise StoreError(f"{path} exists already")
    if not path.parent.is_dir():
        raise StoreError(f"{path} cannot be written: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise StoreError(f"{path} cannot be written: the folder {path.parent} is read-only")


def load_study(path: str | os.PathLike[str]) -> StudyResult:
    """Read a study, without ever writing to the file.

    Raises
    ------
    StoreError
        If there is no such file, it is not a study, it is from a newer version, or it is damaged.
    """
    shown = os.fspath(path)
    if not Path(path).is_file():
        raise StoreError(f"there is no file {shown!r}")
    try:
        uri = Path(path).resolve().as_uri() + "?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise StoreError(f"{shown} is not a study")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise StoreError(
                    f"{shown} is from a newer version of landscape: "
                    f"its schema is {version}, this one reads up to {SCHEMA_VERSION}"
                )
            # SQLite takes a last page that is cut short for a whole one, and it may be one that is never read.
            if Path(path).stat().st_size % connection.execute("PRAGMA page_size").fetchone()[0]:
                raise StoreError(f"{shown} is damaged: its end is missing")
            return StudyResult(
                study=Study.from_json(_get_entry(connection, "study")),
                note=_get_entry(connection, "note"),
                parameters=_get_entry(connection, "parameters"),
                points=_get_results(connection, "points", CriticalPoints),
                descent=_get_results(connection, "descent", Descent),
                basin=_get_array(connection, "basin"),
                escapes=_get_results(connection, "escapes", Escapes),
            )
    except StoreError as error:
        raise error if shown in str(error) else StoreError(f"{shown} is damaged: {error}") from None
    except sqlite3.DatabaseError as error:
        kind = "is not a study" if "not a database" in str(error) else "is damaged"
        raise StoreError(f"{shown} {kind}: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{shown} is damaged: {error}") from error


def _parts(result: StudyResult) -> dict[str, Results]:
    return {"points": result.points, "descent": result.descent, "escapes": result.escapes}


def _put_entry(connection: sqlite3.Connection, name: str, value: Any) -> None:
    text = json.dumps(value, allow_nan=False)
    connection.execute("INSERT INTO entry VALUES (?, ?, ?)", (name, hashlib.sha256(text.encode()).hexdigest(), text))


def _get_entry(connection: sqlite3.Connection, name: str) -> Any:
    # NOT INDEXED: a damaged index leads to another row, whose checksum is right.
    row = connection.execute("SELECT sha256, json FROM entry NOT INDEXED WHERE name = ?", (name,)).fetchone()
    return json.loads(_checked(row, str, f"entry {name!r}"))


def _put_array(connection: sqlite3.Connection, name: str, value: Any) -> None:
    buffer = io.BytesIO()
    np.save(buffer, value, allow_pickle=False)
    data = buffer.getvalue()
    connection.execute("INSERT INTO array VALUES (?, ?, ?)", (name, hashlib.sha256(data).hexdigest(), data))


def _get_array(connection: sqlite3.Connection, name: str) -> Any:
    row = connection.execute("SELECT sha256, npy FROM array NOT INDEXED WHERE name = ?", (name,)).fetchone()
    return np.load(io.BytesIO(_checked(row, bytes, f"array {name!r}")), allow_pickle=False)


def _checked(row: tuple[Any, Any] | None, kind: type[D], what: str) -> D:
    """The data of a row, if it is what was written."""
    if row is None:
        raise StoreError(f"its {what} is missing")
    checksum, data = row
    if not isinstance(data, kind):
        raise StoreError(f"its {what} is {type(data).__name__}, expected {kind.__name__}")
    if hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest() != checksum:
        raise StoreError(f"the checksum of its {what} is wrong")
    return data


def _put_results(connection: sqlite3.Connection, name: str, result: Results) -> None:
    for row_field in result.row_fields():
        _put_array(connection, f"{name}.{row_field}", getattr(result, row_field))
    _put_entry(connection, name, {key: getattr(result, key) for key in result.shared_fields()})


def _get_results(connection: sqlite3.Connection, name: str, kind: type[R]) -> R:
    arrays = {f: _get_array(connection, f"{name}.{f}") for f in kind.row_fields()}
    return kind(**arrays, **_get_entry(connection, name))


def difference(stored: Study, wanted: Study) -> str:
    """How two declarations differ, in words; empty if they do not."""
    parts = []
    for f in fields(Study):
        old, new = getattr(stored, f.name), getattr(wanted, f.name)
        if old != new:
            parts.append(f"{f.name} is {_shown(old)} there and {_shown(new)} here")
    return "; ".join(parts)


def _shown(value: Any) -> str:
    if hasattr(value, "parameters"):
        given = [f"{key}={v}" for key, v in value.parameters]
        if value.dim is not None:
            given.append(f"dim={value.dim}")
        if value.box is not None:
            given.append(f"box={value.box}")
        return f"{value.name}" + (f" with {', '.join(given)}" if given else "")
    return str(value)
