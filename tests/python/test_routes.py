"""A result has one type and value, whichever route it took; it can be compared, copied and pickled."""

from __future__ import annotations

import copy
import datetime
import decimal
import pickle
import uuid
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from wrapping import wrapped

from dishtayantra_lmdb import LMDBCalculatorMixin, LMDBDataExchange, LMDBTransport

Point = namedtuple("Point", "x y")
UTC = datetime.timezone.utc

# Every row of the table of types but None: a calculator that answers that has answered nothing.
# What the exchange, which is exact, gives back as it was:
SAME: dict[str, Any] = {
    "bool": True,
    "int": 5,
    "large int": 2**100,
    "float": 0.1,
    "str": "text",
    "list": [1, [2.5, "x"], None],
    "long list of floats": [0.5 * item for item in range(1000)],
    "long list of ints": list(range(-500, 500)),
    "nested list": [[float(row + column) for column in range(50)] for row in range(40)],
    "dict": {"a": {"b": [1, 2]}},
    "dict with other keys": {1: "a", (2, "x"): "b", None: "c"},
    "bytes": b"bytes",
    "set": {1, "a"},
    "frozenset": frozenset({1, "a"}),
    "complex": 1 + 2j,
    "Decimal": decimal.Decimal("1.10"),
    "date": datetime.date(2026, 11, 22),
    "time": datetime.time(1, 2, 3, 4),
    "timedelta": datetime.timedelta(1, 2, 3),
    "UUID": uuid.UUID(int=5),
    "datetime": datetime.datetime(2026, 11, 22, 1, 2, 3, 4),
    "aware datetime": datetime.datetime(2026, 11, 22, tzinfo=UTC),
    "ExtType": msgpack.ExtType(5, b"body"),
    "numpy bool": np.bool_(True),
    "numpy int8": np.int8(-5),
    "numpy uint64": np.uint64(2**63),
    "numpy float32": np.float32(0.5),
    "numpy datetime64": np.datetime64("2026-11-22T01:02:03.000000004", "ns"),
    "numpy complex64": np.complex64(1 + 2j),
    "array": np.arange(1000.0).reshape(20, 50),
    "small array": np.arange(3, dtype="u1"),
    "array of times": np.arange(10).astype("M8[ms]"),
    "array of text": np.array(["a", "bc"]),
    "empty array": np.zeros((0, 3)),
    "array without dimensions": np.array(5.0),
    "Table": pa.table({"x": [1, 2, 3], "s": ["a", None, "c"]}),
    "RecordBatch": pa.RecordBatch.from_pydict({"x": [1, 2, 3]}),
    "tuple": (1, (2, 3)),
    "bytearray": bytearray(b"ab"),
    "numpy float64": np.float64(0.1),
}
# What no format gives back as what it was: the calculator's own object is the result.
DIRECT: dict[str, Any] = {
    "namedtuple": Point(1, 2.5),
    "dict subclass": OrderedDict(a=1),
    "Timestamp": msgpack.Timestamp(5, 6000),
}
FRAMES: dict[str, Callable[[dict[str, Any]], Any]] = {"pandas": pd.DataFrame, "polars": pl.DataFrame}


class Answering(LMDBCalculatorMixin):
    """Answers one value: by its return value, or through the store when it is asked to and does not refuse."""

    def __init__(self, answer: Any, through_store: bool) -> None:
        self.answer = answer
        self.through_store = through_store

    def calculate(self, data: Any) -> Any:
        if data.get("_lmdb_ref"):
            self.lmdb_read_input()
        if self.through_store and "_lmdb_output_key" in data and self.lmdb_write_output(self.answer):
            return {"_lmdb_output_written": True}
        return self.answer


def answered(transport: LMDBTransport, answer: Any, mode: str, through_store: bool, **more: Any) -> Any:
    calculator = wrapped(transport, Answering(answer, through_store), mode, **more)
    result = calculator.calculate({"values": b"x" * 3000})
    calculator.close()
    return transport.resolve(result) if mode == "reference" and isinstance(result, dict) else result


def expect_same(found: Any, expected: Any) -> None:
    """The same types and values, all the way down."""
    assert type(found) is type(expected)
    if isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        np.testing.assert_array_equal(found, expected)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key, item in expected.items():
            expect_same(found[key], item)
    elif isinstance(expected, (list, tuple)):
        assert len(found) == len(expected)
        for mine, theirs in zip(found, expected, strict=True):
            expect_same(mine, theirs)
    else:
        assert found == expected


@pytest.mark.parametrize("nested", [False, True], ids=["alone", "in a dict"])
@pytest.mark.parametrize("name", SAME)
def test_direct_and_exchanged_results_are_the_same(transport: LMDBTransport, name: str, nested: bool) -> None:
    value = {"result": SAME[name], "more": [SAME[name]]} if nested else SAME[name]
    for mode in ("input", "output", "both", "reference"):
        for through_store in (False, True):
            expect_same(answered(transport, value, mode, through_store, lmdb_min_size=0), value)


@pytest.mark.parametrize("wanted", ["msgpack", "json", "raw", "numpy", "arrow"])
@pytest.mark.parametrize("name", SAME)
def test_results_are_the_same_in_every_format(transport: LMDBTransport, name: str, wanted: str) -> None:
    value = SAME[name]
    expect_same(answered(transport, value, "both", False, lmdb_data_format=wanted), value)
    expect_same(answered(transport, value, "both", True, lmdb_data_format=wanted), value)


@pytest.mark.parametrize("nested", [False, True], ids=["alone", "in a dict"])
@pytest.mark.parametrize("name", DIRECT)
@pytest.mark.parametrize("mode", ["input", "output", "both", "reference"])
def test_what_no_format_keeps_is_returned(transport: LMDBTransport, mode: str, name: str, nested: bool) -> None:
    given = {"result": DIRECT[name], "more": "x" * 3000} if nested else DIRECT[name]
    for through_store in (False, True):
        assert answered(transport, given, mode, through_store, lmdb_min_size=0) is given


@pytest.mark.parametrize("nested", [False, True], ids=["alone", "in a dict"])
@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("through_store", [False, True])
def test_frames_come_back_as_what_they_were(
    transport: LMDBTransport, name: str, nested: bool, through_store: bool
) -> None:
    value = FRAMES[name]({"x": [1.0, 2.0], "s": ["a", "b"]})
    found = answered(transport, {"frame": value} if nested else value, "both", through_store)
    found = found["frame"] if nested else found
    assert type(found) is type(value)
    assert found.equals(value)


LATER: dict[str, Any] = {
    **{name: SAME[name] for name in ("list", "long list of floats", "nested list", "set", "Table", "RecordBatch")},
    "array": SAME["array"],
    "dict of arrays": {"x": np.arange(1000.0), "deep": [{"y": np.arange(1000)}], "s": "text", "n": np.float32(1)},
    "dict of tables": {"t": SAME["Table"], "b": SAME["RecordBatch"]},
    "dict": {"a": list(range(1000)), "b": "text"},
}


@pytest.mark.parametrize("route", ["wrapper", "exchange", "get"])
@pytest.mark.parametrize("name", LATER)
def test_results_can_be_compared_copied_and_pickled_after_cleanup(
    transport: LMDBTransport, name: str, route: str
) -> None:
    value = LATER[name]
    if route == "wrapper":
        # It cleans up by itself.
        found = answered(transport, value, "both", True)
    elif route == "exchange":
        config = {"lmdb_enabled": True, "lmdb_db_path": transport.get_db_path(), "lmdb_map_size": 64 << 20}
        exchange = LMDBDataExchange(config, "calc")
        assert exchange.initialize()
        assert exchange.put_input({"values": b"x" * 3000}, "1")
        transport.put("output:calc:1", value)
        found = exchange.get_output("1")
        exchange.cleanup("1")
        exchange.close()
    else:
        transport.put("key", value)
        found = transport.get("key")
        transport.delete("key")
    assert transport.keys() == []
    for turn in range(8):
        transport.put("over", np.full(20_000, turn))
    for again in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        expect_same(again, value)
        if "array" not in name:
            assert again == found
            assert (again != found) is False
            assert found != {"another": "value"}
    expect_same(found, value)


def test_copies_of_arrays_can_be_written_to_and_leave_the_store_alone(transport: LMDBTransport) -> None:
    transport.put("key", {"x": np.arange(1000.0)})
    found = transport.get("key")
    for again in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        again["x"][0] = 7
    assert found["x"][0] == 0
    assert not found["x"].flags.writeable
