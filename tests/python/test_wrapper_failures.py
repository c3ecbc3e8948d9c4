"""A calculation never fails because the exchange did."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import MAP_SIZE
from wrapping import EXPECTED, LARGE, MODES, Direct, Seeing, Writer, double, is_double, value_of, wrapped

from dishtayantra_lmdb import (
    LMDBTransport,
    wrap_with_lmdb,
)


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


@pytest.mark.parametrize("mode", MODES)
def test_what_is_nested_too_deep_is_passed_directly(
    transport: LMDBTransport, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    deep: list[Any] = ["x" * 5000]
    for _ in range(600):
        deep = [deep]
    inner = Seeing(lambda data: {"deep": data["deep"]})
    calculator = wrapped(transport, inner, mode)
    result = calculator.calculate({"deep": deep})
    assert result["deep"] is deep
    assert inner.references == 0
    if mode != "output":
        assert "nested deeper than 512 levels" in caplog.text
    calculator.close()


@pytest.mark.parametrize("known", [False, True], ids=["first call", "known to open references"])
def test_a_failure_that_passes_is_no_ignorance_of_references(transport: LMDBTransport, known: bool) -> None:
    failing: list[Exception] = []

    class Moody(Direct):
        def calculate(self, data: Any) -> Any:
            if failing:
                raise failing.pop()
            return super().calculate(data)

    inner = Moody()
    calculator = wrapped(transport, inner)
    if known:
        assert calculator.calculate(LARGE) == EXPECTED
    failing.append(RuntimeError("not today") if known else ConnectionResetError("gone"))
    with pytest.raises((RuntimeError, ConnectionResetError)):
        calculator.calculate(LARGE)
    assert not failing
    assert not calculator.exchange.ignored
    assert calculator.calculate(LARGE) == EXPECTED
    assert not calculator.exchange.ignored


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
        calculator.exchange._handle.close()
        return {"n": 0} if "_lmdb_ref" in data else {"n": len(data["values"])}

    inner.answer = closing
    assert calculator.calculate(LARGE) == {"n": 3000}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", [Writer, Direct, "knows nothing", "resolves"])
def test_a_store_that_is_removed_is_made_anew(
    transport: LMDBTransport, mode: str, kind: Any, caplog: pytest.LogCaptureFixture
) -> None:
    inner: Any = (
        double
        if kind == "knows nothing"
        else Seeing(lambda data: is_double(transport, data))
        if kind == "resolves"
        else kind()
    )
    calculator = wrapped(transport, inner, mode)
    for _ in range(2):
        assert value_of(transport, calculator.calculate(LARGE)) == EXPECTED
    shutil.rmtree(transport.get_db_path())
    transport.initialize()
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "core.lmdb"):
        for _ in range(3):
            assert value_of(transport, calculator.calculate(LARGE)) == EXPECTED
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    # A calculator that knows nothing is called directly by now, but for mode output.
    assert len(errors) <= 1
    assert errors or kind == "knows nothing"
    if kind != "knows nothing":
        assert "was removed" in errors[0].getMessage()
        assert Path(transport.get_db_path(), "data.mdb").exists()
        assert not calculator.exchange.ignored
    calculator.close()


@pytest.mark.parametrize("mode", MODES)
def test_a_store_that_cannot_be_made_anew_does_not_fail_a_calculation(
    tmp_path: Any, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    config = {
        "lmdb_enabled": True,
        "lmdb_db_path": str(place / "store"),
        "lmdb_map_size": MAP_SIZE,
        "lmdb_exchange_mode": mode,
    }
    calculator = wrap_with_lmdb(Direct(), config, "calc")
    with caplog.at_level(logging.ERROR, "core.lmdb"):
        calculator.calculate(LARGE)
        assert caplog.records == []
        shutil.rmtree(place)
        place.write_text("in the way")
        for _ in range(3):
            assert calculator.calculate(LARGE) == EXPECTED
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert str(place) in caplog.text
    calculator.close()


def test_a_store_that_is_removed_while_the_calculator_runs(transport: LMDBTransport) -> None:
    def calculate(data: Any) -> Any:
        if data.get("_lmdb_ref"):
            shutil.rmtree(transport.get_db_path())
        return is_double(transport, data)

    calculator = wrapped(transport, calculate)
    assert calculator.calculate(LARGE) == EXPECTED
    assert not calculator.exchange.ignored
    calculator.close()


@pytest.mark.parametrize("writes", [False, True])
def test_no_reference_leads_to_a_store_that_was_removed(transport: LMDBTransport, writes: bool) -> None:
    def calculate(data: Any) -> Any:
        if "_lmdb_output_key" not in data:
            return double(data)
        result = double(transport.resolve(data))
        if writes:
            transport.put(data["_lmdb_output_key"], result)
        shutil.rmtree(transport.get_db_path())
        return {"_lmdb_output_written": True} if writes else result

    calculator = wrapped(transport, calculate, "reference")
    assert calculator.calculate(LARGE) == EXPECTED
    transport.initialize()
    calculator.close()


def test_an_output_is_taken_though_the_store_was_removed(transport: LMDBTransport) -> None:
    def calculate(data: Any) -> Any:
        if "_lmdb_output_key" not in data:
            return double(data)
        transport.put(data["_lmdb_output_key"], double(transport.resolve(data)))
        shutil.rmtree(transport.get_db_path())
        return {"_lmdb_output_written": True}

    calculator = wrapped(transport, calculate)
    assert calculator.calculate(LARGE) == EXPECTED
    calculator.close()
