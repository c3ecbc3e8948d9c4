"""Long lists of numbers as segments, as Python says: what the library packs is held to it.

A list is packed when all its items are floats, or all are ints of one machine type, or it is a
rectangle of such lists, and only when that takes no more bytes than MessagePack does. It is a list
again when it is read.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from typing import Any

import msgpack

from dishtayantra_lmdb._payload.exact import TUPLE
from dishtayantra_lmdb._payload.segments import LIST, Segment

# A shorter list is never smaller as a segment.
_LONG = 64
# What a segment takes beside shape and items, at most.
_OVERHEAD = 14 + 63
_MAX_NDIM = 32
_WIDE = 8
# The narrowest type comes first.
_UNSIGNED = (("B", 8), ("H", 16), ("I", 32), ("Q", 64))
_SIGNED = (("b", 7), ("h", 15), ("i", 31), ("q", 63))


@dataclass(slots=True)
class Tuple:
    """A tuple that was packed, and is to be one again."""

    items: Segment
    prefix: bytes = bytes((TUPLE,))


def packed(value: Any, exact: bool = False) -> Any:
    """``value`` with segments instead of the lists that can be packed, and of tuples: as such when
    ``exact``.

    What changes is made anew, nothing is changed in place. A payload with more lists and dicts
    inside one another than anybody has who means well is left as it is: the packer refuses one
    with a cycle in it.
    """
    try:
        return _packed(value, 0, exact)
    except _TooDeepError:
        return value


class _TooDeepError(Exception):
    """Left at once: what contains itself twice would be walked for ever."""


_DEEP = 64


def _packed(value: Any, depth: int, exact: bool) -> Any:
    if depth > _DEEP:
        raise _TooDeepError
    kind = type(value)
    if kind is dict:
        changed = None
        for key, item in value.items():
            if type(item) in _CONTAINERS:
                new = _packed(item, depth + 1, exact)
                if new is not item:
                    changed = dict(value) if changed is None else changed
                    changed[key] = new
        return value if changed is None else changed
    if kind is list or kind is tuple:
        keeps = exact and kind is tuple
        segment = _segment(value, exact)
        if segment is not None:
            return Tuple(segment) if keeps else segment
        if not _CONTAINERS.isdisjoint(map(type, value)):
            items = [_packed(item, depth + 1, exact) if type(item) in _CONTAINERS else item for item in value]
            if any(map(_differ, items, value)):
                return tuple(items) if keeps else items
    return value


_CONTAINERS = frozenset((dict, list, tuple))


def _differ(first: Any, second: Any) -> bool:
    return first is not second


def _segment(value: Any, exact: bool) -> Segment | None:
    shaped = _flat(value, _ROWS[exact])
    if shaped is None:
        return None
    shape, flat = shaped
    if len(flat) < _LONG:
        return None
    kind = type(flat[0])
    # By far the fastest way to see that all are of one type.
    if kind not in (float, int) or list(map(type, flat)).count(kind) != len(flat):
        return None
    if kind is float:
        code = "d"
    else:
        narrow = _narrowest(min(flat), max(flat))
        if narrow is None:
            return None
        code = narrow
    # Faster than an array.array, which goes through the sequence protocol.
    items = struct.pack(f"{len(flat)}{code}", *flat)
    nbytes = len(items)
    size = _OVERHEAD + 8 * len(shape) + nbytes
    flat_floats = code == "d" and len(shape) == 1
    smaller = size <= (3 + 9 * len(flat) if flat_floats else len(msgpack.packb(value)))
    return Segment(code, 0, LIST, shape, items, nbytes) if smaller else None


# What may be a row of a rectangle: whether types are exact.
_ROWS = {False: frozenset((list, tuple)), True: frozenset((list,))}


def _flat(value: Any, kinds: frozenset[type]) -> tuple[tuple[int, ...], Any] | None:
    """The shape of a rectangle of lists and its items in order; None when it is none."""
    shape: tuple[int, ...] = (len(value),)
    above = {id(value)}
    while value and type(value[0]) in kinds:
        if len(shape) == _MAX_NDIM or not kinds.issuperset(map(type, value)):
            return None
        lengths = set(map(len, value))
        if len(lengths) != 1:
            return None
        length = lengths.pop()
        # A list that contains itself is a rectangle without end. Where it takes long to look for
        # one, among many narrow rows, there is time until the next level.
        if length >= _WIDE or len(shape) > 1:
            rows = set(map(id, value))
            if not above.isdisjoint(rows):
                return None
            above |= rows
        shape = (*shape, length)
        value = list(itertools.chain.from_iterable(value))
    return (shape, value) if value else None


def _narrowest(least: int, most: int) -> str | None:
    if least >= 0:
        return next((code for code, bits in _UNSIGNED if most >> bits == 0), None)
    return next((code for code, bits in _SIGNED if -(1 << bits) <= least and most >> bits <= 0), None)
