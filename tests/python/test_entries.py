"""Entries: put, found, listed, replaced, expired, and what is told of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import MAP_SIZE

from dishtayantra_lmdb import (
    BadKeyError,
    ConfigError,
    CorruptError,
    DataEnvelope,
    DataFormat,
    EntryNotFoundError,
    InvalidArgumentError,
    LMDBConfig,
    LMDBTransport,
)


def test_put_returns_the_exchange_id_that_the_envelope_tells(transport: LMDBTransport) -> None:
    txn_id = transport.put("key", {"a": 1}, source="me", target="you", ttl=10)
    raw = transport.get_raw("key")
    assert raw is not None
    memory, envelope = raw
    assert memory.readonly
    assert envelope.txn_id == txn_id
    assert txn_id
    assert (envelope.key, envelope.source, envelope.target) == ("key", "me", "you")
    assert envelope.format is DataFormat.MSGPACK
    assert (envelope.ttl, envelope.size, envelope.compressed) == (10, len(memory), False)
    assert abs(envelope.timestamp - time.time()) < 60
    assert DataEnvelope.from_bytes(envelope.to_bytes()) == envelope


def test_ids_differ(transport: LMDBTransport) -> None:
    assert len({transport.put("key", index) for index in range(50)}) == 50


def test_a_damaged_envelope_is_corrupt() -> None:
    for data in (b"", b"[]", b"{}", b'{"format": "xml"}'):
        with pytest.raises(CorruptError):
            DataEnvelope.from_bytes(data)


def test_absent_entries(transport: LMDBTransport) -> None:
    assert transport.get("none") is None
    assert transport.get_raw("none") is None
    assert not transport.contains("none")
    assert not transport.delete("none")
    assert not transport.touch("none")
    with pytest.raises(EntryNotFoundError, match="'none'") as caught:
        transport.view("none")
    assert isinstance(caught.value, LookupError)


def test_put_replaces_and_delete_removes(transport: LMDBTransport) -> None:
    for value in (1, "two" * 1000, np.arange(9)):
        transport.put("key", value)
    assert transport.get("key").sum() == 36
    assert transport.delete("key")
    assert transport.get("key") is None
    assert not transport.delete("key")


def test_databases_are_apart(transport: LMDBTransport) -> None:
    transport.put("key", 1)
    transport.put("key", 2, db_name="other")
    assert (transport.get("key"), transport.get("key", db_name="other")) == (1, 2)
    assert transport.get("key", db_name="never used") is None
    assert transport.keys(db_name="other") == ["key"]
    assert transport.delete("key", db_name="other")
    assert transport.contains("key")
    assert not transport.contains("key", db_name="other")


def test_keys_are_listed_by_prefix_in_order(transport: LMDBTransport) -> None:
    for key in ("b:2", "a:1", "b:1", "ключ", "c"):
        transport.put(key, 0)
    assert transport.keys("b:") == ["b:1", "b:2"]
    assert transport.keys() == ["a:1", "b:1", "b:2", "c", "ключ"]
    assert transport.keys("ключ") == ["ключ"]


def test_keys_that_are_no_text(transport: LMDBTransport) -> None:
    transport.put(b"\xff\x00\x01", 5)
    (key,) = transport.keys()
    assert transport.get(b"\xff\x00\x01") == transport.get(key) == 5


@pytest.mark.parametrize("key", ["", "x" * 512, b"y" * 1000])
def test_keys_of_the_wrong_size(transport: LMDBTransport, key: Any) -> None:
    with pytest.raises(BadKeyError):
        transport.put(key, 1)


def test_many_at_once(transport: LMDBTransport) -> None:
    items = {f"key {index}": [index] * index for index in range(100)}
    ids = transport.put_many(items, source="me")
    assert len(set(ids)) == 100
    assert transport.get_many([*items, "absent"]) == items
    raw = transport.get_raw("key 7")
    assert raw is not None
    assert raw[1].txn_id == ids[7]
    assert raw[1].source == "me"
    assert transport.put_many([]) == []
    transport.put_many([("a", np.arange(5000.0)), ("b", b"x")], format="numpy")
    assert transport.get("a").sum() == sum(range(5000))
    assert transport.get("b") == b"x"


def test_many_are_all_or_nothing(transport: LMDBTransport) -> None:
    with pytest.raises(BadKeyError):
        transport.put_many([("good", 1), ("", 2)])
    assert not transport.contains("good")


def test_entries_expire(transport: LMDBTransport) -> None:
    transport.put("short", 1, ttl=0.05)
    transport.put("long", 1, ttl=0)
    transport.put("touched", 1, ttl=0.05)
    assert transport.touch("touched", ttl=0)
    time.sleep(0.1)
    assert transport.get("short") is None
    assert not transport.contains("short")
    assert transport.get("long") == transport.get("touched") == 1
    assert transport.keys() == ["long", "touched"]
    transport.sweep()
    assert transport.stats()["databases"]["default"]["entries"] == 2
    transport.audit()


def test_the_time_to_live_of_the_configuration(store_path: str) -> None:
    config = LMDBConfig(db_path=store_path, map_size=MAP_SIZE, ttl_seconds=0)
    with LMDBTransport(config) as transport:
        transport.put("key", 1)
        raw = transport.get_raw("key")
        assert raw is not None
        assert raw[1].ttl == 0


@pytest.mark.parametrize("ttl", [-1, "soon", float("nan"), float("inf")])
def test_a_time_to_live_that_is_none(transport: LMDBTransport, ttl: Any) -> None:
    with pytest.raises(ConfigError, match="time to live"):
        transport.put("key", 1, ttl=ttl)


def test_checksums(store_path: str) -> None:
    config = LMDBConfig(db_path=store_path, map_size=MAP_SIZE, checksum=True)
    with LMDBTransport(config) as transport:
        transport.put("key", b"x" * 10_000, format="raw")
        raw = transport.get_raw("key")
        assert raw is not None
        assert raw[1].checksum
        offset = transport.view("key").file_offset
        with open(Path(store_path) / "data.mdb", "r+b") as file:
            file.seek(offset + 5000)
            file.write(b"y")
        with pytest.raises(CorruptError, match="key"):
            transport.get("key")
        assert transport.get("key", verify_checksum=False)[5000:5001] == b"y"


@pytest.mark.parametrize("name", ["source", "target"])
def test_names_of_who_puts_are_text(transport: LMDBTransport, name: str) -> None:
    options: Any = {name: 5}
    with pytest.raises(TypeError, match=f"{name} is 5"):
        transport.put("key", 1, **options)


@pytest.mark.parametrize("timeout", ["x", [], float("nan"), float("inf")])
def test_a_timeout_is_a_number(transport: LMDBTransport, timeout: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="timeout_ms"):
        transport.wait("key", timeout)
