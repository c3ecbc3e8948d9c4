"""The structures of a call, kept for the next one: making them anew would cost more than the call.

A scratch is taken for the time of one call and given back afterwards, so another thread, a signal
handler or a finaliser that calls the library in between uses another one.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Sequence
from typing import Any

from .abi import Buffer, Info
from .memory import bytes_address

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
        "_parts",
        "answer",
        "handle_at",
        "info_at",
        "parts_at",
        "parts_memory",
    )

    def __init__(self) -> None:
        answer: Any = (ctypes.c_ubyte * _ANSWER_SIZE)()
        self.handle_at = ctypes.addressof(answer)
        self.info_at = self.handle_at + _INFO
        # Read with the functions below, which take a fraction of the time that fields take.
        self.answer = memoryview(answer).cast("B")
        Info.from_buffer(answer, _INFO).struct_size = ctypes.sizeof(Info)
        self._parts: Any = (Buffer * _PARTS)()
        self.parts_at = ctypes.addressof(self._parts)
        self.parts_memory = memoryview(self._parts).cast("B")

    def set_texts(self, texts: Sequence[bytes | None]) -> None:
        """Points at ``texts``, no more than there is room for, which the caller keeps."""
        offset = 0
        for text in texts:
            if text is None:
                _pack_part(self.parts_memory, offset, 0, 0)
            else:
                _pack_part(self.parts_memory, offset, id(text) + _CONTENT, len(text))
            offset += _PART_SIZE


# As many as calls ever ran at once.
_free: list[Scratch] = []

# Gives back a scratch.
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
