"""Calculators in Python that tests have on nodes."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np

from dishtayantra_lmdb import Calculator, LMDBCalculatorMixin
from dishtayantra_lmdb.ray import _node, share


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


class Repeating(LMDBCalculatorMixin):
    """Answers every call with a reference to the same entry: one that it shared, its first input, or an output."""

    def __init__(self, name: str, config: Any) -> None:
        self.config = config
        self.handle: Any = None
        self.reference: Any = None

    def calculate(self, data: Any) -> Any:
        if self.reference is None:
            self.reference = getattr(self, f"_{self.config['answers']}")(data)
        return dict(self.reference)

    def _share(self, data: Any) -> Any:
        self.handle = share(self.lmdb_read_input())
        return self.handle.reference()

    def _input(self, data: Any) -> Any:
        return data

    def _output(self, data: Any) -> Any:
        key = "output:repeating:once"
        return _node.current().reference(key, _node.current().transport.put(key, self.lmdb_read_input()))


class Totals(Plain):
    """Has small results."""

    def calculate(self, data: Any) -> Any:
        return {name: float(np.sum(value)) for name, value in data.items()}


class Later(Calculator):
    """Takes its time."""

    async def compute(self, data: Any) -> Any:
        await asyncio.sleep(0.01)
        return {"values": data["values"] * 3}


class Broken(Plain):
    """Cannot be made."""

    def __init__(self, name: str, config: Any) -> None:
        raise RuntimeError("not today")
