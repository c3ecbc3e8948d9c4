"""Loans: memory in the map that a payload is built in, and that publishing turns into an entry."""

from __future__ import annotations

import ctypes
import math
import sys
import weakref
from types import TracebackType
from typing import Any

from . import _frame, _npy, _optional
from ._abi import fail, lib
from ._formats import NUMPY
from ._frame import Settings
from ._memory import writable_memory
from ._pin import ArrayOwner
from ._store import Handle, Store
from .errors import FormatError, InvalidArgumentError, StoreClosedError

# What format numpy keeps free for the header before the items.
_NPY_ROOM = 256


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
        "_handle",
        "_layout",
        "_memory",
        "_offset",
        "_roots",
        "_settings",
        "_size",
        "_span",
        "_store",
        "entry_id",
        "key",
    )

    def __init__(self, store: Store, at: tuple[bytes, bytes, str], size: int, settings: Settings):
        """Takes the loan; ``at`` is database, key, and the key as text.

        Raises:
            LMDBError: one of its kinds says why there is none.
        """
        self._handle: Handle | None = None
        self._store, self._settings = store, settings
        self._at, self.key = at[:2], at[2]
        self._offset = _NPY_ROOM if settings[0] == NUMPY else 0
        handle = ctypes.c_void_p()
        status = lib.loan_open(store.value, self._offset + size, ctypes.byref(handle))
        if status:
            fail(status)
        self._handle = Handle(handle.value, lib.loan_drop)
        data, room = ctypes.c_void_p(), ctypes.c_size_t()
        status = lib.loan_data(handle, ctypes.byref(data), ctypes.byref(room))
        if status:
            fail(status)
        self._address = data.value or 0
        self._size = size
        where = self._address + self._offset
        self._span: object = None
        self._memory, self._span = writable_memory(where, size, self._handle)
        # Of each array that was handed out: what its views refer to, and itself.
        self._roots: list[Any] = []
        self._arrays: list[weakref.ref[Any]] = []
        self._layout: tuple[Any, tuple[int, ...]] | None = None
        self.entry_id: str | None = None

    def _open(self) -> Handle:
        handle = self._handle
        if handle is None:
            state = "dropped" if self.entry_id is None else "published"
            raise StoreClosedError(f"the loan for key {self.key!r} was {state}")
        return handle

    @property
    def closed(self) -> bool:
        """Whether the loan was published or dropped."""
        return self._handle is None

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
        self._open()
        return self._memory

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
        handle = self._open()
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
        where = (self._address + self._offset, False)
        interface = {"version": 3, "shape": (nbytes,), "typestr": "|u1", "data": where}
        root = numpy.asarray(ArrayOwner(handle, interface))
        array = numpy.ndarray(shape, dtype, root)
        self._roots.append(root)
        self._arrays.append(weakref.ref(array))
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
        handle = self._open()
        size = self._finish(size)
        reached = self._revoke()
        self._handle = None
        try:
            if reached:
                with writable_memory(self._address, size, handle)[0] as memory:
                    entry_id = self._store.put(*self._at, [memory], self._settings)
            else:
                entry_id = self._publish(handle, size)
        finally:
            if not reached and not any(array() is not None for array in self._arrays):
                handle.close()
        self.entry_id = f"{entry_id:016x}"
        return self.entry_id

    def _finish(self, size: int | None) -> int:
        """How many bytes the payload has; writes the header when the format wants one."""
        whole = self._size
        dtype, shape = self._layout or (None, ())
        if dtype is not None:
            whole = math.prod(shape) * dtype.itemsize
        if size is None:
            size = whole
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= whole:
            raise InvalidArgumentError(f"size is {size!r}; allowed: 0 to {whole}, the loan's bytes")
        if not self._offset:
            return size
        if dtype is None:
            numpy = _optional.numpy("format numpy")
            dtype, shape = numpy.dtype("u1"), (size,)
        elif size < whole:
            row = whole // shape[0]
            if size % row:
                raise InvalidArgumentError(f"size is {size}, no whole number of rows of {row}")
            shape = (size // row, *shape[1:])
        header = _npy.padded_header(dtype, shape, _NPY_ROOM)
        ctypes.memmove(self._address, header, len(header))
        return size + self._offset

    def _publish(self, handle: Handle, size: int) -> int:
        db, key = self._at
        frame = _frame.take()
        try:
            frame.set_options(self._settings)
            status = lib.loan_publish(
                handle.value, db, len(db), key, len(key), size, frame.options_at, frame.info_at
            )
            entry_id: int = frame.info.entry_id
        finally:
            frame.release()
        if status:
            fail(status)
        return entry_id

    def _revoke(self) -> bool:
        """Ends writing through what was handed out; says whether anybody can write all the same."""
        alone = object()
        # References to what only a variable of this call refers to.
        few = sys.getrefcount(alone)
        reached = False
        while self._roots:
            # Every view of an array refers to its root.
            root = self._roots.pop()
            array = self._arrays[len(self._roots)]()
            known = 0
            if array is not None:
                array.setflags(write=False)
                known = 1
            if sys.getrefcount(root) > few + known:
                reached = True
        try:
            self._memory.release()
        except BufferError:
            return True
        # Slices that live on refer to the span.
        span, self._span = self._span, None
        return reached or sys.getrefcount(span) > few

    def drop(self) -> None:
        """Gives the memory back without publishing; the second time nothing happens."""
        handle = self._handle
        if handle is None:
            return
        reached = self._revoke()
        self._handle = None
        if not reached and not any(array() is not None for array in self._arrays):
            handle.close()

    def __enter__(self) -> Loan:
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.drop()
        elif self._handle is not None:
            self.publish()

    def __repr__(self) -> str:
        state = "open" if self._handle else "dropped" if self.entry_id is None else "published"
        return f"<Loan of {self._size} bytes for {self.key!r}: {state}>"
