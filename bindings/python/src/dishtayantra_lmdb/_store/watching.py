"""Waiting for one of several keys: one thread waits in the library in place of all coroutines of
the process, and a wait that is cancelled is given up there at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
import threading
from collections.abc import Callable, Sequence

from .._library.abi import TIMEOUT, fail, lib
from .._library.fork import ProcessLock, generation
from .store import Store
from .waiting import wait_in_slices

# How long the thread stays when nobody waits, and how many keys one look of it tells.
_IDLE_MS = 1000
_TOLD = 256

Entry = tuple[bytes, bytes]  # database, key


class Watch:
    """Keys of stores that are waited for together."""

    __slots__ = ("_handle", "_told")

    def __init__(self, most: int) -> None:
        """Watches nothing.

        Args:
            most: how many ids one :meth:`wait` tells.
        """
        handle = ctypes.c_void_p()
        status = lib.watch_new(ctypes.byref(handle))
        if status:
            fail(status)
        self._handle = handle.value
        self._told = (ctypes.c_uint64 * most)()

    def add(self, store: Store, entry: Entry, number: int) -> None:
        """Watches the key ``entry`` until it is there or removed."""
        db, key = entry
        status = lib.watch_add(self._handle, store.value, db, len(db), key, len(key), number)
        if status:
            fail(status)

    def remove(self, number: int) -> None:
        """Watches it no more."""
        lib.watch_remove(self._handle, number)

    def wait(self, timeout_ms: int) -> tuple[int, list[int]]:
        """Waits; a status, and the numbers of keys that are there."""
        count = ctypes.c_size_t()
        status = lib.watch_wait(
            self._handle, timeout_ms, self._told, len(self._told), ctypes.byref(count)
        )
        return status, [] if status else self._told[: count.value]

    def free(self) -> None:
        """Frees it; nobody waits any more."""
        handle, self._handle = self._handle, None
        lib.watch_free(handle)


def first(
    store: Callable[[], Store], entries: Sequence[Entry], timeout_ms: float | None
) -> int | None:
    """Waits until one of the entries is there; which, None when the time is over.

    Args:
        store: gives the store.
        entries: what is waited for.
        timeout_ms: as for :func:`.waiting.wait_in_slices`.
    """
    watch = Watch(1)
    try:
        for number, entry in enumerate(entries):
            watch.add(store(), entry, number)
        told: list[int] = []

        def wait(slice_ms: int) -> int:
            nonlocal told
            status, told = watch.wait(slice_ms)
            return status

        if not wait_in_slices(timeout_ms, wait):
            return None
        _check(store(), entries[told[0]])
        return told[0]
    finally:
        watch.free()


async def first_awaited(
    store: Callable[[], Store], entries: Sequence[Entry], timeout_ms: float | None
) -> int | None:
    """As :func:`first`, for a coroutine. When that is cancelled the wait ends at once."""
    for number, entry in enumerate(entries):
        if store().contains(*entry):
            return number
    loop = asyncio.get_running_loop()
    future: asyncio.Future[int] = loop.create_future()

    def told(number: int) -> None:
        if not future.done():
            future.set_result(number)

    watcher = _watcher()
    numbers = []
    try:
        for number, entry in enumerate(entries):
            tell = functools.partial(loop.call_soon_threadsafe, told, number)
            numbers.append(watcher.add(store(), entry, tell))
        timeout = None if timeout_ms is None else max(0.0, timeout_ms / 1000)
        try:
            found = await asyncio.wait_for(future, timeout)
        except asyncio.TimeoutError:
            return None
    finally:
        for number in numbers:
            watcher.remove(number)
    _check(store(), entries[found])
    return found


def _check(store: Store, entry: Entry) -> None:
    """Raises when an entry cannot be looked at. It may be gone again by now."""
    store.contains(*entry)


class _Watcher:
    """The thread that waits for all."""

    def __init__(self) -> None:
        self.generation = generation[0]
        self._watch = Watch(_TOLD)
        self._lock = threading.Lock()
        self._waiting: dict[int, Callable[[], object]] = {}
        self._last = 0
        self._runs = False

    def add(self, store: Store, entry: Entry, tell: Callable[[], object]) -> int:
        """Has ``tell`` called when an entry is there; a number to :meth:`remove` it by."""
        with self._lock:
            self._last += 1
            number = self._last
            self._waiting[number] = tell
            starts, self._runs = not self._runs, True
        try:
            if starts:
                thread = threading.Thread(
                    target=self._run, name="dishtayantra-lmdb-watcher", daemon=True
                )
                thread.start()
            self._watch.add(store, entry, number)
        except BaseException:
            self.remove(number)
            if starts and not thread.is_alive():
                self._runs = False
            raise
        return number

    def remove(self, number: int) -> None:
        """Nobody waits for it any more."""
        with self._lock:
            self._waiting.pop(number, None)
        self._watch.remove(number)

    def _run(self) -> None:
        while True:
            status, told = self._watch.wait(_IDLE_MS)
            with self._lock:
                tells = [self._waiting.pop(number, None) for number in told]
                if status == TIMEOUT and not self._waiting:
                    self._runs = False
                    return
            for tell in tells:
                # Its loop may be closed.
                with contextlib.suppress(RuntimeError):
                    if tell is not None:
                        tell()


_watchers: list[_Watcher] = []
_watchers_lock = ProcessLock()


def _watcher() -> _Watcher:
    """The one of this process: in a forked child there is no thread of the parent's."""
    with _watchers_lock.lock:
        if not _watchers or _watchers[-1].generation != generation[0]:
            # What the parent's held stays as it is.
            _watchers.append(_Watcher())
        return _watchers[-1]
