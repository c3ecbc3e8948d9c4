"""What only the calculators in Rust promise: whose exceptions go through, and that Python runs on meanwhile."""

from __future__ import annotations

import gc
import json
import math
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from typing import Any

import dishtayantra_rust_calculators as calculators
import numpy as np
import pytest
from conftest import MAP_SIZE, Run
from natives import RELATIVE, numpy_matrix, samples

from dishtayantra_lmdb import DataFormat, LMDBTransport, wrap_with_lmdb
from dishtayantra_lmdb.errors import CorruptError, StorePermissionError


class Asked(Mapping[str, Any]):
    """A mapping that is no dict, and may refuse to answer."""

    def __init__(self, values: dict[str, Any], refused: str | None = None) -> None:
        self.values_, self.refused = values, refused

    def __getitem__(self, key: str) -> Any:
        if key == self.refused:
            raise ZeroDivisionError(f"asked for {key}")
        return self.values_[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


def test_any_mapping_is_an_input() -> None:
    result = calculators.MatrixProcessor("m").calculate(Asked({"values": [1, 2, 3]}))
    assert result == numpy_matrix(np.array([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("refused", ["values", "operation", "_lmdb_ref"])
def test_an_exception_of_the_input_goes_through_as_it_is(refused: str) -> None:
    data = Asked({"values": [1.0], "operation": "statistics", "_lmdb_ref": False}, refused)
    with pytest.raises(ZeroDivisionError, match=f"asked for {refused}"):
        calculators.MatrixProcessor("m").calculate(data)


def test_an_exception_of_the_configuration_goes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        calculators.RiskCalculator("r", Asked({"level": 0.9}, "level"))
    with pytest.raises(TypeError):
        calculators.RiskCalculator("r", 3)


def test_python_runs_on_while_it_computes() -> None:
    values = samples(4_000_000)
    risk = calculators.RiskCalculator("r", {})
    started, ran = threading.Event(), threading.Event()

    def calculate() -> None:
        started.set()
        risk.calculate({"values": values})
        seen.append(ran.is_set())

    seen: list[bool] = []
    interval = sys.getswitchinterval()
    # No thread is made to give way: only one that lets go of the interpreter lets another run.
    sys.setswitchinterval(3600)
    try:
        thread = threading.Thread(target=calculate)
        thread.start()
        started.wait()
        ran.set()
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert seen == [True]


def test_a_direct_array_is_not_changed_and_not_kept() -> None:
    values = samples(5000)
    before, references = values.copy(), sys.getrefcount(values)
    result = calculators.MatrixProcessor("m", {"operation": "transpose"}).calculate({"values": values})
    result["values"][:] = 7
    np.testing.assert_array_equal(values, before)
    gc.collect()
    assert sys.getrefcount(values) == references


def test_objects_behave_as_python_objects() -> None:
    class Mine(calculators.SignalProcessor):
        def details(self) -> dict[str, Any]:
            return super().details() | {"mine": True}

    given = {"level": 0.9}
    mine = Mine("s", given)
    assert mine.details()["mine"] is True
    assert mine.config == given
    assert mine.config is not given
    assert weakref.ref(mine)() is mine
    with pytest.raises(AttributeError):
        mine.config = {}
    assert mine.details()["language"] == "Rust"


def test_json_has_what_pythons_has(transport: LMDBTransport) -> None:
    transport.put("json", {"values": [1.0, math.nan, math.inf]}, format=DataFormat.JSON)
    reference = {"_lmdb_ref": True, "_lmdb_input_key": "json", "_lmdb_db_path": transport.get_db_path()}
    assert math.isnan(calculators.MatrixProcessor("m").calculate(reference)["sum"])


def test_errors_are_those_of_the_package(transport: LMDBTransport, tmp_path: Any) -> None:
    transport.put("broken", b"\xc1", format=DataFormat.RAW_BYTES)
    reference = {"_lmdb_ref": True, "_lmdb_input_key": "broken", "_lmdb_db_path": transport.get_db_path()}
    with pytest.raises(ValueError, match="1 raw bytes"):
        calculators.MatrixProcessor("m").calculate(reference)
    with pytest.raises(CorruptError, match="_lmdb_db_path"):
        calculators.MatrixProcessor("m").calculate(reference | {"_lmdb_db_path": None})
    (tmp_path / "link").symlink_to(transport.get_db_path())
    with pytest.raises(StorePermissionError, match="symbolic link"):
        calculators.MatrixProcessor("m").calculate(reference | {"_lmdb_db_path": str(tmp_path / "link")})


def test_an_output_that_does_not_fit_is_answered_directly(transport: LMDBTransport) -> None:
    values = samples(3_000_000).reshape(3000, 1000)
    transport.put("in", values, format=DataFormat.NUMPY)
    transport.put("filler", bytes(MAP_SIZE // 2), format=DataFormat.RAW_BYTES)
    native = calculators.MatrixProcessor("m", {"operation": "transpose"})
    reference = {"_lmdb_ref": True, "_lmdb_input_key": "in", "_lmdb_db_path": transport.get_db_path()}
    answer = native.calculate(reference | {"_lmdb_output_key": "out"})
    np.testing.assert_array_equal(answer["values"], values.T)
    assert "MDB_MAP_FULL" in native.details()["last_refusal"]


def test_rust_and_cpp_give_the_same_figures(calculators: Any, store_path: str) -> None:
    expected = {
        name: getattr(sys.modules["dishtayantra_rust_calculators"], name)("n").calculate(samples(1001))
        for name in ("MatrixProcessor", "RiskCalculator", "SignalProcessor")
    }
    config = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_map_size": MAP_SIZE}
    for name, figures in expected.items():
        wrapped = wrap_with_lmdb(getattr(calculators, name)("n"), config, name)
        result = wrapped.calculate(samples(1001))
        assert list(result) == list(figures)
        assert result == pytest.approx(figures, rel=RELATIVE)


def test_without_the_library_direct_calls_work_and_others_say_where_was_looked(run: Run) -> None:
    done = run(
        """
        import json
        from dishtayantra_rust_calculators import MatrixProcessor
        assert MatrixProcessor("m").calculate([1, 2])["sum"] == 3
        try:
            MatrixProcessor("m").calculate({"_lmdb_ref": True, "_lmdb_input_key": "k", "_lmdb_db_path": "/nowhere"})
        except ImportError as error:
            print(json.dumps(str(error)))
        """,
        environment={"DISHTAYANTRA_LMDB_LIBRARY": "/nowhere/lib.so"},
    )
    assert "DISHTAYANTRA_LMDB_LIBRARY names /nowhere/lib.so" in json.loads(done.stdout)


def test_a_forked_child_reads_references_as_its_parent_does(run: Run, store_path: str) -> None:
    run(
        """
        import os, sys
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        from dishtayantra_rust_calculators import MatrixProcessor
        matrix = MatrixProcessor("m")
        with LMDBTransport(LMDBConfig(db_path=sys.argv[1])) as transport:
            transport.put("k", {"values": [1.5] * 1000})
            reference = {"_lmdb_ref": True, "_lmdb_input_key": "k", "_lmdb_db_path": sys.argv[1]}
            assert matrix.calculate(reference)["sum"] == 1500
            child = os.fork()
            if child == 0:
                os._exit(0 if matrix.calculate(reference)["sum"] == 1500 else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            assert matrix.calculate(reference)["sum"] == 1500
        """,
        store_path,
    )


def test_the_stubs_are_the_modules() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", "--ignore-missing-stub", "dishtayantra_rust_calculators"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
