"""A calculation never fails because the exchange did."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from wrapping import EXPECTED, LARGE, MODES, Seeing, double, wrapped

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
