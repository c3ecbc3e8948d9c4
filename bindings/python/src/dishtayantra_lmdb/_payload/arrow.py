"""Format ``arrow``: an Arrow IPC stream, written from where its columns lie and read in place.

A mark in the schema's metadata, taken off again on reading, tells what a table was made of: a
RecordBatch, or, where types are exact, a data frame of pandas or Polars or a dict of lists. Without
one it is a Table. Which columns a dict may have says ``columns``, which frames are exact
``frames``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .._library import optional
from .._library.pin import Pin
from ..errors import FormatError
from . import frames
from .columns import is_column, is_exact_column
from .faults import is_fault, type_name

_KIND = b"dishtayantra.kind"
_BATCH = b"record_batch"
_DICT = b"dict"


class Frame(NamedTuple):
    """What is stored: a Table or RecordBatch, and what it was made of; None: itself."""

    table: Any
    kind: bytes | None


# What most payloads are, and no frame is.
_PLAIN = frozenset((dict, list, str, bytes, int, float, bool, type(None)))


def frame(value: Any, exact: bool = False) -> Frame | None:
    """``value`` as a frame when it is one, or exports one through the Arrow PyCapsule interface
    (``__arrow_c_stream__``, ``__arrow_c_array__``); None when it is no frame.

    Args:
        value: anything.
        exact: it is to come back as what it is, and not as a Table.

    Raises:
        FormatError: it exports something else, or what Arrow cannot hold, or what would not come
            back as it is; pyarrow is not there.
    """
    kind = type(value)
    if kind in _PLAIN:
        return None
    streams = hasattr(kind, "__arrow_c_stream__")
    if not streams and not hasattr(kind, "__arrow_c_array__"):
        return None
    pa = optional.pyarrow(f"storing {type_name(value)}")
    if isinstance(value, pa.RecordBatch):
        return Frame(value, _BATCH)
    if isinstance(value, pa.Table):
        return Frame(value, None)
    if kind.__module__.partition(".")[0] == "polars":
        # Polars exports its objects as their addresses.
        held = [
            name for name, dtype in getattr(value, "schema", {}).items() if str(dtype) == "Object"
        ]
        if held:
            raise FormatError(f"column {held[0]!r} of a Polars frame holds Python objects")
    try:
        if exact:
            found = frames.exact_table(value, pa)
            if found is not None:
                return Frame(*found)
        table = pa.table(value) if streams else pa.record_batch(value)
    except FormatError:
        raise
    except Exception as error:
        # Exporting is somebody else's code.
        if not is_fault(error, kind):
            raise
        if _is_one_column(value, streams, pa):
            raise FormatError(
                "it is a column and no table; store a table that has it, or its array or list"
            ) from error
        raise FormatError(f"it cannot become an Arrow table: {error}") from error
    if exact:
        raise FormatError(f"{type_name(value)} would come back as a pyarrow Table")
    return Frame(table, None if streams else _BATCH)


def _is_one_column(value: Any, streams: bool, pa: Any) -> bool:
    try:
        pa.chunked_array(value) if streams else pa.array(value)
    except Exception as error:
        if not is_fault(error, type(value)):
            raise
        return False
    return True


def as_frame(value: Any, exact: bool = False) -> Frame | None:
    """``value`` as a frame, or as the table of the columns that a dict has; None when the format
    cannot hold it unchanged.

    Raises:
        FormatError: as :func:`frame`.
    """
    found = frame(value, exact)
    if found is not None:
        return found
    if not isinstance(value, dict) or not value or not all(type(name) is str for name in value):
        return None
    if exact and type(value) is not dict:
        return None
    pa = optional.pyarrow("format arrow")
    holds = is_exact_column if exact else is_column
    if not all(map(holds, value.values())):
        return None
    if len({len(column) for column in value.values()}) != 1:
        return None
    try:
        table = pa.table(value)
    except Exception as error:
        if not is_fault(error):
            raise
        return None
    return Frame(table, _DICT if exact else None)


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


def encode(frame: Frame) -> list[Any]:
    """The parts of a frame as an IPC stream; large buffers are not copied."""
    pa = optional.pyarrow("format arrow")
    table, kind = frame
    # A Table made of what was marked may still carry the mark.
    metadata = {k: v for k, v in (table.schema.metadata or {}).items() if k != _KIND}
    if kind is not None:
        metadata[_KIND] = kind
    if metadata != (table.schema.metadata or {}):
        table = table.replace_schema_metadata(metadata)
    if not table.num_rows and isinstance(table, pa.Table) and _has_dictionaries(table.schema):
        # A stream without a batch would have none.
        columns = [column.combine_chunks() for column in table.columns]
        table = pa.RecordBatch.from_arrays(columns, schema=table.schema)
    gather = _Gather()
    with pa.PythonFile(gather, mode="w") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        if isinstance(table, pa.RecordBatch):
            writer.write_batch(table)
        else:
            writer.write_table(table)
    return _joined(gather.parts)


def _has_dictionaries(schema: Any) -> bool:
    """Whether there are some in a column, however deep."""
    return any("dictionary<" in str(kind) for kind in schema.types)


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


def decode(pin: Pin, copy: bool, full: bool) -> Any:
    """What was stored under ``pin``, in place, or a copy of its own; raises on damage: of any value
    when ``full``, else of what others lie by.
    """
    pa = optional.pyarrow("format arrow")
    return _restored(*_read(_buffer(pin, copy, pa), pa, full))


def table_of(pin: Pin, full: bool) -> Any:
    """The Table or RecordBatch under ``pin``, whatever it was made of; raises on damage."""
    pa = optional.pyarrow("format arrow")
    return _read(_buffer(pin, False, pa), pa, full)[0]


def decode_bytes(data: bytes, full: bool) -> Any:
    """What was stored as ``data``."""
    pa = optional.pyarrow("an Arrow table")
    return _restored(*_read(pa.py_buffer(data), pa, full))


def _buffer(pin: Pin, copy: bool, pa: Any) -> Any:
    if copy:
        return pa.py_buffer(pin.copied())
    return pa.foreign_buffer(pin.address, pin.size, base=pin)


def _read(buffer: Any, pa: Any, full: bool) -> Frame:
    with pa.ipc.open_stream(buffer) as reader:
        metadata = reader.schema.metadata or {}
        kind = metadata.get(_KIND)
        table = reader.read_next_batch() if kind == _BATCH else reader.read_all()
    if kind is not None:
        kept = {key: value for key, value in metadata.items() if key != _KIND}
        table = table.replace_schema_metadata(kept or None)
    # Unless full it looks at lengths and the outermost offsets, not at every value.
    table.validate(full=full)
    return Frame(table, kind)


def _restored(table: Any, kind: bytes | None) -> Any:
    if kind is None or kind == _BATCH:
        return table
    if kind == _DICT:
        return table.to_pydict()
    return frames.restored(table, kind)
