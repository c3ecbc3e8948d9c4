"""Which columns of a dict an Arrow table holds so that nothing about them changes.

Arrow finds a type for almost any list: dates beside times lose the times, bytes become text, a key
that one dict lacks is there afterwards. So the types of the items decide.
"""

from __future__ import annotations

import datetime
import itertools
from typing import Any

from .._library import optional

_DEPTH = 64
# Items that alone, or beside None, come back as they are.
_KEPT = frozenset((bool, float, str, bytes, datetime.date, datetime.timedelta))
_INT64 = range(-(1 << 63), 1 << 63)


def is_column(column: object) -> bool:
    """Whether an Arrow table keeps ``column``: a list, an Arrow array, or a NumPy array whose items
    Arrow has.
    """
    if type(column) is list:
        return is_exact_column(column)
    pa = optional.loaded("pyarrow")
    if pa is not None and isinstance(column, (pa.Array, pa.ChunkedArray)):
        return True
    numpy = optional.loaded("numpy")
    if numpy is None or type(column) not in (numpy.ndarray, numpy.memmap):
        return False
    array: Any = column
    dtype = array.dtype
    if array.ndim != 1 or dtype.metadata is not None:
        return False
    if dtype.kind in "Mm":
        # Arrow has no multiples of units, and null where NumPy has "not a time".
        unit, count = numpy.datetime_data(dtype)
        return unit in ("s", "ms", "us", "ns") and count == 1 and not numpy.isnat(array).any()
    return dtype.kind in "biuf" and dtype.isbuiltin == 1


def is_exact_column(column: object) -> bool:
    """Whether the list ``column`` is one again when it was a column of an Arrow table."""
    return type(column) is list and _is_kept(column, frozenset((id(column),)))


def _is_kept(items: list[Any], above: frozenset[int]) -> bool:
    """Whether ``items`` come back; ``above``: the lists and dicts that they are in, by level."""
    kinds = set(map(type, items))
    if type(None) in kinds:
        kinds.remove(type(None))
        items = [item for item in items if item is not None]
    if len(kinds) != 1:
        return not kinds
    kind = kinds.pop()
    if kind in _KEPT:
        return True
    if kind is int:
        return min(items) in _INT64 and max(items) in _INT64
    if kind is datetime.datetime or kind is datetime.time:
        return all(item.tzinfo is None and not item.fold for item in items)
    if kind is not list and kind is not dict:
        return False
    # What contains itself, or lies on two levels, pyarrow would follow for ever.
    here = frozenset(map(id, items))
    if len(above) > 1 << 20 or not above.isdisjoint(here):
        return False
    inside = above | here
    if kind is list:
        return _is_kept(list(itertools.chain.from_iterable(items)), inside)
    names = list(items[0])
    if not names or not all(type(name) is str for name in names):
        return False
    if any(list(item) != names for item in items):
        return False
    return all(_is_kept([item[name] for item in items], inside) for name in names)
