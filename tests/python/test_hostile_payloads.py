"""Payloads that somebody made up, and arrays that somebody tries to write to: refused, never a crash."""

from __future__ import annotations

import struct
from typing import Any

import msgpack
import numpy as np
import polars as pl
import pytest

from dishtayantra_lmdb import LMDBTransport
from dishtayantra_lmdb.errors import CorruptError, FormatError, InvalidArgumentError


def stored(transport: LMDBTransport, document: bytes) -> Any:
    """What `get` makes of bytes that are said to be a document."""
    with transport.loan("made up", len(document), format="msgpack") as loan:
        loan.memory[:] = document
    return transport.get("made up")


@pytest.mark.parametrize("levels", [17, 200, 600, 5000])
def test_values_inside_one_another_are_bounded(transport: LMDBTransport, levels: int) -> None:
    body, value = msgpack.packb(["frozenset", []]), frozenset()
    for _ in range(levels):
        body = msgpack.packb(["frozenset", [msgpack.ExtType(80, body)]])
        value = frozenset([value])
    document = msgpack.packb(msgpack.ExtType(80, body))
    if levels < 512:
        assert stored(transport, document) == value
    else:
        with pytest.raises(CorruptError, match="inside one another"):
            stored(transport, document)


def test_sets_inside_one_another_are_refused_as_they_are_put(transport: LMDBTransport) -> None:
    value: Any = frozenset()
    for _ in range(500):
        value = frozenset([value])
    transport.put("few", {"sets": value})
    assert transport.get("few") == {"sets": value}
    for _ in range(20):
        value = frozenset([value])
    with pytest.raises(FormatError, match="nested deeper than 512 levels"):
        transport.put("many", {"sets": value})


@pytest.mark.parametrize("shape", [(1 << 40, 0), (1 << 20, 0), (1 << 20, 1, 0), (2000, 1, 1, 0), (32, 32, 2, 0)])
def test_any_number_of_empty_lists_is_refused(transport: LMDBTransport, shape: tuple[int, ...]) -> None:
    padding = -(1 + 6 + 8 + 8 * len(shape)) % 64
    body = struct.pack("<6BH", 1, ord("d"), 0, 1, len(shape), padding, 0)
    body += struct.pack(f"<{len(shape)}Q", *shape) + bytes(padding)
    with pytest.raises(CorruptError, match="empty lists"):
        stored(transport, b"\x91" + struct.pack(">BIb", 0xC9, len(body), 68) + body)


def test_any_number_of_items_without_bytes_is_refused(transport: LMDBTransport) -> None:
    head = b"{'descr': '|V0', 'fortran_order': False, 'shape': (1099511627776,), }\n"
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head
    with pytest.raises(CorruptError, match="no bytes"):
        stored(transport, msgpack.packb(msgpack.ExtType(78, npy)))


@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(np.ones((20, 30))),
        np.ones(500, dtype=[("a", "f8"), ("b", "i4")]),
        np.ones((20, 30)),
    ],
    ids=["Fortran", "structured", "C"],
)
def test_arrays_in_place_cannot_be_made_writable(transport: LMDBTransport, array: np.ndarray) -> None:
    transport.put("array", array, format="numpy")
    found = transport.get("array")
    assert np.array_equal(found, array)
    while isinstance(found, np.ndarray):
        with pytest.raises(ValueError, match="WRITEABLE"):
            found.setflags(write=True)
        found = found.base


def test_what_is_published_cannot_be_written_to_through_arrays(transport: LMDBTransport) -> None:
    loan = transport.loan("lent", 8000, format="numpy")
    array = loan.array("f8")
    array[:] = 1
    loan.publish()
    for view in (array, array.base):
        with pytest.raises(ValueError, match=r"WRITEABLE|read-only"):
            view.setflags(write=True)
        with pytest.raises(ValueError, match="read-only"):
            view[:8] = 9
    assert (transport.get("lent") == 1).all()


def test_a_single_value_cannot_be_cut(transport: LMDBTransport) -> None:
    loan = transport.loan("lent", 800, format="numpy")
    loan.array("f8", ())[...] = 1
    with pytest.raises(InvalidArgumentError, match="single value"):
        loan.publish(0)
    loan.drop()


def test_objects_of_polars_are_refused(transport: LMDBTransport) -> None:
    frame = pl.DataFrame({"a": [1, 2], "things": pl.Series([object(), object()], dtype=pl.Object)})
    with pytest.raises(FormatError, match="things"):
        transport.put("frame", frame, format="arrow")
