"""Copies of large payloads that tell how far they are."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .._library import memory, optional
from .._library.pin import Pin
from . import npy

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


def is_long(size: int) -> bool:
    """Whether to copy so many bytes may take so long that somebody wants to know."""
    return size > STEP


class Told:
    """Copies whose progress a bar shows that is made when it takes long. Use it in a ``with``
    block.
    """

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        """Begins.

        Args:
            progress: makes the bar.
            what: the bar's description.
            total: bytes that there are to copy.
        """
        self._progress, self._what, self._total = progress, what, total
        self._began = time.monotonic()
        self._bar: Bar | None = None
        self._done = self._shown = 0

    def __enter__(self) -> Told:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def add(self, size: int) -> None:
        """So many bytes more are done."""
        self._done += size
        if self._bar is None:
            if time.monotonic() - self._began < PATIENCE:
                return
            self._bar = self._progress(
                total=self._total, desc=self._what, unit="B", unit_scale=True
            )
        self._bar.update(self._done - self._shown)
        self._shown = self._done

    def reach(self, done: int) -> None:
        """So many bytes are done in all: some had not to be copied."""
        if self._bar is None:
            self._done = done
        elif done > self._done:
            self.add(done - self._done)

    def fill(self, target: memoryview, parts: Sequence[Any]) -> None:
        """Copies ``parts`` into ``target``, in a row."""
        at = 0
        for part in parts:
            with memoryview(_bytes_of(part)) as whole, whole.cast("B") as source:
                for start in range(0, source.nbytes, STEP):
                    with source[start : start + STEP] as piece:
                        target[at : at + piece.nbytes] = piece
                        at += piece.nbytes
                        self.add(piece.nbytes)

    def payload(self, pin: Pin) -> bytes:
        """A copy of a payload."""
        made = memory.new_bytes(pin.size)
        self._move(memory.bytes_address(made), pin.address, pin.size)
        return made

    def array(self, array: Any) -> Any:
        """A copy of an array that lies in a row."""
        numpy = optional.numpy("an array")
        made = numpy.empty_like(array)
        self._move(made.ctypes.data, array.ctypes.data, array.nbytes)
        return made

    def _move(self, target: int, source: int, size: int) -> None:
        for start in range(0, size, STEP):
            length = min(STEP, size - start)
            # Lets go of the GIL.
            ctypes.memmove(target + start, source + start, length)
            self.add(length)


def _bytes_of(part: Any) -> Any:
    if not npy.is_array(part):
        return part
    numpy = optional.numpy("an array")
    # A memoryview of items that Python has no character for cannot be cast.
    return numpy.frombuffer(part, "u1")
