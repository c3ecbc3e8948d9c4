"""How long numbers take from Python to a C++ calculator and back, by four ways of carrying them.

The calculator is the same, `2 x + 1` of every value, and it answers as many values as it gets. JSON is written by
Python's `json` and read and written in C++ by nlohmann::json; MessagePack is written by Python's `msgpack` and read
and written in C++ by the engine; both carry the numbers as a list, the only thing they can. The exchange, in its
default format and through the calculator wrapper as an engine calls it, carries `{"values": array}`, and, apart,
`{"values": list}` with a list made of the answer. As many numbers go as rows, `{"rows": [dict, …]}`, by JSON,
MessagePack and the exchange.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt
from flights_legs import Rows, Scale, scale_json, scale_msgpack, scale_rows_json, scale_rows_msgpack
from rich.console import Console
from rich.table import Table

from dishtayantra_lmdb import wrap_with_lmdb

SIZES = {1 << 10: "1 KB", 10 << 10: "10 KB", 100 << 10: "100 KB", 1 << 20: "1 MB", 10 << 20: "10 MB"}
WANTED_AT = 1 << 20
# How many times faster arrays should be than JSON and than MessagePack, lists than MessagePack, rows than either.
WANTED_JSON, WANTED_MSGPACK, WANTED_LISTS, WANTED_ROWS = 150, 20, 1, 1
# Sizes beyond have too many rows to wait for.
ROWS_MOST = 1 << 20

SECONDS = 1.0
LEAST, MOST = 5, 2000

Calculate = Callable[[Any], Any]


@dataclass(frozen=True)
class Trip:
    """Median seconds of one round trip, by way of carrying, and whether every answer was right."""

    json: float
    msgpack: float
    arrays: float
    lists: float
    right: bool


@dataclass(frozen=True)
class RowsTrip:
    """The same of rows."""

    json: float
    msgpack: float
    exchange: float
    right: bool


def median_of(trip: Callable[[], Any]) -> float:
    """The median of as many trips as fit into a second, five at least, after one that is not counted."""
    trip()
    samples: list[float] = []
    end = time.perf_counter() + SECONDS
    while len(samples) < LEAST or (len(samples) < MOST and time.perf_counter() < end):
        start = time.perf_counter()
        trip()
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


def measure(calculate: Calculate, values: npt.NDArray[np.float64]) -> Trip:
    """One size, all four ways, the same numbers."""
    numbers = values.tolist()

    def by_json() -> Any:
        return json.loads(scale_json(json.dumps({"values": numbers}).encode()))["values"]

    def by_msgpack() -> Any:
        return msgpack.unpackb(scale_msgpack(msgpack.packb({"values": numbers})))["values"]

    def by_arrays() -> Any:
        return calculate({"values": values})["values"]

    def by_lists() -> Any:
        answer = calculate({"values": numbers})["values"]
        return answer if isinstance(answer, list) else answer.tolist()

    expected = values * 2 + 1
    right = all(np.array_equal(np.asarray(trip()), expected) for trip in (by_json, by_msgpack, by_arrays, by_lists))
    return Trip(median_of(by_json), median_of(by_msgpack), median_of(by_arrays), median_of(by_lists), right)


def measure_rows(calculate: Calculate, values: npt.NDArray[np.float64]) -> RowsTrip:
    """The same numbers as rows, three ways."""

    def rows_of(numbers: list[float]) -> list[dict[str, Any]]:
        return [{"id": n, "value": value, "side": "buy"} for n, value in enumerate(numbers)]

    payload = {"rows": rows_of(values.tolist())}

    def by_json() -> Any:
        return json.loads(scale_rows_json(json.dumps(payload).encode()))

    def by_msgpack() -> Any:
        return msgpack.unpackb(scale_rows_msgpack(msgpack.packb(payload)))

    def by_exchange() -> Any:
        return calculate(payload)

    expected = rows_of((values * 2 + 1).tolist())
    right = all(trip()["rows"] == expected for trip in (by_json, by_msgpack, by_exchange))
    return RowsTrip(median_of(by_json), median_of(by_msgpack), median_of(by_exchange), right)


def measure_all(
    store: str, column: npt.NDArray[np.float64], console: Console
) -> Iterator[tuple[int, Trip, RowsTrip | None]]:
    """Every size, made of a column of real numbers; rows up to theirs."""
    settings = {
        "lmdb_enabled": True,
        "lmdb_db_path": store,
        "lmdb_exchange_mode": "both",
        "lmdb_min_size": 0,
    }
    scale = wrap_with_lmdb(Scale("scale", {}), settings, "scale").calculate
    scale_rows = wrap_with_lmdb(Rows("rows", {}), settings, "rows").calculate
    for size, name in SIZES.items():
        console.print(f"measuring {name} …")
        # Hours: the table's whole minutes would be shorter in JSON than measured values are.
        values = np.resize(column, size // 8) / 60
        yield size, measure(scale, values), measure_rows(scale_rows, values) if size <= ROWS_MOST else None


def micros(seconds: float) -> str:
    """Microseconds, to the precision that a median has."""
    value = seconds * 1e6
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def times(ratio: float) -> str:
    """A ratio with two significant figures or more."""
    return f"{ratio:,.0f} ×" if ratio >= 10 else f"{ratio:.2g} ×"


def figures(trip: Trip, rows: RowsTrip | None) -> Iterator[tuple[str, float, float]]:
    """How many times faster the exchange is, and how many times it should be."""
    yield "arrays are faster than JSON", trip.json / trip.arrays, WANTED_JSON
    yield "arrays are faster than MessagePack", trip.msgpack / trip.arrays, WANTED_MSGPACK
    yield "lists are faster than MessagePack", trip.msgpack / trip.lists, WANTED_LISTS
    if rows:
        yield "rows are faster than JSON", rows.json / rows.exchange, WANTED_ROWS
        yield "rows are faster than MessagePack", rows.msgpack / rows.exchange, WANTED_ROWS


def show(store: str, column: npt.NDArray[np.float64], console: Console) -> bool:
    """Measures and prints; False when an answer was wrong."""
    trips = list(measure_all(store, column, console))
    title = "Round trip Python → C++ → Python, every byte read and written in C++, median µs"
    table = Table("float64\nvalues", title=title, title_justify="left")
    for heading in ("JSON", "MsgPack", "arrays", "lists", "rows"):
        table.add_column(heading, justify="right")
    for heading in ("JSON\n÷ arrays", "MsgPack\n÷ arrays", "MsgPack\n÷ lists", "MsgPack\n(rows)\n÷ rows"):
        table.add_column(heading, justify="right")
    for size, trip, rows in trips:
        table.add_row(
            SIZES[size],
            micros(trip.json),
            micros(trip.msgpack),
            micros(trip.arrays),
            micros(trip.lists),
            micros(rows.exchange) if rows else "–",
            times(trip.json / trip.arrays),
            times(trip.msgpack / trip.arrays),
            times(trip.msgpack / trip.lists),
            times(rows.msgpack / rows.exchange) if rows else "–",
        )
    console.print(table)
    for what, ratio, wanted in next(figures(trip, rows) for size, trip, rows in trips if size == WANTED_AT):
        verdict = "" if ratio >= wanted else f", short of the {wanted} × it should be"
        console.print(f"at {SIZES[WANTED_AT]} {what}: {times(ratio)}{verdict}")
    wrong = [SIZES[size] for size, trip, rows in trips if not (trip.right and (rows is None or rows.right))]
    if wrong:
        console.print(f"[bold red]wrong answers at {', '.join(wrong)}[/]")
    return not wrong
