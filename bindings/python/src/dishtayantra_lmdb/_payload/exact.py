"""Exact values: which type a plain value had, for Python; everybody else sees the plain value.

The kinds are numbered in the library's header (``DY_LMDB_EXACT_*``). NumPy's numbers and texts have
NumPy's character for their dtype.
"""

from __future__ import annotations

import array
import functools
from collections.abc import Callable
from typing import Any

from .._library import optional

EXACT, TABLE = 88, 84
TUPLE, BYTEARRAY, ARRAY, ARRAY_LONG, MEMORYVIEW, BIG_ENDIAN, FORTRAN = 1, 2, 3, 4, 5, 6, 7

_NUMPY = {
    "?": "bool_",
    "b": "int8",
    "B": "uint8",
    "h": "int16",
    "H": "uint16",
    "i": "int32",
    "I": "uint32",
    "q": "int64",
    "Q": "uint64",
    "e": "float16",
    "f": "float32",
    "d": "float64",
    "U": "str_",
    "S": "bytes_",
}
_LONGS = {"q": "l", "Q": "L"}


def numpy_kinds(numpy: Any) -> dict[type, int]:
    """The kinds of NumPy's types."""
    return {getattr(numpy, name): ord(code) for code, name in _NUMPY.items()}


def make_of(kind: int) -> Callable[[Any], Any]:
    """What makes a value of a kind of the plain one.

    Raises:
        ValueError: this version does not know the kind.
        FormatError: NumPy is not there.
    """
    make = _MAKES.get(kind)
    if make is not None:
        return make
    name = _NUMPY.get(chr(kind))
    if name is None:
        raise ValueError(f"an exact value of kind {kind}, which this version does not know")
    found: Callable[[Any], Any] = getattr(optional.numpy("a NumPy number"), name)
    return found if chr(kind) in _TEXTS else functools.partial(_number, found)


_TEXTS = "?US"


def _number(kind: Callable[[Any], Any], plain: Any) -> Any:
    # What NumPy makes of a number that the type does not hold, say infinity, nobody packed.
    numpy = optional.numpy("a NumPy number")
    with numpy.errstate(over="ignore"):
        made = kind(plain)
    if made.item() != plain and plain == plain:
        raise ValueError(f"{plain!r} is no {made.dtype}")
    return made


def _tuple(items: Any) -> tuple[Any, ...]:
    if isinstance(items, list):
        return tuple(items)
    if items.size == 0 and items.ndim > 1:
        # Nobody packs such a tuple; a few bytes could announce any number of empty lists.
        raise ValueError(f"a tuple of empty lists, of shape {items.shape}")
    return tuple(items.tolist())


def _array(items: Any) -> Any:
    return array.array(items.dtype.char.replace("l", "q").replace("L", "Q"), items.tobytes())


def _array_long(items: Any) -> Any:
    return array.array(_LONGS[_array(items).typecode], items.tobytes())


def _fortran(items: Any) -> Any:
    array = items.copy(order="F")
    array.setflags(write=items.flags.writeable)
    return array


def _big_endian(items: Any) -> Any:
    array = items.astype(items.dtype.newbyteorder(">"))
    array.setflags(write=items.flags.writeable)
    return array


_MAKES: dict[int, Callable[[Any], Any]] = {
    TUPLE: _tuple,
    BYTEARRAY: bytearray,
    ARRAY: _array,
    ARRAY_LONG: _array_long,
    MEMORYVIEW: memoryview,
    BIG_ENDIAN: _big_endian,
    FORTRAN: _fortran,
}
