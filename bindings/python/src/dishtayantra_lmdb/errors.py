"""What can go wrong, as one tree of exceptions.

Every exception of this package is an :class:`LMDBError` and carries ``status``, the number of the C
interface (``DY_LMDB_*``), and ``status_name``. Where Python has a built-in exception that means the
same, the kind derives from it as well, so ``except TimeoutError`` or ``except ValueError`` catch
what their names say.
"""

from __future__ import annotations

import errno

__all__ = [
    "AlreadyOpenError",
    "BadKeyError",
    "BufferTooSmallError",
    "ConfigError",
    "CorruptError",
    "DatabasesFullError",
    "DiskFullError",
    "EntryNotFoundError",
    "ForeignStoreError",
    "ForkedError",
    "FormatError",
    "InternalError",
    "InvalidArgumentError",
    "KeyExistsError",
    "LMDBError",
    "LMDBReferenceIgnored",
    "LMDBTimeoutError",
    "LimitError",
    "LoanLostError",
    "MapFullError",
    "PanicError",
    "ReadersFullError",
    "StoreClosedError",
    "StoreIOError",
    "StorePermissionError",
    "TooLargeError",
    "UnsupportedStoreError",
    "error_for",
]


class LMDBError(Exception):
    """The base of every error of this package.

    Attributes:
        status: the status number of the C interface.
        status_name: its name there, ``DY_LMDB_*``.
        help: where the documentation explains it: ``troubleshooting.md#map_full``, say, with the
            directory of the file where it is at hand. Tracebacks end with it.
    """

    status: int = 60
    status_name: str = "DY_LMDB_INTERNAL"

    def __init__(self, message: str = "") -> None:
        super().__init__(message)

    @property
    def help(self) -> str:
        from ._library.help import help_of

        return help_of(self.status)

    # Made when somebody looks: most errors are caught.
    @property
    def __notes__(self) -> list[str]:
        notes: list[str] = self.__dict__.setdefault("_notes", [f"help: {self.help}"])
        return notes

    @__notes__.setter
    def __notes__(self, notes: list[str]) -> None:
        self.__dict__["_notes"] = notes


class _SystemError(LMDBError, OSError):
    """An error that is an ``OSError`` too; ``errno`` is set, the message stays as it is."""

    _errno: int = errno.EIO

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.errno: int = self._errno

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class EntryNotFoundError(LMDBError, KeyError):
    """No live entry is under the key: it was never put, was deleted, or has expired."""

    status: int = 10
    status_name: str = "DY_LMDB_NOT_FOUND"

    def __str__(self) -> str:
        # A KeyError shows its argument as one would write it.
        return str(self.args[0]) if self.args else ""


class LMDBTimeoutError(_SystemError, TimeoutError):
    """What was waited for did not come in time."""

    status: int = 11
    status_name: str = "DY_LMDB_TIMEOUT"
    _errno = errno.ETIMEDOUT


class BufferTooSmallError(LMDBError):
    """A buffer is smaller than the payload."""

    status: int = 12
    status_name: str = "DY_LMDB_BUFFER_TOO_SMALL"


class KeyExistsError(LMDBError):
    """A live entry is under the key and overwriting was not allowed."""

    status: int = 13
    status_name: str = "DY_LMDB_KEY_EXISTS"


class LoanLostError(LMDBError):
    """The loan is no longer ours: it was published already, or its owner was taken for dead."""

    status: int = 14
    status_name: str = "DY_LMDB_LOAN_LOST"


class LMDBReferenceIgnored(LMDBError):
    """A calculator answered without ever opening the input that its reference names."""

    status: int = 15
    status_name: str = "DY_LMDB_REFERENCE_IGNORED"


class InvalidArgumentError(LMDBError, ValueError):
    """An argument that no call can accept."""

    status: int = 20
    status_name: str = "DY_LMDB_INVALID_ARGUMENT"


class ConfigError(LMDBError, ValueError):
    """A setting whose value is not allowed; the message names both and what is allowed."""

    status: int = 21
    status_name: str = "DY_LMDB_CONFIG"


class BadKeyError(LMDBError, ValueError):
    """A key or database name that is empty, too long or reserved."""

    status: int = 22
    status_name: str = "DY_LMDB_BAD_KEY"


class TooLargeError(LMDBError, ValueError):
    """A payload over 4,294,836,160 bytes."""

    status: int = 23
    status_name: str = "DY_LMDB_TOO_LARGE"


class FormatError(LMDBError, ValueError):
    """A format that does not exist, or a payload that cannot be stored; the message names the path
    in the payload.
    """

    status: int = 24
    status_name: str = "DY_LMDB_BAD_FORMAT"


class MapFullError(LMDBError):
    """The store may not grow further and nothing can be reclaimed."""

    status: int = 30
    status_name: str = "DY_LMDB_MAP_FULL"


class DiskFullError(_SystemError):
    """The file system has no space left."""

    status: int = 31
    status_name: str = "DY_LMDB_DISK_FULL"
    _errno = errno.ENOSPC


class ReadersFullError(LMDBError):
    """Every reader slot is taken by a live reader."""

    status: int = 32
    status_name: str = "DY_LMDB_READERS_FULL"


class DatabasesFullError(LMDBError):
    """The store has as many named databases as it may have."""

    status: int = 33
    status_name: str = "DY_LMDB_DBS_FULL"


class LimitError(_SystemError):
    """A resource limit of the process is too small for the map."""

    status: int = 34
    status_name: str = "DY_LMDB_LIMIT"
    _errno = errno.ENOMEM


class StorePermissionError(_SystemError, PermissionError):
    """The directory of the store, or a file in it, does not permit this."""

    status: int = 40
    status_name: str = "DY_LMDB_PERMISSION"
    _errno = errno.EACCES


class StoreIOError(_SystemError):
    """The operating system reported an error."""

    status: int = 41
    status_name: str = "DY_LMDB_IO"


class CorruptError(LMDBError):
    """Bytes in the store, in a payload or in a reference that cannot be right."""

    status: int = 42
    status_name: str = "DY_LMDB_CORRUPT"


class ForeignStoreError(LMDBError):
    """The directory holds a store that is not ours to use."""

    status: int = 43
    status_name: str = "DY_LMDB_FOREIGN_STORE"


class AlreadyOpenError(LMDBError):
    """The store is open in this process through another copy of LMDB."""

    status: int = 44
    status_name: str = "DY_LMDB_ALREADY_OPEN"


class UnsupportedStoreError(LMDBError):
    """The file system cannot hold a store."""

    status: int = 45
    status_name: str = "DY_LMDB_UNSUPPORTED"


class StoreClosedError(LMDBError, RuntimeError):
    """Something closed, or not open yet, was used."""

    status: int = 50
    status_name: str = "DY_LMDB_CLOSED"


class ForkedError(StoreClosedError):
    """Something opened before a fork was used in the child."""

    status: int = 51
    status_name: str = "DY_LMDB_FORKED"


class InternalError(LMDBError):
    """The engine met a state that it never should."""


class PanicError(InternalError):
    """A panic was caught at the library's boundary."""

    status: int = 61
    status_name: str = "DY_LMDB_PANIC"


_BY_STATUS: dict[int, type[LMDBError]] = {
    kind.status: kind
    for kind in (
        EntryNotFoundError,
        LMDBTimeoutError,
        BufferTooSmallError,
        KeyExistsError,
        LoanLostError,
        LMDBReferenceIgnored,
        InvalidArgumentError,
        ConfigError,
        BadKeyError,
        TooLargeError,
        FormatError,
        MapFullError,
        DiskFullError,
        ReadersFullError,
        DatabasesFullError,
        LimitError,
        StorePermissionError,
        StoreIOError,
        CorruptError,
        ForeignStoreError,
        AlreadyOpenError,
        UnsupportedStoreError,
        StoreClosedError,
        ForkedError,
        InternalError,
        PanicError,
    )
}


def error_for(status: int, message: str) -> LMDBError:
    """The exception for ``status``; one that is not known becomes a plain :class:`LMDBError`."""
    kind = _BY_STATUS.get(status)
    if kind is not None:
        return kind(message)
    error = LMDBError(message)
    error.status = status
    error.status_name = "DY_LMDB_UNKNOWN"
    return error
