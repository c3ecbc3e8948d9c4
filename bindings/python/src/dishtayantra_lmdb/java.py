"""Java calculators as Python ones: over Py4J, with the JVM in a process of its own, or over JPype, with
the JVM in this process.

>>> from dishtayantra_lmdb import java, wrap_with_lmdb
>>> gateway = java.start_gateway()
>>> risk = java.Py4JCalculator(gateway, "com.dishtayantra.calculators.RiskCalculator", "risk")
>>> wrap_with_lmdb(risk, config, "risk").calculate({"values": returns})

The packages py4j or JPype1 are imported when they are needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import _optional
from .errors import InvalidArgumentError, LMDBError, error_for

__all__ = [
    "JPypeCalculator",
    "JavaCalculator",
    "JavaError",
    "JvmGoneError",
    "Py4JCalculator",
    "class_path",
    "start_gateway",
    "start_jvm",
]

VARIABLE = "DISHTAYANTRA_JARS"
_ARTIFACTS = ("lmdb", "calculators")
_ARRAY_BYTES = "com.dishtayantra.calculators.ArrayBytes"


class JavaError(RuntimeError):
    """A Java calculator threw something that has no counterpart here; the message has its class."""


class JvmGoneError(ConnectionError):
    """The JVM of a gateway does not answer: it has ended, or was killed."""


def class_path(more: Iterable[str | os.PathLike[str]] = ()) -> list[str]:
    """The jars of this project, and more.

    They are those that the environment variable ``DISHTAYANTRA_JARS`` names (jars, and directories of
    jars, separated as in ``PATH``), or those built in the source tree.

    Args:
        more: what goes before them: jars and directories of classes of the caller's.

    Raises:
        FileNotFoundError: there are none; the message says where was looked.
    """
    named = os.environ.get(VARIABLE)
    jars = list(_named(named)) if named else list(_built())
    if not jars:
        looked = f"{VARIABLE}={named}" if named else f"{VARIABLE}: not set\n  {_source_tree()}"
        raise FileNotFoundError(
            f"no jars of dishtayantra were found; build them with 'make java'; looked at:\n  {looked}"
        )
    return [*map(os.fspath, more), *jars]


def _named(places: str) -> Iterator[str]:
    for place in places.split(os.pathsep):
        path = Path(place)
        if path.is_dir():
            yield from sorted(map(str, path.glob("*.jar")))
        elif path.exists():
            yield place


def _source_tree() -> Path:
    return Path(__file__).resolve().parents[4] / "java"


def _built() -> Iterator[str]:
    for artifact in _ARTIFACTS:
        for jar in sorted((_source_tree() / artifact / "target").glob(f"dishtayantra-{artifact}-*.jar")):
            if not jar.stem.endswith(("-sources", "-javadoc", "-tests")):
                yield str(jar)


def start_gateway(
    more: Iterable[str | os.PathLike[str]] = (),
    java: str = "java",
    options: Sequence[str] = (),
) -> Any:
    """Starts a JVM with a Py4J gateway. It ends with this process, or by ``gateway.shutdown()``.

    Args:
        more: jars and directories of classes of the caller's.
        java: the program that runs Java, 17 or newer.
        options: options of the JVM.

    Returns:
        The ``JavaGateway``. Its ``java_process`` is the JVM.
    """
    from py4j.java_gateway import JavaGateway

    return JavaGateway.launch_gateway(
        classpath=os.pathsep.join(class_path(more)),
        java_path=java,
        javaopts=list(options),
        die_on_exit=True,
        enable_auth=True,
    )


def start_jvm(
    more: Iterable[str | os.PathLike[str]] = (),
    jvm: str | None = None,
    options: Sequence[str] = (),
) -> None:
    """Starts the JVM of this process with JPype, unless it runs. Java uses the copy of the library
    that this package has loaded.

    Args:
        more: jars and directories of classes of the caller's.
        jvm: the file ``libjvm.so``; by default what JPype finds.
        options: options of the JVM.
    """
    import jpype

    if not jpype.isJVMStarted():
        jpype.startJVM(jvm or jpype.getDefaultJVMPath(), *options, classpath=class_path(more))


class JavaCalculator:
    """A Java calculator behind ``calculate`` and ``details``; one of the classes below.

    Payloads are dicts with keys of type ``str``. On the way to Java a dict becomes a ``Map``, a list or
    tuple a ``List``, an ndarray of numbers or bools a ``Segment``, bytes a ``byte[]``; on the way back
    the other way round, arrays of Java included. Results hold nothing of Java's.

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
            InvalidArgumentError: Java threw an ``IllegalArgumentException``, or the payload holds what
                cannot be passed.
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


class Py4JCalculator(JavaCalculator):
    """A calculator in the JVM of a Py4J gateway. Any thread may call it: Py4J has a connection for
    each.
    """

    def __init__(
        self, gateway: Any, java_class: str, name: str, config: Mapping[str, Any] | None = None
    ) -> None:
        """Makes the Java object.

        Args:
            gateway: a ``JavaGateway``, of :func:`start_gateway` or of the caller's.
            java_class: as for :class:`JavaCalculator`.
            name: as there.
            config: as there.
        """
        self.gateway = gateway
        super().__init__(java_class, name, config)

    def _guarded(self, call: Any) -> Any:
        from py4j.protocol import Py4JError, Py4JJavaError

        try:
            return call()
        except (LMDBError, JavaError):
            raise
        except Py4JJavaError as error:
            raise self._thrown(error) from error
        except (Py4JError, OSError) as error:
            if self._answers():
                raise JavaError(f"calculator {self.name!r}: {error}") from error
            raise JvmGoneError(
                f"calculator {self.name!r}: the JVM of its gateway does not answer any more: {error}"
            ) from error

    def _answers(self) -> bool:
        from py4j.protocol import Py4JError

        try:
            self.gateway.jvm.java.lang.System.nanoTime()
        except (Py4JError, OSError):
            return False
        return True

    def _thrown(self, error: Any) -> Exception:
        thrown = error.java_exception
        name = str(thrown.getClass().getName())
        failure = self._is(thrown, "com.dishtayantra.lmdb.LmdbFailure")
        return self._error(
            name,
            str(thrown.getMessage()),
            int(thrown.status().code()) if failure else None,
            self._is(thrown, "java.lang.IllegalArgumentException"),
        )

    def _is(self, value: Any, java_class: str) -> bool:
        from py4j.java_gateway import is_instance_of

        return bool(is_instance_of(self.gateway, value, java_class))

    def _class(self, name: str) -> Any:
        found = self.gateway.jvm
        for part in name.split("."):
            found = getattr(found, part)
        return found

    def _new(self, java_class: str, *arguments: Any) -> Any:
        from py4j.java_gateway import JavaPackage

        found = self._class(java_class)
        if isinstance(found, JavaPackage):
            raise JavaError(f"calculator {self.name!r}: the gateway's JVM has no class {java_class}")
        return found(*arguments)

    def _bytes_to_java(self, value: bytes) -> Any:
        return value

    def _kind(self, value: Any) -> str:
        from py4j.java_collections import JavaList, JavaMap, JavaSet
        from py4j.java_gateway import JavaObject

        if isinstance(value, JavaMap):
            return "map"
        if isinstance(value, (JavaList, JavaSet)):
            return "list"
        if isinstance(value, (bytes, bytearray)):
            return "bytes"
        return "array" if isinstance(value, JavaObject) else "single"

    def _items(self, java_map: Any) -> Iterator[tuple[Any, Any]]:
        for entry in java_map.entrySet():
            yield entry.getKey(), entry.getValue()


class JPypeCalculator(JavaCalculator):
    """A calculator in the JVM of this process; :func:`start_jvm` comes before. Any thread may call it:
    JPype attaches those that are new to the JVM.
    """

    def __init__(
        self, java_class: str, name: str, config: Mapping[str, Any] | None = None
    ) -> None:
        """Makes the Java object; the arguments are those of :class:`JavaCalculator`."""
        super().__init__(java_class, name, config)

    def _guarded(self, call: Any) -> Any:
        import jpype

        try:
            return call()
        except jpype.JException as error:
            name = str(error.getClass().getName())
            failure = isinstance(error, jpype.JClass("com.dishtayantra.lmdb.LmdbFailure"))
            raise self._error(
                name,
                str(error.getMessage()),
                int(error.status().code()) if failure else None,
                isinstance(error, jpype.JClass("java.lang.IllegalArgumentException")),
            ) from error

    def _class(self, name: str) -> Any:
        import jpype

        try:
            return jpype.JClass(name)
        except TypeError as error:
            raise JavaError(f"calculator {self.name!r}: {error}") from error

    def _new(self, java_class: str, *arguments: Any) -> Any:
        return self._class(java_class)(*arguments)

    def _bytes_to_java(self, value: bytes) -> Any:
        import jpype

        return jpype.JArray(jpype.JByte)(value)

    def _kind(self, value: Any) -> str:
        import jpype

        if isinstance(value, jpype.JClass("java.util.Map")):
            return "map"
        if isinstance(value, jpype.JClass("java.util.Collection")):
            return "list"
        if isinstance(value, jpype.JArray(jpype.JByte)):
            return "bytes"
        single = (type(None), bool, int, float, str, jpype.JString, jpype.JClass("java.lang.Boolean"))
        return "single" if isinstance(value, single) else "array"

    def _single(self, value: Any) -> Any:
        import jpype

        if isinstance(value, (str, jpype.JString)):
            return str(value)
        if isinstance(value, (bool, jpype.JClass("java.lang.Boolean"))):
            return bool(value)
        if isinstance(value, int):
            return int(value)
        return float(value) if isinstance(value, float) else value

    def _items(self, java_map: Any) -> Iterator[tuple[Any, Any]]:
        for entry in java_map.entrySet():
            yield entry.getKey(), entry.getValue()
