"""The C++ calculator on Arrow tables: in place, from every kind of frame, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from natives import MODES, calculators, resolved

from dishtayantra_lmdb import EntryNotFoundError, InvalidArgumentError, LMDBTransport, wrap_with_lmdb

VALUES = np.random.default_rng(5).normal(size=10_001)


def figures(values: Any, nulls: int = 0) -> dict[str, Any]:
    values = np.asarray(values, "f8")
    found = {"count": values.size, "nulls": nulls}
    if values.size:
        found |= {"sum": values.sum(), "mean": values.mean(), "min": values.min(), "max": values.max()}
    return {name: pytest.approx(value, rel=1e-9, abs=1e-9) for name, value in found.items()}


def columns_of(table: Any) -> Any:
    return calculators.ColumnStatistics("c", {}).calculate(table)


@pytest.mark.parametrize("make", [pa.table, pa.RecordBatch.from_pydict, pd.DataFrame, pl.DataFrame])
def test_every_kind_of_frame(make: Any) -> None:
    found = columns_of(make({"x": VALUES, "n": np.arange(10_001), "s": ["text"] * 10_001}))
    assert found["rows"] == 10_001
    assert found["columns"] == {"x": figures(VALUES), "n": figures(np.arange(10_001))}


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"])
def test_every_type_of_number(dtype: str) -> None:
    values = np.array([0, 1, 100, 3, 2], dtype) - np.array(50 if dtype[0] != "u" else 0, dtype)
    assert columns_of(pa.table({"x": values}))["columns"]["x"] == figures(values)


def test_what_is_no_number_is_left_out() -> None:
    table = pa.table(
        {
            "b": [True, False],
            "s": ["a", "b"],
            "t": pa.array([1, 2], pa.timestamp("ns")),
            "d": pa.array(["a", "b"]).dictionary_encode(),
            "l": [[1.0], [2.0]],
            "h": pa.array([1, 2], pa.float16()),
        }
    )
    assert columns_of(table) == {"rows": 2, "columns": {}}


def test_nulls_slices_and_chunks() -> None:
    column = pa.chunked_array([[1.0, None, 3.0], [], [None, 5.0, 6.0, 7.0]])
    table = pa.table({"x": column, "none": pa.array([None] * 7, pa.int64())})
    assert columns_of(table)["columns"] == {
        "x": figures([1, 3, 5, 6, 7], 2),
        "none": figures([], 7),
    }
    assert columns_of(table.slice(1, 4))["columns"]["x"] == figures([3, 5], 2)
    assert columns_of(table.slice(0, 0)) == {"rows": 0, "columns": {"x": figures([]), "none": figures([])}}


def test_nan_is_not_lost() -> None:
    found = columns_of(pa.table({"x": [1.0, float("nan"), 2.0]}))["columns"]["x"]
    assert found["count"] == 3
    assert all(np.isnan(found[name]) for name in ("sum", "mean", "min", "max"))


@pytest.mark.parametrize("what", [{"x": [1.0]}, [1.0], None, b"bytes", pa.array([1.0]), pa.chunked_array([[1.0]])])
def test_what_is_no_table_raises(what: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"no table|not a table"):
        columns_of(what)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make", [pa.table, pd.DataFrame, pl.DataFrame])
def test_wrapped(config: dict[str, Any], transport: LMDBTransport, mode: str, make: Any) -> None:
    native = calculators.ColumnStatistics("c", {})
    with_exchange = wrap_with_lmdb(native, config | {"lmdb_exchange_mode": mode}, "c")
    for _ in range(3):
        result = resolved(with_exchange.calculate(make({"x": VALUES})), transport)
        assert result == {"rows": 10_001, "columns": {"x": figures(VALUES)}}
    details = native.details()
    assert details["calculations"] == 3
    assert details["references"] == (0 if mode == "output" else 3)
    with_exchange.close()


def test_columns_are_read_where_they_lie_in_the_map(transport: LMDBTransport) -> None:
    table = pa.table({"x": VALUES, "y": np.arange(10_001.0), "s": ["text"] * 10_001})
    transport.put("key", table, format="arrow")
    native = calculators.ColumnStatistics("c", {})
    reference = {"_lmdb_ref": True, "_lmdb_input_key": "key", "_lmdb_db_path": transport.get_db_path()}
    assert native.calculate(reference)["columns"].keys() == {"x", "y"}
    with transport.view("key") as view:
        found = view.table()
        places = [found.column(name).chunk(0).buffers()[1].address for name in ("x", "y")]
        assert native.details()["addresses"] == places
        assert all(view.address < place < view.address + view.size for place in places)
    # Nothing is kept once it has calculated.
    del found
    assert transport.stats()["pins"] == []


def test_a_missing_input_raises(transport: LMDBTransport) -> None:
    reference = {"_lmdb_ref": True, "_lmdb_input_key": "none", "_lmdb_db_path": transport.get_db_path()}
    with pytest.raises(EntryNotFoundError, match="none"):
        columns_of(reference)
