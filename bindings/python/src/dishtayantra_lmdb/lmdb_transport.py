"""The transport: puts payloads of any format into a store and gets them back."""

from __future__ import annotations

from ._exchange.mixin import LMDBCalculatorMixin
from ._library.types import DataEnvelope, DataFormat, LMDBConfig
from ._store.transport import (
    LMDBTransport,
    get_transport,
    lmdb_delete,
    lmdb_get,
    lmdb_put,
    resolve,
)

__all__ = [
    "DataEnvelope",
    "DataFormat",
    "LMDBCalculatorMixin",
    "LMDBConfig",
    "LMDBTransport",
    "get_transport",
    "lmdb_delete",
    "lmdb_get",
    "lmdb_put",
    "resolve",
]
