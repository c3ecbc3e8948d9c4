"""What the payloads hold: a rule that every peer carries out for itself, from a seed and a count.

The numbers are SplitMix64's (https://prng.di.unimi.it/splitmix64.c): word i of a seed is the mix of
seed + (i + 1) * 0x9E3779B97F4A7C15, modulo 2^64. Columns differ by what is added to the seed:

    floats  seed      (word >> 11) * 2^-53 - 1/2, exact as float64
    longs   seed + 1  the word as int64
    ints    seed + 2  word >> 32 as int32
    marks   seed + 3  word >> 56 as uint8

    codes   seed + 4  CODES[word mod 3], of tables
    times   seed + 5  word >> 2 as nanoseconds since 1970, UTC, of tables
    nulls   seed + 6  nil where the word is a multiple of 4, of tables that have nulls

A text of a table is "größe " and the mark of its row; list i of a table has i mod 3 of the ints, the first list
the first ones; a pair has a float and a text.

A document is ``DOCUMENT`` and columns: as lists in json and msgpack, as arrays in segments.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pyarrow as pa

DOCUMENT = {
    "name": "größe ☃ 漢",
    "none": None,
    "yes": True,
    "ratio": 0.125,
    "nested": {"tags": ["a", "", "ß"], "least": -(2**63), "most": 2**63 - 1},
}


def words(seed: int, count: int) -> np.ndarray:
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def floats(seed: int, count: int) -> np.ndarray:
    return (words(seed, count) >> np.uint64(11)).astype(np.float64) * 2.0**-53 - 0.5


def longs(seed: int, count: int) -> np.ndarray:
    return words(seed + 1, count).view(np.int64)


def ints(seed: int, count: int) -> np.ndarray:
    return (words(seed + 2, count) >> np.uint64(32)).astype(np.uint32).view(np.int32)


def marks(seed: int, count: int) -> np.ndarray:
    return (words(seed + 3, count) >> np.uint64(56)).astype(np.uint8)


def document(seed: int, count: int) -> dict[str, Any]:
    """The columns as lists."""
    return {**DOCUMENT, "seed": seed, "floats": floats(seed, count).tolist(), "longs": longs(seed, count).tolist()}


def arrays(seed: int, count: int) -> dict[str, np.ndarray]:
    """The columns of a document of segments. The odd number of marks puts every array after them out of step."""
    return {
        "marks": marks(seed, 2 * count + 1),
        "floats": floats(seed, count),
        "ints": ints(seed, count),
        "longs": longs(seed, count).reshape(-1, 1),
    }


CODES = ["ab", "größe", "z"]


def column(kind: str, seed: int, count: int, nulls: bool) -> pa.Array:
    """A column of a table as pyarrow has it."""
    mask = words(seed + 6, count) % np.uint64(4) == 0 if nulls else None
    if kind == "float":
        return pa.array(floats(seed, count), mask=mask)
    if kind == "long":
        return pa.array(longs(seed, count), mask=mask)
    if kind == "text":
        return pa.array(np.char.add("größe ", marks(seed, count).astype("U3")), pa.string(), mask=mask)
    if kind == "code":
        codes = (words(seed + 4, count) % np.uint64(3)).astype(np.int32)
        return pa.DictionaryArray.from_arrays(codes, CODES)
    if kind == "time":
        times = (words(seed + 5, count) >> np.uint64(2)).astype(np.int64)
        return pa.array(times).cast(pa.timestamp("ns", "UTC"))
    if kind == "list":
        ends = np.concatenate([[0], np.cumsum(np.arange(count) % 3)]).astype(np.int32)
        return pa.ListArray.from_arrays(ends, ints(seed, int(ends[-1])))
    pair = [column("float", seed, count, nulls), column("text", seed, count, nulls)]
    return pa.StructArray.from_arrays(pair, ["a", "b"])


def columns_of(columns: list[list[str]], seed: int, count: int, nulls: bool) -> pa.Table:
    """A table of named columns."""
    return pa.table({name: column(kind, seed, count, nulls) for name, kind in columns})


def matrix(seed: int, count: int) -> np.ndarray:
    """What numpy holds: rows of two."""
    return floats(seed, 2 * count).reshape(count, 2)


def columns(seed: int, count: int) -> np.ndarray:
    """The same numbers in Fortran order: the first column, then the second."""
    return floats(seed, 2 * count).reshape((count, 2), order="F")


def table(seed: int, count: int) -> pa.Table:
    return pa.table({"floats": floats(seed, count), "longs": longs(seed, count)})


@functools.cache
def frame(count: int) -> dict[str, Any]:
    """What an Arrow stream of ``count`` rows has around its two columns, by pyarrow: it does not depend on the numbers.

    Hexadecimal text: ``head`` before the floats, ``between`` before the longs, ``tail`` after them.
    """
    sink = pa.BufferOutputStream()
    empty = pa.table({"floats": np.zeros(count), "longs": np.zeros(count, np.int64)})
    with pa.ipc.new_stream(sink, empty.schema) as writer:
        writer.write_table(empty)
    stream = sink.getvalue()
    if count == 0:
        # A schema without a batch.
        return {"head": stream.to_pybytes().hex(), "between": "", "tail": ""}
    (batch,) = pa.ipc.open_stream(stream).read_all().to_batches()
    first, second = (column.buffers()[1].address - stream.address for column in batch.columns)
    image = stream.to_pybytes()
    return {
        "head": image[:first].hex(),
        "between": image[first + 8 * count : second].hex(),
        "tail": image[second + 8 * count :].hex(),
    }
