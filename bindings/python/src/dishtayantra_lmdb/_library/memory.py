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
    copy = new_bytes(size)
    # memmove lets go of the GIL.
    ctypes.memmove(bytes_address(copy), address, size)
    return copy


def new_bytes(size: int) -> bytes:
    """New bytes of any content, to be filled before anybody else sees them."""
    made: bytes = _new_bytes(None, size)
    return made


def bytes_address(value: bytes) -> int:
    """Where the content of ``value`` is."""
    address: int = _bytes_address(value)
    return address
