"""Bars for puts and gets that take long."""

from __future__ import annotations

import types
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from dishtayantra_lmdb import LMDBConfig, LMDBTransport
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


def test_a_get_is_the_same_with_a_bar(transport: LMDBTransport) -> None:
    raw = bytes(range(256)) * 4000
    transport.put("raw", raw, format="raw")
    assert transport.get("raw", progress=Bar) == raw
    told("get raw", len(raw))
    for array in (np.arange(SIZE // 8.0), np.asfortranarray(np.arange(SIZE // 8.0).reshape(-1, 10))):
        transport.put("numpy", array, format="numpy")
        found = transport.get("numpy", copy=True, progress=Bar)
        told("get numpy", array.nbytes)
        np.testing.assert_array_equal(found, array)
        assert found.flags.writeable
        assert found.flags.f_contiguous == array.flags.f_contiguous
        # In place nothing is copied.
        assert transport.get("numpy", progress=Bar).base is not None
        assert not Bar.made
    transport.put("dict", {"a": 1})
    assert transport.get("dict", progress=Bar) == {"a": 1}
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
