"""Format ``arrow``: an Arrow IPC stream, written from where its columns lie and read in place.

A Table and a RecordBatch come back as what they were: a mark in the schema's metadata, taken off
again on reading, tells a RecordBatch. Frames of other libraries come by the Arrow PyCapsule
interface and become a Table. A dict of equal-length columns becomes a Table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import _optional
from ._faults import type_name
from ._pin import Pin
from .errors import FormatError

_KIND = b"dishtayantra.kind"
_BATCH = b"record_batch"
_DEPTH = 64
_CONTAINERS = (list, tuple, set, frozenset, Mapping)


# What most payloads are, and no frame is.
_PLAIN = frozenset((dict, list, str, bytes, int, float, bool, type(None)))


def frame(value: Any) -> Any | None:
    """``value`` as a Table or RecordBatch when it is one, or exports one through the Arrow
    PyCapsule interface (``__arrow_c_stream__``, ``__arrow_c_array__``); None when it is no frame.

    Raises:
        FormatError: it exports something else, or what Arrow cannot hold; pyarrow is not there.
    """
    kind = type(value)
    if kind in _PLAIN:
        return None
    streams = hasattr(kind, "__arrow_c_stream__")
    if not streams and not hasattr(kind, "__arrow_c_array__"):
        return None
    pa = _optional.pyarrow(f"storing {type_name(value)}")
    if isinstance(value, (pa.Table, pa.RecordBatch)):
        return value
    if kind.__module__.partition(".")[0] == "polars":
        # Polars exports its objects as their addresses.
        held = [
            name for name, dtype in getattr(value, "schema", {}).items() if str(dtype) == "Object"
        ]
        if held:
            raise FormatError(f"column {held[0]!r} of a Polars frame holds Python objects")
    try:
        return pa.table(value) if streams else pa.record_batch(value)
    except Exception as error:
        # Exporting is somebody else's code.
        if _is_one_column(value, streams, pa):
            raise FormatError(
                "it is a column and no table; store a table that has it, or its array or list"
            ) from error
        raise FormatError(f"it cannot become an Arrow table: {error}") from error


def _is_one_column(value: Any, streams: bool, pa: Any) -> bool:
    try:
        pa.chunked_array(value) if streams else pa.array(value)
    except Exception:
        return False
    return True


def as_table(value: Any) -> Any | None:
    """``value`` as a Table or RecordBatch; None when the format cannot hold it.

    Raises:
        FormatError: as :func:`frame`.
    """
    found = frame(value)
    if found is not None:
        return found
    if not isinstance(value, dict) or not value or not all(type(name) is str for name in value):
        return None
    pa = _optional.pyarrow("format arrow")
    if not all(_is_column(column, pa) for column in value.values()):
        return None
    if len({len(column) for column in value.values()}) != 1:
        return None
    try:
        return pa.table(value)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return None


def _is_column(column: object, pa: Any) -> bool:
    if isinstance(column, (pa.Array, pa.ChunkedArray)):
        return True
    if isinstance(column, (list, tuple)):
        return _nesting_ends(column, [column])
    numpy = _optional.loaded("numpy")
    if numpy is None or not isinstance(column, numpy.ndarray) or column.ndim != 1:
        return False
    return not column.dtype.hasobject and not isinstance(column, numpy.ma.MaskedArray)


def _nesting_ends(items: Iterable[Any], above: list[object]) -> bool:
    """Whether no container contains itself: pyarrow would follow it until the stack is full."""
    nested = [kind for kind in set(map(type, items)) if issubclass(kind, _CONTAINERS)]
    if not nested:
        return True
    if len(above) > _DEPTH:
        return False
    for item in items:
        if isinstance(item, _CONTAINERS):
            if any(item is outer for outer in above):
                return False
            inner = item.values() if isinstance(item, Mapping) else item
            if not _nesting_ends(inner, [*above, item]):
                return False
    return True


class _Gather:
    """A file that keeps the buffers it is given instead of copying them together."""

    closed = False

    def __init__(self) -> None:
        self.parts: list[Any] = []

    def write(self, data: Any) -> int:
        self.parts.append(data)
        return len(data)

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def encode(table: Any) -> list[Any]:
    """The parts of a Table or RecordBatch as an IPC stream; large buffers are not copied."""
    pa = _optional.pyarrow("format arrow")
    batch = isinstance(table, pa.RecordBatch)
    schema = table.schema
    if batch:
        schema = schema.with_metadata({**(schema.metadata or {}), _KIND: _BATCH})
        table = pa.RecordBatch.from_arrays(table.columns, schema=schema)
    elif _KIND in (schema.metadata or {}):
        # A Table made of a RecordBatch's columns may still carry the mark, and would lose rows.
        schema = schema.with_metadata({k: v for k, v in schema.metadata.items() if k != _KIND})
        table = table.replace_schema_metadata(schema.metadata)
    gather = _Gather()
    with pa.PythonFile(gather, mode="w") as sink, pa.ipc.new_stream(sink, schema) as writer:
        if batch:
            writer.write_batch(table)
        else:
            writer.write_table(table)
    return _joined(gather.parts)


def _joined(parts: list[Any]) -> list[Any]:
    """``parts`` with runs of small ones (metadata, padding) put together."""
    joined: list[Any] = []
    run = bytearray()
    for part in parts:
        if len(part) < 4096:
            run += part
            continue
        if run:
            joined.append(bytes(run))
            run.clear()
        joined.append(part)
    if run:
        joined.append(bytes(run))
    return joined


def decode(pin: Pin, copy: bool) -> Any:
    """The Table or RecordBatch under ``pin``, in place, or a copy of its own; raises on damage."""
    pa = _optional.pyarrow("format arrow")
    if copy:
        return _read(pa.py_buffer(pin.copied()), pa)
    return _read(pa.foreign_buffer(pin.address, pin.size, base=pin), pa)


def decode_bytes(data: bytes) -> Any:
    """The Table or RecordBatch in ``data``."""
    pa = _optional.pyarrow("an Arrow table")
    return _read(pa.py_buffer(data), pa)


def _read(buffer: Any, pa: Any) -> Any:
    with pa.ipc.open_stream(buffer) as reader:
        metadata = reader.schema.metadata or {}
        if metadata.get(_KIND) == _BATCH:
            kept = {key: value for key, value in metadata.items() if key != _KIND}
            found = reader.read_next_batch().replace_schema_metadata(kept or None)
        else:
            found = reader.read_all()
    # Looks at lengths and offsets, not at every value.
    found.validate()
    return found
