"""Format ``numpy``: one array as a standard ``.npy``, its header padded to 64 bytes so that the
data is aligned.

The data is stored little-endian, because that is what every reader in place can use. An array that
is contiguous in C or Fortran order is taken from where it lies.
"""

from __future__ import annotations

import ast
import functools
import math
import re
from array import array as PyArray
from typing import Any

from .._library import optional
from .._library.pin import Pin
from ..errors import FormatError
from .arrays import learn
from .faults import is_fault, type_name

_MAGIC = b"\x93NUMPY"
_VERSIONS = (b"\x01\0", b"\x02\0", b"\x03\0")
_ALIGNMENT = 64
# As much of a payload as holds most headers.
_GLANCE = 128
# What makes a longer header is no dtype anybody has.
_LONGEST = 16 << 20
# So many items without bytes an array may have: copying takes time for each.
_MOST_EMPTY = 1 << 20
# DLPack's number of the memory that the processor reads.
_PROCESSOR = 1


def is_array(value: object) -> bool:
    """Whether ``value`` is a NumPy array."""
    numpy = optional.loaded("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def plain(array: Any, exact: bool = False) -> Any:
    """``array`` as a plain ndarray that means the same.

    Args:
        array: of whatever class.
        exact: it is to come back as one of its class.

    Raises:
        FormatError: it is of a class, or has a dtype, that means more than its items do.
    """
    numpy = optional.numpy("an array")
    kind = type(array)
    if kind is not numpy.ndarray:
        if isinstance(array, numpy.ma.MaskedArray):
            raise FormatError(
                "a masked array would lose its mask; store array.filled(), "
                "or array.data and array.mask"
            )
        if exact or kind is not numpy.memmap:
            raise FormatError(
                f"an array of class {type_name(array)} would come back as a plain one; "
                "store numpy.asarray(array)"
            )
        array = numpy.asarray(array)
    dtype = array.dtype
    if dtype.metadata is not None or dtype.names is not None:
        _refuse_unsaid(dtype, numpy, exact)
    return array


def _refuse_unsaid(dtype: Any, numpy: Any, exact: bool = False) -> None:
    """Raises for what no comparison of dtypes sees, and no format says."""
    if exact and dtype.isalignedstruct:
        raise FormatError(f"dtype {dtype} would come back without its mark align=True")
    if dtype.metadata is not None:
        raise FormatError(f"the metadata of dtype {dtype} would be lost; store it beside the array")
    if dtype.type is numpy.record:
        raise FormatError(
            "records would come back as plain items; store array.view(array.dtype.descr)"
        )
    if dtype.subdtype is not None:
        _refuse_unsaid(dtype.subdtype[0], numpy, exact)
    for name in dtype.names or ():
        _refuse_unsaid(dtype.fields[name][0], numpy, exact)


def of_buffer(value: Any) -> Any | None:
    """The array that a typed buffer is: of an ``array.array``, or of a memoryview that is more
    than bytes in a row; None for anything else.

    Raises:
        FormatError: its items are none that an array has.
    """
    if type(value) is memoryview:
        if value.ndim == 1 and value.format == "B":
            return None
    elif type(value) is not PyArray:
        return None
    numpy = optional.numpy(f"storing {type_name(value)}")
    try:
        view = memoryview(value)
        found = numpy.asarray(view)
    except (ValueError, TypeError, BufferError, NotImplementedError, RuntimeError) as error:
        raise FormatError(f"it cannot become an array: {error}") from error
    # What NumPy does not know it may take item by item.
    if found.itemsize != view.itemsize or found.shape != view.shape or found.dtype.hasobject:
        raise FormatError(f"items {view.format!r} are none that an array has")
    return found


def of_protocol(value: Any) -> Any | None:
    """The array that an object of another library is: by DLPack where its memory is the
    processor's, else by ``__array__``; None when it offers neither, or is a table by what it
    offers.

    Raises:
        FormatError: it offers an array, and cannot give it.
    """
    kind = type(value)
    dlpack = hasattr(kind, "__dlpack__") and hasattr(kind, "__dlpack_device__")
    if not (dlpack or hasattr(kind, "__array__")) or isinstance(value, type):
        return None
    if hasattr(kind, "__arrow_c_stream__") or hasattr(kind, "__arrow_c_array__"):
        return None
    numpy = optional.numpy(f"storing {type_name(value)}")
    try:
        if not hasattr(kind, "__array__") or (
            dlpack and value.__dlpack_device__()[0] == _PROCESSOR
        ):
            try:
                return numpy.from_dlpack(value)
            except Exception as error:
                # Read-only memory and some dtypes are not for every DLPack.
                if not is_fault(error, kind) or not hasattr(kind, "__array__"):
                    raise
        return numpy.asarray(value)
    except Exception as error:
        # Exporting is somebody else's code.
        if not is_fault(error, kind):
            raise
        raise FormatError(f"it cannot become an array: {error}") from error


def encode(array: Any, exact: bool = False) -> list[Any]:
    """The parts of ``array`` as ``.npy``: the header, and the data where it lies if contiguous.

    Args:
        array: what is stored.
        exact: class and byte order are to come back.

    Raises:
        FormatError: the format cannot hold it.
    """
    array = plain(array, exact)
    learn()
    dtype = _stored(array.dtype)[0]
    if exact and dtype != array.dtype:
        raise FormatError(f"an array of dtype {array.dtype.str} would come back little-endian")
    if dtype.itemsize == 0 and array.size > _MOST_EMPTY:
        raise FormatError(f"{array.size} items of no bytes; allowed: {_MOST_EMPTY}")
    flags = array.flags
    if not flags.c_contiguous and flags.f_contiguous:
        head = _header(array.dtype, True, array.shape)
        # The transpose has the bytes in the order in which they lie.
        array = array.T
    else:
        head = _header(array.dtype, False, array.shape)
    if array.nbytes == 0:
        return [head]
    if dtype != array.dtype or not array.flags.c_contiguous:
        # Unlike ascontiguousarray, astype leaves an array without dimensions as it is.
        array = array.astype(dtype, order="C")
    return [head, array]


def stored_dtype(dtype: Any) -> Any:
    """The little-endian dtype in which arrays of ``dtype`` are stored.

    Raises:
        FormatError: there is none.
    """
    _refuse_unsaid(dtype, optional.numpy("an array"))
    stored = _stored(dtype)[0]
    return stored if stored.names is None else fresh(stored)


def fresh(dtype: Any) -> Any:
    """A copy of a structured dtype: whoever has an array may rename its fields, down to the
    innermost.
    """
    return dtype.newbyteorder("<")


# Of structured dtypes: the dtype to what is stored. Nobody else has these.
_structured: dict[Any, tuple[Any, str]] = {}
_MOST_KNOWN = 256


def _stored(dtype: Any) -> tuple[Any, str]:
    """The dtype of the stored items, which is nobody else's, and what a header says of it."""
    if dtype.names is None:
        return _stored_plain(dtype)
    found = _structured.get(dtype)
    if found is None:
        found = _describe(dtype)
        if len(_structured) >= _MOST_KNOWN:
            _structured.clear()
        _structured[dtype.newbyteorder("|")] = found
    return found


def _describe(dtype: Any) -> tuple[Any, str]:
    if dtype.kind == "T":
        raise FormatError(
            f"an array of dtype {dtype} has its texts elsewhere; store array.astype('U')"
        )
    if dtype.hasobject:
        raise FormatError(f"an array of dtype {dtype} holds Python objects")
    stored = dtype.newbyteorder("<")
    form = optional.numpy("format numpy").lib.format
    try:
        text = repr(form.dtype_to_descr(stored))
        same = form.descr_to_dtype(ast.literal_eval(text)) == stored
    except (ValueError, TypeError, SyntaxError) as error:
        raise FormatError(f"dtype {dtype} has no .npy header: {error}") from error
    if not same:
        raise FormatError(f"an array of dtype {dtype} has no representation in the .npy format")
    return stored, text


_stored_plain = functools.lru_cache(maxsize=256)(_describe)


def _header(dtype: Any, fortran: bool, shape: tuple[int, ...]) -> bytes:
    return _header_of(_stored(dtype)[1], fortran, shape)


@functools.lru_cache(maxsize=256)
def _header_of(descr: str, fortran: bool, shape: tuple[int, ...]) -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape!r}, }}".encode()
    # Version 3 allows names outside Latin-1 and headers over 64 KiB.
    version, width = (1, 2) if text.isascii() and len(text) < 0xFF00 else (3, 4)
    prefix = len(_MAGIC) + 2 + width
    length = -(-(prefix + len(text) + 1) // _ALIGNMENT) * _ALIGNMENT - prefix
    return _assembled(text, version, width, length)


def _assembled(text: bytes, version: int, width: int, length: int) -> bytes:
    size = length.to_bytes(width, "little")
    return _MAGIC + bytes((version, 0)) + size + text.ljust(length - 1) + b"\n"


def padded_header(dtype: Any, shape: tuple[int, ...], room: int) -> bytes:
    """The header of an array in C order, of ``room`` bytes.

    Raises:
        FormatError: it is longer.
    """
    head = _header(dtype, False, shape)
    if len(head) > room:
        raise FormatError(f"the description of dtype {dtype} takes more than {room} bytes")
    version = head[6]
    width = 2 if version == 1 else 4
    return _assembled(head[8 + width :].rstrip(), version, width, room - 8 - width)


def _parse(text: bytes, encoding: str) -> tuple[Any, bool, tuple[int, ...], int]:
    """The dtype, order, shape and size in bytes that a header's text tells."""
    numpy = optional.numpy("format numpy")
    said = text.decode(encoding).strip()
    _refuse_deep(said)
    fields = ast.literal_eval(said)
    if not isinstance(fields, dict) or set(fields) != {"descr", "fortran_order", "shape"}:
        raise ValueError("the header is not a dict of descr, fortran_order, shape")
    shape, fortran = fields["shape"], fields["fortran_order"]
    if (
        not isinstance(shape, tuple)
        or not all(type(n) is int and n >= 0 for n in shape)
        or len(shape) > 64
    ):
        raise ValueError(f"the shape {shape!r} is not one")
    if not isinstance(fortran, bool):
        raise ValueError(f"fortran_order is {fortran!r}")
    dtype = numpy.lib.format.descr_to_dtype(fields["descr"])
    if dtype.hasobject:
        raise ValueError("the dtype holds Python objects")
    if dtype.itemsize == 0 and math.prod(shape) > _MOST_EMPTY:
        raise ValueError(f"{math.prod(shape)} items of no bytes; allowed: {_MOST_EMPTY}")
    return dtype, fortran, shape, math.prod(shape) * dtype.itemsize


# Texts; and what else the headers of dtypes have.
_TEXT = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_REST = re.compile(r"[\w\s(){}\[\],:]*")
_DEEPEST = 64


def _refuse_deep(said: str) -> None:
    """Raises for a header of more levels than Python's parser has room for, whatever is left of the
    stack.
    """
    rest = _TEXT.sub("", said)
    depth = 0
    for char in rest:
        depth += (char in "([{") - (char in ")]}")
        if depth > _DEEPEST:
            raise ValueError(f"the header is nested deeper than {_DEEPEST} levels")
    if not _REST.fullmatch(rest):
        raise ValueError("the header is not a dict of descr, fortran_order, shape")


_Layout = tuple[int, Any, bool, tuple[int, ...]]


def _layout(head: bytes, total: int) -> _Layout | int:
    """Where the data begins, dtype, order and shape, told by ``head``, the beginning of
    a payload of ``total`` bytes; or how many bytes the header has, when ``head`` is shorter.
    """
    if head[:6] != _MAGIC or len(head) < 12 or head[6:8] not in _VERSIONS:
        raise ValueError("it does not begin as .npy does")
    start = 10 if head[6] == 1 else 12
    end = start + int.from_bytes(head[8:start], "little")
    if end > min(total, _LONGEST):
        raise ValueError(f"its header ends at byte {end} of {total}")
    if end > len(head):
        return end
    encoding = "utf-8" if head[6] == 3 else "latin-1"
    dtype, fortran, shape, size = _parse(head[start:end], encoding)
    if end + size > total:
        raise ValueError(f"{size} bytes of data are announced, {total - end} are there")
    return end, dtype, fortran, shape


_known_layout = functools.lru_cache(maxsize=256)(_layout)


def _layout_of(payload: Pin | bytes) -> _Layout:
    """The layout of a payload."""
    memory = memoryview(payload)
    found = _known_layout(bytes(memory[:_GLANCE]), memory.nbytes)
    if isinstance(found, int):
        found = _layout(bytes(memory[:found]), memory.nbytes)
        assert not isinstance(found, int)
    return found


def described(payload: Pin) -> str:
    """Dtype and shape of the array in ``payload``, for people; empty when that cannot be told."""
    try:
        _, dtype, _, shape = _layout_of(payload)
    except Exception as error:
        if not is_fault(error):
            raise
        return ""
    return f"{dtype} in shape {shape}"


def decode(payload: Pin | bytes, copy: bool) -> Any:
    """The array in ``payload``, read-only and in place, or a copy of its own; raises on damage."""
    numpy = optional.numpy("an array")
    learn()
    offset, dtype, fortran, shape = _layout_of(payload)
    if dtype.names is not None:
        dtype = fresh(dtype)
    array = numpy.ndarray(shape, dtype, payload, offset, order="F" if fortran else "C")
    return array.copy(order="K") if copy else array
