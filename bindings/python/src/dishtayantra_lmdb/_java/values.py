"""Calculators in Java as Python sees them, whatever leads there: values both ways, exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._library import optional
from .._payload import npy
from ..errors import FormatError, InvalidArgumentError, error_for

_ARRAY_BYTES = "com.dishtayantra.calculators.ArrayBytes"
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
    ]
)
# What Java's class says of an integer over 64 bits; its hexadecimal digits follow.
_INTEGER = "integer"
# What a Java array holds at most.
_MOST_BYTES = 2**31 - 1


class JavaError(RuntimeError):
    """A Java calculator threw something that has no counterpart here; the message has its class."""


class JvmGoneError(ConnectionError):
    """The JVM of a gateway does not answer: it has ended, or was killed."""


class JavaCalculator:
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
        _text(java_class, "class")
        _text(name, "name")
        if config is not None and not isinstance(config, Mapping):
            raise InvalidArgumentError(f"the config is a {type(config).__name__}, no dict")
        self.name = name
        self.config = {"direct_arrays": True, **(config or {})}
        self.java = self._guarded(lambda: self._new(java_class, name, self._passed(self.config)))

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
        return self._guarded(lambda: self._taken(self.java.calculate(self._passed(payload))))

    def details(self) -> dict[str, Any]:
        """What the Java calculator says of itself."""
        details: dict[str, Any] = self._guarded(lambda: self._taken(self.java.details()))
        return details

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

    def _passed(self, payload: Mapping[str, Any]) -> Any:
        try:
            return self._to_java(payload)
        except RecursionError:
            raise InvalidArgumentError(
                "the payload is nested too deeply to be passed to Java, or holds itself"
            ) from None

    def _taken(self, answer: Any) -> Any:
        try:
            return self._to_python(answer)
        except RecursionError:
            raise JavaError(
                f"calculator {self.name!r}: its answer is nested too deeply, or holds itself"
            ) from None

    def _new(self, java_class: str, *arguments: Any) -> Any:
        raise NotImplementedError

    def _bytes_to_java(self, value: bytes) -> Any:
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

    def _to_java(self, value: Any, path: str = "") -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return self._integer_to_java(int(value), path)
        if isinstance(value, float):
            # NumPy's float64 is one too, but writes itself in another way.
            return float(value)
        if isinstance(value, str):
            return _text(value, path)
        if isinstance(value, Mapping):
            java_map = self._new("java.util.HashMap")
            for key, held in value.items():
                if not isinstance(key, str):
                    raise InvalidArgumentError(f"the key {key!r}{_at(path)} is no str")
                below = f"{path}.{key}"
                java_map.put(_text(key, below), self._to_java(held, below))
            return java_map
        if isinstance(value, (list, tuple)):
            java_list = self._new("java.util.ArrayList")
            for index, held in enumerate(value):
                java_list.add(self._to_java(held, f"{path}.{index}"))
            return java_list
        array = _array(value, path)
        if array is not None:
            return self._array_to_java(array, path)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._bytes_to_java(_bytes(bytes(value), path))
        numpy = optional.loaded("numpy")
        if numpy is not None and isinstance(value, numpy.generic):
            item = value.item()
            if not isinstance(item, numpy.generic):
                return self._to_java(item, path)
        kind = getattr(value, "dtype", None)
        what = type(value).__name__ if kind is None else f"{type(value).__name__} of {kind}"
        raise InvalidArgumentError(f"a {what} cannot be passed to Java{_at(path)}")

    def _array_to_java(self, array: Any, path: str) -> Any:
        if array.dtype.name not in _ARRAYS and array.dtype.kind not in "mM":
            raise InvalidArgumentError(
                f"an ndarray of {array.dtype} cannot be passed to Java{_at(path)}"
            )
        items = array.astype(array.dtype.newbyteorder("<")).tobytes()
        header = " ".join([array.dtype.name, *map(str, array.shape)])
        return self._class(_ARRAY_BYTES).array(header, self._bytes_to_java(_bytes(items, path)))

    def _integer_to_java(self, value: int, path: str) -> Any:
        if -(2**63) <= value < 2**63:
            return value
        # As Java reads such numbers from a document in the store.
        if 0 <= value < 2**64:
            return self._new("java.math.BigInteger", str(value))
        # Not in decimal: Python refuses to write very long ones.
        raise InvalidArgumentError(
            f"an int of {value.bit_length()} bits{_at(path)} cannot be passed to Java, only "
            "-2**63 to 2**64 - 1"
        )

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
            if dtype == _INTEGER:
                return int(shape[0], 16)
            numpy = optional.numpy("an array of a Java calculator")
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


def _array(value: Any, path: str) -> Any | None:
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


def _text(value: Any, path: str) -> str:
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


def _bytes(value: bytes, path: str) -> bytes:
    if len(value) > _MOST_BYTES:
        raise InvalidArgumentError(
            f"{len(value)} bytes{_at(path)} cannot be passed to Java directly: an array there "
            f"holds at most {_MOST_BYTES}"
        )
    return value


def _at(path: str) -> str:
    return f" at {path[1:]!r}" if path else ""
