"""What no format can hold is refused as it is put, with its path inside the payload."""

from __future__ import annotations

import ctypes
import datetime
from collections import UserDict
from typing import Any

import msgpack
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from dishtayantra_lmdb import FormatError, LMDBTransport
from dishtayantra_lmdb._library.abi import library


class Strange:
    pass


def cyclic() -> list[Any]:
    inner: list[Any] = [1]
    inner.append({"again": inner})
    return inner


def cyclic_rectangle() -> list[Any]:
    inner: list[Any] = []
    inner += [inner] * 100
    return inner


def deep(levels: int) -> list[Any]:
    """So many lists inside one another, the innermost empty."""
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


class Mapped(UserDict[str, Any]):
    """A mapping that is no dict."""

    def __init__(self, item: Any) -> None:
        super().__init__(x=item)


@pytest.mark.parametrize(
    ("value", "path", "what"),
    [
        ({"a": {"b": [1, Strange()]}}, "a.b.1", "Strange"),
        (Strange(), "the top of the payload", "Strange"),
        ({"a": {Strange(): 1}}, "a:", "Strange"),
        ({"x": cyclic()}, "x.1.again", "itself"),
        ({"x": cyclic_rectangle()}, "x.0", "itself"),
        ({"t": "\ud800"}, " t:", "surrogates"),
        ({"l": [{"m": np.array([object()])}]}, "l.0.m", "object"),
        ({"l": np.ma.masked_array([1.0], [True])}, " l:", "mask"),
        (deep(514), "at 0.0.0.0.0.0.0.0 ... 0.0.0.0: ", "512 levels"),
        (deep(1100), "at 0.0.0.0.0.0.0.0 ... 0.0.0.0: ", "512 levels"),
        ({"a": [Mapped(deep(600))]}, "at a.0.x.0.0.0.0.0 ... 0.0.0.0: ", "512 levels"),
        ({"a": {"y\ud800": 1}}, r"at a.y\ud800: as a key", "surrogates"),
        ({"\ud800": 1}, r"at \ud800: as a key", "surrogates"),
        ({"k" * 1000: Strange()}, f"at {'k' * 77}...: ", "Strange"),
        (np.ma.masked_array([1.0], [True]), "the top of the payload", "mask"),
        ([np.ma.masked], " 0:", "mask"),
        (np.array(["a"], np.dtypes.StringDType()), "the top of the payload", "astype('U')"),
        ({"s": np.array(["a"], np.dtypes.StringDType())}, " s:", "astype('U')"),
        (pd.Series([1.0]), "the top of the payload", "pandas.Series at the top of the payload: it is a column"),
        ({"s": [pl.Series([1.0])]}, " s.0:", "column"),
        ([pa.array([1.0])], " 0:", "column"),
        (pa.chunked_array([[1.0]]), "the top of the payload", "column"),
        (pd.DataFrame({"x": [1, "a"]}), "the top of the payload", "Arrow table"),
        ({"f": lambda: 1}, " f:", "function"),
        ({"g": (n for n in [1])}, " g:", "generator"),
    ],
)
@pytest.mark.parametrize("wanted", ["msgpack", "json", "numpy", "arrow", "raw"])
def test_what_cannot_be_stored_raises_and_names_the_path(
    transport: LMDBTransport, value: Any, path: str, what: str, wanted: str
) -> None:
    with pytest.raises(FormatError, match=r"cannot store") as caught:
        transport.put("key", value, format=wanted)
    assert path in str(caught.value)
    assert what in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert not transport.contains("key")


@pytest.mark.parametrize("segments", [True, False])
def test_every_reader_goes_as_deep_as_put_allows(transport: LMDBTransport, segments: bool) -> None:
    # An empty list takes no reader deeper.
    for value in (deep(513), [deep(512)] * 3, {"a": {"b": deep(511)}, "text": "x" * 3000}):
        transport.put("key", value, segments=segments)
        assert transport.get("key") == value
        found = transport.get_raw("key")
        assert found is not None
        stored = bytes(found[0])
        # Refuses what is deeper than the native readers go.
        document = ctypes.c_void_p()
        assert library.dy_lmdb_document_from_bytes(stored, ctypes.c_size_t(len(stored)), ctypes.byref(document)) == 0
        assert library.dy_lmdb_document_validate(document) == 0
        library.dy_lmdb_document_close(document)
    for value in (deep(514), [[1], deep(513)], {"a": {"b": deep(513)}, "text": "x" * 3000}, [0.5] * 9999 + [deep(514)]):
        with pytest.raises(FormatError, match="nested deeper than 512 levels"):
            transport.put("key", value, segments=segments)


def test_lists_with_cycles_are_refused_where_lists_are_packed(transport: LMDBTransport) -> None:
    twice: list[Any] = []
    twice += [{"again": twice}, {"again": twice}]
    rows: list[Any] = [[1.0] * 100] * 100
    rows[50] = rows
    for value in (cyclic(), cyclic_rectangle(), twice, rows):
        with pytest.raises(FormatError, match="contains itself"):
            transport.put("key", {"x": value}, pack_lists=True)


def test_tuples_inside_sets_and_keys_come_back_however_deep(transport: LMDBTransport) -> None:
    inner: Any = ()
    for _ in range(300):
        inner = (inner, 1)
    value = {"set": {inner}, inner: frozenset([inner])}
    transport.put("key", value)
    assert transport.get("key") == value


def test_a_payload_is_put_right_after_one_that_could_not(transport: LMDBTransport) -> None:
    with pytest.raises(FormatError):
        transport.put("key", [1, 2, Strange()])
    transport.put("key", [1, 2, 3])
    assert transport.get("key") == [1, 2, 3]


@pytest.mark.parametrize("code", [68, 78, 80, 84, 88])
@pytest.mark.parametrize("body", [b"", b"abc", b"\x93NUMPY", b"\x92\xa3set\x90", b"x" * 70_000])
@pytest.mark.parametrize("segments", [True, False])
def test_an_ext_type_of_ours_is_refused(transport: LMDBTransport, code: int, body: bytes, segments: bool) -> None:
    theirs = msgpack.ExtType(code, body)
    places: list[tuple[Any, str]] = [
        (theirs, "the top"),
        ({"a": [1, {"b": theirs}]}, "a.1.b"),
        ([0] * 9 + [theirs], "9"),
    ]
    if segments:
        # Beside ext values that are ours, and inside one.
        places += [({"s": {1}, "d": [datetime.date(2026, 1, 1), theirs]}, "d.1"), ({"s": {theirs}}, "s.0")]
    for value, path in places:
        with pytest.raises(FormatError, match="own") as caught:
            transport.put("key", value, segments=segments)
        assert path in str(caught.value)
    assert not transport.contains("key")
