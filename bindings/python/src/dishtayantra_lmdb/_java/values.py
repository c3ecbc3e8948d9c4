"""Calculators in Java as Python sees them, whatever leads there: values both ways, exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._library import optional
from ..errors import InvalidArgumentError, error_for
from .passing import Passing, text

_ARRAY_BYTES = "com.dishtayantra.calculators.ArrayBytes"
# What Java's class says of an integer over 64 bits; its hexadecimal digits follow.
_INTEGER = "integer "
# How deep in Java's own classes an exception may have been thrown for its place to be told.
_FRAMES = 16
# What it says before the header of an array that stands for something else.
_STANDS = _LIST, _SCALAR = "list", "scalar"


class JavaError(RuntimeError):
    """A Java calculator threw something that has no counterpart here; the message has its class."""


class JvmGoneError(ConnectionError):
    """The JVM of a gateway does not answer: it has ended, or was killed."""


class JavaCalculator(Passing):
    """A Java calculator behind ``calculate`` and ``details``; one of the classes below.

    Payloads are dicts with keys of type ``str``; anything else is taken as the ``values`` of one.
    On the way to Java a dict becomes a ``Map``, a list or tuple a ``List``, an ndarray (an
    ``array.array``, a typed memoryview) of numbers, bools or times a ``Segment``, bytes a
    ``byte[]``; on the way back the other way round, arrays of Java included. Results hold nothing
    of Java's.

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
            InvalidArgumentError: the name or the configuration cannot be passed to Java.
            JavaError: there is no such class, or its constructor threw.
        """
        text(java_class, "class")
        text(name, "name")
        if config is not None and not isinstance(config, Mapping):
            raise InvalidArgumentError(f"the config is of type {type(config).__name__}, not a dict")
        self.name = name
        self.config: dict[str, Any] = {"direct_arrays": True, **(config or {})}
        self.java: Any = self._guarded(
            lambda: self._new(java_class, name, self._passed(self.config))
        )

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
        return self._guarded(lambda: self._answer(payload))

    def details(self) -> dict[str, Any]:
        """What the Java calculator says of itself."""
        details: dict[str, Any] = self._guarded(self._described)
        return details

    def _answer(self, payload: Mapping[str, Any]) -> Any:
        return self._taken(self.java.calculate(self._passed(payload)))

    def _described(self) -> Any:
        return self._taken(self.java.details())

    def _guarded(self, call: Any) -> Any:
        """Makes a call of Java; whatever Java or the way there raises becomes an error of this
        package.
        """
        try:
            return self._translated(call)
        except (AttributeError, OverflowError, TypeError, UnicodeError) as error:
            raise JavaError(f"calculator {self.name!r}: {error}") from error

    def _translated(self, call: Any) -> Any:
        """Makes a call; what Java throws becomes the exception that it has here."""
        raise NotImplementedError

    def _taken(self, answer: Any) -> Any:
        try:
            return self._to_python(answer)
        except RecursionError:
            raise JavaError(
                f"calculator {self.name!r}: its answer is nested too deeply, or holds itself"
            ) from None

    def _new(self, java_class: str, *arguments: Any) -> Any:
        raise NotImplementedError

    def _kind(self, value: Any) -> str:
        """``map``, ``list``, ``bytes``, ``array`` (or an integer over 64 bits) or ``single``."""
        raise NotImplementedError

    def _items(self, java_map: Any) -> Iterator[tuple[Any, Any]]:
        raise NotImplementedError

    def _class(self, name: str) -> Any:
        raise NotImplementedError

    def _single(self, value: Any) -> Any:
        return value

    def _map(self, items: dict[str, Any]) -> Any:
        java_map = self._new("java.util.HashMap")
        for key, held in items.items():
            java_map.put(key, held)
        return java_map

    def _list(self, items: list[Any]) -> Any:
        java_list = self._new("java.util.ArrayList")
        for held in items:
            java_list.add(held)
        return java_list

    def _array(self, header: str, items: bytes) -> Any:
        return self._class(_ARRAY_BYTES).array(header, self._binary(items))

    def _large(self, value: int) -> Any:
        return self._new("java.math.BigInteger", str(value))

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
            header = str(arrays.header(value))
            if header.startswith(_INTEGER):
                return int(header.removeprefix(_INTEGER), 16)
            return array_of(header, bytearray(arrays.items(value)))
        return self._single(value)

    def _error(self, thrown: Any, status: int | None, invalid: bool) -> Exception:
        """The exception for one of Java."""
        name, told = str(thrown.getClass().getName()), thrown.getMessage()
        message = name if told is None else str(told)
        if status is not None:
            return error_for(status, message)
        if invalid:
            return InvalidArgumentError(message)
        what = name if told is None else f"{name}: {message}"
        return JavaError(f"calculator {self.name!r}: {what}{_place(thrown)}")


def _place(thrown: Any) -> str:
    """Where it was thrown, or what was called there that is none of Java's own."""
    for frame in list(thrown.getStackTrace())[:_FRAMES]:
        if not str(frame.getClassName()).startswith(("java.", "jdk.", "sun.")):
            return f" (at {frame})"
    return ""


def array_of(header: str, items: bytearray) -> Any:
    """The array that Java's header and items are, or what it stands for."""
    numpy = optional.numpy("an array of a Java calculator")
    stands, _, rest = header.partition(" ")
    dtype, *shape = (rest if stands in _STANDS else header).split(" ")
    array = numpy.frombuffer(items, dtype).reshape([int(length) for length in shape])
    if stands == _LIST:
        return array.tolist()
    return array[()] if stands == _SCALAR else array
