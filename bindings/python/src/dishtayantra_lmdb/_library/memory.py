"""Copies of memory that is not Python's, and where Python's lies."""

from __future__ import annotations

import ctypes

# From this size a copy lets go of the GIL.
LARGE = 64 * 1024

# By index: attributes of ctypes.pythonapi are shared with every other module of the process.
_new_bytes = ctypes.pythonapi["PyBytes_FromStringAndSize"]
_new_bytes.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t]
_new_bytes.restype = ctypes.py_object
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
    if size < LARGE:
        copy = _new_bytes(address, size)
        return copy
    copy = _new_bytes(None, size)
    # memmove lets go of the GIL; nobody else has seen these bytes yet.
    ctypes.memmove(bytes_address(copy), address, size)
    return copy


def memory_address(memory: memoryview) -> int:
    """Where the bytes of a contiguous ``memory`` lie."""
    export = PyBuffer()
    get_buffer(memory, ctypes.byref(export), 0)
    address: int = export.buf or 0
    release_buffer(ctypes.byref(export))
    return address
