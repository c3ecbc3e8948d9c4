"""Ext values with the name of a Python type: sets, dates and numbers that MessagePack lacks."""

from __future__ import annotations

import datetime
import decimal
import sys
import uuid
from collections.abc import Callable
from typing import Any

from . import npy
from .faults import is_fault

NAMED = 80

Answer = tuple[Any, ...]


def prefix(name: str) -> bytes:
    """What comes before the value: the head of an array of two, and the name."""
    return bytes((0x92, 0xA0 | len(name))) + name.encode()


def reduced(value: Any, exact: bool) -> Answer | None:
    """What stands for ``value``; None when it is of none of these types.

    Args:
        value: anything.
        exact: it is to come back equal and with all that it says of time zones.

    Raises:
        TypeError: it would not.
    """
    known = _REDUCED.get(type(value))
    if known is not None:
        head, reduce = known
        if exact and type(value) in (datetime.datetime, datetime.time):
            return _exact_time(value, head)
        return NAMED, head, reduce(value), True
    if type(value) is int or (isinstance(value, int) and not exact):
        return NAMED, prefix("int"), int.__repr__(value), True
    return None


def _exact_time(value: Any, head: bytes) -> Answer:
    zone, text, key = value.tzinfo, value.isoformat(), None
    if zone is not None and type(zone) is not datetime.timezone:
        module = sys.modules.get("zoneinfo")
        key = getattr(zone, "key", None)
        if module is None or not key or module.ZoneInfo(key) is not zone:
            raise TypeError(f"its time zone {zone!r} would come back as an offset")
        text = value.replace(tzinfo=None).isoformat()
    elif repr(type(value).fromisoformat(text).tzinfo) != repr(zone):
        raise TypeError(f"the name of its time zone {zone!r} would be lost")
    if key is None and not value.fold:
        return NAMED, head, text, True
    name = "zoned" if type(value) is datetime.datetime else "zoned_time"
    return NAMED, prefix(name), [text, key, value.fold], True


def _restored_time(kind: Any, body: Any) -> Any:
    text, key, fold = body
    found = kind.fromisoformat(text).replace(fold=fold)
    if key is None:
        return found
    import zoneinfo

    return found.replace(tzinfo=zoneinfo.ZoneInfo(key))


def restored(name: str, body: Any) -> Any:
    """What was reduced to ``body``.

    Raises:
        ValueError: this version does not know it, or it is damaged.
        FormatError: NumPy is not there.
    """
    restore = _RESTORED.get(name)
    if restore is None:
        raise ValueError(f"an ext value of code {NAMED} that this version does not know")
    try:
        return restore(body)
    except Exception as error:
        if not is_fault(error):
            raise
        raise ValueError(f"a damaged {name}: {error}") from error


_REDUCED: dict[type, tuple[bytes, Callable[[Any], Any]]] = {
    kind: (prefix(name), reduce)
    for kind, name, reduce in (
        (datetime.datetime, "datetime", datetime.datetime.isoformat),
        (datetime.date, "date", datetime.date.isoformat),
        (datetime.time, "time", datetime.time.isoformat),
        (
            datetime.timedelta,
            "timedelta",
            lambda value: [value.days, value.seconds, value.microseconds],
        ),
        (decimal.Decimal, "decimal", str),
        (uuid.UUID, "uuid", lambda value: value.bytes),
        (complex, "complex", lambda value: [value.real, value.imag]),
        (set, "set", list),
        (frozenset, "frozenset", list),
    )
}

_RESTORED: dict[str, Callable[[Any], Any]] = {
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "zoned": lambda body: _restored_time(datetime.datetime, body),
    "zoned_time": lambda body: _restored_time(datetime.time, body),
    "timedelta": lambda body: datetime.timedelta(body[0], body[1], body[2]),
    "decimal": decimal.Decimal,
    "uuid": lambda body: uuid.UUID(bytes=body),
    "complex": lambda body: complex(body[0], body[1]),
    "set": set,
    "frozenset": frozenset,
    "int": int,
    "numpy": lambda body: npy.decode(body, False)[()],
}
