"""A batch by the C ABI alone, called without a wrapper."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

from dishtayantra_lmdb import LMDBTransport
from dishtayantra_lmdb._library.abi import Buffer, lib, library


class Entry(ctypes.Structure):
    """``dy_lmdb_entry_t``."""

    _fields_ = [
        ("key", ctypes.c_char_p),
        ("key_len", ctypes.c_size_t),
        ("parts", ctypes.POINTER(Buffer)),
        ("nparts", ctypes.c_size_t),
        ("options", ctypes.c_void_p),
    ]


def prepared(transport: LMDBTransport, items: Sequence[tuple[str, bytes]]) -> Callable[[], None]:
    """One call of the C ABI for all of them, with everything it takes made before."""
    buffers = (Buffer * len(items))(*[Buffer(data, len(data)) for _, data in items])
    keys = [key.encode() for key, _ in items]
    entries = (Entry * len(items))(
        *[Entry(key, len(key), ctypes.pointer(buffer), 1, None) for key, buffer in zip(keys, buffers, strict=True)]
    )
    put_many = library.dy_lmdb_store_put_many
    put_many.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t]
    store = transport._value

    def put() -> None:
        if put_many(store, None, 0, entries, len(entries)) != 0:
            raise RuntimeError(lib.last_error_message())

    return put
