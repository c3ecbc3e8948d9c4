"""Java calculators behind a gateway of Py4J."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ._java import JavaCalculator, JavaError, JvmGoneError
from .errors import LMDBError


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
                f"calculator {self.name!r}: its gateway's JVM does not answer any more: {error}"
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
            raise JavaError(
                f"calculator {self.name!r}: the gateway's JVM has no class {java_class}"
            )
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
