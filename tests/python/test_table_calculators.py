"""Calculators in C++ and Rust that ask for tables: the same answers by both routes, whatever rows came as."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from dishtayantra_lmdb import LMDBTransport, wrap_with_lmdb

SYMBOLS = ["B", "A", None, "zwölf"]
PX = [1.5, -2.0, 4.0, 0.25]


def rows(count: int) -> list[dict[str, Any]]:
    """So many trades; from 64 on they are stored as a table."""
    return [{"px": PX[n % 4], "qty": n, "symbol": SYMBOLS[n % 4], "buy": n % 2 == 0} for n in range(count)]


def columns(count: int) -> dict[str, Any]:
    """The same as columns."""
    of_rows = rows(count)
    return {
        "px": np.array([row["px"] for row in of_rows]),
        "qty": np.arange(count, dtype="i4"),
        "symbol": [row["symbol"] for row in of_rows],
        "buy": np.array([row["buy"] for row in of_rows]),
    }


SHAPES: dict[str, Any] = {
    "rows": rows,
    "columns": columns,
    "tuples of rows": lambda count: tuple(rows(count)),
    "integers beside floats": lambda count: [
        {**row, "px": int(row["px"]) if row["px"] == 4 else row["px"]} for row in rows(count)
    ],
    "rows with more keys": lambda count: [
        {**row, **({"note": "x"} if n % 3 else {})} for n, row in enumerate(rows(count))
    ],
    "NumPy scalars": lambda count: [{**row, "px": np.float64(row["px"])} for row in rows(count)],
    "pandas": lambda count: pd.DataFrame(rows(count)),
    "Polars": lambda count: pl.DataFrame(rows(count)),
    "pyarrow": lambda count: pa.Table.from_pylist(rows(count)),
}


def expected(count: int, value: str = "px") -> list[dict[str, Any]]:
    found: dict[str, list[float]] = {}
    for row in rows(count):
        if row["symbol"] is not None:
            found.setdefault(row["symbol"], []).append(float(row[value]))
    return [{"symbol": name, "sum": sum(found[name]), "count": len(found[name])} for name in sorted(found)]


@pytest.fixture
def sums(calculators: Any) -> Any:
    return calculators.TradeSums("t", {})


def exchanged(calculator: Any, store_path: str, tables: bool) -> Any:
    config = {
        "lmdb_enabled": True,
        "lmdb_db_path": store_path,
        "lmdb_min_size": 0,
        "lmdb_map_size": 64 << 20,
        "lmdb_tables": tables,
    }
    return wrap_with_lmdb(calculator, config, "t")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [4, 200])
@pytest.mark.parametrize("tables", [True, False])
@pytest.mark.parametrize("value", ["px", "qty", "buy"])
def test_both_routes_answer_the_same(
    sums: Any, store_path: str, shape: str, count: int, tables: bool, value: str
) -> None:
    payload = {"trades": SHAPES[shape](count), "value": value}
    direct = sums.calculate(payload)
    stored = exchanged(sums, store_path, tables).calculate(payload)
    assert direct == stored == {"sums": expected(count, value), "rows": count}
    for answer in (direct, stored):
        assert [type(item) for item in answer["sums"][0].values()] == [str, float, int]


@pytest.mark.parametrize("route", ["direct", "stored"])
def test_columns_come_back_as_columns(sums: Any, store_path: str, route: str) -> None:
    calculator = sums if route == "direct" else exchanged(sums, store_path, True)
    answer = calculator.calculate({"trades": rows(100), "as": "columns"})["sums"]
    assert list(answer) == ["symbol", "sum", "count"]
    assert answer["symbol"] == [row["symbol"] for row in expected(100)]
    assert (answer["sum"].dtype, answer["count"].dtype) == (np.float64, np.int64)
    assert answer["sum"].tolist() == [row["sum"] for row in expected(100)]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no table": ({"trades": 3}, "'trades'"),
    "text": ({"trades": "rows"}, "'trades'"),
    "several types": ({"trades": [{"px": 1.0}, 2]}, "'trades'"),
    "missing": ({}, "no 'trades'"),
    "nil among the values": ({"trades": [{"px": None, "symbol": "A"}, {"px": 1.0, "symbol": "A"}]}, "nil"),
    "texts as values": ({"trades": [{"px": "1", "symbol": "A"}]}, "no numbers|float64"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_both_routes_refuse_the_same(sums: Any, store_path: str, what: str) -> None:
    payload, said = REFUSED[what]
    for calculator in (sums, exchanged(sums, store_path, True)):
        with pytest.raises(ValueError, match=said):
            calculator.calculate(payload)


def test_a_column_that_is_missing_is_told_with_those_that_are_there(sums: Any, store_path: str) -> None:
    for calculator in (sums, exchanged(sums, store_path, True)):
        with pytest.raises(LookupError, match='"px", "qty", "symbol", "buy"'):
            calculator.calculate({"trades": rows(100), "by": "venue"})


def test_a_list_of_rows_is_a_payload(calculators: Any, transport: LMDBTransport) -> None:
    # Its name is "values" then.
    assert calculators.TradeSums("t", {}).calculate({"trades": rows(3)})["rows"] == 3


def every_kind(count: int) -> pa.Table:
    """A column of each kind, some with nil."""
    start = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901)
    kinds: dict[str, tuple[Any, list[Any]]] = {
        "int8": (pa.int8(), [-1, 2]),
        "uint16": (pa.uint16(), [1, 65535]),
        "int32": (pa.int32(), [-(2**31), 5]),
        "uint64": (pa.uint64(), [2**64 - 1, 0]),
        "int64 or nil": (pa.int64(), [7, None]),
        "float16": (pa.float16(), [np.float16(0.5), np.float16(-2)]),
        "float32": (pa.float32(), [0.5, 1.5]),
        "float64 or nil": (pa.float64(), [0.1, None]),
        "bool": (pa.bool_(), [True, False]),
        "bool or nil": (pa.bool_(), [None, False]),
        "text": (pa.string(), ["", "zwölf"]),
        "text or nil": (pa.string(), [None, "ab"]),
        "large text or nil": (pa.large_string(), [None, "b"]),
        "bytes": (pa.binary(), [b"", b"\x00\xff"]),
        "four bytes": (pa.binary(4), [b"abcd", b"efgh"]),
        "nothing": (pa.null(), [None, None]),
        "naive": (pa.timestamp("us"), [start, None]),
        "utc": (pa.timestamp("us", "UTC"), [start, start]),
        "nanoseconds": (pa.timestamp("ns"), [1, 2]),
        "date": (pa.date32(), [datetime.date(2026, 1, 2), None]),
        "span": (pa.duration("us"), [datetime.timedelta(days=-1, microseconds=3), None]),
        "lists": (pa.list_(pa.int16()), [[1, 2], []]),
        "lists or nil": (pa.list_(pa.string()), [["x"], None]),
        "pairs": (pa.list_(pa.float64(), 2), [[1.0, 2.0], [3.0, 4.0]]),
        "structs": (pa.struct([("a", pa.int32()), ("b", pa.string())]), [{"a": 1, "b": "x"}, {"a": None, "b": None}]),
    }
    arrays = {name: pa.array((values * count)[:count], type=kind) for name, (kind, values) in kinds.items()}
    arrays["dictionary"] = pa.array(["x", "y", None] * count)[:count].dictionary_encode()
    return pa.table(arrays)


def plain(value: Any) -> Any:
    """An answer with its arrays as lists and their dtypes."""
    if isinstance(value, np.ndarray):
        return str(value.dtype), [repr(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


@pytest.mark.parametrize("count", [0, 1, 7, 100])
@pytest.mark.parametrize("shape", ["rows", "columns"])
def test_every_kind_of_column_comes_back_the_same_by_both_routes(
    calculators: Any, store_path: str, count: int, shape: str
) -> None:
    table = every_kind(count)
    payload = {"table": table, "columns": table.column_names[::-1], "as": shape}
    calculator = calculators.ColumnSelection("c", {})
    direct = calculator.calculate(payload)["table"]
    stored = exchanged(calculator, store_path, True).calculate(payload)["table"]
    assert calculator.details()["references"] == calculator.details()["outputs_written"] == 1
    assert plain(direct) == plain(stored)
    if shape == "rows":
        assert [list(row) for row in direct] == [table.column_names[::-1]] * count
        exact = [name for name in table.column_names if name not in ("nanoseconds", "utc")]
        assert [[row[name] for name in exact] for row in direct] == [
            [row[name] for name in exact] for row in table.to_pylist()
        ]
    else:
        assert list(direct) == table.column_names[::-1]
        assert direct["int8"].dtype == np.int8
        assert direct["text"] == table["text"].to_pylist()
