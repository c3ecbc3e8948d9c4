"""Tables and columns of views for other libraries: numbers stay in the map, which the last holder lets go of."""

from __future__ import annotations

import contextlib
import gc
import struct
import threading
from collections.abc import Callable
from typing import Any

import duckdb
import nanoarrow
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import dishtayantra_lmdb
from dishtayantra_lmdb import CorruptError, EntryNotFoundError, FormatError, LMDBTransport, Table

ROWS = 10_000
TRADES = [{"px": n / 2, "n": n, "s": f"text {n % 7}", "b": n % 2 == 0, "m": None if n % 3 else n} for n in range(ROWS)]


def numpy_place(table: Any) -> int:
    return np.asarray(table["px"]).ctypes.data


def dlpack_place(table: Any) -> int:
    return np.from_dlpack(table["px"]).ctypes.data


def pyarrow_place(table: Any) -> int:
    return pa.table(table).column("px").chunk(0).buffers()[1].address


def batch_place(table: Any) -> int:
    return pa.record_batch(table).column("px").buffers()[1].address


def column_place(table: Any) -> int:
    return pa.array(table["px"]).buffers()[1].address


def stream_place(table: Any) -> int:
    return pa.chunked_array(table["px"]).chunk(0).buffers()[1].address


def polars_place(table: Any) -> int:
    return pl.DataFrame(table)["px"].to_numpy(allow_copy=False).ctypes.data


def series_place(table: Any) -> int:
    return pl.Series("px", table["px"]).to_numpy(allow_copy=False).ctypes.data


def nanoarrow_place(table: Any) -> int:
    return nanoarrow.c_array(table).child(0).buffers[1]


def nanoarrow_stream_place(table: Any) -> int:
    return next(iter(nanoarrow.c_array_stream(table))).child(0).buffers[1]


def nanoarrow_column_place(table: Any) -> int:
    return nanoarrow.c_array(table["px"]).buffers[1]


READERS = [
    numpy_place,
    dlpack_place,
    pyarrow_place,
    batch_place,
    column_place,
    stream_place,
    polars_place,
    series_place,
    nanoarrow_place,
    nanoarrow_stream_place,
    nanoarrow_column_place,
]

PAYLOADS: dict[str, Callable[[], Any]] = {
    "rows": lambda: TRADES,
    "pandas": lambda: pd.DataFrame(TRADES),
    "polars": lambda: pl.DataFrame(TRADES),
    "pyarrow": lambda: pa.Table.from_pylist(TRADES),
}


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("place", READERS, ids=lambda reader: reader.__name__)
def test_numbers_are_read_where_they_lie(transport: LMDBTransport, name: str, place: Callable[[Any], int]) -> None:
    transport.put("key", {"trades": PAYLOADS[name]()}, tables=True)
    with transport.view("key") as view:
        table = view.table("trades")
        assert view.address < place(table) < view.address + view.size
        assert place(table) == numpy_place(table)
    del table
    gc.collect()
    assert transport.stats()["pins"] == []


def sums_of_duckdb(trades: Any) -> Any:
    # It looks for names in the caller's frame, which keeps what it was shown.
    return duckdb.sql("select sum(px), sum(n), count(distinct s), count(*) filter (b) from trades").fetchall()


@pytest.mark.parametrize("name", PAYLOADS)
def test_every_library_reads_the_same(transport: LMDBTransport, name: str) -> None:
    transport.put("key", PAYLOADS[name](), tables=True)
    with transport.view("key") as view:
        table = view.table()
        assert (table.rows, len(table), len(view)) == (ROWS, ROWS, ROWS)
        assert table.columns == ["px", "n", "s", "b", "m"]
        arrow = pa.table(table)
        arrow.validate(full=True)
        assert arrow.drop_columns("m").to_pylist() == [{k: v for k, v in row.items() if k != "m"} for row in TRADES]
        assert pl.DataFrame(table).drop("m").rows() == [tuple(row.values())[:4] for row in TRADES]
        assert sums_of_duckdb(table) == [(sum(row["px"] for row in TRADES), sum(range(ROWS)), 7, ROWS // 2)]
        assert nanoarrow.Array(table["n"]).to_pylist() == list(range(ROWS))
    del table, arrow
    gc.collect()
    assert transport.stats()["pins"] == []


def test_a_table_of_duckdb_needs_no_pyarrow_to_be_put(transport: LMDBTransport) -> None:
    relation = duckdb.sql("select range / 2.0 as px, range as n, 'text ' || range % 3 as s from range(10000)")
    transport.put("key", {"r": relation}, tables=True)
    with transport.view("key") as view:
        assert view.table("r")["px"].to_numpy().sum() == sum(range(10_000)) / 2
    assert transport.get("key")["r"].equals(pa.table(relation))


def test_the_last_holder_ends_the_pin_whichever_it_is(transport: LMDBTransport) -> None:
    transport.put("key", {"trades": TRADES}, tables=True)
    makers: list[Callable[[Any], Any]] = [
        lambda table: table,
        lambda table: table["px"],
        lambda table: table["px"].to_numpy(),
        lambda table: table["px"].to_numpy()[10:20],
        lambda table: memoryview(table),
        lambda table: table.__arrow_c_stream__(),
        lambda table: table.__arrow_c_array__(),
        lambda table: table.__arrow_c_schema__(),
        lambda table: table["s"].__arrow_c_array__(),
        lambda table: table["s"].__arrow_c_stream__(),
        lambda table: table["px"].__dlpack__(max_version=(1, 0)),
        lambda table: pa.table(table),
        lambda table: pa.table(table).column("s").chunk(0).dictionary.buffers()[2],
        lambda table: pl.DataFrame(table),
        lambda table: nanoarrow.c_array_stream(table),
        lambda table: nanoarrow.c_array(table).child(2),
    ]
    for make in makers:
        with transport.view("key") as view:
            held = make(view.table("trades"))
        gc.collect()
        assert len(transport.stats()["pins"]) == 1, make.__code__.co_firstlineno
        # Any thread may be the last.
        keeps = [held]
        del held
        thread = threading.Thread(target=keeps.clear)
        thread.start()
        thread.join()
        gc.collect()
        assert transport.stats()["pins"] == []


def test_what_was_exported_outlives_entry_view_and_store(transport: LMDBTransport) -> None:
    transport.put("key", {"trades": TRADES}, tables=True)
    with transport.view("key") as view:
        table = view.table("trades")
        found = pa.table(table)
    transport.delete("key")
    for turn in range(20):
        transport.put(f"other {turn}", np.full(100_000, 7.0))
    transport.close()
    assert found["px"].to_pylist() == [row["px"] for row in TRADES]
    assert pl.DataFrame(table)["s"].to_list() == [row["s"] for row in TRADES]


def test_columns_as_arrays(transport: LMDBTransport) -> None:
    frame = pa.table(
        {
            "i": pa.array([1, None, 3], "i2"),
            "f": pa.array([0.5, None, 2.5]),
            "t": pa.array([1, None, 3], pa.timestamp("ms", "UTC")),
            "d": pa.array([1, 2, 3], pa.date32()),
            "b": [True, None, False],
            "all": [True, True, False],
            "s": ["a", None, "c"],
            "c": pa.array(["a", None, "a"]).dictionary_encode(),
            "n": pa.nulls(3),
            "w": pa.array([b"ab", None, b"cd"], pa.binary(2)),
            "l": [[1, 2], [], None],
            "same": [["a", "b"], ["c", "d"], [None, None]],
            "dicts": [{"a": [1]}, None, {"a": None}],
            "decimals": pa.array([None, None, None], pa.decimal128(3, 1)),
            "lists of times": pa.array([[1], None, []], pa.list_(pa.timestamp("us"))),
        }
    )
    transport.put("key", frame, tables=True)
    with transport.view("key") as view:
        table = view.table()
    wanted = {
        "i": np.array([1, None, 3], object),
        "f": np.array([0.5, np.nan, 2.5]),
        "t": np.array([1, "NaT", 3], "M8[ms]"),
        "d": np.array([1, 2, 3], "M8[D]"),
        "b": np.array([True, None, False], object),
        "all": np.array([True, True, False]),
        "s": np.array(["a", None, "c"], object),
        "c": np.array(["a", None, "a"], object),
        "n": np.array([None] * 3, object),
        "w": np.array([b"ab", None, b"cd"], object),
        "dicts": np.array([{"a": [1]}, None, {"a": None}], object),
    }
    for name, array in wanted.items():
        column = table.column(name)
        found = column.to_numpy()
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)
        np.testing.assert_array_equal(np.asarray(column), array)
        assert (column.name, len(column), column.nulls) == (name, 3, frame[name].null_count)
        assert pa.array(column).equals(frame[name].chunk(0))
    assert table[4].name == table[-11].name == "b"
    assert table["l"].to_numpy().tolist() == [[1, 2], [], None]
    assert table["same"].to_numpy().tolist() == [["a", "b"], ["c", "d"], [None, None]]
    for name in ("decimals", "lists of times"):
        with pytest.raises(TypeError, match=rf"{name!r} of format .* is no array; take it by __arrow_c_array__"):
            table[name].to_numpy()
    with pytest.raises(TypeError, match="1 values of column 'i' are missing"):
        table["i"].__dlpack__()
    with pytest.raises(TypeError, match=r"'c' has a dictionary|are missing"):
        table["c"].__dlpack__()
    with pytest.raises(KeyError, match="no column 'none'"):
        table["none"]
    with pytest.raises(IndexError, match="15 columns, none of index 15"):
        table[15]
    assert repr(table["i"]) == "<Column 'i': 3 values of format 's'>"


def test_tables_and_columns_are_stored_as_what_they_are(transport: LMDBTransport) -> None:
    frame = pd.DataFrame({"x": [1.5, 2.5], "s": ["a", "b"]})
    transport.put("key", {"f": frame}, tables=True)
    with transport.view("key") as view:
        table = view.table("f")
        transport.put("again", [table, table["x"], table["s"]], tables=True)
        transport.put("alone", table, tables=True)
    found = transport.get("again")
    pd.testing.assert_frame_equal(found[0], frame)
    pd.testing.assert_frame_equal(transport.get("alone"), frame)
    np.testing.assert_array_equal(found[1], frame["x"])
    assert found[2] == ["a", "b"]


def test_plain_values_become_tables_too(transport: LMDBTransport) -> None:
    rows = [{"a": 1, "s": "x"}, {"a": 2, "s": None}]
    transport.put("key", {"rows": rows, "columns": {"x": np.arange(3.0), "y": [1, 2, 3]}, "list": [1.5, 2.5]})
    with transport.view("key") as view:
        assert pa.table(view.table("rows")).to_pylist() == rows
        assert pa.table(view.table("columns")).to_pydict() == {"x": [0, 1, 2], "y": [1, 2, 3]}
        assert view.table("list").column(0).to_numpy().tolist() == [1.5, 2.5]


def test_where_there_is_no_table(transport: LMDBTransport) -> None:
    transport.put("key", {"a": 1, "b": [{"c": TRADES}]}, tables=True)
    transport.put("array", np.arange(3.0), format="numpy")
    with transport.view("key") as view:
        assert view.table("b", 0, "c").rows == ROWS
        with pytest.raises(EntryNotFoundError, match='no key "none"'):
            view.table("none")
        with pytest.raises(EntryNotFoundError, match="no index 3"):
            view.table("b", 3)
        with pytest.raises(FormatError, match=r"key 'key' holds no table at \['a'\]"):
            view.table("a")
    with transport.view("array") as view, pytest.raises(FormatError, match="numpy, not msgpack"):
        view.table("a")


def test_ipc_answers_the_same_calls(transport: LMDBTransport) -> None:
    frame = pa.table({"x": np.arange(100.0), "s": ["a", "b"] * 50})
    for wanted in ("arrow", "msgpack"):
        transport.put("key", frame, format=wanted, tables=True)
        with transport.view("key") as view:
            table = view.table()
            assert (table.num_rows, table.num_columns, table.column_names) == (100, 2, ["x", "s"])
            place = table.column("x").to_numpy().ctypes.data
            assert view.address < place < view.address + view.size
            assert pa.table(view).equals(frame)
            assert pl.DataFrame(table).equals(pl.DataFrame(frame))


DAMAGED: dict[str, Callable[[], Any]] = {
    "pandas": lambda: pd.DataFrame(
        {
            "x": np.arange(100.0),
            "s": [f"text {n}" for n in range(100)],
            "o": pd.Series(["a", None] * 50, dtype=object),
            "c": pd.Categorical(["u", "v"] * 50),
            "t": pd.date_range("2024", periods=100, tz="UTC"),
            "m": pd.array([1, None] * 50, "Int32"),
            "b": [True, False] * 50,
        },
        index=pd.MultiIndex.from_product([range(10), list("abcdefghij")]),
    ),
    "polars": lambda: pl.DataFrame(
        {"x": [1.5, None], "s": ["a", "b"], "l": [[1], []], "e": pl.Series(["a", "b"], dtype=pl.Categorical)}
    ),
    "pyarrow": lambda: pa.table(
        {"x": [1, None], "s": [{"a": "x"}, None], "d": pa.array(["a", "b"]).dictionary_encode()}
    ),
    "rows": lambda: TRADES[:100],
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_told_and_crashes_nothing(transport: LMDBTransport, name: str) -> None:
    transport.put("key", {"f": DAMAGED[name]()}, tables=True)
    raw = transport.get_raw("key")
    assert raw is not None
    payload = bytes(raw[0])
    # Where the buffers begin: half of all damage is before them.
    size = len(payload)
    random = np.random.default_rng(list(name.encode()))
    refused = 0
    for turn in range(600):
        damaged = bytearray(payload)
        for _ in range(random.integers(1, 4)):
            at = int(random.integers(3, min(size, 2048) if turn % 2 else size))
            if turn % 3 == 0 and at + 8 <= size:
                struct.pack_into("<q", damaged, at & ~7, int(random.choice([-1, 0, 1, 63, 64, 1 << 31, 1 << 62])))
            else:
                damaged[at] ^= int(random.integers(1, 256))
        if turn % 50 == 0:
            del damaged[int(random.integers(3, size)) :]
        with transport.loan("damaged", len(damaged), format="msgpack") as loan:
            loan.memory[:] = damaged
        try:
            str(transport.get("damaged"))
            with transport.view("damaged") as view:
                table = view.table("f")
        except (CorruptError, EntryNotFoundError, FormatError):
            refused += 1
            continue
        with contextlib.suppress(pa.ArrowException):
            # Of decimals and zones pyarrow knows fewer.
            pa.table(table).validate(full=True)
    assert refused > 100


def test_names_are_the_packages(transport: LMDBTransport) -> None:
    transport.put("key", TRADES, tables=True)
    with transport.view("key") as view:
        assert isinstance(view.table(), Table)
        assert isinstance(view.table()["px"], dishtayantra_lmdb.Column)
