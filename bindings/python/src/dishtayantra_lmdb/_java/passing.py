"""Payloads on their way to Java: what may be passed, and as what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._library import optional
from .._payload import npy
from ..errors import FormatError, InvalidArgumentError

# Kinds of items that arrays have there; times, which have units, aside.
_ARRAYS = frozenset(
    [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float32",
        "float64",
        "float16",
        "complex64",
        "complex128",
    ]
)
# What a Java array holds at most.
_MOST_BYTES = 2**31 - 1
TOO_DEEP = "the payload is nested too deeply to be passed to Java, or holds itself"
# Lists of these are passed as they are.
_SINGLE = frozenset([float, bool, type(None)])


class Passing:
    """Makes of payloads what a way to Java takes; each has its maps, lists, bytes and arrays."""

    def _passed(self, payload: Any) -> Any:
        """A payload, or a configuration, as it is passed.

        Raises:
            InvalidArgumentError: it holds what cannot be passed.
        """
        try:
            return self._to_java(payload)
        except RecursionError:
            raise InvalidArgumentError(TOO_DEEP) from None

    def _map(self, items: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _list(self, items: list[Any]) -> Any:
        raise NotImplementedError

    def _binary(self, value: bytes) -> Any:
        raise NotImplementedError

    def _array(self, header: str, items: bytes) -> Any:
        """An array: its dtype and the length of each dimension, as a text, and its items."""
        raise NotImplementedError

    def _large(self, value: int) -> Any:
        """An int of 2**63 or more."""
        raise NotImplementedError

    def _to_java(self, value: Any, path: str = "") -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return self._integer_to_java(int(value), path)
        if isinstance(value, float):
            # NumPy's float64 is one too, but writes itself in another way.
            return float(value)
        if isinstance(value, str):
            return text(value, path)
        if isinstance(value, Mapping):
            return self._map_to_java(value, path)
        if isinstance(value, (list, tuple)):
            if _SINGLE.issuperset(map(type, value)):
                return self._list(list(value))
            return self._list([self._to_java(held, f"{path}.{i}") for i, held in enumerate(value)])
        array = _array_of(value, path)
        if array is not None:
            return self._array_to_java(array, path)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._binary(fitting(bytes(value), path))
        numpy = optional.loaded("numpy")
        if numpy is not None and isinstance(value, numpy.generic):
            item = value.item()
            if not isinstance(item, numpy.generic):
                return self._to_java(item, path)
        kind = getattr(value, "dtype", None)
        what = type(value).__name__ if kind is None else f"{type(value).__name__} of {kind}"
        raise InvalidArgumentError(f"a {what} cannot be passed to Java{_at(path)}")

    def _map_to_java(self, value: Mapping[Any, Any], path: str) -> Any:
        items = {}
        for key, held in value.items():
            if not isinstance(key, str):
                raise InvalidArgumentError(f"the key {key!r}{_at(path)} is no str")
            below = f"{path}.{key}"
            items[text(key, below)] = self._to_java(held, below)
        return self._map(items)

    def _array_to_java(self, array: Any, path: str) -> Any:
        if array.dtype.name not in _ARRAYS and array.dtype.kind not in "mM":
            raise InvalidArgumentError(
                f"an ndarray of {array.dtype} cannot be passed to Java{_at(path)}"
            )
        items = array.astype(array.dtype.newbyteorder("<")).tobytes()
        header = " ".join([array.dtype.name, *map(str, array.shape)])
        return self._array(header, fitting(items, path))

    def _integer_to_java(self, value: int, path: str) -> Any:
        if -(2**63) <= value < 2**63:
            return value
        # As Java reads such numbers from a document in the store.
        if 0 <= value < 2**64:
            return self._large(value)
        # Not in decimal: Python refuses to write very long ones.
        raise InvalidArgumentError(
            f"an int of {value.bit_length()} bits{_at(path)} cannot be passed to Java, only "
            "-2**63 to 2**64 - 1"
        )


def _array_of(value: Any, path: str) -> Any | None:
    """The array that a value is, by the rules of those that are stored; None for anything else."""
    numpy = optional.loaded("numpy")
    try:
        if numpy is not None and isinstance(value, numpy.ndarray):
            return npy.plain(value)
        return npy.of_buffer(value)
    except FormatError as error:
        raise InvalidArgumentError(
            f"a {type(value).__name__} cannot be passed to Java{_at(path)}: {error}"
        ) from error


def text(value: Any, path: str) -> str:
    """A text as Java takes it."""
    if not isinstance(value, str):
        raise InvalidArgumentError(f"the {path} is {value!r}, no str")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        where = _at(path if path.startswith(".") else f".{path}")
        raise InvalidArgumentError(
            f"the text {value!r}{where} cannot be passed to Java: {error.reason}"
        ) from None
    # Not an object of a subclass, which may write itself in another way.
    return str.__str__(value)


def fitting(value: bytes, path: str) -> bytes:
    if len(value) > _MOST_BYTES:
        raise InvalidArgumentError(
            f"{len(value)} bytes{_at(path)} cannot be passed to Java directly: an array there "
            f"holds at most {_MOST_BYTES}"
        )
    return value


def _at(path: str) -> str:
    return f" at {path[1:]!r}" if path else ""
