"""Payloads in place: views, loans, the mixin for calculators that read and write them, and the
shortcuts.
"""

from __future__ import annotations

from ._exchange.mixin import LMDBCalculatorMixin
from ._library.types import LMDBConfig
from ._payload.tables import Column, Table
from ._store.loan import Loan
from ._store.transport import (
    LMDBTransport,
    get_transport,
    lmdb_delete,
    lmdb_get,
    lmdb_put,
)
from ._store.view import View

__all__ = [
    "Column",
    "LMDBCalculatorMixin",
    "LMDBConfig",
    "LMDBTransport",
    "Loan",
    "Table",
    "View",
    "get_transport",
    "lmdb_delete",
    "lmdb_get",
    "lmdb_put",
]
