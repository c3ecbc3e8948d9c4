"""The guide of engines that have ``core.lmdb``, section by section: programs as a reader types them, each in a process
of its own, with nothing but the guide's import line.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import Application

# Section, and the program that it shows.
GUIDE = {
    "configuration of a calculator": """
        from core.lmdb import LMDBCalculatorConfig, LMDBDataExchange, DataFormat

        config = LMDBCalculatorConfig.from_dict({
            "lmdb_enabled": True,
            "lmdb_db_path": "store",
            "lmdb_db_name": "calculations",
            "lmdb_min_size": 1024,
            "lmdb_exchange_mode": "both",
            "lmdb_data_format": "msgpack",
            "lmdb_ttl": 300,
            "lmdb_wait_timeout": 30000,
            "lmdb_poll_interval": 10,
            "lmdb_input_prefix": "input",
            "lmdb_output_prefix": "output",
            "threshold": 0.5,
        })
        assert config.enabled and config.db_name == "calculations" and config.min_payload_size == 1024
        assert config.exchange_mode.value == "both" and config.data_format is DataFormat.MSGPACK
        assert (config.ttl_seconds, config.wait_timeout_ms, config.poll_interval_ms) == (300, 30000, 10)
        assert (config.input_key_prefix, config.output_key_prefix) == ("input", "output")
        assert not LMDBCalculatorConfig.from_dict({}).enabled
    """,
    "the transport": """
        from core.lmdb import DataFormat, LMDBConfig, LMDBTransport

        transport = LMDBTransport(LMDBConfig(db_path="store", map_size=64 * 1024 * 1024, max_dbs=10, ttl_seconds=300))
        assert transport.initialize()
        txn_id = transport.put("market", {"symbol": "AAPL", "prices": [1.0, 2.0]}, ttl=60, source="feed", target="risk")
        assert transport.get("market") == {"symbol": "AAPL", "prices": [1.0, 2.0]}
        payload, envelope = transport.get_raw("market")
        assert envelope.txn_id == txn_id and envelope.key == "market" and envelope.format is DataFormat.MSGPACK
        assert (envelope.size, envelope.source, envelope.target) == (len(payload), "feed", "risk")
        info = transport.get_info()
        assert {"path", "map_size", "max_readers", "num_readers", "entries", "last_txnid"} <= set(info)
        assert transport.delete("market") and not transport.delete("market")
        assert transport.get("market") is None
        transport.close()
        assert transport.get_info() == {} and not transport.delete("market")
    """,
    "the transport of a directory": """
        from core.lmdb import LMDBTransport, get_transport, lmdb_delete, lmdb_get, lmdb_put

        assert get_transport("store") is LMDBTransport.get_instance("store") is get_transport(db_path="store")
        get_transport("store").put("key", [1, 2, 3])
        assert get_transport("store").get("key") == [1, 2, 3]
        lmdb_put("key", {"value": 1})
        assert lmdb_get("key") == {"value": 1} and lmdb_delete("key") and lmdb_get("key") is None
    """,
    "data formats": """
        import numpy as np
        import pyarrow as pa
        from core.lmdb import DataFormat, get_transport

        transport = get_transport("store")
        array = np.random.default_rng(1).normal(size=(100, 50))
        table = pa.table({"price": [1.0, 2.0], "symbol": ["A", "B"]})
        for format, value in [
            (DataFormat.JSON, {"a": [1, "two", None]}),
            (DataFormat.MSGPACK, {"a": [1, "two", None]}),
            (DataFormat.RAW_BYTES, b"raw" * 1000),
            (DataFormat.NUMPY, array),
            (DataFormat.ARROW, table),
        ]:
            transport.put("value", value, format=format)
            found = transport.get("value")
            assert (found == value).all() if format is DataFormat.NUMPY else found == value, format
            assert transport.get_raw("value")[1].format is format
    """,
    "wrapping a calculator": """
        from core.lmdb import LMDBEnabledCalculator, wrap_with_lmdb

        class Statistics:
            def __init__(self, name, config):
                self.name, self.config = name, config

            def calculate(self, data):
                return {"mean": sum(data["values"]) / len(data["values"]), "count": len(data["values"])}

            def details(self):
                return {"name": self.name}

        config = {"lmdb_enabled": True, "lmdb_db_path": "store", "lmdb_min_size": 1024}
        wrapped = wrap_with_lmdb(Statistics("stats", {}), config, "stats")
        assert isinstance(wrapped, LMDBEnabledCalculator) and wrapped.initialize() and wrapped.is_lmdb_enabled()
        for values in ([1.0, 2.0], [float(i) for i in range(10_000)]):
            assert wrapped.calculate({"values": values}) == {"mean": sum(values) / len(values), "count": len(values)}
        assert wrapped.details() == {"name": "stats"} and wrapped.inner.name == "stats"
        info = wrapped.get_lmdb_info()
        assert info["enabled"] and info["calculator_name"] == "stats" and info["data_format"] == "msgpack"
        wrapped.close()
        assert type(wrap_with_lmdb(Statistics("stats", {}), {}, "stats")) is Statistics
    """,
    "exchange modes": """
        from core.lmdb import LMDBExchangeMode, get_transport, wrap_with_lmdb

        def double(data):
            return {"values": [2 * value for value in data["values"]]}

        values = list(range(5000))
        wanted = {"values": [2 * value for value in values]}
        assert [mode.value for mode in LMDBExchangeMode] == ["input", "output", "both", "reference"]
        for mode in ("input", "output", "both"):
            config = {"lmdb_enabled": True, "lmdb_db_path": "store", "lmdb_exchange_mode": mode}
            assert wrap_with_lmdb(double, config, "double").calculate({"values": values}) == wanted, mode
        config = {"lmdb_enabled": True, "lmdb_db_path": "store", "lmdb_exchange_mode": "reference"}
        first, second = wrap_with_lmdb(double, config, "first"), wrap_with_lmdb(double, config, "second")
        reference = second.calculate(first.calculate({"values": values}))
        assert reference["_lmdb_ref"] is True and "values" not in reference
        assert get_transport("store").resolve(reference) == {"values": [4 * value for value in values]}
    """,
    "the exchange by hand": """
        import time
        from core.lmdb import LMDBCalculatorConfig, LMDBDataExchange, get_transport

        config = LMDBCalculatorConfig.from_dict({"lmdb_enabled": True, "lmdb_db_path": "store", "lmdb_min_size": 100})
        exchange = LMDBDataExchange(config, "risk")
        assert exchange.initialize() and exchange.is_enabled()
        small, large = {"a": 1}, {"returns": [0.01] * 1000}
        assert not exchange.should_use_lmdb(small) and exchange.should_use_lmdb(large)
        txn_id = str(time.time_ns())
        input_key = exchange.put_input(large, txn_id)
        output_key = exchange.generate_key(exchange.config.output_key_prefix, txn_id)
        assert (input_key, output_key) == (f"input:risk:{txn_id}", f"output:risk:{txn_id}")

        # The calculator: in another process, or language.
        transport = get_transport(exchange.config.db_path)
        transport.put(output_key, {"sum": sum(transport.get(input_key)["returns"])})

        assert abs(exchange.get_output(txn_id)["sum"] - 10) < 1e-9
        exchange.cleanup(txn_id)
        assert not transport.contains(input_key) and not transport.contains(output_key)
        assert exchange.get_exchange_info()["output_prefix"] == "output"
    """,
    "a calculator in Python that reads references": """
        from core.lmdb import LMDBCalculatorMixin, wrap_with_lmdb

        class Risk(LMDBCalculatorMixin):
            def calculate(self, data):
                if not data.get("_lmdb_ref"):
                    return {"worst": min(data["returns"])}
                keys = data["_lmdb_input_key"], data["_lmdb_output_key"]
                self.enable_lmdb(data["_lmdb_db_path"], *keys, data["_lmdb_db_name"])
                assert self.is_lmdb_enabled() and self.lmdb_get_db_path() == data["_lmdb_db_path"]
                self.lmdb_write_output({"worst": min(self.lmdb_read_input()["returns"])})
                return {"_lmdb_output_written": True}

        risk = wrap_with_lmdb(Risk(), {"lmdb_enabled": True, "lmdb_db_path": "store"}, "risk")
        assert risk.calculate({"returns": [float(i) for i in range(5000)]}) == {"worst": 0.0}
        assert risk.calculate({"returns": [1.0]}) == {"worst": 1.0}
    """,
    "calculators in C++ and Rust": """
        import dishtayantra_calculators as in_cpp
        import dishtayantra_rust_calculators as in_rust
        from core.lmdb import wrap_with_lmdb

        returns = [0.001 * ((7 * i) % 11 - 5) for i in range(5000)]
        answers = []
        for language in (in_cpp, in_rust):
            native = language.RiskCalculator("risk", {"level": 0.95})
            wrapped = wrap_with_lmdb(native, {"lmdb_enabled": True, "lmdb_db_path": "store"}, "risk")
            answers += [native.calculate({"returns": returns}), wrapped.calculate({"returns": returns})]
            assert native.details()["references"] == 1
        assert answers[0] == answers[1] and answers[2] == answers[3]
        assert set(answers[0]) == set(answers[2])
    """,
    "calculators in Java": """
        from dishtayantra_lmdb import java
        from core.lmdb import wrap_with_lmdb

        gateway = java.start_gateway()
        native = java.Py4JCalculator(gateway, "com.dishtayantra.calculators.MatrixProcessorCalculator", "matrix", {})
        wrapped = wrap_with_lmdb(native, {"lmdb_enabled": True, "lmdb_db_path": "store"}, "matrix")
        answer = wrapped.calculate({"values": [[float(i + j) for j in range(100)] for i in range(100)]})
        assert (answer["rows"], answer["columns"], answer["mean"]) == (100, 100, 99.0)
        java.stop_gateway(gateway)
    """,
    "a native that knows nothing of references": """
        from core.lmdb import wrap_with_lmdb

        class Native:
            def calculate(self, data):
                return {"count": len(data.get("values", []))}

        wrapped = wrap_with_lmdb(Native(), {"lmdb_enabled": True, "lmdb_db_path": "store"}, "native")
        for _ in range(3):
            assert wrapped.calculate({"values": list(range(5000))}) == {"count": 5000}
    """,
    "time to live": """
        import time
        from core.lmdb import get_transport

        transport = get_transport("store")
        transport.put("short", [1], ttl=1)
        transport.put("kept", [2], ttl=0)
        assert transport.get("short") == [1]
        deadline = time.monotonic() + 30
        while transport.get("short") is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert transport.get("short") is None and transport.get("kept") == [2]
        transport.sweep()
        assert transport.keys() == ["kept"]
    """,
    "what goes wrong": """
        import logging
        from core.lmdb import LMDBConfig, LMDBDataExchange, LMDBTransport, wrap_with_lmdb

        logging.disable(logging.CRITICAL)
        open("file", "w").close()
        transport = LMDBTransport(LMDBConfig(db_path="file/store"))
        assert not transport.initialize()
        try:
            transport.put("key", 1)
        except RuntimeError as error:
            assert "is not open" in str(error)
        else:
            raise AssertionError("a transport that is not open took a payload")
        config = {"lmdb_enabled": True, "lmdb_db_path": "file/store"}
        exchange = LMDBDataExchange(config, "risk")
        assert not exchange.initialize() and exchange.put_input({"a": [0.0] * 1000}, "1") is None
        wrapped = wrap_with_lmdb(lambda data: {"count": len(data["values"])}, config, "count")
        assert wrapped.calculate({"values": [1.0] * 5000}) == {"count": 5000}
        try:
            wrap_with_lmdb(print, {"lmdb_enabled": True, "lmdb_exchange_mode": "sideways"}, "print")
        except ValueError as error:
            assert "lmdb_exchange_mode" in str(error)
        else:
            raise AssertionError("an unknown mode was taken")
    """,
}


@pytest.mark.parametrize("section", GUIDE)
def test_a_section_works_as_it_is_written(application: Application, tmp_path: Path, section: str) -> None:
    printed = application(GUIDE[section], hook=True, environment={"LMDB_DB_PATH": str(tmp_path / "default")})
    # Warnings of what the guide says to do would be advice against it.
    warned = re.findall(r".*(?:Warning|ERROR).*", printed)
    assert not warned, warned


def test_every_section_has_the_import_line_alone() -> None:
    taken = {line for program in GUIDE.values() for line in re.findall(r"from (\S+)\.lmdb import", program)}
    assert taken == {"core"}
