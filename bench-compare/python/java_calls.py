"""A dict of arrays to a Java calculator over Py4J and back: through the exchange, directly, and as Java collections.

The calculator transposes a matrix of float64: as much comes back as went. *Through the exchange*: an ndarray in a dict
through `wrap_with_lmdb`, mode `both`, the result an ndarray; *entry by entry* the same, called as engines call it, with
a round trip of Py4J for each entry of the reference and of the answer. *Directly*: the ndarray, or lists, in the
message. *As collections*: what Py4J offers of its own, a dict of a list converted to Java (`MapConverter`,
`ListConverter`) and those of the answer converted back; of sizes that end within a minute. The JVM is a process of its
own. All but the collections take turns; every time is the least of the medians of the rounds.

usage: java_calls.py [--directory DIRECTORY] [--rounds ROUNDS]
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
WAYS = ("through the exchange", "the same, entry by entry", "directly, an array", "directly, lists")
COLLECTIONS = "as Java collections"
# Of each way in a round.
CALLS = {10 << 10: 200, 100 << 10: 100, 1 << 20: 20, 10 << 20: 3}
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
    parser.add_argument("--rounds", type=int, default=5, help="how often the ways take turns")
    options = parser.parse_args()
    gateway = java.start_gateway()
    native = java.Py4JCalculator(gateway, MATRIX, "matrix", TRANSPOSE)
    by_entries = java.Py4JCalculator(gateway, MATRIX, "matrix", TRANSPOSE)
    by_entries._messages = None
    times: dict[str, dict[int, float]] = {way: {} for way in (*WAYS, COLLECTIONS)}
    with tempfile.TemporaryDirectory(prefix="dy_lmdb_bench_", dir=options.directory) as directory:
        config = {"lmdb_enabled": True, "lmdb_db_path": directory}
        wrapped = [wrap_with_lmdb(calculator, config, "matrix") for calculator in (native, by_entries)]
        for size in SIZES:
            values = matrix_of(size)
            lists = values.tolist()
            calls = [partial(calculator.calculate, {"values": values}) for calculator in (*wrapped, native)]
            calls.append(partial(native.calculate, {"values": lists}))
            for call in calls:
                assert np.array_equal(call()["values"], values.T)
            for turn in range(options.rounds + 1):
                for way, call in zip(WAYS, calls, strict=True):
                    # What one way leaves behind is not for the next one to clear away.
                    gateway.jvm.java.lang.System.gc()
                    found = median_ns(call, CALLS[size])
                    # In the first one the JVM compiles what is called often.
                    if turn:
                        times[way][size] = min(found, times[way].get(size, found))
            if size <= LARGEST_COLLECTION:
                assert as_collections(gateway, native.java, lists) == values.T.tolist()
                once = partial(as_collections, gateway, native.java, lists)
                times[COLLECTIONS][size] = median_ns(once, 1 if size == LARGEST_COLLECTION else 3)
        for calculator in wrapped:
            calculator.close()
    java.stop_gateway(gateway)
    rows = [[way, *(report.micros(found.get(size)) for size in SIZES)] for way, found in times.items()]
    exchanged = times[WAYS[0]]
    rows += [
        [f"{way} ÷ exchange", *(report.ratio(times[way].get(size), exchanged[size]) for size in SIZES)]
        for way in (WAYS[1], COLLECTIONS)
    ]
    report.table("Python → Java → Python over Py4J, float64 both ways, µs", ["means", *SIZES.values()], rows)


if __name__ == "__main__":
    main()
