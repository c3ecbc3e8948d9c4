"""Why a payload cannot be stored, and where in it the fault is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgpack

from .errors import FormatError

# Where the packer gives up.
_DEPTH = 1024

Complaint = Callable[[Any], "str | None"]


def explained(value: Any, error: Exception, complaint: Complaint) -> FormatError:
    """The error of a pack that failed, naming the path of what cannot be stored.

    Args:
        value: the payload.
        error: what the packer said.
        complaint: what is wrong with an item that holds no others.
    """
    for path, item, reason in _faults(value, complaint):
        where = ".".join(path) if path else "the top of the payload"
        return FormatError(f"cannot store {type_name(item)} at {where}: {reason}")
    return FormatError(f"cannot store the payload: {error}")


def _faults(value: Any, complaint: Complaint) -> Iterator[tuple[list[str], Any, str]]:
    """Walks the payload and tells what cannot be stored, and where."""
    # Entries: what to look at, or a container to leave (its id).
    pending: list[tuple[Any, list[str], bool]] = [(value, [], False)]
    above: set[int] = set()
    while pending:
        item, path, leave = pending.pop()
        if leave:
            above.discard(id(item))
            continue
        children: list[tuple[Any, str]] | None = None
        if isinstance(item, msgpack.ExtType):
            pass
        elif isinstance(item, Mapping):
            yield from ((path, key, f"as a key: {why}") for key, why in _bad_keys(item, complaint))
            children = [(child, str(key)) for key, child in item.items()]
        elif isinstance(item, (list, tuple, set, frozenset)):
            why = complaint(frozenset()) if isinstance(item, (set, frozenset)) else None
            if why is not None:
                yield path, item, why
            children = [(child, str(index)) for index, child in enumerate(item)]
        if children is None:
            why = complaint(item)
            if why is not None:
                yield path, item, why
            continue
        if id(item) in above:
            yield path, item, "it contains itself"
            continue
        if len(path) >= _DEPTH:
            yield [*path[:3], "..."], item, f"it is nested deeper than {_DEPTH} levels"
            return
        above.add(id(item))
        pending.append((item, path, True))
        pending.extend((child, [*path, name], False) for child, name in reversed(children))


def _bad_keys(mapping: Mapping[Any, Any], complaint: Complaint) -> Iterator[tuple[Any, str]]:
    for key in mapping:
        why = complaint(key)
        if why is not None:
            yield key, why


def type_name(value: Any) -> str:
    kind = type(value)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
