"""The types that describe a store, an entry and a payload."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from ..errors import ConfigError, CorruptError
from . import properties

_DEFAULT_PATH = "/tmp/dishtayantra_lmdb"


# How a payload is put: format, flags, time to live in milliseconds, exchange id, source, target.
Settings = tuple[int, int, int, bytes, bytes, bytes]

_NUMBERS = {"json": 1, "msgpack": 2, "raw": 3, "numpy": 4, "arrow": 5}


# What the engine's 64-bit clock in nanoseconds and its signed sizes hold.
LONGEST_TTL = 9_223_372_036
_MOST = (1 << 63) - 1


class DataFormat(Enum):
    """How a payload is stored. ``number`` is the format's number in the C interface."""

    number: int

    def __init__(self, text: str) -> None:
        self.number = _NUMBERS[text]

    JSON = "json"
    """JSON text, for debugging."""
    MSGPACK = "msgpack"
    """One MessagePack value; the default."""
    RAW_BYTES = "raw"
    """Bytes as they are."""
    NUMPY = "numpy"
    """One array as ``.npy``; viewed in place."""
    ARROW = "arrow"
    """A table as an Arrow IPC stream; viewed in place."""


class LMDBExchangeMode(Enum):
    """What goes through the store when a wrapped calculator is called."""

    INPUT_ONLY = "input"
    """The input; the calculator's return value is the result."""
    OUTPUT_ONLY = "output"
    """The output; the input is passed directly."""
    BIDIRECTIONAL = "both"
    """Input and output."""
    REFERENCE = "reference"
    """Input and output, and the result is a reference that the next calculator takes as its input.
    """


class LMDBCodecMixin:
    """What engines call the base of their transports; ours has nothing to add, since the formats
    are the library's.
    """


def default_db_path() -> str:
    """The directory of the store when none is named: ``LMDB_DB_PATH``, else the engine's property
    ``lmdb.db.path``, else ``/tmp/dishtayantra_lmdb``.
    """
    return os.environ.get("LMDB_DB_PATH") or properties.text("lmdb.db.path") or _DEFAULT_PATH


# The settings of a store that engines have properties for, and their defaults.
_DEFAULTS: dict[str, tuple[str, int, int, int, bool]] = {
    "map_size": ("lmdb.map.size", 0, 0, _MOST, True),
    "max_dbs": ("lmdb.max.dbs", 100, 1, 65_536, True),
    "ttl_seconds": ("lmdb.ttl.seconds", 300, 0, LONGEST_TTL, False),
    "max_readers": ("lmdb.max.readers", 512, 1, 65_536, True),
    "cleanup_interval": ("lmdb.cleanup.interval", 60, 0, LONGEST_TTL, False),
}


def default_of(setting: str) -> Any:
    """What a setting is when nobody gives it: the engine's property, else the default."""
    return properties.number(*_DEFAULTS[setting])


def _setting(name: str) -> Any:
    return field(default_factory=lambda: default_of(name))


def store_path(name: str, path: object) -> str:
    """The absolute path of a store's directory; the default one for an empty path.

    Raises:
        ConfigError: it is no path, or none that can be written as UTF-8, which references need.
    """
    try:
        text = os.path.abspath(os.fsdecode(path) or default_db_path())  # type: ignore[arg-type]
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError(
            f"{name}: {path!r} is not allowed; allowed is a path of valid UTF-8, because "
            "references carry it as text"
        ) from None
    except TypeError:
        raise ConfigError(f"{name}: {path!r} is not allowed; allowed is a path") from None
    return text


@dataclass
class LMDBConfig:
    """How a transport opens its store.

    What is not given is what the DAG engine's properties say, where it has read any:
    ``lmdb.db.path``, ``lmdb.map.size``, ``lmdb.max.dbs``, ``lmdb.ttl.seconds``,
    ``lmdb.max.readers`` and ``lmdb.cleanup.interval``. A comment behind a value (``# …``) is left
    out; a value that is not allowed is logged and left.

    Attributes:
        db_path: directory of the store; default :func:`default_db_path`. Made absolute.
        map_size: how far the store may grow, in bytes. 0: 1 GiB when it is created, and one that is
            there stays as it is; a larger value raises it for everybody, which is logged.
        max_dbs: how many named databases it may have.
        data_format: the format of a ``put`` that names none.
        ttl_seconds: the time to live of a ``put`` that names none; 0 = until deleted.
        read_ahead: accepted, does nothing: payloads are shared memory, not a file read from a disk.
        sync_mode: True: entries survive a power failure; False: they survive the death of any
            process.
        max_readers: reader slots; the process that creates the store decides.
        cleanup_interval: accepted, does nothing: the sweeper knows when the next entry expires.
        compress_threshold: accepted, does nothing: a compressed payload could not be viewed in
            place.
        metadata_db: accepted, does nothing: the envelope is part of each entry.
        prefault: how many bytes ahead of the used part are kept populated.
        mode: mode of the directory; bits for group or others make the store a shared one.
        checksum: store an XXH3 checksum with every ``put``; ``get`` verifies it.
        follow_symlinks: accept a directory that is a symbolic link.
        validate_arrow: check every value of an Arrow table before it is handed on; None: when
            ``mode`` admits a group.
    """

    db_path: str = ""
    map_size: int = _setting("map_size")
    max_dbs: int = _setting("max_dbs")
    data_format: DataFormat = DataFormat.MSGPACK
    ttl_seconds: float = _setting("ttl_seconds")
    read_ahead: bool = True
    sync_mode: bool = False
    max_readers: int = _setting("max_readers")
    cleanup_interval: float = _setting("cleanup_interval")
    compress_threshold: int = 0
    metadata_db: str = "_metadata"
    prefault: int = field(default=16 << 20, kw_only=True)
    mode: int = field(default=0o700, kw_only=True)
    checksum: bool = field(default=False, kw_only=True)
    follow_symlinks: bool = field(default=False, kw_only=True)
    validate_arrow: bool | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        self.db_path = store_path("db_path", self.db_path)
        if not isinstance(self.data_format, DataFormat):
            self.data_format = enum_member(DataFormat, self.data_format, "data_format")
        for name, least, most in (
            ("map_size", 0, _MOST),
            ("max_dbs", 1, 65_536),
            ("max_readers", 1, 65_536),
            ("prefault", 0, _MOST),
        ):
            whole_number(f"LMDBConfig.{name}", getattr(self, name), least, most)
        # As lmdb_mode.
        if type(self.mode) is not int or self.mode & ~0o7077 != 0o700:
            raise ConfigError(
                f"LMDBConfig.mode: {self.mode!r} is not allowed; allowed is a mode of at most "
                "0o7777 in which the owner has 7, such as 0o700 or 0o2770"
            )
        ttl_milliseconds(self.ttl_seconds)

    @staticmethod
    def _get_default_db_path() -> str:
        """What engines call :func:`default_db_path`."""
        return default_db_path()

    @classmethod
    def from_properties(cls) -> LMDBConfig:
        """The configuration that the DAG engine's properties give, its ``lmdb.db.path`` before
        ``LMDB_DB_PATH``; the defaults where there are none. Imports
        ``core.properties_configurator``.
        """
        properties.load()
        return cls(db_path=properties.text("lmdb.db.path"))


@dataclass
class DataEnvelope:
    """What is stored with a payload.

    Attributes:
        txn_id: exchange id.
        key: the key.
        format: the format in which the payload is stored, which may differ from the one asked for.
        timestamp: when it was put, seconds since the Unix epoch.
        ttl: time to live in seconds; 0 = until deleted.
        size: bytes of the payload.
        compressed: always False.
        source: who put it.
        target: whom it is for.
        checksum: XXH3-64 of the payload; 0 when none was asked for.
    """

    txn_id: str
    key: str
    format: DataFormat
    timestamp: float
    ttl: float
    size: int
    compressed: bool = False
    source: str = ""
    target: str = ""
    checksum: int = 0

    def to_bytes(self) -> bytes:
        """The envelope as JSON text."""
        return json.dumps({**asdict(self), "format": self.format.value}).encode()

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> DataEnvelope:
        """The envelope that :meth:`to_bytes` wrote.

        Raises:
            CorruptError: it is not one.
        """
        try:
            values = json.loads(bytes(data))
            known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
            known["format"] = DataFormat(known["format"])
            return cls(**known)
        except (ValueError, TypeError, KeyError) as error:
            raise CorruptError(f"these bytes are not an envelope: {error}") from error


def enum_member(kind: type[Any], value: object, name: str) -> Any:
    """The member of ``kind`` that ``value`` names.

    Raises:
        ConfigError: there is none; the message lists them.
    """
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(repr(member.value) for member in kind)
        raise ConfigError(f"{name} is {value!r}; allowed: {allowed}") from None


def whole_number(name: str, value: object, least: int, most: int = _MOST) -> int:
    """``value`` when it is an int from ``least`` to ``most``.

    Raises:
        ConfigError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigError(f"{name} is {value!r}; allowed: a whole number from {least} to {most}")
    return value


def ttl_milliseconds(seconds: float) -> int:
    """A time to live in milliseconds, rounded up; one that is not 0 stays so.

    Raises:
        ConfigError: it is not a number from 0.
    """
    if type(seconds) is int and 0 <= seconds <= LONGEST_TTL:
        return seconds * 1000
    try:
        if 0 <= seconds <= LONGEST_TTL:
            # What a float has behind the nanoseconds is its own inexactness.
            milliseconds = math.ceil(round(seconds * 1000, 6))
            return milliseconds if milliseconds or not seconds else 1
    except (TypeError, OverflowError, ValueError):
        pass
    raise ConfigError(
        f"the time to live is {seconds!r}; allowed: seconds from 0 to {LONGEST_TTL}, "
        "where 0 means until deleted"
    )
