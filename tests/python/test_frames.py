"""Data frames of other libraries, by the Arrow PyCapsule interface."""

from __future__ import annotations

import copy
import datetime
import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from wrapping import wrapped

from dishtayantra_lmdb import FormatError, LMDBCalculatorMixin, LMDBTransport

COLUMNS: dict[str, Any] = {
    "n": [1, 2, 3],
    "x": [0.5, float("inf"), -1.5],
    "s": ["a", "long " * 100, ""],
    "t": [datetime.datetime(2026, 11, 22, hour) for hour in range(3)],
    "b": [True, False, True],
}
FORMATS = ["msgpack", "json", "raw", "numpy", "arrow"]


class OnlyArray:
    """What exports a single batch."""

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return pa.RecordBatch.from_pydict(COLUMNS).__arrow_c_array__(requested_schema)


FRAMES: dict[str, Callable[[], Any]] = {
    "Table": lambda: pa.table(COLUMNS),
    "RecordBatch": lambda: pa.RecordBatch.from_pydict(COLUMNS),
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "only __arrow_c_array__": OnlyArray,
}


def kind_of(name: str) -> type:
    return pa.RecordBatch if name in ("RecordBatch", "only __arrow_c_array__") else pa.Table


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("name", FRAMES)
def test_frames_are_stored_as_arrow_whatever_the_format(transport: LMDBTransport, name: str, wanted: str) -> None:
    transport.put("key", FRAMES[name](), format=wanted)
    raw = transport.get_raw("key")
    assert raw is not None
    assert raw[1].format.value == "arrow"
    found = transport.get("key")
    assert type(found) is kind_of(name)
    assert found.to_pydict() == COLUMNS


@pytest.mark.parametrize("name", FRAMES)
def test_frames_inside_a_dict_come_back_as_tables(transport: LMDBTransport, name: str) -> None:
    data = {"meta": {"who": "me"}, "frames": [FRAMES[name]()], "values": np.arange(1000.0)}
    transport.put("key", data)
    found = transport.get("key")
    assert found["meta"] == {"who": "me"}
    assert type(found["frames"][0]) is kind_of(name)
    assert found["frames"][0].to_pydict() == COLUMNS
    np.testing.assert_array_equal(found["values"], np.arange(1000.0))


def test_a_pandas_frame_is_restored_with_its_index(transport: LMDBTransport) -> None:
    frame = pd.DataFrame(COLUMNS, index=pd.Index(["p", "q", "r"], name="key"))
    transport.put("key", frame)
    pd.testing.assert_frame_equal(transport.get("key").to_pandas(), frame, check_dtype=False)


def test_a_polars_frame_is_restored(transport: LMDBTransport) -> None:
    frame = pl.DataFrame(COLUMNS)
    transport.put("key", frame)
    assert pl.from_arrow(transport.get("key")).equals(frame)


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize(
    "column",
    [pa.array([1, 2]), pa.chunked_array([[1], [2]]), pl.Series("s", [1, 2])],
    ids=["array", "chunks", "series"],
)
def test_a_column_is_no_table(transport: LMDBTransport, column: Any, wanted: str) -> None:
    with pytest.raises(FormatError, match=r"(Array|Series) at the top of the payload: it is a column"):
        transport.put("key", column, format=wanted)
    with pytest.raises(FormatError, match=r"a\.1: it is a column"):
        transport.put("key", {"a": [0, column]}, format=wanted)


def test_a_frame_that_arrow_cannot_hold_is_refused(transport: LMDBTransport) -> None:
    with pytest.raises(FormatError, match="DataFrame at the top of the payload: it cannot become an Arrow table"):
        transport.put("key", pd.DataFrame({"a": [1, "text", object()]}))


@pytest.mark.parametrize("name", FRAMES)
def test_plain_msgpack_holds_no_frame(transport: LMDBTransport, name: str) -> None:
    with pytest.raises(FormatError, match="lmdb_segments"):
        transport.put("key", FRAMES[name](), segments=False)


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("name", ["Table", "RecordBatch", "pandas", "polars"])
def test_a_wrapped_calculator_gets_the_frame_that_went_in(transport: LMDBTransport, name: str, wanted: str) -> None:
    frames = {
        "Table": lambda data: pa.table(data),
        "RecordBatch": lambda data: pa.RecordBatch.from_pydict(data),
        "pandas": lambda data: pd.DataFrame(data),
        "polars": lambda data: pl.DataFrame(data),
    }

    class Summing(LMDBCalculatorMixin):
        def calculate(self, data: Any) -> Any:
            frame = self.lmdb_read_input()
            assert type(frame) is type(given)
            column = frame["x"]
            self.lmdb_write_output({"sum": float(np.sum(column.to_numpy())), "rows": len(column)})
            return {"_lmdb_output_written": True}

    calculator = wrapped(transport, Summing(), lmdb_data_format=wanted)
    given = frames[name]({"x": np.arange(10_000.0)})
    assert calculator.calculate(given) == {"sum": 49_995_000.0, "rows": 10_000}
    calculator.close()


def buffers(table: Any) -> list[Any]:
    batches = table.to_batches() if isinstance(table, pa.Table) else [table]
    found = [part for batch in batches for column in batch.columns for part in column.buffers()]
    return [part for part in found if part is not None]


@pytest.mark.parametrize("name", FRAMES)
def test_a_table_of_a_view_lies_in_the_map_and_outlives_the_view(transport: LMDBTransport, name: str) -> None:
    transport.put("key", FRAMES[name]())
    with transport.view("key") as view:
        begin, end = view.address, view.address + view.size
        table = view.table()
    assert buffers(table)
    if transport.stats()["pins"]:
        # Larger payloads than this one's may be in their record, where a view is a copy.
        assert all(begin <= part.address < end for part in buffers(table))
    transport.delete("key")
    for turn in range(50):
        transport.put("key", bytes([turn]) * (end - begin), format="raw")
    gc.collect()
    assert table.to_pydict() == COLUMNS


def test_a_kept_table_pins_its_payload_and_nothing_after_it(transport: LMDBTransport) -> None:
    transport.put("key", pa.table({"x": np.arange(100_000.0)}))
    with transport.view("key") as view:
        begin, end = view.address, view.address + view.size
        table = view.table()
        assert all(begin <= part.address < end for part in buffers(table))
    assert len(transport.stats()["pins"]) == 1
    column = table.column("x")
    del table
    gc.collect()
    assert len(transport.stats()["pins"]) == 1
    transport.delete("key")
    transport.put("other", pa.table({"x": np.zeros(100_000)}))
    assert column[99_999].as_py() == 99_999.0
    del column
    gc.collect()
    assert transport.stats()["pins"] == []


@pytest.mark.parametrize("name", FRAMES)
def test_tables_can_be_compared_and_copied(transport: LMDBTransport, name: str) -> None:
    transport.put("key", FRAMES[name]())
    found = transport.get("key")
    again = copy.deepcopy(found)
    assert found == again
    assert (found != again) is False
