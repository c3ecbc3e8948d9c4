"""Java calculators in the JVM of this process, through JPype."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .values import JavaCalculator, JavaError


class JPypeCalculator(JavaCalculator):
    """A calculator in the JVM of this process; :func:`start_jvm` comes before. Any thread may call
    it: JPype attaches those that are new to the JVM.
    """

    def __init__(self, java_class: str, name: str, config: Mapping[str, Any] | None = None) -> None:
        """Makes the Java object; the arguments are those of :class:`JavaCalculator`."""
        super().__init__(java_class, name, config)

    def _translated(self, call: Any) -> Any:
        import jpype

        try:
            return call()
        except jpype.JException as error:
            failure = isinstance(error, jpype.JClass("com.dishtayantra.lmdb.LmdbFailure"))
            raise self._error(
                error,
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

    def _binary(self, value: bytes) -> Any:
        import jpype

        return jpype.JArray(jpype.JByte)(value)

    def _kind(self, value: Any) -> str:
        import jpype

        if isinstance(value, jpype.JClass("java.util.Map")):
            return "map"
        kinds = (jpype.JClass("java.util.Collection"), jpype.JArray(jpype.JObject))
        if isinstance(value, kinds):
            return "list"
        if isinstance(value, jpype.JArray(jpype.JByte)):
            return "bytes"
        single = (
            type(None),
            bool,
            int,
            float,
            str,
            jpype.JString,
            jpype.JClass("java.lang.Boolean"),
        )
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
