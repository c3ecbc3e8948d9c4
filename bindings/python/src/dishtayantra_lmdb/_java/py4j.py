"""Java calculators behind a gateway of Py4J."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import LMDBError
from . import messages
from .values import JavaCalculator, JavaError, JvmGoneError

_MESSAGES = "com.dishtayantra.calculators.MessageCalculator"


class _Told(logging.Filter):
    """Keeps back what Py4J logs of a call that fails, tracebacks of its sockets: the exception that
    the caller gets says it. Only in threads that are in a call of a calculator of ours.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        ours = getattr(self.calls, "inside", False) and record.levelno >= logging.ERROR
        return not (ours and record.pathname.endswith("py4j/java_gateway.py"))

    @contextmanager
    def inside(self) -> Iterator[None]:
        before = getattr(self.calls, "inside", False)
        self.calls.inside = True
        try:
            yield
        finally:
            self.calls.inside = before


_TOLD = _Told()


class Py4JCalculator(JavaCalculator):
    """A calculator in the JVM of a Py4J gateway; a call is one round trip. Any thread may call it:
    Py4J has a connection for each.
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
        # It logs by its own logger and by the root one.
        for logger in (logging.getLogger("py4j.java_gateway"), logging.getLogger()):
            logger.addFilter(_TOLD)
        self.gateway = gateway
        super().__init__(java_class, name, config)
        self._messages = self._guarded(self._behind_messages)

    def _behind_messages(self) -> Any:
        """The calculator as one that takes a message and answers with one: a round trip a call.
        None: it is called as engines call it, each entry of its maps a round trip of its own.
        """
        from py4j.java_gateway import JavaPackage

        found = self._class(_MESSAGES)
        # A gateway of an engine's need not have it.
        return None if isinstance(found, JavaPackage) else found.of(self.java)

    def _answer(self, payload: Mapping[str, Any]) -> Any:
        if self._messages is None:
            return super()._answer(payload)
        return messages.read(self._messages.calculate(messages.written(payload)))

    def _described(self) -> Any:
        if self._messages is None:
            return super()._described()
        return messages.read(self._messages.details())

    def _translated(self, call: Any) -> Any:
        with _TOLD.inside():
            return self._made(call)

    def _made(self, call: Any) -> Any:
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
            # Proxies that go have nobody to tell.
            self.gateway._gateway_client.is_connected = False
        # Not from the error, whose traceback is one of Py4J's sockets.
        raise JvmGoneError(f"calculator {self.name!r}: {self._jvm()} does not answer any more")

    def _jvm(self) -> str:
        process = self.gateway.java_process
        if process is None:
            at = self.gateway.gateway_parameters
            return f"the JVM of its gateway at {at.address}:{at.port}"
        code = process.poll()
        if code is None:
            return f"its gateway's JVM, pid {process.pid},"
        ended = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"its gateway's JVM, pid {process.pid}, {ended} and"

    def _answers(self) -> bool:
        from py4j.protocol import Py4JError

        try:
            self.gateway.jvm.java.lang.System.nanoTime()
        except (Py4JError, OSError):
            return False
        return True

    def _thrown(self, error: Any) -> Exception:
        thrown = error.java_exception
        failure = self._is(thrown, "com.dishtayantra.lmdb.LmdbFailure")
        return self._error(
            thrown,
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

    def _binary(self, value: bytes) -> Any:
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
