"""The files that commands write: refused before any work where they cannot be written, and whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from landscape.files import whole
from landscape.study.store import check_writable


def check_output(path: Path | None, option: str, *endings: str) -> None:
    """Raise ValueError unless a new file, whose name has one of some endings, can be written; None is no file.

    Raises
    ------
    ValueError
        If it cannot.
    """
    if path is None:
        return
    if endings and path.suffix not in endings:
        *others, last = endings
        wanted = f"{', '.join(others)} or {last}" if others else last
        raise ValueError(f"{option} is {path.name!r} but must end in {wanted}")
    check_writable(path)


@contextmanager
def saving(path: Path) -> Iterator[Path]:
    """`landscape.files.whole`, where an error of the system is one sentence, and the draft has the name of `path`."""
    try:
        with whole(path) as draft, _named(draft, path):
            yield draft
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror or error}") from error


@contextmanager
def saving_in(folder: Path) -> Iterator[Path]:
    """A hidden folder beside `folder` for files to be written into. When the block has ended well they are moved into
    `folder`, which is made if there is none; otherwise they are removed."""
    try:
        with tempfile.TemporaryDirectory(prefix=f".{os.getpid()}.", dir=folder.parent) as name:
            draft = Path(name)
            with _named(draft, folder):
                yield draft
            folder.mkdir(exist_ok=True)
            for file in sorted(draft.iterdir()):
                os.replace(file, folder / file.name)
    except OSError as error:
        raise ValueError(f"{folder} cannot be written: {error.strerror or error}") from error


@contextmanager
def _named(draft: Path, path: Path) -> Iterator[None]:
    """Sentences about a draft speak of what it becomes."""
    try:
        yield
    except ValueError as error:
        raise ValueError(str(error).replace(os.fspath(draft), os.fspath(path))) from error
