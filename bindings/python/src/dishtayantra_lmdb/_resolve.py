"""Payloads in place of the references that stand for them, wherever these lie in a value.

Engines merge what their nodes answer: several references may lie in one mapping, plain fields
beside them, and mappings with references under names or in lists. Each reference carries a marker
of its own, which no merge loses; the engine gathers them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ._abi import Buffer, fail, lib
from ._pin import Pin
from ._reference import DB_PATH, MARKER, REF, TXN_ID, Reference, is_reference, note_warnings
from .errors import CorruptError, InvalidArgumentError

# What a list is looked through for from its first item to its last. A longer one that begins with
# what holds nothing is one of numbers or texts.
_LOOKED_THROUGH = 64
# Payloads, dicts and lists inside one another on the way to a reference.
_DEEPEST = 200

Decode = Callable[[Pin], Any]


def stands_for_payloads(value: object) -> bool:
    """Whether ``value`` is a mapping with references in it, whatever else it holds."""
    if isinstance(value, dict):
        if dict.get(value, REF) is True:
            return True
        # By the methods of the base, never by those of somebody's class.
        for key in dict.keys(value):  # noqa: SIM110 - a generator would cost more than the loop
            if type(key) is str and key.startswith(MARKER):
                return True
        return False
    return is_reference(value)


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
    """Whether there are references in ``value``, at the top, in its dicts, of a subclass too, or in
    its lists. Long lists of numbers or texts are not looked through.
    """
    kind = type(value)
    if kind is dict:
        # Most payloads are one dict that holds no other.
        if value.get(REF) is True:
            return True
        flat = True
        for key, part in value.items():
            if type(key) is str and key.startswith(MARKER):
                return True
            kind = type(part)
            if kind is dict or kind is list or kind is tuple or issubclass(kind, dict):
                flat = False
        if flat:
            return False
    elif kind is not list and kind is not tuple and not issubclass(kind, dict):
        return is_reference(value)
    pending = [value]
    seen = set()
    while pending:
        item = pending.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            if stands_for_payloads(item):
                return True
            items: Any = dict.values(item)
        else:
            items = _looked_through(item)
        for part in items:
            kind = type(part)
            if kind is dict or kind is list or kind is tuple or issubclass(kind, dict):
                pending.append(part)
    return False


def _looked_through(items: Any) -> Any:
    if len(items) <= _LOOKED_THROUGH or type(items[0]) in (dict, list, tuple):
        return items
    return items if type(items[-1]) in (dict, list, tuple) else ()


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
        return type(value)([_resolved(item, decode, depth + 1) for item in value])
    if not stands_for_payloads(value):
        return {key: _resolved(item, decode, depth + 1) for key, item in value.items()}
    return _joined(value, decode, depth)


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
