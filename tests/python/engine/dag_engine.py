"""A small DAG engine, written as engines are that know the exchange under the name ``core.lmdb`` alone."""

from __future__ import annotations

import copy
import time
from typing import Any

try:
    from core.lmdb import DataFormat, LMDBCalculatorConfig, LMDBDataExchange
except ImportError:
    DataFormat = LMDBCalculatorConfig = LMDBDataExchange = None


class Node:
    """One calculator with its exchange. It keeps its last result for as long as it lives."""

    def __init__(self, name: str, calculator: Any, config: dict[str, Any]) -> None:
        self.name = name
        self.calculator = calculator
        self.exchange = None
        if LMDBDataExchange is not None:
            self.exchange = LMDBDataExchange(LMDBCalculatorConfig.from_dict(config), name)
            self.exchange.initialize()
        self.output: Any = None
        self.changes = 0
        self.history: list[Any] = []

    def details(self) -> dict[str, Any]:
        return dict(self.calculator.details())

    def tick(self, data: Any) -> Any:
        """Calculates; the result is kept when it is another than the last one."""
        result = self.calculate(data)
        if self.output is None or result != self.output:
            self.changes += 1
            self.history.append(copy.deepcopy(self.output))
            self.output = result
        return result

    def calculate(self, data: Any) -> Any:
        exchange = self.exchange
        if exchange is not None and exchange.is_enabled() and exchange.should_use_lmdb(data):
            txn_id = str(time.time_ns())
            key = exchange.put_input(data, txn_id)
            if key is not None:
                return self.exchanged(exchange, key, txn_id)
        return dict(self.calculator.calculate(data))

    def exchanged(self, exchange: Any, key: str, txn_id: str) -> Any:
        config = exchange.config
        reference = {
            "_lmdb_ref": True,
            "_lmdb_input_key": key,
            "_lmdb_output_key": f"{config.output_key_prefix}:{self.name}:{txn_id}",
            "_lmdb_db_path": config.db_path,
            "_lmdb_db_name": config.db_name,
            "_lmdb_format": config.data_format.value,
            "_txn_id": txn_id,
        }
        try:
            answer = dict(self.calculator.calculate(reference))
            output = exchange.get_output(txn_id, wait=True)
            return answer if output is None else output
        finally:
            exchange.cleanup(txn_id)
