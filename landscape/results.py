"""What every result has in common: equal leading length, slicing, saving to one file and loading from it."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Self

import numpy as np


def shared() -> dict[str, str]:
    """Field metadata: this field belongs to the whole result, not to its rows."""
    return {"role": "shared"}


def transient() -> dict[str, str]:
    """Field metadata: this field is not a row's, and neither slicing nor `save` keeps it."""
    return {"role": "transient"}


def in_words(counts: Mapping[str, int]) -> str:
    """Counts by status as people read them: '44 step limit, 5956 converged'; what did not occur is left out."""
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number)


class Results:
    """Base of the frozen dataclasses of arrays: `len`, indexing by slices, masks and index arrays, `save`, `load`.

    Fields marked with `metadata=shared()` hold what rows have in common, as a value that JSON can write.
    """

    @classmethod
    def row_fields(cls) -> list[str]:
        return cls._fields_of_role(None)

    @classmethod
    def shared_fields(cls) -> list[str]:
        return cls._fields_of_role("shared")

    @classmethod
    def _fields_of_role(cls, role: str | None) -> list[str]:
        return [f.name for f in fields(cls) if f.metadata.get("role") == role]  # type: ignore[arg-type]

    def _with_rows(self, rows: dict[str, Any]) -> Self:
        return replace(self, **rows, **dict.fromkeys(self._fields_of_role("transient")))  # type: ignore[type-var]

    def __len__(self) -> int:
        return len(getattr(self, self.row_fields()[0]))

    def __getitem__(self, rows: Any) -> Self:
        """Rows chosen by a slice, a mask or an array of indices; an integer gives a result of one row."""
        if isinstance(rows, int | np.integer):
            if not -len(self) <= rows < len(self):
                raise IndexError(f"row {rows} of a result of {len(self)} rows")
            rows = [int(rows)]
        return self._with_rows({name: getattr(self, name)[rows] for name in self.row_fields()})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to one `.npz` file (arrays and JSON, no pickles)."""
        arrays = {name: getattr(self, name) for name in self.row_fields()}
        common = {name: getattr(self, name) for name in self.shared_fields()}
        with open(path, "wb") as file:
            np.savez_compressed(file, __shared__=np.array(json.dumps(common)), **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        ValueError
            If the file does not hold a result of this type.
        """
        if not zipfile.is_zipfile(path):
            os.stat(path)  # a missing file is reported as such
            raise ValueError(f"{os.fspath(path)} does not hold {cls.__name__}: it is not an .npz archive")
        with np.load(path, allow_pickle=False) as stored:
            missing = [name for name in (*cls.row_fields(), "__shared__") if name not in stored]
            if missing:
                raise ValueError(f"{os.fspath(path)} does not hold {cls.__name__}: {', '.join(missing)} missing")
            arrays = {name: stored[name] for name in cls.row_fields()}
            return cls(**arrays, **json.loads(str(stored["__shared__"])))

    @classmethod
    def concatenate(cls, parts: list[Self]) -> Self:
        """Rows of all parts in order; shared fields are the first part's."""
        rows = {name: np.concatenate([getattr(p, name) for p in parts]) for name in cls.row_fields()}
        return parts[0]._with_rows(rows)
