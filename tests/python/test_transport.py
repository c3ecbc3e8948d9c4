"""Transports: opened, shared, closed, used by many threads, and what they tell of themselves."""

from __future__ import annotations

import itertools
import logging
import pickle
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import MAP_SIZE

import dishtayantra_lmdb
from dishtayantra_lmdb import (
    CorruptError,
    DataFormat,
    EntryNotFoundError,
    ForeignStoreError,
    InvalidArgumentError,
    LMDBConfig,
    LMDBError,
    LMDBTransport,
    StoreClosedError,
    get_transport,
    lmdb_get,
    lmdb_put,
)


def test_before_it_is_open(store_path: str, caplog: pytest.LogCaptureFixture) -> None:
    transport = LMDBTransport(LMDBConfig(db_path=store_path, map_size=MAP_SIZE))
    for call in (
        lambda: transport.put("key", 1),
        lambda: transport.get("key"),
        lambda: transport.get_raw("key"),
    ):
        with pytest.raises(RuntimeError, match="initialize") as caught:
            call()
        assert isinstance(caught.value, StoreClosedError)
    assert transport.delete("key") is False
    assert transport.get_info() == {}
    assert transport.get_db_path() == store_path
    assert transport.initialize()
    assert transport.initialize()
    transport.put("key", 1)
    transport.close()
    transport.close()
    with pytest.raises(StoreClosedError):
        transport.get("key")
    assert transport.initialize()
    assert transport.get("key") == 1
    transport.close()


def test_initialize_logs_why_it_cannot(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("not a directory")
    transport = LMDBTransport(LMDBConfig(db_path=str(tmp_path / "file" / "store")))
    with caplog.at_level(logging.ERROR, "core.lmdb"):
        assert transport.initialize() is False
    assert str(tmp_path / "file") in caplog.text


def test_one_instance_per_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = LMDBTransport.get_instance(str(tmp_path / "a"))
    assert first is LMDBTransport.get_instance(str(tmp_path / "b" / ".." / "a"))
    assert first is LMDBTransport.get_instance(db_path=str(tmp_path / "a"))
    assert first is dishtayantra_lmdb.get_transport(str(tmp_path / "a"))
    monkeypatch.chdir(tmp_path)
    assert first is LMDBTransport.get_instance("a")
    other = dishtayantra_lmdb.get_transport(str(tmp_path / "c"))
    assert other is not first
    assert other.get_db_path() == str(tmp_path / "c")
    first.close()
    assert LMDBTransport.get_instance("a").get("none") is None
    first.close()
    other.close()


def test_shortcuts_use_the_default_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMDB_DB_PATH", str(tmp_path / "default"))
    assert dishtayantra_lmdb.lmdb_put("key", [1, 2], format=DataFormat.JSON)
    assert dishtayantra_lmdb.lmdb_get("key") == [1, 2]
    assert dishtayantra_lmdb.lmdb_delete("key") is True
    transport = dishtayantra_lmdb.get_transport()
    assert transport.get_db_path() == str(tmp_path / "default")
    transport.close()


def test_info_has_what_engines_look_for(transport: LMDBTransport) -> None:
    transport.put("key", 1)
    transport.put("key", 1, db_name="other")
    info = transport.get_info()
    assert info["path"] == transport.get_db_path()
    assert info["map_size"] == MAP_SIZE
    assert info["entries"] == 2
    for name in (
        "last_pgno",
        "last_txnid",
        "max_readers",
        "num_readers",
        "depth",
        "branch_pages",
        "leaf_pages",
        "overflow_pages",
    ):
        assert isinstance(info[name], int)


def test_a_transport_pickles_as_its_configuration(transport: LMDBTransport) -> None:
    transport.put("key", 1)
    again = pickle.loads(pickle.dumps(transport))
    assert again.config == transport.config
    assert again.get("key") == 1
    again.close()
    assert transport.get("key") == 1
    shut = pickle.loads(pickle.dumps(again))
    assert shut.get_info() == {}


def test_resolve_takes_a_reference_from_any_store(transport: LMDBTransport, tmp_path: Path) -> None:
    reference = {
        "_lmdb_ref": True,
        "_lmdb_input_key": "key",
        "_lmdb_db_path": str(tmp_path / "other"),
        "_lmdb_db_name": "default",
    }
    with LMDBTransport(LMDBConfig(db_path=str(tmp_path / "other"), map_size=MAP_SIZE)) as other:
        other.put("key", np.arange(1000.0), format="numpy")
        assert transport.resolve(reference).sum() == 499500
        assert transport.resolve(reference, copy=True).flags.writeable
        assert transport.resolve([{"of": reference}, 5])[0]["of"].sum() == 499500
        with pytest.raises(InvalidArgumentError, match="somebody's"):
            transport.resolve({**reference, "somebody's": object()})
        other.delete("key")
        with pytest.raises(EntryNotFoundError, match="key"):
            transport.resolve(reference)


@pytest.mark.parametrize(
    "reference",
    [
        {"_lmdb_ref": True},
        {"_lmdb_ref": True, "_lmdb_input_key": 5},
        {"_lmdb_ref": True, "_lmdb_input_key": "k", "_lmdb_db_path": "relative"},
        {"_lmdb_ref": True, "_lmdb_input_key": object()},
    ],
)
def test_what_is_no_reference(transport: LMDBTransport, reference: Any) -> None:
    with pytest.raises(CorruptError):
        transport.resolve(reference)


@pytest.mark.parametrize("value", [{}, {"_lmdb_ref": 1}, {"a": [1, {"b": 2}]}, [], (1,), None, "x", 5, object()])
def test_what_holds_no_reference_is_given_back(transport: LMDBTransport, value: Any) -> None:
    assert transport.resolve(value) is value


def test_many_threads(transport: LMDBTransport) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(100):
                value = np.full(turn * 37 % 3000, number, "i4")
                transport.put(f"key {number}", value, format="numpy" if turn % 2 else "msgpack")
                found = transport.get(f"key {number}")
                assert found.shape == value.shape
                assert (found == number).all()
                transport.get(f"key {(number + 1) % 8}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    transport.audit()


def test_debug_lines_tell_key_bytes_format_and_time(transport: LMDBTransport, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "core.lmdb"):
        transport.put("the key", b"x" * 5000, format="raw")
        transport.get("the key")
    put, got = (record.getMessage() for record in caplog.records)
    for line, verb in ((put, "put"), (got, "get")):
        assert line.startswith(verb)
        assert "the key" in line
        assert "bytes=5000" in line
        assert "format=raw" in line
        assert "us=" in line


@pytest.mark.parametrize("kind", ["raw", "numpy", "msgpack"])
def test_a_large_payload_is_copied_while_other_threads_run(transport: LMDBTransport, kind: str) -> None:
    items = np.arange(2_000_000.0)
    values = {
        "raw": items.tobytes(),
        "numpy": items,
        "msgpack": {"values": items},
    }
    turns, seen = [0], []

    def put() -> None:
        for _ in range(5):
            seen.append(turns[0])
            transport.put("key", values[kind], format=kind)
        seen.append(turns[0])

    interval = sys.getswitchinterval()
    # From now on a thread runs on until it lets the others run of its own accord.
    sys.setswitchinterval(1000)
    try:
        thread = threading.Thread(target=put)
        thread.start()
        while thread.is_alive():
            turns[0] += 1
            time.sleep(0)
    finally:
        sys.setswitchinterval(interval)
        thread.join()
    # More than the one turn that lets go of nothing but a lock.
    assert max(after - before for before, after in itertools.pairwise(seen)) > 10


def test_a_transport_that_could_not_be_opened_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    place = str(tmp_path / "file" / "store")
    for use in (
        lambda: LMDBTransport.get_instance(place).put("key", 1),
        lambda: get_transport(place).get("key"),
    ):
        with pytest.raises(StoreClosedError, match=r"file/store is not open: .*(directory|Not a)") as caught:
            use()
        assert isinstance(caught.value.__cause__, LMDBError)


def test_a_default_store_that_cannot_be_opened_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LMDB_DB_PATH", str(tmp_path / "file" / "store"))
    for use in (lambda: lmdb_put("key", 1), lambda: lmdb_get("key")):
        with pytest.raises(StoreClosedError, match=r"is not open: .*file"):
            use()


def _use_for(transport: LMDBTransport, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        transport.put("other", 1)
        transport.get("key")
        time.sleep(0.01)


@pytest.mark.parametrize("name", ["data.mdb", "lock.mdb", "shared", "owners", "open.lock"])
def test_a_file_that_is_taken_from_an_open_store_is_told(store_path: str, name: str) -> None:
    with LMDBTransport(LMDBConfig(db_path=store_path, map_size=MAP_SIZE)) as transport:
        transport.put("key", np.arange(50_000))
        kept = transport.get("key")
        (Path(store_path) / name).unlink()
        with pytest.raises(ForeignStoreError, match=name):
            _use_for(transport, 20)
        assert kept.tolist() == list(range(50_000))
