"""How large a payload is, as far as the routing needs to know it.

The walk ends as soon as the limit is reached, so it costs no more than the limit, whatever the
payload. Nothing is serialised or turned into text.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from .._library import core
from .._library.origin import is_about_a_value

_LITTLE = 9


def size_up_to(value: Any, limit: int) -> int:
    """The size of ``value`` in bytes as MessagePack would have it, roughly; at most ``limit``.

    Args:
        value: the payload, of any type.
        limit: where to stop counting.

    Returns:
        An estimate; ``limit`` when the payload has that much or more.
    """
    if limit > sys.maxsize:
        limit = sys.maxsize
    return core.size_up_to(value, limit, size_of_other) if limit > 0 else limit


def size_of_other(item: Any, room: int) -> int:
    """The size of what is none of Python's own types nor a plain array: `room` or more when there
    is no need to look at what it holds.
    """
    for kind in (set, frozenset):
        # By the methods of the base, never by those of somebody's class.
        if isinstance(item, kind):
            base: Any = kind
            if base.__len__(item) >= room:
                return room
            return core.size_up_to(list(base.__iter__(item)), room, size_of_other)
    return min(max(_opaque(item), 0), sys.maxsize)


def _opaque(item: Any) -> int:
    """The size of something that is not walked: what it says of itself, or a few bytes."""
    if isinstance(item, (str, bytes)):
        base: Any = str if isinstance(item, str) else bytes
        size: int = base.__len__(item)
        return size + 1
    try:
        told = getattr(item, "nbytes", None)
        return told if isinstance(told, int) else _measured(item)
    except Exception as error:
        # What somebody else's class cannot say of itself counts little.
        if not is_about_a_value(error):
            raise
        return _LITTLE


def _measured(item: Any) -> int:
    for name, measure in _MEASURES:
        if hasattr(type(item), name):
            return measure(item)
    return _LITTLE


# How data frames tell their size, which they do by column.
_MEASURES: tuple[tuple[str, Callable[[Any], int]], ...] = (
    ("memory_usage", lambda frame: int(frame.memory_usage().sum())),
    ("estimated_size", lambda frame: int(frame.estimated_size())),
    # It holds columns, and nobody knows how long: they are not counted one by one.
    ("__arrow_c_stream__", lambda _: sys.maxsize),
)
