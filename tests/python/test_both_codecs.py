"""What the library packs and makes by itself, and what it asks Python about, are the same: equal bytes, equal values,
equal refusals.

``DY_CODEC_EXAMPLES`` says how many random values; a release has 20,000.
"""

from __future__ import annotations

import datetime
import math
import os
import struct
from collections import OrderedDict
from typing import Any

import lists_in_python
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dishtayantra_lmdb import LMDBTransport
from dishtayantra_lmdb._library import core
from dishtayantra_lmdb._payload import arrays as arrays_known
from dishtayantra_lmdb._payload import exact as exact_values
from dishtayantra_lmdb._payload import formats, msgpack

EXAMPLES = int(os.environ.get("DY_CODEC_EXAMPLES", 300))
RELAXED = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    max_examples=EXAMPLES,
)
ASKING = 8

DTYPES = "?bBhHiIlLqQfdgeFD"
ORDERS = ("C", "F", "reversed", "every second")


class Words(dict):  # type: ignore[type-arg]
    """A dict of somebody's."""


class Special(np.ndarray):
    """An array of somebody's."""


def array_of(dtype: str, shape: tuple[int, ...], order: str, seed: int, kind: str) -> Any:
    """An array whose bytes ``seed`` says."""
    made = np.dtype(dtype)
    count = math.prod(shape)
    items = np.random.default_rng(seed).integers(0, 120, count)
    array = items.astype(made).reshape(shape)
    if order == "F":
        array = np.asfortranarray(array)
    elif order == "reversed":
        array = array[::-1] if shape else array
    elif order == "every second":
        array = array[::2] if shape else array
    if kind == "metadata":
        array = array.astype(np.dtype(made, metadata={"unit": "m"}))
    elif kind == "pickled" and made.names is None:
        array = array.astype(np.dtype(made.str).newbyteorder("S").newbyteorder("S"))
    elif kind == "subclass":
        array = array.view(Special)
    elif kind == "masked":
        array = np.ma.masked_array(array)
    elif kind == "read-only":
        array.setflags(write=False)
    return array


arrays = st.builds(
    array_of,
    st.sampled_from([*DTYPES, ">f8", ">i2", "M8[s]", "M8[25s]", "m8", "m8[ns]", "U3", "S5", "f8,i4", "V3", "O"]),
    st.lists(st.integers(0, 40), max_size=3).map(tuple) | st.just((1,) * 33),
    st.sampled_from(ORDERS),
    st.integers(0, 1000),
    st.sampled_from(["plain"] * 8 + ["metadata", "pickled", "subclass", "masked", "read-only"]),
)
ints = (
    st.integers(-40, 140)
    | st.integers(-300, 70_000)
    | st.integers(-(2**63), 2**64 - 1)
    | st.sampled_from([2**31, -(2**31) - 1, 2**32, 2**63, 2**64, -(2**63) - 1, 2**64 - 1])
)
scalars = (
    st.none()
    | st.booleans()
    | ints
    | st.floats()
    | st.text(max_size=40)
    | st.binary(max_size=300)
    | st.sampled_from([1j, {1, 2}, frozenset("a"), datetime.date(2020, 2, 3), "\ud800", b"b" * 20_000])
    | st.sampled_from([np.float64(1.5), np.int8(3), np.float32("nan"), np.datetime64("2020-01-01"), np.str_("x")])
    | st.sampled_from(
        [object, lambda: bytearray(b"12"), lambda: memoryview(b"34"), lambda: memoryview(np.arange(70.0))]
    ).map(lambda make: make())
)
# Few different numbers, as often as it takes for a segment.
numbers = st.tuples(
    st.lists(ints, min_size=1, max_size=3)
    | st.lists(st.floats(), min_size=1, max_size=3)
    | st.lists(ints | st.floats() | st.booleans(), min_size=1, max_size=3),
    st.sampled_from([1, 20, 22, 31, 32, 40, 64, 90, 700]),
).map(lambda made: made[0] * made[1])


def rows_of(made: tuple[list[Any], int, bool, bool]) -> Any:
    """A rectangle of rows, or nearly one."""
    row, count, as_tuples, ragged = made
    rows: list[Any] = [tuple(row) if as_tuples and index % 2 else list(row) for index in range(count)]
    if ragged:
        rows[-1] = list(rows[-1])[:-1]
    return rows


rectangles = st.tuples(numbers, st.integers(1, 30), st.booleans(), st.sampled_from([False] * 4 + [True])).map(rows_of)
long_lists = numbers | numbers.map(tuple) | rectangles | rectangles.map(tuple) | rectangles.map(lambda made: [made] * 3)


def nested(made: tuple[Any, int]) -> Any:
    """A value deep inside."""
    value, depth = made
    for _ in range(depth):
        value = [value]
    return value


values = st.recursive(
    scalars | arrays | long_lists,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
        | st.dictionaries(st.integers() | st.tuples(st.integers()), inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3).map(Words)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3).map(OrderedDict)
        | st.tuples(inner, st.sampled_from([1, 30, 62, 63, 64, 65, 66, 511])).map(nested)
    ),
    max_leaves=6,
)


def answer_of(exact: bool, item: Any, position: int | None) -> Any:
    """What Python answers, and of tuples that it packs."""
    if type(item) is lists_in_python.Tuple:
        return exact_values.EXACT, item.prefix, item.items, False
    return msgpack._answer(exact, False, item, position)


def by_python(value: Any, lists: bool, exact: bool) -> bytes:
    """The payload with every array and list asked about."""
    flags = (3 if exact else 1) | ASKING
    packed = lists_in_python.packed(value, exact) if lists else value
    return joined(core.pack(packed, lambda item, at: answer_of(exact, item, at), msgpack._kinds, flags))


def joined(parts: Any) -> bytes:
    """The bytes of a payload."""
    return b"".join(bytes(memoryview(part).cast("B")) if part is not None else b"" for part in parts)


def tried(make: Any) -> tuple[bytes | None, str]:
    """What comes out, or what is wrong."""
    try:
        return make(), ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def told(value: Any) -> Any:
    """``value`` with all types, and numbers by their bits."""
    if isinstance(value, dict):
        return type(value), [(told(key), told(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [told(item) for item in value]
    if isinstance(value, np.ndarray):
        return type(value), value.dtype.str, value.shape, value.tobytes(), value.flags.writeable
    if isinstance(value, float):
        return type(value), struct.pack("d", value)
    if isinstance(value, (memoryview, set, frozenset)):
        return type(value), sorted(value)
    return type(value), repr(value)


def in_python(pin: Any, copy: bool, lists: bool) -> Any:
    """The value with every array asked about."""
    return core.unpack(pin, pin.address, pin.size, *msgpack.READERS[copy, lists, False][:5])


@RELAXED
@given(value=values, lists=st.booleans(), exact=st.booleans(), copy=st.booleans(), as_lists=st.booleans())
def test_the_codecs_are_one(
    transport: LMDBTransport, value: Any, lists: bool, exact: bool, copy: bool, as_lists: bool
) -> None:
    arrays_known.learn()
    answer, flags = msgpack._MODES[True, exact, False]
    ours, why = tried(lambda: joined(core.pack(value, answer, msgpack._kinds, flags | (4 if lists else 0))))
    theirs, why_not = tried(lambda: by_python(value, lists, exact))
    assert why == why_not
    assert ours == theirs
    if ours is None:
        refused, _ = tried(lambda: formats.encode(value, formats.MSGPACK, pack_lists=lists, exact=exact) and b"")
        assert refused is None
        return
    transport.put("key", ours, "raw")
    pin = transport._pin("key", "default")
    assert pin is not None
    assert told(core.read(pin, msgpack.READERS[copy, as_lists, False])) == told(in_python(pin, copy, as_lists))


@pytest.mark.parametrize("depth", [63, 64, 65, 66])
@pytest.mark.parametrize("exact", [False, True])
def test_lists_so_deep_are_packed_by_neither(depth: int, exact: bool) -> None:
    value: Any = [0.5] * 100
    for _ in range(depth):
        value = {"a": value, "b": [1.0] * 100}
    answer, flags = msgpack._MODES[True, exact, False]
    assert joined(core.pack(value, answer, msgpack._kinds, flags | 4)) == by_python(value, True, exact)


def test_what_contains_itself_is_refused_alike() -> None:
    value: list[Any] = [0.5] * 100
    value.append(value)
    rows: list[Any] = [[0.5] * 8] * 7
    rows.append(rows)
    answer, flags = msgpack._MODES[True, False, False]
    for item in (value, rows, {"a": [rows]}):
        ours = tried(lambda item=item: joined(core.pack(item, answer, msgpack._kinds, flags | 4)))
        assert ours == tried(lambda item=item: by_python(item, True, False))
        assert ours[0] is None
