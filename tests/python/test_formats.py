"""What comes back from each format, and what cannot be stored."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import enum
import json
import math
import types
import uuid
from collections import OrderedDict, namedtuple
from typing import Any

import msgpack
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dishtayantra_lmdb import CorruptError, DataFormat, FormatError, LMDBTransport

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)

text = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=5),
    max_leaves=20,
)
hashable = st.none() | st.booleans() | st.integers() | text | st.binary() | st.dates() | st.tuples(text, st.integers())
anything = st.recursive(
    plain
    | st.integers()
    | st.binary()
    | st.dates()
    | st.datetimes()
    | st.datetimes(timezones=st.just(datetime.timezone(datetime.timedelta(hours=5, minutes=45))))
    | st.times()
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.complex_numbers(allow_nan=False)
    | st.frozensets(hashable, max_size=4)
    | st.sets(hashable, max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(hashable, inner, max_size=4),
    max_leaves=15,
)


def round_trip(transport: LMDBTransport, value: Any, wanted: str, **options: Any) -> tuple[Any, str]:
    """What comes back, and the format that the envelope tells."""
    transport.put("key", value, format=wanted)
    raw = transport.get_raw("key")
    assert raw is not None
    return transport.get("key", **options), raw[1].format.value


def typed(value: Any) -> Any:
    """``value`` with the type beside each part, so that 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return dict, {typed(key): typed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value), tuple(typed(item) for item in value)
    if isinstance(value, (set, frozenset)):
        return type(value), frozenset(typed(item) for item in value)
    return type(value), value


@RELAXED
@given(value=plain)
def test_plain_values_are_what_any_msgpack_library_writes(transport: LMDBTransport, value: Any) -> None:
    back, stored = round_trip(transport, value, "msgpack")
    assert typed(back) == typed(value)
    assert stored == "msgpack"
    raw = transport.get_raw("key")
    assert raw is not None
    assert bytes(raw[0]) == msgpack.packb(value)


@RELAXED
@given(value=anything)
def test_msgpack_keeps_type_and_value(transport: LMDBTransport, value: Any) -> None:
    back, _ = round_trip(transport, value, "msgpack")
    assert typed(back) == typed(value)


@RELAXED
@given(value=anything)
def test_json_keeps_type_and_value_or_is_msgpack(transport: LMDBTransport, value: Any) -> None:
    back, stored = round_trip(transport, value, "json")
    assert typed(back) == typed(value)
    raw = transport.get_raw("key")
    assert raw is not None
    if stored == "json":
        assert typed(json.loads(bytes(raw[0]))) == typed(value)


Point = namedtuple("Point", "x y")


class Colour(enum.IntEnum):
    RED = 3


class Name(str):
    pass


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((1, (2, 3)), [1, [2, 3]]),
        (Point(1, 2.5), [1, 2.5]),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"abc")[1:], b"bc"),
        (OrderedDict(a=1), {"a": 1}),
        (types.MappingProxyType({"a": (1,)}), {"a": [1]}),
        (Colour.RED, 3),
        (Name("n"), "n"),
        (2**100, 2**100),
        (-(2**70), -(2**70)),
        (np.int16(-5),) * 2,
        (np.uint64(2**63),) * 2,
        (np.float32(0.5),) * 2,
        (np.float64(0.1), 0.1),
        (np.bool_(True),) * 2,
        (np.str_("s"), "s"),
        ({(1, ("a", 2)): "tuple key", 3: 4, None: 5}, {(1, ("a", 2)): "tuple key", 3: 4, None: 5}),
        ({"deep": {"set": {1, (2, 3)}}}, {"deep": {"set": {1, (2, 3)}}}),
        (datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc),) * 2,
        (decimal.Decimal("1.10"),) * 2,
        (uuid.UUID(int=5),) * 2,
        ("", ""),
        ({}, {}),
        ([], []),
        (b"", b""),
    ],
)
def test_table_of_types_in_msgpack(transport: LMDBTransport, value: Any, expected: Any) -> None:
    back, stored = round_trip(transport, value, "msgpack")
    assert typed(back) == typed(expected)
    assert stored == "msgpack"


@pytest.mark.parametrize(
    "scalar",
    [
        np.datetime64("2024-01-02T03:04:05.000000006", "ns"),
        np.timedelta64(-3, "D"),
        np.complex64(1 + 2j),
        np.longdouble("1.1"),
    ],
)
def test_other_numpy_scalars_keep_type_and_value(transport: LMDBTransport, scalar: Any) -> None:
    back, _ = round_trip(transport, {"x": scalar}, "msgpack")
    assert type(back["x"]) is type(scalar)
    assert back["x"] == scalar
    assert back["x"].dtype == scalar.dtype


def test_nan_and_infinities_survive(transport: LMDBTransport) -> None:
    for wanted in ("msgpack", "json"):
        back, stored = round_trip(transport, [math.nan, math.inf, -math.inf], wanted)
        assert math.isnan(back[0])
        assert back[1:] == [math.inf, -math.inf]
        assert stored == "msgpack"


@pytest.mark.parametrize(
    ("value", "wanted", "stored"),
    [
        ({"a": 1}, "numpy", "msgpack"),
        ([1, 2], "numpy", "msgpack"),
        ({"a": 1}, "raw", "msgpack"),
        ("text", "raw", "msgpack"),
        (b"bytes", "raw", "raw"),
        (b"bytes", "arrow", "msgpack"),
        ({"a": [1, 2], "b": [1]}, "arrow", "msgpack"),
        ({"a": [1, "x"]}, "arrow", "msgpack"),
        ({"a": 1}, "arrow", "msgpack"),
        ({}, "arrow", "msgpack"),
        (b"bytes", "json", "msgpack"),
        ({1: 2}, "json", "msgpack"),
        ({"a": [1, None, True, 2.5, "x"]}, "json", "json"),
        ({"a": np.float32(1.5), "b": np.int8(1)}, "json", "json"),
    ],
)
def test_what_a_format_cannot_hold_is_msgpack_and_the_envelope_says_so(
    transport: LMDBTransport, value: Any, wanted: str, stored: str
) -> None:
    back, found = round_trip(transport, value, wanted)
    assert (back, found) == (value, stored)


def test_raw_is_the_bytes_as_they_are(transport: LMDBTransport) -> None:
    for size in (0, 1, 1000, 5000, 3 << 20):
        data = bytes(range(256)) * (size // 256) + bytes(size % 256)
        for value in (data, bytearray(data), memoryview(data), memoryview(data * 2)[::2]):
            back, stored = round_trip(transport, value, "raw")
            assert type(back) is bytes
            assert back == bytes(value)
            assert stored == "raw"


@pytest.mark.parametrize("wanted", ["xml", "", None, 2, DataFormat])
def test_an_unknown_format_names_the_known_ones(transport: LMDBTransport, wanted: Any) -> None:
    if wanted is None:
        return
    with pytest.raises(FormatError, match="'arrow'"):
        transport.put("key", 1, format=wanted)


def test_somebody_elses_ext_values_are_kept(transport: LMDBTransport) -> None:
    value = {"x": msgpack.ExtType(5, b"abc")}
    assert round_trip(transport, value, "msgpack")[0] == value


def test_ext_values_of_ours_and_others_stand_side_by_side(transport: LMDBTransport) -> None:
    value = {
        "a": [{1, (2, 3)}, msgpack.ExtType(5, b"N\xd4\x4eP"), datetime.date(2026, 1, 1)],
        "N": "P" * 100,
        "b": b"\xd4\x50D",
    }
    for _ in range(2):
        assert round_trip(transport, value, "msgpack")[0] == value


def test_timestamps_are_datetimes_to_the_microsecond(transport: LMDBTransport) -> None:
    stamp = msgpack.Timestamp(1_700_000_000, 123_456_789)
    back, _ = round_trip(transport, {"t": stamp}, "msgpack")
    assert back["t"] == datetime.datetime.fromtimestamp(1_700_000_000, datetime.timezone.utc).replace(
        microsecond=123_456
    )


def test_timestamps_of_other_languages_are_datetimes(transport: LMDBTransport) -> None:
    moment = datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)
    packed = msgpack.packb([moment], datetime=True)
    store_as(transport, DataFormat.MSGPACK, packed)
    assert transport.get("key") == [moment]


def store_as(transport: LMDBTransport, wanted: DataFormat, payload: bytes) -> None:
    """Puts bytes under an envelope that says ``wanted``, as another program could."""
    transport._ready().put(b"default", b"key", [payload], (wanted.number, 0, 0, b"", b"", b""))


SAMPLES: dict[DataFormat, Any] = {
    DataFormat.JSON: {"a": [1, 2.5, "x"]},
    DataFormat.MSGPACK: {"a": np.arange(20), "b": {1, 2}, "c": "x" * 50},
    DataFormat.NUMPY: np.arange(100.0).reshape(10, 10),
    DataFormat.ARROW: pa.table({"a": [1, 2, 3], "b": ["x", None, "zz"]}),
}


@pytest.mark.parametrize("wanted", list(SAMPLES))
@pytest.mark.parametrize("payload", [b"", b"\x00", b"\xc1" * 200, b"{" * 300, b"\xff" * 4096])
def test_damaged_payloads_are_corrupt_and_name_the_key(
    transport: LMDBTransport, wanted: DataFormat, payload: bytes
) -> None:
    store_as(transport, wanted, payload)
    if wanted is DataFormat.MSGPACK and payload == b"\x00":
        assert transport.get("key") == 0
        return
    with pytest.raises(CorruptError, match="'key'"):
        transport.get("key")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(data=st.data(), wanted=st.sampled_from(list(SAMPLES)))
def test_mutated_payloads_give_a_value_or_an_error_of_ours(
    transport: LMDBTransport, data: st.DataObject, wanted: DataFormat
) -> None:
    transport.put("sample", SAMPLES[wanted], format=wanted)
    raw = transport.get_raw("sample")
    assert raw is not None
    payload = bytearray(raw[0])
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    payload = payload[: data.draw(st.integers(0, len(payload)))]
    store_as(transport, wanted, bytes(payload))
    with contextlib.suppress(CorruptError, FormatError):
        transport.get("key")
