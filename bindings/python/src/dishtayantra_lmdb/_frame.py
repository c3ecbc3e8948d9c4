"""The structures of a call, kept per thread: making them anew would cost more than the call.

A frame is taken for the time of one call and given back afterwards, so a signal handler or a
finaliser that calls the library in between uses another one.
"""

from __future__ import annotations

import ctypes
import struct
import threading
from collections.abc import Sequence
from typing import Any

from ._abi import Buffer, Info, PutOptions, lib
from ._memory import bytes_address

_PARTS = 8

# Format, flags, time to live in milliseconds, exchange id, source, target.
Settings = tuple[int, int, int, bytes, bytes, bytes]

_PART_SIZE = ctypes.sizeof(Buffer)
_pack_part = struct.Struct("=QQ").pack_into


class _PyBuffer(ctypes.Structure):
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


_get_buffer = ctypes.pythonapi["PyObject_GetBuffer"]
_get_buffer.argtypes = [ctypes.py_object, ctypes.c_void_p, ctypes.c_int]
_get_buffer.restype = ctypes.c_int
_release_buffer = ctypes.pythonapi["PyBuffer_Release"]
_release_buffer.argtypes = [ctypes.c_void_p]
_release_buffer.restype = None


# Where in a bytes object its content begins: it lies in the object itself.
_SAMPLE = b"sample"
_CONTENT = bytes_address(_SAMPLE) - id(_SAMPLE)


class Frame:
    """What one call fills and reads, with the addresses that it is passed."""

    __slots__ = (
        "_capacity",
        "_exports",
        "_options",
        "_parts",
        "_parts_memory",
        "_settings",
        "_spare",
        "handle",
        "handle_at",
        "info",
        "info_at",
        "options_at",
        "parts_at",
    )

    def __init__(self) -> None:
        self.info = Info(struct_size=ctypes.sizeof(Info))
        self.info_at = ctypes.addressof(self.info)
        self._options = PutOptions()
        self.options_at = ctypes.addressof(self._options)
        lib.put_options_default(self.options_at)
        self._settings: Settings | None = None
        self.handle = ctypes.c_void_p()
        self.handle_at = ctypes.addressof(self.handle)
        self._exports: list[_PyBuffer] = []
        self._spare: list[_PyBuffer] = []
        self._make_parts(_PARTS)

    def _make_parts(self, capacity: int) -> None:
        self._capacity = capacity
        self._parts: Any = (Buffer * capacity)()
        self.parts_at = ctypes.addressof(self._parts)
        self._parts_memory = memoryview(self._parts).cast("B")

    def set_parts(self, parts: Sequence[Any]) -> None:
        """Points at ``parts``, which the caller keeps: bytes, or what has a contiguous buffer.

        Ends with :meth:`release`.
        """
        if len(parts) > self._capacity:
            self._make_parts(len(parts))
        offset = 0
        for part in parts:
            if type(part) is bytes:
                _pack_part(self._parts_memory, offset, id(part) + _CONTENT, len(part))
            else:
                export = self._spare.pop() if self._spare else _PyBuffer()
                _get_buffer(part, ctypes.byref(export), 0)
                self._exports.append(export)
                _pack_part(self._parts_memory, offset, export.buf or 0, export.len)
            offset += _PART_SIZE

    def set_options(self, settings: Settings) -> None:
        """Fills the options of a put."""
        if settings == self._settings:
            return
        number, flags, ttl_ms, txn_id, source, target = settings
        options = self._options
        options.format = number
        options.flags = flags
        options.ttl_ms = ttl_ms
        options.txn_id = txn_id
        options.txn_id_len = len(txn_id)
        options.source = source
        options.source_len = len(source)
        options.target = target
        options.target_len = len(target)
        self._settings = settings

    def release(self) -> None:
        """Lets go of the buffers that :meth:`set_parts` got hold of, and gives the frame back."""
        while self._exports:
            export = self._exports.pop()
            _release_buffer(ctypes.byref(export))
            if len(self._spare) < _PARTS:
                self._spare.append(export)
        _local.frame = self


_local = threading.local()


def take() -> Frame:
    """A frame for one call on this thread, which ends with :meth:`Frame.release`."""
    frame: Frame | None = getattr(_local, "frame", None)
    if frame is None:
        return Frame()
    _local.frame = None
    return frame
