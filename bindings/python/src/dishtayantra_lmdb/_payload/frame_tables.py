"""Frames of other libraries as tables: by the Arrow PyCapsule interface, of pandas by its arrays.

One is a table when the same library's equal frame comes back. What the library makes of a table's
types tells, once for each schema.
"""

from __future__ import annotations

import functools
from typing import Any

from .._library import core, optional
from ..errors import FormatError
from . import tables
from .faults import is_fault


def read(value: Any, exact: bool) -> Any:
    """``value``; a Table of pyarrow of what may give its Arrow stream once: whether it becomes a
    table in place or not, it is read once.

    Args:
        value: anything.
        exact: it is to come back as what it is, and not as a Table of pyarrow.
    """
    kind = type(value)
    pa = optional.loaded("pyarrow")
    if (
        exact
        or pa is None
        or not hasattr(kind, "__arrow_c_stream__")
        or kind in (pa.Table, pa.RecordBatch)
        or kind.__module__.partition(".")[0] in _READ_AGAIN
    ):
        return value
    try:
        return pa.table(value)
    except Exception as error:
        # Exporting is somebody else's code.
        if not is_fault(error, kind):
            raise
        return value


_READ_AGAIN = frozenset(("pandas", "polars", "dishtayantra_lmdb"))


def taken(value: Any, exact: bool) -> core.Frame | None:
    """A frame, or a series, as a table that gives it back; None when it is none, or no table does.

    Args:
        value: anything.
        exact: it is to come back as what it is, and not as a Table of pyarrow.
    """
    kind = type(value)
    home = kind.__module__.partition(".")[0]
    try:
        if home == "pandas":
            from . import pandas_frames

            return pandas_frames.taken(value)
        if home == "polars":
            return _of_polars(value, optional.loaded("polars"))
        pa = optional.loaded("pyarrow")
        if pa is not None and (kind is pa.Table or kind is pa.RecordBatch):
            return _of_arrow(value, pa)
        if exact or not hasattr(kind, "__arrow_c_stream__"):
            return None
        return core.Frame._import(tables.ARROW, value.__arrow_c_stream__())
    except FormatError:
        raise
    except Exception as error:
        # Exporting is somebody else's code.
        if not is_fault(error, kind):
            raise
        return None


def _of_polars(value: Any, polars: Any) -> core.Frame | None:
    kind, origin = type(value), tables.POLARS
    if kind is polars.Series:
        value, origin = value.to_frame(), tables.POLARS_SERIES
    elif kind is not polars.DataFrame or not value.width:
        return None
    schema = tuple(value.schema.items())
    if "Object" in map(str, dict(schema).values()):
        # Polars exports its objects as their addresses.
        return None
    if not _polars_keeps(schema):
        return None
    try:
        return core.Frame._import(origin, value.__arrow_c_stream__())
    except ValueError:
        # Chunks that have dictionaries of their own.
        return core.Frame._import(origin, value.rechunk().__arrow_c_stream__())


@functools.lru_cache(maxsize=256)
def _polars_keeps(schema: tuple[tuple[str, Any], ...]) -> bool:
    """Whether Polars makes the same columns of a table."""
    polars = optional.loaded("polars")
    empty = polars.DataFrame(schema=dict(schema))
    frame = core.Frame._import(tables.POLARS, empty.__arrow_c_stream__())
    return tuple(tables.restored(tables.Table._of_frame(frame)).schema.items()) == schema


def _of_arrow(value: Any, pa: Any) -> core.Frame | None:
    if not arrow_keeps(value.schema):
        return None
    if type(value) is pa.RecordBatch:
        return core.Frame._import(tables.BATCH, pa.Table.from_batches([value]).__arrow_c_stream__())
    try:
        return core.Frame._import(tables.ARROW, value.__arrow_c_stream__())
    except ValueError:
        return core.Frame._import(tables.ARROW, value.unify_dictionaries().__arrow_c_stream__())


@functools.lru_cache(maxsize=256)
def arrow_keeps(schema: Any) -> bool:
    """Whether pyarrow makes the same columns of a table. Metadata, which schemas are not compared
    by, are kept byte by byte.
    """
    empty = schema.empty_table()
    frame = core.Frame._import(tables.ARROW, empty.__arrow_c_stream__())
    back = tables.restored(tables.Table._of_frame(frame))
    found: bool = back.schema.equals(schema, check_metadata=True)
    return found
