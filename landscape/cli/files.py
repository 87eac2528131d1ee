"""The files that commands write: refused before any work where they cannot be written, and whole or not there."""

from __future__ import annotations

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
    """`landscape.files.whole`, where an error of the system is one sentence."""
    try:
        with whole(path) as draft:
            yield draft
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror or error}") from error
