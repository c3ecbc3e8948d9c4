"""Memoryviews and copies of memory that is not Python's."""

from __future__ import annotations

import ctypes
from typing import Any

# From this size a copy lets go of the GIL.
_LARGE = 64 * 1024

# By index: attributes of ctypes.pythonapi are shared with every other module of the process.
_new_bytes = ctypes.pythonapi["PyBytes_FromStringAndSize"]
_new_bytes.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t]
_new_bytes.restype = ctypes.py_object
_new_text = ctypes.pythonapi["PyUnicode_FromStringAndSize"]
_new_text.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t]
_new_text.restype = ctypes.py_object
bytes_address = ctypes.pythonapi["PyBytes_AsString"]
bytes_address.argtypes = [ctypes.py_object]
bytes_address.restype = ctypes.c_void_p


class PyBuffer(ctypes.Structure):
    """CPython's ``Py_buffer``."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    ]


get_buffer = ctypes.pythonapi["PyObject_GetBuffer"]
get_buffer.argtypes = [ctypes.py_object, ctypes.c_void_p, ctypes.c_int]
get_buffer.restype = ctypes.c_int
release_buffer = ctypes.pythonapi["PyBuffer_Release"]
release_buffer.argtypes = [ctypes.c_void_p]
release_buffer.restype = None


def string_at(address: int, size: int) -> bytes:
    """A copy of ``size`` bytes at ``address``."""
    if size == 0:
        return b""
    copy: bytes
    if size < _LARGE:
        copy = _new_bytes(address, size)
        return copy
    copy = _new_bytes(None, size)
    # memmove lets go of the GIL; nobody else has seen these bytes yet.
    ctypes.memmove(bytes_address(copy), address, size)
    return copy


def text_at(address: int, size: int) -> str:
    """A copy of the UTF-8 text of ``size`` bytes at ``address``."""
    text: str = _new_text(address, size)
    return text


def _span_at(bits: int) -> Any:
    class Span(ctypes.c_ubyte * (1 << bits)):  # type: ignore[misc]
        # Keeps whose memory it is. An attribute without a slot would take longer than all the rest.
        __slots__ = ("owner",)

    return Span.from_address


# A ctypes array exports its memory, but its size is part of its type. One type per power of two is
# enough: the memoryview is cut to the size of the payload before anybody sees it.
_SPANS_AT = [_span_at(bits) for bits in range(34)]


def address_memory(address: int, size: int, owner: object) -> memoryview:
    """A read-only memoryview of ``size`` bytes at ``address`` that keeps ``owner``, and so do its
    slices.
    """
    if size == 0:
        return memoryview(b"")
    span = _SPANS_AT[(size - 1).bit_length()](address)
    span.owner = owner
    return memoryview(span).toreadonly().cast("B")[:size]


def memory_address(memory: memoryview) -> int:
    """Where the bytes of a contiguous ``memory`` lie."""
    export = PyBuffer()
    get_buffer(memory, ctypes.byref(export), 0)
    address: int = export.buf or 0
    release_buffer(ctypes.byref(export))
    return address
