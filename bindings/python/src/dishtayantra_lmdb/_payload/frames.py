"""Data frames of pandas and Polars as tables that give back the frame, or not at all."""

from __future__ import annotations

from typing import Any

from .._library import optional
from ..errors import FormatError

_PANDAS, _POLARS = b"pandas", b"polars"


def exact_table(frame: Any, pa: Any) -> tuple[Any, bytes] | None:
    """The table of a frame, and of which library it is; None when it is of neither.

    Raises:
        FormatError: the frame would not come back as it is.
    """
    pandas = optional.loaded("pandas")
    if pandas is not None and type(frame) is pandas.DataFrame:
        return _of_pandas(frame, pandas, pa), _PANDAS
    polars = optional.loaded("polars")
    if polars is not None and type(frame) is polars.DataFrame:
        return _of_polars(frame, polars, pa), _POLARS
    return None


def restored(table: Any, kind: bytes) -> Any:
    """The frame that ``table`` was made of.

    Raises:
        FormatError: its library is not there, or not known here.
    """
    if kind == _PANDAS:
        optional.module("pandas", "a pandas DataFrame")
        return table.to_pandas()
    if kind == _POLARS:
        return optional.module("polars", "a Polars DataFrame").from_arrow(table)
    raise FormatError(f"a table of kind {kind!r} is none that this version knows")


def _of_polars(frame: Any, polars: Any, pa: Any) -> Any:
    if not frame.columns and frame.height:
        raise FormatError("a Polars DataFrame without columns would lose its rows")
    table = pa.table(frame)
    back = polars.from_arrow(table.slice(0, 0))
    _refuse_changed(list(frame.schema.items()), list(back.schema.items()))
    return table


def _of_pandas(frame: Any, pandas: Any, pa: Any) -> Any:
    if frame.attrs or not frame.flags.allows_duplicate_labels:
        raise FormatError("the attrs and flags of a pandas DataFrame would be lost")
    columns, index = frame.columns, frame.index
    if type(columns) is not pandas.Index or not _all_texts(columns) or not columns.is_unique:
        raise FormatError(f"the columns of a pandas DataFrame are {columns!r}, not different texts")
    numbered = type(index) is pandas.RangeIndex
    timed = type(index) is pandas.DatetimeIndex and index.freq is None
    if not (numbered or timed or (type(index) is pandas.Index and _is_kept(index, pandas))):
        raise FormatError(f"an index of class {type(index).__name__} would not come back as it is")
    if not isinstance(index.name, (str, type(None))):
        raise FormatError(f"the index has the name {index.name!r}, which is no text")
    for name in columns:
        if not _is_kept(frame[name], pandas):
            raise FormatError(
                f"column {name!r} of dtype {frame[name].dtype} would not come back as it is"
            )
    table = pa.Table.from_pandas(frame)
    back = table.slice(0, 0).to_pandas()
    _refuse_changed(_described(frame, numbered), _described(back, numbered))
    return table


def _described(frame: Any, numbered: bool) -> list[Any]:
    """What a frame is but its values. A numbered index is told in words, and not without rows."""
    columns, index = frame.columns, frame.index
    described: list[Any] = [(columns.name, columns.dtype)]
    if not numbered:
        described.append((index.name, index.dtype, type(index)))
    return [*described, *zip(columns, frame.dtypes, map(repr, frame.dtypes), strict=True)]


def _is_kept(column: Any, pandas: Any) -> bool:
    """Whether Arrow keeps each value of a column, or an index, of this dtype."""
    dtype = column.dtype
    if str(dtype) == "object":
        return _all_texts(column)
    if isinstance(dtype, pandas.CategoricalDtype):
        categories = dtype.categories
        return type(categories) is pandas.Index and _is_kept(categories, pandas)
    if isinstance(dtype, pandas.api.extensions.ExtensionDtype):
        # Of numbers beside what is missing only whole ones: Arrow has no NaN there.
        return type(dtype).__name__ in _EXTENSIONS
    return dtype.kind in "biufMm"


_EXTENSIONS = frozenset(
    (
        *("DatetimeTZDtype", "StringDtype", "BooleanDtype"),
        *(f"{sign}Int{bits}Dtype" for sign in ("", "U") for bits in (8, 16, 32, 64)),
    )
)


def _all_texts(column: Any) -> bool:
    return set(map(type, column)) <= {str}


def _refuse_changed(before: list[Any], after: list[Any]) -> None:
    if before != after:
        changed = [pair for pair in zip(before, after, strict=False) if pair[0] != pair[1]]
        raise FormatError(f"it would come back as another frame: {changed[:1]}")
