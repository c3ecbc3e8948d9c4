"""Bars for puts and gets that take long."""

from __future__ import annotations

import types
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from dishtayantra_lmdb import CorruptError, LMDBConfig, LMDBTransport
from dishtayantra_lmdb._payload import progress

SIZE = 1_000_000


class Bar:
    """Notes what tqdm would draw."""

    made: ClassVar[list[Bar]] = []

    def __init__(self, *, total: int, desc: str, unit: str, unit_scale: bool) -> None:
        self.total, self.desc, self.done, self.closed = total, desc, 0, False
        assert (unit, unit_scale) == ("B", True)
        Bar.made.append(self)

    def update(self, n: int) -> None:
        assert n > 0
        self.done += n

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "STEP", 100_000)
    Bar.made = []


def told(what: str, total: int) -> None:
    (bar,) = Bar.made
    assert (bar.desc, bar.total, bar.done, bar.closed) == (what, total, total, True)
    Bar.made = []


STRUCTURED = np.zeros(SIZE // 12, dtype=[("a", "<f8"), ("b", "<i4")])


@pytest.mark.parametrize(
    ("payload", "format"),
    [
        (bytes(range(256)) * 4000, "raw"),
        (np.arange(SIZE, dtype="u1"), "numpy"),
        (np.asfortranarray(np.arange(SIZE // 8.0).reshape(-1, 10)), "numpy"),
        (STRUCTURED, "numpy"),
        ({"a": np.arange(SIZE // 8.0), "b": "text" * 100_000, "c": [np.arange(SIZE // 4, dtype="i4")]}, "msgpack"),
        (pa.table({"x": np.arange(SIZE // 8.0)}), "arrow"),
    ],
    ids=["raw", "numpy", "Fortran", "structured", "msgpack", "arrow"],
)
@pytest.mark.parametrize("checksum", [False, True])
def test_a_put_is_the_same_with_a_bar(store_path: str, payload: Any, format: str, checksum: bool) -> None:
    config = LMDBConfig(db_path=store_path, map_size=64 << 20, checksum=checksum)
    with LMDBTransport(config) as transport:
        transport.put("plain", payload, format=format, ttl=7, source="s")
        entry_id = transport.put("key", payload, format=format, ttl=7, source="s", progress=Bar)
        with transport.view("key") as view, transport.view("plain") as plain:
            assert view.memory == plain.memory
            told("put key", view.size)
            assert view.envelope.txn_id == entry_id
            for name in ("format", "ttl", "size", "source", "checksum"):
                assert getattr(view.envelope, name) == getattr(plain.envelope, name)
            view.verify()
        assert not transport.stats()["pins"]
        assert not [loan for loan in transport.stats()["loans"] if not loan["kept"]]


LISTS = {"a": [0.5] * 200_000, "b": "text" * 1000, "c": (1, 2)}
DOCUMENT = {"a": np.arange(SIZE // 8.0), "b": [np.arange(SIZE // 4, dtype="i4"), {"x": np.arange(3)}], "c": np.zeros(0)}
TABLE = pa.table({"x": np.arange(SIZE // 8.0)})


def same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return list(found) == list(wanted) and all(same(found[name], item) for name, item in wanted.items())
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(wanted, np.ndarray):
        np.testing.assert_array_equal(found, wanted)
        return bool(found.dtype == wanted.dtype and found.flags.f_contiguous == wanted.flags.f_contiguous)
    return bool(found == wanted)


def arrays_of(value: Any) -> list[np.ndarray]:
    """The arrays in a value that have items."""
    if isinstance(value, np.ndarray):
        return [value] if value.size else []
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [array for item in items for array in arrays_of(item)]


# payload, format, whether anything is copied of what is in place, and otherwise
GETS = {
    "raw": (bytes(range(256)) * 4000, "raw", True, True),
    "numpy": (np.arange(SIZE // 8.0), "numpy", False, True),
    "Fortran": (np.asfortranarray(np.arange(SIZE // 8.0).reshape(-1, 10)), "numpy", False, True),
    "structured": (STRUCTURED, "numpy", False, True),
    "arrays in a document": (DOCUMENT, "msgpack", False, True),
    "packed lists": (LISTS, "msgpack", True, True),
    "table": (TABLE, "arrow", False, True),
    "JSON": ({"a": "text" * 100_000}, "json", False, False),
    "no arrays": ({"a": "text" * 100_000}, "msgpack", False, False),
}


@pytest.mark.parametrize("copy", [False, True])
@pytest.mark.parametrize("name", GETS)
def test_a_get_is_the_same_with_a_bar(transport: LMDBTransport, name: str, copy: bool) -> None:
    payload, format, copied_in_place, copied = GETS[name]
    transport.put("key", payload, format=format, pack_lists=True)
    wanted = transport.get("key", copy=copy)
    found = transport.get("key", copy=copy, progress=Bar)
    assert type(found) is type(wanted)
    assert same(found, wanted)
    assert all(array.flags.writeable == copy for array in arrays_of(found))
    assert all((array.base is None) == copy for array in arrays_of(found))
    if copied if copy else copied_in_place:
        told("get key", transport.view("key").size)
    assert not Bar.made
    del found, wanted
    assert not transport.stats()["pins"]


def test_several_entries_have_one_bar(transport: LMDBTransport) -> None:
    for name, (payload, format, _, _) in GETS.items():
        transport.put(name, payload, format=format, pack_lists=True)
    wanted = transport.get_many(GETS, copy=True)
    found = transport.get_many([*GETS, "gone"], copy=True, progress=Bar)
    assert list(found) == list(wanted) == list(GETS)
    assert same(found, wanted)
    told(f"get {len(GETS)} entries", sum(transport.view(name).size for name in GETS))
    assert transport.get_many(["gone"], progress=Bar) == {}
    assert not Bar.made


def test_what_is_damaged_is_refused_with_a_bar(transport: LMDBTransport) -> None:
    transport.put("key", b"no array" * SIZE, format="raw")
    with transport.loan("key", SIZE, format="msgpack") as loan:
        loan.memory[:] = b"\xc1" * SIZE
    with pytest.raises(CorruptError, match="key"):
        transport.get("key", progress=Bar)
    assert transport.get("gone", progress=Bar, default=5) == 5
    assert not Bar.made


def test_what_is_short_or_quick_has_no_bar(transport: LMDBTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    transport.put("key", b"x" * 50_000, format="raw", progress=Bar)
    monkeypatch.setattr(progress, "PATIENCE", 60.0)
    transport.put("key", b"x" * SIZE, format="raw", progress=Bar)
    assert transport.get("key", progress=Bar) == b"x" * SIZE
    assert not Bar.made


@pytest.mark.parametrize("how", ["made", "updated"])
def test_a_bar_that_fails_leaves_nothing(transport: LMDBTransport, how: str) -> None:
    def failing(**options: Any) -> Any:
        if how == "made":
            raise KeyboardInterrupt
        return types.SimpleNamespace(update=lambda n: 1 // 0, close=lambda: None)

    with pytest.raises((KeyboardInterrupt, ZeroDivisionError)):
        transport.put("key", b"x" * SIZE, format="raw", progress=failing)
    assert "key" not in transport
    assert not [loan for loan in transport.stats()["loans"] if not loan["kept"]]
