"""What frames take that are put into a store and got from it, beside what they took before they were tables.

usage: frames.py [--directory DIRECTORY] [--rounds N]
"""

from __future__ import annotations

import argparse
import gc
import statistics
from collections.abc import Callable
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

import report
from dishtayantra_lmdb import LMDBConfig, LMDBTransport

ROWS = 100_000
MAP_SIZE = 1 << 30
# Milliseconds of a put and a get.
WANTED = {"pandas, 3 columns of numbers": 4.0}


def frames() -> dict[str, Any]:
    """What is put, each in a dict."""
    random = np.random.default_rng(1)
    numbers = {"px": random.normal(size=ROWS), "n": np.arange(ROWS), "qty": random.normal(size=ROWS)}
    texts = numbers | {"s": random.choice(["XNYS", "XLON", "XTKS"], ROWS).tolist()}
    return {
        "pandas, 3 columns of numbers": pd.DataFrame(numbers),
        "pandas, and texts": pd.DataFrame(texts),
        "pandas, and texts as objects": pd.DataFrame(texts).astype({"s": object}),
        "pandas, and a category": pd.DataFrame(texts).astype({"s": "category"}),
        "Polars, 3 columns of numbers": pl.DataFrame(numbers),
        "Polars, and texts": pl.DataFrame(texts),
        "pyarrow, 3 columns of numbers": pa.table(numbers),
        "pyarrow, and texts": pa.table(texts),
    }


def times(run: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each of so many rounds."""
    found = []
    for _ in range(rounds):
        began = perf_counter_ns()
        run()
        found.append((perf_counter_ns() - began) / 1e6)
    return found


def compare(directory: str | None, rounds: int) -> None:
    """Prints the table."""
    rows = []
    with TemporaryDirectory(dir=directory) as scratch:
        transport = LMDBTransport(LMDBConfig(db_path=scratch, map_size=MAP_SIZE))
        with transport:
            for name, frame in frames().items():
                rows.append(line(transport, name, frame, rounds))
    header = ["", "put", "get", "both, least", "median", "as IPC, least", "median", "wanted", ""]
    report.table(f"Frames of {ROWS:,} rows in a dict, ms, {rounds} rounds", header, rows)


def line(transport: LMDBTransport, name: str, frame: Any, rounds: int) -> list[str]:
    """What one frame takes."""
    payload = {"frame": frame}

    def put() -> object:
        return transport.put("key", payload, tables=True)

    def get() -> object:
        return transport.get("key")

    def both() -> None:
        put()
        found = transport.get("key")["frame"]
        assert type(found) is type(frame)

    def before() -> None:
        transport.put("key", payload)
        transport.get("key")

    gc.disable()
    both()
    assert transport.get("key")["frame"].equals(frame)
    found = [times(run, rounds) for run in (put, get, both, before)]
    gc.enable()
    least, median = list(map(min, found)), list(map(statistics.median, found))
    wanted = WANTED.get(name)
    figures = [*median[:2], least[2], median[2], least[3], median[3]]
    met = "" if wanted is None or median[2] <= wanted else "not met"
    return [name, *(f"{figure:.2f}" for figure in figures), f"≤ {wanted:g}" if wanted else "", met]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", help="where the store is made")
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    compare(options.directory, options.rounds)
