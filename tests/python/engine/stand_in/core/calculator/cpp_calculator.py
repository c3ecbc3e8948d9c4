"""Natives in C++; this wrapper does everything itself, and cleans up where it succeeded or failed."""

from __future__ import annotations

import time
from typing import Any

from .base_calculator import NativeCalculator


class CppCalculator(NativeCalculator):
    def calculate(self, data: Any) -> dict[str, Any]:
        exchange, use, txn_id = self.exchange, False, ""
        try:
            if exchange is not None and exchange.should_use_lmdb(data):
                use, txn_id = True, f"{time.time_ns()}"
                key = exchange.put_input(data, txn_id)
                if key:
                    result = dict(self.native.calculate(self.reference(key, txn_id)))
                else:
                    use = False
                    result = dict(self.native.calculate(data))
            else:
                result = dict(self.native.calculate(data))
            if use:
                output = exchange.get_output(txn_id, wait=True)
                if output is not None:
                    result = output
                exchange.cleanup(txn_id)
            self.stats["calculations"] += 1
            return result
        except Exception:
            if use:
                exchange.cleanup(txn_id)
            self.stats["errors"] += 1
            raise
