"""Frames and series of pandas as tables, by their arrays: numbers lie where they are, NaN stays.

What Arrow's columns do not say of a frame, a note in the table's metadata does, as JSON: classes of
columns, the index, labels that are no texts. It is beside what pyarrow writes there, so that
``pyarrow.table(table).to_pandas()`` finds the index too. What is not known here to come back as it
is, is no table.
"""

from __future__ import annotations

import datetime
import json
import math
import struct
import sys
from collections.abc import Callable
from typing import Any

from .._library import core, optional
from . import frame_tables, tables
from .pandas_restored import MASKED, NOTE, PANDAS, labels_of

_FORMATS = {
    "i1": "c",
    "i2": "s",
    "i4": "i",
    "i8": "l",
    "u1": "C",
    "u2": "S",
    "u4": "I",
    "u8": "L",
    "f2": "e",
    "f4": "f",
    "f8": "g",
    "c8": "w:8",
    "c16": "w:16",
}
_UNITS = {"s": "s", "ms": "m", "us": "u", "ns": "n"}
_NULLABLE = 2
_NAT = -(1 << 63)


class _Unknown(ValueError):
    """It would not come back as it is, as far as is known here."""


# A column but for its name, as the library takes it: layout, flags, length, missing ones, bits,
# offsets, data, dictionary; or one source of its values.
_Source = tuple[Any, ...]
# What makes a source of a list of objects, and says what it is.
_Objects = Callable[[list[Any]], tuple[_Source, Any]]


def taken(value: Any) -> core.Frame | None:
    """A DataFrame or Series as a table; None when none gives it back."""
    pandas = optional.loaded("pandas")
    kind = type(value)
    if kind is not pandas.DataFrame and kind is not pandas.Series:
        return None
    try:
        return _frame(value, pandas, _plain_objects)
    except _Unknown:
        return None
    except ValueError:
        # Objects of several classes, as far as the library looks.
        return _frame(value, pandas, _mixed_objects)


def _frame(value: Any, pandas: Any, objects: _Objects) -> core.Frame:
    is_frame = type(value) is pandas.DataFrame
    note: dict[str, Any] = {"version": 1}
    if is_frame:
        found = [series for _, series in value.items()]
        names, note["labels"] = _labels(value.columns, pandas)
    else:
        found = [value]
        names, note["name"] = [_name(value.name)], _plain(value.name)
    if value.attrs:
        note["attrs"] = _plain(value.attrs)
    if not value.flags.allows_duplicate_labels:
        note["unique"] = True
    sources, note["dtypes"] = _sources(found, pandas, objects)
    index, note["index"] = _of_index(value.index, pandas, objects)
    columns = list(zip(names, sources, strict=True))
    columns += [(_index_name(value, level), source) for level, source in enumerate(index)]
    rows = len(value)
    if rows and not columns:
        raise _Unknown("rows without a column")
    is_list = not is_frame and not index
    return core.Frame._of(
        tables.PANDAS_SERIES if is_list else tables.PANDAS,
        rows,
        _metadata({PANDAS: _described(value, names, columns, note, is_frame)}),
        tuple((name, *source) for name, source in columns),
    )


def _sources(columns: list[Any], pandas: Any, objects: _Objects) -> tuple[list[_Source], list[Any]]:
    found = [_source(column, pandas, objects) for column in columns]
    return [source for source, _ in found], [note for _, note in found]


def _source(column: Any, pandas: Any, objects: _Objects) -> tuple[_Source, Any]:
    """The source of a series or an index, and what it is."""
    numpy = optional.numpy("a frame of pandas")
    dtype = column.dtype
    if isinstance(dtype, numpy.dtype):
        return _of_numpy(column.to_numpy(), dtype, numpy, objects)
    array = column.array
    if isinstance(dtype, pandas.DatetimeTZDtype):
        note = ["datetime", dtype.unit, _zone(dtype.tz)]
        return _times(array.asi8, f"ts{_UNITS[dtype.unit]}:{_zone_name(dtype.tz)}", numpy), note
    if isinstance(dtype, pandas.CategoricalDtype):
        (categories,), note = _of_index(dtype.categories, pandas, objects, always=True)
        flags = _NULLABLE | (1 if dtype.ordered else 0)
        return _codes(array.codes, categories, flags, numpy), ["category", dtype.ordered, note]
    if isinstance(dtype, pandas.StringDtype):
        note = ["string", dtype.storage, "nan" if dtype.na_value is not pandas.NA else "NA"]
        if dtype.storage == "pyarrow":
            return _of_arrow(array), note
        return (array.to_numpy(object, na_value=None).tolist(),), note
    if isinstance(dtype, pandas.PeriodDtype):
        if pandas.api.types.pandas_dtype(str(dtype)) != dtype:
            raise _Unknown(dtype)
        return _times(array.asi8, "l", numpy), ["period", str(dtype)]
    if isinstance(dtype, pandas.ArrowDtype):
        pa = optional.pyarrow("an array of Arrow")
        if not frame_tables.arrow_keeps(pa.schema([("", dtype.pyarrow_dtype)])):
            raise _Unknown(dtype)
        return _of_arrow(array), ["arrow"]
    if dtype.name in MASKED:
        return _of_masked(array._data, array._mask, numpy), ["masked", dtype.name]
    raise _Unknown(dtype)


def _of_numpy(array: Any, dtype: Any, numpy: Any, objects: _Objects) -> tuple[_Source, Any]:
    kind = dtype.kind
    if kind == "O":
        return objects(array.tolist())
    if not dtype.isnative or dtype.metadata is not None:
        raise _Unknown(dtype)
    if kind == "b":
        return ("b", 0, len(array), 0, None, None, _bits(array, numpy), None), ["bool"]
    if kind in "Mm":
        unit, count = numpy.datetime_data(dtype)
        if unit not in _UNITS or count != 1:
            raise _Unknown(dtype)
        if kind == "M":
            return _times(array.view("i8"), f"ts{_UNITS[unit]}:", numpy), ["datetime", unit, None]
        return _times(array.view("i8"), f"tD{_UNITS[unit]}", numpy), ["timedelta", unit]
    layout = _FORMATS.get(dtype.str[1:])
    if layout is None:
        raise _Unknown(dtype)
    data = numpy.ascontiguousarray(array)
    return (layout, 0, len(array), 0, None, None, data, None), ["numpy", dtype.str]


def _plain_objects(items: list[Any]) -> tuple[_Source, Any]:
    return (items,), ["object", "None"]


def _mixed_objects(items: list[Any]) -> tuple[_Source, Any]:
    """Texts, and what pandas has where one is missing."""
    kinds = set(map(type, items))
    if kinds != {str, float} or not all(item != item for item in items if type(item) is float):
        return _plain_objects(items)
    return ([None if item != item else item for item in items],), ["object", "nan"]


def _of_masked(data: Any, mask: Any, numpy: Any) -> _Source:
    nulls = int(mask.sum())
    bits = _bits(~mask, numpy) if nulls else None
    if data.dtype.kind == "b":
        return "b", _NULLABLE, len(data), nulls, bits, None, _bits(data, numpy), None
    layout = _FORMATS[data.dtype.str[1:]]
    values = numpy.ascontiguousarray(data)
    return layout, _NULLABLE, len(data), nulls, bits, None, values, None


def _times(ticks: Any, layout: str, numpy: Any) -> _Source:
    ticks = numpy.ascontiguousarray(ticks)
    there = ticks != _NAT
    nulls = len(ticks) - int(numpy.count_nonzero(there))
    bits = _bits(there, numpy) if nulls else None
    return layout, _NULLABLE, len(ticks), nulls, bits, None, ticks, None


def _codes(codes: Any, values: _Source, flags: int, numpy: Any) -> _Source:
    codes = numpy.ascontiguousarray(codes)
    there = codes >= 0
    nulls = len(codes) - int(numpy.count_nonzero(there))
    bits = _bits(there, numpy) if nulls else None
    layout = _FORMATS[codes.dtype.str[1:]]
    return layout, flags, len(codes), nulls, bits, None, codes, ("", *values)


def _of_arrow(array: Any) -> _Source:
    pa = optional.pyarrow("an array of Arrow")
    column = array.__arrow_array__()
    if not isinstance(column, pa.ChunkedArray):
        column = pa.chunked_array([column])
    return (column.__arrow_c_stream__(),)


def _bits(flags: Any, numpy: Any) -> Any:
    return numpy.packbits(flags, bitorder="little") if len(flags) else None


def _zone(zone: Any) -> Any:
    """A time zone as a note."""
    if type(zone) is datetime.timezone:
        offset = zone.utcoffset(None)
        if repr(datetime.timezone(offset)) == repr(zone) or zone is datetime.timezone.utc:
            return ["offset", offset.days * 86400 + offset.seconds]
    module = sys.modules.get("zoneinfo")
    key = getattr(zone, "key", None)
    if module is not None and key and module.ZoneInfo(key) is zone:
        return ["zone", key]
    module = sys.modules.get("pytz")
    name = getattr(zone, "zone", None)
    if module is not None and name and module.timezone(name) is zone:
        return ["pytz", name]
    raise _Unknown(zone)


def _zone_name(zone: Any) -> str:
    """A time zone as Arrow names it."""
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if name is not None:
        return str(name)
    if zone is datetime.timezone.utc:
        return "UTC"
    minutes, seconds = divmod(int(zone.utcoffset(None).total_seconds()), 60)
    if seconds:
        raise _Unknown(zone)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _of_index(
    index: Any, pandas: Any, objects: _Objects, always: bool = False
) -> tuple[list[_Source], Any]:
    """The columns of an index, and what it is. ``always``: it has one."""
    kind = type(index)
    if kind is pandas.RangeIndex:
        note = ["range", index.start, index.stop, index.step, _plain(index.name)]
        if not always:
            return [], note
        source = _source(index, pandas, objects)[0]
        return [source], note
    if kind is pandas.MultiIndex:
        numpy = optional.numpy("an index")
        sources, levels = [], []
        for level, codes in zip(index.levels, index.codes, strict=True):
            (values,), note = _of_index(level, pandas, objects, always=True)
            sources.append(_codes(codes, values, _NULLABLE, numpy))
            levels.append(note)
        return sources, ["multi", levels, [_plain(name) for name in index.names]]
    names = ("Index", "DatetimeIndex", "TimedeltaIndex", "PeriodIndex", "CategoricalIndex")
    if kind.__name__ not in names or getattr(pandas, kind.__name__) is not kind:
        raise _Unknown(kind)
    source, dtype = _source(index, pandas, objects)
    freq = None
    if kind.__name__ in names[1:3] and index.freq is not None:
        freq = index.freq.freqstr
        if pandas.tseries.frequencies.to_offset(freq) != index.freq:
            raise _Unknown(index.freq)
    return [source], ["index", kind.__name__, dtype, freq, _plain(index.name)]


def _labels(columns: Any, pandas: Any) -> tuple[list[str], Any]:
    """Names for the columns of a table, and what the labels are that a frame has for them."""
    labels = columns.tolist()
    names = [_name(label) for label in labels]
    kind = type(columns)
    if kind is pandas.RangeIndex:
        return names, _of_index(columns, pandas, _plain_objects)[1]
    named = None if names == labels else [_plain(label) for label in labels]
    if kind is pandas.MultiIndex:
        note = ["tuples", named, [_plain(name) for name in columns.names]]
    elif kind is pandas.Index:
        dtype = columns.dtype
        if isinstance(dtype, pandas.StringDtype):
            text = ["string", dtype.storage, "nan" if dtype.na_value is not pandas.NA else "NA"]
        else:
            text = dtype.str
        note = ["labels", text, named, _plain(columns.name)]
    else:
        raise _Unknown(kind)
    back = labels_of(note, names, pandas)
    same = type(back) is kind and back.identical(columns) and back.dtype == columns.dtype
    if not same or (kind is pandas.MultiIndex and list(back.dtypes) != list(columns.dtypes)):
        raise _Unknown(columns)
    return names, note


def _plain(value: Any) -> Any:
    """A label, a name, or attributes as JSON keeps them."""
    kind = type(value)
    if value is None or kind in (str, int, bool) or (kind is float and math.isfinite(value)):
        return value
    if kind is tuple or kind is list:
        return {kind.__name__: [_plain(item) for item in value]}
    if kind is dict and all(type(key) is str for key in value):
        return {"dict": {key: _plain(item) for key, item in value.items()}}
    raise _Unknown(value)


def _name(label: Any) -> str:
    """What a table has for a label: Arrow's names are UTF-8 without NUL."""
    text = "" if label is None else str(label)
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _index_name(value: Any, level: int) -> str:
    name = value.index.names[level]
    return f"__index_level_{level}__" if name is None else _name(name)


def _metadata(pairs: dict[bytes, bytes]) -> bytes:
    """Metadata as Arrow's C data interface has them."""
    found = [struct.pack("=i", len(pairs))]
    for pair in pairs.items():
        for text in pair:
            found += [struct.pack("=i", len(text)), text]
    return b"".join(found)


def _described(
    value: Any, names: list[str], columns: list[tuple[str, _Source]], note: Any, is_frame: bool
) -> bytes:
    """What pandas' developers' guide and pyarrow say of a frame, and the note.

    https://pandas.pydata.org/docs/development/developer.html#storing-pandas-dataframe-objects-in-apache-parquet-format
    """
    dtypes = list(map(str, value.dtypes if is_frame else [value.dtype]))
    dtypes += [str(level.dtype) for level in getattr(value.index, "levels", [value.index])]
    index: list[Any] = [name for name, _ in columns[len(names) :]]
    if note["index"][0] == "range":
        _, start, stop, step, name = note["index"]
        name = None if name is None else _name(value.index.name)
        index = [{"kind": "range", "name": name, "start": start, "stop": stop, "step": step}]
    described = [
        {
            "name": name,
            "field_name": name,
            "pandas_type": dtype,
            "numpy_type": dtype,
            "metadata": None,
        }
        for (name, _), dtype in zip(columns, dtypes, strict=False)
    ]
    known = {"index_columns": index, "column_indexes": [], "columns": described, NOTE: note}
    return json.dumps(known, separators=(",", ":")).encode()
