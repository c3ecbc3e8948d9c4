"""How large a payload is, as far as the routing needs to know it.

The walk ends as soon as the limit is reached, so it costs no more than the limit, whatever the
payload. Nothing is serialised or turned into text.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from .._library.origin import is_about_a_value

_SMALL_INT = range(-32, 128)
_LITTLE = 9


def size_up_to(value: Any, limit: int) -> int:
    """The size of ``value`` in bytes as MessagePack would have it, roughly; at most ``limit``.

    Args:
        value: the payload, of any type.
        limit: where to stop counting.

    Returns:
        An estimate; ``limit`` when the payload has that much or more.
    """
    total = 0
    pending = [value]
    while pending and total < limit:
        item = pending.pop()
        kind = type(item)
        if kind is str or kind is bytes or kind is bytearray:
            total += len(item) + 1
        elif kind is float:
            total += 9
        elif kind is int:
            total += 1 if item in _SMALL_INT else 9
        elif item is None or kind is bool:
            total += 1
        else:
            total += _size(item, limit - total, pending)
    return min(total, limit)


def _size(item: Any, room: int, pending: list[Any]) -> int:
    """The size of what is no scalar of Python's without what it holds, which is added to
    ``pending``; ``room`` or more when there is no need to look at that.
    """
    kind = type(item)
    # By the methods of the base, never by those of somebody's class.
    if issubclass(kind, dict):
        # Every key and value takes a byte at least: only as many as can matter are looked at.
        if 2 * dict.__len__(item) >= room:
            return room
        pending.extend(dict.keys(item))
        pending.extend(dict.values(item))
        return 1
    if issubclass(kind, _BASES):
        base = next(base for base in _BASES if issubclass(kind, base))
        if base.__len__(item) >= room:
            return room
        pending.extend(base.__iter__(item))
        return 1
    return _opaque(item)


_BASES: tuple[type[list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any]], ...] = (
    list,
    tuple,
    set,
    frozenset,
)


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
