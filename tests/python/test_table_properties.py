"""Random rows, lists and frames: what comes back is equal and of equal types, as a table or not."""

from __future__ import annotations

import datetime
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import polars.testing
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing.parametric import dataframes

from dishtayantra_lmdb import FormatError, LMDBTransport

few = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

UTC = datetime.timezone.utc
ints = st.integers(-(1 << 63), (1 << 63) - 1)
times = st.datetimes() | st.datetimes(timezones=st.just(UTC))
scalars: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int": ints,
    "any int": st.integers(),
    "float": st.floats(),
    "text": st.text(),
    "few texts": st.sampled_from(["", "a", "b", "\0", "ä"]),
    "odd text": st.text(st.characters()) | st.sampled_from(["\ud800", "a\udfff"]),
    "bytes": st.binary(),
    "datetime": st.datetimes(),
    "UTC": st.datetimes(timezones=st.just(UTC)),
    "mixed times": times,
    "date": st.dates(),
    "timedelta": st.timedeltas(),
    "mixed": st.booleans() | ints | st.floats() | st.text(),
    "int and float": ints | st.floats(),
    "bool and int": st.booleans() | ints,
    "nested": st.lists(ints, max_size=3),
    "dict": st.dictionaries(st.text(max_size=3), ints, max_size=2),
}
keys = st.text(max_size=5) | st.sampled_from(["_lmdb_ref", "a\0b", "\ud800", ""])
# Alone, where the last but one row differs, and as other classes.
odd_rows = st.sampled_from([None, {}, {"other": 1}, [], 1])


@st.composite
def columns(draw: st.DrawFn, rows: int) -> list[Any]:
    """Values under a key: of few examples, again and again."""
    kind = draw(st.sampled_from(list(scalars)))
    values = draw(st.lists(scalars[kind], min_size=1, max_size=12))
    if draw(st.booleans()):
        values = [*values, None, *values[:3]]
    start = draw(st.integers(0, len(values) - 1))
    return [values[(start + row) % len(values)] for row in range(rows)]


@st.composite
def lists_of_rows(draw: st.DrawFn) -> list[Any]:
    rows = draw(st.integers(60, 200))
    names = draw(st.lists(keys | ints | st.none(), min_size=1, max_size=5, unique=True))
    if draw(st.booleans()):
        names = [name for name in names if isinstance(name, str)] or ["a"]
    values = [draw(columns(rows)) for _ in names]
    found: list[Any] = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
    if draw(st.booleans()):
        found[draw(st.integers(0, rows - 1))] = draw(odd_rows)
    if draw(st.booleans()):
        at = draw(st.integers(0, rows - 1))
        if isinstance(found[at], dict):
            found[at] = dict(reversed(found[at].items()))
    return found


def same(one: Any, other: Any) -> bool:
    """Whether both are equal and of the same types, NaN and -0.0 as well."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (one == other and math.copysign(1, one) == math.copysign(1, other)) or (one != one and other != other)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(same, one.values(), other.values()))
    if isinstance(one, datetime.datetime):
        return one == other and repr(one) == repr(other)
    return bool(one == other)


def there_and_back(transport: LMDBTransport, value: Any) -> Any:
    transport.put("key", {"v": value}, tables=True, exact=True)
    return transport.get("key")["v"]


def check(transport: LMDBTransport, value: Any) -> None:
    try:
        found = there_and_back(transport, value)
    except FormatError:
        # What is refused is so without tables.
        with pytest.raises(FormatError):
            transport.put("key", {"v": value}, exact=True)
        return
    assert same(found, value)


@few
@given(lists_of_rows())
def test_rows(transport: LMDBTransport, rows: list[Any]) -> None:
    check(transport, rows)


@few
@given(st.integers(60, 200).flatmap(columns))
def test_lists(transport: LMDBTransport, values: list[Any]) -> None:
    check(transport, values)


@st.composite
def pandas_columns(draw: st.DrawFn, rows: int) -> Any:
    items = {
        **dict.fromkeys(("i1", "i2", "i4", "i8"), st.integers(-128, 127)),
        **dict.fromkeys(("u1", "u2", "u4", "u8"), st.integers(0, 255)),
        **dict.fromkeys(("f2", "f4", "f8"), st.floats(width=16)),
        **dict.fromkeys(("Int8", "Int64"), st.integers(-128, 127) | st.none()),
        **dict.fromkeys(("Float32", "Float64"), st.floats(width=16) | st.none()),
        "?": st.booleans(),
        "boolean": st.booleans() | st.none(),
        "str": st.text(st.characters(exclude_categories=["Cs"])) | st.none(),
        "string": st.text(st.characters(exclude_categories=["Cs"])) | st.none(),
        "object": st.one_of(st.none(), st.text(), st.floats(), ints, st.booleans()),
        "objects": st.none() | st.text(st.characters()),
        "category": st.sampled_from(["a", "b", None]),
        **{f"M8[{unit}]": st.integers(-(1 << 31), 1 << 31) for unit in ("s", "ms", "us", "ns")},
        **{f"m8[{unit}]": st.integers(-(1 << 31), 1 << 31) for unit in ("s", "ms", "us", "ns")},
        "zone": st.integers(0, 1 << 31),
    }
    kind = draw(st.sampled_from(list(items)))
    values = draw(st.lists(items[kind], min_size=rows, max_size=rows))
    if kind == "zone":
        return pd.DatetimeIndex(np.array(values, "M8[s]")).tz_localize("UTC").tz_convert("America/New_York")
    if kind in ("object", "objects"):
        array = np.empty(rows, object)
        array[:] = values
        return pd.Series(array, dtype=object)
    return np.array(values, kind) if kind[:1] in "iufMm?" else pd.array(values, kind)


@st.composite
def pandas_frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(0, 20))
    labels: st.SearchStrategy[Any] = st.text(max_size=3) | st.integers(-3, 3)
    names = draw(st.lists(labels, min_size=1, max_size=4))
    frame = pd.DataFrame(dict(enumerate(draw(pandas_columns(rows)) for _ in names)))
    frame.columns = names
    levels = draw(st.integers(0, 2))
    # pandas has no index of float16.
    of_index = pandas_columns(rows).filter(lambda column: getattr(column, "dtype", None) != np.float16)
    if levels == 1:
        frame.index = pd.Index(draw(of_index), name=draw(labels | st.none()))
    if levels == 2 and rows:
        frame.index = pd.MultiIndex.from_arrays([draw(of_index) for _ in range(2)], names=["a", None])
    start = draw(st.integers(0, rows))
    return frame.iloc[start :: draw(st.sampled_from([1, 2]))]


@few
@given(pandas_frames())
def test_frames_of_pandas(transport: LMDBTransport, frame: pd.DataFrame) -> None:
    try:
        found = there_and_back(transport, frame)
    except FormatError:
        with pytest.raises(FormatError):
            transport.put("key", {"v": frame}, exact=True)
        return
    pd.testing.assert_frame_equal(found, frame, check_exact=True, check_freq=True)
    assert list(map(repr, found.dtypes)) == list(map(repr, frame.dtypes))
    assert type(found.index) is type(frame.index)
    for (_, one), (_, other) in zip(found.items(), frame.items(), strict=True):
        if one.dtype == object:
            assert same(one.tolist(), other.tolist())


@few
@given(dataframes(max_size=20, excluded_dtypes=[pl.Object]))
def test_frames_of_polars(transport: LMDBTransport, frame: pl.DataFrame) -> None:
    try:
        found = there_and_back(transport, frame)
    except FormatError:
        with pytest.raises(FormatError):
            transport.put("key", {"v": frame}, exact=True)
        return
    polars.testing.assert_frame_equal(found, frame, check_exact=True)


TYPES = st.recursive(
    st.sampled_from(
        [
            *(pa.int8(), pa.int64(), pa.uint16(), pa.float32(), pa.float64(), pa.bool_(), pa.null()),
            *(pa.string(), pa.large_string(), pa.binary(), pa.binary(2), pa.string_view()),
            *(pa.timestamp("s"), pa.timestamp("ns", "UTC"), pa.date32(), pa.duration("ms"), pa.time64("ns")),
            pa.decimal128(9, 2),
        ]
    ),
    lambda inner: st.one_of(
        inner.map(pa.list_),
        inner.map(pa.large_list),
        inner.map(lambda kind: pa.list_(kind, 2)),
        st.lists(inner, min_size=1, max_size=2).map(
            lambda kinds: pa.struct([(f"f{at}", k) for at, k in enumerate(kinds)])
        ),
    ),
    max_leaves=3,
)


def random_array(kind: Any, rows: int, random: Any) -> Any:
    """An array of a type, with nil values and an offset."""
    mask = pa.array(random.random(rows) < 0.3)
    if pa.types.is_null(kind):
        return pa.nulls(rows)
    if pa.types.is_struct(kind):
        children = [random_array(kind.field(at).type, rows, random) for at in range(kind.num_fields)]
        return pa.StructArray.from_arrays(children, fields=list(kind), mask=mask)
    if pa.types.is_fixed_size_list(kind):
        return pa.FixedSizeListArray.from_arrays(random_array(kind.value_type, 2 * rows, random), type=kind, mask=mask)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        ends = np.cumsum([0, *random.integers(0, 3, rows)])
        large = pa.types.is_large_list(kind)
        make = pa.LargeListArray if large else pa.ListArray
        offsets = pa.array(ends, pa.int64() if large else pa.int32())
        return make.from_arrays(offsets, random_array(kind.value_type, int(ends[-1]), random), type=kind, mask=mask)
    numbers = random.integers(0, 100, rows)
    if pa.types.is_boolean(kind):
        values = pa.array(numbers % 2 == 0)
    elif pa.types.is_fixed_size_binary(kind):
        values = pa.array([b"%02d" % number for number in numbers], kind)
    elif pa.types.is_decimal(kind):
        values = pa.array(numbers).cast(pa.decimal128(21, kind.scale))
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
        values = pa.array(numbers)
    elif pa.types.is_temporal(kind):
        values = pa.array(numbers, pa.int32() if kind.bit_width == 32 else pa.int64())
    else:
        values = pa.array([f"text {number}" * (number % 5) for number in numbers], pa.string())
    return values.take(pa.array(np.arange(rows), mask=mask.to_numpy(False))).cast(kind)


@few
@given(st.lists(TYPES, min_size=1, max_size=3), st.integers(0, 30), st.integers(0, 9), st.integers(0, 1 << 32))
def test_tables_of_pyarrow(transport: LMDBTransport, kinds: list[Any], rows: int, skip: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    arrays = [random_array(kind, rows, random) for kind in kinds]
    names = [f"c{index // 2}" for index in range(len(kinds))]
    table = pa.Table.from_arrays(arrays, names)
    chunked = pa.concat_tables([table.slice(skip), table.slice(0, skip), table])
    for one in (table, table.slice(skip, 9), chunked):
        found = there_and_back(transport, one)
        found.validate(full=True)
        assert found.schema.equals(one.schema, check_metadata=True)
        assert found.equals(one)
