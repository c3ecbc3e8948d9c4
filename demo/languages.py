"""The native calculators of the DAG: the same ones in C++, Rust and Java, wrapped as an engine would wrap them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import dishtayantra_rust_calculators as rust

import dishtayantra_calculators as cpp
from dishtayantra_lmdb import java, wrap_with_lmdb

# What makes a calculator: name and configuration.
Make = Callable[[str, dict[str, Any]], Any]


def _in_java(gateway: Any, name: str) -> Make:
    return partial(java.Py4JCalculator, gateway, f"com.dishtayantra.calculators.{name}")


class Natives:
    """Makes calculators that read their inputs in a store and answer into it, and remembers them.

    Attributes:
        matrix: makers of a matrix processor, by language.
        risk: makers of a risk calculator, by language.
        signal: makers of a signal processor, by language.
    """

    def __init__(self, store: str, gateway: Any) -> None:
        """`store` is the directory; `gateway` leads to the JVM with the calculators in Java."""
        self.matrix: dict[str, Make] = {
            "C++": cpp.MatrixProcessor,
            "Rust": rust.MatrixProcessor,
            "Java": _in_java(gateway, "MatrixProcessorCalculator"),
        }
        self.risk: dict[str, Make] = {
            "C++": cpp.RiskCalculator,
            "Rust": rust.RiskCalculator,
            "Java": _in_java(gateway, "RiskCalculator"),
        }
        self.signal: dict[str, Make] = {"C++": cpp.SignalProcessor, "Rust": rust.SignalProcessor}
        self._settings = {
            "lmdb_enabled": True,
            "lmdb_db_path": store,
            "lmdb_exchange_mode": "both",
            "lmdb_data_format": "numpy",
        }
        self._made: dict[str, Any] = {}

    def wrap(self, make: Make, name: str, config: dict[str, Any]) -> Callable[[Any], Any]:
        """What a node calls: a calculator with the exchange around it."""
        calculator = make(name, config)
        self._made[name] = calculator
        calculate: Callable[[Any], Any] = wrap_with_lmdb(calculator, self._settings, name).calculate
        return calculate

    def passed_by(self) -> list[str]:
        """Those that were not called with references only, or did not answer into the store."""
        return [name for name, calculator in self._made.items() if not _through_the_store(calculator.details())]


def _through_the_store(details: dict[str, Any]) -> bool:
    return bool(details["references"] == details["outputs_written"] == details["calculations"] > 0)
