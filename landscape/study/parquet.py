"""A study's critical points as a Parquet table, for data frames: one row a point."""

from __future__ import annotations

import importlib
import io
import json
from typing import Any

import numpy as np

from landscape.critical.certificate import Certificate
from landscape.critical.points import Kind
from landscape.study.result import StudyResult

_WORDS = {"kind": Kind, "certificate": Certificate}


def require_pyarrow() -> Any:
    """The package that knows the format.

    Raises
    ------
    ValueError
        If it is not installed; the sentence says how to install it.
    """
    try:
        return importlib.import_module("pyarrow")
    except ImportError as error:
        raise ValueError(
            "the format parquet needs the package pyarrow: pip install 'landscape[parquet]', or pip install pyarrow"
        ) from error


def as_parquet(result: StudyResult) -> bytes:
    """The critical points as the bytes of a Parquet file.

    Columns are the point's row as `point`, `kind` and `certificate` in words, the other fields of `CriticalPoints`,
    with positions, starts and eigenvalues as lists of equal length, and `basin`, the fraction of all starts that
    descend to the point. The table's metadata has the declaration under 'study'.

    Raises
    ------
    ValueError
        If pyarrow is not installed.
    """
    arrow = require_pyarrow()
    parquet = importlib.import_module("pyarrow.parquet")
    points = result.points
    arrived = np.bincount(result.basin[result.basin >= 0], minlength=len(points))
    columns: dict[str, Any] = {"point": arrow.array(np.arange(len(points)))}
    for name in points.row_fields():
        column = getattr(points, name)
        if name in _WORDS:
            words = [_WORDS[name](value).name.lower().replace("_", " ") for value in column.tolist()]
            columns[name] = arrow.array(words, arrow.string())
        elif column.ndim == 2:
            flat = arrow.array(np.ascontiguousarray(column).reshape(-1))
            columns[name] = arrow.FixedSizeListArray.from_arrays(flat, column.shape[1])
        else:
            columns[name] = arrow.array(column)
    columns["basin"] = arrow.array(arrived / max(len(result.basin), 1))
    table = arrow.table(columns).replace_schema_metadata({"study": json.dumps(result.study.as_json())})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()
