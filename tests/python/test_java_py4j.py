"""Java calculators over Py4J, the JVM in a process of its own: direct and in every mode, beside NumPy and C++."""

from __future__ import annotations

import contextlib
import ctypes
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import MAP_SIZE, PATIENCE
from java_support import CALCULATORS, PRICING, compiled_natives, jdks, numpy_puts, options, payloads
from natives import MODES, RELATIVE, calculators, lives_as_its_input, numpy_matrix, numpy_risk, resolved, samples
from test_cpp_natives import exchanged

from dishtayantra_lmdb import DataFormat, LMDBConfig, LMDBDataExchange, LMDBTransport, java, wrap_with_lmdb
from dishtayantra_lmdb._library.load import load
from dishtayantra_lmdb.errors import (
    CorruptError,
    EntryNotFoundError,
    InvalidArgumentError,
    LMDBReferenceIgnored,
    MapFullError,
)

# Proxies go whenever Python collects garbage, and Py4J logs tracebacks of it at DEBUG. Python 3.11 parses source to
# format one, which it must not while it parses another.
logging.getLogger("py4j").setLevel(logging.WARNING)


@pytest.fixture(scope="module")
def natives(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compiled_natives(tmp_path_factory.mktemp("natives"))


@pytest.fixture(scope="module", params=jdks())
def gateway(request: pytest.FixtureRequest, natives: str) -> Iterator[Any]:
    started = java.start_gateway([natives], java=f"{jdks()[request.param]}/bin/java", options=["-Xmx512m"])
    yield started
    java.stop_gateway(started)
    assert started.java_process.returncode is not None


@pytest.fixture
def config(store_path: str) -> dict[str, Any]:
    return {
        "lmdb_enabled": True,
        "lmdb_db_path": store_path,
        "lmdb_min_size": 1024,
        "lmdb_wait_timeout": 5000,
    }


def made(gateway: Any, name: str, config: dict[str, Any] | None = None) -> java.Py4JCalculator:
    java_class = name if "." in name else CALCULATORS + name
    return java.Py4JCalculator(gateway, java_class, name, config)


def test_java_sees_the_calls_of_other_processes(gateway: Any, config: dict[str, Any]) -> None:
    wrapped = wrap_with_lmdb(made(gateway, "MatrixProcessorCalculator"), {**config, "lmdb_slow_ms": 0}, "matrix")
    for _ in range(3):
        wrapped.calculate({"values": np.zeros(1000)})
    wrapped.calculate({"values": [1.0]})
    store = gateway.jvm.com.dishtayantra.lmdb.Store.open(config["lmdb_db_path"])
    try:
        seen = json.loads(store.calls())
    finally:
        store.close()
    [row] = seen["calculators"]
    assert (row["name"], row["through_store"], row["direct"]) == ("matrix", 3, 1)
    assert {(call["calculator"], call["pid"]) for call in seen["slow_calls"]} == {("matrix", os.getpid())}
    with LMDBTransport(LMDBConfig(db_path=config["lmdb_db_path"])) as transport:
        assert transport.calls() == seen


def test_what_is_written_lives_as_its_input(gateway: Any, config: dict[str, Any]) -> None:
    lives_as_its_input(made(gateway, "MatrixProcessorCalculator"), config)


# --- direct --------------------------------------------------------------------------------------


def test_direct_answers_are_numpys_and_those_of_cpp(gateway: Any) -> None:
    values = samples(50)
    for payload in ({"values": values}, {"values": values.tolist()}, {"values": values.astype(np.float32)}):
        matrix = made(gateway, "MatrixProcessorCalculator").calculate(payload)
        assert matrix == pytest.approx(numpy_matrix(np.asarray(payload["values"], float)), rel=RELATIVE)
        assert matrix == pytest.approx(calculators.MatrixProcessor("m", {}).calculate(payload), rel=RELATIVE)
        risk = made(gateway, "RiskCalculator", {"level": 0.9}).calculate(payload)
        assert risk == pytest.approx(calculators.RiskCalculator("r", {"level": 0.9}).calculate(payload), rel=RELATIVE)


@pytest.mark.parametrize(
    "kind", ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "float32", "float16"]
)
def test_arrays_of_every_type_are_passed(gateway: Any, kind: str) -> None:
    values = (np.arange(24) % 2).astype(kind).reshape(4, 6)
    for layout in (values, np.asfortranarray(values), values[::-1], values.astype(values.dtype.newbyteorder(">"))):
        result = made(gateway, "MatrixProcessorCalculator", {"operation": "transpose"}).calculate({"values": layout})
        np.testing.assert_array_equal(result["values"], layout.T)


def test_what_java_has_not_is_refused_with_its_place(gateway: Any) -> None:
    matrix = made(gateway, "MatrixProcessorCalculator")
    with pytest.raises(InvalidArgumentError, match=r"set cannot be passed to Java at 'a.1'"):
        matrix.calculate({"a": [1, {2}]})
    with pytest.raises(InvalidArgumentError, match="complex128"):
        matrix.calculate({"values": np.ones(2, complex)})
    with pytest.raises(InvalidArgumentError, match="the key 3"):
        matrix.calculate({3: 1})


def test_errors_of_java_are_those_of_the_package(gateway: Any, transport: LMDBTransport) -> None:
    matrix = made(gateway, "MatrixProcessorCalculator")
    with pytest.raises(InvalidArgumentError, match="no 'values'"):
        matrix.calculate({})
    with pytest.raises(EntryNotFoundError, match="nowhere"):
        matrix.calculate({"_lmdb_ref": True, "_lmdb_input_key": "nowhere", "_lmdb_db_path": transport.get_db_path()})
    with pytest.raises(CorruptError, match="_lmdb_input_key"):
        matrix.calculate({"_lmdb_ref": True, "_lmdb_db_path": transport.get_db_path()})
    with pytest.raises(java.JavaError, match="direct_arrays"):
        made(gateway, "MatrixProcessorCalculator", {"operation": "transpose", "direct_arrays": False}).calculate(
            {"values": [1.0]}
        )
    with pytest.raises(java.JavaError, match="no class"):
        made(gateway, "NoSuchCalculator")
    with pytest.raises(InvalidArgumentError, match="level 95"):
        made(gateway, "RiskCalculator", {"level": 95})


def test_details_are_plain(gateway: Any) -> None:
    risk = made(gateway, "RiskCalculator", {"level": 0.9})
    risk.calculate({"values": [1.0, 2.0]})
    details = risk.details()
    assert json.loads(json.dumps(details)) == details
    assert (details["type"], details["language"], details["level"]) == ("RiskCalculator", "Java", 0.9)
    assert (details["calculations"], details["references"]) == (1, 0)


# --- by reference --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("payload", payloads(np.zeros(1)))
def test_wrapped_calculators_are_numpys(
    gateway: Any, config: dict[str, Any], transport: LMDBTransport, mode: str, payload: str
) -> None:
    for size in (10, 5000):
        values = samples(size)
        data_format, data = payloads(values)[payload]
        config |= {"lmdb_exchange_mode": mode, "lmdb_data_format": data_format}
        expected = {
            "MatrixProcessorCalculator": numpy_matrix(values),
            "RiskCalculator": numpy_risk(values, 0.95, np.ones(1)),
        }
        for name, figures in expected.items():
            native = made(gateway, name)
            with_exchange = wrap_with_lmdb(native, config, name)
            # The figures of arrays that are passed directly, too, whatever the mode.
            result = resolved(with_exchange.calculate(data), transport)
            assert result == pytest.approx(figures, rel=RELATIVE)
            details = native.details()
            by_reference = size == 5000 and mode != "output"
            written = (by_reference and mode != "input") or (mode == "output" and isinstance(data, dict))
            assert (details["calculations"], details["references"]) == (1, by_reference)
            assert details["outputs_written"] == written
            assert "last_refusal" not in details
            with_exchange.close()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("as_lists", [False, True])
def test_options_have_one_price_and_type_on_every_route(
    gateway: Any, config: dict[str, Any], transport: LMDBTransport, mode: str, as_lists: bool
) -> None:
    config |= {"lmdb_exchange_mode": mode}
    native = made(gateway, "PricingEngineCalculator")
    with_exchange = wrap_with_lmdb(native, config, "p")
    for count in (3, 2000):
        given = options(count)
        expected = numpy_puts(given)
        if as_lists:
            given = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in given.items()}
        result = resolved(with_exchange.calculate(given), transport)
        assert list(result) == PRICING
        for name in PRICING:
            assert type(result[name]) is (list if as_lists else np.ndarray)
            np.testing.assert_allclose(result[name], expected[name], rtol=1e-9, atol=1e-12)


def test_references_chain_through_java_and_cpp(gateway: Any, config: dict[str, Any], transport: LMDBTransport) -> None:
    config |= {"lmdb_exchange_mode": "reference"}
    values = samples(21_000).reshape(3000, 7)
    transpose = {"operation": "transpose"}
    first = wrap_with_lmdb(made(gateway, "MatrixProcessorCalculator", transpose), config, "a")
    second = wrap_with_lmdb(calculators.MatrixProcessor("b", transpose), config, "b")
    third = wrap_with_lmdb(made(gateway, "RiskCalculator"), config, "c")
    reference = first.calculate({"values": values})
    np.testing.assert_array_equal(transport.resolve(reference)["values"], values.T)
    reference = second.calculate(reference)
    np.testing.assert_array_equal(transport.resolve(reference)["values"], values)
    figures = numpy_risk(values.ravel(), 0.95, np.ones(1))
    assert resolved(third.calculate(reference), transport) == pytest.approx(figures, rel=RELATIVE)


def test_threads_may_share_a_calculator(gateway: Any, config: dict[str, Any]) -> None:
    with_exchange = wrap_with_lmdb(made(gateway, "MatrixProcessorCalculator"), config, "m")
    wrong: list[object] = []

    def call(seed: int) -> None:
        try:
            values = samples(2000 + seed)
            for _ in range(20):
                assert with_exchange.calculate({"values": values}) == pytest.approx(numpy_matrix(values), rel=RELATIVE)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=call, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# --- natives that treat references badly ---------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_native_that_ignores_references_gets_the_payload(
    gateway: Any, config: dict[str, Any], transport: LMDBTransport, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    config |= {"lmdb_exchange_mode": mode}
    native = made(gateway, "natives.IgnoresReferences")
    with_exchange = wrap_with_lmdb(native, config, "i")
    with caplog.at_level(logging.WARNING, logger="core.lmdb"):
        for round_ in range(3):
            result = with_exchange.calculate({"values": [float(round_)] * 200})
            assert resolved(result, transport) == {"sum": round_ * 200.0}
    assert native.details()["calls"] == (3 if mode == "output" else 4)
    warned = [record for record in caplog.records if "does not open" in record.getMessage()]
    assert len(warned) == (0 if mode == "output" else 1)


@pytest.mark.parametrize("mode", ["input", "both", "reference"])
def test_native_that_answers_directly_is_not_waited_for(
    gateway: Any, config: dict[str, Any], transport: LMDBTransport, mode: str
) -> None:
    # Nobody would wait out this timeout.
    config |= {"lmdb_exchange_mode": mode, "lmdb_wait_timeout": 3_600_000}
    native = made(gateway, "natives.AnswersDirectly")
    with_exchange = wrap_with_lmdb(native, config, "d")
    for _ in range(2):
        assert resolved(with_exchange.calculate({"values": [0.5] * 1000}), transport) == {"sum": 500.0}
    assert native.details()["calls"] == 2


def test_engines_own_exchange_takes_java_answers(gateway: Any, config: dict[str, Any]) -> None:
    exchange = LMDBDataExchange(config, "e")
    assert exchange.initialize()
    values = samples(4000)
    risk = made(gateway, "RiskCalculator", {"direct_arrays": False})
    assert exchanged(exchange, risk, {"values": values.tolist()}, "1") == pytest.approx(
        numpy_risk(values, 0.95, np.ones(1)), rel=RELATIVE
    )
    native = made(gateway, "natives.IgnoresReferences")
    with pytest.raises(LMDBReferenceIgnored):
        exchanged(exchange, native, {"values": [1.0] * 300}, "2")
    assert exchanged(exchange, native, {"values": [1.0] * 300}, "3") == {"sum": 300.0}


def test_result_that_the_store_cannot_take_is_answered_directly(
    gateway: Any, config: dict[str, Any], transport: LMDBTransport
) -> None:
    config |= {"lmdb_map_size": MAP_SIZE, "lmdb_wait_timeout": 3_600_000}
    values = samples(620_000).reshape(620, 1000)
    filler = values.tobytes()
    with contextlib.suppress(MapFullError):
        for number in range(MAP_SIZE // len(filler) + 1):
            transport.put(f"filler:{number}", filler, format=DataFormat.RAW_BYTES)
    transport.delete("filler:0")
    exchange = LMDBDataExchange(config, "t")
    assert exchange.initialize()
    native = made(gateway, "MatrixProcessorCalculator", {"operation": "transpose"})
    np.testing.assert_array_equal(exchanged(exchange, native, {"values": values}, "1")["values"], values.T)
    assert native.details()["references"] == 1
    assert "MDB_MAP_FULL" in native.details()["last_refusal"]


# --- a JVM that is killed ------------------------------------------------------------------------


def audit(transport: LMDBTransport) -> dict[str, Any]:
    """What an audit counted; fails on a fault."""
    library = load()
    check = library.dy_lmdb_store_audit
    check.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)]
    block = ctypes.c_void_p()
    status = check(transport._ready().value, ctypes.byref(block))
    assert status == 0
    library.dy_lmdb_bytes_data.restype = ctypes.c_void_p
    library.dy_lmdb_bytes_data.argtypes = library.dy_lmdb_bytes_free.argtypes = [ctypes.c_void_p]
    library.dy_lmdb_bytes_size.restype = ctypes.c_size_t
    library.dy_lmdb_bytes_size.argtypes = [ctypes.c_void_p]
    text = ctypes.string_at(library.dy_lmdb_bytes_data(block), library.dy_lmdb_bytes_size(block))
    library.dy_lmdb_bytes_free(block)
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("mode", ["input", "both", "reference"])
def test_jvm_killed_in_a_call_is_told_and_leaves_nothing(
    natives: str, config: dict[str, Any], transport: LMDBTransport, mode: str, tmp_path: Path
) -> None:
    gateway = java.start_gateway([natives], options=["-Xmx256m"])
    process = gateway.java_process
    inside = tmp_path / "inside"
    native = made(gateway, "natives.NeverReturns", {"file": str(inside)})
    with_exchange = wrap_with_lmdb(native, config | {"lmdb_exchange_mode": mode}, "k")

    def kill() -> None:
        until = time.monotonic() + PATIENCE
        while not inside.exists() and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(java.JvmGoneError, match="does not answer any more"):
        with_exchange.calculate({"values": samples(5000)})
    killer.join()
    assert inside.exists()
    process.wait(PATIENCE)
    with_exchange.close()
    transport.sweep()
    found = audit(transport)
    assert (found["loans"], found["pins"], found["entries"]) == (0, 0, 0)
    with pytest.raises(java.JvmGoneError):
        native.details()
    java.stop_gateway(gateway)
