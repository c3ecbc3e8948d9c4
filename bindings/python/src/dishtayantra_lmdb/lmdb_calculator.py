"""Calculators with an exchange: the settings, the exchange itself, and the wrapper that runs it."""

from __future__ import annotations

from ._config import LMDBCalculatorConfig
from ._exchange import LMDBDataExchange
from ._mixin import LMDBCalculatorMixin
from ._wrapper import LMDBEnabledCalculator, wrap_with_lmdb
from .errors import LMDBReferenceIgnored, LMDBTimeoutError
from .lmdb_transport import LMDBTransport, get_transport
from .lmdb_types import DataEnvelope, DataFormat, LMDBConfig, LMDBExchangeMode

__all__ = [
    "DataEnvelope",
    "DataFormat",
    "LMDBCalculatorConfig",
    "LMDBCalculatorMixin",
    "LMDBConfig",
    "LMDBDataExchange",
    "LMDBEnabledCalculator",
    "LMDBExchangeMode",
    "LMDBReferenceIgnored",
    "LMDBTimeoutError",
    "LMDBTransport",
    "get_transport",
    "wrap_with_lmdb",
]
