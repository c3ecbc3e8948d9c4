"""Payloads in place of the references that stand for them, wherever these lie in a value.

Engines merge what their nodes answer: several references may lie in one mapping, plain fields
beside them, and mappings with references under names or in lists. Each reference carries a marker
of its own, which no merge loses; the engine gathers them.
"""

from __future__ import annotations

import copy
import ctypes
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from .._library import core
from .._library.abi import Buffer, fail, lib
from .._library.origin import is_of_its_class
from .._library.pin import Pin
from ..errors import CorruptError, InvalidArgumentError
from .reference import DB_PATH, MARKER, REF, TXN_ID, Reference, is_reference, note_warnings

# Payloads, dicts and lists inside one another on the way to a reference.
_DEEPEST = 200

Decode = Callable[[Pin], Any]


def stands_for_payloads(value: object) -> bool:
    """Whether ``value`` is a mapping with references in it, whatever else it holds."""
    if is_reference(value):
        return True
    names: Any = dict.keys(value) if isinstance(value, dict) else _parts(value)
    for key in names or ():  # noqa: SIM110 - a generator would cost more than the loop
        if type(key) is str and key.startswith(MARKER):
            return True
    return False


def is_single(reference: Any) -> bool:
    """Whether what holds references is one reference and nothing else."""
    if not is_reference(reference):
        return False
    markers = 0
    for key in reference:
        if not _is_protocol(key):
            return False
        markers += key.startswith(MARKER)
    return markers <= 1


def holds_references(value: Any) -> bool:
    """Whether there are references in ``value``: at the top, or in its mappings, lists and tuples,
    of derived types too, however long. Nothing else is looked through.
    """
    return core.holds_references(value, _parts, _no_mappings)


# Types that are no mappings, as far as they were met; those of a program that makes ever new ones
# are not all kept.
_no_mappings: dict[type, None] = {}
_MOST_KNOWN = 64


def _parts(item: Any) -> dict[Any, Any] | None:
    """What a mapping that is no dict holds; None for anything else."""
    kind = type(item)
    if not issubclass(kind, Mapping):
        if len(_no_mappings) < _MOST_KNOWN:
            _no_mappings[kind] = None
        return None
    try:
        return dict(item)
    except Exception as error:
        # Somebody else's class: what cannot be asked holds nothing.
        if not is_of_its_class(error):
            raise
        return None


# What the library asks when it looks for references.
LOOKING = (_parts, _no_mappings)


def resolve(value: Any, decode: Decode) -> Any:
    """``value`` with the payloads in place of the references in it. What holds none is itself in
    the result, and not copied.

    Args:
        value: a payload, a reference, or what engines make of several.
        decode: makes the value of a payload.

    Raises:
        EntryNotFoundError: the payload of a reference is missing, expired or was replaced.
        CorruptError: the names of the protocol contradict each other, or a payload is damaged.
        InvalidArgumentError: a name is in two of the mappings that lie side by side, or there is
            something beside a payload that is no mapping.
    """
    return _resolved(value, decode, 0)


def _resolved(value: Any, decode: Decode, depth: int) -> Any:
    if not holds_references(value):
        return value
    if depth > _DEEPEST:
        raise CorruptError(f"references that lie deeper than {_DEEPEST} levels")
    if isinstance(value, (list, tuple)):
        return _sequence(value, [_resolved(item, decode, depth + 1) for item in value])
    if not stands_for_payloads(value):
        # By the methods of the base, never by those of somebody's class.
        items = dict.items(value) if isinstance(value, dict) else value.items()
        return _mapping(value, {key: _resolved(item, decode, depth + 1) for key, item in items})
    return _joined(value, decode, depth)


def _sequence(value: Any, items: list[Any]) -> Any:
    """A list or tuple of the class of ``value``, with other items."""
    kind = type(value)
    if kind is list:
        return items
    if kind is tuple:
        return tuple(items)
    if issubclass(kind, list):
        made = copy.copy(value)
        list.__setitem__(made, slice(None), items)
        return made
    # Not by its own constructor, which may take other arguments; a namedtuple's does.
    made = tuple.__new__(kind, items)
    if hasattr(value, "__dict__"):
        made.__dict__.update(value.__dict__)
    return made


def _mapping(value: Any, items: dict[Any, Any]) -> Any:
    """A mapping with other values under its keys: a dict of the class of ``value``, else a dict."""
    kind = type(value)
    if kind is dict:
        return items
    if issubclass(kind, dict):
        made = copy.copy(value)
        dict.update(made, items)
        return made
    return MappingProxyType(items) if kind is MappingProxyType else items


def _joined(mapping: Mapping[Any, Any], decode: Decode, depth: int) -> Any:
    plain = {key: item for key, item in mapping.items() if not _is_protocol(key)}
    payloads = []
    for reference in references_of(mapping):
        pin = reference.view_input()
        note_warnings(mapping.get(DB_PATH))
        pin.verify()
        payloads.append((pin.key, _resolved(decode(pin), decode, depth + 1)))
    if len(payloads) == 1 and not plain:
        return payloads[0][1]
    joined = {key: _resolved(item, decode, depth + 1) for key, item in plain.items()}
    origin = dict.fromkeys(joined, "the fields beside the references")
    for key, payload in payloads:
        name = f"the payload under {key!r}"
        if not isinstance(payload, Mapping):
            raise InvalidArgumentError(
                f"{name} is of type {type(payload).__qualname__}, and cannot be joined with what "
                f"lies beside its reference: the names {sorted(map(str, plain))} and "
                f"{len(payloads) - 1} other references"
            )
        for field, item in payload.items():
            if field in origin:
                raise InvalidArgumentError(
                    f"the name {field!r} is in {origin[field]} and in {name}: they were merged, "
                    "and nothing tells which came last"
                )
            origin[field] = name
            joined[field] = item
    return joined


def _is_protocol(key: object) -> bool:
    return isinstance(key, str) and (key.startswith("_lmdb_") or key == TXN_ID)


def references_of(mapping: Mapping[Any, Any]) -> Iterator[Reference]:
    """The references that were merged in one mapping.

    Raises:
        CorruptError: a field cannot be right, or no marker names what the others stand for.
    """
    fields = list(_fields_of(mapping))
    count = len(fields)
    names, texts = (Buffer * count)(), (Buffer * count)()
    for at, (name, text) in enumerate(fields):
        names[at].data, names[at].size = name, len(name)
        texts[at].data, texts[at].size = text, len(text)
    inputs, found, output = (ctypes.c_void_p * count)(), ctypes.c_size_t(), ctypes.c_void_p()
    status = lib.references_of(
        ctypes.addressof(names),
        ctypes.addressof(texts),
        count,
        ctypes.addressof(inputs),
        ctypes.byref(found),
        ctypes.byref(output),
    )
    if status:
        fail(status)
    lib.reference_free(output.value)
    return iter([Reference(inputs[at]) for at in range(found.value)])


def _fields_of(mapping: Mapping[Any, Any]) -> Iterator[tuple[bytes, bytes]]:
    for name, value in mapping.items():
        if not _is_protocol(name) or value is None:
            continue
        if name == REF:
            if isinstance(value, bool):
                yield name.encode(), b"true" if value else b"false"
        elif isinstance(value, str):
            yield name.encode("utf-8", "replace"), value.encode("utf-8", "replace")
        elif name.startswith(MARKER) or name in _TEXTS:
            raise CorruptError(f"corrupt reference: {name} is {value!r}, not a string")


_TEXTS = ("_lmdb_input_key", "_lmdb_output_key", "_lmdb_db_path", "_lmdb_db_name", "_lmdb_entry")
