"""The settings of an exchange, read from a calculator's configuration and checked by the engine."""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any

from .._library import properties
from .._library.abi import fail, lib, log_warnings, logger, take_json
from .._library.types import DataFormat, LMDBExchangeMode, default_db_path, default_of, store_path
from ..errors import ConfigError

# Our names for the settings, by theirs.
_SETTINGS = {
    "lmdb_enabled": "enabled",
    "lmdb_db_path": "db_path",
    "lmdb_db_name": "db_name",
    "lmdb_exchange_mode": "exchange_mode",
    "lmdb_data_format": "data_format",
    "lmdb_input_prefix": "input_key_prefix",
    "lmdb_output_prefix": "output_key_prefix",
    "lmdb_ttl": "ttl_seconds",
    "lmdb_min_size": "min_payload_size",
    "lmdb_wait_timeout": "wait_timeout_ms",
    "lmdb_poll_interval": "poll_interval_ms",
    "lmdb_map_size": "map_size",
    "lmdb_max_readers": "max_readers",
    "lmdb_max_dbs": "max_dbs",
    "lmdb_checksum": "checksum",
    "lmdb_durability": "durability",
    "lmdb_segments": "segments",
    "lmdb_pack_lists": "pack_lists",
    "lmdb_tables": "tables",
    "lmdb_arrays": "arrays",
    "lmdb_materialise": "materialise",
    "lmdb_prefault": "prefault",
    "lmdb_mode": "mode",
    "lmdb_allowed_roots": "allowed_roots",
    "lmdb_path_map": "path_map",
    "lmdb_validate_arrow": "validate_arrow",
    "lmdb_slow_ms": "slow_ms",
}
# Names without the prefix that some engines use.
_BARE = {
    "lmdb_enabled": "enabled",
    "lmdb_db_path": "db_path",
    "lmdb_db_name": "db_name",
    "lmdb_min_size": "min_payload_size",
}
# Where some engines are told to write the settings, and under which names.
_NESTED = "lmdb_exchange"
_NESTED_NAMES = {
    **{name: key for key, name in _SETTINGS.items() if key != "lmdb_mode"},
    **{key.removeprefix("lmdb_"): key for key in _SETTINGS if key != "lmdb_mode"},
    **{key: key for key in _SETTINGS},
    "mode": "lmdb_exchange_mode",
    "format": "lmdb_data_format",
}
# The settings of the store for which the engine may have properties.
_OF_PROPERTIES = {
    "lmdb_map_size": "map_size",
    "lmdb_max_readers": "max_readers",
    "lmdb_max_dbs": "max_dbs",
}


@dataclass
class LMDBCalculatorConfig:
    """The settings of one calculator's exchange, checked when they are made;
    :meth:`from_dict` reads them from a calculator's configuration.

    A value that is not allowed raises ConfigError, which names key, value and what is allowed.

    Attributes:
        enabled: use the exchange at all.
        db_path: directory of the store; default :func:`lmdb_types.default_db_path`.
        db_name: named database.
        exchange_mode: what goes through the store.
        data_format: the format in which payloads are written.
        input_key_prefix, output_key_prefix: the first part of their keys.
        ttl_seconds: time to live; 0 = until deleted.
        min_payload_size: payloads of fewer bytes are passed directly.
        wait_timeout_ms: how long to wait for an output.
        poll_interval_ms: accepted, does nothing: nothing polls.
        map_size: how far the store may grow, in bytes. 0: 1 GiB when it is created, and one that is
            there stays as it is; a larger value raises it for everybody, which is logged.
        max_readers, max_dbs: reader slots and named databases of the store.
        checksum: store and verify a checksum of each payload.
        durability: ``process`` or ``sync``.
        segments: arrays in msgpack payloads as typed segments.
        pack_lists: long lists of numbers as typed segments.
        tables: long lists of uniform dicts, and of texts, and frames, as tables.
        arrays: ``asis`` or ``ndarray``.
        materialise: results are copies instead of views in place.
        prefault: how many bytes ahead of the used part are kept populated.
        mode: mode of the store's directory, as an octal string.
        allowed_roots: where the stores may be that references lead to, for the whole process.
        validate_arrow: check every value of an Arrow table before it is handed on; None: when
            ``mode`` admits a group.
        slow_ms: calls of as many milliseconds are kept as slow ones, the last 256 of a store.
        path_map: where directories are mounted here that references name by their place elsewhere,
            for the whole process: ``{"/their/mount": "/my/mount"}``.
    """

    enabled: bool = False
    db_path: str = ""
    db_name: str = "default"
    exchange_mode: LMDBExchangeMode = LMDBExchangeMode.BIDIRECTIONAL
    data_format: DataFormat = DataFormat.MSGPACK
    input_key_prefix: str = "input"
    output_key_prefix: str = "output"
    ttl_seconds: int = 300
    min_payload_size: int = 1024
    wait_timeout_ms: int = 30000
    poll_interval_ms: int | None = None
    map_size: int = 0
    max_readers: int = 512
    max_dbs: int = 100
    checksum: bool = False
    durability: str = "process"
    segments: bool = True
    pack_lists: bool = True
    tables: bool = True
    arrays: str = "asis"
    materialise: bool = False
    prefault: int = 16 << 20
    mode: str = "0700"
    allowed_roots: list[str] = field(default_factory=list)
    validate_arrow: bool | None = None
    slow_ms: int = 10
    path_map: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.db_path = store_path("lmdb_db_path", self.db_path)
        given = self.to_dict()
        if self.validate_arrow is None:
            del given["lmdb_validate_arrow"]
        self._adopt(parse(given))

    def _adopt(self, checked: Mapping[str, Any]) -> None:
        for key, name in _SETTINGS.items():
            setattr(self, name, checked[key])
        self.exchange_mode = LMDBExchangeMode(checked["lmdb_exchange_mode"])
        self.data_format = DataFormat(checked["lmdb_data_format"])

    @classmethod
    def from_dict(cls, config: Mapping[str, Any]) -> LMDBCalculatorConfig:
        """The settings in a calculator's configuration.

        Args:
            config: the whole configuration. Only its ``lmdb_*`` keys are read; where one is
                missing, ``lmdb_exchange: {"enabled": …, "mode": …}`` and then ``enabled``,
                ``db_path``, ``db_name``, ``min_payload_size`` and ``map_size_mb``. What else
                stands in ``lmdb_exchange`` is logged and left.

        Returns:
            The settings, with the defaults for what is missing and an absolute path.

        Raises:
            ConfigError: a value is not allowed; the message names key, value and what is allowed.
                The configuration is no mapping, None say.
        """
        require_mapping(config)
        given = {
            key: value
            for key, value in config.items()
            if isinstance(key, str) and key.startswith("lmdb_") and key != _NESTED
        }
        for key, value in _nested(config).items():
            given.setdefault(key, value)
        for key, bare in _BARE.items():
            if key not in given and config.get(bare) is not None:
                given[key] = config[bare]
        if "lmdb_map_size" not in given and config.get("map_size_mb") is not None:
            given["lmdb_map_size"] = _bytes_of(config["map_size_mb"])
        for key, setting in _OF_PROPERTIES.items():
            given.setdefault(key, default_of(setting))
        settings = cls.__new__(cls)
        settings._adopt(parse(given))
        return settings

    def to_dict(self) -> dict[str, Any]:
        """The settings under their ``lmdb_*`` keys."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {key: _plain(key, values[name]) for key, name in _SETTINGS.items()}


def require_mapping(config: object) -> None:
    """Raises ConfigError for what is no calculator's configuration."""
    if not isinstance(config, Mapping):
        raise ConfigError(
            f"the configuration {config!r} is not allowed; allowed is a dict, {{}} for the defaults"
        )


def is_enabled(config: Mapping[str, Any]) -> bool:
    """Whether a calculator's configuration asks for the exchange, be the rest allowed or not."""
    if "lmdb_enabled" in config:
        return bool(config["lmdb_enabled"])
    nested = config.get(_NESTED)
    # The bare name may be somebody else's, who means something else by it.
    bare = config.get("enabled")
    if isinstance(nested, dict):
        bare = nested.get("lmdb_enabled", nested.get("enabled", bare))
    return bare is True


def _nested(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings under ``lmdb_exchange``, those of them that are allowed."""
    nested = config.get(_NESTED)
    if nested is None:
        return {}
    if not isinstance(nested, dict):
        logger.warning(
            "%s is left out: it is a %s; allowed is a dict", _NESTED, type(nested).__name__
        )
        return {}
    found = {}
    for name, value in nested.items():
        key = _NESTED_NAMES.get(name)
        try:
            if key is None:
                raise ConfigError(f"there is no setting {name!r}")
            parse({key: value})
            found[key] = value
        except ConfigError as error:
            logger.warning("%s: %s, so it is left out", _NESTED, error)
    return found


def parse(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Has the engine check ``lmdb_*`` settings and fill in the defaults. What it warns of is
    logged.
    """
    text = as_json({**settings, **_path_of(settings)})
    block = ctypes.c_void_p()
    status = lib.config_parse(text, len(text), ctypes.byref(block))
    log_warnings()
    if status:
        fail(status)
    checked: dict[str, Any] = take_json(block)
    return checked


def _path_of(settings: Mapping[str, Any]) -> dict[str, str]:
    path = settings.get("lmdb_db_path", properties.text("lmdb.db.path") and default_db_path())
    # An empty one is for the engine to refuse.
    return {"lmdb_db_path": store_path("lmdb_db_path", path)} if path else {}


def as_json(settings: Mapping[str, Any]) -> bytes:
    """``lmdb_*`` settings as JSON text."""
    return json.dumps({key: _plain(key, value) for key, value in settings.items()}).encode()


def _plain(key: str, value: Any) -> Any:
    """A setting as JSON has it; paths, enums and NumPy's numbers among them."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (list, tuple)):
        return [_plain(key, item) for item in value]
    if isinstance(value, dict):
        return {_plain(key, name): _plain(key, item) for name, item in value.items()}
    if hasattr(type(value), "dtype") and getattr(value, "ndim", None) == 0:
        return value.item()
    if hasattr(type(value), "__index__"):
        return int(value)
    raise ConfigError(
        f"{key}: {value!r} is not allowed; a setting is true or false, a number, a string, a list "
        "or a dict"
    )


def _bytes_of(mebibytes: Any) -> Any:
    if isinstance(mebibytes, bool) or not isinstance(mebibytes, (int, float)) or mebibytes <= 0:
        raise ConfigError(
            f"map_size_mb: {mebibytes!r} is not allowed; allowed is a number of MiB over 0"
        )
    return int(mebibytes * (1 << 20))
