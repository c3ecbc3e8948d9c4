"""Stores and calls of calculators as OpenTelemetry sees them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from conftest import Run
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from wrapping import EXPECTED, LARGE, Direct, double

from dishtayantra_lmdb import LMDBTransport, telemetry, wrap_with_lmdb

SMALL = {"values": [1], "name": "x"}


def collected(reader: InMemoryMetricReader) -> dict[str, dict[tuple[str, ...], float]]:
    data = reader.get_metrics_data()
    metrics = data.resource_metrics[0].scope_metrics[0].metrics if data and data.resource_metrics else []
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for metric in metrics:
        assert metric.description
        for point in metric.data.data_points:
            attributes = dict(point.attributes or {})
            assert attributes.pop("store")
            found.setdefault(metric.name, {})[tuple(str(each) for each in attributes.values())] = point.value
    return found


@pytest.mark.parametrize("entries", [False, True])
def test_metrics_are_read_when_they_are_collected(config: dict[str, Any], store_path: str, entries: bool) -> None:
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader]).get_meter("test")
    wrapped = wrap_with_lmdb(Direct(), {**config, "lmdb_slow_ms": 0}, "calc")
    transport = LMDBTransport.get_instance(store_path)
    telemetry.observe(transport, meter, entries=entries)
    for payload in (LARGE, LARGE, SMALL):
        wrapped.calculate(payload)
    transport.put("key", b"x" * 5000, format="raw")
    found = collected(reader)
    assert found["dishtayantra_lmdb.calls"]["calc", "store"] == 2
    assert found["dishtayantra_lmdb.calls"]["calc", "direct"] == 1
    assert found["dishtayantra_lmdb.io"]["calc", "in"] > 6000
    assert found["dishtayantra_lmdb.call.time"]["calc",] > 0
    assert found["dishtayantra_lmdb.slow_calls"][()] >= 2
    assert ("dishtayantra_lmdb.used" in found) is entries
    if entries:
        assert found["dishtayantra_lmdb.entries"]["default",] >= 1
        assert found["dishtayantra_lmdb.payload"]["default",] >= 5000
        assert 0 < found["dishtayantra_lmdb.used"][()] < found["dishtayantra_lmdb.limit"][()]
        assert found["dishtayantra_lmdb.pins"][()] >= 0
    transport.close()
    assert collected(reader) == {}
    transport.initialize()
    assert collected(reader)["dishtayantra_lmdb.calls"]["calc", "store"] == 2
    transport.close()


def test_each_call_is_a_span(config: dict[str, Any]) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    calculator = telemetry.traced(wrap_with_lmdb(Direct(), config, "calc"), "calc", tracer)
    assert calculator.calculate(LARGE) == EXPECTED
    assert calculator.is_lmdb_enabled()
    assert "traced" in repr(calculator)
    with pytest.raises(TypeError):
        telemetry.traced(lambda data: None + 1, "fails", tracer).calculate(1)  # type: ignore[operator]

    async def later(data: Any) -> Any:
        await asyncio.sleep(0)
        return double(data)

    assert asyncio.run(telemetry.traced(later, "later", tracer).calculate(LARGE)) == EXPECTED
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans][:2] == ["calculate calc", "calculate fails"]
    assert spans[1].events[0].name == "exception"
    assert spans[-1].name == "calculate later"


def test_without_the_package_it_says_what_to_install(run: Run) -> None:
    run(
        """
        import sys
        sys.modules["opentelemetry"] = None
        from dishtayantra_lmdb import telemetry
        for call in (lambda: telemetry.observe(None), lambda: telemetry.traced(None, "x")):
            try:
                call()
            except ImportError as error:
                assert "dishtayantra-lmdb[telemetry]" in str(error), error
            else:
                raise AssertionError
        """
    )
