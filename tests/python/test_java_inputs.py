"""What can be passed to Java calculators and what cannot, over Py4J and over JPype, and a JVM that is gone."""

from __future__ import annotations

import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import java_inputs
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import Run
from java_support import compiled_natives

from dishtayantra_lmdb import java, wrap_with_lmdb
from dishtayantra_lmdb.errors import InvalidArgumentError

TESTS = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def natives(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compiled_natives(tmp_path_factory.mktemp("natives"))


@pytest.fixture(scope="module")
def gateway(natives: str) -> Iterator[Any]:
    started = java.start_gateway([natives], options=["-Xmx256m"])
    yield started
    java.stop_gateway(started)


@pytest.mark.parametrize("name", [*java_inputs.REFUSED, *java_inputs.TAKEN])
def test_py4j_takes_what_java_can_and_refuses_the_rest(
    gateway: Any, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    java_inputs.check(java.Py4JCalculator(gateway, "natives.Echo", "echo"), name)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", java_inputs.ARRAYS)
def test_py4j_gives_back_the_array_that_was_meant(gateway: Any, name: str) -> None:
    java_inputs.check_array(java.Py4JCalculator(gateway, "natives.Echo", "echo"), name)


@pytest.mark.parametrize("size", [4, 4000])
@pytest.mark.parametrize("mode", ["input", "both"])
def test_wrapped_calculators_get_arrays_and_refuse_frames_whatever_their_size(
    gateway: Any, store_path: str, size: int, mode: str
) -> None:
    config = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_min_size": 1000, "lmdb_exchange_mode": mode}
    matrix = java.Py4JCalculator(gateway, "com.dishtayantra.calculators.MatrixProcessorCalculator", "m")
    wrapped = wrap_with_lmdb(matrix, config, "m")
    values = array.array("d", range(size))
    for given in (values, memoryview(values), memoryview(values)[::-1], tuple(values), np.array(values)):
        assert wrapped.calculate({"values": given})["sum"] == sum(values)
    for frame in (pd.DataFrame({"x": values}), pl.DataFrame({"x": values}), pa.table({"x": values})):
        # Of a frame in the store Java has the columns, which are no numbers.
        said = r"cannot be passed to Java at 'values'|'values': the value is a map"
        with pytest.raises(InvalidArgumentError, match=said):
            wrapped.calculate({"values": frame})
    assert wrapped.calculate({"values": values})["sum"] == sum(values)


def _trades(count: int, *, mixed: bool) -> list[dict[str, Any]]:
    """Rows; mixed ones are no table, since whole numbers are among the prices."""
    return [
        {
            "px": i if mixed and i % 2 else i / 4,
            "symbol": None if i % 5 == 4 else f"größe {i % 3}",
            "at": i,
            "tags": ["a"] * (i % 3),
        }
        for i in range(count)
    ]


@pytest.mark.parametrize("count", [3, 5000])
@pytest.mark.parametrize("mixed", [False, True])
def test_a_calculator_of_columns_answers_the_same_of_tables_and_of_plain_rows(
    gateway: Any, store_path: str, count: int, mixed: bool
) -> None:
    rows = _trades(count, mixed=mixed)
    named = {row["symbol"] for row in rows} - {None}
    expected = []
    for symbol in sorted(named):
        prices = [row["px"] for row in rows if row["symbol"] == symbol]
        expected.append({"symbol": symbol, "sum": float(sum(prices)), "count": len(prices)})
    sums = java.Py4JCalculator(gateway, "com.dishtayantra.calculators.TradeSumsCalculator", "sums")
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    for given in (rows, columns):
        answers = [sums.calculate({"trades": given})]
        for mode, tables, least in (("input", True, 0), ("both", True, 0), ("both", False, 0), ("both", True, 2**30)):
            config = {
                "lmdb_enabled": True,
                "lmdb_db_path": store_path,
                "lmdb_min_size": least,
                "lmdb_exchange_mode": mode,
                "lmdb_tables": tables,
            }
            answers.append(wrap_with_lmdb(sums, config, "sums").calculate({"trades": given}))
        assert answers == [{"sums": expected, "rows": count}] * 5
    assert sums.details()["references"] == 6
    by_columns = sums.calculate({"trades": rows, "as": "columns"})["sums"]
    assert by_columns == {name: [row[name] for row in expected] for name in ("symbol", "sum", "count")}


def test_py4j_makes_no_calculator_of_what_is_none(gateway: Any) -> None:
    java_inputs.check_making(lambda *arguments: java.Py4JCalculator(gateway, *arguments))


def test_jpype_takes_what_java_can_and_refuses_the_rest(run: Run, natives: str) -> None:
    done = run(
        """
import sys
sys.path.insert(0, sys.argv[1])
import java_inputs
from dishtayantra_lmdb import java
java.start_jvm([sys.argv[2]], options=["-Xmx256m"])
echo = java.JPypeCalculator("natives.Echo", "echo")
for name in [*java_inputs.REFUSED, *java_inputs.TAKEN]:
    java_inputs.check(echo, name)
for name in java_inputs.ARRAYS:
    java_inputs.check_array(echo, name)
java_inputs.check_making(java.JPypeCalculator)
print("all")
""",
        TESTS,
        natives,
    )
    assert done.stdout == "all\n"


def test_a_dead_jvm_is_named_once_a_call_without_tracebacks(run: Run, natives: str) -> None:
    done = run(
        """
import gc, os, signal, sys
from dishtayantra_lmdb import java
gateway = java.start_gateway([sys.argv[2]], options=["-Xmx256m"])
pid = gateway.java_process.pid
echo = java.Py4JCalculator(gateway, "natives.Echo", "echo")
echo.calculate({"a": [[1.0], {"b": 2}]})
os.kill(pid, signal.SIGKILL)
gateway.java_process.wait()
said = []
for call in [lambda: echo.calculate({"a": [1]}), echo.details,
             lambda: java.Py4JCalculator(gateway, "natives.Echo", "echo")] * 3:
    try:
        call()
    except java.JvmGoneError as error:
        assert error.__cause__ is None and (error.__context__ is None or error.__suppress_context__), error
        said.append(str(error).replace(str(pid), "PID"))
print(len(said), *set(said))
del echo
gc.collect()
java.stop_gateway(gateway)
""",
        TESTS,
        natives,
    )
    expected = "calculator 'echo': its gateway's JVM, pid PID, was killed by signal 9 and does not answer any more"
    assert done.stdout == f"9 {expected}\n"
    assert done.stderr == ""
