"""Settings: the names, the fall-backs and what is said of a wrong value."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import pickle
import sys
import types
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from conftest import MAP_SIZE

from dishtayantra_lmdb import (
    ConfigError,
    DataFormat,
    LMDBCalculatorConfig,
    LMDBConfig,
    LMDBDataExchange,
    LMDBExchangeMode,
    LMDBTransport,
    get_transport,
    wrap_with_lmdb,
)
from dishtayantra_lmdb._library import properties as _properties
from dishtayantra_lmdb.lmdb_types import default_db_path


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LMDB_DB_PATH", raising=False)
    for config in (LMDBCalculatorConfig(), LMDBCalculatorConfig.from_dict({})):
        assert config == LMDBCalculatorConfig(
            enabled=False,
            db_path="/tmp/dishtayantra_lmdb",
            db_name="default",
            exchange_mode=LMDBExchangeMode.BIDIRECTIONAL,
            data_format=DataFormat.MSGPACK,
            input_key_prefix="input",
            output_key_prefix="output",
            ttl_seconds=300,
            min_payload_size=1024,
            wait_timeout_ms=30000,
        )
    assert LMDBConfig().db_path == "/tmp/dishtayantra_lmdb"
    assert (LMDBConfig().map_size, LMDBConfig().max_readers, LMDBConfig().max_dbs) == (
        0,
        512,
        100,
    )


def test_every_key_is_read(tmp_path: Path) -> None:
    given = {
        "lmdb_enabled": True,
        "lmdb_db_path": str(tmp_path),
        "lmdb_db_name": "name",
        "lmdb_min_size": 7,
        "lmdb_exchange_mode": "reference",
        "lmdb_data_format": "arrow",
        "lmdb_ttl": 0,
        "lmdb_wait_timeout": 5,
        "lmdb_input_prefix": "in",
        "lmdb_output_prefix": "out",
        "lmdb_map_size": 4 << 20,
        "lmdb_max_readers": 9,
        "lmdb_max_dbs": 3,
        "lmdb_checksum": True,
        "lmdb_durability": "sync",
        "lmdb_segments": False,
        "lmdb_pack_lists": False,
        "lmdb_tables": False,
        "lmdb_arrays": "ndarray",
        "lmdb_materialise": True,
        "lmdb_prefault": 0,
        "lmdb_mode": "0770",
        "lmdb_poll_interval": 10,
        "lmdb_allowed_roots": [str(tmp_path), "/elsewhere"],
        "lmdb_path_map": {"/their/mount": str(tmp_path), "/elsewhere": "/here"},
        "lmdb_validate_arrow": True,
        "lmdb_slow_ms": 3,
    }
    config = LMDBCalculatorConfig.from_dict(given)
    assert config.to_dict() == given
    assert config.exchange_mode is LMDBExchangeMode.REFERENCE
    assert config.data_format is DataFormat.ARROW
    assert LMDBCalculatorConfig.from_dict(config.to_dict()) == config
    assert len(given) == len(dataclasses.fields(config))


def test_the_whole_configuration_of_a_calculator_may_come(caplog: pytest.LogCaptureFixture) -> None:
    strange = object()
    config = LMDBCalculatorConfig.from_dict(
        {
            "name": strange,
            "mode": strange,
            "ttl": strange,
            "checksum": strange,
            5: strange,
            "nested": {"lmdb_enabled": True},
        }
    )
    assert config == LMDBCalculatorConfig()
    assert not caplog.records


def test_bare_names_count_where_the_others_are_missing(tmp_path: Path) -> None:
    bare = {
        "enabled": True,
        "db_path": str(tmp_path / "bare"),
        "db_name": "bare",
        "min_payload_size": 5,
        "map_size_mb": 7,
    }
    config = LMDBCalculatorConfig.from_dict(bare)
    assert (config.enabled, config.db_path, config.db_name) == (True, bare["db_path"], "bare")
    assert (config.min_payload_size, config.map_size) == (5, 7 << 20)
    both = {
        **bare,
        "lmdb_enabled": False,
        "lmdb_db_path": str(tmp_path),
        "lmdb_db_name": "full",
        "lmdb_min_size": 6,
        "lmdb_map_size": 4 << 20,
    }
    config = LMDBCalculatorConfig.from_dict(both)
    assert (config.enabled, config.db_path, config.db_name) == (False, str(tmp_path), "full")
    assert (config.min_payload_size, config.map_size) == (6, 4 << 20)


def test_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for config in (
        LMDBCalculatorConfig.from_dict({"lmdb_db_path": "store"}),
        LMDBCalculatorConfig.from_dict({"lmdb_db_path": Path("store")}),
        LMDBCalculatorConfig(db_path="store"),
        LMDBConfig(db_path="store"),
    ):
        assert config.db_path == str(tmp_path / "store")
    monkeypatch.setenv("LMDB_DB_PATH", str(tmp_path / "named"))
    assert LMDBCalculatorConfig.from_dict({}).db_path == str(tmp_path / "named")
    assert LMDBConfig().db_path == str(tmp_path / "named")


def test_values_may_be_enums_and_numpy_numbers() -> None:
    config = LMDBCalculatorConfig.from_dict(
        {
            "lmdb_exchange_mode": LMDBExchangeMode.INPUT_ONLY,
            "lmdb_data_format": DataFormat.NUMPY,
            "lmdb_min_size": np.int64(5),
            "lmdb_checksum": np.bool_(True),
        }
    )
    assert config.exchange_mode is LMDBExchangeMode.INPUT_ONLY
    assert config.data_format is DataFormat.NUMPY
    assert config.min_payload_size == 5
    assert config.checksum is True


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("lmdb_enabled", "yes", "true"),
        ("lmdb_enabled", 1, "true"),
        ("lmdb_min_size", -1, "0"),
        ("lmdb_min_size", "many", "integer"),
        ("lmdb_ttl", 1.5, "integer"),
        ("lmdb_ttl", None, "integer"),
        ("lmdb_exchange_mode", "sideways", '"both"'),
        ("lmdb_data_format", "xml", '"msgpack"'),
        ("lmdb_db_path", "", "path"),
        ("lmdb_db_name", "_dy_meta", "name"),
        ("lmdb_mode", "rwx", "octal"),
        ("lmdb_durability", "never", '"sync"'),
        ("lmdb_map_size", object(), "number"),
        ("lmdb_ttl", [1], "number"),
    ],
)
def test_a_wrong_value_names_key_value_and_what_is_allowed(key: str, value: Any, allowed: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LMDBCalculatorConfig.from_dict({key: value})
    message = str(caught.value)
    assert isinstance(caught.value, ValueError)
    shown = json.dumps(value) if value is None or isinstance(value, (str, int, float)) else str(value)
    assert key in message
    assert shown in message
    assert allowed in message


def test_an_unknown_key_is_warned_of_with_the_nearest(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "core.lmdb"):
        LMDBCalculatorConfig.from_dict({"lmdb_exchang_mode": "both"})
    assert "lmdb_exchang_mode" in caplog.text
    assert "lmdb_exchange_mode" in caplog.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("map_size", -1),
        ("map_size", "big"),
        ("map_size", True),
        ("max_dbs", -1),
        ("max_readers", 1.5),
        ("data_format", "xml"),
        ("ttl_seconds", -1),
    ],
)
def test_a_transport_with_a_wrong_setting(field: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=str(value)):
        LMDBConfig(**{field: value})


def test_names_become_enums() -> None:
    config: Any = LMDBCalculatorConfig(exchange_mode="input", data_format="numpy")  # type: ignore[arg-type]
    assert config.exchange_mode is LMDBExchangeMode.INPUT_ONLY
    assert config.data_format is DataFormat.NUMPY
    with pytest.raises(ConfigError, match=r'lmdb_exchange_mode.*sideways.*"both"'):
        LMDBCalculatorConfig(exchange_mode="sideways")  # type: ignore[arg-type]


class Properties:
    values: ClassVar[dict[str, str]] = {}

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)


@pytest.fixture
def properties(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The properties of an engine that is there."""
    core = types.ModuleType("core")
    core.__path__ = []
    module = types.ModuleType("core.properties_configurator")
    module.PropertiesConfigurator = Properties  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "core", core)
    monkeypatch.setitem(sys.modules, "core.properties_configurator", module)
    values: ClassVar[dict[str, str]] = {}
    monkeypatch.setattr(Properties, "values", values)
    return values


def test_properties_of_the_engine(properties: dict[str, str], tmp_path: Path) -> None:
    assert LMDBConfig.from_properties() == LMDBConfig()
    properties.update(
        {
            "lmdb.db.path": str(tmp_path),
            "lmdb.map.size": "1048576",
            "lmdb.max.dbs": "7",
            "lmdb.ttl.seconds": "0",
            "lmdb.max.readers": "9",
            "lmdb.cleanup.interval": "5",
        }
    )
    config = LMDBConfig.from_properties()
    assert (config.db_path, config.map_size, config.max_dbs) == (str(tmp_path), 1 << 20, 7)
    assert (config.ttl_seconds, config.max_readers, config.cleanup_interval) == (0, 9, 5)


def test_properties_are_the_defaults_of_every_transport(
    properties: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LMDB_DB_PATH", raising=False)
    place = str(tmp_path / "store")
    properties.update(
        {
            "lmdb.db.path": f"{place}  # of the engine",
            "lmdb.map.size": "67108864 # 64 MiB",
            "lmdb.max.dbs": "7",
            "lmdb.ttl.seconds": "0.5",
            "lmdb.max.readers": "9",
        }
    )
    expected = (place, 64 << 20, 7, 9)

    def of(config: Any) -> tuple[Any, ...]:
        return config.db_path, config.map_size, config.max_dbs, config.max_readers

    assert of(LMDBConfig()) == of(LMDBConfig.from_properties()) == expected
    assert of(LMDBTransport().config) == expected
    assert of(LMDBCalculatorConfig.from_dict({})) == expected
    assert LMDBConfig._get_default_db_path() == default_db_path() == place
    assert LMDBCalculatorConfig().db_path == place
    for transport in (LMDBTransport.get_instance(), get_transport()):
        with transport:
            assert of(transport.config) == expected
            assert transport.stats()["map"]["limit"] == 64 << 20
            transport.put("key", 1)
            raw = transport.get_raw("key")
            assert raw is not None
            assert raw[1].ttl == 0.5
            del raw
    # What is given counts, and the environment before the property.
    given = {"map_size": 5 << 20, "max_dbs": 3, "max_readers": 4}
    assert of(LMDBConfig(db_path="/else", **given)) == ("/else", 5 << 20, 3, 4)
    prefixed = {f"lmdb_{name}": value for name, value in given.items()}
    config = LMDBCalculatorConfig.from_dict({"lmdb_db_path": "/else", **prefixed})
    assert of(config) == ("/else", 5 << 20, 3, 4)
    monkeypatch.setenv("LMDB_DB_PATH", "/of/the/environment")
    assert LMDBConfig().db_path == LMDBCalculatorConfig.from_dict({}).db_path == "/of/the/environment"
    assert LMDBConfig.from_properties().db_path == place


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1048576", 1 << 20),
        ("1048576  # 1 MiB", 1 << 20),
        (" 1_048_576 #1 MiB", 1 << 20),
        (1048576, 1 << 20),
        ("# none", 0),
        ("", 0),
        (None, 0),
        ("0", 0),
        ("big", None),
        ("1 MiB", None),
        ("1.5", None),
        ("-1", None),
        ("1e9", None),
        (str(1 << 70), None),
        ("1048576# 1 MiB", 1 << 20),
        ([], None),
    ],
)
def test_a_property_is_read_or_warned_of(
    properties: dict[str, Any], text: Any, size: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    _properties._warned.clear()
    properties["lmdb.map.size"] = text
    with caplog.at_level(logging.WARNING, "core.lmdb"):
        assert LMDBConfig.from_properties().map_size == LMDBConfig().map_size == (size or 0)
    warned = [record.getMessage() for record in caplog.records]
    assert len(warned) == (size is None)
    assert all("lmdb.map.size" in message and repr(str(text)) in message for message in warned)


class Singleton:
    """The properties as engines have them: made once, with the files; who makes it first decides."""

    _instance: Any = None

    def __new__(cls) -> Any:
        raise AssertionError("it was made without its files")

    def get(self, name: str, default: Any = None) -> Any:
        return {"lmdb.max.dbs": "7"}.get(name, default)


def test_properties_that_are_not_read_yet_are_none(properties: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["core.properties_configurator"], "PropertiesConfigurator", Singleton)
    assert LMDBConfig().max_dbs == LMDBConfig.from_properties().max_dbs == 100
    monkeypatch.setattr(Singleton, "_instance", object.__new__(Singleton))
    assert LMDBConfig().max_dbs == LMDBConfig.from_properties().max_dbs == 7


def test_properties_that_fail_are_none(
    properties: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _properties._warned.clear()

    class LateError(Exception):
        pass

    class Fails:
        error: Exception = OSError("broken")

        def __init__(self) -> None:
            raise self.error

    monkeypatch.setattr(sys.modules["core.properties_configurator"], "PropertiesConfigurator", Fails)
    assert LMDBConfig().max_dbs == LMDBConfig.from_properties().max_dbs == 100
    assert "broken" in caplog.text
    # What a signal handler raises is not theirs.
    monkeypatch.setattr(Fails, "error", LateError())
    with pytest.raises(LateError):
        LMDBConfig()


@pytest.mark.parametrize(
    ("nested", "read", "warned"),
    [
        ({"enabled": True}, {"enabled": True}, 0),
        ({"enabled": True, "mode": "input"}, {"enabled": True, "exchange_mode": LMDBExchangeMode.INPUT_ONLY}, 0),
        ({"exchange_mode": "output"}, {"exchange_mode": LMDBExchangeMode.OUTPUT_ONLY}, 0),
        (
            {"lmdb_ttl": 5, "min_size": 6, "min_payload_size": 7, "format": "json", "db_name": "n"},
            {"ttl_seconds": 5, "min_payload_size": 7, "data_format": DataFormat.JSON, "db_name": "n"},
            0,
        ),
        ({"db_path": "/x/y"}, {"db_path": "/x/y"}, 0),
        ({"enabled": "yes", "mode": "zero-copy", "size": 5, 7: 8}, {}, 4),
        ({"mode": object(), "ttl": -1}, {}, 2),
        ({}, {}, 0),
        (None, {}, 0),
        (True, {}, 1),
        ("both", {}, 1),
        ([("enabled", True)], {}, 1),
    ],
)
def test_settings_under_lmdb_exchange_are_read_or_warned_of(
    nested: Any, read: dict[str, Any], warned: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "core.lmdb"):
        config = LMDBCalculatorConfig.from_dict({"lmdb_exchange": nested})
    assert {name: getattr(config, name) for name in read} == read
    assert dataclasses.replace(LMDBCalculatorConfig(), **read) == config
    assert [record.getMessage().split(":")[0].split()[0] for record in caplog.records] == ["lmdb_exchange"] * warned
    assert (wrap_with_lmdb(len, {"lmdb_exchange": nested}, "c") is len) is not config.enabled


def test_a_key_with_its_prefix_counts_before_those_under_lmdb_exchange_and_these_before_bare_names() -> None:
    nested = {"enabled": True, "db_name": "nested", "min_size": 5}
    config = LMDBCalculatorConfig.from_dict(
        {"lmdb_exchange": nested, "lmdb_db_name": "prefixed", "enabled": False, "min_payload_size": 6}
    )
    assert (config.enabled, config.db_name, config.min_payload_size) == (True, "prefixed", 5)
    prefixed = {"lmdb_enabled": False, "lmdb_exchange": nested}
    assert wrap_with_lmdb(len, prefixed, "c") is len


def test_without_an_engine_the_properties_are_the_defaults() -> None:
    assert LMDBConfig.from_properties() == LMDBConfig()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("map_size", (1 << 64) + (1 << 30)),
        ("max_readers", (1 << 32) + 5),
        ("max_dbs", (1 << 32) + 1),
        ("prefault", 1 << 64),
        ("mode", (1 << 32) + 0o700),
        ("mode", 0),
        ("mode", 0o670),
        ("mode", 0o10700),
        ("mode", "0700"),
        ("mode", True),
        ("ttl_seconds", 18446744073709552),
        ("ttl_seconds", 1e30),
    ],
)
def test_numbers_too_large_for_the_engine_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match="time to live" if name == "ttl_seconds" else name):
        LMDBConfig(**{name: value})


@pytest.mark.parametrize("mode", ["0700", "0770", "2770", "1777", "0o0750"])
def test_a_mode_is_the_same_to_both_configurations(mode: str) -> None:
    read = LMDBCalculatorConfig.from_dict({"lmdb_mode": mode})
    assert int(read.mode, 8) == LMDBConfig(mode=int(mode, 8)).mode


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("enabled", "yes", "lmdb_enabled"),
        ("db_name", "_dy_meta", "lmdb_db_name"),
        ("ttl_seconds", -1, "lmdb_ttl"),
        ("ttl_seconds", 1.5, "lmdb_ttl"),
        ("min_payload_size", "many", "lmdb_min_size"),
        ("wait_timeout_ms", None, "lmdb_wait_timeout"),
        ("input_key_prefix", 5, "lmdb_input_prefix"),
        ("durability", "never", "lmdb_durability"),
        ("arrays", "lists", "lmdb_arrays"),
        ("mode", "rwx", "lmdb_mode"),
        ("map_size", object(), "lmdb_map_size"),
        ("db_path", 5, "lmdb_db_path"),
    ],
)
def test_the_constructor_checks_what_from_dict_does(field: str, value: Any, key: str) -> None:
    made: Any = LMDBCalculatorConfig
    with pytest.raises(ConfigError, match=key):
        made(**{field: value})
    with pytest.raises(ConfigError, match=key):
        LMDBCalculatorConfig.from_dict({key: value})


@pytest.mark.parametrize("path", [os.fsdecode(b"/tmp/\xff/store"), b"/tmp/\xff/store"])
def test_a_path_that_is_no_text_is_refused(path: Any) -> None:
    for make in (
        lambda: LMDBConfig(db_path=path),
        lambda: LMDBCalculatorConfig(db_path=path),
        lambda: LMDBCalculatorConfig.from_dict({"lmdb_db_path": path}),
        lambda: LMDBTransport.get_instance(path),
    ):
        with pytest.raises(ConfigError, match=r"path.*ff.*UTF-8"):
            make()


def test_a_path_may_be_bytes_or_a_path(tmp_path: Path) -> None:
    place = tmp_path / "gr\u00fc\u00df"
    for path in (str(place), os.fsencode(place), place):
        given: Any = path
        assert LMDBConfig(db_path=given).db_path == str(place)
        assert LMDBCalculatorConfig(db_path=given).db_path == str(place)
        assert LMDBCalculatorConfig.from_dict({"lmdb_db_path": given}).db_path == str(place)
    with LMDBTransport(LMDBConfig(db_path=str(place), map_size=MAP_SIZE)) as transport:
        transport.put("key", 1)
        assert transport.resolve({"_lmdb_ref": True, "_lmdb_input_key": "key", "_lmdb_db_path": str(place)}) == 1


@pytest.mark.parametrize("config", [None, [], "lmdb_enabled", 5])
def test_what_is_no_configuration_is_refused(config: Any) -> None:
    for use in (
        LMDBCalculatorConfig.from_dict,
        lambda given: wrap_with_lmdb(len, given, "calc"),
        lambda given: LMDBDataExchange(given, "calc"),
    ):
        with pytest.raises(ConfigError, match="configuration"):
            use(config)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_transport_may_be_made_of_a_path(tmp_path: Path, kind: type[str] | type[Path]) -> None:
    with LMDBTransport(kind(tmp_path / "store")) as transport:
        transport.put("key", 1)
        assert transport.config == LMDBConfig(db_path=str(tmp_path / "store"))
        assert pickle.loads(pickle.dumps(transport)).get("key") == 1


@pytest.mark.parametrize("config", [{"lmdb_db_path": "/tmp/store"}, 5, b"/tmp/store", []])
def test_what_is_no_configuration_of_a_transport_is_refused(config: Any) -> None:
    with pytest.raises(ConfigError, match=r"allowed is an LMDBConfig, or the path of a directory") as caught:
        LMDBTransport(config)
    assert repr(config) in str(caught.value)
