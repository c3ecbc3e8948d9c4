"""Values of every kind, and what calculators in each language make of them, whatever the route.

A kind is made in two sizes. ``total`` is what native calculators, which add numbers up, answer; None: they refuse it.
A language that differs has a line of its own in ``NATIVE``.
"""

from __future__ import annotations

import array
import datetime
import decimal
import enum
import tempfile
import uuid
import zoneinfo
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

SMALL, LARGE = 4, 2000
UTC = datetime.timezone.utc
Point = namedtuple("Point", "x y")


class Colour(enum.Enum):
    """An enumeration of the engine's user."""

    RED = "red"


class Level(enum.IntEnum):
    """An enumeration that is an int as well."""

    ONE = 1


class Unit(np.ndarray):
    """An array that means more than its items."""


@dataclass
class Trade:
    """A class of the engine's user."""

    price: float


@dataclass
class Kind:
    """One kind of value: how ``n`` items of it are made, and the total that natives find."""

    make: Callable[[int], Any]
    total: Callable[[int], float] | None = None


def whole(n: int) -> float:
    return float(n * (n - 1) // 2)


def half(n: int) -> float:
    return whole(n) / 2


def floats(n: int) -> np.ndarray:
    return np.arange(n) / 2


def columns(n: int) -> dict[str, Any]:
    return {"a": floats(n), "b": np.arange(n)}


def unit(n: int) -> Any:
    return floats(n).view(Unit)


# What natives read as numbers.
NUMBERS: dict[str, Kind] = {
    "list of floats": Kind(lambda n: floats(n).tolist(), half),
    "list of ints": Kind(lambda n: list(range(n)), whole),
    "list of ints and floats": Kind(lambda n: [*range(n - 1), float(n - 1)], whole),
    "list of bools": Kind(lambda n: [True] * n, float),
    "list of bools and floats": Kind(lambda n: [True, *[1.0] * (n - 1)], float),
    "tuple of floats": Kind(lambda n: tuple(floats(n).tolist()), half),
    "rows": Kind(lambda n: [[float(i), 1.0] for i in range(n)], lambda n: whole(n) + n),
    "rows of tuples": Kind(lambda n: [(float(i), 1.0) for i in range(n)], lambda n: whole(n) + n),
    "list of np.float64": Kind(lambda n: list(floats(n)), half),
    "list of np.float32": Kind(lambda n: list(floats(n).astype("f4")), half),
    "list of np.int16": Kind(lambda n: list(np.arange(n, dtype="i2")), whole),
    "float64": Kind(floats, half),
    "float32": Kind(lambda n: floats(n).astype("f4"), half),
    "int8": Kind(lambda n: np.ones(n, "i1"), float),
    "uint16": Kind(lambda n: np.arange(n, dtype="u2"), whole),
    "int32": Kind(lambda n: np.arange(n, dtype="i4"), whole),
    "uint64": Kind(lambda n: np.arange(n, dtype="u8"), whole),
    "bool": Kind(lambda n: np.ones(n, bool), float),
    "big-endian float64": Kind(lambda n: floats(n).astype(">f8"), half),
    "big-endian int32": Kind(lambda n: np.arange(n, dtype=">i4"), whole),
    "strided": Kind(lambda n: np.arange(2.0 * n)[::2], lambda n: 2 * whole(n)),
    "backwards": Kind(lambda n: floats(n)[::-1], half),
    "Fortran order": Kind(lambda n: np.asfortranarray(np.arange(2.0 * n).reshape(n, 2)), lambda n: whole(2 * n)),
    "two dimensions": Kind(lambda n: np.arange(2.0 * n).reshape(2, n), lambda n: whole(2 * n)),
    "memmap": Kind(lambda n: mapped(n), half),
    "memoryview of float64": Kind(lambda n: memoryview(floats(n)), half),
    "memoryview of float32": Kind(lambda n: memoryview(floats(n).astype("f4")), half),
    "memoryview of int16": Kind(lambda n: memoryview(np.arange(n, dtype="i2")), whole),
    "memoryview of two dimensions": Kind(
        lambda n: memoryview(np.arange(2.0 * n).reshape(2, n)), lambda n: whole(2 * n)
    ),
    "memoryview with gaps": Kind(lambda n: memoryview(np.arange(2.0 * n))[::2], lambda n: 2 * whole(n)),
    "array.array of floats": Kind(lambda n: array.array("f", floats(n).tolist()), half),
    "array.array of longs": Kind(lambda n: array.array("q", range(n)), whole),
    "namedtuples": Kind(lambda n: [Point(i, 1.5) for i in range(n)], lambda n: whole(n) + 1.5 * n),
    "np.matrix": Kind(lambda n: np.matrix(np.ones((2, n))), lambda n: 2.0 * n),
    "array of a subclass": Kind(unit, half),
    "bytes of float64": Kind(lambda n: floats(n).tobytes(), half),
    "pandas frame": Kind(lambda n: pd.DataFrame(columns(n)), lambda n: half(n) + whole(n)),
    "Polars frame": Kind(lambda n: pl.DataFrame(columns(n)), lambda n: half(n) + whole(n)),
    "Table": Kind(lambda n: pa.table(columns(n)), lambda n: half(n) + whole(n)),
    "RecordBatch": Kind(lambda n: pa.record_batch(columns(n)), lambda n: half(n) + whole(n)),
}

# What natives refuse on every route.
OTHERS: dict[str, Kind] = {
    "text": Kind(lambda n: "ä" * n),
    "list of texts": Kind(lambda n: ["x"] * n),
    "None in a list": Kind(lambda n: [1.0, None] * n),
    "bytearray": Kind(lambda n: bytearray(3 * n + 1)),
    "ints of over 64 bits": Kind(lambda n: [2**70] * n),
    "dict of dicts": Kind(lambda n: {str(i): {"v": i} for i in range(n)}),
    "dict with odd keys": Kind(lambda n: {(i, "x"): i for i in range(n)}),
    "OrderedDict": Kind(lambda n: OrderedDict((str(i), i) for i in range(n))),
    "set": Kind(lambda n: set(range(n))),
    "frozenset": Kind(lambda n: frozenset(range(n))),
    "dataclasses": Kind(lambda n: [Trade(float(i)) for i in range(n)]),
    "enums": Kind(lambda n: [Colour.RED] * n),
    "dates": Kind(lambda n: [datetime.date(2026, 11, 28)] * n),
    "dates with times": Kind(lambda n: [datetime.datetime(2026, 11, 28, 1, 2, 3, 4)] * n),
    "aware times": Kind(lambda n: [datetime.datetime(2026, 11, 28, tzinfo=UTC)] * n),
    "times of a zone": Kind(lambda n: [datetime.datetime(2026, 11, 28, tzinfo=zoneinfo.ZoneInfo("Asia/Tokyo"))] * n),
    "Decimals": Kind(lambda n: [decimal.Decimal("1.10")] * n),
    "complex": Kind(lambda n: [1 + 2j] * n),
    "UUIDs": Kind(lambda n: [uuid.UUID(int=i) for i in range(n)]),
    "np.str_": Kind(lambda n: [np.str_("x")] * n),
    "np.datetime64": Kind(lambda n: [np.datetime64("2026-11-28", "D")] * n),
    "array of times": Kind(lambda n: np.arange(n).astype("M8[ms]")),
    "array of complex": Kind(lambda n: np.ones(n, complex)),
    "array of texts": Kind(lambda n: np.array(["a", "bc"] * n)),
    "structured array": Kind(lambda n: np.zeros(n, [("bid", "f8"), ("ask", "f8")])),
    "fields out of order": Kind(
        lambda n: np.zeros(n, np.dtype({"names": ["b", "a"], "formats": ["f8", "i4"], "offsets": [8, 0]}))
    ),
    "recarray": Kind(lambda n: np.rec.array([(1.0, 2)] * n, dtype=[("x", "f8"), ("y", "i4")])),
    "masked array": Kind(lambda n: np.ma.masked_array(floats(n), [True] + [False] * (n - 1))),
    "masked value in a list": Kind(lambda n: [1.0, np.ma.masked] * n),
    "frame with texts": Kind(lambda n: pd.DataFrame({"s": ["x"] * n})),
    "frame with an index": Kind(lambda n: pd.DataFrame({"a": ["x"] * n}, index=[f"r{i}" for i in range(n)])),
    "frame of objects": Kind(lambda n: pd.DataFrame({"o": [1, "x"] * n})),
    "Table of texts": Kind(lambda n: pa.table({"s": ["x", None] * n})),
    "batch without columns": Kind(lambda n: pa.record_batch({"a": list(range(n))}).select([])),
}

KINDS = {**NUMBERS, **OTHERS}

# What a language refuses that others take, on both routes: why.
REFUSED: dict[str, dict[str, str]] = {"C++": {}, "Rust": {}, "Java": {}}
for _frame in ("pandas frame", "Polars frame", "Table", "RecordBatch"):
    REFUSED["Java"][_frame] = "Java reads no tables"
for _array in ("np.matrix", "array of a subclass"):
    REFUSED["Java"][_array] = "nobody in Java can know what the class means"


def mapped(n: int) -> Any:
    """An array in a file."""
    with tempfile.TemporaryFile() as file:
        found = np.memmap(file, "f8", "w+", shape=(n,))
    found[:] = floats(n)
    return found


def same(found: Any, wanted: Any) -> bool:
    """Whether types and values are the same all the way down; arrays may be read-only, files may be memory."""
    if isinstance(wanted, np.memmap):
        return type(found) in (np.ndarray, np.memmap) and same(np.asarray(found), np.asarray(wanted))
    if type(found) is not type(wanted):
        return False
    if wanted is np.ma.masked:
        return found is wanted
    if isinstance(wanted, np.ma.MaskedArray):
        return (
            found.dtype == wanted.dtype
            and bool(np.all(found.mask == wanted.mask))
            and bool(np.ma.allequal(found, wanted))
        )
    if isinstance(wanted, np.ndarray):
        return found.dtype == wanted.dtype and found.shape == wanted.shape and found.tobytes() == wanted.tobytes()
    if isinstance(wanted, memoryview):
        return found.format == wanted.format and found.shape == wanted.shape and found.tobytes() == wanted.tobytes()
    if isinstance(wanted, (pd.DataFrame, pl.DataFrame, pa.Table, pa.RecordBatch)):
        return found.equals(wanted) and getattr(found, "num_rows", 0) == getattr(wanted, "num_rows", 0)
    if isinstance(wanted, dict):
        return list(map(repr, found)) == list(map(repr, wanted)) and all(
            same(mine, theirs) for mine, theirs in zip(found.values(), wanted.values(), strict=True)
        )
    if isinstance(wanted, (list, tuple)):
        return len(found) == len(wanted) and all(same(*pair) for pair in zip(found, wanted, strict=True))
    if isinstance(wanted, datetime.datetime):
        return found == wanted and type(found.tzinfo) is type(wanted.tzinfo)
    return bool(found == wanted) and getattr(found, "dtype", None) == getattr(wanted, "dtype", None)
