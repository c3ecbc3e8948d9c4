"""Wrapped calculators for the tests of the wrapper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conftest import MAP_SIZE

from dishtayantra_lmdb import (
    LMDBCalculatorMixin,
    LMDBTransport,
    wrap_with_lmdb,
)

MODES = ["input", "output", "both", "reference"]
LARGE = {"values": list(range(3000)), "name": "x"}
EXPECTED = {"doubled": [2 * value for value in range(3000)], "name": "x"}


class Seeing:
    """A calculator that remembers what it got."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.answer = answer
        self.got: list[Any] = []

    def calculate(self, data: Any) -> Any:
        self.got.append(data)
        return self.answer(data)

    def details(self) -> dict[str, Any]:
        return {"calls": len(self.got)}

    @property
    def references(self) -> int:
        return sum(isinstance(data, dict) and "_lmdb_ref" in data for data in self.got)


def double(data: Any) -> Any:
    return {"doubled": [2 * value for value in data["values"]], "name": data["name"]}


class Writer(LMDBCalculatorMixin):
    """Reads its input where it is and writes its output when it is asked to."""

    def calculate(self, data: Any) -> Any:
        payload = self.lmdb_read_input() if data.get("_lmdb_ref") else data
        result = double(payload)
        if "_lmdb_output_key" in data and self.lmdb_write_output(result):
            return {"_lmdb_output_written": True, "_txn_id": data["_txn_id"]}
        return result


class Direct(LMDBCalculatorMixin):
    """Reads its input where it is and returns the result."""

    def calculate(self, data: Any) -> Any:
        return double(self.lmdb_read_input() if data.get("_lmdb_ref") else data)


def wrapped(transport: LMDBTransport, inner: Any, mode: str = "both", **more: Any) -> Any:
    config = {
        "lmdb_enabled": True,
        "lmdb_db_path": transport.get_db_path(),
        "lmdb_map_size": MAP_SIZE,
        "lmdb_exchange_mode": mode,
        "lmdb_wait_timeout": 30_000,
        **more,
    }
    return wrap_with_lmdb(inner, config, "calc")


def value_of(transport: LMDBTransport, result: Any) -> Any:
    return transport.resolve(result) if result.get("_lmdb_ref") else result


def is_double(transport: LMDBTransport, data: Any) -> Any:
    """Doubles what a reference names, read through a transport of its own."""
    return double(transport.resolve(data) if data.get("_lmdb_ref") else data)
