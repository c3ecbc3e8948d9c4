"""Frames as tables: the same library's equal frame comes back, its numbers in place."""

from __future__ import annotations

import copy
import datetime
import decimal
import gc
import pickle
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from wrapping import wrapped

from dishtayantra_lmdb import (
    FormatError,
    LMDBCalculatorConfig,
    LMDBCalculatorMixin,
    LMDBDataExchange,
    LMDBTransport,
)
from dishtayantra_lmdb._library import core
from dishtayantra_lmdb._payload import formats, tables

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
HALF_PAST = datetime.timezone(datetime.timedelta(hours=-3, minutes=-30))
STAMPS = pd.to_datetime(["2024-01-01", None, "2024-07-03T12:00:00.123456"], format="ISO8601")

# Columns of three values.
COLUMNS: dict[str, Any] = {
    **{dtype: np.array([1, 2, 3], dtype) for dtype in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")},
    **{dtype: np.array([np.nan, -0.0, np.inf], dtype) for dtype in ("f2", "f4", "f8")},
    **{dtype: np.array([1j, np.nan, -0.0], dtype) for dtype in ("c8", "c16")},
    "bool": [True, False, True],
    **{f"datetime {unit}": STAMPS.as_unit(unit) for unit in ("s", "ms", "us", "ns")},
    **{f"timedelta {unit}": np.array([1, "NaT", -3], f"m8[{unit}]") for unit in ("s", "ms", "us", "ns")},
    "UTC": STAMPS.tz_localize("UTC"),
    "zone": STAMPS.tz_localize(BERLIN),
    "offset": STAMPS.tz_localize(HALF_PAST),
    "str": ["a", "", "long " * 100],
    "str missing": ["a", None, "b"],
    "objects": pd.Series(["a", None, "b"], dtype=object),
    "objects NaN": pd.Series(["a", np.nan, "b"], dtype=object),
    "object ints": pd.Series([1, None, 2], dtype=object),
    "object floats": pd.Series([1.5, None, float("nan")], dtype=object),
    "nothing": pd.Series([None] * 3, dtype=object),
    "string": pd.array(["a", None, "c"], "string"),
    "python": pd.array(["a", None, "c"], "string[python]"),
    "category": pd.Categorical(["x", None, "x"], categories=["x", "y"]),
    "ordered": pd.Categorical([3, 1, 3], categories=[3, 2, 1], ordered=True),
    "of times": pd.Categorical(STAMPS),
    "no category": pd.Categorical([None] * 3, categories=pd.Index([], dtype="str")),
    "many categories": pd.Categorical([f"{n}" for n in range(300)])[:3],
    **{name: pd.array([1, None, 3], name) for name in ("Int8", "Int64", "UInt32", "Float32", "Float64")},
    "boolean": pd.array([True, None, False], "boolean"),
    "period": pd.PeriodIndex(["2024-01", None, "2024-03"], freq="M"),
    "arrow": pd.array([[1], None, []], pd.ArrowDtype(pa.list_(pa.int64()))),
    "arrow structs": pd.array([{"a": 1}, None, {"a": None}], pd.ArrowDtype(pa.struct({"a": pa.int64()}))),
    "decimals": pd.array([decimal.Decimal("1.5"), None, decimal.Decimal("2.25")], pd.ArrowDtype(pa.decimal128(9, 2))),
}

INDEXES: dict[str, Any] = {
    "range": pd.RangeIndex(10, 40, 10, name="r"),
    "ints": pd.Index([5, 3, 4], name=7),
    "texts": pd.Index(["x", "y", "x"], name=("a", 1)),
    "objects": pd.Index(["x", None, "x"], dtype=object),
    "floats": pd.Index([0.5, np.nan, 1]),
    "times": pd.DatetimeIndex(["2024-01-01", None, "2024-01-03"]),
    "frequency": pd.date_range("2024-03-30", periods=3, freq="D"),
    "business days in a zone": pd.date_range("2024-03-29", periods=3, freq="2B", tz=BERLIN, unit="ns"),
    "deltas": pd.timedelta_range("1h", periods=3, freq="h"),
    "periods": pd.period_range("2024", periods=3, freq="Q"),
    "categories": pd.CategoricalIndex(["a", None, "a"], name="c"),
    "multi": pd.MultiIndex.from_arrays([["a", None, "b"], pd.date_range("2024", periods=3)], names=["k", None]),
}

LABELS: dict[str, Any] = {
    "range": pd.RangeIndex(2),
    "ints": pd.Index([3, 5], name="n"),
    "floats": pd.Index([0.5, 1.5]),
    "same": pd.Index(["a", "a"]),
    "objects": pd.Index(["a", 1], dtype=object),
    "odd texts": pd.Index(["", "\0"], name=5),
    "surrogates": pd.Index(["\ud800", "b"], dtype=object),
    "tuples": pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", None]),
    "named": pd.Index(["a", "b"], name="of columns"),
}


def there_and_back(transport: LMDBTransport, value: Any, **options: Any) -> Any:
    transport.put("key", {"in": [value]}, tables=True, exact=True, format="msgpack", **options)
    with transport.view("key") as view:
        view.table("in", 0)  # It is one, and did not fall back.
    return transport.get("key")["in"][0]


def check_frame(found: Any, frame: pd.DataFrame) -> None:
    assert type(found) is pd.DataFrame
    pd.testing.assert_frame_equal(found, frame, check_freq=True, check_flags=True, check_exact=True)
    assert type(found.index) is type(frame.index)
    assert type(found.columns) is type(frame.columns)
    assert list(found.dtypes) == list(frame.dtypes)
    assert found.index.identical(frame.index)
    assert found.attrs == frame.attrs
    for one, other in zip(found.dtypes, frame.dtypes, strict=True):
        assert repr(one) == repr(other)
    for (_, one), (_, other) in zip(found.items(), frame.items(), strict=True):
        if one.dtype == object:
            assert list(map(type, one)) == list(map(type, other))
        if one.dtype.kind in "fc" and isinstance(one.dtype, np.dtype):
            assert one.to_numpy().tobytes() == other.to_numpy().tobytes()


@pytest.mark.parametrize("rows", [3, 0])
@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_pandas(transport: LMDBTransport, name: str, rows: int) -> None:
    frame = pd.DataFrame({"before": [1.5, 2, 3], name: COLUMNS[name]}).iloc[:rows]
    check_frame(there_and_back(transport, frame), frame)
    series = frame[name]
    found = there_and_back(transport, series)
    assert type(found) is pd.Series
    pd.testing.assert_series_equal(found, series, check_exact=True)


@pytest.mark.parametrize("rows", [3, 0])
@pytest.mark.parametrize("name", INDEXES)
def test_indexes_of_pandas(transport: LMDBTransport, name: str, rows: int) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}, index=INDEXES[name]).iloc[:rows]
    check_frame(there_and_back(transport, frame), frame)
    series = frame["a"].rename(None)
    pd.testing.assert_series_equal(there_and_back(transport, series), series, check_freq=True)
    if rows:
        only = pd.DataFrame(index=INDEXES[name])
        if name != "range":
            check_frame(there_and_back(transport, only), only)


@pytest.mark.parametrize("name", LABELS)
def test_labels_of_pandas(transport: LMDBTransport, name: str) -> None:
    frame = pd.DataFrame([[1, 2.5], [3, 4.5]])
    frame.columns = LABELS[name]
    check_frame(there_and_back(transport, frame), frame)


def test_whole_frames_of_pandas(transport: LMDBTransport) -> None:
    rows = np.random.default_rng(1).normal(size=(1000, 5))
    wide = pd.DataFrame(rows)
    cases = [
        wide,
        wide.T,
        wide[::2],
        wide.iloc[:, ::-1],
        pd.DataFrame(COLUMNS),
        pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False),
        pd.DataFrame(),
        pd.DataFrame({"a": np.zeros((3, 4))[:, 1]}),
    ]
    marked = pd.DataFrame({"a": [1]})
    marked.attrs = {"unit": "m", "where": [1, (2.5, None)], "more": {"a": True}}
    for frame in [*cases, marked]:
        check_frame(there_and_back(transport, frame), frame)


ARROW: dict[str, Callable[[], Any]] = {
    "numbers": lambda: pa.table({"i": [1, None, 3], "f": pa.array([0.5, None, 1], "f2"), "b": [True, None, False]}),
    "texts": lambda: pa.table(
        {"u": ["a", None, "c"], "z": [b"a", b"", None], "U": pa.array(["x"] * 3, "large_string")}
    ),
    "dictionary": lambda: pa.table({"d": pa.array(["a", None, "a"]).dictionary_encode()}),
    "nested": lambda: pa.table({"l": [[1], None, []], "s": [{"x": "a"}, {"x": None}, None]}),
    "fixed": lambda: pa.table(
        {"f": pa.array([b"ab", None], pa.binary(2)), "l": pa.array([[1, 2], None], pa.list_(pa.int8(), 2))}
    ),
    "decimal": lambda: pa.table({"d": pa.array([decimal.Decimal("1.50"), None], pa.decimal128(9, 2))}),
    "times": lambda: pa.table(
        {
            "t": pa.array([1, None], pa.timestamp("ns", "Europe/Berlin")),
            "d": pa.array([1, None], pa.date32()),
            "o": pa.array([1, None], pa.time64("us")),
            "s": pa.array([1, None], pa.duration("s")),
        }
    ),
    "null": lambda: pa.table({"n": pa.nulls(3)}),
    "not null": lambda: pa.table(
        [pa.array([1])], schema=pa.schema([pa.field("a", "i8", False, {"k": "v"})], {"who": "me"})
    ),
    "same names": lambda: pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]),
    "sliced": lambda: pa.table(
        {"x": range(100), "s": [str(n) for n in range(100)], "b": [n % 3 == 0 for n in range(100)]}
    ).slice(3, 50),
    "chunked": lambda: pa.table(
        {"x": pa.chunked_array([[1, None], [], [3.0]]), "s": pa.chunked_array([["a"], ["b", None]])}
    ),
    "other dictionaries": lambda: pa.table(
        {"d": pa.chunked_array([pa.array(["a"]).dictionary_encode(), pa.array(["b"]).dictionary_encode()])}
    ),
    "no rows": lambda: pa.table({"a": pa.array([], "i4"), "d": pa.array([], pa.dictionary("i4", "string"))}),
    "no columns": lambda: pa.table({}),
    "batch": lambda: pa.RecordBatch.from_pydict({"a": [1, None], "s": ["x", "y"]}),
    "sliced batch": lambda: pa.RecordBatch.from_pydict({"a": range(9), "s": list("abcdefghi")}).slice(2, 5),
}


@pytest.mark.parametrize("name", ARROW)
def test_tables_of_pyarrow(transport: LMDBTransport, name: str) -> None:
    table = ARROW[name]()
    found = there_and_back(transport, table)
    found.validate(full=True)
    assert type(found) is type(table)
    assert found.schema.equals(table.schema, check_metadata=True)
    assert found.equals(table.unify_dictionaries() if name == "other dictionaries" else table)


def frames_of_polars() -> list[Any]:
    moment = datetime.datetime(2026, 11, 22, 1, 2, 3, 4000)
    columns = [
        pl.Series([1, None, 3]),
        *(pl.Series([1, 2, 3], dtype=dtype) for dtype in (pl.UInt8, pl.Int16, pl.UInt64)),
        pl.Series([1.5, float("nan"), None]),
        pl.Series([True, None, False]),
        pl.Series(["a", None, "longer than twelve bytes"]),
        pl.Series(["a", None, "c"], dtype=pl.Categorical),
        pl.Series(["a", None, "a"], dtype=pl.Enum(["a", "b"])),
        pl.Series([b"a", b"", None]),
        pl.Series([moment, None, moment], dtype=pl.Datetime("ms", "Europe/Berlin")),
        pl.Series([moment.date(), None, moment.date()]),
        pl.Series([moment.time(), None, moment.time()]),
        pl.Series([datetime.timedelta(days=-1), None, datetime.timedelta(microseconds=1)]),
        pl.Series([[1], None, []]),
        pl.Series([{"x": 1}, {"x": None}, None]),
        pl.Series([[1, 2], [3, 4], None], dtype=pl.Array(pl.Int8, 2)),
        pl.Series([decimal.Decimal("1.5"), None, decimal.Decimal("2.25")]),
        pl.Series([None, None, None]),
    ]
    frames = [pl.DataFrame({"v": column}) for column in columns]
    whole = pl.DataFrame({str(number): column for number, column in enumerate(columns)})
    texts = pl.DataFrame({"c": ["a", "b"]}, schema={"c": pl.Categorical})
    return [
        *frames,
        whole,
        whole[1:],
        pl.concat([whole, whole], rechunk=False),
        pl.concat([texts, texts], rechunk=False),
    ]


@pytest.mark.parametrize("frame", frames_of_polars(), ids=lambda frame: str(frame.dtypes[0])[:20])
def test_frames_of_polars(transport: LMDBTransport, frame: Any) -> None:
    for value in (frame, frame.head(0)):
        found = there_and_back(transport, value)
        assert type(found) is pl.DataFrame
        assert found.schema == value.schema
        assert found.equals(value)
    series = frame.to_series(0)
    found = there_and_back(transport, series)
    assert type(found) is pl.Series
    assert found.name == series.name
    assert found.dtype == series.dtype
    assert found.equals(series, check_dtypes=True, null_equal=True)


def places(found: Any) -> list[int]:
    """Where the numbers of column ``x`` lie."""
    column = found["x"]
    if isinstance(column, pd.Series):
        assert not column.to_numpy().flags.writeable
        return [column.to_numpy().ctypes.data]
    if isinstance(column, pl.Series):
        return [column.to_numpy(allow_copy=False).ctypes.data]
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return [chunk.buffers()[1].address for chunk in chunks]


FRAMES: dict[str, Callable[[Any], Any]] = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "Table": pa.table,
    "RecordBatch": pa.RecordBatch.from_pydict,
}


@pytest.mark.parametrize("name", FRAMES)
def test_numbers_lie_in_the_map(transport: LMDBTransport, name: str) -> None:
    frame = FRAMES[name]({"s": ["a", "b"] * 5000, "x": np.arange(10_000.0)})
    transport.put("key", {"a": frame}, tables=True)
    found = transport.get("key")["a"]
    assert type(found) is type(frame)
    with transport.view("key") as view:
        begin, end = view.address, view.address + view.size
    assert all(begin < place < end for place in places(found))
    # It stays there, whatever becomes of the entry, until the last of it is gone.
    transport.delete("key")
    for turn in range(20):
        transport.put(f"other {turn}", np.full(20_000, 7.0))
    assert found.equals(frame)
    del found
    gc.collect()
    assert transport.stats()["pins"] == []


@pytest.mark.parametrize("name", FRAMES)
def test_copies_are_their_own(transport: LMDBTransport, name: str) -> None:
    frame = FRAMES[name]({"s": ["a", "b"] * 5000, "x": np.arange(10_000.0)})
    transport.put("key", {"a": frame}, tables=True)
    found = transport.get("key", copy=True)["a"]
    assert transport.stats()["pins"] == []
    assert found.equals(frame)
    if name == "pandas":
        found.loc[0, "x"] = 5.0
        assert found.loc[0, "x"] == 5.0


@pytest.mark.parametrize("wanted", ["msgpack", "json", "raw", "numpy", "arrow"])
@pytest.mark.parametrize("name", FRAMES)
def test_frames_alone(transport: LMDBTransport, name: str, wanted: str) -> None:
    frame = FRAMES[name]({"x": np.arange(100.0)})
    transport.put("key", frame, format=wanted, tables=True)
    with transport.view("key") as view:
        assert view.format.value == ("arrow" if wanted == "arrow" else "msgpack")
        assert pa.table(view).column("x").to_pylist() == list(range(100))
        assert len(view) == 100
    found = transport.get("key")
    assert type(found) is (pa.Table if wanted == "arrow" and name != "RecordBatch" else type(frame))


@pytest.mark.parametrize("name", FRAMES)
def test_a_wrapped_calculator_gets_and_gives_frames_in_the_map(transport: LMDBTransport, name: str) -> None:
    frame = FRAMES[name]({"x": np.arange(10_000.0), "s": ["a", "b"] * 5000})
    met: list[list[int]] = []

    class Echo(LMDBCalculatorMixin):
        def calculate(self, data: Any) -> Any:
            found = self.lmdb_read_input()["frame"]
            met.append(places(found))
            self.lmdb_write_output({"frame": found})
            return {"_lmdb_output_written": True}

    calculator = wrapped(transport, Echo())
    found = calculator.calculate({"frame": frame})["frame"]
    assert type(found) is type(frame)
    assert found.equals(frame)
    assert met not in ([], [places(frame)])
    calculator.close()


def test_what_is_no_table_falls_back(transport: LMDBTransport) -> None:
    class Sub(pd.DataFrame):
        pass

    cases = [
        Sub({"a": [1]}),
        pd.DataFrame({"a": pd.interval_range(0, 2)}),
        pd.DataFrame({"a": [1]}, index=pd.interval_range(0, 1)),
        pa.table({"v": pa.array(["a", "b"], pa.string_view())}),
        pa.table({"m": pa.array([[("k", 1)]], pa.map_("string", "i4"))}),
    ]
    for case in cases[1:]:
        parts = formats.encode({"a": case}, formats.MSGPACK, tables=True)[1]
        assert parts == formats.encode({"a": case}, formats.MSGPACK)[1]
    for case in cases[:3]:
        with pytest.raises(FormatError, match=r"a: .*come back"):
            transport.put("key", {"a": case}, tables=True, exact=True)
    transport.put("key", {"a": cases[0]}, tables=True)
    assert type(transport.get("key")["a"]) is pa.Table
    for case in cases[3:]:
        transport.put("key", {"a": case}, tables=True)
        assert transport.get("key")["a"].equals(case)


def test_frames_inside_what_only_python_looks_into(transport: LMDBTransport) -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    transport.put("key", {"a": [frame, (frame, {"b": frame})], "t": datetime.date(2026, 1, 1)}, tables=True, exact=True)
    found = transport.get("key")
    for one in (found["a"][0], found["a"][1][0], found["a"][1][1]["b"]):
        check_frame(one, frame)


@pytest.mark.parametrize("name", FRAMES)
def test_what_comes_back_is_copied_and_pickled(transport: LMDBTransport, name: str) -> None:
    frame = FRAMES[name]({"x": np.arange(1000.0), "s": ["a", "b"] * 500})
    found = there_and_back(transport, frame)
    for one in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert one.equals(frame)


class Bar:
    def __init__(self, **options: Any) -> None:
        self.options = options

    def update(self, size: int) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize("name", FRAMES)
def test_frames_are_put_and_got_in_steps_too(
    transport: LMDBTransport, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    frame = FRAMES[name]({"x": np.arange(100_000.0), "s": ["a", "b"] * 50_000})
    transport.put("usual", {"a": frame}, tables=True)
    transport.put("progress", {"a": frame}, tables=True, progress=Bar)
    with caplog.at_level("DEBUG", logger="core.lmdb"):
        transport.put("logged", {"a": frame}, tables=True)
    transport.put_many({"several": {"a": frame}, "alone": frame}, tables=True)
    usual = transport.get_raw("usual")
    assert usual is not None
    for key in ("progress", "logged", "several"):
        raw = transport.get_raw(key)
        assert raw is not None
        assert raw[0] == usual[0]
    assert transport.get("usual", copy=True, progress=Bar)["a"].equals(frame)
    assert transport.get("alone").equals(frame)


def test_an_engines_own_exchange_takes_frames(transport: LMDBTransport) -> None:
    frame = pd.DataFrame({"x": np.arange(10_000.0), "s": ["a", "b"] * 5000})
    config = {
        "lmdb_enabled": True,
        "lmdb_db_path": transport.get_db_path(),
        "lmdb_map_size": transport.config.map_size,
        "lmdb_exchange_mode": "both",
    }
    exchange = LMDBDataExchange(LMDBCalculatorConfig.from_dict(config), "engine")
    assert exchange.initialize()
    key = exchange.put_input({"frame": frame}, "7")
    assert key is not None
    check_frame(transport.get(key)["frame"], frame)
    exchange.cleanup("7")
    exchange.close()


class Once:
    """What gives its stream once, as readers do."""

    def __init__(self, table: pa.Table) -> None:
        self._stream = table.__arrow_c_stream__()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._stream


MAPS = pa.table({"a": pa.array([[("k", 1)]] * 3, pa.map_(pa.string(), pa.int8()))})


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(lambda: MAPS.to_reader(), id="reader of what no table keeps"),
        pytest.param(lambda: pa.table({"a": [1, 2, 3]}).to_reader(), id="reader"),
        pytest.param(lambda: Once(MAPS), id="stream of what no table keeps"),
        pytest.param(lambda: Once(pa.table({"a": [1, 2, 3]})), id="stream"),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_what_can_be_read_once_is_read_once(tmp_path: Path, source: Callable[[], Any], inside: bool) -> None:
    with LMDBTransport(tmp_path) as transport:
        given = source()
        transport.put("key", {"frame": given} if inside else given, tables=True)
        found = transport.get("key")
        assert (found["frame"] if inside else found).num_rows == 3


def test_a_stream_that_was_taken_is_refused(tmp_path: Path) -> None:
    given = Once(MAPS)
    pa.table(given)
    with LMDBTransport(tmp_path) as transport, pytest.raises((FormatError, ValueError)):
        transport.put("key", given, tables=True)


def test_columns_that_are_no_arrays_come_as_pythons_values(tmp_path: Path) -> None:
    values = [decimal.Decimal("1.50"), None]
    table = pa.table({"v": pa.array(values, pa.decimal128(9, 2))})
    frame = core.Frame._import(tables.COLUMNS, table.__arrow_c_stream__())
    with LMDBTransport(tmp_path) as transport:
        transport.put("key", {"frame": frame}, tables=True)
        assert transport.get("key") == {"frame": {"v": values}}


@pytest.mark.parametrize(
    ("validity", "found"),
    [(b"\x02", [None, "ab"]), (None, None)],
    ids=["where a value is missing", "in a value"],
)
def test_bytes_that_are_no_text(tmp_path: Path, validity: bytes | None, found: list[str | None] | None) -> None:
    bits = None if validity is None else pa.py_buffer(validity)
    offsets = pa.py_buffer(np.array([0, 2, 4], "i4"))
    table = pa.table({"a": pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"\xff\xffab"), bits)})
    with LMDBTransport(tmp_path) as transport:
        transport.put("key", table, tables=True)
        if found is not None:
            assert transport.get("key")["a"].to_pylist() == found
        else:
            # As pyarrow's stream, as if there were no tables.
            assert transport.get("key").num_rows == 2
