"""Format ``msgpack``, and how it holds what MessagePack has no type for.

Plain values are byte for byte what any msgpack library writes. An array is a typed segment, which
every language reads in place. Arrays of other dtypes, and the Python types that have no
counterpart, travel as ext values, so nothing changes its type or value on the way without the table
in ``formats`` saying so. What says its exact type beside a plain value is an ext value of which
other languages see the plain value alone.

The library packs and unpacks; here is what it asks of Python.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import msgpack

from .._library import core, optional
from .._library.core import pack, read, unpack
from .._library.pin import Pin
from ..errors import FormatError, TooLargeError
from . import arrow, frame_tables, npy
from . import segments as _segments
from . import tables as _tables
from . import times as _times
from .exact import (
    ARRAY,
    ARRAY_LONG,
    BIG_ENDIAN,
    EXACT,
    FORTRAN,
    MEMORYVIEW,
    TABLE,
    make_of,
    numpy_kinds,
)
from .faults import explained, is_fault, type_name
from .named import NAMED, prefix, reduced, restored
from .progress import Told
from .shown import Shown

_EXT_ARRAY = 78
_OWN = (_segments.EXTENSION, _EXT_ARRAY, NAMED, TABLE, EXACT)
_FOREIGN = "the ext types 68, 78, 80, 84 and 88 are this library's own"
_EXTENSIONS, _EXACTLY, _LISTS, _TABLES = 1, 2, 4, 16
_TIMESTAMP = -1
_ARROW, _NUMPY = prefix("arrow"), prefix("numpy")

# What the library asks about each type that has no counterpart: the number of NumPy's numbers and
# texts, once NumPy is there; 0: always ask.
_kinds: dict[type, int] = {msgpack.ExtType: 0, msgpack.Timestamp: 0}

_times.learn()

Answer = tuple[Any, ...]
# What the library asks about what it packs, with its flags, and what raises what is wrong.
Packing = tuple[
    Callable[[Any, Any], Answer], dict[type, int], int, Callable[[Any, Exception], NoReturn]
]
# What the library asks about what it reads, and how it is to read.
Readers = tuple[
    Callable[..., Any],
    Callable[[int, bytes], Any],
    Callable[[str, Any], Any],
    Callable[[int], Callable[[Any], Any]],
    Callable[[Any, int], Any],
    int,
]


def encode(
    value: Any,
    segments: bool = True,
    pack_lists: bool = False,
    exact: bool = False,
    tables: bool = False,
) -> list[Any]:
    """``value`` as one MessagePack value, in parts; large arrays where they lie.

    Args:
        value: the payload.
        segments: arrays and what MessagePack has no type for as ext values; otherwise nothing but
            plain MessagePack is written, and what it cannot hold raises.
        pack_lists: long lists of numbers as segments.
        tables: long lists of uniform dicts, and of texts, and frames, as tables.
        exact: what does not come back as the type it is raises.

    Raises:
        FormatError: something in it cannot be stored; the message names the path.
    """
    answer, kinds, flags, refuse = PACKING[segments, pack_lists, exact, tables]
    try:
        return pack(value, answer, kinds, flags)
    except Exception as error:
        return refuse(value, error)


def _refuse(segments: bool, exact: bool, tables: bool, value: Any, error: Exception) -> NoReturn:
    """Raises what is said about a value that could not be packed."""
    if isinstance(error, TooLargeError) or not is_fault(error):
        raise error
    answer, flags = _MODES[segments, exact, tables]

    def complaint(item: Any) -> str | None:
        why = _complaint(item, answer, flags)
        if why is not None and not segments:
            return f"{why} in plain MessagePack (lmdb_segments is false)"
        return why

    raise explained(value, error, complaint, exact) from error


def _complaint(item: Any, answer: Callable[[Any, Any], Answer], flags: int) -> str | None:
    """Why ``item``, which holds no others, cannot be stored; None when it can."""
    try:
        pack(item, answer, _kinds, flags)
    except Exception as error:
        if not is_fault(error):
            raise
        return str(error) or type(error).__name__
    return None


def _answer(exact: bool, tables: bool, value: Any, position: int | None) -> Answer:
    """What stands for ``value``, for which MessagePack has no type.

    Args:
        exact: it is to come back as the type it is.
        tables: frames are to be tables.
        value: what is to be packed.
        position: where in the payload the next byte goes; None inside an ext value that nobody
            looks into in place.
    """
    kind = type(value)
    if kind is _segments.Segment:
        return _segments.placed(value, position)
    if isinstance(value, Shown):
        if exact:
            raise TypeError(_inexact(value))
        return (value._shown_value(),)
    if kind is memoryview or kind.__module__ == "array":
        answer = _buffer(exact, value, position)
        if answer is not None:
            return answer
    numpy = optional.loaded("numpy")
    if numpy is not None:
        if isinstance(value, numpy.ndarray):
            return _array(exact, value, position)
        if isinstance(value, numpy.generic):
            return _number(exact, value, position, numpy)
    if kind is msgpack.ExtType or kind is msgpack.Timestamp:
        return _extension(exact, value)
    named = reduced(value, exact)
    if named is not None:
        return named
    if tables and position is not None:
        if kind is core.Frame:
            return value, None
        value = frame_tables.read(value, exact)
        table = frame_tables.taken(value, exact)
        if table is not None:
            return table, None
    frame = arrow.frame(value, exact)
    if frame is not None:
        return NAMED, _ARROW, b"".join(arrow.encode(frame)), True
    if exact:
        raise TypeError(_inexact(value))
    array = npy.of_protocol(value)
    return _based(value) if array is None else _array(False, array, position)


def _inexact(value: Any) -> str:
    bases = [base for base in _BASES if isinstance(value, base)]
    if not bases:
        return f"there is no representation for {type_name(value)}"
    return f"{type_name(value)} would come back as {bases[0].__name__}"


_BASES = (bool, int, float, str, bytes, bytearray, list, tuple, dict, set, frozenset, Mapping)


def _based(value: Any) -> Answer:
    """A plain value of a type that the packer does not know."""
    if isinstance(value, Mapping):
        return (dict(value),)
    raise TypeError(f"there is no representation for {type_name(value)}")


def _plain(value: Any, position: int | None) -> Answer:
    """What plain MessagePack holds instead of ``value``."""
    numpy = optional.loaded("numpy")
    if numpy is not None and isinstance(value, numpy.generic) and value.dtype.kind in "biuf":
        return (value.item(),)
    if type(value) is memoryview and npy.of_buffer(value) is None:
        return (value.tobytes(),)
    if type(value) is msgpack.ExtType or type(value) is msgpack.Timestamp:
        return _extension(False, value)
    return _based(value)


def _plain_exactly(value: Any, position: int | None) -> Answer:
    if type(value) is msgpack.ExtType:
        return _extension(True, value)
    raise TypeError(f"there is no representation for {type_name(value)}")


# By segments, exact, tables.
_MODES: dict[tuple[bool, bool, bool], tuple[Callable[[Any, Any], Answer], int]] = {
    (segments, exact, tables): (
        (
            functools.partial(_answer, exact, tables)
            if segments
            else _plain_exactly
            if exact
            else _plain
        ),
        (_EXTENSIONS if segments else 0) | (_EXACTLY if exact else 0) | (_TABLES if tables else 0),
    )
    for segments in (False, True)
    for exact in (False, True)
    for tables in (False, True)
}


# By segments, pack_lists, exact, tables.
PACKING: dict[tuple[bool, bool, bool, bool], Packing] = {
    (segments, pack_lists, exact, tables): (
        answer,
        _kinds,
        flags | (_LISTS if pack_lists else 0),
        functools.partial(_refuse, segments, exact, tables),
    )
    for (segments, exact, tables), (answer, flags) in _MODES.items()
    for pack_lists in (False, True)
}


def _array(exact: bool, array: Any, position: int | None) -> Answer:
    if position is not None:
        segment = _segments.of_array(array, exact=exact)
        if segment is not None:
            # NumPy itself says "=" for the machine's order.
            if exact:
                kind = _exact_kind(array)
                if kind is not None:
                    return EXACT, bytes((kind,)), segment, False
            return _segments.placed(segment, position)
    return _raw(_EXT_ARRAY, b"".join(npy.encode(array, exact)))


def _exact_kind(array: Any) -> int | None:
    """What an array is that the items of a segment, in C order and little-endian, do not tell."""
    fortran = not array.flags.c_contiguous and array.flags.f_contiguous
    if array.dtype.byteorder != ">":
        return FORTRAN if fortran else None
    if fortran:
        raise FormatError("a big-endian array in Fortran order would come back in C order")
    return BIG_ENDIAN


def _buffer(exact: bool, value: Any, position: int | None) -> Answer | None:
    """A memoryview or an ``array.array``: the array that it is; None for anything else."""
    array = npy.of_buffer(value)
    if array is None:
        if type(value) is not memoryview:
            return None
        plain = value.tobytes()
        return (EXACT, bytes((MEMORYVIEW,)), plain, False) if exact else (plain,)
    if not exact:
        return _array(exact, array, position)
    if type(value) is memoryview:
        kind = MEMORYVIEW
        same = array.dtype.isnative and memoryview(array).format == value.format
    else:
        kind = ARRAY_LONG if value.typecode in "lL" else ARRAY
        same = value.typecode in "bBhHiIlLqQfd"
    segment = _segments.of_array(array)
    if segment is None or not same:
        raise TypeError(f"{type_name(value)} of such items would come back as an array")
    return EXACT, bytes((kind,)), segment, False


def _number(exact: bool, value: Any, position: int | None, numpy: Any) -> Answer:
    if len(_kinds) == 2:
        _kinds.update(numpy_kinds(numpy))
        if type(value) in _kinds:
            return (value,)
    dtype = value.dtype
    if dtype.hasobject:
        raise TypeError(f"there is no representation for a NumPy scalar of dtype {dtype}")
    if exact and numpy.dtype(dtype.str).type is not type(value):
        raise TypeError(f"{type_name(value)} would come back as {numpy.dtype(dtype.str).name}")
    array = numpy.asarray(value)
    if position is not None:
        segment = _segments.of_array(array, _segments.SCALAR)
        if segment is not None:
            return _segments.placed(segment, position)
    return NAMED, _NUMPY, b"".join(npy.encode(array)), True


def _extension(exact: bool, value: Any) -> Answer:
    if isinstance(value, msgpack.ExtType):
        if value.code in _OWN:
            raise ValueError(_FOREIGN)
    elif exact:
        raise TypeError(f"{type_name(value)} would come back as datetime")
    return msgpack.packb(value), None, 0


def _raw(code: int, body: bytes) -> Answer:
    return msgpack.packb(msgpack.ExtType(code, body)), None, 0


def decode(
    pin: Pin, copy: bool, lists: bool = True, full: bool = False, told: Told | None = None
) -> Any:
    """The value under ``pin``; its arrays look at it in place unless ``copy``.

    Args:
        pin: the payload.
        copy: make arrays copies of their own.
        lists: give back as lists what was packed as arrays.
        full: check every value of the tables in it.
        told: tells of what is copied.

    Raises:
        Exception: of many kinds, when the payload is not one MessagePack value.
    """
    if told is not None:
        segment = functools.partial(_segments.restore_told, told, copy, lists)
        extension = functools.partial(_restore, copy)
        named = functools.partial(_named, full)
        table = functools.partial(_tables.restore, copy)
        return unpack(pin, pin.address, pin.size, segment, extension, named, make_of, table)
    return read(pin, READERS[copy, lists, full])


def packing(segments: bool, pack_lists: bool, tables: bool = False) -> Packing:
    """What the library asks, with its flags, when it packs so that types are kept."""
    return PACKING[bool(segments), bool(pack_lists), True, bool(tables)]


def _restore(copy: bool, code: int, data: bytes) -> Any:
    """What an ext value is that the library does not look into."""
    if code == _EXT_ARRAY:
        return npy.decode(data, copy)
    if code == _TIMESTAMP:
        return msgpack.Timestamp.from_bytes(data).to_datetime()
    if code in _OWN:
        raise ValueError(f"an ext value of code {code} that this version does not know")
    # Somebody else's ext value: kept as it is.
    return msgpack.ExtType(code, data)


def _named(full: bool, name: str, body: Any) -> Any:
    if name == "arrow":
        return arrow.decode_bytes(body, full)
    return restored(name, body)


READERS: dict[tuple[bool, bool, bool], Readers] = {
    (copy, lists, full): (
        functools.partial(_segments.restore, copy, lists),
        functools.partial(_restore, copy),
        functools.partial(_named, full),
        make_of,
        functools.partial(_tables.restore, copy),
        copy | lists << 1,
    )
    for copy in (False, True)
    for lists in (False, True)
    for full in (False, True)
}
