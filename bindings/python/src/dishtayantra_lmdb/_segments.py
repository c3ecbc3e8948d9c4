"""Typed segments: the arrays of a document, each an ext value whose items lie at a multiple of 64.

``docs/segments.md`` describes the bytes. What is written here is headers; items stay where they are
until the engine copies them into the map, and are looked at there when they are read.
"""

from __future__ import annotations

import ctypes
import functools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from . import _optional
from ._abi import failure, lib
from ._npy import plain
from ._pin import Pin
from .errors import TooLargeError

EXTENSION = 68
LIST, SCALAR = 1, 2
_VERSION = 1
_ALIGNMENT = 64
_MAX_NDIM = 32
_MAX_BODY = 0xFFFFFFFF
# Bytes of the ext value before its body, and of the body before the shape.
_HEAD, _FIXED = 6, 8
# Items up to this many bytes are copied beside their header: a part of their own costs more.
_SMALL = 1024

_UNITS = ("", "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as")
# NumPy's typestr without the byte order, by our code.
_TYPES = {
    "?": "b1",
    "b": "i1",
    "B": "u1",
    "h": "i2",
    "H": "u2",
    "i": "i4",
    "I": "u4",
    "q": "i8",
    "Q": "u8",
    "f": "f4",
    "d": "f8",
    "M": "M8",
    "m": "m8",
}
_CODES = {name: code for code, name in _TYPES.items()}

_pack_head = struct.Struct(">BIb").pack
_pack_fixed = struct.Struct("<6BH").pack


@dataclass(slots=True)
class Segment:
    """What is written: ``data`` is bytes, or what exports the items' memory.

    No tuple: the packer would write one as an array.
    """

    code: str
    unit: int
    flags: int
    shape: tuple[int, ...]
    data: Any
    nbytes: int

    def header(self, node: int) -> bytes:
        """Everything before the items when the value begins at byte ``node`` of the payload."""
        ndim = len(self.shape)
        padding = -(node + _HEAD + _FIXED + 8 * ndim) % _ALIGNMENT
        length = _FIXED + 8 * ndim + padding + self.nbytes
        if length > _MAX_BODY:
            raise TooLargeError(f"an array of {self.nbytes} bytes is too large for a document")
        fixed = _pack_fixed(_VERSION, ord(self.code), self.unit, self.flags, ndim, padding, 0)
        shape = struct.pack(f"<{ndim}Q", *self.shape)
        return _pack_head(0xC9, length, EXTENSION) + fixed + shape + bytes(padding)


@functools.lru_cache(maxsize=256)
def _stored(dtype: Any) -> tuple[str, int, Any] | None:
    """Code, unit and the dtype of the stored items; None when segments have none for ``dtype``."""
    code = _CODES.get(dtype.str[1:3] if dtype.kind in "Mm" else dtype.str[1:])
    if code is None:
        return None
    if dtype.kind in "Mm":
        numpy = _optional.numpy("an array of times")
        unit = numpy.datetime_data(dtype)[0]
        unit = "" if unit == "generic" else unit
        suffix = f"[{unit}]" if unit else ""
        return code, _UNITS.index(unit), numpy.dtype(f"<{_TYPES[code]}{suffix}")
    return code, 0, dtype.newbyteorder("<")


def of_array(array: Any, flags: int = 0) -> Segment | None:
    """The segment of a NumPy array; None when its dtype has none.

    Raises:
        FormatError: it means more than its items do.
    """
    array = plain(array)
    if array.dtype.names is not None:
        return None
    stored = _stored(array.dtype)
    if stored is None or array.ndim > _MAX_NDIM:
        return None
    code, unit, dtype = stored
    if dtype != array.dtype or not array.flags.c_contiguous:
        # Unlike ascontiguousarray, astype leaves an array without dimensions as it is.
        array = array.astype(dtype, order="C")
    nbytes = array.nbytes
    if nbytes <= _SMALL:
        return Segment(code, unit, flags, array.shape, array.tobytes(), nbytes)
    data = array.view("<i8") if code in "Mm" else array
    return Segment(code, unit, flags, array.shape, data, nbytes)


def parts(written: bytes | memoryview, cuts: list[tuple[int, Segment]]) -> list[Any]:
    """A document's parts: ``written`` with each segment instead of the byte at its position."""
    found: list[Any] = []
    run: list[Any] = []
    node = last = 0
    for position, segment in cuts:
        node += position - last
        header = segment.header(node)
        run += (written[last:position], header)
        node += len(header) + segment.nbytes
        if segment.nbytes <= _SMALL:
            run.append(segment.data)
        else:
            found += (b"".join(run), segment.data)
            run = []
        last = position + 1
    run.append(written[last:])
    found.append(b"".join(run))
    return found


class Placed(NamedTuple):
    """A segment found in a payload: where it is and what its items are."""

    node: int
    end: int
    address: int
    size: int
    typestr: str
    flags: int
    shape: tuple[int, ...]


_document_from_bytes, _document_close = lib.document_from_bytes, lib.document_close
_next_segment = lib.document_next_segment
# What the calls answer, kept for the next ones: the document's handle, whether there is one more,
# and dy_lmdb_segment_t: struct_size, data, size, itemsize, node, end, dtype, unit, flags, ndim,
# shape.
_MORE, _FOUND, _SHAPE = 8, 16, 16 + 64
_ROOM_SIZE = _SHAPE + 8 * _MAX_NDIM
_handle_of = struct.Struct("=Q").unpack_from
_found_of = struct.Struct(f"={_FOUND + 8}x2Q8x2Q4I").unpack_from


class _Room:
    """One of them, for the time of one search."""

    __slots__ = ("found_at", "handle_at", "memory", "more_at")

    def __init__(self) -> None:
        room: Any = (ctypes.c_ubyte * _ROOM_SIZE)()
        self.handle_at = ctypes.addressof(room)
        self.more_at, self.found_at = self.handle_at + _MORE, self.handle_at + _FOUND
        self.memory = memoryview(room).cast("B")
        struct.pack_into("=Q", self.memory, _FOUND, _ROOM_SIZE - _FOUND)


# As many as searches ever ran at once.
_rooms: list[_Room] = []


@functools.lru_cache(maxsize=_MAX_NDIM + 1)
def _shape_of(ndim: int) -> Any:
    return struct.Struct(f"={ndim}Q").unpack_from


def find(address: int, size: int) -> list[Placed]:
    """The segments of the payload of ``size`` bytes at ``address``, in order.

    Raises:
        ValueError: one of them, or the document up to it, is damaged; the message tells where.
    """
    room = _rooms.pop() if _rooms else _Room()
    status = _document_from_bytes(address, size, room.handle_at)
    if status:
        raise ValueError(str(failure(status)))
    memory = room.memory
    (handle,) = _handle_of(memory)
    try:
        placed: list[Placed] = []
        at = 0
        while True:
            status = _next_segment(handle, at, room.found_at, room.more_at)
            if status:
                raise ValueError(str(failure(status)))
            if not memory[_MORE]:
                return placed
            data, nbytes, node, at, code, unit, flags, ndim = _found_of(memory)
            shape = _shape_of(ndim)(memory, _SHAPE)
            placed.append(Placed(node, at, data, nbytes, _typestr(code, unit), flags, shape))
            if at == size:
                return placed
    finally:
        _document_close(handle)
        _rooms.append(room)


def extensions(address: int, size: int) -> Iterator[int]:
    """The types of the extension values in the payload of ``size`` bytes at ``address``.

    Raises:
        ValueError: the document is damaged or nested too deep; the message tells where.
    """
    handle = ctypes.c_void_p()
    status = lib.document_from_bytes(address, size, ctypes.byref(handle))
    if status:
        raise ValueError(str(failure(status)))
    try:
        status = lib.document_validate(handle)
        if status:
            raise ValueError(str(failure(status)))
        code, node, end = ctypes.c_int32(), ctypes.c_uint64(), ctypes.c_uint64()
        found = ctypes.c_bool()
        places = [ctypes.byref(place) for place in (code, node, end, found)]
        while True:
            status = lib.document_next_extension(handle, end.value, *places)
            if status:
                raise ValueError(str(failure(status)))
            if not found.value:
                return
            yield code.value
    finally:
        lib.document_close(handle)


@functools.lru_cache(maxsize=64)
def _typestr(code: int, unit: int) -> str:
    name = _TYPES[chr(code)]
    order = "|" if name[1] == "1" else "<"
    return f"{order}{name}[{_UNITS[unit]}]" if unit else order + name


def restore(placed: Placed, owner: Pin, copy: bool, lists: bool) -> Any:
    """What was written as ``placed``.

    Args:
        placed: the segment.
        owner: what keeps the payload it is in.
        copy: make the array a copy of its own.
        lists: give back as a list what was one; otherwise an array.
    """
    if lists and placed.flags & LIST and placed.size and placed.typestr[1] not in "Mm":
        # Faster than by an array, and without NumPy.
        start = placed.address - owner.address
        memory = memoryview(owner)[start : start + placed.size]
        shape: Any = placed.shape or (1,)
        items = memory.cast(_CODES[placed.typestr[1:3]], shape).tolist()  # type: ignore[call-overload]
        return items if placed.shape else items[0]
    numpy = _optional.numpy("an array in a document")
    if 0 in placed.shape:
        array = numpy.empty(placed.shape, placed.typestr)
        array.setflags(write=copy)
    else:
        start = placed.address - owner.address
        array = numpy.ndarray(placed.shape, placed.typestr, owner, start)
    if placed.flags & SCALAR:
        return array[()]
    if placed.flags & LIST and lists:
        return array.tolist()
    return array.copy() if copy else array
