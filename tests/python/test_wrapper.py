"""Wrapped calculators: what travels in which mode; no answer is wrong or waited for in vain."""

from __future__ import annotations

import copy
import logging
import threading
import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from wrapping import EXPECTED, LARGE, MODES, Direct, Seeing, Writer, double, is_double, value_of, wrapped

from dishtayantra_lmdb import (
    CorruptError,
    LMDBCalculatorMixin,
    LMDBEnabledCalculator,
    LMDBTimeoutError,
    LMDBTransport,
    wrap_with_lmdb,
)


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


def test_not_enabled_is_the_calculator_itself(store_path: str) -> None:
    inner = Seeing(double)
    others: list[dict[str, Any]] = [
        {},
        {"lmdb_enabled": False},
        {"lmdb_enabled": False, "enabled": True},
        {"enabled": False},
        {"enabled": "by somebody else"},
        {"lmdb_db_path": store_path},
    ]
    for config in others:
        assert wrap_with_lmdb(inner, config, "calc") is inner


def test_the_bare_name_enables_too(store_path: str) -> None:
    calculator = wrap_with_lmdb(Seeing(double), {"enabled": True, "db_path": store_path}, "calc")
    assert isinstance(calculator, LMDBEnabledCalculator)
    assert calculator.is_lmdb_enabled()
    assert calculator.config.db_path == store_path
    calculator.close()


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
