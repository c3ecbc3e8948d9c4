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
from ._memory import PyBuffer, bytes_address, get_buffer, release_buffer

_PARTS = 8

# Format, flags, time to live in milliseconds, exchange id, source, target.
Settings = tuple[int, int, int, bytes, bytes, bytes]

_PART_SIZE = ctypes.sizeof(Buffer)
_pack_part = struct.Struct("=QQ").pack_into


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
        self._exports: list[PyBuffer] = []
        self._spare: list[PyBuffer] = []
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
                export = self._spare.pop() if self._spare else PyBuffer()
                get_buffer(part, ctypes.byref(export), 0)
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
            release_buffer(ctypes.byref(export))
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
