"""Calculators in Rust that read their inputs in place and answer references through the store."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import disjoint_base

@disjoint_base
class MatrixProcessor:
    """Statistics and transposition of a matrix `values`.

    Attributes may be set; threads may share it.
    """

    name: str
    def __new__(cls, name: str, config: Mapping[str, Any] | None = None) -> MatrixProcessor: ...
    @property
    def config(self) -> dict[str, Any]:
        """A copy of the configuration it was made with."""

    def calculate(self, data: Any) -> dict[str, Any]:
        """The result for a dict, an array, raw bytes of float64 or a reference."""

    def details(self) -> dict[str, Any]:
        """Name, class, settings and counts of calls, references and stored outputs."""

@disjoint_base
class RiskCalculator:
    """Historical risk of `values` (or `returns`).

    Attributes may be set; threads may share it.
    """

    name: str
    def __new__(cls, name: str, config: Mapping[str, Any] | None = None) -> RiskCalculator: ...
    @property
    def config(self) -> dict[str, Any]:
        """A copy of the configuration it was made with."""

    def calculate(self, data: Any) -> dict[str, Any]:
        """The result for a dict, an array, raw bytes of float64 or a reference."""

    def details(self) -> dict[str, Any]:
        """Name, class, settings and counts of calls, references and stored outputs."""

@disjoint_base
class SignalProcessor:
    """Statistics of a signal `values`.

    Attributes may be set; threads may share it.
    """

    name: str
    def __new__(cls, name: str, config: Mapping[str, Any] | None = None) -> SignalProcessor: ...
    @property
    def config(self) -> dict[str, Any]:
        """A copy of the configuration it was made with."""

    def calculate(self, data: Any) -> dict[str, Any]:
        """The result for a dict, an array, raw bytes of float64 or a reference."""

    def details(self) -> dict[str, Any]:
        """Name, class, settings and counts of calls, references and stored outputs."""

@disjoint_base
class TradeSums:
    """Sums of a column of the table `trades` by another.

    Attributes may be set; threads may share it.
    """

    name: str
    def __new__(cls, name: str, config: Mapping[str, Any] | None = None) -> TradeSums: ...
    @property
    def config(self) -> dict[str, Any]:
        """A copy of the configuration it was made with."""

    def calculate(self, data: Any) -> dict[str, Any]:
        """The result for a dict or a reference."""

    def details(self) -> dict[str, Any]:
        """Name, class, settings and counts of calls, references and stored outputs."""

@disjoint_base
class ColumnSelection:
    """Some columns of the table `table`.

    Attributes may be set; threads may share it.
    """

    name: str
    def __new__(cls, name: str, config: Mapping[str, Any] | None = None) -> ColumnSelection: ...
    @property
    def config(self) -> dict[str, Any]:
        """A copy of the configuration it was made with."""

    def calculate(self, data: Any) -> dict[str, Any]:
        """The result for a dict or a reference."""

    def details(self) -> dict[str, Any]:
        """Name, class, settings and counts of calls, references and stored outputs."""
