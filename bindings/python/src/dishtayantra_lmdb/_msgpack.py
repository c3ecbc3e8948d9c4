"""Format ``msgpack``, and how it holds what MessagePack has no type for.

Plain values are byte for byte what any msgpack library writes. An array is a typed segment, which
every language reads in place. Arrays of other dtypes, and the Python types that have no
counterpart, travel as ext values, so nothing changes its type or value on the way without the table
in ``_formats`` saying so.
"""

from __future__ import annotations

import contextlib
import datetime
import decimal
import struct
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgpack

from . import _arrow, _lists, _npy, _optional, _segments
from ._faults import DEEPEST, explained, is_fault, type_name
from ._memory import bytes_address, memory_address
from ._pin import Pin
from .errors import FormatError, TooLargeError

_EXT_ARRAY = 78
_EXT_PYTHON = 80
# A packer whose buffer grew over this is not used again.
_KEPT = 64 * 1024


class _Writing:
    """What one document has of segments and ext values of ours so far, beside the packer that
    writes the rest.
    """

    __slots__ = ("cuts", "own", "packer")

    def __init__(self, packer: Any) -> None:
        self.packer = packer
        self.own = 0
        self.cuts: list[tuple[int, _segments.Segment]] = []

    def cut(self, segment: _segments.Segment) -> None:
        """Notes that ``segment`` goes where the packer writes next; one byte keeps its place."""
        with self.packer.getbuffer() as written:
            self.cuts.append((len(written), segment))


class _Local(threading.local):
    # A packer to use again, and the document that is being written.
    packer: Any = None
    writing: _Writing | None = None


_local = _Local()


def encode(value: Any, segments: bool = True, pack_lists: bool = False) -> list[Any]:
    """``value`` as one MessagePack value, in parts; large arrays where they lie.

    Args:
        value: the payload.
        segments: arrays and what MessagePack has no type for as ext values; otherwise nothing but
            plain MessagePack is written, and what it cannot hold raises.
        pack_lists: long lists of numbers as segments.

    Raises:
        FormatError: something in it cannot be stored; the message names the path.
    """
    if not segments:
        return [_encode_plain(value)]
    # Taken out for the time of the call: what the hook or a signal handler packs meanwhile uses
    # another one.
    packer, _local.packer = _local.packer, None
    if packer is None:
        packer = msgpack.Packer(default=_extend, use_bin_type=True, autoreset=False)
    before = _local.writing
    writing = _local.writing = _Writing(packer)
    try:
        packer.pack(_lists.packed(value) if pack_lists else value)
        written: memoryview = packer.getbuffer()
        if len(written) > _KEPT:
            # The memoryview owns the packer, which would keep its buffer for good.
            _refuse_unreadable(written, writing.own)
            return _segments.parts(written, writing.cuts) if writing.cuts else [written]
        packed = bytes(written)
        written.release()
        _refuse_unreadable(packed, writing.own)
        found = _segments.parts(packed, writing.cuts) if writing.cuts else [packed]
    except TooLargeError:
        raise
    except Exception as error:
        if not is_fault(error):
            raise
        raise explained(value, error, _complaint) from error
    finally:
        _local.writing = before
    packer.reset()
    _local.packer = packer
    return found


def _encode_plain(value: Any) -> bytes:
    try:
        packed: bytes = msgpack.packb(value, default=_plain, use_bin_type=True)
        _refuse_unreadable(packed)
    except Exception as error:
        if not is_fault(error):
            raise
        raise explained(value, error, _plain_complaint) from error
    return packed


def _refuse_unreadable(written: bytes | memoryview, own: int = 0) -> None:
    """Raises when ``written`` is nested deeper than readers go, or when a caller's ext value has a
    type of ours, of which ``own`` are to be there.
    """
    if isinstance(written, bytes):
        if not own and len(written) <= _GLANCE:
            heads = written.translate(None, _NO_HEAD)
            if len(heads) <= DEEPEST and not heads.translate(None, _CONTAINER_HEADS):
                return
        address = bytes_address(written)
    else:
        address = memory_address(written)
    for code in _segments.extensions(address, len(written)):
        if code == _segments.EXTENSION:
            raise ValueError(_FOREIGN)
        if code in _OWN:
            own -= 1
    if own:
        raise ValueError(_FOREIGN)


_OWN = (_segments.EXTENSION, _EXT_ARRAY, _EXT_PYTHON)
_EXT_SEGMENT_BYTE = bytes((_segments.EXTENSION,))
# Up to this size it is faster to look for bytes with which arrays, maps and ext values may begin
# than to walk the document.
_GLANCE = 2048
_CONTAINER_HEADS = bytes((*range(0x80, 0xA0), *range(0xDC, 0xE0)))
_EXT_HEADS = bytes((*range(0xC7, 0xCA), *range(0xD4, 0xD9)))
_NO_HEAD = bytes(set(range(256)).difference(_CONTAINER_HEADS, _EXT_HEADS))
_FOREIGN = "the ext types 68, 78 and 80 are this library's own"


def decode(pin: Pin, copy: bool, lists: bool = True) -> Any:
    """The value under ``pin``; its arrays look at it in place unless ``copy``.

    Args:
        pin: the payload.
        copy: make arrays copies of their own.
        lists: give back as lists what was packed as arrays.

    Raises:
        Exception: of many kinds, when the payload is not one MessagePack value.
    """
    data = pin.readable()
    if type(data) is bytes and _EXT_SEGMENT_BYTE not in data:
        return _unpacked(data, _restore_copy if copy else _restore_view)
    placed = _segments.find(pin.address, pin.size)
    if not placed:
        return _unpacked(data, _restore_copy if copy else _restore_view)
    # Without the segments, each of which leaves its number, so that no array is ever copied.
    pieces: list[Any] = []
    last = 0
    for index, segment in enumerate(placed):
        pieces += (data[last : segment.node], _NUMBERED(0xD6, _segments.EXTENSION, index))
        last = segment.end
    pieces.append(data[last:])

    def hook(code: int, body: bytes) -> Any:
        if code == _segments.EXTENSION:
            segment = placed[int.from_bytes(body, "big")]
            return _segments.restore(segment, pin, copy, lists)
        return _restore(code, body, copy)

    return _unpacked(b"".join(pieces), hook)


# An ext value of four bytes.
_NUMBERED = struct.Struct(">BBI").pack


def _unpacked(data: bytes | memoryview, hook: Callable[[int, bytes], Any]) -> Any:
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
    return tuple(map(_key, key)) if isinstance(key, list) else key


def _extend(value: Any) -> Any:
    """What MessagePack holds instead of ``value``; called for what it has no type for."""
    writing = _local.writing
    segment = _segment(value)
    if segment is not None and writing is not None:
        writing.cut(segment)
        return None
    held = _extend_apart(value)
    if writing is not None and isinstance(held, msgpack.ExtType):
        writing.own += 1
    return held


def _segment(value: Any) -> _segments.Segment | None:
    """``value`` as a segment; None when it is nothing that has one."""
    if isinstance(value, _segments.Segment):
        return value
    numpy = _optional.loaded("numpy")
    if numpy is None:
        return None
    array = value if isinstance(value, numpy.ndarray) else _npy.of_buffer(value)
    if array is not None:
        return _segments.of_array(array)
    if isinstance(value, numpy.generic):
        return _segments.of_array(numpy.asarray(value), _segments.SCALAR)
    return None


def _extend_apart(value: Any) -> Any:
    """What holds ``value`` where no segment can be: inside another ext value."""
    array = value if _npy.is_array(value) else _npy.of_buffer(value)
    if array is not None:
        return msgpack.ExtType(_EXT_ARRAY, _npy_bytes(array))
    numpy = _optional.loaded("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        if value.dtype.hasobject:
            raise TypeError(f"there is no representation for a NumPy scalar of dtype {value.dtype}")
        return _python("numpy", _npy_bytes(numpy.asarray(value)))
    frame = _arrow.frame(value)
    if frame is not None:
        return _python("arrow", b"".join(_arrow.encode(frame)))
    for kind, name, reduce in _REDUCED:
        if type(value) is kind:
            return _python(name, reduce(value))
    if isinstance(value, int):
        return _python("int", str(int(value)))
    return _based(value)


def _based(value: Any) -> Any:
    """A plain value of a type that the packer does not know."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"there is no representation for {type_name(value)}")


def _plain(value: Any) -> Any:
    """What plain MessagePack holds instead of ``value``."""
    numpy = _optional.loaded("numpy")
    if numpy is not None and isinstance(value, numpy.generic) and value.dtype.kind in "biuf":
        return value.item()
    return _based(value)


def _complaint(item: Any) -> str | None:
    return _complaint_of(item, _extend)


def _plain_complaint(item: Any) -> str | None:
    why = _complaint_of(item, _plain)
    return f"{why} in plain MessagePack (lmdb_segments is false)" if why else None


def _complaint_of(item: Any, default: Callable[[Any], Any]) -> str | None:
    """Why ``item``, which holds no others, cannot be stored; None when it can."""
    if isinstance(item, msgpack.ExtType) and item.code in _OWN:
        return _FOREIGN
    try:
        if default is not _extend or _segment(item) is None:
            msgpack.packb(item, default=default, use_bin_type=True)
    except Exception as error:
        if not is_fault(error):
            raise
        return str(error) or type(error).__name__
    return None


def _npy_bytes(array: Any) -> bytes:
    return b"".join(_npy.encode(array))


def _python(name: str, body: Any) -> Any:
    with _one_deeper(FormatError):
        return msgpack.ExtType(_EXT_PYTHON, encode_nested([name, body]))


class _Depth(threading.local):
    value = 0


_depth = _Depth()
# Values of ours inside one another, a set in a set: each takes some 40 KiB of the thread's stack.
_DEEPEST = 16


@contextlib.contextmanager
def _one_deeper(kind: type[Exception]) -> Iterator[None]:
    if _depth.value >= _DEEPEST:
        raise kind(f"more than {_DEEPEST} sets, dates or numbers inside one another")
    _depth.value += 1
    try:
        yield
    finally:
        _depth.value -= 1


def encode_nested(value: Any) -> bytes:
    """``value`` packed apart from the value being packed on this thread."""
    own = 0

    def extend(item: Any) -> Any:
        nonlocal own
        held = _extend_apart(item)
        own += isinstance(held, msgpack.ExtType)
        return held

    packed: bytes = msgpack.packb(value, default=extend, use_bin_type=True)
    _refuse_unreadable(packed, own)
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
    "set": set,
    "frozenset": frozenset,
    "int": int,
    "arrow": _arrow.decode_bytes,
    "numpy": lambda body: _npy.decode(body, False)[()],
}


def _restore_view(code: int, data: bytes) -> Any:
    return _restore(code, data, False)


def _restore_copy(code: int, data: bytes) -> Any:
    return _restore(code, data, True)


def _restore(code: int, data: bytes, copy: bool) -> Any:
    if code == _EXT_ARRAY:
        return _npy.decode(data, copy)
    if code != _EXT_PYTHON:
        # Somebody else's ext value: kept as it is.
        return msgpack.ExtType(code, data)
    with _one_deeper(ValueError):
        # Lists of ours there are tuples: what is in a set was hashable.
        body = msgpack.unpackb(
            data,
            ext_hook=_restore_copy if copy else _restore_view,
            use_list=False,
            raw=False,
            strict_map_key=False,
            timestamp=3,
        )
    if not isinstance(body, tuple) or len(body) != 2 or body[0] not in _RESTORED:
        raise ValueError(f"an ext value of code {code} that this version does not know")
    try:
        return _RESTORED[body[0]](body[1])
    except FormatError:
        raise
    except Exception as error:
        if not is_fault(error):
            raise
        raise ValueError(f"a damaged {body[0]}: {error}") from error
