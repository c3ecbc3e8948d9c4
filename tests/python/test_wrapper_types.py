"""A calculator sees the same types, and its caller too, whatever the size of a payload."""

from __future__ import annotations

import datetime as dt
import enum
import logging
from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pandas as pd
import pytest
from wrapping import wrapped

from dishtayantra_lmdb import LMDBCalculatorMixin, LMDBTransport

Point = namedtuple("Point", "x y")


class Colour(enum.Enum):
    RED = 1


KEPT: dict[str, Any] = {
    "tuple": (1, (2.5, "x")),
    "bytearray": bytearray(b"x"),
    "float64": np.float64(1.5),
    "int8": np.int8(-1),
    "frame": pd.DataFrame({"a": [1, 2]}),
    "set": {1, 2},
    "zoned": dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc),
    "plain": [1, 2.5, "x", b"x", None, True, {"a": [1]}],
}
REFUSED: dict[str, Any] = {
    "namedtuple": Point(1, 2),
    "enum": Colour.RED,
    "subclass": OrderedDict(a=1),
    "object": object(),
}


class Both(LMDBCalculatorMixin):
    """Tells what it got, and answers it: by its return value, or through the store."""

    def __init__(self, writes: bool) -> None:
        self.writes = writes
        self.got: list[Any] = []
        self.references = 0

    def calculate(self, data: Any) -> Any:
        self.references += data.get("_lmdb_ref") is True
        payload = self.lmdb_read_input() if data.get("_lmdb_ref") else data
        self.got.append(payload["value"])
        result = {"value": payload["value"], "more": [0.5] * 1000}
        if self.writes and "_lmdb_output_key" in data and self.lmdb_write_output(result) is not None:
            return {"_lmdb_output_written": True}
        return result


def same(first: Any, second: Any) -> bool:
    if type(first) is not type(second):
        return False
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(same, first, second))
    return first.equals(second) if isinstance(first, pd.DataFrame) else bool(first == second)


@pytest.mark.parametrize("mode", ["input", "output", "both", "reference"])
@pytest.mark.parametrize("wanted", ["msgpack", "json", "arrow", "numpy"])
@pytest.mark.parametrize("writes", [False, True], ids=["returns", "writes"])
@pytest.mark.parametrize("segments", [True, False])
def test_types_are_those_of_a_direct_call(
    transport: LMDBTransport, mode: str, wanted: str, writes: bool, segments: bool, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in {**KEPT, **REFUSED}.items():
        inner = Both(writes)
        calculator = wrapped(transport, inner, mode, lmdb_data_format=wanted, lmdb_segments=segments)
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "core.lmdb"):
            for size in (1, 2000, 2000):
                result = calculator.calculate({"value": value, "more": [1.5] * size})
                if result.get("_lmdb_ref"):
                    result = transport.resolve(result)
                assert type(result) is dict
                assert same(result["value"], value), name
        assert all(same(got, value) for got in inner.got)
        assert len(inner.got) == 3
        assert not calculator.exchange.ignored
        if segments and mode != "output":
            assert inner.references == (0 if name in REFUSED else 2), name
        loud = [record for record in caplog.records if record.levelno > logging.INFO]
        assert len(loud) <= 1
        assert all(record.levelno == logging.WARNING for record in loud), loud
        if name == "plain" or (segments and name in KEPT):
            assert loud == []
        elif name in REFUSED and mode != "output":
            assert "calc" in loud[0].getMessage()
            assert "value" in loud[0].getMessage()
        calculator.close()
