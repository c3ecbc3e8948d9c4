"""Calculators in Java as Python sees them, whatever leads there: values both ways, exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import _optional
from .errors import InvalidArgumentError, error_for

_ARRAY_BYTES = "com.dishtayantra.calculators.ArrayBytes"


class JavaError(RuntimeError):
    """A Java calculator threw something that has no counterpart here; the message has its class."""


class JvmGoneError(ConnectionError):
    """The JVM of a gateway does not answer: it has ended, or was killed."""


class JavaCalculator:
    """A Java calculator behind ``calculate`` and ``details``; one of the classes below.

    Payloads are dicts with keys of type ``str``; anything else is taken as the ``values`` of one.
    On the way to Java a dict becomes a ``Map``, a list or tuple a ``List``, an ndarray of numbers
    or bools a ``Segment``, bytes a ``byte[]``; on the way back the other way round, arrays of Java
    included. Results hold nothing of Java's.

    Attributes:
        name: the calculator's name.
        config: its configuration, a copy; ``direct_arrays`` is true in it unless the caller says.
        java: the Java object.
    """

    def __init__(self, java_class: str, name: str, config: Mapping[str, Any] | None) -> None:
        """Makes the Java object.

        Args:
            java_class: its class, with a public constructor ``(String, Map)``.
            name: the calculator's name.
            config: its configuration, of values that payloads may hold.

        Raises:
            JavaError: there is no such class, or its constructor threw.
        """
        self.name = name
        self.config = {"direct_arrays": True, **(config or {})}
        self.java = self._guarded(lambda: self._new(java_class, name, self._to_java(self.config)))

    def calculate(self, payload: Mapping[str, Any]) -> Any:
        """Calculates.

        Args:
            payload: the input, or a reference to one.

        Returns:
            What the calculator answers.

        Raises:
            LMDBError: the kind that the engine's exception in Java has here.
            InvalidArgumentError: Java threw an ``IllegalArgumentException``, or the payload holds
                what cannot be passed.
            JvmGoneError: the JVM does not answer.
            JavaError: Java threw something else.
        """
        if not isinstance(payload, Mapping):
            payload = {"values": payload}
        return self._guarded(lambda: self._to_python(self.java.calculate(self._to_java(payload))))

    def details(self) -> dict[str, Any]:
        """What the Java calculator says of itself."""
        details: dict[str, Any] = self._guarded(lambda: self._to_python(self.java.details()))
        return details

    def _guarded(self, call: Any) -> Any:
        raise NotImplementedError

    def _new(self, java_class: str, *arguments: Any) -> Any:
        raise NotImplementedError

    def _bytes_to_java(self, value: bytes) -> Any:
        raise NotImplementedError

    def _kind(self, value: Any) -> str:
        """``map``, ``list``, ``bytes``, ``array`` or ``single``."""
        raise NotImplementedError

    def _items(self, java_map: Any) -> Iterator[tuple[Any, Any]]:
        raise NotImplementedError

    def _class(self, name: str) -> Any:
        raise NotImplementedError

    def _single(self, value: Any) -> Any:
        return value

    def _to_java(self, value: Any, path: str = "") -> Any:
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, Mapping):
            java_map = self._new("java.util.HashMap")
            for key, held in value.items():
                if not isinstance(key, str):
                    raise InvalidArgumentError(f"the key {key!r}{_at(path)} is no str")
                java_map.put(key, self._to_java(held, f"{path}.{key}"))
            return java_map
        if isinstance(value, (list, tuple)):
            java_list = self._new("java.util.ArrayList")
            for index, held in enumerate(value):
                java_list.add(self._to_java(held, f"{path}.{index}"))
            return java_list
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._bytes_to_java(bytes(value))
        numpy = _optional.loaded("numpy")
        if numpy is not None and isinstance(value, numpy.generic):
            return self._to_java(value.item(), path)
        if numpy is not None and isinstance(value, numpy.ndarray) and value.dtype.kind in "biuf":
            little = numpy.ascontiguousarray(value, value.dtype.newbyteorder("<"))
            header = " ".join([value.dtype.name, *map(str, value.shape)])
            return self._class(_ARRAY_BYTES).array(header, self._bytes_to_java(little.tobytes()))
        kind = getattr(value, "dtype", None)
        what = type(value).__name__ if kind is None else f"{type(value).__name__} of {kind}"
        raise InvalidArgumentError(f"a {what} cannot be passed to Java{_at(path)}")

    def _to_python(self, value: Any) -> Any:
        kind = self._kind(value)
        if kind == "map":
            return {self._single(key): self._to_python(held) for key, held in self._items(value)}
        if kind == "list":
            return [self._to_python(held) for held in value]
        if kind == "bytes":
            return bytes(value)
        if kind == "array":
            arrays = self._class(_ARRAY_BYTES)
            dtype, *shape = str(arrays.header(value)).split(" ")
            numpy = _optional.numpy("an array of a Java calculator")
            items = numpy.frombuffer(bytearray(arrays.items(value)), dtype)
            return items.reshape([int(length) for length in shape])
        return self._single(value)

    def _error(self, name: str, message: str, status: int | None, invalid: bool) -> Exception:
        """The exception for one of Java."""
        if status is not None:
            return error_for(status, message)
        if invalid:
            return InvalidArgumentError(message)
        return JavaError(f"calculator {self.name!r}: {name}: {message}")


def _at(path: str) -> str:
    return f" at {path[1:]!r}" if path else ""
