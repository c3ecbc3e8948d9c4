"""What is counted of a calculator's calls, and the slow ones, as every process sees them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import time
from typing import Any

import pytest
from conftest import Run
from wrapping import EXPECTED, LARGE, Direct, Seeing, Writer, double

from dishtayantra_lmdb import LMDBCalculatorMixin, LMDBConfig, LMDBTransport, wrap_with_lmdb

SMALL = {"values": [1, 2], "name": "x"}
COUNTS = ("through_store", "direct", "repeated", "refused", "failed")


def counted(info: dict[str, Any]) -> tuple[int, ...]:
    return tuple(info[name] for name in COUNTS)


def test_calls_are_counted_by_their_route(config: dict[str, Any]) -> None:
    wrapped = wrap_with_lmdb(Writer(), config, "writer")
    for _ in range(20):
        assert wrapped.calculate(LARGE) == EXPECTED
    for _ in range(3):
        wrapped.calculate(SMALL)
    calls = wrapped.get_lmdb_info()["calls"]
    assert calls["name"] == "writer"
    assert counted(calls) == (20, 3, 0, 0, 0)
    assert calls["bytes_in"] > 20 * 6000
    assert calls["bytes_out"] > 20 * 6000
    assert calls["last_error"] is None
    us = calls["us"]
    assert us["call"]["count"] == sum(us["call"]["buckets"]) == 20
    # The first of sixteen has its steps timed.
    for step in ("store", "calculate", "take"):
        assert us[step]["count"] == 2
    assert us["call"]["total_us"] > 0
    assert "20 calls through the store, 3 direct, 0 repeated, 0 refused" in repr(wrapped)
    wrapped.close()
    assert wrapped.get_lmdb_info()["calls"] == {}
    assert "no store" in repr(wrapped)


@pytest.mark.parametrize("mode", ["input", "output", "both", "reference"])
@pytest.mark.parametrize("debug", [False, True])
def test_every_way_to_call_counts_once(
    config: dict[str, Any], mode: str, debug: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG if debug else logging.WARNING, "core.lmdb")
    wrapped = wrap_with_lmdb(Direct(), {**config, "lmdb_exchange_mode": mode}, "direct")
    for payload in (LARGE, SMALL, [LARGE, SMALL], "text"):
        with contextlib.suppress(AttributeError, TypeError, KeyError):
            wrapped.calculate(payload)
    calls = wrapped.get_lmdb_info()["calls"]
    assert calls["through_store"] + calls["direct"] == 4
    assert calls["refused"] == 0


class Slow(LMDBCalculatorMixin):
    """Takes 60 ms, and writes its output when it is asked to."""

    def calculate(self, data: Any) -> Any:
        time.sleep(0.06)
        if "_lmdb_output_key" not in data:
            return {"values": (self.lmdb_read_input() if "_lmdb_ref" in data else data)["values"]}
        payload = self.lmdb_read_input() if "_lmdb_ref" in data else data
        self.lmdb_write_output({"values": payload["values"]})
        return {"_lmdb_output_written": True}


@pytest.mark.parametrize("mode", ["input", "output", "both", "reference"])
def test_slow_calls_are_kept_in_every_mode_and_along_a_chain(
    config: dict[str, Any], store_path: str, mode: str
) -> None:
    made = {**config, "lmdb_exchange_mode": mode, "lmdb_slow_ms": 50}
    nodes = [wrap_with_lmdb(Slow(), made, f"slow-{mode}-{at}") for at in range(2)]
    value: Any = LARGE
    for node in nodes:
        value = node.calculate(value)
        us = node.get_lmdb_info()["calls"]["us"]
        assert us["call"]["count"] == us["calculate"]["count"] == 1
    with LMDBTransport(LMDBConfig(db_path=store_path)) as transport:
        kept = {call["calculator"]: call for call in transport.calls()["slow_calls"]}
    for node in nodes:
        assert kept[node.calculator_name]["step"] == "calculate"
        assert kept[node.calculator_name]["us"] >= 50_000
        assert kept[node.calculator_name]["key"]


@pytest.mark.parametrize("mode", ["output", "reference"])
def test_a_slow_call_that_fails_is_kept_too(config: dict[str, Any], store_path: str, mode: str) -> None:
    made = {**config, "lmdb_exchange_mode": mode, "lmdb_slow_ms": 50}

    class Failing(LMDBCalculatorMixin):
        def calculate(self, data: Any) -> Any:
            if "_lmdb_ref" in data:
                self.lmdb_read_input()
            time.sleep(0.06)
            raise ValueError("no result")

    value = wrap_with_lmdb(Writer(), made, "first").calculate(LARGE)
    failing = wrap_with_lmdb(Failing(), made, "failing")
    with pytest.raises(ValueError, match="no result"):
        failing.calculate(value)
    calls = failing.get_lmdb_info()["calls"]
    assert calls["failed"] == 1
    with LMDBTransport(LMDBConfig(db_path=store_path)) as transport:
        assert "failing" in {call["calculator"] for call in transport.calls()["slow_calls"]}


def test_merged_references_count_once(config: dict[str, Any]) -> None:
    first = wrap_with_lmdb(Writer(), {**config, "lmdb_exchange_mode": "reference"}, "first")
    reference = first.calculate(LARGE)
    assert reference["_lmdb_ref"]
    second = wrap_with_lmdb(Seeing(lambda data: {"seen": len(data)}), config, "second")
    second.calculate({"parent": reference, "x": 1})
    calls = second.get_lmdb_info()["calls"]
    assert calls["through_store"] + calls["direct"] == 1
    third = wrap_with_lmdb(Writer(), {**config, "lmdb_exchange_mode": "reference"}, "third")
    first_of_chain = wrap_with_lmdb(
        Seeing(lambda data: {"values": [1] * 3000, "name": "x"}), {**config, "lmdb_exchange_mode": "reference"}, "x"
    )
    third.calculate(first_of_chain.calculate(LARGE))
    assert counted(third.get_lmdb_info()["calls"])[:3] == (1, 0, 0)


def test_calculators_that_ignore_references_are_repeated(config: dict[str, Any]) -> None:
    wrapped = wrap_with_lmdb(Seeing(double), config, "ignoring")
    for _ in range(3):
        assert wrapped.calculate(LARGE) == EXPECTED
    assert counted(wrapped.get_lmdb_info()["calls"]) == (1, 2, 1, 0, 0)


@pytest.mark.parametrize("debug", [False, True])
def test_what_cannot_be_stored_is_refused(
    config: dict[str, Any], debug: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG if debug else logging.WARNING, "core.lmdb")
    wrapped = wrap_with_lmdb(Seeing(lambda data: {"ok": True}), config, "refusing")
    assert wrapped.calculate({**LARGE, "it": object()}) == {"ok": True}
    calls = wrapped.get_lmdb_info()["calls"]
    assert counted(calls)[0] == 0
    assert calls["refused"] == 1
    assert "object" in calls["last_error"]["message"]
    assert abs(calls["last_error"]["at_ns"] / 1e9 - time.time()) < 60


def test_a_full_store_refuses(config: dict[str, Any]) -> None:
    wrapped = wrap_with_lmdb(Seeing(lambda data: {"ok": True}), {**config, "lmdb_map_size": 4 << 20}, "full")
    assert wrapped.calculate({"it": bytes(64 << 20)}) == {"ok": True}
    calls = wrapped.get_lmdb_info()["calls"]
    assert calls["refused"] == 1
    assert calls["last_error"]["status"] != 0


def test_failures_of_a_calculator_are_counted(config: dict[str, Any]) -> None:
    class Failing(Direct):
        def calculate(self, data: Any) -> Any:
            self.lmdb_read_input()
            raise ConnectionError("broken")

    wrapped = wrap_with_lmdb(Failing(), config, "failing")
    with pytest.raises(ConnectionError):
        wrapped.calculate(LARGE)
    assert counted(wrapped.get_lmdb_info()["calls"]) == (1, 0, 0, 0, 1)


def test_other_processes_read_and_add(config: dict[str, Any], store_path: str, run: Run) -> None:
    source = """
        import json, sys
        from dishtayantra_lmdb import LMDBCalculatorMixin, LMDBConfig, LMDBTransport, wrap_with_lmdb
        class Direct(LMDBCalculatorMixin):
            def calculate(self, data):
                return {"n": len(self.lmdb_read_input())}
        wrapped = wrap_with_lmdb(Direct(), json.loads(sys.argv[1]), "shared")
        for _ in range(5): wrapped.calculate({"values": list(range(3000))})
        with LMDBTransport(LMDBConfig(db_path=sys.argv[2])) as transport:
            print(json.dumps(transport.calls()))
        """
    wrapped = wrap_with_lmdb(Direct(), config, "shared")
    for _ in range(7):
        wrapped.calculate(LARGE)
    told = json.loads(run(source, json.dumps(config), store_path).stdout)
    assert [(row["name"], row["through_store"]) for row in told["calculators"]] == [("shared", 12)]
    assert len(told["bucket_bounds_us"]) + 1 == len(told["calculators"][0]["us"]["call"]["buckets"])
    with LMDBTransport(LMDBConfig(db_path=store_path)) as transport:
        stats = transport.stats()["calls"]
        assert stats["calculators"][0]["through_store"] == 12
        assert transport.get_info()["stats"]["calls"]["calculators"][0]["name"] == "shared"


def test_slow_calls_are_kept_with_their_step(config: dict[str, Any], store_path: str) -> None:
    class Slow(Direct):
        def calculate(self, data: Any) -> Any:
            time.sleep(0.1)
            return super().calculate(data)

    wrapped = wrap_with_lmdb(Slow(), {**config, "lmdb_slow_ms": 50}, "slow")
    wrapped.calculate(SMALL)
    wrapped.calculate(LARGE)
    wrapped.calculate(LARGE)
    quick = wrap_with_lmdb(Direct(), {**config, "lmdb_slow_ms": 60_000}, "quick")
    quick.calculate(LARGE)
    with LMDBTransport(LMDBConfig(db_path=store_path)) as transport:
        told = transport.calls()
    assert told["slow_calls_ever"] == 3
    calls = told["slow_calls"]
    assert [call["route"] for call in calls] == ["store", "store", "direct"]
    for call in calls:
        assert (call["calculator"], call["pid"], call["step"]) == ("slow", os.getpid(), "calculate")
        assert 50_000 <= call["step_us"] <= call["us"]
        assert abs(call["ended_ns"] / 1e9 - time.time()) < 60
    assert calls[0]["key"].startswith("input:slow:")
    assert calls[2]["key"] == ""


def test_the_last_256_slow_calls_are_kept(config: dict[str, Any], store_path: str) -> None:
    wrapped = wrap_with_lmdb(Direct(), {**config, "lmdb_slow_ms": 0}, "n" * 150)
    for _ in range(300):
        wrapped.calculate(LARGE)
    with LMDBTransport(LMDBConfig(db_path=store_path)) as transport:
        calls = transport.calls()["slow_calls"]
    assert [call["number"] for call in calls] == list(range(299, 43, -1))
    # Names are kept from their start, keys up to their end.
    assert {call["calculator"] for call in calls} == {"n" * 93 + "…"}
    assert {len(call["key"]) for call in calls} == {80}


def test_more_calculators_than_rows_share_the_last(config: dict[str, Any], store_path: str) -> None:
    for number in range(70):
        wrapped = wrap_with_lmdb(Direct(), config, f"calculator {number}")
        wrapped.calculate(LARGE)
        wrapped.close()
    with LMDBTransport(LMDBConfig(db_path=store_path)) as transport:
        rows = transport.calls()["calculators"]
    assert [row["name"] for row in rows] == [*(f"calculator {n}" for n in range(63)), "(others)"]
    assert rows[-1]["through_store"] == 7


def test_awaited_calls_are_counted(config: dict[str, Any]) -> None:
    class Later(Direct):
        async def calculate(self, data: Any) -> Any:
            await asyncio.sleep(0)
            return double(self.lmdb_read_input())

    wrapped = wrap_with_lmdb(Later(), config, "later")

    async def work() -> Any:
        return await wrapped.calculate(LARGE)

    assert asyncio.run(work()) == EXPECTED
    calls = wrapped.get_lmdb_info()["calls"]
    assert counted(calls) == (1, 0, 0, 0, 0)
    assert calls["us"]["call"]["count"] == 1


def test_debug_lines_tell_the_true_size(config: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "core.lmdb")
    wrapped = wrap_with_lmdb(Seeing(lambda data: {"ok": True}), {**config, "lmdb_min_size": 100_000}, "told")
    wrapped.calculate({"it": b"x" * 50_000})
    line = next(line for line in caplog.messages if "route=direct" in line)
    assert int(line.partition("bytes=")[2].split()[0]) >= 50_000


@pytest.mark.parametrize("ttl", [0, 20, 300, 3600])
@pytest.mark.parametrize("checksum", [False, True])
def test_outputs_live_as_long_as_inputs_and_have_their_checksum(
    config: dict[str, Any], store_path: str, ttl: int, checksum: bool
) -> None:
    made = {**config, "lmdb_exchange_mode": "reference", "lmdb_ttl": ttl, "lmdb_checksum": checksum}
    result = wrap_with_lmdb(Writer(), made, "writer").calculate(LARGE)
    with LMDBTransport(LMDBConfig(db_path=store_path)) as transport:
        _, envelope = transport.get_raw(result["_lmdb_input_key"])
    assert envelope.ttl == ttl
    assert bool(envelope.checksum) == checksum
