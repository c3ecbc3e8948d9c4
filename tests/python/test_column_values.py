"""Format arrow makes a table of a dict of columns only when nothing about them changes; exact frames."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from dishtayantra_lmdb import FormatError, LMDBTransport
from dishtayantra_lmdb._payload import arrow as _arrow
from dishtayantra_lmdb._payload import formats as _formats

DAY, MOMENT, TIME = dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 5, 30), dt.time(1, 2, 3, 4)
HOUR = dt.timedelta(hours=1)
CYCLE: list[Any] = [1]
CYCLE.append(CYCLE)


def typed(value: Any) -> Any:
    if isinstance(value, list):
        return list, [typed(item) for item in value]
    if isinstance(value, dict):
        return dict, [(key, typed(item)) for key, item in value.items()]
    return type(value), repr(value)


def stored(transport: LMDBTransport) -> str:
    found = transport.get_raw("key")
    assert found is not None
    return found[1].format.value


KEPT = [
    [],
    [None],
    [True, None],
    [1, -(2**63), 2**63 - 1],
    [1.5, float("nan"), None, -0.0],
    ["a", "", None],
    [b"a\xff", b""],
    [DAY, dt.date.min, dt.date.max],
    [MOMENT, dt.datetime.min, dt.datetime.max, None],
    [TIME, dt.time.max],
    [HOUR, -HOUR],
    [[], [1], None],
    [[None], [[1.5]], []],
    [{"x": 1, "y": [{"z": "a"}]}, {"x": None, "y": []}, None],
]


@pytest.mark.parametrize("values", KEPT, ids=repr)
def test_what_arrow_keeps_is_a_table(transport: LMDBTransport, values: list[Any]) -> None:
    transport.put("key", {"v": values}, format="arrow")
    assert stored(transport) == "arrow"
    assert typed(transport.get("key").to_pydict()) == typed({"v": values})


@pytest.mark.parametrize(
    "values",
    [
        [DAY, MOMENT],
        [MOMENT.replace(tzinfo=dt.timezone.utc)],
        [MOMENT.replace(fold=1)],
        [TIME.replace(tzinfo=dt.timezone.utc)],
        ["a", b"a"],
        [1.5, True],
        [1, 2.0],
        [1, True],
        [2**63],
        [[1], [True]],
        [[1], 2],
        [{"x": 1}, {"y": 2}],
        [{"x": 1, "y": 2}, {"y": 2, "x": 1}],
        [{"x": 1}, {}],
        [{}],
        [{1: 2}],
        [{1, 2}],
        [decimal.Decimal("1.5"), decimal.Decimal("1.50")],
        [dt.timedelta.max],
    ],
    ids=repr,
)
def test_what_arrow_would_change_is_msgpack(transport: LMDBTransport, values: list[Any]) -> None:
    transport.put("key", {"v": values, "w": values}, format="arrow")
    assert stored(transport) == "msgpack"
    if values[0] != MOMENT.replace(fold=1) or not getattr(values[0], "fold", 0):
        assert typed(transport.get("key")) == typed({"v": values, "w": values})


@pytest.mark.parametrize(
    "column",
    [
        (1, 2),
        [(1, 2)],
        [np.float64(1)],
        np.array(["NaT", "2024-01-01"], "M8[s]"),
        np.array(["2024-01-01"], "M8[D]"),
        np.array(["a"]),
        np.ones((2, 2)),
        np.ones(2, ">f8"),
    ],
    ids=repr,
)
def test_other_columns_are_msgpack(transport: LMDBTransport, column: Any) -> None:
    transport.put("key", {"v": column}, format="arrow")
    assert stored(transport) == "msgpack"


def test_columns_that_contain_themselves_are_refused(transport: LMDBTransport) -> None:
    for column in (CYCLE, [CYCLE], [{"x": CYCLE}]):
        with pytest.raises(FormatError, match="itself"):
            transport.put("key", {"v": column}, format="arrow")


@pytest.mark.parametrize("wanted", ["arrow", "msgpack"])
def test_rows_without_columns_are_kept(transport: LMDBTransport, wanted: str) -> None:
    for rows in (pa.record_batch({"a": [1, 2, 3]}).select([]), pa.table({"a": [1, 2, 3]}).select([])):
        for payload in (rows, {"rows": rows}):
            transport.put("key", payload, format=wanted)
            found = transport.get("key")
            found = found["rows"] if isinstance(found, dict) else found
            assert (type(found), found.num_rows) == (type(rows), 3)


def test_columns_of_one_name_are_kept(transport: LMDBTransport) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array(["x"])], names=["a", "a"])
    transport.put("key", table, format="arrow")
    assert transport.get("key").equals(table)


def exactly(transport: LMDBTransport, value: Any) -> Any:
    """What a table of ``value`` comes back as where types are exact."""
    number, parts = _formats.encode(value, _formats.ARROW, exact=True)
    assert number == _formats.ARROW
    data = b"".join(map(bytes, parts))
    with transport.loan("key", len(data), format="arrow") as loan:
        loan.memory[:] = data
    with transport.view("key") as view:
        assert isinstance(view.table(), (pa.Table, pa.RecordBatch))
    assert typed(_arrow.decode_bytes(data, True)) == typed(transport.get("key"))
    return transport.get("key")


STAMPS = pd.to_datetime(["2024-01-01", None, "2024-01-03"])
PANDAS = {
    "i": [1, 2, 3],
    "u": np.array([1, 2, 3], "u2"),
    "f": [1.5, float("nan"), -0.0],
    "e": np.ones(3, "f4"),
    "b": [True, False, True],
    "s": ["a", "b", "c"],
    "t": STAMPS,
    "z": STAMPS.tz_localize("UTC"),
    "d": np.array([1, 2, 3], "m8[ms]"),
    "c": pd.Categorical(["x", None, "x"], categories=["x", "y"], ordered=True),
    "n": pd.array([1, None, 3], "Int64"),
    "m": pd.array([True, None, False], "boolean"),
    "p": pd.array(["a", None, "c"], "string"),
}


@pytest.mark.parametrize(
    "index",
    [
        None,
        pd.RangeIndex(10, 40, 10, name="r"),
        pd.Index([5, 3, 4]),
        pd.Index(["x", "y", "x"], name="k"),
        pd.DatetimeIndex(["2024-01-01", "2024-01-05", "2024-01-03"]),
    ],
    ids=repr,
)
@pytest.mark.parametrize("names", [list(PANDAS), ["i"], ["f", "s"]], ids=len)
@pytest.mark.parametrize("rows", [3, 0])
def test_exact_frames_of_pandas_come_back(transport: LMDBTransport, index: Any, names: list[str], rows: int) -> None:
    frame = pd.DataFrame({name: PANDAS[name] for name in names})
    frame.index = frame.index if index is None else index
    frame = frame.iloc[:rows].rename_axis(columns="of columns" if index is None else None)
    found = exactly(transport, frame)
    pd.testing.assert_frame_equal(found, frame, check_freq=True)
    assert type(found.index) is type(frame.index)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([1, None, 3]),
        pl.Series([1, 2, 3], dtype=pl.UInt8),
        pl.Series([1.5, float("nan"), None]),
        pl.Series(["a", None, "c"]),
        pl.Series(["a", None, "c"], dtype=pl.Categorical),
        pl.Series(["a", None, "a"], dtype=pl.Enum(["a", "b"])),
        pl.Series([b"a", b"", None]),
        pl.Series([MOMENT, None, MOMENT], dtype=pl.Datetime("ms", "UTC")),
        pl.Series([[1], None, []]),
        pl.Series([{"x": 1}, {"x": None}, None]),
        pl.Series([[1, 2], [3, 4], None], dtype=pl.Array(pl.Int8, 2)),
        pl.Series([decimal.Decimal("1.5"), None, decimal.Decimal("2.25")]),
        pl.Series([None, None, None]),
    ],
    ids=lambda column: str(column.dtype),
)
def test_exact_frames_of_polars_come_back(transport: LMDBTransport, column: Any) -> None:
    for frame in (pl.DataFrame({"v": column}), pl.DataFrame({"v": column}).head(0)):
        found = exactly(transport, frame)
        assert type(found) is pl.DataFrame
        assert found.schema == frame.schema
        assert found.equals(frame)


def test_exact_tables_and_dicts_come_back(transport: LMDBTransport) -> None:
    table = pa.table({"a": [1]}, metadata={"who": "me"})
    for value in (table, table.to_batches()[0]):
        assert exactly(transport, value).equals(value, check_metadata=True)
    for values in KEPT:
        assert typed(exactly(transport, {"v": values})) == typed({"v": values})


class Sub(pd.DataFrame):
    pass


class Exports:
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return pa.table({"a": [1]}).__arrow_c_stream__(requested_schema)


def marked() -> pd.DataFrame:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["unit"] = "m"
    return frame


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"a": pd.Series(["a", 1], dtype=object)}),
        pd.DataFrame({"a": pd.Series(["a", None], dtype=object)}),
        pd.DataFrame({"a": pd.Series([DAY], dtype=object)}),
        pd.DataFrame({"a": pd.array([1.5, None], "Float64")}),
        pd.DataFrame({"a": pd.period_range("2024", periods=2, freq="D")}),
        pd.DataFrame({"a": pd.interval_range(0, 2)}),
        pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}),
        pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, 2), (3, 4)])),
        pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2024", periods=2, freq="D")),
        pd.DataFrame({"a": [1]}, index=pd.Index([1], name=5)),
        pd.DataFrame([[1, 2]]),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False),
        marked(),
        Sub({"a": [1]}),
        Exports(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exact_frames_that_would_change_are_refused(value: Any) -> None:
    for number in (_formats.ARROW, _formats.MSGPACK):
        with pytest.raises(FormatError, match="the top of the payload"):
            _formats.encode(value, number, exact=True)


def test_dicts_that_would_change_are_no_exact_tables() -> None:
    for column in (np.ones(2), pa.array([1, 2]), [np.float64(1)], (1, 2)):
        assert _arrow.as_frame({"v": column}, exact=True) is None
