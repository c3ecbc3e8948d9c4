"""Loans: memory in the map that a payload is built in, and that publishing turns into an entry."""

from __future__ import annotations

import ctypes
import math
import sys
import weakref
from typing import Any, NoReturn

from .._library import core, optional
from .._library.abi import fail
from .._library.keys import key_text, text_bytes
from .._library.memory import string_at
from .._payload import npy
from .._payload.formats import NUMPY
from .._payload.shown import Shown
from ..errors import (
    ForkedError,
    FormatError,
    InvalidArgumentError,
    LMDBError,
    StoreClosedError,
)

# What format numpy keeps free for the header before the items.
NPY_ROOM = 256


def _few() -> int:
    alone = object()
    return sys.getrefcount(alone)


# References to what only a variable of a call refers to, as that call counts them.
_FEW = _few()


class Loan(Shown, core.Loan):
    """Memory of the store to build one payload in. Use it in a ``with`` block: leaving it
    publishes, an exception drops the loan, and nothing is left behind.

    :attr:`memory` and what :meth:`array` gave cannot be written to any more once the loan is
    published or dropped. Arrays that live on then show what was published, whatever becomes of the
    entry. When something else still reaches that memory (a slice, a memoryview of an array, an
    array that is referred to twice), what is published is a copy, which it does not reach. Two
    things get past that: a view of another class (``numpy.ma``) that alone refers to an array, and
    bare addresses. Writing in a forked child through memory that the parent has on loan ends the
    child.

    ``numpy.asarray(loan)`` and whatever else takes a buffer, ``__array__``, ``__dlpack__`` or
    ``__arrow_c_array__`` get that memory too: bytes, or in format ``numpy`` what :meth:`array` gave
    last. Only arrays of :meth:`array` can be published without a copy while they live.

    One thread at a time uses a loan; any number of loans may be open.

    Attributes:
        memory: what can be written, a memoryview; in format ``numpy`` the items of the array.
            Raises StoreClosedError when the loan was published or dropped.
        size: how many bytes can be written.
        closed: whether the loan was published or dropped.
    """

    __slots__ = ()

    _fail = staticmethod(fail)
    _bytes = staticmethod(text_bytes)

    def _raise_closed(self) -> NoReturn:
        raise self._closed()

    def _closed(self) -> LMDBError:
        if self._hold is not None:
            return ForkedError(
                f"the loan for key {self.key!r} was taken before a fork and belongs to the parent"
            )
        state = "published" if self._entry_id else "dropped"
        return StoreClosedError(f"the loan for key {self.key!r} was {state}")

    @property
    def key(self) -> str:
        """Under which it is published."""
        return key_text(self._key)

    @property
    def _offset(self) -> int:
        return NPY_ROOM if self._settings[0] == NUMPY else 0

    @property
    def entry_id(self) -> str | None:
        """The exchange id of the entry; None until it is published."""
        return f"{self._entry_id:016x}" if self._entry_id else None

    def array(self, dtype: Any = "u1", shape: int | tuple[int, ...] | None = None) -> Any:
        """The memory as a writable NumPy array, from its first byte.

        Args:
            dtype: what the items are; no Python objects.
            shape: default as many items as there is room for. In format ``numpy`` dtype and shape
                of the last call are what is published.

        Raises:
            FormatError: there is no room for it, the dtype is not allowed, or NumPy is not there.
            StoreClosedError: the loan was published or dropped.
        """
        hold = self._hold
        if hold is None or hold.forked:
            raise self._closed()
        numpy = optional.numpy("Loan.array")
        dtype = npy.stored_dtype(numpy.dtype(dtype))
        if shape is None:
            shape = (self.size // dtype.itemsize if dtype.itemsize else 0,)
        elif not isinstance(shape, tuple):
            shape = tuple(shape) if hasattr(shape, "__iter__") else (shape,)
        shape = tuple(int(length) for length in shape)
        nbytes = math.prod(shape) * dtype.itemsize
        if nbytes > self.size or any(length < 0 for length in shape):
            raise FormatError(
                f"an array of {dtype} in shape {shape} does not fit the {self.size} bytes "
                f"of the loan for key {self.key!r}"
            )
        if self._settings[0] == NUMPY:
            npy.padded_header(dtype, shape, NPY_ROOM)
            # Whoever has the array may rename the fields of its dtype.
            self._layout = npy.stored_dtype(dtype), shape
        if nbytes == 0:
            return numpy.empty(shape, dtype)
        root = numpy.ndarray(nbytes, "u1", hold)
        array = numpy.ndarray(shape, dtype, root)
        if self._arrays is None:
            self._arrays = []
        self._arrays.append((root, weakref.ref(array)))
        return array

    def publish(self, size: int | None = None) -> str:
        """Publishes the payload: in one step readers see it instead of what was under the key.

        Args:
            size: how many bytes of it, from the first; default all. In format ``numpy`` after
                :meth:`array`: default those of the array, else a whole number of its rows.

        Returns:
            The exchange id of the entry.

        Raises:
            StoreClosedError: the loan was published or dropped already.
            LoanLostError: the store took this process for dead and reclaimed the loan.
            LMDBError: another of its kinds says what went wrong.
        """
        return f"{self._publish(size):016x}"

    def _publish(self, size: int | None) -> int:
        hold = self._hold
        if hold is None:
            raise self._closed()
        whole = self._whole()
        if size is not None or self._settings[0] == NUMPY:
            size = self._finish(hold, size, whole)
        else:
            size = whole
        if not self._arrays:
            return self._end(size, False, False)
        reached, read = self._revoke(self._arrays), self._read(self._arrays)
        # Pages behind what is published are not kept.
        return self._end(size, reached or (read and size < whole), read)

    def _publish_copy(self, size: int) -> int:
        """Publishes what the loan's memory holds now, which others can still reach."""
        hold = self._hold
        assert hold is not None
        header = string_at(hold.address, self._offset)
        with memoryview(hold)[:size] as payload:
            return self._store.put(self._db, self._key, [header, payload], self._settings)

    @staticmethod
    def _revoke(arrays: list[tuple[Any, weakref.ref[Any]]]) -> bool:
        """Ends writing through arrays that were handed out; says whether anybody can write all the
        same.
        """
        reached = False
        for index in range(len(arrays)):
            # Every view of an array refers to its root.
            root, reference = arrays[index]
            if root is None:
                # A signal ended this in its middle.
                reached = True
                continue
            arrays[index] = None, reference
            # What cannot be written cannot make its views writable.
            root.setflags(write=False)
            array = reference()
            known = 0
            if array is not None:
                array.setflags(write=False)
                known = 1
                # Beside who has it: what exports its memory, or is a view of another class.
                if sys.getrefcount(array) > _FEW + 1:
                    reached = True
            if sys.getrefcount(root) > _FEW + known:
                reached = True
        return reached

    @staticmethod
    def _read(arrays: list[tuple[Any, weakref.ref[Any]]]) -> bool:
        """Whether an array that was handed out, which cannot be written to now, lives on."""
        return any(array() is not None for _, array in arrays)

    def _whole(self) -> int:
        """How many bytes are published when nothing else is said."""
        if self._layout is None:
            return self.size
        dtype, shape = self._layout
        return math.prod(shape) * int(dtype.itemsize)

    def _finish(self, hold: core.Hold, size: int | None, whole: int) -> int:
        """How many bytes of the payload are published, ``whole`` at most; writes the header when
        the format wants one.
        """
        if size is None:
            size = whole
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= whole:
            raise InvalidArgumentError(f"size is {size!r}; allowed: 0 to {whole}, the loan's bytes")
        if self._settings[0] != NUMPY:
            return size
        dtype, shape = self._layout or (None, ())
        if dtype is None:
            numpy = optional.numpy("format numpy")
            dtype, shape = numpy.dtype("u1"), (size,)
        elif size < whole and not shape:
            raise InvalidArgumentError(f"size is {size}; a single value has {whole} bytes")
        elif size < whole:
            row = whole // shape[0]
            if size % row:
                raise InvalidArgumentError(f"size is {size}, no whole number of rows of {row}")
            shape = (size // row, *shape[1:])
        header = npy.padded_header(dtype, shape, NPY_ROOM)
        ctypes.memmove(hold.address, header, len(header))
        return size

    def drop(self) -> None:
        """Gives the memory back without publishing; the second time nothing happens."""
        arrays = self._arrays
        if self._hold is None or not arrays:
            self._give_up(False)
            return
        reached, read = self._revoke(arrays), self._read(arrays)
        self._give_up(reached or read)

    def _shown_array(self) -> Any:
        return self.array(*self._layout) if self._layout else self.array()

    def _shown_value(self) -> NoReturn:
        raise FormatError("a loan is a payload that is not finished; publish it under its own key")

    def _exported(self) -> Any:
        hold = self._hold
        if hold is None or hold.forked:
            raise self._closed()
        return self._shown_array() if self._layout else hold

    def __len__(self) -> int:
        return len(self._shown_array()) if self._layout else self.size

    def __reduce__(self) -> NoReturn:
        raise TypeError("a loan cannot be copied or pickled: it is memory that one process fills")

    def __repr__(self) -> str:
        state = "published" if self._entry_id else "dropped" if self.closed else "open"
        return f"<Loan of {self.size} bytes for {self.key!r}: {state}>"
