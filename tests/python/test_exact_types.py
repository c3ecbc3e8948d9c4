"""Exact types: what is put comes back as the type it was, or raises with its path; others see the plain value."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import re
import struct
import subprocess
import sys
import types
import uuid
import zoneinfo
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_formats import RELAXED, anything, typed

from dishtayantra_lmdb import CorruptError, FormatError, LMDBTransport
from dishtayantra_lmdb._payload import exact as _exact
from dishtayantra_lmdb._payload import segments as _segments

GOLDEN = Path(__file__).parents[1] / "fixtures" / "exact"
HEADER = Path(__file__).parents[2] / "include" / "dishtayantra_lmdb.h"
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


def same(found: Any, value: Any) -> bool:
    """Whether both are equal, in type too, down to the innermost."""
    if type(found) is not type(value):
        return False
    if isinstance(value, (list, tuple)):
        return len(found) == len(value) and all(map(same, found, value))
    if isinstance(value, dict):
        return all(map(same, found.items(), value.items())) and len(found) == len(value)
    if isinstance(value, np.ndarray):
        order = value.flags.f_contiguous == found.flags.f_contiguous
        return order and found.dtype == value.dtype and found.shape == value.shape and bool((found == value).all())
    if isinstance(value, (set, frozenset)):
        return typed(found) == typed(value)
    if isinstance(value, (array.array, memoryview)):
        return found == value and memoryview(found).format == memoryview(value).format
    if isinstance(value, (datetime.datetime, datetime.time)):
        return found == value and repr(found) == repr(value)
    return bool(found == value)


def deep_tuple(levels: int) -> Any:
    value: Any = ()
    for _ in range(levels - 1):
        value = (value,)
    return value


NUMBERS = [
    *(np.bool_(True), np.int8(-3), np.uint8(3), np.int16(-3), np.uint16(3), np.int32(-3), np.uint32(3)),
    *(np.int64(-(2**63)), np.uint64(2**64 - 1), np.float16(1.5), np.float32(0.1), np.float64(0.1)),
    *(np.longdouble("1.1"), np.complex64(1 + 2j), np.complex128(1j)),
    *(np.datetime64("2024-01-02", "D"), np.timedelta64(-3, "ns"), np.str_("é"), np.bytes_(b"ab\0")),
    np.array([(1, 2.5)], [("a", "i2"), ("b", "f8")])[0],
]
KEPT = [
    *((), (1, 2.5, "x"), [(1, (2, [3]), {"a": ((),)})], [(i, 1.5 * i, "x") for i in range(300)], deep_tuple(60)),
    *((1.0,) * 100, ((1.0,) * 100,), [(1.0,) * 100] * 3, ([1, 2] * 50, [3, 4] * 50), [[1.0] * 100] * 3),
    *(bytearray(), bytearray(b"x"), bytearray(70_000), b"y" * 70_000, memoryview(b"abc"), memoryview(b"")),
    *(array.array(code, [1, 2]) for code in "bBhHiIlLqQfd"),
    *(memoryview(np.arange(6.0).reshape(2, 3)), memoryview(array.array("h", [1, -1]))),
    *(NUMBERS, *NUMBERS, {n: [n] for n in NUMBERS[:-1]}),
    *(np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.asfortranarray(np.ones((400, 2), "i2"))),
    *(np.asfortranarray(np.ones((2, 3, 4), dtype)) for dtype in ("f2", "c8", "M8[s]", [("a", "i2")])),
    *(np.array([1.5, -2, np.inf]).astype(dtype) for dtype in (">f2", "f2", ">c8", "c16")),
    memoryview(np.array([[0.1, -2]], "f2")),
    *(np.ones(3), (np.ones(5), np.ones((300, 2), "i2")), [np.ones(999), (1, np.ones(999), [(np.arange(7),)])]),
    *({(1, ("a", 2)): "key", frozenset([(1,)]): 1}, {1, (2, (3,))}, frozenset([frozenset([b"x"])])),
    *(2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, True, 1, 1.0, None, "", "text" * 20_000, {}, [], {"": None}),
    *(datetime.datetime(2024, 2, 29, 12), datetime.date(2024, 2, 29), datetime.timedelta(-1, 2, 3)),
    datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc),
    datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=45))),
    datetime.datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=BERLIN),
    datetime.datetime(2020, 10, 25, 2, 30, fold=1),
    datetime.time(2, 30, fold=1, tzinfo=BERLIN),
    datetime.time(2, 30, 0, 5),
    *(decimal.Decimal("1.10"), uuid.UUID(int=5), 1 + 2j, msgpack.ExtType(5, b"x")),
    pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
]


def is_frame(value: Any) -> bool:
    return isinstance(value, pd.DataFrame)


@pytest.mark.parametrize("wanted", ["msgpack", "json", "numpy", "arrow", "raw"])
@pytest.mark.parametrize("pack_lists", [False, True])
def test_every_type_comes_back_as_itself(transport: LMDBTransport, wanted: str, pack_lists: bool) -> None:
    for value in KEPT:
        for payload in (value, {"v": value, "z": [value, 1]}):
            transport.put("key", payload, format=wanted, exact=True, pack_lists=pack_lists)
            for copy in (False, True):
                found = transport.get("key", copy=copy)
                if is_frame(value):
                    found, payload_ = (found, payload) if payload is value else (found["v"], value)
                    pd.testing.assert_frame_equal(found, payload_)
                else:
                    assert same(found, payload), (payload, found)


@RELAXED
@given(st.recursive(anything, lambda inner: st.tuples(inner, inner) | st.lists(inner, max_size=3), max_leaves=20))
def test_any_value_comes_back_as_itself(transport: LMDBTransport, value: Any) -> None:
    transport.put_many({"key": value}, exact=True)
    assert typed(transport.get("key")) == typed(value)


class Colour(enum.IntEnum):
    RED = 3


class Kind(enum.Enum):
    ONE = 1


class Name(str):
    pass


class Flag(int):
    pass


class Real(float):
    pass


class Blob(bytes):
    pass


class Row(dict[str, Any]):
    pass


class Items(list[Any]):
    pass


class Chosen(frozenset[Any]):
    pass


class Money(decimal.Decimal):
    pass


class Moment(datetime.datetime):
    pass


@dataclasses.dataclass
class Point:
    x: int


Pair = collections.namedtuple("Pair", "x y")
HOUR = datetime.timedelta(hours=1)
REFUSED = [
    *(Colour.RED, Kind.ONE, Name("n"), Flag(1), Real(1.5), Blob(b"x"), Row(a=1), Items([1]), Chosen([1]), Money(1)),
    *(Moment(2024, 1, 1), Point(1), Pair(1, 2), collections.OrderedDict(a=1), collections.defaultdict(list)),
    *(types.MappingProxyType({}), types.SimpleNamespace(), range(3), object, ..., pd.Timestamp("2024"), pd.NaT),
    *(np.longlong(1), np.ma.masked, msgpack.Timestamp(1, 2), array.array("u", "ab"), msgpack.ExtType(88, b"x")),
    datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone(HOUR, "CET")),
    datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo.no_cache("Europe/Berlin")),
    *("\ud800", np.array([object()]), memoryview(b"abcd").cast("c")),
]


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("wanted", ["msgpack", "json", "arrow", "raw", "numpy"])
def test_what_would_come_back_as_something_else_raises_with_its_path(
    transport: LMDBTransport, value: Any, wanted: str
) -> None:
    for payload, path in (({"a": [1, value]}, " a.1:"), (value, "the top of the payload")):
        with pytest.raises(FormatError, match="cannot store") as caught:
            transport.put("key", payload, format=wanted, exact=True)
        assert path in str(caught.value)
    assert not transport.contains("key")


@pytest.mark.parametrize(
    "value", [(1,), bytearray(b"x"), np.float64(1), np.ones(3), {1}, 2**70, datetime.date(2024, 1, 1), Name("x")]
)
def test_plain_messagepack_holds_exact_types_only_where_it_has_them(transport: LMDBTransport, value: Any) -> None:
    with pytest.raises(FormatError, match=r"a\.0: .*lmdb_segments"):
        transport.put("key", {"a": [value]}, segments=False, exact=True)
    plain = {"a": [1, -1.5, "x", b"y", None, True, {"b": []}], 2: 3}
    transport.put("key", plain, segments=False, exact=True)
    assert same(transport.get("key"), plain)


@RELAXED
@given(st.recursive(anything.filter(lambda value: type(value) in (int, str, float, bool, bytes)), st.lists))
def test_plain_payloads_are_the_same_bytes(transport: LMDBTransport, value: Any) -> None:
    stored = []
    for exact in (False, True):
        transport.put("key", {"v": value}, exact=exact)
        raw = transport.get_raw("key")
        assert raw is not None
        stored.append(bytes(raw[0]))
    assert stored[0] == stored[1]
    if "'int'" not in repr(stored) and b"\xa3int" not in stored[0]:
        assert stored[0] == msgpack.packb({"v": value})


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (
            [(1, (2,)), bytearray(b"x"), np.float32(0.5), np.str_("s"), np.bytes_(b"b")],
            [[1, [2]], b"x", 0.5, "s", b"b"],
        ),
        ({np.int64(1): ()}, {1: []}),
    ],
)
def test_other_libraries_see_an_extension_with_the_plain_value(
    transport: LMDBTransport, value: Any, plain: Any
) -> None:
    transport.put("key", value, exact=True)
    raw = transport.get_raw("key")
    assert raw is not None

    def hook(code: int, body: bytes) -> Any:
        assert code == 88
        return msgpack.unpackb(body[1:], ext_hook=hook, strict_map_key=False)

    assert msgpack.unpackb(bytes(raw[0]), ext_hook=hook, strict_map_key=False) == plain


def test_the_golden_documents_are_read_and_written(transport: LMDBTransport) -> None:
    row = [i / 8 for i in range(40)]
    documents: dict[str, Any] = {
        "values": {
            "tuple": (1, 2.5, "x"),
            "empty": (),
            "nested": [((), [(-1,)]), {"a": (None, True)}],
            "bytearray": bytearray(b"\x00\xff"),
            "float64": np.float64(0.1),
            "float32": np.float32(0.5),
            "int16": np.int16(-3),
            "uint64": np.uint64(2**63 - 1),
            "bool": np.bool_(True),
            "str": np.str_("text"),
            "bytes": np.bytes_(b"ab"),
            "long": ("x" * 200, 7),
            "plain": [1, "two"],
        },
        "arrays": {
            "pair": (np.array([1.0, 2.0]), np.array([1, 2, 3], "i2")),
            "deep": [("x", [(np.array([0.5], "f4"),)], {"k": np.array([9], "u1")}), np.array([7], "i4")],
            "packed": tuple(row),
            "array": array.array("i", [1, -1]),
        },
        "root": (np.array([1.0]), 1),
    }
    for name, value in documents.items():
        golden = (GOLDEN / f"{name}.msgpack").read_bytes()
        with transport.loan("key", len(golden), format="msgpack") as loan:
            loan.memory[:] = golden
        assert same(transport.get("key"), value), name
        # The library packs no list as short as the one there.
        if name != "arrays":
            transport.put("key", value, exact=True)
            raw = transport.get_raw("key")
            assert raw is not None
            assert bytes(raw[0]) == golden, name


def test_arrays_in_tuples_lie_in_the_map_aligned(transport: LMDBTransport) -> None:
    transport.put("key", {"x": ("y", [(1, np.arange(5000.0)), (np.arange(9000, dtype="i2"),)])}, exact=True)
    with transport.view("key") as view:
        start, end = view.address, view.address + view.size
        found = view.value()
    for held in (found["x"][1][0][1], found["x"][1][1][0]):
        assert start <= held.ctypes.data < end
        assert held.ctypes.data % 64 == 0
        assert not held.flags.writeable


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\x01", b"\xfa\x01", b"\x01\x90\x90", b"\x01\x91", b"\x01\xc7\x02\x58\x01\x90"),
        # A plain value of another type, such as a size that would be taken for one.
        *(
            b"\x01\x01",
            b"d\xa1x",
            b"\x02\x90",
            b"\x02\xce\x7f\xff\xff\xff",
            b"\x03\x90",
            b"S\x05",
            b"U\x05",
            b"?\x02",
            b"b\x80",
        ),
        # Out of range.
        b"b\xcd\x01\x00",
        b"f\xcb" + struct.pack(">d", 1e300),
        b"e\xcb" + struct.pack(">d", 70_000.0),
        # Not of that width.
        b"f\xcb" + struct.pack(">d", 0.1),
    ],
)
def test_damaged_exact_values_raise(transport: LMDBTransport, body: bytes) -> None:
    document = msgpack.packb([msgpack.ExtType(88, body)])
    with transport.loan("key", len(document), format="msgpack") as loan:
        loan.memory[:] = document
    with pytest.raises(CorruptError, match="damaged"):
        transport.get("key")


def test_the_numbers_of_kinds_are_the_header_s() -> None:
    numbers = dict(re.findall(r"#define DY_LMDB_((?:EXACT|DTYPE|TABLE)_\w+) (\d+)", HEADER.read_text()))
    for name in ("TUPLE", "BYTEARRAY", "ARRAY", "ARRAY_LONG", "MEMORYVIEW", "BIG_ENDIAN", "FORTRAN"):
        assert getattr(_exact, name) == int(numbers[f"EXACT_{name}"])
    assert int(numbers["EXACT_EXTENSION"]) == _exact.EXACT
    assert int(numbers["TABLE_EXTENSION"]) == _exact.TABLE
    for kind, number in _exact.numpy_kinds(np).items():
        name = kind.__name__.upper().rstrip("_")
        assert number == int(numbers.get(f"DTYPE_{name}") or numbers[f"EXACT_NUMPY_{name}"])


SMALL_STACK = """
import sys, threading
import msgpack, numpy
from dishtayantra_lmdb import LMDBConfig, LMDBTransport
from dishtayantra_lmdb.errors import LMDBError
transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
def nested(inner, make, levels):
    for _ in range(levels):
        inner = make(inner)
    return inner
values = [
    nested(make(()), lambda value: make([value]), levels)
    for make in (list, tuple, frozenset)
    for levels in (12, 60, 300, 480, 600)
]
values += [nested({"x": numpy.ones(3)}, lambda value: {"k": value}, 480), nested([1.0] * 100, lambda v: [v, v], 9)]
document = nested(b"\\x90", lambda inner: b"\\x91" + inner, 511)
hostile = nested(msgpack.packb(["set", []]), lambda inner: msgpack.packb(["set", [msgpack.ExtType(80, inner)]]), 300)
hostile = msgpack.packb(msgpack.ExtType(80, hostile))
def work():
    for value in values:
        for options in ({}, {"pack_lists": True}, {"exact": True}, {"segments": False}):
            try:
                transport.put("key", value, **options)
                transport.get("key")
            except (LMDBError, RecursionError):
                pass
    for payload in (document, hostile):
        with transport.loan("key", len(payload), format="msgpack") as loan:
            loan.memory[:] = payload
        try:
            transport.get("key")
        except (LMDBError, RecursionError):
            pass
threading.stack_size(256 << 10)
thread = threading.Thread(target=work)
thread.start()
thread.join()
print("alive")
"""


def test_deep_values_fit_a_small_stack_or_raise(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", SMALL_STACK, str(tmp_path / "s")], capture_output=True, text=True)
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "alive", "")


def test_the_first_numpy_number_of_a_process_is_packed_like_the_others() -> None:
    program = """
import numpy as np
from dishtayantra_lmdb._payload import msgpack as _msgpack
print([len(b"".join(map(bytes, _msgpack.encode([np.int64(5)] * 2, exact=True)))) for _ in range(3)])
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[9, 9, 9]\n"


def test_a_tuple_of_endless_empty_lists_is_damage(transport: LMDBTransport) -> None:
    header = _segments.Segment("d", 0, 0, (1 << 24, 0), b"", 0).header(7)
    document = struct.pack(">BIb", 0xC9, 1 + len(header), 88) + b"\x01" + header
    with transport.loan("key", len(document), format="msgpack") as loan:
        loan.memory[:] = document
    with pytest.raises(CorruptError, match="damaged"):
        transport.get("key")
