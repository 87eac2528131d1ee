"""What every result has in common: equal leading length, slicing, saving to one file and loading from it."""

from __future__ import annotations

import json
import math
import os
import zipfile
from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from typing import Any, Self

import numpy as np

from landscape.files import whole

_SHARED = "__shared__"  # the array of a file that is JSON of what rows have in common


def shared() -> dict[str, str]:
    """Field metadata: this field belongs to the whole result, not to its rows."""
    return {"role": "shared"}


def transient() -> dict[str, str]:
    """Field metadata: this field is not a row's, and neither slicing nor `save` keeps it."""
    return {"role": "transient"}


def in_words(counts: Mapping[str, int]) -> str:
    """Counts by status as people read them: '44 step limit, 5956 converged'; what did not occur is left out."""
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number)


def finite_or_none(number: float) -> float | None:
    """A number as strict JSON can write it: one that is not finite is None."""
    return float(number) if math.isfinite(number) else None


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
        with whole(path) as draft, open(draft, "wb") as file:
            np.savez_compressed(file, __shared__=np.array(json.dumps(common)), **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote. A field that rows have in common, and that the file lacks, has its default.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file does not hold a result of this type as this version of the library has it, or is damaged.
        """
        os.stat(path)  # a missing file is reported as such
        refused = f"{os.fspath(path)} does not hold {cls.__name__}"
        if not zipfile.is_zipfile(path):
            raise ValueError(f"{refused}: it is not an .npz archive, or not the whole of one")
        with open(path, "rb") as file:
            try:
                with np.load(file, allow_pickle=False) as stored:
                    arrays = {name: stored[name] for name in stored.files}
                common = json.loads(str(arrays.pop(_SHARED, "null")))
            except Exception as error:  # in a damaged archive anything may be met
                raise ValueError(f"{refused}: it is damaged ({error})") from error
        differs = cls._difference(arrays, common)
        if differs:
            raise ValueError(
                f"{refused}: {differs}; load it with the version of landscape that saved it, or compute it anew"
            )
        lengths = {getattr(array, "shape", ())[:1] for array in arrays.values()}
        if len(lengths) != 1 or () in lengths:
            raise ValueError(f"{refused}: it is damaged (its arrays are not of equal length)")
        return cls(**arrays, **common)

    @classmethod
    def _difference(cls, arrays: Mapping[str, Any], common: object) -> str:
        """Which fields a file lacks, and which it has that are not the type's, in words; empty if there are none."""
        rows, shared_by_all = cls.row_fields(), cls.shared_fields()
        kept = common if isinstance(common, dict) else {}
        optional = [f.name for f in fields(cls) if (f.default, f.default_factory) != (MISSING, MISSING)]  # type: ignore[arg-type]
        missing = [name for name in rows if name not in arrays]
        missing += [name for name in shared_by_all if name not in (*kept, *optional)]
        missing += [] if isinstance(common, dict) else [_SHARED]
        unknown = [
            *(name for name in arrays if name not in rows),
            *(name for name in kept if name not in shared_by_all),
        ]
        said = ((missing, "missing"), (unknown, f"not known to {cls.__name__}"))
        return ", ".join(
            f"field {names[0]} is {what}" if len(names) == 1 else f"fields {', '.join(names)} are {what}"
            for names, what in said
            if names
        )

    @classmethod
    def concatenate(cls, parts: list[Self]) -> Self:
        """Rows of all parts in order; shared fields are the first part's."""
        rows = {name: np.concatenate([getattr(p, name) for p in parts]) for name in cls.row_fields()}
        return parts[0]._with_rows(rows)
