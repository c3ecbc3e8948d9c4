"""A payload held in the map, and the Python objects that look at it there.

A :class:`Pin` owns one view of the library and ends it when the last reference to it goes: every
array, Arrow buffer and memoryview over the payload refers to its pin, so none of them can outlive
the bytes it shows.
"""

from __future__ import annotations

import ctypes

from ..errors import ForkedError
from . import core
from .abi import (
    INFO_CHECKSUM,
    TEXT_KEY,
    TEXT_SOURCE,
    TEXT_TARGET,
    TEXT_TXN_ID,
    Info,
    fail,
    lib,
    log_warnings,
)
from .keys import text_bytes
from .memory import LARGE, string_at

# Up to this size a copy costs less than a memoryview.
_COPIED = 4096


class Pin(core.Pin):
    """One view: ``address`` and ``size`` of a payload that stays where it is, whatever happens to
    its entry; a read-only buffer of its bytes.
    """

    # It ends without a line of Python: Python runs signal handlers where its code begins, and drops
    # what they raise in a finalizer (``KeyboardInterrupt``, ``SystemExit``).
    __slots__ = ()

    _fail = staticmethod(fail)
    _bytes = staticmethod(text_bytes)
    # Called when a view is a copy for want of a pin; the first such view warns.
    _warn = staticmethod(log_warnings)

    def check(self) -> None:
        """Raises when the pin was made before a fork. What was made from it before shows its bytes
        until the child ends; nothing more is made from it.
        """
        if self.forked:
            raise ForkedError(
                "the view was opened before a fork and belongs to the parent; open one here"
            )

    def verify(self) -> None:
        """Compares the payload with its checksum, when it has one."""
        if self.flags & INFO_CHECKSUM:
            status = lib.view_verify(self._as_parameter_)
            if status:
                fail(status)

    def info(self) -> Info:
        """Everything the library tells of the entry."""
        info = Info(struct_size=ctypes.sizeof(Info))
        status = lib.view_info(self._as_parameter_, ctypes.byref(info))
        if status:
            fail(status)
        return info

    def _text(self, field: int) -> bytes:
        text, size = ctypes.c_void_p(), ctypes.c_size_t()
        status = lib.view_text(self._as_parameter_, field, ctypes.byref(text), ctypes.byref(size))
        if status:
            fail(status)
        return string_at(text.value or 0, size.value)

    @property
    def txn_id(self) -> str:
        """The exchange id of the entry."""
        return self._text(TEXT_TXN_ID).decode("utf-8", "replace")

    @property
    def source(self) -> str:
        """Who put the entry."""
        return self._text(TEXT_SOURCE).decode("utf-8", "replace")

    @property
    def target(self) -> str:
        """Whom the entry is for."""
        return self._text(TEXT_TARGET).decode("utf-8", "replace")

    @property
    def key(self) -> str:
        """The key of the entry."""
        return self._text(TEXT_KEY).decode("utf-8", "surrogateescape")

    def copied(self) -> bytes:
        """A copy of the payload."""
        # A large one is copied without the GIL.
        return bytes(self) if self.size < LARGE else string_at(self.address, self.size)

    def readable(self) -> bytes | memoryview:
        """The payload for a parser: copied when small, in place when large."""
        return bytes(self) if self.size <= _COPIED else memoryview(self)
