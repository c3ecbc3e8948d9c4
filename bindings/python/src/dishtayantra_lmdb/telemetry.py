"""What a store and the calls of calculators do, for OpenTelemetry; needs ``opentelemetry-api``.

::

    from dishtayantra_lmdb import telemetry

    telemetry.observe(transport)                      # metrics, of every process of the store
    calculator = telemetry.traced(calculator, "risk")  # a span for each call

Nothing is counted for it: metrics are read from the store when they are collected, so one process
that observes is enough, and calls cost what they did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ._library import optional
from ._store.transport import LMDBTransport
from .errors import LMDBError

__all__ = ["observe", "traced"]

_SCOPE = "dishtayantra_lmdb"
_ROUTES = {
    "through_store": "store",
    "direct": "direct",
    "repeated": "repeated",
    "refused": "refused",
    "failed": "failed",
}
Point = tuple[float, dict[str, str]]


def observe(transport: LMDBTransport, meter: Any = None, entries: bool = False) -> None:
    """Has OpenTelemetry collect the metrics of a store, as long as the transport is open.

    ====================================  ========================================================
    ``dishtayantra_lmdb.calls``           calls of a ``calculator`` by ``route``: ``store``,
                                          ``direct``, ``repeated``, ``refused``, ``failed``
    ``dishtayantra_lmdb.io``              bytes through the store by ``direction``: ``in``, ``out``
    ``dishtayantra_lmdb.call.time``       seconds of whole calls through the store
    ``dishtayantra_lmdb.slow_calls``      calls over ``lmdb_slow_ms``
    ``dishtayantra_lmdb.entries``         live entries of a ``database``
    ``dishtayantra_lmdb.payload``         bytes of live payloads of a ``database``
    ``dishtayantra_lmdb.used``            bytes of the store that are in use; ``.limit`` how far it
                                          may grow
    ``dishtayantra_lmdb.pins``            views that keep payloads in place
    ====================================  ========================================================

    Args:
        transport: an open transport.
        meter: default that of the global provider.
        entries: the last five too. Whoever collects them walks all entries of the store.

    Raises:
        ImportError: ``opentelemetry-api`` is not there.
    """
    optional.module("opentelemetry", "telemetry.observe")
    from opentelemetry import metrics

    if meter is None:
        meter = metrics.get_meter(_SCOPE)
    path = {"store": transport.config.db_path}

    def add(
        make: Any,
        name: str,
        unit: str,
        description: str,
        source: Callable[[], dict[str, Any]],
        read: Callable[[dict[str, Any]], Iterable[Point]],
    ) -> None:
        def observed(options: Any) -> Iterable[Any]:
            try:
                found = source()
            except LMDBError:
                # Closed, or its files are gone.
                return []
            return [metrics.Observation(value, {**path, **more}) for value, more in read(found)]

        make(f"{_SCOPE}.{name}", [observed], unit=unit, description=description)

    counter, gauge = meter.create_observable_counter, meter.create_observable_gauge
    calls, stats = transport.calls, transport.stats
    add(counter, "calls", "{call}", "Calls of calculators", calls, _calls)
    add(counter, "io", "By", "Bytes of payloads through the store", calls, _bytes)
    add(counter, "call.time", "s", "Time of calls through the store", calls, _seconds)
    add(
        counter,
        "slow_calls",
        "{call}",
        "Calls over lmdb_slow_ms",
        calls,
        lambda found: [(found["slow_calls_ever"], {})],
    )
    if not entries:
        return
    add(gauge, "entries", "{entry}", "Live entries", stats, lambda found: _of(found, "entries"))
    add(gauge, "payload", "By", "Live payloads", stats, lambda found: _of(found, "bytes"))
    add(gauge, "used", "By", "In use", stats, lambda found: [(_used(found["map"]), {})])
    add(gauge, "limit", "By", "Limit", stats, lambda found: [(found["map"]["limit"], {})])
    add(gauge, "pins", "{view}", "Views in place", stats, lambda found: [(len(found["pins"]), {})])


def _calls(found: dict[str, Any]) -> Iterable[Point]:
    for row in found["calculators"]:
        for name, route in _ROUTES.items():
            yield row[name], {"calculator": row["name"], "route": route}


def _bytes(found: dict[str, Any]) -> Iterable[Point]:
    for row in found["calculators"]:
        for direction in ("in", "out"):
            yield (
                row[f"bytes_{direction}"],
                {"calculator": row["name"], "direction": direction},
            )


def _seconds(found: dict[str, Any]) -> Iterable[Point]:
    for row in found["calculators"]:
        yield row["us"]["call"]["total_us"] / 1e6, {"calculator": row["name"]}


def _of(found: dict[str, Any], field: str) -> Iterable[Point]:
    for name, database in found["databases"].items():
        yield database[field], {"database": name}


def _used(space: dict[str, Any]) -> int:
    return int(space["high_water"] - space["free"])


def traced(calculator: Any, name: str, tracer: Any = None) -> Any:
    """A calculator, wrapped or not, whose every call is a span.

    Args:
        calculator: an object with ``calculate``, or a callable.
        name: the span's attribute ``calculator``.
        tracer: default that of the global provider.

    Returns:
        An object with ``calculate`` whose other attributes are the calculator's. Exceptions are
        recorded; a calculator that answers by an awaitable has a second span, until that is done.

    Raises:
        ImportError: ``opentelemetry-api`` is not there.
    """
    optional.module("opentelemetry", "telemetry.traced")
    from opentelemetry import trace

    return _Traced(calculator, name, tracer or trace.get_tracer(_SCOPE))


class _Traced:
    """A calculator whose calls are spans."""

    def __init__(self, inner: Any, name: str, tracer: Any) -> None:
        self.inner = inner
        self._name = name
        self._tracer = tracer

    def __getattr__(self, name: str) -> Any:
        if name == "inner" or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)
        return getattr(self.inner, name)

    def __repr__(self) -> str:
        return f"<traced {self.inner!r}>"

    def _span(self) -> Any:
        return self._tracer.start_as_current_span(
            f"calculate {self._name}", attributes={"calculator": self._name}
        )

    def calculate(self, data: Any) -> Any:
        """As the calculator's."""
        calculate = getattr(self.inner, "calculate", self.inner)
        with self._span():
            answer = calculate(data)
        # Only what it awaits is its work, if it does.
        return self._later(answer) if hasattr(type(answer), "__await__") else answer

    async def _later(self, answer: Any) -> Any:
        with self._span():
            return await answer
