"""Payloads for calculators in C++ and Rust called directly: what they would read in a store.

The bases of those calculators ask for tables of Python's objects here.
"""

from __future__ import annotations

from typing import Any

from . import msgpack


def packed(value: Any) -> bytes:
    """``value`` as one MessagePack value, lists and frames as the tables that they can be.

    Raises:
        FormatError: something in it cannot be stored; the message names the path.
    """
    return b"".join(msgpack.encode(value, pack_lists=True, tables=True))
