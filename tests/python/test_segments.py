"""Arrays inside documents: typed segments, written where they lie and read in place."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import pickle
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dishtayantra_lmdb import CorruptError, DataFormat, FormatError, LMDBTransport

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
DOCUMENTS = Path(__file__).parents[1] / "fixtures" / "documents"
NAMES = sorted(path.stem for path in DOCUMENTS.glob("*.msgpack"))
UNITS = ["", "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"]
LIST, SCALAR = 1, 2

dtypes = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="?")
    | hnp.floating_dtypes(sizes=(16, 32, 64), endianness="?")
    | hnp.complex_number_dtypes(sizes=(64, 128), endianness="?")
    | hnp.datetime64_dtypes()
    | hnp.timedelta64_dtypes()
)
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, min_side=0, max_side=5))
documents = st.recursive(
    arrays | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=40) | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


def put_bytes(transport: LMDBTransport, payload: bytes) -> None:
    """Puts bytes under an envelope that says msgpack, as another program could."""
    transport._ready().put(b"default", b"key", [payload], (DataFormat.MSGPACK.number, 0, 0, b"", b"", b""))


def payload_of(transport: LMDBTransport) -> bytes:
    raw = transport.get_raw("key")
    assert raw is not None
    return bytes(raw[0])


def round_trip(transport: LMDBTransport, value: Any, **options: Any) -> Any:
    transport.put("key", value)
    return transport.get("key", **options)


def same(first: Any, second: Any) -> None:
    """Equal in types, dtypes but for the byte order, shapes and values."""
    if isinstance(first, dict):
        assert list(first) == list(second)
        for key, item in first.items():
            same(item, second[key])
    elif isinstance(first, list):
        assert type(second) is list
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            same(one, other)
    elif isinstance(first, (np.ndarray, np.generic)):
        assert type(second) is type(first)
        assert second.shape == first.shape
        assert second.dtype == first.dtype.newbyteorder("<")
        assert first.astype(second.dtype).tobytes() == second.tobytes()
    else:
        assert type(second) is type(first)
        assert second == first


@RELAXED
@given(value=documents)
def test_whatever_is_written_is_read_back(transport: LMDBTransport, value: Any) -> None:
    same(value, round_trip(transport, value))
    same(value, transport.get("key", copy=True))
    msgpack.unpackb(payload_of(transport), strict_map_key=False)


def described(path: Path) -> Any:
    """A golden document as Python has it, with its segments as arrays, scalars or lists."""

    def restore(fields: dict[str, Any]) -> Any:
        if "$bytes" in fields:
            return bytes.fromhex(fields["$bytes"])
        if "$segment" not in fields:
            return fields
        segment = fields["$segment"]
        code, unit = chr(segment["dtype"]), UNITS[segment["unit"]]
        dtype = np.dtype(f"<{code}8[{unit}]" if unit else f"<{code}8" if code in "Mm" else code)
        array = np.frombuffer(bytes.fromhex(segment["data"]), dtype).reshape(segment["shape"])
        if segment["flags"] == SCALAR:
            return array[()]
        return array.tolist() if segment["flags"] == LIST else array

    return json.loads(path.read_text(), object_hook=restore)


@pytest.mark.parametrize("name", NAMES)
def test_golden_documents_are_read(transport: LMDBTransport, name: str) -> None:
    payload = (DOCUMENTS / f"{name}.msgpack").read_bytes()
    put_bytes(transport, payload)
    same(described(DOCUMENTS / f"{name}.json"), transport.get("key"))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "lists"])
def test_golden_documents_are_written_byte_for_byte(transport: LMDBTransport, name: str) -> None:
    transport.put("key", described(DOCUMENTS / f"{name}.json"))
    assert payload_of(transport) == (DOCUMENTS / f"{name}.msgpack").read_bytes()


def extensions(payload: bytes) -> list[int]:
    """The types of the extension values in a document, in order."""
    found: list[int] = []

    def note(code: int, data: bytes) -> None:
        found.append(code)

    msgpack.unpackb(payload, ext_hook=note, strict_map_key=False)
    return found


@pytest.mark.parametrize("size", [3, 5001])
@pytest.mark.parametrize("dtype", ["<f2", ">f2", "<c8", ">c8", "<c16", ">c16"])
def test_halves_and_complex_numbers_are_segments_in_place(transport: LMDBTransport, dtype: str, size: int) -> None:
    first = (np.arange(size) - 1.5j * np.arange(size)[::-1] if "c" in dtype else np.arange(size) / 4).astype(dtype)
    value = {"a": first, "matrix": np.asfortranarray(first[1:].reshape(2, -1)), "backwards": [first[::-1]]}
    transport.put("key", value)
    assert extensions(payload_of(transport)) == [68, 68, 68]
    with transport.view("key") as view:
        found, start, end = view.value(), view.address, view.address + view.size
    same(value, found)
    for array in (found["a"], found["matrix"], found["backwards"][0]):
        assert not array.flags.writeable
        assert array.ctypes.data % 64 == 0
        assert start <= array.ctypes.data < array.ctypes.data + array.nbytes <= end


def test_lists_of_complex_numbers_and_halves_come_back_as_lists(transport: LMDBTransport) -> None:
    put_bytes(transport, (DOCUMENTS / "lists.msgpack").read_bytes())
    found = transport.get("key")
    assert found["complex"] == [-1j, 1 - 1j, 2 - 1j, 3 - 1j]
    assert found["halves"] == [i / 4 for i in range(40)]
    assert {type(item) for item in found["complex"] + found["halves"]} == {complex, float}


@pytest.mark.parametrize("dtype", ["f2", "c8", "c16"])
def test_arrays_that_were_stored_as_npy_images_are_read(transport: LMDBTransport, dtype: str) -> None:
    array = np.arange(6).astype(dtype).reshape(2, 3)
    image = io.BytesIO()
    np.save(image, array)
    put_bytes(transport, msgpack.packb({"a": msgpack.ExtType(78, image.getvalue())}))
    same({"a": array}, transport.get("key"))


@pytest.mark.parametrize("size", [0, 1, 5, 60, 129, 1000, 100_000])
def test_arrays_lie_in_the_map_aligned_and_read_only(transport: LMDBTransport, size: int) -> None:
    transport.put("key", {"x" * size: np.arange(float(size)), "b": [np.arange(size, dtype="i2")], "c": "end" * size})
    with transport.view("key") as view:
        start, end = view.address, view.address + view.size
        value = view.value()
    for array in (value["x" * size], value["b"][0]):
        assert not array.flags.writeable
        if size:
            assert array.ctypes.data % array.itemsize == 0
            assert start <= array.ctypes.data < end
            if view_is_large(end - start):
                assert array.ctypes.data % 64 == 0
        np.testing.assert_array_equal(array, np.arange(size).astype(array.dtype))


def view_is_large(size: int) -> bool:
    return size > 4096


def test_an_array_keeps_its_payload(transport: LMDBTransport) -> None:
    array = round_trip(transport, {"deep": [{"values": np.arange(200_000.0)}]})["deep"][0]["values"]
    transport.delete("key")
    for index in range(20):
        transport.put(f"other{index}", {"values": np.zeros(200_000)})
    gc.collect()
    np.testing.assert_array_equal(array, np.arange(200_000.0))


def test_copies_are_independent(transport: LMDBTransport) -> None:
    copy = round_trip(transport, {"values": np.arange(1000)}, copy=True)["values"]
    copy[0] = 7
    assert copy.flags.owndata
    assert transport.get("key")["values"][0] == 0


def test_results_compare_copy_and_pickle(transport: LMDBTransport) -> None:
    value = {"values": np.arange(1000.0), "when": np.datetime64("2024-01-02", "ms")}
    back = round_trip(transport, value)
    same(value, deepcopy(back))
    same(value, pickle.loads(pickle.dumps(back)))


def test_times_of_several_units_are_stored_in_one(transport: LMDBTransport) -> None:
    back = round_trip(transport, np.array([1, 2], "M8[25s]"))
    assert back.dtype == "M8[s]"
    assert back.tolist() == np.array([25, 50], "M8[s]").tolist()


def test_scalars_can_be_keys_and_set_members(transport: LMDBTransport) -> None:
    value = {np.int16(3): {np.float32(0.5), np.datetime64(1, "s")}}
    assert round_trip(transport, value) == value


def test_the_buffer_of_a_large_array_is_not_copied(transport: LMDBTransport) -> None:
    from dishtayantra_lmdb._payload import msgpack as _msgpack

    array = np.arange(100_000.0)
    parts = _msgpack.encode({"a": "x" * 100, "values": array, "z": 1})
    assert any(part is array for part in parts)
    assert sum(memoryview(part).nbytes for part in parts) < array.nbytes + 300


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": [msgpack.ExtType(68, b"x")]}, "a.0"),
        ({"a": msgpack.ExtType(68, b"")}, " a:"),
        ({"b": "x" * 100_000, "a": msgpack.ExtType(68, bytes(16))}, " a:"),
        ({"ok": np.arange(3), "a": {"b": np.array([None])}}, "a.b"),
        ({"ok": np.arange(3), "a": {"b": object()}}, "a.b"),
    ],
)
@pytest.mark.parametrize("pack_lists", [False, True])
def test_what_cannot_be_stored_names_the_path(
    transport: LMDBTransport, value: Any, path: str, pack_lists: bool
) -> None:
    with pytest.raises(FormatError, match="cannot store") as caught:
        transport.put("key", value, pack_lists=pack_lists)
    assert path in str(caught.value)


def test_a_cycle_beside_an_array_names_the_path(transport: LMDBTransport) -> None:
    value: dict[str, Any] = {"values": np.arange(3)}
    value["inner"] = [value]
    with pytest.raises(FormatError, match=r"inner\.0: it contains itself"):
        transport.put("key", value)


@pytest.mark.parametrize(
    "value",
    [
        {"a": {"values": np.arange(3)}},
        {"a": {"values": {1, 2}}},
        {"a": {"values": 2**70}},
        {"a": {"values": np.datetime64(1, "s")}},
    ],
)
def test_without_segments_only_plain_msgpack_is_written(transport: LMDBTransport, value: Any) -> None:
    with pytest.raises(FormatError, match=r"a\.values: .*lmdb_segments"):
        transport.put("key", value, segments=False)
    transport.put("key", {"n": np.int16(3), "l": [1.0] * 1000, "t": (1,)}, segments=False, pack_lists=True)
    assert payload_of(transport) == msgpack.packb({"n": 3, "l": [1.0] * 1000, "t": [1]})


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(data=st.data())
def test_mutated_documents_give_a_value_or_an_error(transport: LMDBTransport, data: st.DataObject) -> None:
    payload = bytearray((DOCUMENTS / f"{data.draw(st.sampled_from(NAMES))}.msgpack").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    put_bytes(transport, bytes(payload[: data.draw(st.integers(1, len(payload)))]))
    with contextlib.suppress(CorruptError, FormatError):
        transport.get("key", copy=True)


def test_references_to_what_was_put_are_given_back(transport: LMDBTransport) -> None:
    array = np.arange(100_000.0)
    before = sys.getrefcount(array)
    for _ in range(3):
        transport.put("key", {"values": array, "text": "x" * 100_000})
    assert sys.getrefcount(array) == before
