"""Typed segments: the arrays of a document, each an ext value whose items lie at a multiple of 64.

``docs/segments.md`` describes the bytes. What is written here is headers; items stay where they are
until the engine copies them into the map, and are looked at there when they are read.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass
from typing import Any

from .._library import optional
from .._library.pin import Pin
from ..errors import TooLargeError
from .arrays import CODES, TYPES, learn
from .npy import plain
from .progress import Told

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
    code = CODES.get(dtype.str[1:3] if dtype.kind in "Mm" else dtype.str[1:])
    if code is None:
        return None
    if dtype.kind in "Mm":
        numpy = optional.numpy("an array of times")
        unit = numpy.datetime_data(dtype)[0]
        unit = "" if unit == "generic" else unit
        suffix = f"[{unit}]" if unit else ""
        return code, _UNITS.index(unit), numpy.dtype(f"<{TYPES[code]}{suffix}")
    return code, 0, dtype.newbyteorder("<")


def of_array(array: Any, flags: int = 0, exact: bool = False) -> Segment | None:
    """The segment of a NumPy array; None when its dtype has none.

    Args:
        array: what is stored.
        flags: what the segment is for.
        exact: class and dtype are to come back, but for the byte order.

    Raises:
        FormatError: it means more than its items do.
    """
    array = plain(array, exact)
    learn()
    if array.dtype.names is not None:
        return None
    stored = _stored(array.dtype)
    if stored is None or array.ndim > _MAX_NDIM:
        return None
    code, unit, dtype = stored
    # Not for its byte order, which is said apart.
    if exact and dtype != array.dtype and dtype != array.dtype.newbyteorder("<"):
        return None
    if dtype != array.dtype or not array.flags.c_contiguous:
        # Unlike ascontiguousarray, astype leaves an array without dimensions as it is.
        array = array.astype(dtype, order="C")
    nbytes = array.nbytes
    if nbytes <= _SMALL:
        return Segment(code, unit, flags, array.shape, array.tobytes(), nbytes)
    data = array.view("<i8") if code in "Mm" else array
    return Segment(code, unit, flags, array.shape, data, nbytes)


def placed(segment: Segment, position: int | None) -> tuple[bytes, Any, int]:
    """A segment as it is packed: what comes before its items when it begins at ``position``, the
    items, how many bytes of them are apart.
    """
    assert position is not None
    header = segment.header(position)
    if segment.nbytes <= _SMALL:
        return header + segment.data, None, 0
    return header, segment.data, segment.nbytes


@functools.lru_cache(maxsize=64)
def _typestr(code: int, unit: int) -> str:
    name = TYPES[chr(code)]
    order = "|" if name[1:] == "1" else "<"
    return f"{order}{name}[{_UNITS[unit]}]" if unit else order + name


def restore(
    copy: bool,
    lists: bool,
    owner: Pin,
    offset: int,
    size: int,
    code: int,
    unit: int,
    flags: int,
    shape: tuple[int, ...],
) -> Any:
    """What was written as a segment.

    Args:
        copy: make the array a copy of its own.
        lists: give back as a list what was one; otherwise an array.
        owner: what keeps the payload it is in.
        offset: where in the payload the items begin.
        size: their bytes.
        code: NumPy's character of what they are.
        unit: what a time counts.
        flags: LIST, SCALAR.
        shape: the length of each dimension.
    """
    typestr = _typestr(code, unit)
    numpy = optional.numpy("an array in a document")
    learn()
    if 0 in shape:
        array = numpy.empty(shape, typestr)
        array.setflags(write=copy)
    else:
        array = numpy.ndarray(shape, typestr, owner, offset)
    if flags & SCALAR:
        return array[()]
    if flags & LIST and lists:
        return array.tolist()
    return array.copy() if copy else array


def restore_told(
    told: Told, copy: bool, lists: bool, owner: Pin, offset: int, size: int, *what: Any
) -> Any:
    """As :func:`restore`, and tells of what it copies."""
    made = restore(False, lists, owner, offset, size, *what)
    if type(made) is list:
        told.add(size)
        return made
    return told.array(made) if copy and size else made
