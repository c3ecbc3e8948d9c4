"""A store of the library as a Python object: bytes in, pins out. Formats and settings are the
transport's.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from typing import Any

from .._library import core
from .._library.abi import (
    DURABILITY_PROCESS,
    DURABILITY_SYNC,
    OPEN_FOLLOW_SYMLINKS,
    Options,
    fail,
    lib,
    log_warnings,
    take_bytes,
    take_json,
)
from .._library.handles import STORE, Handle
from .._library.keys import text_bytes
from .._library.pin import Pin
from .._library.types import LMDBConfig, Settings
from ..errors import StoreClosedError

_open_pin = Pin._open
_put = core.put
_put_many = core.put_many


def data_file(db_path: str) -> str:
    """The file in the directory of a store that everything is in."""
    return os.path.join(db_path, "data.mdb")


def identity(path: str) -> tuple[int, int] | None:
    """Device and inode of a file; None when it is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Store:
    """An open store. Every method may be called from any thread."""

    __slots__ = ("_handle",)

    _fail = staticmethod(fail)
    _bytes = staticmethod(text_bytes)

    def __init__(self, handle: int | None) -> None:
        self._handle = Handle._of(handle or 0, STORE)

    @classmethod
    def open(cls, config: LMDBConfig, flags: int = 0) -> Store:
        """Opens the store that ``config`` describes, creating it when it is not there unless
        ``flags`` say otherwise.
        """
        options = Options()
        lib.options_default(ctypes.byref(options))
        options.map_size = config.map_size
        options.prefault = config.prefault
        options.max_readers = config.max_readers
        options.max_dbs = config.max_dbs
        options.mode = config.mode
        options.durability = DURABILITY_SYNC if config.sync_mode else DURABILITY_PROCESS
        options.flags = flags | (OPEN_FOLLOW_SYMLINKS if config.follow_symlinks else 0)
        path = config.db_path.encode("utf-8", "surrogateescape")
        handle = ctypes.c_void_p()
        status = lib.store_open(path, len(path), ctypes.byref(options), ctypes.byref(handle))
        log_warnings()
        if status:
            fail(status)
        return cls(handle.value)

    @property
    def value(self) -> int:
        """The handle.

        Raises:
            StoreClosedError: the store is closed.
        """
        value = self._handle.value
        if value is None:
            raise StoreClosedError("the store is closed")
        return value

    def close(self) -> None:
        """Releases the store; views stay valid."""
        self._handle.close()

    def path(self) -> str:
        """The directory of the store."""
        block = ctypes.c_void_p()
        status = lib.store_path(self.value, ctypes.byref(block))
        if status:
            fail(status)
        return take_bytes(block).decode("utf-8", "surrogateescape")

    def id(self) -> str:
        """The id of this very store, with which ``_lmdb_entry`` begins in references to it."""
        block = ctypes.c_void_p()
        status = lib.store_id(self.value, ctypes.byref(block))
        if status:
            fail(status)
        return take_bytes(block).decode()

    def put(
        self,
        db: str | bytes,
        key: str | bytes,
        parts: Sequence[Any],
        settings: Settings,
    ) -> int:
        """Puts the payload that ``parts`` make together; returns the id of the entry."""
        return _put(Store, self._handle.value or self.value, db, key, parts, settings)

    def put_many(
        self, db: str | bytes, entries: Sequence[tuple[str | bytes, Sequence[Any], Settings]]
    ) -> None:
        """Puts all of ``entries`` (key, parts, settings) or none of them."""
        _put_many(Store, self._handle.value or self.value, db, entries)

    def view(self, db: str | bytes, key: str | bytes, flags: int = 0) -> Pin | None:
        """Pins the payload under ``key``; None when there is no live entry."""
        return _open_pin(self._handle.value or self.value, db, key, flags)

    def contains(self, db: bytes, key: bytes) -> bool:
        """Whether a live entry is under ``key``."""
        present = ctypes.c_bool()
        status = lib.store_contains(self.value, db, len(db), key, len(key), ctypes.byref(present))
        if status:
            fail(status)
        return present.value

    def delete(self, db: bytes, key: bytes) -> bool:
        """Deletes the entry under ``key``; says whether there was one."""
        deleted = ctypes.c_bool()
        status = lib.store_delete(self.value, db, len(db), key, len(key), ctypes.byref(deleted))
        if status:
            fail(status)
        return deleted.value

    def touch(self, db: bytes, key: bytes, ttl_ms: int) -> bool:
        """Gives the entry under ``key`` a new time to live; says whether there was one."""
        touched = ctypes.c_bool()
        status = lib.store_touch(
            self.value, db, len(db), key, len(key), ttl_ms, ctypes.byref(touched)
        )
        if status:
            fail(status)
        return touched.value

    def sweep(self) -> int:
        """Removes expired entries; returns how many."""
        removed = ctypes.c_uint64()
        status = lib.store_sweep(self.value, ctypes.byref(removed))
        if status:
            fail(status)
        return removed.value

    def wait(self, db: bytes, key: bytes, timeout_ms: int) -> int:
        """Waits until an entry is under ``key``; returns the status."""
        status: int = lib.store_wait(self.value, db, len(db), key, len(key), timeout_ms)
        return status

    def list(self, db: bytes, prefix: bytes) -> list[bytes]:
        """The keys of live entries that begin with ``prefix``, in order."""
        handle = ctypes.c_void_p()
        status = lib.store_list(self.value, db, len(db), prefix, len(prefix), ctypes.byref(handle))
        if status:
            fail(status)
        try:
            found = []
            key, size = ctypes.c_void_p(), ctypes.c_size_t()
            for index in range(lib.keys_count(handle)):
                status = lib.keys_at(handle, index, ctypes.byref(key), ctypes.byref(size))
                if status:
                    fail(status)
                found.append(ctypes.string_at(key.value or 0, size.value) if size.value else b"")
            return found
        finally:
            lib.keys_free(handle)

    def stats(self) -> dict[str, Any]:
        """Statistics, as the library gives them."""
        return self._report(lib.store_stats)

    def calls(self) -> dict[str, Any]:
        """Calls of calculators, as the library gives them."""
        return self._report(lib.store_calls)

    def audit(self) -> dict[str, Any]:
        """Checks the whole store; raises CorruptError when something is wrong."""
        return self._report(lib.store_audit)

    def _report(self, function: Any) -> dict[str, Any]:
        block = ctypes.c_void_p()
        status = function(self.value, ctypes.byref(block))
        if status:
            fail(status)
        report: dict[str, Any] = take_json(block)
        return report
