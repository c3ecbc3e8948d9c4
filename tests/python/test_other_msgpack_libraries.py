"""A document with arrays is one MessagePack value to any library, with nothing after it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import msgpack
import msgspec
import numpy as np
import ormsgpack
import pytest

from dishtayantra_lmdb import LMDBTransport

SEGMENT = 68


def keep(code: int, body: Any) -> tuple[int, bytes]:
    return code, bytes(body)


LIBRARIES: dict[str, Callable[[bytes], Any]] = {
    "msgpack": lambda payload: msgpack.unpackb(payload, ext_hook=keep, strict_map_key=False),
    "msgspec": lambda payload: msgspec.msgpack.Decoder(ext_hook=keep).decode(payload),
    "ormsgpack": lambda payload: ormsgpack.unpackb(payload, ext_hook=keep),
}

ARRAYS = {
    "float64": np.arange(20_000.0),
    "matrix": np.arange(12, dtype="f4").reshape(3, 4),
    "int8": np.array([-1, 0, 1], "i1"),
    "bools": np.array([True, False]),
    "empty": np.zeros((0, 3)),
    "no dimensions": np.array(2.5),
    "big-endian": np.arange(5, dtype=">i4"),
    "days": np.array(["2024-01-02", "NaT"], "M8[D]"),
}
DOCUMENT: dict[str, Any] = {
    "arrays": ARRAYS,
    "meta": {"name": "x" * 300, "rows": [{"values": np.arange(1000)}, [np.arange(3, dtype="u2"), None]], "ok": True},
    "list": [float(index) for index in range(500)],
    "last": 1,
}


def array_of(body: bytes) -> np.ndarray:
    """The array in the body of a segment, by its layout alone."""
    version, dtype, unit, _, ndim, padding, zero = struct.unpack_from("<BBBBBBH", body)
    assert (version, zero) == (1, 0)
    shape = struct.unpack_from(f"<{ndim}Q", body, 8)
    units = [None, "Y", "M", "W", "D"]
    code = chr(dtype) + (f"8[{units[unit]}]" if chr(dtype) in "Mm" else "")
    start = 8 + 8 * ndim + padding
    assert not any(body[8 + 8 * ndim : start])
    return np.frombuffer(body[start:], np.dtype(code)).reshape(shape)


def check(value: Any, unpacked: Any) -> None:
    """The same but for arrays, which are ext values with a whole body."""
    if isinstance(value, np.ndarray):
        code, body = unpacked
        assert code == SEGMENT
        found = array_of(body)
        assert found.shape == value.shape
        assert found.dtype == value.dtype.newbyteorder("<")
        assert found.tobytes() == value.astype(found.dtype).tobytes()
    elif isinstance(value, dict):
        assert list(unpacked) == list(value)
        for key, item in value.items():
            check(item, unpacked[key])
    elif isinstance(value, list):
        assert len(unpacked) == len(value)
        for item, found in zip(value, unpacked, strict=True):
            check(item, found)
    else:
        assert type(unpacked) is type(value)
        assert unpacked == value


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("value", [DOCUMENT, ARRAYS["matrix"], [ARRAYS["days"]]], ids=["dict", "array", "list"])
def test_every_library_unpacks_a_document(transport: LMDBTransport, library: str, value: Any) -> None:
    transport.put("key", value)
    raw = transport.get_raw("key")
    assert raw is not None
    payload = bytes(raw[0])
    check(value, LIBRARIES[library](payload))
    # The value ends with the last byte: nothing comes after it.
    with pytest.raises((ValueError, msgspec.DecodeError)):
        LIBRARIES[library](payload[:-1])


@pytest.mark.parametrize("library", LIBRARIES)
def test_packed_lists_are_ext_values_to_every_library(transport: LMDBTransport, library: str) -> None:
    transport.put("key", {"list": DOCUMENT["list"]}, pack_lists=True)
    raw = transport.get_raw("key")
    assert raw is not None
    check({"list": np.array(DOCUMENT["list"])}, LIBRARIES[library](bytes(raw[0])))
