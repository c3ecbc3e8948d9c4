"""Format ``msgpack``, and how it holds what MessagePack has no type for.

Plain values are byte for byte what any msgpack library writes. An array, and the Python types that
have no counterpart, travel as ext values, so nothing changes its type or value on the way without
the table in ``_formats`` saying so.
"""

from __future__ import annotations

import datetime
import decimal
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgpack

from . import _arrow, _npy, _optional
from .errors import FormatError

_EXT_ARRAY = 78
_EXT_PYTHON = 80
# Where the packer gives up.
_DEPTH = 1024
# A packer whose buffer grew over this is not used again.
_KEPT = 64 * 1024

_MESSAGE_FOR = "cannot store {what} at {path}: {reason}"


def encode(value: Any) -> bytes | memoryview:
    """``value`` as one MessagePack value; a large one where the packer wrote it.

    Raises:
        FormatError: something in it cannot be stored; the message names the path.
    """
    # Taken out for the time of the call: what the hook or a signal handler packs meanwhile uses
    # another one.
    packer = getattr(_local, "packer", None)
    _local.packer = None
    if packer is None:
        packer = msgpack.Packer(default=_extend, use_bin_type=True, autoreset=False)
    try:
        packer.pack(value)
    except Exception as error:
        raise _explained(value, error) from error
    written: memoryview = packer.getbuffer()
    if len(written) > _KEPT:
        # The memoryview owns the packer, which would keep its buffer for good.
        return written
    packed = bytes(written)
    written.release()
    packer.reset()
    _local.packer = packer
    return packed


_local = threading.local()


def decode(data: bytes | memoryview, copy: bool) -> Any:
    """The value in ``data``.

    Raises:
        Exception: of many kinds, when ``data`` is not one MessagePack value.
    """
    hook = _restore_copy if copy else _restore_view
    try:
        return msgpack.unpackb(data, ext_hook=hook, raw=False, strict_map_key=False, timestamp=3)
    except TypeError:
        # An array as a key: only a tuple can have been written there.
        return msgpack.unpackb(
            data,
            ext_hook=hook,
            raw=False,
            strict_map_key=False,
            timestamp=3,
            object_pairs_hook=_pairs,
        )


def _pairs(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    try:
        return {_key(key): value for key, value in pairs}
    except TypeError as error:
        raise ValueError(f"a map has a key that cannot be one: {error}") from error


def _key(key: Any) -> Any:
    return tuple(_key(item) for item in key) if isinstance(key, list) else key


def _extend(value: Any) -> Any:
    """What MessagePack holds instead of ``value``; called for what it has no type for."""
    if _npy.is_array(value):
        return msgpack.ExtType(_EXT_ARRAY, _npy_bytes(value))
    numpy = _optional.loaded("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return _numpy_scalar(value, numpy)
    if _arrow.is_arrow(value):
        return _python("arrow", b"".join(_arrow.encode(value)))
    for kind, name, reduce in _REDUCED:
        if type(value) is kind:
            return _python(name, reduce(value))
    if isinstance(value, int):
        return _python("int", str(int(value)))
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, bytearray):
        return bytes(value)
    raise TypeError(f"there is no representation for {_type_name(value)}")


def _npy_bytes(array: Any) -> bytes:
    return b"".join(_npy.encode(array))


def _numpy_scalar(value: Any, numpy: Any) -> Any:
    if isinstance(value, (numpy.bool_, numpy.integer)) and not isinstance(value, numpy.timedelta64):
        return value.item()
    if isinstance(value, numpy.floating) and value.dtype.itemsize <= 8:
        return float(value)
    if value.dtype.hasobject:
        raise TypeError(f"there is no representation for a NumPy scalar of dtype {value.dtype}")
    return _python("numpy", _npy_bytes(numpy.asarray(value)))


def _python(name: str, body: Any) -> Any:
    return msgpack.ExtType(_EXT_PYTHON, encode_nested([name, body]))


def encode_nested(value: Any) -> bytes:
    """``value`` packed apart from the value being packed on this thread."""
    packed: bytes = msgpack.packb(value, default=_extend, use_bin_type=True)
    return packed


_REDUCED: list[tuple[type, str, Callable[[Any], Any]]] = [
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
]

_RESTORED: dict[str, Callable[[Any], Any]] = {
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": lambda body: datetime.timedelta(body[0], body[1], body[2]),
    "decimal": decimal.Decimal,
    "uuid": lambda body: uuid.UUID(bytes=body),
    "complex": lambda body: complex(body[0], body[1]),
    "set": lambda body: {_key(item) for item in body},
    "frozenset": lambda body: frozenset(_key(item) for item in body),
    "int": int,
    "arrow": _arrow.decode_bytes,
    "numpy": lambda body: _npy.decode_bytes(body, False)[()],
}


def _restore_view(code: int, data: bytes) -> Any:
    return _restore(code, data, False)


def _restore_copy(code: int, data: bytes) -> Any:
    return _restore(code, data, True)


def _restore(code: int, data: bytes, copy: bool) -> Any:
    if code == _EXT_ARRAY:
        return _npy.decode_bytes(data, copy)
    if code != _EXT_PYTHON:
        # Somebody else's ext value: kept as it is.
        return msgpack.ExtType(code, data)
    body = decode(data, copy)
    if not isinstance(body, list) or len(body) != 2 or body[0] not in _RESTORED:
        raise ValueError(f"an ext value of code {code} that this version does not know")
    try:
        return _RESTORED[body[0]](body[1])
    except FormatError:
        raise
    except Exception as error:
        raise ValueError(f"a damaged {body[0]}: {error}") from error


def _explained(value: Any, error: Exception) -> FormatError:
    """The error of a pack that failed, naming the path of what cannot be stored."""
    for path, item, reason in _faults(value):
        where = ".".join(path) if path else "the top of the payload"
        return FormatError(_MESSAGE_FOR.format(what=_type_name(item), path=where, reason=reason))
    return FormatError(f"cannot store the payload: {error}")


def _faults(value: Any) -> Iterator[tuple[list[str], Any, str]]:
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
        if isinstance(item, Mapping):
            yield from ((path, key, f"as a key: {why}") for key, why in _bad_keys(item))
            children = [(child, str(key)) for key, child in item.items()]
        elif isinstance(item, (list, tuple, set, frozenset)):
            children = [(child, str(index)) for index, child in enumerate(item)]
        if children is None:
            why = _leaf_fault(item)
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


def _bad_keys(mapping: Mapping[Any, Any]) -> Iterator[tuple[Any, str]]:
    for key in mapping:
        why = _leaf_fault(key)
        if why is not None:
            yield key, why


def _leaf_fault(item: Any) -> str | None:
    try:
        encode_nested(item)
    except Exception as error:
        return str(error) or type(error).__name__
    return None


def _type_name(value: Any) -> str:
    kind = type(value)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
