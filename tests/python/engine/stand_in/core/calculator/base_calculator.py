"""What the wrappers of the stand-in engine have in common."""

from __future__ import annotations

import time
from typing import Any

try:
    from core.lmdb import LMDBCalculatorConfig, LMDBDataExchange
except ImportError:
    LMDBCalculatorConfig = LMDBDataExchange = None


class NativeCalculator:
    """A native with its exchange. It sends a reference whatever the mode, and keeps the native's answer when there is
    no output.
    """

    def __init__(self, name: str, config: dict[str, Any], native: Any) -> None:
        self.name = name
        self.native = native
        self.exchange = None
        if LMDBDataExchange is not None and config.get("lmdb_enabled", config.get("enabled")):
            exchange = LMDBDataExchange(LMDBCalculatorConfig.from_dict(config), name)
            self.exchange = exchange if exchange.initialize() else None
        self.stats = {"calculations": 0, "errors": 0}

    def details(self) -> dict[str, Any]:
        return {**dict(self.native.details()), "stats": self.stats}

    def calculate(self, data: Any) -> dict[str, Any]:
        txn_id = key = None
        try:
            if self.exchange is not None and self.exchange.should_use_lmdb(data):
                txn_id = str(time.time_ns())
                key = self.exchange.put_input(data, txn_id)
            result = self.call(data if key is None else self.reference(key, txn_id))
            if key is not None:
                output = self.exchange.get_output(txn_id, wait=True)
                result = result if output is None else output
            self.stats["calculations"] += 1
            return result
        except Exception:
            self.stats["errors"] += 1
            raise
        finally:
            if key is not None:
                self.exchange.cleanup(txn_id)

    def call(self, data: Any) -> dict[str, Any]:
        return dict(self.native.calculate(data))

    def reference(self, key: str, txn_id: str | None) -> dict[str, Any]:
        config = self.exchange.config
        return {
            "_lmdb_ref": True,
            "_lmdb_input_key": key,
            "_lmdb_output_key": self.exchange.generate_key(config.output_key_prefix, txn_id),
            "_lmdb_db_path": config.db_path,
            "_lmdb_db_name": config.db_name,
            "_lmdb_format": config.data_format.value,
            "_txn_id": txn_id,
        }
