"""Python's side of the matrix: one JSON object a line, asked on standard input and answered on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import content

from dishtayantra_lmdb import DataFormat, LMDBConfig, LMDBTransport, View

Request = dict[str, Any]

# What tables were made of.
ROWS, LIST, ARROW, PANDAS, POLARS = 1, 2, 4, 6, 7


def write(transport: LMDBTransport, request: Request) -> None:
    form, seed, count = request["format"], request["seed"], request["count"]
    key = request["key"]
    options = {"ttl": request["ttl_ms"] / 1000, "source": request["source"], "target": request["target"]}
    if form == "json":
        transport.put(key, content.document(seed, count), DataFormat.JSON, **options)
    elif form == "msgpack":
        transport.put(key, content.document(seed, count), DataFormat.MSGPACK, segments=False, **options)
    elif form == "segments":
        document = {**content.DOCUMENT, "seed": seed, **content.arrays(seed, count)}
        transport.put(key, document, DataFormat.MSGPACK, **options)
    elif form == "big-endian segments":
        arrays = {name: big_endian(array) for name, array in content.arrays(seed, count).items()}
        transport.put(key, {**content.DOCUMENT, "seed": seed, **arrays}, DataFormat.MSGPACK, **options)
    elif form == "raw" and request["inline"]:
        transport.put(key, content.longs(seed, count).tobytes(), DataFormat.RAW_BYTES, **options)
    elif form == "raw":
        with transport.loan(key, 8 * count, DataFormat.RAW_BYTES, **options) as loan:
            loan.array("<i8")[:] = content.longs(seed, count)
    elif form == "numpy":
        transport.put(key, content.matrix(seed, count), DataFormat.NUMPY, **options)
    elif form == "Fortran numpy":
        transport.put(key, content.columns(seed, count), DataFormat.NUMPY, **options)
    elif form == "big-endian numpy":
        transport.put(key, big_endian(content.matrix(seed, count)), DataFormat.NUMPY, **options)
    elif form == "arrow":
        transport.put(key, content.table(seed, count), DataFormat.ARROW, **options)
    elif form == "table":
        transport.put(key, {"seed": seed, "table": made_table(request)}, DataFormat.MSGPACK, tables=True, **options)
    else:
        raise ValueError(f"no format {form}")


def made_table(request: Request) -> Any:
    """What Python has that becomes the table asked for."""
    table = content.columns_of(request["columns"], request["seed"], request["count"], request["nulls"])
    origin = request["origin"]
    if origin == ROWS:
        return table.to_pylist()
    if origin == LIST:
        return table[""].to_pylist()
    if origin == PANDAS:
        return table.to_pandas()
    return pl.from_arrow(table) if origin == POLARS else table


def big_endian(array: np.ndarray) -> np.ndarray:
    return array.astype(array.dtype.newbyteorder(">"))


def envelope(view: View) -> dict[str, Any]:
    told = view.envelope
    return {
        "key": told.key,
        "format": told.format.value,
        "size": told.size,
        "ttl_ms": round(told.ttl * 1000),
        "txn_id": told.txn_id,
        "source": told.source,
        "target": told.target,
        "checksum": f"{told.checksum:016x}" if told.checksum else None,
        "file_offset": view.file_offset,
    }


def place(name: str, address: int, size: int) -> dict[str, Any]:
    return {"name": name, "address": address, "bytes": size}


def plain_texts(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array


class Reading:
    """What a payload holds beside what it should."""

    def __init__(self, view: View, request: Request) -> None:
        self.arrays: list[dict[str, Any]] = []
        self.fault = next(self._faults(view, request), None)

    def _faults(self, view: View, request: Request) -> Iterator[str]:
        form, seed, count = request["format"], request["seed"], request["count"]
        if form in ("json", "msgpack"):
            yield from self._document(view.value(), content.document(seed, count))
        elif form == "segments":
            value = view.value()
            expected = content.arrays(seed, count)
            for name, array in expected.items():
                yield from self._array(name, value.pop(name, None), array)
            yield from self._document(value, {**content.DOCUMENT, "seed": seed})
        elif form == "raw":
            yield from self._array("longs", view.array("<i8"), content.longs(seed, count))
        elif form == "numpy":
            yield from self._array("floats", view.array(), content.matrix(seed, count))
        elif form == "Fortran numpy":
            array = view.array()
            if not array.flags.f_contiguous:
                yield "not in Fortran order"
            yield from self._array("floats", array, content.columns(seed, count))
        elif form == "table":
            yield from self._table(view, request)
        else:
            expected = content.table(seed, count)
            table = view.table()
            if table.schema != expected.schema:
                yield f"schema {table.schema}"
            for name in expected.column_names:
                # A table without a row has no chunk.
                column = table[name].chunk(0) if count else table[name].combine_chunks()
                if table[name].num_chunks > 1:
                    yield f"{name} is in {table[name].num_chunks} chunks"
                yield from self._array(name, column.to_numpy(), expected[name].to_numpy())

    def _table(self, view: View, request: Request) -> Iterator[str]:
        expected = content.columns_of(request["columns"], request["seed"], request["count"], request["nulls"])
        table = pa.table(view.table("table"))
        if table.num_rows != request["count"] or table.column_names != expected.column_names:
            yield f"{table.num_rows} rows of {table.column_names}"
        for name, kind in request["columns"]:
            found = table[name].combine_chunks() if not request["count"] else table[name].chunk(0)
            parts = {"list": {".item": "values"}, "pair": {".a": 0, ".b": 1}}.get(kind)
            if parts is None:
                self._place(name, found)
            for part, where in (parts or {}).items():
                self._place(name + part, found.values if where == "values" else found.field(where))
            # Large or coded texts are texts.
            wanted = plain_texts(expected[name].combine_chunks())
            if not plain_texts(found).cast(wanted.type).equals(wanted):
                yield f"{name} is {str(found)[:200]}, not {str(wanted)[:200]}"
        value = view.value()["table"]
        kinds = {ROWS: list, LIST: list, ARROW: pa.Table, PANDAS: pd.DataFrame, POLARS: pl.DataFrame}
        if type(value) is not kinds[request["origin"]]:
            yield f"the value is a {type(value)}"
        plain = {
            list: lambda: value,
            pa.Table: lambda: value.to_pylist(),
            pd.DataFrame: lambda: value.to_dict("records"),
            pl.DataFrame: lambda: value.to_dicts(),
        }[type(value)]()
        rows = expected.to_pylist()
        if plain != ([row[""] for row in rows] if request["origin"] == LIST else rows):
            yield f"the value is {str(plain)[:200]}"

    def _place(self, name: str, array: pa.Array) -> None:
        """Where the values of an array lie, or the indices of a coded one."""
        array = array.indices if isinstance(array, pa.DictionaryArray) else array
        data = array.buffers()[-1]
        self.arrays.append(place(name, data.address if data else 0, data.size if data else 0))

    def _document(self, found: Any, expected: dict[str, Any]) -> Iterator[str]:
        if not isinstance(found, dict) or list(found.keys() ^ expected.keys()):
            yield f"a document with {sorted(found) if isinstance(found, dict) else found!r}"
            return
        for key, value in expected.items():
            # As text, since numbers of another type would be equal.
            if json.dumps(found[key], sort_keys=True) != json.dumps(value, sort_keys=True):
                yield f"{key} is {str(found[key])[:80]}, not {str(value)[:80]}"

    def _array(self, name: str, found: Any, expected: np.ndarray) -> Iterator[str]:
        if not isinstance(found, np.ndarray) or found.dtype != expected.dtype or found.shape != expected.shape:
            yield f"{name} is {getattr(found, 'dtype', type(found))}{getattr(found, 'shape', '')}, not {expected.dtype}"
            return
        self.arrays.append(place(name, found.__array_interface__["data"][0], found.nbytes))
        if found.flags.writeable:
            yield f"{name} can be written to"
        (wrong,) = np.nonzero(found.reshape(-1) != expected.reshape(-1))
        if wrong.size:
            first = wrong[0]
            yield f"{name}[{first}] is {found.reshape(-1)[first]}, not {expected.reshape(-1)[first]}"


def main() -> None:
    path = sys.argv[1]
    plain = LMDBTransport(LMDBConfig(db_path=path)).open()
    checked = LMDBTransport(LMDBConfig(db_path=path, checksum=True)).open()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "write":
                write(checked if request["checksum"] else plain, request)
                with plain.view(request["key"]) as view:
                    answer = {"envelope": envelope(view)}
            else:
                with plain.view(request["key"]) as view:
                    view.verify()
                    reading = Reading(view, request)
                    answer = {
                        "envelope": envelope(view),
                        "payload": place("payload", view.address, view.size),
                        "arrays": reading.arrays,
                        "fault": reading.fault,
                    }
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
