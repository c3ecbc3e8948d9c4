"""Graphs of the stand-in engine: sinks that take results as they are, and inputs that are remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from core.calculator.cpp_calculator import CppCalculator
from core.dag import SINKS, Node
from core.lmdb import LMDBConfig, LMDBTransport, wrap_with_lmdb

from .workers import bare, payload


class Makes:
    """A source or a stage: what it is given, and what it makes of that."""

    def __init__(self, make: Callable[[Any], Any] = lambda data: data) -> None:
        self.make = make

    def calculate(self, data: Any) -> Any:
        return self.make(data)

    def details(self) -> dict[str, Any]:
        return {"name": "makes"}


def large(number: int) -> dict[str, Any]:
    return {**payload(number), "rows": [{"id": row, "name": f"row {row}"} for row in range(50)]}


@pytest.fixture
def opened(store_path: str) -> Iterator[LMDBTransport]:
    with LMDBTransport(LMDBConfig(db_path=store_path, map_size=64 << 20)) as transport:
        yield transport


@pytest.fixture
def by_reference(store_path: str) -> Callable[..., Any]:
    """Wraps a calculator whose large results are references."""

    def wrap(calculator: Any, name: str = "calc") -> Any:
        return wrap_with_lmdb(calculator, bare(store_path, lmdb_exchange_mode="reference"), name)

    return wrap


# --- sinks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sink", SINKS)
def test_sinks_get_results_as_they_are(store_path: str, sink: str) -> None:
    node = Node("calc", CppCalculator("calc", bare(store_path, lmdb_enabled=True), Makes()))
    for number in (1, 2):
        assert node.compute(large(number))
        assert SINKS[sink](node.output) == node.output == large(number)


@pytest.mark.parametrize("sink", SINKS)
def test_sinks_get_references_that_still_lead_to_their_payload(
    opened: LMDBTransport, by_reference: Callable[..., Any], sink: str
) -> None:
    node = Node("calc", by_reference(Makes()))
    for number in (1, 2):
        assert node.compute(large(number))
        assert node.output["_lmdb_ref"] is True
        reached = SINKS[sink](node.output)
        assert reached == node.output
        assert opened.resolve(reached) == large(number)


# --- remembered inputs -----------------------------------------------------------------------------------------------


def test_an_input_that_comes_again_is_no_news(store_path: str, by_reference: Callable[..., Any]) -> None:
    for calculator in (
        wrap_with_lmdb(Makes(), bare(store_path), "calc"),
        by_reference(Makes()),
        CppCalculator("calc", bare(store_path, lmdb_enabled=True), Makes()),
    ):
        node = Node("calc", calculator)
        assert [node.compute(large(number)) for number in (1, 1, 2, 2, 1)] == [True, False, True, False, True]
        assert node.calculations == 3
