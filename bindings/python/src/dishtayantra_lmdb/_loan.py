"""Loans: memory in the map that a payload is built in, and that publishing turns into an entry."""

from __future__ import annotations

import ctypes
import math
import sys
import weakref
from types import TracebackType
from typing import Any

from . import _npy, _optional
from ._abi import lib
from ._formats import NUMPY
from ._frame import Settings
from ._memory import writable_memory
from ._pin import ArrayOwner
from ._process import generation
from ._store import Store
from .errors import FormatError, InvalidArgumentError, StoreClosedError

_publish = Store.publish

# What format numpy keeps free for the header before the items.
_NPY_ROOM = 256


def _few() -> int:
    alone = object()
    return sys.getrefcount(alone)


# References to what only a variable of a call refers to, as that call counts them.
_FEW = _few()


class _Hold:
    """What the memory of a loan belongs to: gives the loan back when the last of it is gone."""

    __slots__ = ("_generation", "loan")

    def __init__(self, _generation: list[int] = generation) -> None:
        self.loan: int | None = None
        self._generation = _generation[0]

    def close(self, _drop: Any = lib.loan_drop, _generation: list[int] = generation) -> None:
        """Gives the loan back; the second time nothing happens."""
        loan, self.loan = self.loan, None
        # In a forked child the loan is the parent's.
        if loan is not None and self._generation == _generation[0]:
            _drop(loan)

    __del__ = close


class Loan:
    """Memory of the store to build one payload in. Use it in a ``with`` block: leaving it
    publishes, an exception drops the loan, and nothing is left behind.

    :attr:`memory` and what :meth:`array` gave cannot be written to any more once the loan is
    published or dropped. When other views of that memory are still alive then (slices kept in a
    variable), what is published is a copy, which they do not reach.

    One thread at a time uses a loan; any number of loans may be open.

    Attributes:
        key: under which it is published.
    """

    __slots__ = (
        "__weakref__",
        "_address",
        "_arrays",
        "_at",
        "_entry_id",
        "_generation",
        "_hold",
        "_layout",
        "_loan",
        "_memory",
        "_settings",
        "_size",
        "_span",
        "_store",
        "key",
    )

    def __init__(
        self,
        store: Store,
        at: tuple[bytes, bytes],
        key: str | bytes,
        size: int,
        settings: Settings,
        _generation: list[int] = generation,
    ) -> None:
        """Takes the loan; ``at`` is database and key.

        Raises:
            LMDBError: one of its kinds says why there is none.
        """
        self._loan: int | None = None
        # Belongs to the loan itself until its memory is asked for, then to this.
        self._hold: _Hold | None = None
        self._memory: memoryview | None = None
        self._entry_id: int | None = None
        self._store, self._at = store, at
        self.key = key if type(key) is str else at[1].decode("utf-8", "surrogateescape")
        self._size, self._settings = size, settings
        self._generation = _generation[0]
        if settings[0] == NUMPY:
            size += _NPY_ROOM
        self._loan, self._address = store.loan(size)

    def __del__(self, _drop: Any = lib.loan_drop, _generation: list[int] = generation) -> None:
        # In a forked child the loan is the parent's.
        loan = self._loan
        if loan is not None and self._hold is None and self._generation == _generation[0]:
            _drop(loan)

    def _closed(self) -> StoreClosedError:
        state = "dropped" if self._entry_id is None else "published"
        return StoreClosedError(f"the loan for key {self.key!r} was {state}")

    def _lend(self) -> tuple[memoryview, _Hold]:
        """The memory, and what it belongs to."""
        loan, memory, hold = self._loan, self._memory, self._hold
        if loan is None:
            raise self._closed()
        if hold is None:
            # Known here before it can give the loan back.
            hold = self._hold = _Hold()
            hold.loan = loan
        if memory is None:
            # Of each array that is handed out: what its views refer to, and itself.
            self._arrays: list[tuple[Any, weakref.ref[Any]]] = []
            # What the array that is published looks like.
            self._layout: tuple[Any, tuple[int, ...]] | None = None
            # The second is what slices of the first refer to.
            address = self._address
            if self._settings[0] == NUMPY:
                address += _NPY_ROOM
            memory, self._span = writable_memory(address, self._size, hold)
            self._memory = memory
        return memory, hold

    @property
    def _offset(self) -> int:
        return _NPY_ROOM if self._settings[0] == NUMPY else 0

    @property
    def entry_id(self) -> str | None:
        """The exchange id of the entry; None until it is published."""
        return None if self._entry_id is None else f"{self._entry_id:016x}"

    @property
    def closed(self) -> bool:
        """Whether the loan was published or dropped."""
        return self._loan is None

    @property
    def size(self) -> int:
        """How many bytes can be written."""
        return self._size

    @property
    def memory(self) -> memoryview:
        """What can be written; in format ``numpy`` the items of the array.

        Raises:
            StoreClosedError: the loan was published or dropped.
        """
        memory = self._memory
        return self._lend()[0] if memory is None or self._loan is None else memory

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
        _, hold = self._lend()
        numpy = _optional.numpy("Loan.array")
        dtype = _npy.stored_dtype(numpy.dtype(dtype))
        if shape is None:
            shape = (self._size // dtype.itemsize if dtype.itemsize else 0,)
        elif not isinstance(shape, tuple):
            shape = tuple(shape) if hasattr(shape, "__iter__") else (shape,)
        shape = tuple(int(length) for length in shape)
        nbytes = math.prod(shape) * dtype.itemsize
        if nbytes > self._size or any(length < 0 for length in shape):
            raise FormatError(
                f"an array of {dtype} in shape {shape} does not fit the {self._size} bytes "
                f"of the loan for key {self.key!r}"
            )
        if self._settings[0] == NUMPY:
            _npy.padded_header(dtype, shape, _NPY_ROOM)
            self._layout = dtype, shape
        if nbytes == 0:
            return numpy.empty(shape, dtype)
        interface = {
            "version": 3,
            "shape": (nbytes,),
            "typestr": "|u1",
            "data": (self._address + self._offset, False),
        }
        root = numpy.asarray(ArrayOwner(hold, interface))
        array = numpy.ndarray(shape, dtype, root)
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
        loan, settings = self._loan, self._settings
        if loan is None:
            raise self._closed()
        size = self._finish(size) if size is not None or settings[0] == NUMPY else self._size
        hold, finish = self._hold, True
        if hold is not None:
            if self._revoke():
                return self._publish_copy(hold, size)
            if self._arrays and self._read():
                finish = False
            else:
                # The call ends the loan.
                hold.loan = None
        self._loan = None
        self._entry_id = entry_id = _publish(loan, self._at, size, settings, finish)
        return entry_id

    def _publish_copy(self, hold: _Hold, size: int) -> int:
        """Publishes what the loan's memory holds now, which others can still write to."""
        self._loan = None
        with writable_memory(self._address, size, hold)[0] as memory:
            self._entry_id = entry_id = self._store.put(*self._at, [memory], self._settings)
        return entry_id

    def _revoke(self) -> bool:
        """Ends writing through what was handed out; says whether anybody can write all the same."""
        reached = False
        for index in range(len(self._arrays)):
            # Every view of an array refers to its root.
            root, reference = self._arrays[index]
            self._arrays[index] = None, reference
            # What cannot be written cannot make its views writable.
            root.setflags(write=False)
            array = reference()
            known = 0
            if array is not None:
                array.setflags(write=False)
                known = 1
            if sys.getrefcount(root) > _FEW + known:
                reached = True
        memory, span = self._memory, self._span
        self._span = None
        try:
            if memory is not None:
                memory.release()
        except BufferError:
            return True
        # Slices that live on refer to the span.
        return reached or sys.getrefcount(span) > _FEW

    def _read(self) -> bool:
        """Whether an array that was handed out, which cannot be written to now, lives on."""
        return any(array() is not None for _, array in self._arrays)

    def _finish(self, size: int | None) -> int:
        """How many bytes the payload has; writes the header when the format wants one."""
        whole = self._size
        dtype, shape = (self._layout if self._hold else None) or (None, ())
        if dtype is not None:
            whole = math.prod(shape) * dtype.itemsize
        if size is None:
            size = whole
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= whole:
            raise InvalidArgumentError(f"size is {size!r}; allowed: 0 to {whole}, the loan's bytes")
        if self._settings[0] != NUMPY:
            return size
        if dtype is None:
            numpy = _optional.numpy("format numpy")
            dtype, shape = numpy.dtype("u1"), (size,)
        elif size < whole and not shape:
            raise InvalidArgumentError(f"size is {size}; a single value has {whole} bytes")
        elif size < whole:
            row = whole // shape[0]
            if size % row:
                raise InvalidArgumentError(f"size is {size}, no whole number of rows of {row}")
            shape = (size // row, *shape[1:])
        header = _npy.padded_header(dtype, shape, _NPY_ROOM)
        ctypes.memmove(self._address, header, len(header))
        return size + self._offset

    def drop(self) -> None:
        """Gives the memory back without publishing; the second time nothing happens."""
        loan, hold = self._loan, self._hold
        if loan is None:
            return
        if hold is None:
            self._loan = None
            if self._generation == generation[0]:
                lib.loan_drop(loan)
            return
        reached = self._revoke()
        self._loan = None
        if not reached and not self._read():
            hold.close()

    def __enter__(self) -> Loan:
        if self._loan is None:
            raise self._closed()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.drop()
        elif self._loan is not None:
            self._publish(None)

    def __repr__(self) -> str:
        state = "open" if self._loan else "dropped" if self._entry_id is None else "published"
        return f"<Loan of {self._size} bytes for {self.key!r}: {state}>"
