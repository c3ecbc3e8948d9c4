"""Natives that misuse references, and the engine's own exchange with the C++ calculators."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

import numpy as np
import pytest
from conftest import MAP_SIZE
from natives import (
    MODES,
    RELATIVE,
    calculators,
    ill_behaved,
    numpy_signal,
    resolved,
    samples,
)

from dishtayantra_lmdb import DataFormat, LMDBDataExchange, LMDBTransport, wrap_with_lmdb
from dishtayantra_lmdb.errors import (
    LMDBReferenceIgnored,
    LMDBTimeoutError,
    MapFullError,
)


@pytest.mark.parametrize("mode", MODES)
def test_native_that_ignores_references_gets_the_payload(
    config: dict[str, Any], transport: LMDBTransport, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    config |= {"lmdb_exchange_mode": mode}
    native = ill_behaved.IgnoresReferences("i", {})
    with_exchange = wrap_with_lmdb(native, config, "i")
    with caplog.at_level(logging.WARNING, logger="core.lmdb"):
        for round_ in range(3):
            values = [float(round_)] * 1000
            assert resolved(with_exchange.calculate({"values": values}), transport) == {"sum": round_ * 1000.0}
    # The first call is repeated in the modes that send inputs; later ones pass directly.
    assert native.calls == (3 if mode == "output" else 4)
    warned = [record for record in caplog.records if "does not open" in record.getMessage()]
    assert len(warned) == (0 if mode == "output" else 1)


@pytest.mark.parametrize("mode", ["input", "both", "reference"])
@pytest.mark.parametrize("settings", [{}, {"silent": True}])
def test_native_that_answers_directly_is_not_waited_for(
    config: dict[str, Any], transport: LMDBTransport, mode: str, settings: dict[str, Any]
) -> None:
    # Nobody would wait out this timeout.
    config |= {"lmdb_exchange_mode": mode, "lmdb_wait_timeout": 3_600_000}
    native = ill_behaved.AnswersDirectly("d", settings)
    with_exchange = wrap_with_lmdb(native, config, "d")
    for _ in range(2):
        assert resolved(with_exchange.calculate({"values": [0.5] * 1000}), transport) == {"sum": 500.0}
    assert native.calls == 2


@pytest.mark.parametrize("mode", ["both", "reference"])
def test_native_that_never_answers_runs_into_the_timeout(config: dict[str, Any], mode: str) -> None:
    config |= {"lmdb_exchange_mode": mode, "lmdb_wait_timeout": 40}
    native = ill_behaved.OpensButNeverAnswers("n", {})
    with pytest.raises(LMDBTimeoutError, match="40"):
        wrap_with_lmdb(native, config, "n").calculate({"values": [0.5] * 1000})
    assert native.calls == 1


def exchanged(exchange: LMDBDataExchange, native: Any, data: Any, txn_id: str) -> Any:
    """As an engine does that calls the calculator itself."""
    key = exchange.put_input(data, txn_id)
    if key is None:
        return native.calculate(data)
    answer = native.calculate(
        {
            "_lmdb_ref": True,
            "_lmdb_input_key": key,
            "_lmdb_output_key": exchange.generate_key(exchange.config.output_key_prefix, txn_id),
            "_lmdb_db_path": exchange.config.db_path,
            "_lmdb_db_name": exchange.config.db_name,
            "_lmdb_format": exchange.config.data_format.value,
            "_txn_id": txn_id,
        }
    )
    output = exchange.get_output(txn_id)
    exchange.cleanup(txn_id)
    return answer if output is None else output


def test_engines_own_exchange_takes_the_output(config: dict[str, Any]) -> None:
    values = samples(4000)
    exchange = LMDBDataExchange(config, "s")
    assert exchange.initialize()
    result = exchanged(exchange, calculators.SignalProcessor("s", {}), {"values": values.tolist()}, "1")
    assert result == pytest.approx(numpy_signal(values), rel=RELATIVE)


def test_engines_own_exchange_takes_a_settled_answer(config: dict[str, Any]) -> None:
    exchange = LMDBDataExchange(config | {"lmdb_wait_timeout": 3_600_000}, "d")
    assert exchange.initialize()
    assert exchanged(exchange, ill_behaved.AnswersDirectly("d", {}), {"values": [1.0] * 500}, "1") == {"sum": 500.0}


def test_result_that_the_store_cannot_take_is_answered_directly(
    config: dict[str, Any], transport: LMDBTransport
) -> None:
    # Nobody would wait out this timeout.
    config |= {"lmdb_map_size": MAP_SIZE, "lmdb_wait_timeout": 3_600_000}
    values = samples(620_000).reshape(620, 1000)
    filler = values.tobytes()
    with contextlib.suppress(MapFullError):
        for number in range(MAP_SIZE // len(filler) + 1):
            transport.put(f"filler:{number}", filler, format=DataFormat.RAW_BYTES)
    transport.delete("filler:0")
    exchange = LMDBDataExchange(config, "t")
    assert exchange.initialize()
    native = calculators.MatrixProcessor("t", {"operation": "transpose"})
    result = exchanged(exchange, native, {"values": values}, "1")
    np.testing.assert_array_equal(result["values"], values.T)
    assert native.details()["references"] == 1
    assert "MDB_MAP_FULL" in native.details()["last_refusal"]


def test_engines_own_exchange_notices_an_ignored_reference(config: dict[str, Any]) -> None:
    exchange = LMDBDataExchange(config, "i")
    assert exchange.initialize()
    native = ill_behaved.IgnoresReferences("i", {})
    with pytest.raises(LMDBReferenceIgnored):
        exchanged(exchange, native, {"values": [1.0] * 500}, "1")
    assert exchanged(exchange, native, {"values": [1.0] * 500}, "2") == {"sum": 500.0}
