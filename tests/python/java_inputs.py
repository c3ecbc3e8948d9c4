"""Payloads that cannot be passed to Java, with what is said of them, and odd ones that can, with what comes back."""

from __future__ import annotations

import array
import enum
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

itself: list[Any] = []
itself.append(itself)


class Number(enum.IntEnum):
    THREE = 3


class Text(str):
    def __repr__(self) -> str:
        return "another text"

    __str__ = __repr__


REFUSED: dict[str, tuple[Any, str]] = {
    "int over 64 bits": ({"a": [1, 2**64]}, "int of 65 bits at 'a.1'"),
    "int below 64 bits": ({"a": -(2**63) - 1}, "int of 64 bits at 'a' cannot be passed to Java, only -2"),
    "endless int": ({"a": 1 << 100_000}, "int of 100001 bits at 'a'"),
    "half a surrogate pair": ({"a": {"b": ["x\ud800"]}}, r"the text 'x\\ud800' at 'a.b.0'"),
    "half a surrogate pair in a key": ({"a\udfff": 1}, r"the text 'a\\udfff' at 'a\\udfff'"),
    "list in itself": ({"a": itself}, "nested too deeply"),
    "object": ({"a": object()}, "a object cannot be passed to Java at 'a'"),
    "long double": ({"a": np.longdouble(1.5)}, "longdouble.* at 'a'"),
    "array of long doubles": ({"a": [np.ones(3, np.longdouble)]}, "ndarray of .* at 'a.0'"),
    "array of objects": ({"a": np.array([1, None])}, "cannot be passed to Java at 'a'"),
    "array with fields": ({"a": np.ones(2, "i4,f8")}, "ndarray of .* at 'a'"),
    "matrix": ({"a": np.ones((2, 2)).view(np.matrix)}, "matrix cannot be passed to Java at 'a'"),
    "masked array": ({"a": np.ma.masked_equal([1, 2], 2)}, "MaskedArray cannot be passed to Java at 'a'"),
    "array of letters": ({"a": array.array("u", "ab")}, "cannot be passed to Java at 'a'"),
    "frame of pandas": ({"a": pd.DataFrame({"x": [1.0]})}, "DataFrame cannot be passed to Java at 'a'"),
    "frame of Polars": ({"a": pl.DataFrame({"x": [1.0]})}, "DataFrame cannot be passed to Java at 'a'"),
    "table": ({"a": pa.table({"x": [1.0]})}, "Table cannot be passed to Java at 'a'"),
    "record batch": ({"a": pa.record_batch({"x": [1.0]})}, "RecordBatch cannot be passed to Java at 'a'"),
}

TAKEN: dict[str, tuple[Any, Any]] = {
    "largest": (2**63 - 1, 2**63 - 1),
    "smallest": (-(2**63), -(2**63)),
    "unsigned": (np.uint64(2**64 - 1), 2**64 - 1),
    "enum": (Number.THREE, 3),
    "np.float64": (np.float64(1.5), 1.5),
    "np.float32": (np.float32(1.5), 1.5),
    "np.str_": (np.str_("é\U0001f600\n\0"), "é\U0001f600\n\0"),
    "text of a subclass": (Text("plain"), "plain"),
}

_grid = np.arange(600.0).reshape(3, 200)
# What comes back is the array that was meant: its dtype, shape and items.
ARRAYS: dict[str, tuple[Any, Any]] = {
    "array.array": (array.array("d", [1.5, -2.0]), np.array([1.5, -2.0])),
    "large array.array": (array.array("q", range(5000)), np.arange(5000)),
    "array.array of bytes": (array.array("B", b"\1\2"), np.array([1, 2], np.uint8)),
    "typed memoryview": (memoryview(array.array("i", [1, -1])), np.array([1, -1], np.int32)),
    "memoryview of two dimensions": (memoryview(_grid), _grid),
    "memoryview with steps": (memoryview(_grid)[::2], _grid[::2]),
    "memoryview of bools": (memoryview(np.array([True, False])), np.array([True, False])),
    "times": (np.array(["2026-11-28", "NaT"], "M8[ns]"), np.array(["2026-11-28", "NaT"], "M8[ns]")),
    "spans of time": (np.array([1, -2], "m8[D]"), np.array([1, -2], "m8[D]")),
    "big-endian": (np.array([1, 2], ">i4"), np.array([1, 2], np.int32)),
    "halves": (np.array([0.1, -2], "f2"), np.array([0.1, -2], "f2")),
    "complex": (np.array([1 - 2j, 3j], ">c8"), np.array([1 - 2j, 3j], "c8")),
    "complex of two doubles": (np.array([[1 - 2j]]), np.array([[1 - 2j]])),
    "columns first": (np.asfortranarray(_grid), _grid),
    "no dimensions": (np.array(3.5), np.array(3.5)),
    "bytes of a memoryview": (memoryview(b"ab"), b"ab"),
}


def check_array(calculator: Any, name: str) -> None:
    """Passes an array to a calculator that answers with its input."""
    given, expected = ARRAYS[name]
    answer = calculator.calculate({"a": given})["a"]
    assert type(answer) is type(expected)
    if isinstance(expected, np.ndarray):
        assert answer.dtype == expected.dtype
        np.testing.assert_array_equal(answer, expected, strict=True)
    else:
        assert answer == expected


def check(calculator: Any, name: str) -> None:
    """Passes the payload with a name to a calculator that answers with its input."""
    import pytest

    from dishtayantra_lmdb.errors import InvalidArgumentError

    if name in TAKEN:
        given, expected = TAKEN[name]
        answer = calculator.calculate({"a": [given]})
        assert answer == {"a": [expected]}
        assert type(answer["a"][0]) is type(expected)
        return
    payload, said = REFUSED[name]
    with pytest.raises(InvalidArgumentError, match=said):
        calculator.calculate(payload)
    # It is none the worse for it.
    assert calculator.calculate({"a": "ä"}) == {"a": "ä"}


def check_making(make: Any) -> None:
    """Makes calculators that cannot be; ``make`` takes class, name and configuration."""
    import pytest

    from dishtayantra_lmdb import java
    from dishtayantra_lmdb.errors import InvalidArgumentError

    for arguments, said in {
        ("natives.Echo", "n\ud800"): "at 'name'",
        ("natives.Ec\ud800ho", "n"): "at 'class'",
        ("natives.Echo", 3): "the name is 3, no str",
        (7, "n"): "the class is 7, no str",
    }.items():
        with pytest.raises(InvalidArgumentError, match=said):
            make(*arguments, {})
    with pytest.raises(InvalidArgumentError, match=r"at 'q\.r'"):
        make("natives.Echo", "n", {"q": {"r": 2**70}})
    with pytest.raises(InvalidArgumentError, match="the config is of type list"):
        make("natives.Echo", "n", [1])
    for java_class in ("java.lang.Object", "java.util.AbstractMap", "no.such.Class", "java.lang", "", "a\0b"):
        with pytest.raises(java.JavaError, match="calculator 'n'"):
            make(java_class, "n", {})
    with pytest.raises(java.JavaError, match="calculate"):
        make("natives.Silent", "n", {}).calculate({})
    with pytest.raises(java.JavaError, match="nested too deeply"):
        make("natives.Echo", "n", {"answer": "itself"}).calculate({})
    assert make("natives.Echo", "n", {"answer": "large"}).calculate({}) == {"answer": -(2**20_000)}
