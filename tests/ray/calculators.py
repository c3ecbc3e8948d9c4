"""Calculators in Python that tests have on nodes."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np

from dishtayantra_lmdb import Calculator, LMDBCalculatorMixin


class Scaled(Calculator):
    """Knows references by its base."""

    def compute(self, data: Any) -> Any:
        return {"values": data["values"] * self.config.get("factor", 2.0)}


class Plain:
    """Knows nothing of the exchange."""

    def __init__(self, name: str, config: Any) -> None:
        self.name, self.config = name, config

    def calculate(self, data: Any) -> Any:
        if self.config.get("fails"):
            raise ArithmeticError(f"no figures of {self.name}")
        return {name: np.asarray(value) + 1 for name, value in data.items()}


class Same(Plain):
    """Answers what it was asked."""

    def calculate(self, data: Any) -> Any:
        return data


class Passing(LMDBCalculatorMixin):
    """Looks at what it was asked, and answers the reference to it."""

    def __init__(self, name: str, config: Any) -> None:
        self.name = name

    def calculate(self, data: Any) -> Any:
        assert self.lmdb_read_input() is not None
        return data


class Later(Calculator):
    """Takes its time."""

    async def compute(self, data: Any) -> Any:
        await asyncio.sleep(0.01)
        return {"values": data["values"] * 3}


class Broken(Plain):
    """Cannot be made."""

    def __init__(self, name: str, config: Any) -> None:
        raise RuntimeError("not today")
