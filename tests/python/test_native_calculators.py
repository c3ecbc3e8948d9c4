"""The calculators in C++ and in Rust, direct and in every mode, against NumPy."""

from __future__ import annotations

import array
import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import Run
from natives import (
    MODES,
    MODULES,
    RELATIVE,
    lives_as_its_input,
    numpy_matrix,
    numpy_risk,
    numpy_signal,
    resolved,
    samples,
)

from dishtayantra_lmdb import DataFormat, LMDBTransport, wrap_with_lmdb
from dishtayantra_lmdb.errors import (
    CorruptError,
    EntryNotFoundError,
)


def test_what_is_written_lives_as_its_input(calculators: Any, config: dict[str, Any]) -> None:
    lives_as_its_input(calculators.MatrixProcessor("m", {}), config)


# --- direct --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 9, 1000, 100_003])
def test_matrix_statistics_are_numpys(calculators: Any, size: int) -> None:
    values = samples(size)
    result = calculators.MatrixProcessor("m", {}).calculate({"values": values})
    assert result == pytest.approx(numpy_matrix(values), rel=RELATIVE)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99, 0.999])
@pytest.mark.parametrize("size", [1, 2, 10, 251, 100_000])
def test_risk_is_numpys(calculators: Any, size: int, level: float) -> None:
    values, exposures = samples(size), samples(17) * 1e6
    risk = calculators.RiskCalculator("r", {"level": level})
    result = risk.calculate({"values": values, "exposures": exposures})
    assert result == pytest.approx(numpy_risk(values, level, exposures), rel=RELATIVE)


def test_level_comes_from_the_input_first(calculators: Any) -> None:
    values = samples(500)
    risk = calculators.RiskCalculator("r", {"level": 0.9, "exposure": 1000})
    result = risk.calculate({"returns": values.tolist(), "level": 0.75})
    assert result == pytest.approx(numpy_risk(values, 0.75, np.array([1000.0])), rel=RELATIVE)


@pytest.mark.parametrize("size", [1, 2, 1000, 44_100])
def test_signal_statistics_are_numpys(calculators: Any, size: int) -> None:
    values = samples(size)
    result = calculators.SignalProcessor("s", {}).calculate({"values": values})
    assert result == pytest.approx(numpy_signal(values), rel=RELATIVE)


def test_nan_is_not_lost(calculators: Any) -> None:
    values = samples(100)
    values[17] = np.nan
    matrix = calculators.MatrixProcessor("m", {}).calculate(values)
    risk = calculators.RiskCalculator("r", {}).calculate(values)
    assert np.isnan(
        [
            matrix["min"],
            matrix["max"],
            matrix["sum"],
            risk["value_at_risk"],
            risk["expected_shortfall"],
        ]
    ).all()


KINDS: dict[str, Callable[[np.ndarray], Any]] = {
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(a.tolist()),
    "array.array": lambda a: array.array("d", a.tolist()),
    "bytes": lambda a: a.tobytes(),
    "bytearray": lambda a: bytearray(a.tobytes()),
    "memoryview of bytes": lambda a: memoryview(a.tobytes()),
    "memoryview of doubles": lambda a: memoryview(a),
    "float32": lambda a: a.astype(np.float32),
    "float16": lambda a: a.astype(np.float16),
    "int16": lambda a: a.astype(np.int16),
    "uint8": lambda a: a.astype(np.uint8),
    "int64": lambda a: a.astype(np.int64),
    "strided": lambda a: np.repeat(a, 2)[::2],
    "reversed twice": lambda a: a[::-1].copy()[::-1],
    "read-only": lambda a: np.frombuffer(a.tobytes()),
    "NumPy scalars": list,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_numbers_gives_the_same(calculators: Any, kind: str) -> None:
    values = np.arange(24.0) % 7
    matrix = calculators.MatrixProcessor("m", {})
    expected = numpy_matrix(values)
    assert matrix.calculate({"values": KINDS[kind](values)}) == pytest.approx(expected, rel=RELATIVE)
    assert matrix.calculate(KINDS[kind](values)) == pytest.approx(expected, rel=RELATIVE)


LAYOUTS: dict[str, Callable[[np.ndarray], Any]] = {
    "C order": np.ascontiguousarray,
    "Fortran order": np.asfortranarray,
    "strided": lambda a: np.repeat(np.repeat(a, 2, 0), 3, 1)[::2, ::3],
    "float32 in Fortran order": lambda a: np.asfortranarray(a, dtype=np.float32),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (3, 4), (130, 70)])
def test_transpose_is_numpys(calculators: Any, layout: str, shape: tuple[int, int]) -> None:
    values = np.arange(float(np.prod(shape))).reshape(shape)
    matrix = calculators.MatrixProcessor("m", {"operation": "transpose"})
    result = matrix.calculate({"values": LAYOUTS[layout](values)})
    assert list(result) == ["values"]
    assert result["values"].dtype == np.float64
    np.testing.assert_array_equal(result["values"], values.T)


def test_transposed_lists_stay_lists(calculators: Any) -> None:
    matrix = calculators.MatrixProcessor("m", {})
    result = matrix.calculate({"values": [[1, 2, 3], [4, 5, 6]], "operation": "transpose"})
    assert result == {"values": [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]}


WRONG: dict[str, tuple[Any, str]] = {
    "nothing": ({}, "no 'values'"),
    "none": ({"values": None}, "no 'values'"),
    "empty": ({"values": []}, "empty"),
    "text": ({"values": "123"}, "str"),
    "list of texts": ({"values": [1, "2"]}, "str"),
    "ragged": ({"values": [[1, 2], [3]]}, "equal lengths"),
    "mixed depth": ({"values": [[1, 2], 3]}, "equal lengths"),
    "odd bytes": ({"values": b"123"}, "3 raw bytes"),
    "complex": ({"values": np.ones(3, complex)}, "Zd"),
    "three dimensions": ({"values": np.ones((2, 2, 2))}, "3 dimensions"),
    "operation": ({"values": [1], "operation": "invert"}, "invert"),
    "operation of another type": ({"values": [1], "operation": 3}, "int"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_inputs_raise_and_are_named(calculators: Any, what: str) -> None:
    payload, named = WRONG[what]
    with pytest.raises(ValueError, match=named):
        calculators.MatrixProcessor("m", {}).calculate(payload)


def test_wrong_settings_raise_at_once(calculators: Any) -> None:
    with pytest.raises(ValueError, match="level"):
        calculators.RiskCalculator("r", {"level": 95})
    with pytest.raises(ValueError, match="no number"):
        calculators.RiskCalculator("r", {"level": "high"})


def test_objects_are_what_an_engine_expects(calculators: Any) -> None:
    calculator = calculators.RiskCalculator("risk-1", {"level": 0.9, "unknown": object()})
    calculator.calculate([1.0, 2.0])
    details = dict(calculator.details())
    assert (details["name"], details["type"], details["level"]) == ("risk-1", "RiskCalculator", 0.9)
    assert (details["calculations"], details["references"]) == (1, 0)
    calculator.attached = 5
    calculator.name = "renamed"
    assert (calculator.attached, calculator.name) == (5, "renamed")


def test_threads_may_share_a_calculator(calculators: Any) -> None:
    values = samples(200_000)
    expected = numpy_signal(values)
    calculator = calculators.SignalProcessor("s", {})
    results: list[dict[str, float]] = []
    threads = [threading.Thread(target=lambda: results.append(calculator.calculate(values))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for result in results:
        assert result == pytest.approx(expected, rel=RELATIVE)


def test_module_works_without_numpy(calculators: Any, run: Run) -> None:
    run(
        """
        import array, importlib, sys
        sys.path.insert(0, sys.argv[1])
        sys.modules["numpy"] = None
        calculators = importlib.import_module(sys.argv[2])
        matrix = calculators.MatrixProcessor("m", {})
        assert matrix.calculate({"values": [[1, 2], [3, 4]]})["sum"] == 10
        row = array.array("i", [1, 2, 3, 4])
        transposed = matrix.calculate({"values": row, "operation": "transpose"})
        assert transposed == {"values": [[1], [2], [3], [4]]}, transposed
        try:
            matrix.calculate({})
        except ValueError as error:
            assert "values" in str(error)
        else:
            raise SystemExit("computed on nothing")
        """,
        MODULES[0],
        calculators.__name__,
    )


def test_errors_are_builtin_ones_without_the_package(calculators: Any, run: Run) -> None:
    run(
        """
        import importlib, sys
        sys.path.insert(0, sys.argv[1])
        calculators = importlib.import_module(sys.argv[2])
        payload = {"_lmdb_ref": True, "_lmdb_input_key": "k", "_lmdb_db_path": "/nonexistent/store"}
        try:
            calculators.MatrixProcessor("m", {}).calculate(payload)
        except LookupError as error:
            assert "/nonexistent/store" in str(error)
        assert "dishtayantra_lmdb" not in sys.modules
        """,
        MODULES[0],
        calculators.__name__,
    )


# --- by reference --------------------------------------------------------------------------------


def payloads(values: np.ndarray) -> dict[str, tuple[str, Any]]:
    """Format and payload."""
    return {
        "ndarray in numpy": ("numpy", values),
        "dict of ndarray in numpy": ("numpy", {"values": values}),
        "dict of ndarray in msgpack": ("msgpack", {"values": values}),
        "dict of list in msgpack": ("msgpack", {"values": values.tolist()}),
        "list in msgpack": ("msgpack", values.tolist()),
        "dict of list in json": ("json", {"values": values.tolist()}),
        "bytes in raw": ("raw", values.tobytes()),
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("payload", payloads(np.zeros(1)))
@pytest.mark.parametrize("size", [10, 5000])
def test_wrapped_calculators_are_numpys(
    calculators: Any, config: dict[str, Any], transport: LMDBTransport, mode: str, payload: str, size: int
) -> None:
    values = samples(size)
    data_format, data = payloads(values)[payload]
    config |= {"lmdb_exchange_mode": mode, "lmdb_data_format": data_format}
    expected = {
        "MatrixProcessor": numpy_matrix(values),
        "RiskCalculator": numpy_risk(values, 0.95, np.ones(1)),
        "SignalProcessor": numpy_signal(values),
    }
    for name, figures in expected.items():
        native = getattr(calculators, name)(name, {})
        with_exchange = wrap_with_lmdb(native, config, name)
        result = resolved(with_exchange.calculate(data), transport)
        assert result == pytest.approx(figures, rel=RELATIVE)
        assert type(result) is dict
        details = native.details()
        assert details["calculations"] == 1
        # Mode `output` adds the output key to a dict of any size; the others send large payloads.
        by_reference = size == 5000 and mode != "output"
        written = (by_reference and mode != "input") or (mode == "output" and isinstance(data, dict))
        assert details["references"] == by_reference
        assert details["outputs_written"] == written
        assert "last_refusal" not in details
        with_exchange.close()
    # The wrapper leaves nothing behind but the outputs that references name.
    assert len(transport.keys()) == (3 if mode == "reference" and size == 5000 else 0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("data_format", ["numpy", "msgpack"])
def test_wrapped_transpose_has_one_type_on_every_route(
    calculators: Any, config: dict[str, Any], transport: LMDBTransport, mode: str, data_format: str
) -> None:
    config |= {"lmdb_exchange_mode": mode, "lmdb_data_format": data_format}
    with_exchange = wrap_with_lmdb(calculators.MatrixProcessor("m", {"operation": "transpose"}), config, "m")
    for rows in (2, 300):
        values = samples(rows * 7).reshape(rows, 7)
        for payload in (values, {"values": values}):
            result = resolved(with_exchange.calculate(payload), transport)
            assert list(result) == ["values"]
            assert isinstance(result["values"], np.ndarray)
            np.testing.assert_array_equal(result["values"], values.T)
        for payload in (values.tolist(), {"values": values.tolist()}):
            assert resolved(with_exchange.calculate(payload), transport) == {"values": values.T.tolist()}


def test_parameters_travel_with_the_values(calculators: Any, config: dict[str, Any]) -> None:
    values, exposures = samples(3000), samples(40)
    with_exchange = wrap_with_lmdb(calculators.RiskCalculator("r", {}), config, "r")
    for exchanged in (values, values.tolist()):
        result = with_exchange.calculate({"returns": exchanged, "level": 0.9, "exposures": exposures})
        assert result == pytest.approx(numpy_risk(values, 0.9, exposures), rel=RELATIVE)


def test_references_chain_through_three_calculators(
    calculators: Any, config: dict[str, Any], transport: LMDBTransport
) -> None:
    config |= {"lmdb_exchange_mode": "reference", "lmdb_data_format": "numpy"}
    values = samples(21_000).reshape(3000, 7)
    transposing = [
        wrap_with_lmdb(calculators.MatrixProcessor(name, {"operation": "transpose"}), config, name) for name in "ab"
    ]
    last = wrap_with_lmdb(calculators.MatrixProcessor("c", {}), config, "c")
    reference = transposing[0].calculate({"values": values})
    assert reference["_lmdb_ref"] is True
    np.testing.assert_array_equal(transport.resolve(reference)["values"], values.T)
    reference = transposing[1].calculate(reference)
    np.testing.assert_array_equal(transport.resolve(reference)["values"], values)
    assert resolved(last.calculate(reference), transport) == pytest.approx(numpy_matrix(values), rel=RELATIVE)


def reference_to(transport: LMDBTransport, key: str, **more: Any) -> dict[str, Any]:
    return {
        "_lmdb_ref": True,
        "_lmdb_input_key": key,
        "_lmdb_db_path": transport.get_db_path(),
        "_lmdb_db_name": "default",
        "_txn_id": "7",
        **more,
    }


def test_output_is_written_under_its_key(calculators: Any, transport: LMDBTransport) -> None:
    values = samples(2000)
    transport.put("in", values, format=DataFormat.NUMPY)
    answer = calculators.SignalProcessor("s", {}).calculate(
        reference_to(transport, "in", _lmdb_output_key="out", _lmdb_format="msgpack")
    )
    assert answer == {"_lmdb_output_written": True}
    assert transport.get("out") == pytest.approx(numpy_signal(values), rel=RELATIVE)


def test_missing_or_expired_inputs_raise(calculators: Any, transport: LMDBTransport) -> None:
    calculator = calculators.MatrixProcessor("m", {})
    with pytest.raises(EntryNotFoundError, match="nowhere"):
        calculator.calculate(reference_to(transport, "nowhere"))
    with pytest.raises(CorruptError, match="_lmdb_input_key"):
        calculator.calculate({"_lmdb_ref": True, "_lmdb_db_path": transport.get_db_path()})
    with pytest.raises(CorruptError, match="_lmdb_db_path"):
        calculator.calculate({"_lmdb_ref": True, "_lmdb_input_key": "in", "_lmdb_db_path": 3})


def test_formats_that_cannot_be_read_are_named(calculators: Any, transport: LMDBTransport) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    transport.put("table", pyarrow.table({"values": [1.0, 2.0]}), format=DataFormat.ARROW)
    with pytest.raises(ValueError, match="'table': format arrow"):
        calculators.MatrixProcessor("m", {}).calculate(reference_to(transport, "table"))


def test_damaged_payloads_are_noticed_by_their_checksum(calculators: Any, config: dict[str, Any]) -> None:
    config |= {"lmdb_checksum": True, "lmdb_data_format": "numpy"}
    values = samples(5000)
    with_exchange = wrap_with_lmdb(calculators.MatrixProcessor("m", {}), config, "m")
    assert with_exchange.calculate(values) == pytest.approx(numpy_matrix(values), rel=RELATIVE)


# --- one engine ----------------------------------------------------------------------------------

NAMES = ["dishtayantra_calculators", "dishtayantra_rust_calculators", "dishtayantra_lmdb"]


@pytest.mark.parametrize("order", list(itertools.permutations(NAMES)))
def test_modules_and_package_share_one_engine(run: Run, store_path: str, order: tuple[str, ...]) -> None:
    done = run(
        """
        import importlib, json, sys
        sys.path.insert(0, sys.argv[1])
        for name in sys.argv[3:]:
            importlib.import_module(name)
            if name.endswith("calculators"):
                # The library is not loaded before it is used.
                sys.modules[name].MatrixProcessor("m", {}).details()
        import dishtayantra_calculators, dishtayantra_rust_calculators
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        path = sys.argv[2]
        with LMDBTransport(LMDBConfig(db_path=path)) as transport:
            transport.put("k", {"values": [1.5] * 1000})
            payload = {"_lmdb_ref": True, "_lmdb_input_key": "k", "_lmdb_db_path": path}
            for module in (dishtayantra_calculators, dishtayantra_rust_calculators):
                assert module.MatrixProcessor("m", {}).calculate(payload)["sum"] == 1500
        with open("/proc/self/maps") as maps:
            files = {line.split()[-1] for line in maps if "libdishtayantra_lmdb.so" in line}
        print(json.dumps(sorted(files)))
        """,
        MODULES[0],
        store_path,
        *order,
    )
    assert len(json.loads(done.stdout)) == 1
