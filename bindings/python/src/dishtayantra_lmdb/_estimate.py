"""How large a payload is, as far as the routing needs to know it.

The walk ends as soon as the limit is reached, so it costs no more than the limit, whatever the
payload. Nothing is serialised or turned into text.
"""

from __future__ import annotations

from typing import Any

_SMALL_INT = range(-32, 128)


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
        elif isinstance(item, dict):
            # Every key and value takes a byte at least: only as many as can matter are looked at.
            room = limit - total
            if 2 * len(item) >= room:
                return limit
            total += 1
            pending.extend(item)
            pending.extend(item.values())
        elif isinstance(item, (list, tuple, set, frozenset)):
            if len(item) >= limit - total:
                return limit
            total += 1
            pending.extend(item)
        else:
            total += _opaque(item)
    return min(total, limit)


def _opaque(item: Any) -> int:
    """The size of something that is not walked: what it says of itself, or a few bytes."""
    size = getattr(item, "nbytes", None)
    if isinstance(size, int):
        return size
    if isinstance(item, (str, bytes)):
        return len(item) + 1
    if hasattr(type(item), "memory_usage"):
        try:
            return int(item.memory_usage().sum())
        except (AttributeError, TypeError, ValueError):
            return 9
    return 9
