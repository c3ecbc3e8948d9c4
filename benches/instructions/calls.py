"""The instructions of Python's hot paths: ``calls.py DIRECTORY LIBRARY``, under callgrind.

LIBRARY is ``counted.c``, built. Everything an operation costs is counted, the interpreter's work too.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from dishtayantra_calculators import MatrixProcessor
from dishtayantra_lmdb import LMDBCalculatorMixin, LMDBConfig, LMDBTransport, wrap_with_lmdb

WARM = 30
# The sweeper's thread is counted too, where it happens to work: the least of these counts is without it.
ROUNDS = 6
MAP_SIZE = 64 << 20


class Sum(LMDBCalculatorMixin):
    """Reads its input in place and answers with one number."""

    def calculate(self, data: dict[str, Any]) -> dict[str, Any]:
        """The first of the values."""
        payload = self.lmdb_read_input() if data.get("_lmdb_ref") else data
        return {"first": float(payload["values"][0])}


def main(directory: str, library: str) -> None:
    """Counts each operation into files of its own."""
    counted = ctypes.CDLL(library)

    def count(operation: str, n: int, call: Callable[[], Any]) -> None:
        for _ in range(WARM):
            call()
        for _ in range(ROUNDS):
            gc.collect()
            gc.disable()
            counted.counted_begin()
            for _ in range(n):
                call()
            counted.counted_end(f"python {operation}".encode(), n)
            gc.enable()

    transport = LMDBTransport(LMDBConfig(db_path=directory, map_size=MAP_SIZE, prefault=0)).open()
    settings = {"lmdb_enabled": True, "lmdb_db_path": directory, "lmdb_map_size": MAP_SIZE, "lmdb_prefault": 0}
    small, large = bytes(1024), bytes(100 * 1024)
    # On a page of its own: how the C library copies depends on where both ends are within a page.
    values = np.frombuffer(mmap.mmap(-1, 4000 * 8), "f8")
    payload = {"values": values, "name": "close"}
    rows = {"rows": [{"price": float(i), "size": i, "side": "buy"} for i in range(100)], "prices": [0.5] * 1000}

    def view() -> None:
        with transport.view("large"):
            pass

    def loan() -> None:
        with transport.loan("loaned", 100 * 1024, format="raw"):
            pass

    # The sweeper prepares pages in the background: let it.
    transport.put("large", large, format="raw")
    time.sleep(1)
    count("put 1 KB", 400, lambda: transport.put("small", small, format="raw"))
    count("loan 100 KB", 100, loan)
    count("put 100 KB", 200, lambda: transport.put("large", large, format="raw"))
    count("view 100 KB", 100, view)
    count("pack dict with an array", 100, lambda: transport.put("document", payload))
    count("unpack dict with an array", 100, lambda: transport.get("document"))
    count("pack rows", 20, lambda: transport.put("rows", rows))
    count("unpack rows", 20, lambda: transport.get("rows"))
    count("pack a table", 20, lambda: transport.put("table", rows, tables=True))
    count("unpack a table", 20, lambda: transport.get("table"))
    wrapped = wrap_with_lmdb(Sum(), settings, "sum")
    count("wrapped call, Python", 50, lambda: wrapped.calculate(payload))
    matrix = wrap_with_lmdb(MatrixProcessor("matrix", {}), settings, "matrix")
    count("wrapped call, C++", 50, lambda: matrix.calculate(payload))
    identity = wrap_with_lmdb(lambda data: {"n": len(data)}, {**settings, "lmdb_min_size": 1 << 30}, "direct")
    count("wrapped call, passed directly", 50, lambda: identity.calculate(payload))


if __name__ == "__main__":
    main(*sys.argv[1:])
