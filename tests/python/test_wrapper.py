"""Wrapped calculators: what travels in which mode; no answer is wrong or waited for in vain."""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conftest import MAP_SIZE

from dishtayantra_lmdb import (
    CorruptError,
    EntryNotFoundError,
    LMDBCalculatorMixin,
    LMDBEnabledCalculator,
    LMDBTimeoutError,
    LMDBTransport,
    wrap_with_lmdb,
)

MODES = ["input", "output", "both", "reference"]
LARGE = {"values": list(range(3000)), "name": "x"}
EXPECTED = {"doubled": [2 * value for value in range(3000)], "name": "x"}


class Seeing:
    """A calculator that remembers what it got."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.answer = answer
        self.got: list[Any] = []

    def calculate(self, data: Any) -> Any:
        self.got.append(data)
        return self.answer(data)

    def details(self) -> dict[str, Any]:
        return {"calls": len(self.got)}

    @property
    def references(self) -> int:
        return sum(isinstance(data, dict) and "_lmdb_ref" in data for data in self.got)


def double(data: Any) -> Any:
    return {"doubled": [2 * value for value in data["values"]], "name": data["name"]}


class Writer(LMDBCalculatorMixin):
    """Reads its input where it is and writes its output when it is asked to."""

    def calculate(self, data: Any) -> Any:
        payload = self.lmdb_read_input() if data.get("_lmdb_ref") else data
        result = double(payload)
        if "_lmdb_output_key" in data and self.lmdb_write_output(result):
            return {"_lmdb_output_written": True, "_txn_id": data["_txn_id"]}
        return result


class Direct(LMDBCalculatorMixin):
    """Reads its input where it is and returns the result."""

    def calculate(self, data: Any) -> Any:
        return double(self.lmdb_read_input() if data.get("_lmdb_ref") else data)


def wrapped(transport: LMDBTransport, inner: Any, mode: str = "both", **more: Any) -> Any:
    config = {
        "lmdb_enabled": True,
        "lmdb_db_path": transport.get_db_path(),
        "lmdb_map_size": MAP_SIZE,
        "lmdb_exchange_mode": mode,
        "lmdb_wait_timeout": 30_000,
        **more,
    }
    return wrap_with_lmdb(inner, config, "calc")


def value_of(transport: LMDBTransport, result: Any) -> Any:
    return transport.resolve(result) if result.get("_lmdb_ref") else result


def is_double(transport: LMDBTransport, data: Any) -> Any:
    """Doubles what a reference names, read through a transport of its own."""
    return double(transport.resolve(data) if data.get("_lmdb_ref") else data)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", [Writer, Direct, "knows nothing", "callable", "resolves"])
@pytest.mark.parametrize("data", [LARGE, {"values": [1], "name": "y"}], ids=["large", "small"])
def test_the_result_is_right_whatever_the_calculator_knows(
    transport: LMDBTransport, mode: str, kind: Any, data: Any
) -> None:
    inner: Any
    if kind == "knows nothing":
        inner = Seeing(double)
    elif kind == "callable":
        inner = double
    elif kind == "resolves":
        inner = Seeing(lambda payload: is_double(transport, payload))
    else:
        inner = kind()
    calculator = wrapped(transport, inner, mode)
    for _ in range(3):
        began = time.monotonic()
        result = calculator.calculate(copy.deepcopy(data))
        assert time.monotonic() - began < 20
        assert value_of(transport, result) == double(data)
        assert type(value_of(transport, result)) is dict
    if mode != "reference":
        assert transport.keys() == []
    else:
        assert all(key.startswith("output:") for key in transport.keys())  # noqa: SIM118
    calculator.close()


@pytest.mark.parametrize("mode", MODES)
def test_what_the_calculator_gets(transport: LMDBTransport, mode: str) -> None:
    seen: list[Any] = []

    def calculate(data: Any) -> Any:
        seen.append(dict(data))
        return is_double(transport, data)

    calculator = wrapped(transport, calculate, mode)
    calculator.calculate(LARGE)
    (message,) = seen
    assert message["_lmdb_db_path"] == transport.get_db_path()
    assert (message["_lmdb_db_name"], message["_lmdb_format"]) == ("default", "msgpack")
    txn_id = message["_txn_id"]
    if mode == "output":
        assert "_lmdb_ref" not in message
        assert message["values"] == LARGE["values"]
        assert "_lmdb_output_key" not in LARGE
    else:
        assert message["_lmdb_ref"] is True
        assert "values" not in message
        assert message["_lmdb_input_key"] == f"input:calc:{txn_id}"
    if mode == "input":
        assert "_lmdb_output_key" not in message
    else:
        assert message["_lmdb_output_key"] == f"output:calc:{txn_id}"
    calculator.close()


@pytest.mark.parametrize("mode", ["input", "both", "reference"])
@pytest.mark.parametrize("fails", [False, True])
def test_a_calculator_that_ignores_references_is_noticed_once(
    transport: LMDBTransport, mode: str, fails: bool, caplog: pytest.LogCaptureFixture
) -> None:
    # Failing on the reference is as likely as computing something from it.
    inner = Seeing(double if fails else lambda data: {"count": len(data)})
    calculator = wrapped(transport, inner, mode)
    with caplog.at_level(logging.WARNING, "core.lmdb"):
        for _ in range(3):
            result = calculator.calculate(LARGE)
            assert value_of(transport, result) == (EXPECTED if fails else {"count": 2})
    assert inner.references == 1
    assert len(inner.got) == 4
    assert len(caplog.records) == 1
    assert "calc" in caplog.text
    calculator.close()


def test_a_calculator_that_opens_its_input_and_fails(transport: LMDBTransport) -> None:
    class Failing(LMDBCalculatorMixin):
        calls = 0

        def calculate(self, data: Any) -> Any:
            self.calls += 1
            self.lmdb_read_input()
            raise ArithmeticError("no result")

    inner = Failing()
    calculator = wrapped(transport, inner)
    with pytest.raises(ArithmeticError, match="no result"):
        calculator.calculate(LARGE)
    assert inner.calls == 1
    assert transport.keys() == []
    calculator.close()


def test_an_output_that_comes_later_is_waited_for(transport: LMDBTransport) -> None:
    def calculate(data: Any) -> None:
        payload = transport.resolve(data)
        output = data["_lmdb_output_key"]
        threading.Timer(0.3, lambda: transport.put(output, double(payload))).start()

    calculator = wrapped(transport, calculate)
    assert calculator.calculate(LARGE) == EXPECTED
    calculator.close()


@pytest.mark.parametrize("answer", [None, {"_lmdb_output_written": True}])
def test_an_output_that_never_comes(transport: LMDBTransport, answer: Any) -> None:
    def calculate(data: Any) -> Any:
        transport.resolve(data)
        return answer

    calculator = wrapped(transport, calculate, lmdb_wait_timeout=100)
    with pytest.raises(LMDBTimeoutError, match=r"100 ms.*lmdb_wait_timeout"):
        calculator.calculate(LARGE)
    assert transport.keys() == []
    calculator.close()


def test_an_answer_that_claims_an_output_nobody_asked_for(transport: LMDBTransport) -> None:
    calculator = wrapped(transport, lambda data: {"_lmdb_output_written": True})
    with pytest.raises(CorruptError, match="calc"):
        calculator.calculate({"small": 1})
    calculator.close()


def test_names_of_the_protocol_are_stripped(transport: LMDBTransport) -> None:
    answer = {"a": 1, "_lmdb_anything": 2, "_txn_id": "3", 5: 6, "_other": 7}
    for data in (LARGE, {"a": 1}):
        calculator = wrapped(transport, lambda _: dict(answer), "output")
        assert calculator.calculate(data) == {"a": 1, 5: 6, "_other": 7}
        calculator.close()


@pytest.mark.parametrize("wanted", ["numpy", "arrow", "raw", "msgpack", "json"])
def test_results_have_the_type_of_direct_answers(transport: LMDBTransport, wanted: str) -> None:
    values: dict[str, Any] = {
        "numpy": np.arange(5000.0),
        "arrow": pa.table({"x": np.arange(5000)}),
        "raw": b"x" * 5000,
        "msgpack": {"a": [1] * 5000, "b": "text"},
        "json": {"a": [1] * 5000, "b": "text"},
    }
    value = values[wanted]

    def echo(data: Any) -> Any:
        if not (isinstance(data, dict) and data.get("_lmdb_ref")):
            return data
        transport.put(data["_lmdb_output_key"], transport.resolve(data), format=wanted)
        return {"_lmdb_output_written": True}

    calculator = wrapped(transport, echo, lmdb_data_format=wanted)
    direct, exchanged = echo(value), calculator.calculate(value)
    assert type(direct) is type(exchanged)
    if wanted == "numpy":
        np.testing.assert_array_equal(direct, exchanged)
        assert not exchanged.flags.writeable
    else:
        assert direct == exchanged
        assert copy.deepcopy(exchanged) == direct
    calculator.close()


def test_materialised_results_are_copies(transport: LMDBTransport) -> None:
    class Echo(LMDBCalculatorMixin):
        def calculate(self, data: Any) -> Any:
            self.lmdb_write_output(self.lmdb_read_input())
            return {"_lmdb_output_written": True}

    settings = {"lmdb_data_format": "numpy", "lmdb_materialise": True}
    calculator = wrapped(transport, Echo(), **settings)
    result = calculator.calculate(np.arange(5000.0))
    result[0] = 7
    assert transport.stats()["pins"] == []
    calculator.close()


def test_a_chain_of_references_copies_nothing(transport: LMDBTransport) -> None:
    class Making(LMDBCalculatorMixin):
        def calculate(self, data: Any) -> Any:
            self.lmdb_write_output(self.lmdb_read_input() * 2, format="numpy")
            return {"_lmdb_output_written": True}

    nodes = [
        wrapped(transport, Making(), "reference", lmdb_data_format="numpy"),
        wrapped(transport, Making(), "reference", lmdb_data_format="numpy"),
        wrapped(transport, Making(), "reference", lmdb_data_format="numpy"),
    ]
    result: Any = np.arange(10_000.0)
    offsets = []
    for node in nodes:
        result = node.calculate(result)
        assert result["_lmdb_ref"] is True
        assert result["_lmdb_input_key"].startswith("output:calc:")
        with transport.view(result["_lmdb_input_key"]) as view:
            offsets.append(view.file_offset)
    assert transport.resolve(result)[-1] == 9999 * 8
    assert len(set(offsets)) == 3
    assert len(transport.keys()) == 3
    last = wrapped(transport, Writing(), "both", lmdb_data_format="numpy")
    assert last.calculate(result) == {"last": 9999.0 * 8}
    assert len(transport.keys()) == 3
    for node in (*nodes, last):
        node.close()


class Writing(LMDBCalculatorMixin):
    def calculate(self, data: Any) -> Any:
        self.lmdb_write_output({"last": float(self.lmdb_read_input()[-1])})
        return {"_lmdb_output_written": True}


@pytest.mark.parametrize("kind", ["ignores", "fails on it", "returns nothing", Direct, "resolves"])
@pytest.mark.parametrize("mode", MODES)
def test_a_chained_reference_is_never_computed_on(transport: LMDBTransport, mode: str, kind: Any) -> None:
    first = wrapped(transport, Direct(), "reference", lmdb_min_size=1)
    inner: Any
    expected: Any = {"count": 2}
    if kind == "ignores":
        inner = Seeing(lambda data: {"count": len([key for key in data if key[0] != "_"])})
    elif kind == "fails on it":
        inner = Seeing(lambda data: {"count": len(data["doubled"]) - 2998})
    elif kind == "returns nothing":
        inner, expected = Seeing(lambda data: None), None
    elif kind is Direct:
        inner = Seeing(lambda data: {"count": len(_read(transport, data)["doubled"]) - 2998})
    else:
        inner = Seeing(lambda data: {"count": len(transport.resolve(data)) if "_lmdb_ref" in data else 2})
    second = wrapped(transport, inner, mode)
    for _ in range(3):
        reference = first.calculate(LARGE)
        assert reference["_lmdb_ref"]
        # Somebody else has opened the input already.
        assert transport.resolve(reference) == EXPECTED
        began = time.monotonic()
        assert second.calculate(reference) == expected
        assert time.monotonic() - began < 20
    first.close()
    second.close()


def _read(transport: LMDBTransport, data: Any) -> Any:
    return transport.get(data["_lmdb_input_key"]) if "_lmdb_ref" in data else data


def test_a_calculator_proven_once_gets_chained_references_as_they_are(
    transport: LMDBTransport,
) -> None:
    inner = Seeing(lambda data: {"n": len(_read(transport, data)["doubled"])})
    first = wrapped(transport, Direct(), "reference")
    second = wrapped(transport, inner, "both")
    reference = first.calculate(LARGE)
    for _ in range(3):
        assert second.calculate(reference) == {"n": 3000}
    keys = [data["_lmdb_input_key"] for data in inner.got]
    assert keys.count(reference["_lmdb_input_key"]) == 3
    assert len(keys) == 4
    assert transport.contains(reference["_lmdb_input_key"])
    first.close()
    second.close()


@pytest.mark.parametrize("mode", MODES)
def test_a_reference_whose_input_is_gone_raises(transport: LMDBTransport, mode: str) -> None:
    first = wrapped(transport, Direct(), "reference")
    reference = first.calculate(LARGE)
    transport.delete(reference["_lmdb_input_key"])
    for inner in (Direct(), Seeing(double), Seeing(lambda data: {"count": len(data)})):
        second = wrapped(transport, inner, mode)
        with pytest.raises(EntryNotFoundError, match="missing or expired"):
            second.calculate(reference)
        second.close()
    first.close()


def test_a_reference_to_another_store_is_resolved(transport: LMDBTransport, tmp_path: Any) -> None:
    config = {
        "lmdb_enabled": True,
        "lmdb_db_path": str(tmp_path / "other"),
        "lmdb_map_size": MAP_SIZE,
        "lmdb_exchange_mode": "reference",
        "lmdb_db_name": "theirs",
    }
    first = wrap_with_lmdb(Direct(), config, "first")
    second = wrapped(transport, Seeing(lambda data: {"n": len(_read(transport, data)["doubled"])}))
    assert second.calculate(first.calculate(LARGE)) == {"n": 3000}
    first.close()
    second.close()


def test_a_reference_to_another_database_of_the_store(transport: LMDBTransport) -> None:
    first = wrapped(transport, Direct(), "reference", lmdb_db_name="theirs")
    second = wrapped(transport, Direct2(), "both", lmdb_db_name="ours")
    assert second.calculate(first.calculate(LARGE)) == {"n": 3000}
    assert transport.keys(db_name="ours") == []
    first.close()
    second.close()


class Direct2(LMDBCalculatorMixin):
    def calculate(self, data: Any) -> Any:
        self.lmdb_write_output({"n": len(self.lmdb_read_input()["doubled"])})
        return {"_lmdb_output_written": True}


def test_an_answer_that_is_a_reference(transport: LMDBTransport) -> None:
    transport.put("elsewhere", {"a": [1] * 1000})
    answer = {
        "_lmdb_ref": True,
        "_lmdb_input_key": "elsewhere",
        "_lmdb_db_path": transport.get_db_path(),
        "_lmdb_db_name": "default",
    }
    for mode in ("output", "both", "reference"):
        calculator = wrapped(transport, lambda data: dict(answer), mode)
        result = calculator.calculate({"small": 1})
        assert result == (answer if mode == "reference" else {"a": [1] * 1000})
        calculator.close()


def test_an_input_passed_on_by_reference_is_kept(transport: LMDBTransport) -> None:
    def calculate(data: Any) -> Any:
        transport.resolve(data)
        return {key: value for key, value in data.items() if key != "_lmdb_output_key"}

    calculator = wrapped(transport, calculate, "reference")
    result = calculator.calculate(LARGE)
    assert transport.resolve(result) == LARGE
    calculator.close()


def test_a_full_store_does_not_fail_a_calculation(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    config = {
        "lmdb_enabled": True,
        "lmdb_db_path": str(tmp_path / "small"),
        "lmdb_map_size": 4 << 20,
        "lmdb_prefault": 0,
    }
    inner = Seeing(lambda data: {"size": len(data["blob"])})
    calculator = wrap_with_lmdb(inner, config, "calc")
    with caplog.at_level(logging.DEBUG, "core.lmdb"):
        for _ in range(3):
            assert calculator.calculate({"blob": b"x" * (8 << 20)}) == {"size": 8 << 20}
    assert inner.references == 0
    complaints = [record.levelno for record in caplog.records if "cannot store" in record.getMessage()]
    assert complaints == [logging.ERROR, logging.DEBUG, logging.DEBUG]
    calculator.close()


def test_a_store_that_cannot_be_opened_does_not_fail_a_calculation(
    tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    for mode in MODES:
        config = {
            "lmdb_enabled": True,
            "lmdb_db_path": str(tmp_path / "file" / "store"),
            "lmdb_exchange_mode": mode,
        }
        caplog.clear()
        with caplog.at_level(logging.ERROR, "core.lmdb"):
            calculator = wrap_with_lmdb(double, config, "calc")
            for _ in range(3):
                assert calculator.calculate(LARGE) == EXPECTED
        assert len(caplog.records) == 1
        assert not calculator.is_lmdb_enabled()
        calculator.close()


def test_a_payload_that_cannot_be_stored_is_passed_directly(transport: LMDBTransport) -> None:
    thing = object()
    calculator = wrapped(transport, lambda data: {"same": data["thing"] is thing})
    assert calculator.calculate({"thing": thing, "blob": "x" * 5000}) == {"same": True}
    calculator.close()


def test_a_store_closed_in_between_does_not_fail_a_calculation(transport: LMDBTransport) -> None:
    inner = Seeing(lambda data: {"n": len(data.get("values", ()))})
    calculator = wrapped(transport, inner)

    def closing(data: Any) -> Any:
        calculator.exchange._native.close()
        return {"n": 0} if "_lmdb_ref" in data else {"n": len(data["values"])}

    inner.answer = closing
    assert calculator.calculate(LARGE) == {"n": 3000}


def test_not_enabled_is_the_calculator_itself(store_path: str) -> None:
    inner = Seeing(double)
    for config in ({}, {"lmdb_enabled": False}, {"enabled": True}, {"lmdb_db_path": store_path}):
        assert wrap_with_lmdb(inner, config, "calc") is inner


def test_attributes_and_lifecycle_are_the_calculators(transport: LMDBTransport) -> None:
    class Inner(Seeing):
        name = "inner name"
        opened = closed = 0

        def initialize(self) -> bool:
            self.opened += 1
            return True

        def close(self) -> None:
            self.closed += 1

    inner = Inner(double)
    calculator = wrapped(transport, inner)
    assert isinstance(calculator, LMDBEnabledCalculator)
    assert calculator.inner is inner
    assert calculator.calculator_name == "calc"
    assert calculator.details() == {"calls": 0}
    assert calculator.name == "inner name"
    assert calculator.config.enabled
    assert calculator.exchange.calculator_name == "calc"
    assert calculator.is_lmdb_enabled()
    assert calculator.get_lmdb_info()["enabled"]
    with pytest.raises(AttributeError, match="nothing"):
        _ = calculator.nothing
    again = copy.deepcopy(wrapped(transport, double))
    assert again.calculate(LARGE) == EXPECTED
    calculator.close()
    assert (inner.opened, inner.closed) == (1, 1)
    assert not calculator.is_lmdb_enabled()


def test_the_dict_that_came_is_not_changed(transport: LMDBTransport) -> None:
    for mode in MODES:
        data = copy.deepcopy(LARGE)
        wrapped(transport, Writer(), mode).calculate(data)
        assert data == LARGE


def test_many_threads_in_every_mode(transport: LMDBTransport) -> None:
    failures: list[Any] = []
    for mode in MODES:
        calculator = wrapped(transport, Writer(), mode)

        def work(number: int, calculator: Any = calculator) -> None:
            for _ in range(15):
                data = {"values": [number] * 1500, "name": str(number)}
                try:
                    result = value_of(transport, calculator.calculate(data))
                    if result != double(data):
                        failures.append(result)
                except Exception as error:
                    failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        calculator.close()
    assert failures == []
    transport.audit()


def test_debug_lines_tell_route_key_bytes_and_time(transport: LMDBTransport, caplog: pytest.LogCaptureFixture) -> None:
    calculator = wrapped(transport, Writer())
    with caplog.at_level(logging.DEBUG, "core.lmdb"):
        calculator.calculate(LARGE)
        calculator.calculate({"values": [1], "name": "x"})
    lines = [record.getMessage() for record in caplog.records]
    for route, key in (("input", "input:calc:"), ("output", "output:calc:"), ("direct", "")):
        (line,) = [line for line in lines if f"route={route} " in line]
        assert "calculator=calc" in line
        assert "bytes=" in line
        assert "us=" in line
        assert key in line
    calculator.close()
