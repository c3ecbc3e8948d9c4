"""What rows (lists of dicts) and lists of texts take as tables, beside msgspec's bytes in the same store.

usage: rows.py [--directory DIRECTORY] [--rounds N]

A fall-back is of rows of which one has a value of another type.
"""

from __future__ import annotations

import argparse
import gc
import random
from collections.abc import Callable
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import Any

import msgspec
from flights_legs import sum_rows

import report
from dishtayantra_calculators import TradeSums
from dishtayantra_lmdb import LMDBConfig, LMDBTransport, wrap_with_lmdb

ROWS, TEXTS = 10_000, 100_000
MAP_SIZE = 1 << 30
# Our time of theirs, at most.
WANTED = {
    "10,000 rows of 7 fields": 0.75,
    "100,000 texts, 500 of them different": 0.5,
    "100,000 texts, all different": 1.25,
}
WANTED_ENCODE, WANTED_DECODE, WANTED_FALL, WANTED_CALL = 1.4, 0.7, 1.15, 0.5


def values() -> dict[str, list[Any]]:
    """What is put."""
    draw = random.Random(1)
    symbols = [f"SYM{number:03d}" for number in range(500)]
    rows = [
        {
            "id": number,
            "symbol": draw.choice(symbols),
            "px": draw.random() * 100,
            "qty": draw.randrange(1000),
            "side": draw.choice(["buy", "sell"]),
            "live": draw.random() < 0.5,
            "venue": draw.choice(["XNYS", "XNAS", "ARCX"]),
        }
        for number in range(ROWS)
    ]
    texts = [draw.choice(symbols) for _ in range(TEXTS)]
    return dict(zip(WANTED, [rows, texts, [f"name-{number:08d}" for number in range(TEXTS)]], strict=True))


def least(runs: list[Callable[[], object]], rounds: int) -> list[float]:
    """The least milliseconds of each, in turns."""
    found: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, times in zip(runs, found, strict=True):
            began = perf_counter_ns()
            made = run()
            times.append((perf_counter_ns() - began) / 1e6)
            del made
    return [min(times) for times in found]


def verdict(ratio: float, wanted: float) -> list[str]:
    """A ratio, what it should be, and whether it is."""
    return [f"{ratio:.2f}", f"≤ {wanted:g}", "" if ratio <= wanted else "not met"]


def stores(transport: LMDBTransport, rounds: int) -> list[list[str]]:
    """Put and got, as tables, as plain documents and as msgspec's bytes."""
    encode, decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode
    lines = []
    for name, value in values().items():

        def table(value: Any = value) -> Any:
            transport.put("table", value, tables=True)
            return transport.get("table")

        def plain(value: Any = value) -> Any:
            transport.put("plain", value)
            return transport.get("plain")

        def theirs(value: Any = value) -> Any:
            transport.put("bytes", encode(value), format="raw")
            with transport.view("bytes") as view:
                return decode(view)

        assert table() == plain() == theirs() == value
        ours, documents, msgspecs = least([table, plain, theirs], rounds)
        times = [f"{time:.2f}" for time in (ours, documents, msgspecs)]
        lines.append([name, *times, *verdict(ours / msgspecs, WANTED[name])])
    return lines


def alone(transport: LMDBTransport, rounds: int) -> list[list[str]]:
    """Rows encoded and decoded."""
    encode, decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode
    rows = next(iter(values().values()))
    mixed = [*rows[:-1], {**rows[-1], "px": 1}]
    late = [*rows[:-2], {**rows[-2], "px": 1}, rows[-1]]
    packed = encode(rows)

    def put(value: Any, tables: bool) -> Callable[[], object]:
        return lambda: transport.put("encoded", value, tables=tables)

    transport.put("rows", rows, tables=True)
    transport.put("raw", packed, format="raw")
    runs = [
        put(rows, True),
        lambda: transport.put("bytes", encode(rows), format="raw"),
        lambda: transport.get("rows"),
        lambda: decode(packed),
        put(mixed, True),
        put(late, True),
        put(mixed, False),
    ]
    times = least(runs, rounds)
    pairs = [
        ("rows put, ÷ encoded by msgspec and put", times[0], times[1], WANTED_ENCODE),
        ("rows got, ÷ decoded by msgspec", times[2], times[3], WANTED_DECODE),
        ("put when the last row has another type, ÷ put plain", times[4], times[6], WANTED_FALL),
        ("put when the last but one has, ÷ put plain", times[5], times[6], WANTED_FALL),
    ]
    return [[name, f"{ours:.2f}", f"{theirs:.2f}", *verdict(ours / theirs, most)] for name, ours, theirs, most in pairs]


def calls(directory: str, rounds: int) -> list[list[str]]:
    """A wrapped calculator in C++ on rows, beside a function that pybind11 hands a list of dicts."""
    rows = next(iter(values().values()))
    settings = {"lmdb_enabled": True, "lmdb_db_path": directory, "lmdb_map_size": MAP_SIZE}
    calculate = wrap_with_lmdb(TradeSums("sums", {"value": "px", "by": "symbol"}), settings, "sums").calculate
    found = {row["symbol"]: row["sum"] for row in calculate({"trades": rows})["sums"]}
    wanted = sum_rows(rows, "symbol", "px")
    assert found.keys() == wanted.keys()
    assert all(abs(found[name] - total) < 1e-6 for name, total in wanted.items())
    ours, theirs = least([lambda: calculate({"trades": rows}), lambda: sum_rows(rows, "symbol", "px")], rounds)
    name = "wrapped call in C++, ÷ pybind11's list of dicts"
    return [[name, f"{ours:.2f}", f"{theirs:.2f}", *verdict(ours / theirs, WANTED_CALL)]]


def compare(directory: str | None, rounds: int) -> None:
    """Prints the tables."""
    with TemporaryDirectory(dir=directory) as scratch:
        gc.disable()
        with LMDBTransport(LMDBConfig(db_path=scratch, map_size=MAP_SIZE)) as transport:
            header = ["", "table", "plain", "msgspec", "table ÷ msgspec", "wanted", ""]
            report.table(f"Put and got, ms, least of {rounds} rounds", header, stores(transport, rounds))
            lines = alone(transport, rounds) + calls(scratch, rounds)
        header = ["", "ours", "theirs", "ratio", "wanted", ""]
        report.table(f"{ROWS:,} rows of 7 fields, ms, least of {rounds} rounds", header, lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", help="where the store is made")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    compare(options.directory, options.rounds)
