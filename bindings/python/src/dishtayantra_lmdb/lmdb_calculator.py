"""Calculators with an exchange: the settings, the exchange itself, and the wrapper that runs it."""

from __future__ import annotations

from ._exchange.calculator import Calculator, calculator
from ._exchange.config import LMDBCalculatorConfig
from ._exchange.exchange import LMDBDataExchange
from ._exchange.mixin import LMDBCalculatorMixin
from ._exchange.wrapper import LMDBEnabledCalculator, wrap_with_lmdb
from ._library.types import DataEnvelope, DataFormat, LMDBConfig, LMDBExchangeMode
from ._store.transport import LMDBTransport, get_transport
from .errors import LMDBReferenceIgnored, LMDBTimeoutError

__all__ = [
    "Calculator",
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
    "calculator",
    "get_transport",
    "wrap_with_lmdb",
]
