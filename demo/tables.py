"""The flights as one table through calculators in four languages, and rows into C++ beside pybind11.

Texts and times are in the table as they are. Each calculator looks at the columns where they lie in the map and answers
with a table of its own; every sum is compared with pyarrow's.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import dishtayantra_rust_calculators as rust
import pyarrow as pa
import pyarrow.compute as pc
from flights_legs import sum_rows
from rich.console import Console
from rich.table import Table

import dishtayantra_calculators as cpp
import round_trips
from dishtayantra_lmdb import java, wrap_with_lmdb

VALUE, GROUPS = "distance", ("carrier", "origin", "dest", "tailnum")
ROWS = 10_000
# How much of the time of the direct call ours may take.
WANTED = 0.5

Sums = Mapping[str, tuple[float, int]]


class TradeSums:
    """The calculator in Python, on pyarrow."""

    def calculate(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Sums up the table, which lies in the store."""
        trades, by = data["trades"], data["by"]
        groups = trades.filter(pc.is_valid(trades[by])).group_by(by).aggregate([(VALUE, "sum"), (VALUE, "count")])
        groups = groups.select([by, f"{VALUE}_sum", f"{VALUE}_count"]).rename_columns([by, "sum", "count"])
        return {"sums": groups.sort_by(by).to_pylist(), "rows": trades.num_rows}


def expected(flights: pa.Table, by: str) -> Sums:
    """The sums, of plain lists."""
    sums: dict[str, tuple[float, int]] = {}
    for name, value in zip(flights[by].to_pylist(), flights[VALUE].to_pylist(), strict=True):
        if name is not None:
            total, count = sums.get(name, (0.0, 0))
            sums[name] = (total + value, count + 1)
    return sums


def same(rows: list[dict[str, Any]], by: str, wanted: Sums) -> bool:
    """Whether the sums are those that are wanted, in the order of the names."""
    return [row[by] for row in rows] == sorted(wanted) and all(
        math.isclose(row["sum"], wanted[row[by]][0], rel_tol=1e-12) and row["count"] == wanted[row[by]][1]
        for row in rows
    )


def show_flights(store: str, flights: pa.Table, gateway: Any, console: Console) -> bool:
    """Every language on the whole table; False when a sum was wrong."""
    settings = {"lmdb_enabled": True, "lmdb_db_path": store, "lmdb_exchange_mode": "both"}
    makers: dict[str, Callable[[], Any]] = {
        "Python": TradeSums,
        "C++": lambda: cpp.TradeSums("sums", {"value": VALUE}),
        "Rust": lambda: rust.TradeSums("sums", {"value": VALUE}),
        "Java": lambda: java.Py4JCalculator(
            gateway, "com.dishtayantra.calculators.TradeSumsCalculator", "sums", {"value": VALUE}
        ),
    }
    size = f"{flights.nbytes / 1e6:,.1f} MB"
    title = f"{flights.num_columns} columns of {flights.num_rows:,} flights as one table, {size}"
    table = Table("calculator", title=title, title_justify="left")
    for heading in ("first ms", "median ms", "sums right"):
        table.add_column(heading, justify="right")
    wanted = {by: expected(flights, by) for by in GROUPS}
    right = True
    for language, make in makers.items():
        calculate = wrap_with_lmdb(make(), settings, f"sums in {language}").calculate
        began = time.perf_counter()
        calculate({"trades": flights, "by": GROUPS[0]})
        first = time.perf_counter() - began
        found = {by: same(calculate({"trades": flights, "by": by})["sums"], by, sums) for by, sums in wanted.items()}
        median = round_trips.median_of(partial(calculate, {"trades": flights, "by": GROUPS[0]}))
        equal_sums = sum(len(wanted[by]) for by, equal in found.items() if equal)
        counts = f"{equal_sums:,} of {sum(map(len, wanted.values())):,}"
        table.add_row(language, f"{first * 1e3:,.1f}", f"{median * 1e3:,.1f}", counts)
        right = right and all(found.values())
    console.print(table)
    console.print()
    return right


def show_rows(store: str, flights: pa.Table, console: Console) -> bool:
    """Rows of seven fields into C++; False when a sum was wrong."""
    names = ["year", "month", "dep_time", "carrier", "origin", "dest", VALUE]
    rows = flights.slice(0, ROWS).select(names).to_pylist()
    settings = {"lmdb_enabled": True, "lmdb_db_path": store, "lmdb_exchange_mode": "both"}
    calculate = wrap_with_lmdb(cpp.TradeSums("rows", {"value": VALUE, "by": "carrier"}), settings, "rows").calculate
    wanted = expected(flights.slice(0, ROWS), "carrier")
    direct = sum_rows(rows, "carrier", VALUE)
    right = same(calculate({"trades": rows})["sums"], "carrier", wanted)
    right = right and {name: total for name, (total, _) in wanted.items()} == direct
    ours = round_trips.median_of(lambda: calculate({"trades": rows}))
    theirs = round_trips.median_of(lambda: sum_rows(rows, "carrier", VALUE))
    verdict = "" if ours <= WANTED * theirs else f", short of the {WANTED} it should be"
    console.print(
        f"{ROWS:,} rows of {len(names)} fields into C++: as a table through the store {ours * 1e3:,.2f} ms, as a list "
        f"of dicts that pybind11 converts {theirs * 1e3:,.2f} ms: {ours / theirs:.2f}{verdict}\n"
    )
    return right


def show(store: str, flights: pa.Table, console: Console) -> bool:
    """Measures and prints; False when an answer was wrong."""
    gateway = java.start_gateway()
    try:
        return show_flights(store, flights, gateway, console) & show_rows(store, flights, console)
    finally:
        java.stop_gateway(gateway)
