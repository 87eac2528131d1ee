"""A Parquet table has every point to the last bit, and what a data frame needs."""

import io
import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from landscape.critical.certificate import Certificate
from landscape.study.parquet import as_parquet
from landscape.study.report import kind_name


def test_it_reads_back_bit_for_bit(himmelblau):
    pytest.importorskip("pyarrow")
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(io.BytesIO(as_parquet(himmelblau)))
    points = himmelblau.points
    assert table.num_rows == len(points) == 9
    assert set(table.column_names) == {"point", "basin", *points.row_fields()}
    for name in points.row_fields():
        column, expected = np.array(table[name].to_pylist()), getattr(points, name)
        if name == "kind":
            expected = np.array([kind_name(points, row) for row in range(9)])
        if name == "certificate":
            expected = np.array([Certificate(k).name.lower() for k in expected])
        assert column.shape == expected.shape, name
        assert column.tolist() == expected.tolist(), name
    counts = np.bincount(himmelblau.basin, minlength=9)
    assert table["basin"].to_pylist() == (counts / len(himmelblau.basin)).tolist()
    assert json.loads(table.schema.metadata[b"study"]) == json.loads(json.dumps(himmelblau.study.as_json()))
    assert as_parquet(himmelblau) == as_parquet(himmelblau)


def test_no_points_are_a_table_too(himmelblau):
    pytest.importorskip("pyarrow")
    import pyarrow.parquet

    nothing = replace(himmelblau, points=himmelblau.points[:0], basin=np.full(3, -1))
    table = pyarrow.parquet.read_table(io.BytesIO(as_parquet(nothing)))
    assert table.num_rows == 0
    assert "eigenvalues" in table.column_names


def test_without_pyarrow_it_says_how_to_get_it(himmelblau, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match=r"^the format parquet needs the package pyarrow: pip install 'lan"):
        as_parquet(himmelblau)
