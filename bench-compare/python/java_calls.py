"""A dict of arrays to a Java calculator over Py4J and back: through the exchange, and as Java collections.

The calculator transposes a matrix of float64: as much comes back as went. *Through the exchange*: an ndarray in a dict
through `wrap_with_lmdb`, mode `both`, the result an ndarray. *As collections*: what Py4J offers of its own, a
dict of a list converted to Java (`MapConverter`, `ListConverter`) and those of the answer converted back; of sizes that
end within a minute. The JVM is a process of its own. Every time is a median.

usage: java_calls.py [--directory DIRECTORY]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

import report
from dishtayantra_lmdb import java, wrap_with_lmdb

MATRIX = "com.dishtayantra.calculators.MatrixProcessorCalculator"
TRANSPOSE = {"operation": "transpose"}
SIZES = {10 << 10: "10 KB", 100 << 10: "100 KB", 1 << 20: "1 MB", 10 << 20: "10 MB"}
COLUMNS = {10 << 10: 40, 100 << 10: 128, 1 << 20: 512, 10 << 20: 1280}
# A call of Py4J for every number and back: 10 MB would take minutes.
LARGEST_COLLECTION = 1 << 20


def median_ns(operation: Callable[[], object], rounds: int) -> float:
    """The median time of an operation."""
    samples = []
    for _ in range(rounds):
        start = perf_counter_ns()
        operation()
        samples.append(perf_counter_ns() - start)
    return statistics.median(samples)


def matrix_of(size: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A matrix of so many bytes."""
    return np.random.default_rng(size).random((size // 8 // COLUMNS[size], COLUMNS[size]))


def as_collections(gateway: Any, calculator: Any, rows: list[list[float]]) -> list[list[float]]:
    """Py4J's own conversions, both ways."""
    from py4j.java_collections import ListConverter, MapConverter

    client = gateway._gateway_client
    lists = ListConverter().convert([ListConverter().convert(row, client) for row in rows], client)
    payload = MapConverter().convert({"values": lists}, client)
    return [list(row) for row in calculator.calculate(payload).get("values")]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="Java calculators over Py4J, with the exchange and without.")
    parser.add_argument("--directory", type=Path, help="where the store is made; the temporary directory by default")
    options = parser.parse_args()
    gateway = java.start_gateway()
    native = java.Py4JCalculator(gateway, MATRIX, "matrix", TRANSPOSE)
    exchanged: dict[int, float] = {}
    collections: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="dy_lmdb_bench_", dir=options.directory) as directory:
        config = {"lmdb_enabled": True, "lmdb_db_path": directory}
        wrapped = wrap_with_lmdb(native, config, "matrix")
        for size in SIZES:
            values = matrix_of(size)
            assert np.array_equal(wrapped.calculate({"values": values})["values"], values.T)
            call = partial(wrapped.calculate, {"values": values})
            # The JVM compiles what is called often.
            median_ns(call, 200)
            exchanged[size] = median_ns(call, 200)
            if size <= LARGEST_COLLECTION:
                lists = values.tolist()
                assert as_collections(gateway, native.java, lists) == values.T.tolist()
                rounds = 1 if size == LARGEST_COLLECTION else 3
                collections[size] = median_ns(partial(as_collections, gateway, native.java, lists), rounds)
        wrapped.close()
    java.stop_gateway(gateway)
    rows = [
        ["through the exchange", *(report.micros(exchanged[size]) for size in SIZES)],
        ["as Java collections", *(report.micros(collections.get(size)) for size in SIZES)],
        ["collections ÷ exchange", *(report.ratio(collections.get(size), exchanged[size]) for size in SIZES)],
    ]
    report.table("Python → Java → Python over Py4J, float64 both ways, µs", ["means", *SIZES.values()], rows)


if __name__ == "__main__":
    main()
