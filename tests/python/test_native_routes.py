"""What a native calculator takes for numbers, and what it refuses: the same directly and through the store."""

from __future__ import annotations

import array
import datetime
import decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from dishtayantra_lmdb import FormatError, LMDBTransport, wrap_with_lmdb

ROWS = np.arange(6.0).reshape(2, 3)

TAKEN: dict[str, tuple[Any, list[list[float]]]] = {
    "big-endian float64": (ROWS.astype(">f8"), [[0, 3], [1, 4], [2, 5]]),
    "big-endian float32": (ROWS.astype(">f4"), [[0, 3], [1, 4], [2, 5]]),
    "big-endian int32": (-ROWS.astype(">i4"), [[0, -3], [-1, -4], [-2, -5]]),
    "big-endian uint16, strided": (ROWS.astype(">u2")[:, ::2], [[0, 3], [2, 5]]),
    "native": (ROWS, [[0, 3], [1, 4], [2, 5]]),
    "bools": ([True, False], [[1], [0]]),
    "bools and ints": ([True, 2, False], [[1], [2], [0]]),
    "bools and floats": ([True, 2.5], [[1], [2.5]]),
    "many bools and floats": ([True] + [2.5] * 300, [[1]] + [[2.5]] * 300),
    "array of bools": (np.array([True, False]), [[1], [0]]),
    "largest int64": ([2**63 - 1, 1], [[2.0**63], [1]]),
    "smallest int64": ([-(2**63), 1], [[-(2.0**63)], [1]]),
    "largest uint64": ([2**64 - 1, 1], [[2.0**64], [1]]),
    "many large ints": ([2**63] * 300, [[2.0**63]] * 300),
    "NumPy scalars": ([np.float64(1.5), np.int8(3), np.bool_(True), np.float32(0.5)], [[1.5], [3], [1], [0.5]]),
    "lists and arrays as rows": ([np.arange(3.0), [1, 2, 3]], [[0, 1], [1, 2], [2, 3]]),
    "a single int": (3, [[3]]),
    "a single float": (2.5, [[2.5]]),
    "a single bool": (True, [[1]]),
    "a single NumPy scalar": (np.int16(3), [[3]]),
    "array of float16": (ROWS.astype("f2"), [[0, 3], [1, 4], [2, 5]]),
    "big-endian float16": (ROWS.astype(">f2"), [[0, 3], [1, 4], [2, 5]]),
    "float16 in a row": ([np.ones(3, "f2"), [1, 2, 3]], [[1, 1], [1, 2], [1, 3]]),
    "a float16 that is no number": ([np.float16("nan"), 1.0], [[float("nan")], [1]]),
    "memoryview of float16": (memoryview(np.array([0.1, -2], "f2")), [[float(np.float16(0.1))], [-2]]),
    "a single float16": (np.float16(1.5), [[1.5]]),
    "float16 in a list": ([np.float16(0.1), 1.0], [[float(np.float16(0.1))], [1]]),
    "many float16": ([np.float16(0.5)] * 300, [[0.5]] * 300),
    "a float32 that is no number": ([np.float32("nan"), 1.0], [[float("nan")], [1]]),
    "memoryview of doubles, backwards": (memoryview(np.array([1.0, 2.5]))[::-1], [[2.5], [1]]),
    "memoryview of columns": (memoryview(ROWS[:, ::2]), [[0, 3], [2, 5]]),
    "memoryview of rows, columns first": (memoryview(np.asfortranarray(ROWS)), [[0, 3], [1, 4], [2, 5]]),
    "array, columns first": (np.asfortranarray(ROWS), [[0, 3], [1, 4], [2, 5]]),
    "an array without dimensions": (np.array(2.5), [[2.5]]),
    "memoryview of bytes": (memoryview(np.array([1.0, 2.5]).tobytes()), [[1], [2.5]]),
    "memoryview of doubles": (memoryview(np.array([1.0, 2.5])), [[1], [2.5]]),
    "tuples": (((1, 2), (3, 4)), [[1, 3], [2, 4]]),
    "memoryview of floats": (memoryview(np.array([1.0, 2.5], "f4")), [[1], [2.5]]),
    "memoryview of int16": (memoryview(np.array([1, -2], "i2")), [[1], [-2]]),
    "memoryview of bools": (memoryview(np.array([True, False])), [[1], [0]]),
    "memoryview of signed bytes": (memoryview(np.array([1, -2], "i1")), [[1], [-2]]),
    "memoryview of rows": (memoryview(ROWS), [[0, 3], [1, 4], [2, 5]]),
    "memoryview of rows of bytes": (memoryview(ROWS.astype("u1")), [[0, 3], [1, 4], [2, 5]]),
    "memoryview without dimensions": (memoryview(np.array(2.5)), [[2.5]]),
    "memoryview of big-endian floats": (memoryview(np.array([1.0, 2.5], ">f4")), [[1], [2.5]]),
    "memoryview of floats with gaps": (memoryview(np.arange(4, dtype="f4"))[::2], [[0], [2]]),
    "memoryview of bytes with gaps": (memoryview(np.array([1.0, 2.5]).tobytes()[::-1])[::-1], [[1], [2.5]]),
    "memoryviews in a list": (
        [memoryview(np.arange(3.0)), memoryview(array.array("h", [1, 2, 3]))],
        [[0, 1], [1, 2], [2, 3]],
    ),
    **{f"array.array of {code}": (array.array(code, [1, 2]), [[1], [2]]) for code in "bBhHiIlLqQfd"},
    "array.array of bytes that would divide": (array.array("B", range(8)), [[i] for i in range(8)]),
    "rows of array.array": ([array.array("i", [1, 2]), [3, 4.5]], [[1, 3], [2, 4.5]]),
}

# Read directly: no native of these opens a table in the store, and so each declines it.
FRAMES: dict[str, Any] = {
    "pandas": pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4, 5, 6]}),
    "Polars": pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4, 5, 6]}),
    "Arrow table": pa.table({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]}),
    "Arrow batch": pa.record_batch({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]}),
}

REFUSED: dict[str, Any] = {
    "int of more than 64 bits": [2**64, 1],
    "negative int of more than 64 bits": [-(2**63) - 1, 1.5],
    "many ints of more than 64 bits": [2**100] * 300,
    "int larger than any double": [10**400],
    "Decimal": [decimal.Decimal("1.5"), 2],
    "complex": [1.0, 2j],
    "array of complex": np.ones(3, complex),
    "long double": np.ones(3, np.longdouble),
    "datetimes": np.array([1, 2], "M8[s]"),
    "timedeltas": np.array([1, 2], "m8[s]"),
    "a single datetime": np.datetime64(5, "s"),
    "a single timedelta": np.timedelta64(5, "s"),
    "a datetime in a list": [1.0, np.datetime64(5, "s")],
    "a single void": np.void(b"12345678"),
    "a single complex": np.complex64(1),
    "dates": [datetime.date(2020, 1, 1)],
    "text in a list": [1.0, "x"],
    "None in a list": [1.0, None],
    "bytes in a list": [b"12345678"],
    "ragged": [[1, 2], [3]],
    "a number after a list": [[1, 2], 3],
    "a list after a number": [1, [2, 3]],
    "rows of different kinds and lengths": [np.arange(3.0), [1, 2]],
    "odd bytes": b"123",
    "more empty lists than anybody means": [np.zeros((2**40, 0))],
    "memoryview of bytes in a list": [memoryview(b"12345678")],
    "memoryview of an odd number of bytes": memoryview(b"123"),
    "dict": {"a": 1},
    "set": {1.0, 2.0},
}

# What the store does not take either, so that it is passed directly:
MASKED: dict[str, Any] = {
    "masked array": np.ma.masked_array([1.0, 2.0], [True, False]),
    "masked array of nothing masked": np.ma.masked_array([1, 2]),
    "masked rows": [np.ma.masked_array([1.0, 2.0], [True, False]), [1.0, 2.0]],
    "masked row after another": [[1.0, 2.0], np.ma.masked_array([1.0, 2.0], [True, False])],
    "masked number": [1.0, np.ma.masked],
    "single masked number": np.ma.masked,
}


# What would come back with another format.
PASSED_DIRECTLY = {"memoryview of big-endian floats"}


@pytest.fixture
def matrix(calculators: Any) -> Any:
    return calculators.MatrixProcessor("m", {"operation": "transpose"})


@pytest.fixture
def exchanged(matrix: Any, store_path: str) -> Any:
    config = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_min_size": 0, "lmdb_map_size": 64 << 20}
    return wrap_with_lmdb(matrix, config, "m")


@pytest.mark.parametrize("what", TAKEN)
def test_both_routes_take_the_same_and_answer_the_same(matrix: Any, exchanged: Any, what: str) -> None:
    values, expected = TAKEN[what]
    answers = [matrix.calculate({"values": values}), exchanged.calculate({"values": values})]
    through_store = what not in PASSED_DIRECTLY
    assert matrix.details()["references"] == matrix.details()["outputs_written"] == through_store
    assert type(answers[0]["values"]) is type(answers[1]["values"])
    for answer in answers:
        np.testing.assert_array_equal(np.asarray(answer["values"]), expected)
        assert np.asarray(answer["values"]).dtype == np.float64


@pytest.mark.parametrize("what", REFUSED)
def test_both_routes_refuse_the_same(matrix: Any, exchanged: Any, what: str) -> None:
    for calculator in (matrix, exchanged):
        with pytest.raises(ValueError, match="'values'"):
            calculator.calculate({"values": REFUSED[what]})
    assert matrix.details()["references"] == 1


@pytest.mark.parametrize("what", FRAMES)
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "in a dict"])
def test_both_routes_take_frames(matrix: Any, exchanged: Any, what: str, alone: bool) -> None:
    payload = FRAMES[what] if alone else {"values": FRAMES[what]}
    for calculator in (matrix, exchanged):
        answer = calculator.calculate(payload)["values"]
        np.testing.assert_array_equal(answer, [[1, 2, 3], [4, 5, 6]])
    details = matrix.details()
    assert (details["references"], details["outputs_written"]) == (1, 0)
    # What is a frame this once may be an array the next time.
    answer = exchanged.calculate({"values": np.ones((2, 3))})["values"]
    np.testing.assert_array_equal(answer, np.ones((3, 2)))
    assert matrix.details()["references"] == 2


def test_a_memoryview_with_gaps_is_read_where_its_bytes_are(matrix: Any, exchanged: Any) -> None:
    doubles = np.array([1.0, 9.0, 2.5, 9.0])
    for values in (memoryview(doubles)[::2], memoryview(np.array([2.5, 1.0]))[::-1]):
        for calculator in (matrix, exchanged):
            np.testing.assert_array_equal(calculator.calculate({"values": values})["values"], [[1.0], [2.5]])
    # The bytes of [1.0, 2.5], the last first.
    backwards = memoryview(np.array([1.0, 2.5]).tobytes()[::-1])[::-1]
    np.testing.assert_array_equal(matrix.calculate({"values": backwards})["values"], [[1.0], [2.5]])


@pytest.mark.parametrize("what", MASKED)
def test_no_route_loses_a_mask(matrix: Any, exchanged: Any, transport: LMDBTransport, what: str) -> None:
    for calculator in (matrix, exchanged):
        with pytest.raises(ValueError, match="'values': a masked array would lose its mask"):
            calculator.calculate({"values": MASKED[what]})
    assert matrix.details()["references"] == 0
    for wanted in ("msgpack", "numpy", "arrow", "json", "raw"):
        with pytest.raises(FormatError, match="a masked array would lose its mask"):
            transport.put("key", MASKED[what], format=wanted)


@pytest.mark.parametrize("parameter", [np.float32(0.5), 0.75, np.float64(0.25)])
def test_both_routes_take_the_same_parameters(calculators: Any, store_path: str, parameter: Any) -> None:
    risk = calculators.RiskCalculator("r", {})
    config = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_min_size": 0, "lmdb_map_size": 64 << 20}
    data = {"values": [1.0, 2.0, 4.0], "level": parameter}
    assert risk.calculate(data) == wrap_with_lmdb(risk, config, "r").calculate(data)
    assert risk.details()["references"] == 1


@pytest.mark.parametrize("parameter", [2**64, decimal.Decimal("0.5"), "0.5", [0.5], np.array([0.5, 0.6])])
def test_both_routes_refuse_the_same_parameters(calculators: Any, store_path: str, parameter: Any) -> None:
    risk = calculators.RiskCalculator("r", {})
    config = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_min_size": 0, "lmdb_map_size": 64 << 20}
    for calculator in (risk, wrap_with_lmdb(risk, config, "r")):
        with pytest.raises(ValueError, match="'level': "):
            calculator.calculate({"values": [1.0, 2.0, 4.0], "level": parameter})
    assert risk.details()["references"] == 1
