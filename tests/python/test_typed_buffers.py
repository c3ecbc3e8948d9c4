"""Buffers of typed items are the arrays that they are; buffers of bytes are bytes."""

from __future__ import annotations

import array
from typing import Any

import numpy as np
import pytest

from dishtayantra_lmdb import FormatError, LMDBTransport

FORMATS = ["numpy", "msgpack", "json", "raw", "arrow"]
FLOATS = np.linspace(0, 1, 12, dtype="f4")
BUFFERS = [
    memoryview(FLOATS),
    memoryview(FLOATS)[::2],
    memoryview(np.asfortranarray(FLOATS.reshape(3, 4))),
    memoryview(FLOATS.reshape(3, 4)[:, ::2]),
    memoryview(np.array(1.5)),
    memoryview(FLOATS.astype(">f8")),
    memoryview(FLOATS.astype("f2")),
    memoryview(np.ones(3, [("a", "f4"), ("b", "i1")])),
    memoryview(b"abcd").cast("B", (2, 2)),
    memoryview(b"abcd").cast("b"),
    memoryview(np.array([True, False])),
    array.array("f", [1, 2.5]),
    array.array("B", b"ab"),
    array.array("q", range(5000)),
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Payloads with ``value`` in them, and what gets it out again."""
    return [
        (value, lambda got: got),
        ({"a": value}, lambda got: got["a"]),
        ([{"deep": (1, [value])}], lambda got: got[0]["deep"][1][0]),
    ]


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("value", BUFFERS, ids=[f"{type(b).__name__} {memoryview(b).format}" for b in BUFFERS])
def test_typed_buffers_are_the_arrays_that_they_are(transport: LMDBTransport, value: Any, wanted: str) -> None:
    for payload, found_in in places(value):
        transport.put("key", payload, format=wanted)
        found = found_in(transport.get("key"))
        expected = np.asarray(value)
        assert type(found) is np.ndarray
        assert (found.dtype.newbyteorder("="), found.shape) == (expected.dtype.newbyteorder("="), expected.shape)
        assert (found == expected).all()


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("value", [memoryview(b"abc"), memoryview(b"abcdef")[::2], bytearray(b"abc")])
def test_buffers_of_bytes_are_bytes(transport: LMDBTransport, value: Any, wanted: str) -> None:
    for payload, found_in in places(value):
        transport.put("key", payload, format=wanted)
        assert found_in(transport.get("key")) == bytes(value)


def test_buffers_that_are_no_arrays_are_refused(transport: LMDBTransport) -> None:
    released = memoryview(FLOATS)
    released.release()
    for value in (memoryview(np.array([object()])), released):
        for wanted in FORMATS:
            with pytest.raises(FormatError, match=" a:"):
                transport.put("key", {"a": value}, format=wanted)


@pytest.mark.parametrize("value", BUFFERS, ids=[f"{type(b).__name__} {memoryview(b).format}" for b in BUFFERS])
def test_exact_buffers_come_back_with_their_format_or_are_refused(transport: LMDBTransport, value: Any) -> None:
    try:
        transport.put("key", {"a": value}, exact=True)
    except FormatError:
        return
    found = transport.get("key")["a"]
    assert type(found) is type(value)
    assert memoryview(found).format == memoryview(value).format
    assert (np.asarray(found) == np.asarray(value)).all()
