"""The C interface, declared once: structures, constants and functions with their argument types.

A function that may wait, take the write lock or copy a large payload is called through ``CDLL``,
which lets go of the GIL; the rest takes less than a microsecond and goes through ``PyDLL``, where
letting go would cost more than the call.
"""

from __future__ import annotations

import ctypes
import json
import logging
from ctypes import (
    Structure,
    c_char_p,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
    py_object,
)
from typing import Any, NoReturn

from ..errors import LMDBError, error_for
from . import load

logger = logging.getLogger("core.lmdb")

OPEN_FOLLOW_SYMLINKS = 1
OPEN_NO_SWEEPER = 2
OPEN_EXISTING = 4
DURABILITY_PROCESS = 0
DURABILITY_SYNC = 1

PUT_NO_OVERWRITE = 1
PUT_CHECKSUM = 2
PUT_TRACKED = 4

INFO_INLINE = 1
INFO_CHECKSUM = 2
INFO_TRACKED = 4
INFO_SHARED = 16
INFO_COPIED = 32

VIEW_QUIET = 1

TEXT_TXN_ID = 1
TEXT_SOURCE = 2
TEXT_TARGET = 3
TEXT_KEY = 4

EXCHANGE_INPUT = 1
EXCHANGE_OUTPUT = 2

ANSWER_UNKNOWN = 0
ANSWER_NONE = 1
ANSWER_VALUE = 2
ANSWER_OUTPUT_WRITTEN = 3
ANSWER_UNKNOWN_NO_WAIT = 4
ANSWER_RAISED = 5
ANSWER_BROKEN_OFF = 6

DECISION_TAKE_ANSWER = 1
DECISION_TAKE_OUTPUT = 2
DECISION_REPEAT = 3
DECISION_PROVE = 4
DECISION_PASS_DIRECTLY = 5

CLEANUP_INPUT = 1
CLEANUP_OUTPUT = 2

NOT_FOUND = 10
TIMEOUT = 11


class Buffer(Structure):
    """``dy_lmdb_buffer_t``; ``data`` takes bytes or an address."""

    _fields_ = [("data", c_char_p), ("size", c_size_t)]


class Options(Structure):
    """``dy_lmdb_options_t``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("map_size", c_uint64),
        ("prefault", c_uint64),
        ("max_readers", c_uint32),
        ("max_dbs", c_uint32),
        ("mode", c_uint32),
        ("durability", c_uint32),
        ("flags", c_uint32),
        ("reserved", c_uint32),
    ]


class Info(Structure):
    """``dy_lmdb_info_t``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("entry_id", c_uint64),
        ("size", c_uint64),
        ("created_ns", c_uint64),
        ("ttl_ms", c_uint64),
        ("checksum", c_uint64),
        ("file_offset", c_uint64),
        ("data", c_void_p),
        ("format", c_uint32),
        ("flags", c_uint32),
    ]


# Addresses go as ints. So do sizes and flags: on the platforms of this library they travel in the
# same registers, and ctypes converts an int for c_void_p in half the time that c_size_t takes.
_HANDLE = _OUT = _SIZE = c_void_p
_TEXT = (c_char_p, _SIZE)
_ENTRY = (_HANDLE, *_TEXT, *_TEXT)  # store, database, key

# name: argument types. A status is returned unless _RESULTS says otherwise.
_QUICK: dict[str, tuple[Any, ...]] = {
    "abi_version": (),
    "version": (),
    "lmdb_version": (),
    "status_name": (c_int32,),
    "status_help": (c_int32,),
    "last_error_message": (),
    "python_door": (c_uint32,),
    "warnings_take": (_OUT,),
    "bytes_data": (_HANDLE,),
    "bytes_size": (_HANDLE,),
    "bytes_free": (_HANDLE,),
    "options_default": (_OUT,),
    "store_path": (_HANDLE, _OUT),
    "store_id": (_HANDLE, _OUT),
    "store_contains": (*_ENTRY, _OUT),
    "keys_count": (_HANDLE,),
    "keys_at": (_HANDLE, _SIZE, _OUT, _OUT),
    "keys_free": (_HANDLE,),
    "view_info": (_HANDLE, _OUT),
    "view_text": (_HANDLE, c_uint32, _OUT, _OUT),
    "config_parse": (*_TEXT, _OUT),
    "reference_new": (_OUT,),
    "reference_parse": (*_TEXT, _OUT),
    "reference_set": (_HANDLE, *_TEXT, *_TEXT),
    "reference_json": (_HANDLE, _OUT),
    "references_of": (c_void_p, c_void_p, _SIZE, c_void_p, _OUT, _OUT),
    "reference_free": (_HANDLE,),
    "exchange_key": (_HANDLE, c_uint32, *_TEXT, _OUT),
    "exchange_calls": (_HANDLE, _OUT),
    "exchange_refused": (_HANDLE, *_TEXT),
    "exchange_called": (_HANDLE, _HANDLE, c_uint64, c_uint64),
    "exchange_passed_directly": (_HANDLE, c_uint64),
    "store_calls": (_HANDLE, _OUT),
    "watch_new": (_OUT,),
    "watch_add": (_HANDLE, *_ENTRY, c_uint64),
    "watch_remove": (_HANDLE, c_uint64),
    "exchange_reference": (_HANDLE, *_TEXT, _OUT),
}
_SLOW: dict[str, tuple[Any, ...]] = {
    "store_open": (*_TEXT, _OUT, _OUT),
    "store_close": (_HANDLE,),
    "store_delete": (*_ENTRY, _OUT),
    "store_touch": (*_ENTRY, c_uint64, _OUT),
    "store_sweep": (_HANDLE, _OUT),
    "store_wait": (*_ENTRY, c_int64),
    "store_stats": (_HANDLE, _OUT),
    "store_audit": (_HANDLE, _OUT),
    "store_list": (_HANDLE, *_TEXT, *_TEXT, _OUT),
    "watch_wait": (_HANDLE, c_int64, c_void_p, _SIZE, _OUT),
    "watch_free": (_HANDLE,),
    "view_verify": (_HANDLE,),
    "reference_settle_direct": (_HANDLE,),
    "reference_decline": (_HANDLE,),
    "reference_store": (_HANDLE, _OUT),
    "exchange_open": (*_TEXT, *_TEXT, _OUT),
    "exchange_store": (_HANDLE, _OUT),
    "exchange_output_reference": (_HANDLE, _HANDLE, _OUT),
    "exchange_repeated": (_HANDLE, _HANDLE),
    "exchange_cleanup": (_HANDLE, _HANDLE, c_uint32),
    "exchange_close": (_HANDLE,),
}
_RESULTS: dict[str, Any] = {
    "abi_version": c_uint32,
    "version": c_char_p,
    "lmdb_version": c_char_p,
    "status_name": c_char_p,
    "status_help": c_char_p,
    "last_error_message": c_char_p,
    "python_door": py_object,
    "bytes_data": c_void_p,
    "bytes_size": c_size_t,
    "bytes_free": None,
    "options_default": None,
    "keys_count": c_size_t,
    "keys_free": None,
    "reference_free": None,
    "watch_free": None,
}


class _Functions:
    """The functions by their names without the prefix ``dy_lmdb_``."""

    def __init__(self, library: ctypes.CDLL) -> None:
        quick = ctypes.PyDLL(library._name, handle=library._handle)
        for source, table in ((quick, _QUICK), (library, _SLOW)):
            for name, arguments in table.items():
                try:
                    function = source["dy_lmdb_" + name]
                except AttributeError as error:
                    raise ImportError(
                        f"{library._name} lacks dy_lmdb_{name}: it is of another version"
                    ) from error
                function.argtypes = arguments
                function.restype = _RESULTS.get(name, c_int32)
                setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the library has no function dy_lmdb_{name}")


library = load.load()
lib = _Functions(library)


def fail(status: int) -> NoReturn:
    """Raises the exception for ``status``, with this thread's message from the library."""
    raise failure(status)


def last_message() -> str:
    """This thread's last message from the library."""
    return (lib.last_error_message() or b"").decode("utf-8", "replace")


def failure(status: int) -> LMDBError:
    """The exception for ``status``, with this thread's message from the library."""
    message = last_message()
    name = (lib.status_name(status) or b"").decode("ascii", "replace")
    return error_for(status, message or name)


def take_bytes(block: c_void_p) -> bytes:
    """The content of a ``dy_lmdb_bytes_t``, which is freed."""
    try:
        size = lib.bytes_size(block)
        return ctypes.string_at(lib.bytes_data(block), size) if size else b""
    finally:
        lib.bytes_free(block)


def take_json(block: c_void_p) -> Any:
    """The value of a JSON text in a ``dy_lmdb_bytes_t``, which is freed."""
    return json.loads(take_bytes(block))


def log_warnings() -> None:
    """Logs the warnings that calls on this thread left with the library."""
    block = c_void_p()
    if lib.warnings_take(ctypes.byref(block)) == 0 and block:
        for text in take_json(block):
            logger.warning("%s", text)


def version() -> str:
    """The version of the loaded library."""
    return str(lib.version().decode("ascii"))


def lmdb_version() -> str:
    """The version of the LMDB inside the loaded library."""
    return str(lib.lmdb_version().decode("utf-8"))
