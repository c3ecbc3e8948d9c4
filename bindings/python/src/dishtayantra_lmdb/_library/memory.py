"""Copies of memory that is not Python's."""

from __future__ import annotations

import ctypes

# From this size a copy lets go of the GIL.
LARGE = 64 * 1024

# By index: attributes of ctypes.pythonapi are shared with every other module of the process.
_new_bytes = ctypes.pythonapi["PyBytes_FromStringAndSize"]
_new_bytes.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t]
_new_bytes.restype = ctypes.py_object
_bytes_address = ctypes.pythonapi["PyBytes_AsString"]
_bytes_address.argtypes = [ctypes.py_object]
_bytes_address.restype = ctypes.c_void_p


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
    ctypes.memmove(_bytes_address(copy), address, size)
    return copy
