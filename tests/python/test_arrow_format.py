"""Format arrow: tables and batches, written from their columns and read in place."""

from __future__ import annotations

import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conftest import MAP_SIZE

from dishtayantra_lmdb import CorruptError, LMDBCalculatorConfig, LMDBConfig, LMDBTransport

TABLE = pa.table(
    {
        "n": pa.array([1, None, 3], pa.int32()),
        "s": ["x", None, "long " * 100],
        "l": [[1.5], [], None],
        "d": pa.array(["a", "b", "a"]).dictionary_encode(),
        "t": pa.array([1, 2, 3], pa.timestamp("ns", "UTC")),
        "b": [True, False, None],
        "m": [{"x": 1, "y": "q"}] * 3,
        "p": pa.array([decimal.Decimal("1.5")] * 3, pa.decimal128(10, 2)),
    }
).replace_schema_metadata({"who": "me"})


def back(transport: LMDBTransport, value: Any, **options: Any) -> Any:
    transport.put("key", value, format="arrow")
    return transport.get("key", **options)


@pytest.mark.parametrize("copy", [None, True])
@pytest.mark.parametrize(
    "table",
    [
        TABLE,
        TABLE.slice(1, 1),
        TABLE.slice(0, 0),
        pa.concat_tables([TABLE, TABLE]),
        pa.table({}),
        pa.schema([("a", pa.int8())]).empty_table(),
    ],
    ids=["all types", "slice", "no rows", "chunks", "no columns", "no batches"],
)
def test_tables_come_back(transport: LMDBTransport, table: Any, copy: bool | None) -> None:
    found = back(transport, table, copy=copy)
    assert isinstance(found, pa.Table)
    found.validate(full=True)
    assert found.equals(table, check_metadata=True)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_record_batches_come_back_as_record_batches(transport: LMDBTransport, rows: int) -> None:
    batch = TABLE.to_batches()[0].slice(0, rows)
    found = back(transport, batch)
    assert isinstance(found, pa.RecordBatch)
    assert found.equals(batch, check_metadata=True)


def test_a_dict_of_columns_becomes_a_table(transport: LMDBTransport) -> None:
    columns = {"a": [1, 2], "b": np.array([0.5, 1.5]), "c": pa.array(["x", "y"])}
    assert back(transport, columns).equals(pa.table(columns))


class Frame:
    """A data frame of another library."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return TABLE.__arrow_c_stream__(requested_schema)


def test_what_exports_an_arrow_stream_becomes_a_table(transport: LMDBTransport) -> None:
    assert back(transport, Frame()).equals(TABLE)


def test_columns_lie_in_the_map(transport: LMDBTransport) -> None:
    table = pa.table({"x": np.arange(10_000.0), "y": np.arange(10_000)})
    transport.put("key", table, format="arrow")
    with transport.view("key") as view:
        begin, end = view.address, view.address + view.size
        found = view.table()
    for column in found.columns:
        for chunk in column.chunks:
            assert all(begin <= part.address < end for part in chunk.buffers() if part is not None)
    copied = transport.get("key", copy=True)
    assert not begin <= copied.column(0).chunk(0).buffers()[1].address < end


def test_columns_are_read_only(transport: LMDBTransport) -> None:
    found = back(transport, pa.table({"x": np.arange(1000.0)}))
    array = found.column(0).chunk(0).to_numpy()
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1.0


def test_tables_inside_msgpack_come_back(transport: LMDBTransport) -> None:
    transport.put("key", {"table": TABLE, "batch": TABLE.to_batches()[0]})
    found = transport.get("key")
    assert found["table"].equals(TABLE)
    assert isinstance(found["batch"], pa.RecordBatch)
    transport.put("key", TABLE)
    assert transport.get("key").equals(TABLE)


def test_the_payload_is_a_standard_ipc_stream(transport: LMDBTransport) -> None:
    transport.put("key", TABLE, format="arrow")
    raw = transport.get_raw("key")
    assert raw is not None
    assert pa.ipc.open_stream(pa.py_buffer(bytes(raw[0]))).read_all().equals(TABLE)


TEXTS = pa.table({"s": ["one", "two", "three"], "d": pa.array(["a", "b", "a"]).dictionary_encode()})


@pytest.mark.parametrize(
    ("before", "after"), [(b"onetwothree", b"on\xfftwothree"), (b"\3\0\0\0\6\0\0\0", b"\6\0\0\0\3\0\0\0")]
)
@pytest.mark.parametrize("mode", [0o700, 0o770])
@pytest.mark.parametrize("validate", [None, False, True])
def test_tables_of_others_are_checked_value_by_value(
    tmp_path: Path, before: bytes, after: bytes, mode: int, validate: bool | None
) -> None:
    config = LMDBConfig(db_path=str(tmp_path / "s"), map_size=MAP_SIZE, mode=mode, validate_arrow=validate)
    with LMDBTransport(config) as transport:
        for key, put in (("alone", TEXTS), ("inside", {"x": [TEXTS]})):
            transport.put(key, put, format="arrow" if put is TEXTS else "msgpack")
            payload = bytes(transport.get_raw(key)[0])
            assert before in payload
            with transport.loan(key, len(payload), format="arrow" if put is TEXTS else "msgpack") as loan:
                loan.memory[:] = payload.replace(before, after)
            checked = mode == 0o770 if validate is None else validate
            if checked:
                with pytest.raises(CorruptError, match=f"'{key}' is damaged"):
                    transport.get(key)
            else:
                transport.get(key)
        given = {"lmdb_db_path": config.db_path, "lmdb_enabled": True, "lmdb_mode": f"{mode:04o}"}
        if validate is not None:
            given["lmdb_validate_arrow"] = validate
        assert LMDBCalculatorConfig.from_dict(given).validate_arrow == checked
        if checked:
            with transport.view("alone") as view, pytest.raises(CorruptError):
                view.table() if validate is None else transport.get("alone")
