"""Calls keep no memory: however often they are made, the process stays as large as it was.

``make memory`` runs 1,000,000 of each, and 10,000 of the slow ones; here it is a fiftieth.
"""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dishtayantra_lmdb import LMDBCalculatorMixin, LMDBConfig, LMDBError, LMDBTransport, wrap_with_lmdb

CALLS = int(os.environ.get("DY_MEMORY_CALLS", 20_000))
# What the allocator takes and gives without a leak.
NOISE = 512 << 10
BYTES_PER_CALL = 2

SMALL, LARGE = b"x" * 50, b"x" * 20_000
BATCH = {f"b{index}": SMALL for index in range(100)}
ARRAY = np.arange(2000.0)
TABLE = pa.table({"a": np.arange(2000.0)})


def private() -> int:
    """Bytes of memory that are this process's own: pages of the map do not count."""
    gc.collect()
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) << 10


def grown(call: Callable[[], object], calls: int) -> list[int]:
    """By how much the process grew in each of two rounds, after one that does not count."""
    sizes = []
    for _ in range(3):
        for _ in range(calls):
            call()
        sizes.append(private())
    return [later - sooner for sooner, later in itertools.pairwise(sizes)]


def refused(call: Callable[[], object]) -> None:
    try:
        call()
    except (LMDBError, ValueError):
        return
    raise AssertionError("not refused")


def published(transport: LMDBTransport, drop: bool) -> None:
    with transport.loan("loan", 20_000) as loan:
        loan.memory[:5] = b"hello"
        if drop:
            loan.drop()


def viewed(transport: LMDBTransport, key: str) -> None:
    with transport.view(key) as view:
        assert len(view.memory)


def reopened(path: str) -> None:
    LMDBTransport(LMDBConfig(db_path=path, map_size=64 << 20, prefault=0)).open().close()


# Name: how often it is made for each call of the quick ones, and what makes the call.
Made = Callable[[LMDBTransport, str], Callable[[], object]]
CASES: dict[str, tuple[float, Made]] = {
    "put, in the record": (1, lambda t, _: lambda: t.put("small", SMALL, format="raw")),
    "put, in an extent": (1, lambda t, _: lambda: t.put("large", LARGE, format="raw")),
    "put, a document": (1, lambda t, _: lambda: t.put("document", {"values": ARRAY, "n": [1, "a"]})),
    "put, an array": (1, lambda t, _: lambda: t.put("array", ARRAY, format="numpy")),
    "put, a table": (0.1, lambda t, _: lambda: t.put("table", TABLE, format="arrow")),
    "get, in the record": (1, lambda t, _: lambda: t.get("small")),
    "get, in an extent": (1, lambda t, _: lambda: t.get("large")),
    "get, a document": (1, lambda t, _: lambda: t.get("document")),
    "get, an array": (1, lambda t, _: lambda: t.get("array")),
    "get, a table": (0.1, lambda t, _: lambda: t.get("table")),
    "get, nothing": (1, lambda t, _: lambda: t.get("none")),
    "view": (1, lambda t, _: lambda: viewed(t, "large")),
    "view, in the record": (1, lambda t, _: lambda: viewed(t, "small")),
    "loan, published": (1, lambda t, _: lambda: published(t, False)),
    "loan, dropped": (1, lambda t, _: lambda: published(t, True)),
    "batch": (0.01, lambda t, _: lambda: t.put_many(BATCH, format="raw")),
    "batch, of documents": (0.01, lambda t, _: lambda: t.put_many({key: {"a": ARRAY} for key in BATCH})),
    "batch, refused": (0.01, lambda t, _: lambda: refused(lambda: t.put_many({**BATCH, "": SMALL}, format="raw"))),
    "put, refused": (0.1, lambda t, _: lambda: refused(lambda: t.put("", SMALL))),
    "contains": (1, lambda t, _: lambda: t.contains("small")),
    "touch": (1, lambda t, _: lambda: t.touch("small", 60)),
    "delete": (1, lambda t, _: lambda: t.delete("none")),
    "open": (0.01, lambda _, path: lambda: reopened(path + "2")),
    "open, once more": (0.01, lambda _, path: lambda: reopened(path)),
    "stats": (0.01, lambda t, _: t.stats),
    "keys": (0.01, lambda t, _: t.keys),
    "sweep": (0.01, lambda t, _: t.sweep),
    "wait": (0.01, lambda t, _: lambda: t.wait("small", 1000)),
}


@pytest.mark.parametrize("name", CASES)
def test_calls_keep_no_memory(name: str, tmp_path: Path) -> None:
    part, make = CASES[name]
    calls, path = max(1, int(CALLS * part)), str(tmp_path / "store")
    with LMDBTransport(LMDBConfig(db_path=path, map_size=64 << 20, prefault=0, ttl_seconds=0)) as transport:
        values: dict[str, tuple[Any, str | None]] = {
            "small": (SMALL, "raw"),
            "large": (LARGE, "raw"),
            "document": ({"values": ARRAY, "n": [1, "a"]}, None),
            "array": (ARRAY, "numpy"),
            "table": (TABLE, "arrow"),
        }
        for key, (value, form) in values.items():
            transport.put(key, value, format=form)
        rounds = grown(make(transport, path), calls)
    print(f"{name}: {rounds} bytes in two rounds of {calls} calls")
    assert min(rounds) < NOISE + BYTES_PER_CALL * calls, rounds


class Doubled(LMDBCalculatorMixin):
    def calculate(self, data: dict[str, Any]) -> dict[str, Any]:
        result = {"values": self.lmdb_read_input()["values"] * 2}
        return {"_lmdb_output_written": True} if self.lmdb_write_output(result) else result


def ignoring(payload: Any) -> dict[str, int]:
    return {"size": len(payload)}


@pytest.mark.parametrize(("calculator", "least"), [(Doubled(), 10), (ignoring, 10), (ignoring, 1 << 40)])
def test_exchanges_keep_no_memory(tmp_path: Path, calculator: Any, least: int) -> None:
    settings = {"lmdb_enabled": True, "lmdb_db_path": str(tmp_path / "store"), "lmdb_min_size": least}
    wrapped = wrap_with_lmdb(calculator, settings, "size")
    calls = CALLS // (10 if least == 10 else 1)
    rounds = grown(lambda: wrapped.calculate({"values": ARRAY}), calls)
    print(f"{rounds} bytes in two rounds of {calls} exchanges")
    assert min(rounds) < NOISE + BYTES_PER_CALL * calls, rounds
