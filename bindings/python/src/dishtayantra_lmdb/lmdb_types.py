"""The types that describe a store, an entry and a payload."""

from __future__ import annotations

from ._library.types import (
    DataEnvelope,
    DataFormat,
    LMDBCodecMixin,
    LMDBConfig,
    LMDBExchangeMode,
    default_db_path,
)

__all__ = [
    "DataEnvelope",
    "DataFormat",
    "LMDBCodecMixin",
    "LMDBConfig",
    "LMDBExchangeMode",
    "default_db_path",
]
