"""What an engine calls under the names of ``core.lmdb``, and what it expects of each."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from core.lmdb import (
    DataEnvelope,
    DataFormat,
    LMDBCalculatorConfig,
    LMDBCalculatorMixin,
    LMDBConfig,
    LMDBDataExchange,
    LMDBEnabledCalculator,
    LMDBExchangeMode,
    LMDBTransport,
    get_transport,
    wrap_with_lmdb,
)

from .conftest import Application
from .workers import bare

LARGE = {"values": list(range(5000))}


class Hostile(Mapping[Any, Any]):
    """Fails whatever is asked of it."""

    def __getitem__(self, key: object) -> Any:
        raise OSError("no")

    def __len__(self) -> int:
        raise OSError("no")

    def __iter__(self) -> Iterator[Any]:
        raise OSError("no")

    def __bool__(self) -> bool:
        raise OSError("no")

    def __eq__(self, other: object) -> bool:
        raise OSError("no")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise OSError("no")


def endless() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


ODD = {
    "none": None,
    "object": object(),
    "hostile": Hostile(),
    "hostile inside": {"a": Hostile(), "b": "x" * 5000},
    "itself": endless(),
    "generator": (n for n in range(3)),
    "lock": {"lock": threading.Lock(), "b": "x" * 5000},
    "surrogate": {"a": "\ud800" * 5000},
    "huge int": {"a": 1 << 4000, "b": "x" * 5000},
    "deep": {"a": [[[[]]]] * 3000},
    "type": LMDBConfig,
    "module": logging,
}


@pytest.fixture
def exchange(store_path: str) -> Iterator[LMDBDataExchange]:
    opened = LMDBDataExchange(LMDBCalculatorConfig.from_dict(bare(store_path)), "calc")
    assert opened.initialize() is True
    yield opened
    opened.close()


# --- LMDBCalculatorConfig --------------------------------------------------------------------------------------------


def test_fields_of_a_calculators_configuration() -> None:
    settings = {
        "enabled": True,
        "db_path": "/tmp/x",
        "db_name": "n",
        "exchange_mode": LMDBExchangeMode.REFERENCE,
        "data_format": DataFormat.ARROW,
        "input_key_prefix": "in",
        "output_key_prefix": "out",
        "ttl_seconds": 5,
        "min_payload_size": 7,
        "wait_timeout_ms": 9,
        "poll_interval_ms": 1,
    }
    config = LMDBCalculatorConfig(**settings)
    assert {name: getattr(config, name) for name in settings} == settings
    assert list(settings) == [field.name for field in dataclasses.fields(config)][: len(settings)]
    assert [mode.name for mode in LMDBExchangeMode] == ["INPUT_ONLY", "OUTPUT_ONLY", "BIDIRECTIONAL", "REFERENCE"]
    assert [kind.name for kind in DataFormat] == ["JSON", "MSGPACK", "RAW_BYTES", "NUMPY", "ARROW"]


def test_anything_may_be_in_the_whole_configuration() -> None:
    whole = {**ODD, 5: 6, None: None, b"x": Hostile(), "db_path": None, "timeout": "soon", "mode": object()}
    config = LMDBCalculatorConfig.from_dict(whole)
    assert config == LMDBCalculatorConfig.from_dict({})
    assert not config.enabled


def test_bare_names_count_only_where_the_others_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = LMDBCalculatorConfig.from_dict(bare("relative"))
    assert (config.enabled, config.db_name, config.min_payload_size) == (True, "nodes", 512)
    assert (config.db_path, config.map_size) == (str(tmp_path / "relative"), 64 << 20)
    prefixed = {"lmdb_enabled": False, "lmdb_db_path": "/a", "lmdb_db_name": "b", "lmdb_min_size": 1}
    config = LMDBCalculatorConfig.from_dict({**bare("relative"), **prefixed, "lmdb_map_size": 1 << 25})
    assert (config.enabled, config.db_path, config.db_name) == (False, "/a", "b")
    assert (config.min_payload_size, config.map_size) == (1, 1 << 25)


# --- LMDBDataExchange ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("open_store", [True, False])
@pytest.mark.parametrize("what", ODD)
def test_an_exchange_never_raises_whatever_it_gets(tmp_path: Path, what: str, open_store: bool) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / ("store" if open_store else "file/store")
    exchange = LMDBDataExchange(LMDBCalculatorConfig.from_dict(bare(str(path))), "calc")
    assert exchange.initialize() is open_store
    assert exchange.is_enabled() is open_store
    assert type(exchange.should_use_lmdb(ODD[what])) is bool
    txn_id = str(time.time_ns())
    key = exchange.put_input(ODD[what], txn_id)
    assert key in (None, f"input:calc:{txn_id}")
    exchange.cleanup(txn_id)
    for odd in (None, "", "x" * 600, 5, b"\xff", "\ud800"):
        exchange.cleanup(odd)  # type: ignore[arg-type]
        assert exchange.put_input(LARGE, odd) is None or odd in (None, "", 5, b"\xff")  # type: ignore[arg-type]
    exchange.close()


def test_keys_have_three_parts(exchange: LMDBDataExchange) -> None:
    assert exchange.generate_key("prefix", "17") == "prefix:calc:17"
    assert exchange.put_input(LARGE, "17") == "input:calc:17"


def test_the_engine_keeps_the_natives_answer_when_there_is_no_output(exchange: LMDBDataExchange) -> None:
    transport = get_transport(exchange.config.db_path)
    exchange.put_input(LARGE, "1")
    assert transport.get("input:calc:1", db_name="nodes") == LARGE
    assert exchange.get_output("1", wait=False) is None
    transport.put("output:calc:1", {"a": 1}, db_name="nodes")
    assert exchange.get_output("1") == {"a": 1}


@pytest.mark.parametrize("mode", ["input", "both", "reference"])
def test_an_output_that_is_there_is_taken_and_cleaned_up_in_every_mode(store_path: str, mode: str) -> None:
    config = LMDBCalculatorConfig.from_dict(bare(store_path, lmdb_exchange_mode=mode))
    exchange = LMDBDataExchange(config, "calc")
    assert exchange.initialize()
    assert exchange.put_input(LARGE, "1")
    transport = get_transport(store_path)
    transport.put("output:calc:1", {"a": 1, "_txn_id": "1"}, db_name="nodes")
    assert exchange.get_output("1") == {"a": 1}
    exchange.cleanup("1")
    assert transport.keys(db_name="nodes") == []
    exchange.close()


def test_what_the_engine_reads_of_an_exchange(exchange: LMDBDataExchange, store_path: str) -> None:
    assert exchange.calculator_name == "calc"
    config = exchange.config
    assert (config.output_key_prefix, config.db_path, config.db_name) == ("output", store_path, "nodes")
    assert config.data_format.value == "msgpack"
    assert set(exchange.get_exchange_info()) == {
        "enabled",
        "db_path",
        "db_name",
        "input_prefix",
        "output_prefix",
        "calculator_name",
        "data_format",
        "ttl_seconds",
    }


# --- LMDBEnabledCalculator -------------------------------------------------------------------------------------------


class Calculator:
    name = "inner name"

    def __init__(self) -> None:
        self.closed = False

    def calculate(self, data: Any) -> Any:
        return {"sum": sum(data["values"])}

    def details(self) -> dict[str, Any]:
        return {"type": "Calculator"}

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("as_dict", [True, False])
def test_a_wrapped_calculator_is_what_an_engine_expects(store_path: str, as_dict: bool) -> None:
    settings = bare(store_path)
    inner = Calculator()
    config = settings if as_dict else LMDBCalculatorConfig.from_dict(settings)
    wrapped = LMDBEnabledCalculator(inner, config, "calc")
    assert (wrapped.inner, wrapped.calculator_name) == (inner, "calc")
    assert wrapped.config == LMDBCalculatorConfig.from_dict(settings)
    assert isinstance(wrapped.exchange, LMDBDataExchange)
    assert wrapped.initialize() is True
    assert wrapped.is_lmdb_enabled() is True
    info = wrapped.get_lmdb_info()
    assert info.pop("calls")["direct"] == 0
    assert info == wrapped.exchange.get_exchange_info()
    assert (wrapped.name, wrapped.details()) == ("inner name", {"type": "Calculator"})
    assert wrapped.calculate(LARGE) == {"sum": sum(LARGE["values"])}
    wrapped.close()
    assert inner.closed
    assert not wrapped.is_lmdb_enabled()


def test_callables_are_calculators_too(store_path: str) -> None:
    wrapped = LMDBEnabledCalculator(lambda data: {"n": len(data["values"])}, bare(store_path), "calc")
    assert wrapped.initialize()
    assert wrapped.calculate(LARGE) == {"n": 5000}
    wrapped.close()


def test_a_calculator_whose_exchange_is_not_enabled_stays_itself() -> None:
    inner = Calculator()
    for config in ({}, {"lmdb_enabled": False}, LMDBCalculatorConfig()):
        assert wrap_with_lmdb(inner, config, "calc") is inner


# --- LMDBTransport, LMDBConfig, DataEnvelope, LMDBCalculatorMixin ----------------------------------------------------


def test_a_transport_before_it_is_open(store_path: str) -> None:
    transport = LMDBTransport(LMDBConfig(db_path=store_path))
    for call in (lambda: transport.put("k", 1), lambda: transport.get("k"), lambda: transport.get_raw("k")):
        with pytest.raises(RuntimeError):
            call()
    assert transport.delete("k") is False
    assert transport.get_info() == {}
    assert transport.config.db_path == store_path


def test_initialize_logs_instead_of_raising(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.ERROR, "core.lmdb"):
        assert LMDBTransport(LMDBConfig(db_path=str(tmp_path / "file" / "store"))).initialize() is False
    assert [record.name for record in caplog.records] == ["core.lmdb"]


def test_figures_of_an_open_transport(store_path: str) -> None:
    with LMDBTransport(LMDBConfig(db_path=store_path, map_size=1 << 26, max_readers=64)) as transport:
        transport.put("k", 1)
        info = transport.get_info()
        figures = ["map_size", "last_pgno", "last_txnid", "max_readers", "num_readers", "entries", "depth"]
        figures += ["branch_pages", "leaf_pages", "overflow_pages"]
        assert all(type(info[name]) is int for name in figures)
        assert (info["path"], info["map_size"], info["entries"]) == (store_path, 1 << 26, 1)
        assert info["max_readers"] == 64


def test_get_transport_honours_its_path(tmp_path: Path) -> None:
    first, second = get_transport(str(tmp_path / "a")), get_transport(str(tmp_path / "b"))
    first.put("k", 1)
    assert second.get("k") is None
    assert (first.get_db_path(), get_transport(str(tmp_path / "a"))) == (str(tmp_path / "a"), first)


def test_fields_of_a_transports_configuration() -> None:
    settings = {
        "db_path": "/tmp/x",
        "map_size": 1 << 26,
        "max_dbs": 5,
        "data_format": DataFormat.JSON,
        "ttl_seconds": 5,
        "read_ahead": False,
        "sync_mode": True,
        "max_readers": 9,
        "cleanup_interval": 1,
        "compress_threshold": 10,
        "metadata_db": "m",
    }
    config = LMDBConfig(**settings)  # type: ignore[arg-type]
    assert {name: getattr(config, name) for name in settings} == settings
    for accepted in ("read_ahead", "cleanup_interval", "compress_threshold", "metadata_db"):
        assert f"{accepted}: accepted, does nothing" in (LMDBConfig.__doc__ or "")


PROPERTIES = """
class PropertiesConfigurator:
    def get(self, name, default=None):
        return {
            "lmdb.db.path": "/tmp/of_the_engine",
            "lmdb.map.size": "67108864",
            "lmdb.max.dbs": "7",
            "lmdb.ttl.seconds": "11",
            "lmdb.max.readers": "13",
            "lmdb.cleanup.interval": "17",
        }.get(name, default)
"""


@pytest.mark.parametrize("hook", [False, True])
def test_properties_of_an_engine(application: Application, hook: bool) -> None:
    application(
        """
from dishtayantra_lmdb import compat
compat.install()
from core.lmdb import LMDBConfig
config = LMDBConfig.from_properties()
assert (config.db_path, config.map_size, config.max_dbs) == ("/tmp/of_the_engine", 1 << 26, 7)
assert (config.ttl_seconds, config.max_readers, config.cleanup_interval) == (11, 13, 17)
""",
        {"core/__init__.py": "", "core/properties_configurator.py": PROPERTIES},
        hook=hook,
    )


def test_without_properties_the_defaults_count(application: Application) -> None:
    application("from core.lmdb import LMDBConfig\nassert LMDBConfig.from_properties() == LMDBConfig()", hook=True)


def test_envelopes_survive_their_bytes(store_path: str) -> None:
    with LMDBTransport(LMDBConfig(db_path=store_path, map_size=1 << 26, checksum=True)) as transport:
        transport.put("k", LARGE, ttl=60, source="s", target="t")
        raw = transport.get_raw("k")
    assert raw is not None
    envelope = raw[1]
    assert DataEnvelope.from_bytes(envelope.to_bytes()) == envelope
    assert [field.name for field in dataclasses.fields(DataEnvelope)] == [
        "txn_id",
        "key",
        "format",
        "timestamp",
        "ttl",
        "size",
        "compressed",
        "source",
        "target",
        "checksum",
    ]
    assert (envelope.key, envelope.ttl, envelope.source, envelope.target) == ("k", 60, "s", "t")
    assert envelope.checksum
    assert not envelope.compressed
    assert abs(envelope.timestamp - time.time()) < 3600
    assert envelope.size == len(raw[0])


def test_the_mixin(store_path: str) -> None:
    class Mixed(LMDBCalculatorMixin):
        pass

    mixed, transport = Mixed(), get_transport(store_path)
    assert mixed.is_lmdb_enabled() is False
    assert mixed.lmdb_get_db_path() is None
    transport.put("in", LARGE, db_name="n")
    assert mixed.enable_lmdb(store_path, "in", "out", "n") is True
    assert mixed.is_lmdb_enabled() is True
    assert mixed.lmdb_read_input() == LARGE
    assert mixed.lmdb_write_output({"a": 1})
    assert transport.get("out", db_name="n") == {"a": 1}
    assert mixed.lmdb_get_db_path() == store_path


# --- natives ---------------------------------------------------------------------------------------------------------


def test_classes_in_cpp_are_what_an_engine_expects() -> None:
    from .natives import NATIVES

    for name, native in NATIVES.items():
        calculator = native.make("calc", {"any": "thing"})
        assert dict(calculator.details())["name"] == "calc", name
        assert dict(calculator.calculate({"values": [1.0, 2.0]}))["sum"] == 3.0, name
        calculator.attached = 5
        assert calculator.attached == 5


def test_references_lead_to_allowed_stores_alone(application: Application, tmp_path: Path) -> None:
    application(
        f"""
from dishtayantra_lmdb import LMDBConfig, LMDBDataExchange, LMDBTransport, StorePermissionError
root = {str(tmp_path / "root")!r}
transports = [LMDBTransport(LMDBConfig(db_path=path, map_size=8 << 20)) for path in (root + "/a", root + "-not/b")]
references = []
for transport in transports:
    with transport:
        transport.put("k", transport.get_db_path())
    references.append({{"_lmdb_ref": True, "_lmdb_input_key": "k", "_lmdb_db_path": transport.get_db_path()}})
config = {{"lmdb_enabled": True, "lmdb_db_path": root + "/own", "lmdb_allowed_roots": [root]}}
exchange = LMDBDataExchange(config, "calc")
assert exchange.initialize() and exchange.config.allowed_roots == [root]
own = LMDBTransport(LMDBConfig(db_path=root + "/own")).open()
assert own.resolve(references[0]) == root + "/a"
try:
    own.resolve(references[1])
except StorePermissionError as error:
    assert "allowed" in str(error), error
else:
    raise SystemExit("it was followed")
with transports[1]:
    assert own.resolve(references[1]) == root + "-not/b"
"""
    )
