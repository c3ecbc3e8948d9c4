"""Copies of large payloads that tell how far they are."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .._library import memory, optional
from .._library.pin import Pin
from . import npy
from .formats import NUMPY, RAW

# Bytes that are copied at a time; payloads that are not longer are copied without a word.
STEP = 32 << 20
# Seconds that nobody needs to be told of.
PATIENCE = 1.0


class Bar(Protocol):
    """What tqdm's bars are."""

    def update(self, n: int) -> object:
        """So many bytes more are done."""

    def close(self) -> object:
        """It is over."""


# Makes one: ``tqdm.tqdm``, or whatever takes the same arguments.
Progress = Callable[..., Bar]


class _Told:
    """A bar that is made when it takes long."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self._progress, self._what, self._total = progress, what, total
        self._began = time.monotonic()
        self._bar: Bar | None = None
        self._untold = 0

    def __enter__(self) -> _Told:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def done(self, size: int) -> None:
        """So many bytes more are copied."""
        self._untold += size
        if self._bar is None:
            if time.monotonic() - self._began < PATIENCE:
                return
            self._bar = self._progress(
                total=self._total, desc=self._what, unit="B", unit_scale=True
            )
        self._bar.update(self._untold)
        self._untold = 0


def fill(target: memoryview, parts: Sequence[Any], progress: Progress, what: str) -> None:
    """Copies ``parts`` into ``target``, in a row."""
    at = 0
    with _Told(progress, what, target.nbytes) as told:
        for part in parts:
            with memoryview(_bytes_of(part)) as whole, whole.cast("B") as source:
                for start in range(0, source.nbytes, STEP):
                    with source[start : start + STEP] as piece:
                        target[at : at + piece.nbytes] = piece
                        at += piece.nbytes
                        told.done(piece.nbytes)


def _bytes_of(part: Any) -> Any:
    if not npy.is_array(part):
        return part
    numpy = optional.numpy("an array")
    # A memoryview of items that Python has no character for cannot be cast.
    return numpy.frombuffer(part, "u1")


def copied(pin: Pin, copy: bool, progress: Progress, what: str) -> Any | None:
    """The bytes of a raw payload, or a copy of the array of one in format ``numpy``; None for any
    other, and for one that is not long.
    """
    if pin.size <= STEP:
        return None
    if pin.format == RAW:
        made = memory.new_bytes(pin.size)
        _move(memory.bytes_address(made), pin.address, pin.size, progress, what)
        return made
    if pin.format == NUMPY and copy:
        array = npy.decode(pin, False)
        numpy = optional.numpy("an array")
        made = numpy.empty_like(array)
        _move(made.ctypes.data, array.ctypes.data, array.nbytes, progress, what)
        return made
    return None


def _move(target: int, source: int, size: int, progress: Progress, what: str) -> None:
    with _Told(progress, what, size) as told:
        for start in range(0, size, STEP):
            length = min(STEP, size - start)
            # Lets go of the GIL.
            ctypes.memmove(target + start, source + start, length)
            told.done(length)
