"""Views, loans and transports as other libraries and notebooks take them; other libraries' arrays as payloads."""

from __future__ import annotations

import array
import gc
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dishtayantra_lmdb import (
    ConfigError,
    EntryNotFoundError,
    FormatError,
    LMDBConfig,
    LMDBTransport,
    StoreClosedError,
)

VALUES = np.arange(10_000.0)
GRID = np.arange(600, dtype="<i4").reshape(20, 30)
TABLE = pa.table({"a": [1, 2, 3], "b": ["x", None, "z"]})
WAYS: dict[str, Callable[[Any], Any]] = {
    "asarray": np.asarray,
    "buffer": lambda shown: np.asarray(memoryview(shown)),
    "__array__": lambda shown: shown.__array__(),
    "dlpack": np.from_dlpack,
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@ways
@pytest.mark.parametrize("payload", [VALUES, GRID, np.asfortranarray(GRID)], ids=["values", "grid", "Fortran"])
@pytest.mark.parametrize("format", ["numpy", "msgpack"])
def test_a_view_is_its_array_in_place(
    transport: LMDBTransport, format: str, payload: Any, way: Callable[[Any], Any]
) -> None:
    transport.put("key", payload, format=format)
    with transport.view("key") as view:
        found = way(view)
        assert found.dtype == payload.dtype
        np.testing.assert_array_equal(found, payload)
        assert view.address <= found.ctypes.data < view.address + view.size
        assert not found.flags.writeable
        assert len(view) == len(payload)
        np.testing.assert_array_equal(view.array(), payload)
    transport.delete("key")
    np.testing.assert_array_equal(found, payload)
    assert len(transport.stats()["pins"]) == 1
    del found
    gc.collect()
    assert not transport.stats()["pins"]


def test_functions_of_numpy_take_views(transport: LMDBTransport) -> None:
    transport.put("key", VALUES, format="numpy")
    with transport.view("key") as view:
        assert np.sum(view) == VALUES.sum()
        assert np.asarray(view, "f4").dtype == np.float32
        copied = np.array(view, copy=True)
        assert copied.flags.writeable
        assert not np.shares_memory(copied, view.array())
        with pytest.raises(ValueError, match="without a copy"):
            view.__array__(np.float32, copy=False)


def test_a_raw_view_is_its_bytes(transport: LMDBTransport) -> None:
    transport.put("key", b"bytes" * 1000, format="raw")
    with transport.view("key") as view:
        assert bytes(view) == b"bytes" * 1000
        assert memoryview(view).readonly
        assert np.asarray(view).dtype == np.uint8
        assert len(view) == 5000


@pytest.mark.parametrize(
    ("payload", "length"),
    [({"a": VALUES}, 1), ([1.5, 2.5], 2), ("text", 4), (17, None), (TABLE, 3), (np.float32(1.5), None)],
    ids=["dict", "list", "str", "int", "table", "scalar"],
)
def test_what_is_no_array_is_none(transport: LMDBTransport, payload: Any, length: int | None) -> None:
    transport.put("key", payload)
    with transport.view("key") as view:
        for way in (*WAYS.values(), memoryview, np.sum):
            with pytest.raises(TypeError, match="'key' holds format"):
                way(view)
        with pytest.raises(FormatError, match="'key' holds format"):
            view.array()
        assert view
        if length is None:
            with pytest.raises(TypeError):
                len(view)
        else:
            assert len(view) == length


@ways
def test_a_closed_view_says_so(transport: LMDBTransport, way: Callable[[Any], Any]) -> None:
    transport.put("key", VALUES, format="numpy")
    view = transport.view("key")
    view.close()
    with pytest.raises(StoreClosedError, match="'key'"):
        way(view)
    assert view
    assert "closed" in repr(view)


def test_arrow_takes_views(transport: LMDBTransport) -> None:
    transport.put("table", TABLE, format="arrow")
    batch = TABLE.to_batches()[0]
    transport.put("batch", batch, format="arrow")
    transport.put("array", VALUES, format="numpy")
    transport.put("grid", GRID, format="numpy")
    transport.put("empty", TABLE.slice(0, 0), format="arrow")
    many = pa.concat_tables([TABLE, TABLE])
    transport.put("many", many, format="arrow")
    with transport.view("table") as view:
        assert pa.table(view).equals(TABLE)
        assert pa.record_batch(view).equals(batch)
    with transport.view("batch") as view:
        assert pa.table(view).equals(TABLE)
        assert pa.record_batch(view).equals(batch)
    with transport.view("many") as view:
        assert pa.table(view).equals(many)
        with pytest.raises(TypeError, match="2 batches"):
            pa.record_batch(view)
    with transport.view("empty") as view:
        assert pa.table(view).equals(TABLE.slice(0, 0))
        assert pa.record_batch(view).num_rows == 0
    with transport.view("array") as view:
        found = pa.array(view)
        assert found.type == pa.float64()
        assert view.address <= found.buffers()[1].address < view.address + view.size
        assert pa.chunked_array(view).length() == len(VALUES)
    with transport.view("grid") as view, pytest.raises(TypeError, match="no Arrow array"):
        view.__arrow_c_array__()


@ways
def test_a_loan_is_its_memory(transport: LMDBTransport, way: Callable[[Any], Any]) -> None:
    with transport.loan("key", 80) as loan:
        assert len(loan) == 80
        memory = way(loan)
        assert memory.nbytes == 80
        memory[:] = 7
    # What is still reached was published as a copy.
    memory = memory.copy()
    memory[:] = 8
    assert transport.get("key") == b"\7" * 80


def test_a_loan_shows_what_its_array_is(transport: LMDBTransport) -> None:
    with transport.loan("key", 80, format="numpy") as loan:
        loan.array("<f8", (2, 5))[:] = 1.5
        assert np.asarray(loan).shape == (2, 5)
        assert np.asarray(loan).sum() == 15
        assert len(loan) == 2
    assert transport.get("key").shape == (2, 5)
    with transport.loan("key", 80) as loan:
        assert pa.array(loan).type == pa.uint8()
    for closed in WAYS.values():
        with pytest.raises(StoreClosedError):
            closed(loan)


class WithArray:
    """Another library's array that NumPy asks for."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self.values, dtype)


class WithDlpack:
    """Another library's array that DLPack exports."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __dlpack__(self, **options: Any) -> Any:
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.values.__dlpack_device__()


class Broken:
    """Another library's array that fails."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise ValueError("broken")


@pytest.mark.parametrize("format", ["numpy", "msgpack", "raw", "json", "arrow"])
@pytest.mark.parametrize(
    "payload",
    [WithArray(VALUES), WithDlpack(VALUES.copy()), array.array("d", VALUES)],
    ids=["__array__", "__dlpack__", "array.array"],
)
def test_arrays_of_others_are_stored(transport: LMDBTransport, format: str, payload: Any) -> None:
    transport.put("key", payload, format=format)
    found = transport.get("key")
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, VALUES)
    if format == "msgpack":
        transport.put("key", {"a": [payload]})
        np.testing.assert_array_equal(transport.get("key")["a"][0], VALUES)


@pytest.mark.parametrize("payload", [Broken(), WithArray([object()]), WithArray(Broken())])
def test_arrays_that_cannot_be_had_are_refused(transport: LMDBTransport, payload: Any) -> None:
    for format in ("numpy", "msgpack"):
        with pytest.raises(FormatError):
            transport.put("key", payload, format=format)
    with pytest.raises(FormatError, match=r"at a\.b"):
        transport.put("key", {"a": {"b": payload}})


def test_a_view_is_stored_as_its_value(transport: LMDBTransport) -> None:
    for payload in ({"a": 1}, VALUES, TABLE, b"bytes"):
        transport.put("key", payload, format="raw" if isinstance(payload, bytes) else "msgpack")
        with transport.view("key") as view:
            transport.put("again", view, format="raw" if isinstance(payload, bytes) else "numpy")
            transport.put("inside", {"it": view})
        for found in (transport.get("again"), transport.get("inside")["it"]):
            if payload is VALUES:
                np.testing.assert_array_equal(found, payload)
            else:
                assert found == payload
    with transport.loan("loan", 10) as loan, pytest.raises(FormatError, match="not finished"):
        transport.put("again", loan)


def test_a_transport_is_asked_like_a_dict(transport: LMDBTransport) -> None:
    assert "key" not in transport
    transport["key"] = {"a": 1}
    transport["none"] = None
    assert "key" in transport
    assert transport["key"] == {"a": 1}
    assert transport["none"] is None
    assert list(transport) == ["key", "none"]
    assert transport.get("none", default=5) is None
    assert transport.get("gone", default=5) == 5
    assert transport.get("gone") is None
    del transport["key"]
    for use in (lambda: transport["key"], lambda: transport.__delitem__("key"), lambda: transport.view("key")):
        with pytest.raises(KeyError, match="no live entry under key 'key'"):
            use()
        with pytest.raises(EntryNotFoundError):
            use()


def test_what_people_see(transport: LMDBTransport) -> None:
    transport.put("<key>", GRID, format="numpy", source="<b>", ttl=5)
    with transport.view("<key>") as view:
        assert repr(view) == f"<View of '<key>': numpy, {view.size} bytes, int32 in shape (20, 30)>"
        shown = view._repr_html_()
        assert "int32 in shape (20, 30)" in shown
        assert "&lt;key&gt;" in shown
        assert "<b>" not in shown
        assert "5 s" in shown
    assert "closed" in view._repr_html_()
    assert "open, puts msgpack" in repr(transport)
    assert "1 entries" in transport._repr_html_()
    transport.close()
    assert "closed" in transport._repr_html_()


@pytest.mark.parametrize("size", [-1, 1.5, "1 GiB", None, True, 1 << 63])
def test_a_wrong_map_size_is_named(size: Any) -> None:
    with pytest.raises(ConfigError, match=r"LMDBConfig\.map_size is "):
        LMDBConfig(map_size=size)


def test_a_map_size_that_no_machine_has_is_named(store_path: str) -> None:
    from dishtayantra_lmdb import LMDBError

    with pytest.raises(LMDBError, match="map_size"):
        LMDBTransport(LMDBConfig(db_path=store_path, map_size=sys.maxsize)).open()
