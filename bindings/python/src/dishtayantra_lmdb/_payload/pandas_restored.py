"""Frames and series of pandas made of tables, as the notes of ``pandas_frames`` say."""

from __future__ import annotations

import datetime
import json
import struct
from collections.abc import Iterator
from typing import Any

from .._library import optional
from . import tables

# The key of the note, in what metadata have for pandas.
NOTE = "dishtayantra"
PANDAS = b"pandas"
MASKED = frozenset(
    (
        *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)),
        *("Float32", "Float64", "boolean"),
    )
)


def _next(columns: Iterator[tables.Column]) -> tables.Column:
    """The next column that the note tells of."""
    for column in columns:
        return column
    raise ValueError("a frame of pandas lacks columns that its note tells of")


def restored(table: tables.Table) -> Any:
    """The DataFrame or Series that ``table`` was."""
    pandas = optional.module("pandas", "a frame of pandas")
    metadata = table._metadata()
    if not metadata:
        return _of_others(table)
    note = _note_of(metadata)
    dtypes = note["dtypes"]
    columns = iter([table.column(index) for index in range(table.num_columns)])
    named = [_next(columns) for _ in dtypes]
    arrays = [_array(column, dtype, pandas) for column, dtype in zip(named, dtypes, strict=True)]
    index = _index_of(note["index"], columns, pandas)
    if len(index) != table.rows:
        raise ValueError(f"an index of {len(index)} labels for {table.rows} rows")
    if "labels" in note:
        found = dict(enumerate(_columns(arrays, dtypes, index, pandas)))
        made = pandas.DataFrame(found, index=index, copy=False)
        made.columns = labels_of(note["labels"], [column.name for column in named], pandas)
    else:
        (array,) = arrays
        dtype = object if dtypes[0][0] == "object" else None
        name = original(note["name"])
        made = pandas.Series(array, index=index, dtype=dtype, name=name, copy=False)
    if "attrs" in note:
        made.attrs.update(original(note["attrs"]))
    return made.set_flags(allows_duplicate_labels=False) if "unique" in note else made


def _of_others(table: tables.Table) -> Any:
    """Of a table that another language wrote as a frame: as pyarrow has its types in pandas."""
    made = optional.pyarrow("a frame of pandas from another language").table(table)
    frame = made.to_pandas(split_blocks=True)
    return frame if table._origin == tables.PANDAS else frame.iloc[:, 0]


def _columns(arrays: list[Any], dtypes: list[Any], index: Any, pandas: Any) -> list[Any]:
    # Objects that are all texts would become texts.
    return [
        pandas.Series(array, index=index, dtype=object, copy=False)
        if dtype[0] == "object"
        else array
        for array, dtype in zip(arrays, dtypes, strict=True)
    ]


def _array(column: tables.Column, note: Any, pandas: Any) -> Any:
    """An array of pandas or NumPy of a column."""
    numpy = optional.numpy("a frame of pandas")
    kind, *rest = note
    if kind == "numpy":
        dtype = numpy.dtype(rest[0])
        if dtype.kind not in "iufc":
            raise ValueError(f"a column of dtype {dtype}")
        return column.values(dtype)
    if kind == "bool":
        return column.bits()
    if kind == "object":
        items = column.list()
        if rest[0] == "nan":
            items = [numpy.nan if item is None else item for item in items]
        found = numpy.empty(len(items), object)
        found[:] = items
        return found
    if kind == "datetime":
        unit, zone = rest
        times = column.values(f"<M8[{unit}]")
        if zone is None:
            return times
        return pandas.DatetimeIndex(times).tz_localize("UTC").tz_convert(_zone_of(zone)).array
    if kind == "timedelta":
        return column.values(f"<m8[{rest[0]}]")
    if kind == "string":
        dtype = _string_dtype(note, pandas)
        if rest[0] == "pyarrow":
            return dtype.__from_arrow__(optional.pyarrow("texts of pandas").array(column))
        return pandas.array(column.list(), dtype=dtype)
    if kind == "masked":
        return _masked(column, rest[0], pandas, numpy)
    if kind == "category":
        ordered, index = rest
        assert column.dictionary is not None
        categories = _index_of(index, iter([column.dictionary]), pandas)
        dtype = pandas.CategoricalDtype(categories, ordered)
        return pandas.Categorical.from_codes(column.values(), dtype=dtype)
    if kind == "period":
        dtype = pandas.api.types.pandas_dtype(rest[0])
        return pandas.arrays.PeriodArray(column.values("<i8"), dtype=dtype)
    if kind == "arrow":
        pa = optional.pyarrow("an array of Arrow")
        array = pa.chunked_array([pa.array(column)])
        return pandas.ArrowDtype(array.type).__from_arrow__(array)
    raise ValueError(f"a column of kind {kind!r}")


def _string_dtype(note: Any, pandas: Any) -> Any:
    numpy = optional.numpy("texts of pandas")
    _, storage, missing = note
    if missing == "NA":
        return pandas.StringDtype(storage)
    return pandas.StringDtype(storage, na_value=numpy.nan)


def _masked(column: tables.Column, name: str, pandas: Any, numpy: Any) -> Any:
    if name not in MASKED:
        raise ValueError(f"a column of dtype {name!r}")
    dtype = pandas.api.types.pandas_dtype(name)
    mask = column.missing()
    mask = numpy.zeros(len(column), bool) if mask is None else mask
    if name == "boolean":
        return pandas.arrays.BooleanArray(column.bits(), mask)
    kind = pandas.arrays.FloatingArray if name[0] == "F" else pandas.arrays.IntegerArray
    return kind(column.values(dtype.numpy_dtype), mask)


def _index_of(note: Any, columns: Any, pandas: Any) -> Any:
    """The index of a note and its columns, as many as it has."""
    kind = note[0]
    if kind == "range":
        _, start, stop, step, name = note
        return pandas.RangeIndex(start, stop, step, name=original(name))
    if kind == "multi":
        _, notes, names = note
        levels, codes = [], []
        for level in notes:
            column = _next(columns)
            assert column.dictionary is not None
            levels.append(_index_of(level, iter([column.dictionary]), pandas))
            codes.append(column.values())
        names = [original(name) for name in names]
        return pandas.MultiIndex(levels, codes, names=names, verify_integrity=True)
    _, name, dtype, freq, label = note
    array = _array(_next(columns), dtype, pandas)
    label = original(label)
    if name == "Index":
        kind = object if dtype[0] == "object" else None
        return pandas.Index(array, dtype=kind, name=label, copy=False, tupleize_cols=False)
    if name == "DatetimeIndex":
        return pandas.DatetimeIndex(array, freq=freq, name=label, copy=False)
    if name == "TimedeltaIndex":
        return pandas.TimedeltaIndex(array, freq=freq, name=label, copy=False)
    if name == "PeriodIndex":
        return pandas.PeriodIndex(array, name=label)
    if name == "CategoricalIndex":
        return pandas.CategoricalIndex(array, name=label)
    raise ValueError(f"an index of class {name!r}")


def labels_of(note: Any, names: list[str], pandas: Any) -> Any:
    kind = note[0]
    if kind == "range":
        return _index_of(note, iter(()), pandas)
    if kind == "tuples":
        found = [original(label) for label in note[1]]
        levels = [original(name) for name in note[2]]
        return pandas.MultiIndex.from_tuples(found, names=levels)
    _, dtype, labels, name = note
    labels = names if labels is None else [original(label) for label in labels]
    if isinstance(dtype, list):
        dtype = _string_dtype(dtype, pandas)
    else:
        dtype = optional.numpy("labels").dtype(dtype)
    return pandas.Index(labels, dtype=dtype, name=original(name), tupleize_cols=False)


def original(value: Any) -> Any:
    """The label, name or attributes that JSON was made of."""
    if type(value) is not dict:
        return value
    ((kind, items),) = value.items()
    if kind == "dict":
        return {key: original(item) for key, item in items.items()}
    return {"tuple": tuple, "list": list}[kind](original(item) for item in items)


def _zone_of(note: Any) -> Any:
    if note is None:
        return None
    kind, what = note
    if kind == "offset":
        return (
            datetime.timezone(datetime.timedelta(seconds=what)) if what else datetime.timezone.utc
        )
    if kind == "zone":
        import zoneinfo

        return zoneinfo.ZoneInfo(what)
    return optional.module("pytz", f"the time zone {what}").timezone(what)


def _note_of(metadata: bytes) -> dict[str, Any]:
    at = 4
    texts = []
    for _ in range(2 * struct.unpack_from("=i", metadata)[0]):
        (size,) = struct.unpack_from("=i", metadata, at)
        texts.append(metadata[at + 4 : at + 4 + size])
        at += 4 + size
    pairs = dict(zip(texts[::2], texts[1::2], strict=True))
    note: dict[str, Any] = json.loads(pairs[PANDAS])[NOTE]
    if note["version"] != 1:
        raise ValueError("a frame of pandas that a later version wrote")
    return note
