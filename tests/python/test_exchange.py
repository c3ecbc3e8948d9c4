"""The exchange for an engine that calls the calculator itself."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from conftest import MAP_SIZE

from dishtayantra_lmdb import (
    DataFormat,
    LMDBCalculatorConfig,
    LMDBDataExchange,
    LMDBReferenceIgnored,
    LMDBTimeoutError,
    LMDBTransport,
    wrap_with_lmdb,
)
from dishtayantra_lmdb._library.abi import lib
from dishtayantra_lmdb._store.reference import Reference

LARGE = {"values": list(range(3000))}


def settings(path: str, mode: str = "both", **more: Any) -> LMDBCalculatorConfig:
    given = {
        "lmdb_enabled": True,
        "lmdb_db_path": path,
        "lmdb_map_size": MAP_SIZE,
        "lmdb_exchange_mode": mode,
        "lmdb_wait_timeout": 20_000,
    }
    return LMDBCalculatorConfig.from_dict({**given, **more})


@pytest.fixture
def exchange(transport: LMDBTransport) -> Iterator[LMDBDataExchange]:
    """An open exchange on the transport's store."""
    opened = LMDBDataExchange(settings(transport.get_db_path()), "calc")
    assert opened.initialize()
    yield opened
    opened.close()


def in_mode(transport: LMDBTransport, mode: str, **more: Any) -> LMDBDataExchange:
    opened = LMDBDataExchange(settings(transport.get_db_path(), mode, **more), "calc")
    assert opened.initialize()
    return opened


def test_input_and_output_under_their_keys(transport: LMDBTransport, exchange: LMDBDataExchange) -> None:
    assert exchange.is_enabled()
    assert exchange.put_input(LARGE, "7") == "input:calc:7" == exchange.generate_key("input", "7")
    assert transport.get("input:calc:7") == LARGE
    transport.put("output:calc:7", {"result": 1, "_lmdb_x": 2, "_txn_id": "7"})
    assert exchange.get_output("7") == {"result": 1}
    exchange.cleanup("7")
    assert transport.keys() == []


def test_a_live_input_is_never_overwritten(exchange: LMDBDataExchange) -> None:
    assert exchange.put_input(LARGE, "1")
    assert exchange.put_input({"other": [0] * 2000}, "1") is None
    other = LMDBDataExchange(exchange.config, "calc")
    assert other.initialize()
    assert other.put_input(LARGE, "1") is None
    other.close()
    exchange.cleanup("1")
    assert exchange.put_input(LARGE, "1")


def test_what_goes_through_the_store(transport: LMDBTransport, exchange: LMDBDataExchange) -> None:
    small: list[Any] = [{}, {"a": 1}, None, "x", b"", object(), np.zeros(3), {"_lmdb_ref": True}]
    large: list[Any] = [LARGE, "x" * 2000, b"x" * 2000, np.zeros(500), {"a": {"b": "x" * 2000}}]
    assert not any(exchange.should_use_lmdb(value) for value in small)
    assert all(exchange.should_use_lmdb(value) for value in large)
    # An engine's wrappers send references whatever the mode.
    for mode in ("input", "output", "both", "reference"):
        in_that_mode = in_mode(transport, mode)
        assert in_that_mode.should_use_lmdb(LARGE), mode
        in_that_mode.close()


def test_an_exchange_that_is_not_enabled(store_path: str) -> None:
    off = LMDBDataExchange(LMDBCalculatorConfig(enabled=False, db_path=store_path), "calc")
    assert not off.initialize()
    assert not off.is_enabled()
    assert not off.should_use_lmdb(LARGE)
    assert off.put_input(LARGE, "1") is None
    assert off.get_output("1") is None
    off.cleanup("1")
    assert off.get_exchange_info()["enabled"] is False


def test_a_store_that_cannot_be_opened(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    broken = LMDBDataExchange(settings(str(tmp_path / "file" / "store")), "calc")
    with caplog.at_level(logging.DEBUG, "core.lmdb"):
        assert not broken.initialize()
        assert not broken.initialize()
        assert broken.put_input(LARGE, "1") is None
        assert not broken.should_use_lmdb(LARGE)
        broken.cleanup("1")
    levels = [record.levelno for record in caplog.records if "cannot open" in record.getMessage()]
    assert levels == [logging.ERROR, logging.DEBUG]


def test_info_is_what_engines_look_for(exchange: LMDBDataExchange) -> None:
    assert exchange.get_exchange_info() == {
        "enabled": True,
        "db_path": exchange.config.db_path,
        "db_name": "default",
        "input_prefix": "input",
        "output_prefix": "output",
        "calculator_name": "calc",
        "data_format": "msgpack",
        "ttl_seconds": 300,
    }
    assert exchange.calculator_name == "calc"
    assert exchange.config.data_format.value == "msgpack"


def test_keys_of_ids_that_are_made(exchange: LMDBDataExchange) -> None:
    first, second = exchange.put_input(LARGE), exchange.put_input(LARGE)
    assert first
    assert second
    assert first != second
    assert exchange.generate_key("p").startswith("p:calc:")


@pytest.mark.parametrize("mode", ["input", "both", "reference"])
def test_an_input_that_nobody_opened(transport: LMDBTransport, mode: str, caplog: pytest.LogCaptureFixture) -> None:
    exchange = in_mode(transport, mode)
    exchange.put_input(LARGE, "1")
    began = time.monotonic()
    with caplog.at_level(logging.WARNING, "core.lmdb"):
        for _ in range(2):
            with pytest.raises(LMDBReferenceIgnored, match="input:calc:1"):
                exchange.get_output("1")
    assert time.monotonic() - began < 10
    assert len([record for record in caplog.records if "calc" in record.getMessage()]) == 1
    assert not exchange.should_use_lmdb(LARGE)
    assert exchange.put_input(LARGE, "2") is None
    exchange.cleanup("1")
    exchange.close()


def test_mode_input_never_waits(transport: LMDBTransport) -> None:
    exchange = in_mode(transport, "input")
    exchange.put_input(LARGE, "1")
    transport.get("input:calc:1")
    assert exchange.get_output("1") is None
    exchange.close()


def test_mode_output_means_both(transport: LMDBTransport) -> None:
    exchange = in_mode(transport, "output")
    assert exchange.put_input(LARGE, "1") == "input:calc:1"
    transport.get("input:calc:1")
    threading.Timer(0.3, lambda: transport.put("output:calc:1", [1])).start()
    assert exchange.get_output("1") == [1]
    assert exchange.put_input(LARGE, "2")
    with pytest.raises(LMDBReferenceIgnored):
        exchange.get_output("2")
    assert exchange.config.exchange_mode.value == "output"
    exchange.close()


def test_an_input_that_the_calculator_declines(transport: LMDBTransport) -> None:
    exchange = in_mode(transport, "both")
    for txn_id in ("1", "2"):
        key = exchange.put_input(LARGE, txn_id)
        reference = Reference.parse(
            {
                "_lmdb_ref": True,
                "_lmdb_input_key": key,
                "_lmdb_db_path": transport.get_db_path(),
                "_txn_id": txn_id,
            }
        )
        reference.view_input()
        assert lib.reference_decline(reference.value) == 0
        with pytest.raises(LMDBReferenceIgnored, match="this once"):
            exchange.get_output(txn_id)
        exchange.cleanup(txn_id)
        assert not exchange.ignored
    exchange.close()


def test_an_input_that_was_opened_and_not_answered(transport: LMDBTransport) -> None:
    exchange = in_mode(transport, "both", lmdb_wait_timeout=200)
    exchange.put_input(LARGE, "1")
    transport.get("input:calc:1")
    assert exchange.get_output("1", wait=False) is None
    with pytest.raises(LMDBTimeoutError, match=r"output:calc:1.*200 ms.*lmdb_wait_timeout"):
        exchange.get_output("1")
    exchange.close()


def test_an_output_that_comes_while_waiting(transport: LMDBTransport, exchange: LMDBDataExchange) -> None:
    exchange.put_input(LARGE, "1")
    transport.get("input:calc:1")
    threading.Timer(0.3, lambda: transport.put("output:calc:1", {"late": True})).start()
    assert exchange.get_output("1") == {"late": True}


def test_results_stay_valid_after_cleanup(transport: LMDBTransport) -> None:
    exchange = in_mode(transport, "both", lmdb_data_format="numpy")
    exchange.put_input(np.arange(10_000.0), "1")
    transport.put("output:calc:1", transport.get("input:calc:1"), format=DataFormat.NUMPY)
    result = exchange.get_output("1")
    exchange.cleanup("1")
    for turn in range(20):
        transport.put("over", np.full(10_000, turn), format="numpy")
    np.testing.assert_array_equal(result, np.arange(10_000.0))
    exchange.close()


def test_many_threads_with_the_clock_as_id(transport: LMDBTransport, exchange: LMDBDataExchange) -> None:
    failures: list[str] = []

    def engine(number: int) -> None:
        for turn in range(60):
            txn_id = str(time.time_ns())
            data = {"values": [number, turn] * 1000}
            key = exchange.put_input(data, txn_id)
            if key is None:
                continue
            if transport.get(key) != data:
                failures.append(key)
            transport.put(exchange.generate_key("output", txn_id), number * turn)
            if exchange.get_output(txn_id) != number * turn:
                failures.append(f"output of {key}")
            exchange.cleanup(txn_id)

    threads = [threading.Thread(target=engine, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert transport.keys() == []
    transport.audit()


@pytest.mark.parametrize("txn_id", ["", "x" * 600])
def test_ids_that_make_no_key(exchange: LMDBDataExchange, txn_id: str) -> None:
    key = exchange.put_input(LARGE, txn_id)
    assert (key is None) == bool(txn_id)
    exchange.cleanup(txn_id)


@pytest.mark.parametrize("txn_id", ["", "x" * 600])
def test_ids_that_make_no_key_have_no_output(exchange: LMDBDataExchange, txn_id: str) -> None:
    assert exchange.get_output(txn_id) is None


@pytest.mark.parametrize("mode", ["input", "both", "reference"])
def test_an_id_that_was_refused_is_left_to_whom_it_belongs(transport: LMDBTransport, mode: str) -> None:
    # Two engines with calculators of one name that make the same id.
    theirs, ours = in_mode(transport, mode), in_mode(transport, mode)
    assert theirs.put_input(LARGE, "1")
    assert ours.put_input({"other": [0] * 2000}, "1") is None
    transport.put("output:calc:1", {"of": "theirs"})
    assert ours.get_output("1") is None
    ours.cleanup("1")
    assert sorted(transport.keys()) == ["input:calc:1", "output:calc:1"]
    assert not ours.ignored
    if mode != "input":
        assert theirs.get_output("1") == {"of": "theirs"}
    theirs.cleanup("1")
    assert not transport.contains("input:calc:1")
    # The id is free for both again.
    assert ours.put_input(LARGE, "1")
    ours.cleanup("1")
    assert transport.keys("input:") == []
    ours.close()
    theirs.close()


def test_an_id_put_twice_is_still_ours(transport: LMDBTransport, exchange: LMDBDataExchange) -> None:
    assert exchange.put_input(LARGE, "1")
    assert exchange.put_input(LARGE, "1") is None
    transport.put("output:calc:1", [1])
    assert exchange.get_output("1") == [1]
    exchange.cleanup("1")
    assert transport.keys() == []


def test_ids_are_remembered_in_bounded_memory(exchange: LMDBDataExchange) -> None:
    for number in range(10_000):
        assert exchange.put_input({"_lmdb_ref": True}, str(number)) is None
    assert len(exchange._ledger._put) < 5000
    assert exchange.get_output("9999") is None


class Hostile(dict[str, Any]):
    """A payload of somebody's class, whose every method fails."""

    def _fail(self, *_: object) -> Any:
        raise RuntimeError("hostile")

    __len__ = __iter__ = __contains__ = __getitem__ = _fail
    get = keys = values = items = _fail


class HostileSize:
    @property
    def nbytes(self) -> int:
        raise RuntimeError("hostile")


class HostileMapping(Mapping[str, Any]):
    def __getitem__(self, key: str) -> Any:
        raise RuntimeError("hostile")

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("hostile")

    def __len__(self) -> int:
        raise RuntimeError("hostile")


@pytest.mark.parametrize("make", [Hostile, HostileSize, HostileMapping])
@pytest.mark.parametrize("mode", ["input", "output", "both", "reference"])
def test_payloads_whose_methods_fail_are_passed_directly(transport: LMDBTransport, mode: str, make: Any) -> None:
    exchange = in_mode(transport, mode)
    thing = make()
    assert not exchange.should_use_lmdb(thing)
    assert exchange.put_input(thing, "1") is None
    exchange.cleanup("1")
    exchange.close()
    config = settings(transport.get_db_path(), mode)
    got = []
    calculator = wrap_with_lmdb(lambda data: got.append(data) or data, config, "calc")
    logging.getLogger("core.lmdb").setLevel(logging.DEBUG)
    try:
        result = calculator.calculate(thing)
    finally:
        logging.getLogger("core.lmdb").setLevel(logging.NOTSET)
    assert result is thing or mode == "output"
    assert len(got) == 1
    calculator.close()


def test_payloads_that_cannot_be_stored_are_passed_directly(exchange: LMDBDataExchange) -> None:
    assert exchange.put_input({"values": [object()] * 2000}, "1") is None
