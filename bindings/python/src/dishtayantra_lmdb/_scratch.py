"""The structures of a call, kept for the next one: making them anew would cost more than the call.

A scratch is taken for the time of one call and given back afterwards, so another thread, a signal
handler or a finaliser that calls the library in between uses another one.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Sequence
from typing import Any

from ._abi import Buffer, Info, PutOptions, lib
from ._memory import PyBuffer, bytes_address, get_buffer, release_buffer

_PARTS = 8

# Format, flags, time to live in milliseconds, exchange id, source, target.
Settings = tuple[int, int, int, bytes, bytes, bytes]

_PART_SIZE = ctypes.sizeof(Buffer)
_pack_part = struct.Struct("=QQ").pack_into

# What a call answers: a handle, then an info.
_INFO = 8
_ANSWER_SIZE = _INFO + ctypes.sizeof(Info)


# Where in a bytes object its content begins: it lies in the object itself.
_SAMPLE = b"sample"
_CONTENT = bytes_address(_SAMPLE) - id(_SAMPLE)


class Scratch:
    """What one call fills and reads, with the addresses that it is passed."""

    __slots__ = (
        "_capacity",
        "_exports",
        "_options",
        "_parts",
        "_spare",
        "answer",
        "handle_at",
        "info_at",
        "options_at",
        "parts_at",
        "parts_memory",
        "settings",
    )

    def __init__(self) -> None:
        answer: Any = (ctypes.c_ubyte * _ANSWER_SIZE)()
        self.handle_at = ctypes.addressof(answer)
        self.info_at = self.handle_at + _INFO
        # Read with the functions below, which take a fraction of the time that fields take.
        self.answer = memoryview(answer).cast("B")
        Info.from_buffer(answer, _INFO).struct_size = ctypes.sizeof(Info)
        self._options = PutOptions()
        self.options_at = ctypes.addressof(self._options)
        lib.put_options_default(self.options_at)
        self.settings: Settings | None = None
        self._exports: list[PyBuffer] = []
        self._spare: list[PyBuffer] = []
        self._make_parts(_PARTS)

    def _make_parts(self, capacity: int) -> None:
        self._capacity = capacity
        self._parts: Any = (Buffer * capacity)()
        self.parts_at = ctypes.addressof(self._parts)
        self.parts_memory = memoryview(self._parts).cast("B")

    def set_parts(self, parts: Sequence[Any]) -> None:
        """Points at ``parts``, which the caller keeps: bytes, or what has a contiguous buffer.

        Ends with :meth:`release`.
        """
        if len(parts) > self._capacity:
            self._make_parts(len(parts))
        offset = 0
        for part in parts:
            if type(part) is bytes:
                _pack_part(self.parts_memory, offset, id(part) + _CONTENT, len(part))
            else:
                export = self._spare.pop() if self._spare else PyBuffer()
                get_buffer(part, ctypes.addressof(export), 0)
                self._exports.append(export)
                _pack_part(self.parts_memory, offset, export.buf or 0, export.len)
            offset += _PART_SIZE

    def set_texts(self, texts: Sequence[bytes | None]) -> None:
        """Points at ``texts``, no more than there is room for, which the caller keeps."""
        offset = 0
        for text in texts:
            if text is None:
                _pack_part(self.parts_memory, offset, 0, 0)
            else:
                _pack_part(self.parts_memory, offset, id(text) + _CONTENT, len(text))
            offset += _PART_SIZE

    def set_options(self, settings: Settings) -> None:
        """Fills the options of a put."""
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
        self.settings = settings

    def release(self) -> None:
        """Lets go of the buffers that :meth:`set_parts` got hold of, and gives the scratch back."""
        while self._exports:
            export = self._exports.pop()
            release_buffer(ctypes.addressof(export))
            if len(self._spare) < _PARTS:
                self._spare.append(export)
        give_back(self)


# As many as calls ever ran at once.
_free: list[Scratch] = []

# Gives back a scratch without parts; :meth:`Scratch.release` does for one with.
give_back = _free.append


def take(_pop: Any = _free.pop) -> Scratch:
    """A scratch for one call, to be given back."""
    try:
        scratch: Scratch = _pop()
    except IndexError:
        return Scratch()
    return scratch


def _reader(*fields: tuple[int, str]) -> Callable[[memoryview], tuple[int, ...]]:
    """Reads ``fields``, places and codes of :mod:`struct`, of a scratch's answer as one tuple."""
    layout, end = "=", 0
    for place, code in fields:
        layout += f"{place - end}x{code}"
        end = place + struct.calcsize("=" + code)
    return struct.Struct(layout).unpack_from


def _field(name: str) -> tuple[int, str]:
    place = getattr(Info, name)
    return _INFO + place.offset, {4: "I", 8: "Q"}[place.size]


_HANDLE = (0, "Q")

# Each takes `Scratch.answer`.
handle_of = _reader(_HANDLE)
decision_of = _reader((0, "I"))
view_of = _reader(_HANDLE, *map(_field, ("size", "data", "format", "flags")))
