"""Calculators in Rust that read their inputs in place and answer references through the store."""

from collections.abc import Mapping
from typing import Any

class _Calculator:
    """`Class(name, config)`. Attributes may be set; threads may share it."""

    def __init__(self, name: str, config: Mapping[str, Any] | None = None) -> None: ...
    name: str
    @property
    def config(self) -> dict[str, Any]:
        """A copy of the configuration it was made with."""
    def calculate(self, data: Any) -> dict[str, Any]:
        """The result for a dict, an array, raw bytes of float64 or a reference."""
    def details(self) -> dict[str, Any]:
        """Name, class, settings and counts of calls, references and stored outputs."""
    def __setattr__(self, name: str, value: Any) -> None: ...
    def __getattr__(self, name: str) -> Any: ...

class MatrixProcessor(_Calculator):
    """Statistics and transposition of a matrix `values`."""

class RiskCalculator(_Calculator):
    """Historical risk of `values` (or `returns`)."""

class SignalProcessor(_Calculator):
    """Statistics of a signal `values`."""
