"""Writing files so that nobody ever sees a part of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A hidden file beside `path`, with its suffix, to be written; when the block has ended well it takes the place of
    `path`, otherwise it is removed.

    Raises
    ------
    OSError
        If it cannot.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole(f"{folder}/notes.txt") as draft:
    ...         size = draft.write_text("all of it")
    ...     [file.name for file in Path(folder).iterdir()]
    ['notes.txt']
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():  # a device or a pipe is nothing to replace
        yield path
        return
    draft = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
