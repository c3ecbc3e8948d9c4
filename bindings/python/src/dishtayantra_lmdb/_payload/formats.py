"""Payloads: from a Python value to what is stored, and back.

What comes back from which format (``=`` means: as it was):

====================================  ==========  ==========  ====================
type                                  msgpack     json        numpy, arrow, raw
====================================  ==========  ==========  ====================
None, bool, int, float, str, list     =           = (1)       msgpack
dict with str keys                    =           =           msgpack (2)
dict with other keys                  =           msgpack     msgpack
tuple, namedtuple                     list        list        msgpack
bytes                                 =           msgpack     raw: =
bytearray, memoryview of bytes        bytes       msgpack     raw: bytes
other memoryviews, array.array        array       msgpack     numpy: array
set, frozenset, complex, Decimal      =           msgpack     msgpack
date, time, timedelta, UUID           =           msgpack     msgpack
datetime                              = (3)       msgpack     msgpack
msgpack Timestamp                     datetime(8) msgpack     msgpack
msgpack ExtType that is not ours (9)   =           msgpack     msgpack
NumPy float64 scalars                 float       float       msgpack
NumPy bool, int, float32 scalars      =           Python's    msgpack
other NumPy scalars                   =           msgpack     msgpack
NumPy array                           = (4)       msgpack     numpy: = (4)
other arrays (10)                     array       msgpack     numpy: array
pyarrow Table, RecordBatch            arrow       arrow       arrow: = (6)
pandas, Polars and other frames       arrow       arrow       arrow: Table (6)
frames inside a dict or list          Table (7)   msgpack     msgpack
dict subclasses, other Mappings       dict        dict (5)    msgpack
int, float, str, list subclasses      the base    the base    msgpack
bytes subclasses                      bytes       msgpack     raw: bytes
====================================  ==========  ==========  ====================

"msgpack" or "arrow" in a column: the format cannot hold the value, so it is stored in that one and
the envelope says so. Readers go by the envelope. (1) NaN, infinities and text that is not valid
Unicode are not JSON: msgpack refuses the latter. (2) In arrow a dict of columns of one length
becomes a Table when nothing about them changes (``columns`` says which). (3) An aware datetime
keeps its offset from UTC, not the name of its zone. (4) In the machine's byte order, in format
numpy in C or Fortran order as it was, in msgpack in C order; in place and read-only unless a copy
is asked for. Times in a multiple of a unit come back in the unit. A memmap is a plain array; other
subclasses, masked arrays, records, dtypes with metadata, with fields out of order or of other
libraries are refused. (5) A Mapping that is no dict: msgpack. (6) A frame is what exports a table
by the Arrow PyCapsule interface (``__arrow_c_stream__``; with ``__arrow_c_array__`` alone it comes
back as a RecordBatch). Arrow arrays, chunked arrays and series are columns, no frames: refused. (7)
A RecordBatch as what it was; as Arrow IPC bytes in an ext value, which are copied and which other
languages do not look into. (8) In UTC, to the microsecond: the nanoseconds below are lost. (9) 68,
78, 80, 84 and 88 are. (10) Whatever exports one by ``__dlpack__`` or ``__array__``. A view is
stored as its value.

With ``tables`` frames and series of pandas and Polars, and pyarrow's Table and RecordBatch, come
back as what they are, in place, from all formats but arrow: ``frame_tables`` says which.

With ``exact``, as in the exchange with a calculator, every type comes back as itself or raises:

====================================  ====================================================
type                                  with ``exact``
====================================  ====================================================
what the table above shows as ``=``   as above
tuple, bytearray, memoryview,         itself; other languages see an array, bytes or
array.array, NumPy scalars            a number
datetime, time                        itself, with fold and the zone, if that is
                                      a ``zoneinfo.ZoneInfo`` with a key or an offset
                                      without a name
pandas and Polars DataFrames          itself where it is one that Arrow keeps (``frames``)
dict of columns in format arrow       a dict
NumPy arrays                          itself, in Fortran order too (a copy); raises for a
                                      memmap, for a structured dtype with align=True
namedtuple, dataclass, Enum, other    raises
subclasses, other Mappings, msgpack
Timestamp, numpy.longlong
====================================  ====================================================

What no format can hold (objects of other classes, arrays of objects, masked arrays, cycles, over
512 lists and dicts inside one another, which no reader in any language goes into, ext values of the
types that are this library's own) raises FormatError with the path inside the payload. Without
segments, msgpack is what any library writes, as deep at most: NumPy's numbers become Python's, and
arrays, sets, dates and the like raise FormatError.

Errors that are not the payload's pass through: what a signal handler raises, what the caller's own
classes raise, MemoryError, RecursionError.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from .._library import optional
from .._library.abi import INFO_SHARED
from .._library.pin import Pin
from .._library.types import DataFormat
from ..errors import ConfigError, CorruptError, FormatError, LMDBError
from . import arrow, frame_tables, msgpack, npy
from .faults import at_the_top, is_fault
from .progress import Progress, Told, is_long
from .shown import Shown

JSON, MSGPACK, RAW, NUMPY, ARROW = 1, 2, 3, 4, 5

# What ext values begin with.
_EXTENSIONS = frozenset((*range(0xC7, 0xCA), *range(0xD4, 0xD9)))

# What most payloads are, and no frame is.
_PLAIN = frozenset((dict, list, tuple, str, bytes, int, float, bool, type(None)))

_Key = TypeVar("_Key")

# Of the formats by their names.
NUMBERS: dict[str, int] = {known.value: known.number for known in DataFormat}
BY_NUMBER: dict[int, DataFormat] = {known.number: known for known in DataFormat}


def number_of(wanted: DataFormat | str) -> int:
    """The number of a format given as a member of DataFormat or by its name.

    Raises:
        FormatError: there is no such format.
    """
    if isinstance(wanted, DataFormat):
        return wanted.number
    # Not by an error of the Enum's: a signal's handler may raise one like it meanwhile.
    number = NUMBERS.get(wanted) if isinstance(wanted, str) else None
    if number is None:
        allowed = ", ".join(repr(known.value) for known in DataFormat)
        raise FormatError(f"there is no format {wanted!r}; allowed: {allowed}")
    return number


def encode(
    value: Any,
    number: int,
    segments: bool = True,
    pack_lists: bool = False,
    exact: bool = False,
    tables: bool = False,
) -> tuple[int, list[Any]]:
    """Turns ``value`` into what is stored.

    Args:
        value: the payload.
        number: the format asked for.
        segments: in msgpack, arrays as typed segments; otherwise plain MessagePack or an error.
        pack_lists: in msgpack, long lists of numbers as typed segments.
        tables: in msgpack, long lists of uniform dicts, and of texts, and frames, as tables.
        exact: what does not come back as the type it is raises.

    Returns:
        The format it is stored in, and its parts: bytes, buffers and spans of memory, in order.

    Raises:
        FormatError: no format can hold it; the message names the path.
    """
    try:
        if isinstance(value, Shown) and not exact:
            value = value._shown_value()
        if tables and segments and number != ARROW and type(value) not in _PLAIN:
            value = frame_tables.read(value, exact)
            frame = frame_tables.taken(value, exact)
            value = value if frame is None else frame
        apart = _encode_apart(value, number, segments, exact)
    except FormatError as error:
        raise at_the_top(value, error) from error
    if apart is not None:
        return apart
    return MSGPACK, msgpack.encode(value, segments, pack_lists, exact, tables)


def _encode_apart(
    value: Any, number: int, segments: bool, exact: bool
) -> tuple[int, list[Any]] | None:
    """``value`` in the format asked for, or as a table if it is one; None: for msgpack."""
    if number == RAW:
        if type(value) is bytes:
            return RAW, [value]
        if not exact and _is_bytes(value):
            return RAW, [_contiguous(value)]
    elif number == NUMPY:
        array = value if npy.is_array(value) or exact else npy.of_buffer(value)
        if array is None and not exact:
            array = npy.of_protocol(value)
        # Big-endian items msgpack says to be such.
        if (
            array is not None
            and npy.is_array(array)
            and not (exact and array.dtype.byteorder == ">")
        ):
            return NUMPY, npy.encode(array, exact)
    elif number == ARROW:
        frame = arrow.as_frame(value, exact)
        if frame is not None:
            return ARROW, arrow.encode(frame)
    elif number == JSON and _json_holds(value, 0, exact):
        return JSON, [
            json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()
        ]
    frame = arrow.frame(value, exact) if segments else None
    return None if frame is None else (ARROW, arrow.encode(frame))


def _is_bytes(value: Any) -> bool:
    """Whether ``value`` is bytes in a row."""
    if type(value) is memoryview:
        return value.ndim == 1 and value.format == "B"
    return isinstance(value, (bytes, bytearray))


def decode(
    pin: Pin,
    copy: bool,
    lists: bool = True,
    table: bool = False,
    validate: bool | None = None,
    told: Told | None = None,
) -> Any:
    """The value under ``pin``; arrays and tables look at it in place unless ``copy``.

    Args:
        pin: the payload.
        copy: make arrays copies of their own.
        lists: packed lists of numbers come back as lists; otherwise as arrays.
        table: a table is to stay one, whatever it was made of.
        validate: check every value of an Arrow table, and not only lengths and offsets; None: when
            the store admits a group or others.
        told: tells of what is copied.

    Raises:
        CorruptError: the payload is damaged; the message names the key.
        FormatError: the format is not known here, or needs a package that is not there.
    """
    try:
        full = bool(pin.flags & INFO_SHARED) if validate is None else validate
        return arrow.table_of(pin, full) if table else _decoded(pin, copy, lists, full, told)
    except Exception as error:
        refuse(pin, error)


def decode_all(
    pins: Mapping[_Key, Pin],
    copy: bool,
    lists: bool,
    validate: bool | None,
    progress: Progress | None,
    what: str,
) -> dict[_Key, Any]:
    """The values under ``pins``, as :func:`decode` gives them.

    Args:
        pins: the payloads.
        copy: as for :func:`decode`, and so are ``lists`` and ``validate``.
        progress: shows what is copied, when that is much.
        what: what it shows that of.
    """
    total = sum(pin.size for pin in pins.values())
    if progress is None or not is_long(total):
        return {key: decode(pin, copy, lists, validate=validate) for key, pin in pins.items()}
    found = {}
    with Told(progress, what, total) as told:
        done = 0
        for key, pin in pins.items():
            found[key] = decode(pin, copy, lists, validate=validate, told=told)
            done += pin.size
            told.reach(done)
    return found


def array_of(pin: Pin) -> Any | None:
    """The array in place that the payload is, in format ``numpy`` or as a document of nothing else;
    None when it is none.

    Raises:
        CorruptError: the payload is damaged; the message names the key.
        FormatError: NumPy is not there.
    """
    if pin.format == NUMPY:
        return decode(pin, False)
    # What is no ext value as a whole is not read to see that.
    if pin.format != MSGPACK or not pin.size or memoryview(pin)[0] not in _EXTENSIONS:
        return None
    value = decode(pin, False, lists=False)
    return value if npy.is_array(value) else None


def refuse(pin: Pin, error: Exception) -> NoReturn:
    """Raises what is said about a payload that could not be read."""
    if isinstance(error, LMDBError) or not is_fault(error):
        raise error
    name = BY_NUMBER[pin.format].value
    what = str(error) or type(error).__name__
    reason = f"the {name} payload under key {pin.key!r} is damaged: {what}"
    raise CorruptError(reason) from error


def getting(copy: bool, lists: bool, validate: bool | None) -> Getting:
    """How the library makes values; arguments as for :func:`decode`."""
    found = _getting.get((copy, lists, validate))
    if found is None:
        # What was asked for by anything that is true or false.
        copy, lists = bool(copy), bool(lists)
        validate = None if validate is None else bool(validate)

        def decoded(pin: Pin) -> Any:
            return decode(pin, copy, lists, validate=validate)

        found = _getting[copy, lists, validate] = (
            msgpack.READERS[copy, lists, bool(validate)],
            msgpack.READERS[copy, lists, validate is not False],
            decoded,
            refuse,
            copy,
        )
    return found


Getting = tuple[
    msgpack.Readers,
    msgpack.Readers,
    Callable[[Pin], Any],
    Callable[[Pin, Exception], NoReturn],
    bool,
]
_getting: dict[tuple[bool, bool, bool | None], Getting] = {}


def _decoded(pin: Pin, copy: bool, lists: bool, full: bool, told: Told | None) -> Any:
    number = pin.format
    if number == MSGPACK:
        return msgpack.decode(pin, copy, lists, full, told)
    if number == NUMPY:
        return told.array(npy.decode(pin, False)) if told and copy else npy.decode(pin, copy)
    if number == ARROW:
        if told and copy:
            return arrow.decode_bytes(told.payload(pin), full)
        return arrow.decode(pin, copy, full)
    if number == RAW:
        return told.payload(pin) if told else pin.copied()
    if number == JSON:
        return json.loads(str(pin.readable(), "utf-8"))
    raise FormatError(f"key {pin.key!r} has format {number}, which this version does not know")


def lists_of(arrays: str) -> bool:
    """Whether packed lists come back as lists, by the setting ``arrays``.

    Raises:
        ConfigError: it is neither ``asis`` nor ``ndarray``.
    """
    if arrays not in ("asis", "ndarray"):
        raise ConfigError(f"arrays is {arrays!r}; allowed: 'asis', 'ndarray'")
    return arrays == "asis"


def size_of(parts: list[Any]) -> int:
    """The bytes that ``parts`` make together."""
    return sum(part.nbytes if hasattr(part, "nbytes") else len(part) for part in parts)


def _contiguous(value: Any) -> Any:
    if isinstance(value, memoryview) and not value.c_contiguous:
        return value.tobytes()
    return value


def _json_holds(value: Any, depth: int, exact: bool) -> bool:
    """Whether JSON can say ``value`` so that it comes back as it was, but for tuples, subclasses
    and NumPy's numbers if not ``exact``.
    """
    kind = type(value)
    if value is None or kind is bool or kind is int:
        return True
    if kind is str:
        return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
    if exact and kind not in (float, dict, list):
        return False
    if isinstance(value, float):
        return math.isfinite(value)
    if depth > 200:
        return False
    if isinstance(value, dict):
        return all(type(key) is str and _json_holds(key, depth, exact) for key in value) and all(
            _json_holds(item, depth + 1, exact) for item in value.values()
        )
    if isinstance(value, (list, tuple)):
        return all(_json_holds(item, depth + 1, exact) for item in value)
    return isinstance(_plain_or_none(value), (bool, int, float))


def _plain_or_none(value: Any) -> Any:
    numpy = optional.loaded("numpy")
    if numpy is None or not isinstance(value, numpy.generic) or value.dtype.kind not in "biuf":
        return None
    plain = value.item()
    return plain if not isinstance(plain, float) or math.isfinite(plain) else None


def _plain(value: Any) -> Any:
    return _plain_or_none(value)
