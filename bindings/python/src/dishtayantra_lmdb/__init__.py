"""Hands large payloads between Python, Java, C++ and Rust on one host through a shared memory map.

>>> from dishtayantra_lmdb import LMDBConfig, LMDBTransport
>>> with LMDBTransport(LMDBConfig(db_path="/tmp/example")) as transport:
...     transport.put("answer", {"value": 42})
...     transport.get("answer")
{'value': 42}

Importing this package loads the shared library ``libdishtayantra_lmdb``; when it is missing, an
``ImportError`` says where it was looked for. NumPy and pyarrow are used when they are installed,
and imported when they are needed.
"""

from __future__ import annotations

from ._library.abi import lmdb_version
from ._library.abi import version as library_version
from ._payload.tables import Column, Table
from ._store.loan import Loan
from .errors import (
    AlreadyOpenError,
    BadKeyError,
    BufferTooSmallError,
    ConfigError,
    CorruptError,
    DatabasesFullError,
    DiskFullError,
    EntryNotFoundError,
    ForeignStoreError,
    ForkedError,
    FormatError,
    InternalError,
    InvalidArgumentError,
    KeyExistsError,
    LimitError,
    LMDBError,
    LMDBReferenceIgnored,
    LMDBTimeoutError,
    LoanLostError,
    MapFullError,
    PanicError,
    ReadersFullError,
    StoreClosedError,
    StoreIOError,
    StorePermissionError,
    TooLargeError,
    UnsupportedStoreError,
)
from .lmdb_calculator import (
    Calculator,
    LMDBCalculatorConfig,
    LMDBDataExchange,
    LMDBEnabledCalculator,
    calculator,
    wrap_with_lmdb,
)
from .lmdb_transport import LMDBTransport, resolve
from .lmdb_types import (
    DataEnvelope,
    DataFormat,
    LMDBCodecMixin,
    LMDBConfig,
    LMDBExchangeMode,
)
from .lmdb_zero_copy import (
    LMDBCalculatorMixin,
    View,
    get_transport,
    lmdb_delete,
    lmdb_get,
    lmdb_put,
)

__version__ = "0.1.0"

__all__ = [
    "AlreadyOpenError",
    "BadKeyError",
    "BufferTooSmallError",
    "Calculator",
    "Column",
    "ConfigError",
    "CorruptError",
    "DataEnvelope",
    "DataFormat",
    "DatabasesFullError",
    "DiskFullError",
    "EntryNotFoundError",
    "ForeignStoreError",
    "ForkedError",
    "FormatError",
    "InternalError",
    "InvalidArgumentError",
    "KeyExistsError",
    "LMDBCalculatorConfig",
    "LMDBCalculatorMixin",
    "LMDBCodecMixin",
    "LMDBConfig",
    "LMDBDataExchange",
    "LMDBEnabledCalculator",
    "LMDBError",
    "LMDBExchangeMode",
    "LMDBReferenceIgnored",
    "LMDBTimeoutError",
    "LMDBTransport",
    "LimitError",
    "Loan",
    "LoanLostError",
    "MapFullError",
    "PanicError",
    "ReadersFullError",
    "StoreClosedError",
    "StoreIOError",
    "StorePermissionError",
    "Table",
    "TooLargeError",
    "UnsupportedStoreError",
    "View",
    "calculator",
    "get_transport",
    "library_version",
    "lmdb_delete",
    "lmdb_get",
    "lmdb_put",
    "lmdb_version",
    "resolve",
    "wrap_with_lmdb",
]
