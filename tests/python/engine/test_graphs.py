"""Graphs of the stand-in engine: sinks that take results as they are, inputs that are remembered, and parents whose
results are joined. No message is lost and no value dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from core.calculator.cpp_calculator import CppCalculator
from core.calculator.java_calculator import JavaCalculator
from core.calculator.rust_calculator import RustCalculator
from core.dag import SINKS, Node
from core.lmdb import LMDBConfig, LMDBTransport, wrap_with_lmdb

from .natives import NATIVES
from .workers import bare, expected, payload


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


# --- parents ---------------------------------------------------------------------------------------------------------


def weights(data: Any) -> dict[str, Any]:
    return {"weights": [2.0 * value for value in data["values"]]}


def values(data: Any) -> dict[str, Any]:
    return {"values": [1.0 * value for value in data["values"]]}


def totals(data: Any) -> dict[str, Any]:
    """The names of what it sees and the sum of each list, as deep as they are; nothing of the protocol."""

    def total(value: Any) -> Any:
        if isinstance(value, dict):
            assert not [name for name in value if str(name).startswith("_lmdb")], list(value)
            return {name: total(item) for name, item in value.items()}
        return float(sum(value)) if isinstance(value, list) else value

    return total(data)


NATIVE = ("Python that answers directly", "C++ that writes its output", "Rust that writes its output")
NATIVE += ("Java that writes its output", "C++ that ignores references")
CHILDREN: dict[str, Callable[[str, dict[str, Any], Any], Any]] = {
    "wrapped": lambda name, config, native: wrap_with_lmdb(native, config, name),
    "C++ wrapper": CppCalculator,
    "Rust wrapper": RustCalculator,
    "Java wrapper": JavaCalculator,
}


def parents(by_reference: Callable[..., Any], number: int) -> tuple[Node, Node]:
    made = Node("pa", by_reference(Makes(values), "pa")), Node("pb", by_reference(Makes(weights), "pb"))
    for node in made:
        assert node.compute(payload(number))
    return made


@pytest.mark.parametrize("child", CHILDREN)
@pytest.mark.parametrize("native", NATIVE)
def test_joined_references_reach_a_native(
    store_path: str, by_reference: Callable[..., Any], native: str, child: str
) -> None:
    calculator = CHILDREN[child]("child", bare(store_path, lmdb_enabled=True), NATIVES[native].make("child", {}))
    for number in (1, 2):
        node = Node("child", calculator, parents(by_reference, number))
        node.compute({"scale": 7.0})
        assert node.output["sum"] == expected(number)


SEEN = {
    "update": {"values": expected(1), "weights": 2 * expected(1), "scale": 7.0},
    "pname": {"pa": {"values": expected(1)}, "pb": {"weights": 2 * expected(1)}, "scale": 7.0},
}


@pytest.mark.parametrize("child", CHILDREN)
@pytest.mark.parametrize("merge", SEEN)
def test_joined_references_lose_nothing(
    store_path: str, by_reference: Callable[..., Any], merge: str, child: str
) -> None:
    calculator = CHILDREN[child]("child", bare(store_path, lmdb_enabled=True), Makes(totals))
    node = Node("child", calculator, parents(by_reference, 1), merge)
    node.compute({"scale": 7.0})
    assert node.output == SEEN[merge]


@pytest.mark.parametrize("merge", SEEN)
@pytest.mark.parametrize("sink", SINKS)
def test_a_sink_resolves_what_it_gets(
    opened: LMDBTransport, by_reference: Callable[..., Any], merge: str, sink: str
) -> None:
    joined = Node("sink", None, parents(by_reference, 1), merge).merged({"scale": 7.0})
    assert totals(opened.resolve(SINKS[sink](joined))) == SEEN[merge]


def test_a_plain_result_beside_references(store_path: str, by_reference: Callable[..., Any]) -> None:
    plain = Node("pc", Makes(lambda data: {"count": len(data["values"])}))
    assert plain.compute(payload(1))
    node = Node("child", wrap_with_lmdb(Makes(totals), bare(store_path), "child"), (*parents(by_reference, 1), plain))
    node.compute({})
    assert node.output == {"values": expected(1), "weights": 2 * expected(1), "count": 200}


def test_a_name_that_occurs_twice_is_refused(store_path: str, by_reference: Callable[..., Any]) -> None:
    calculator = wrap_with_lmdb(Makes(totals), bare(store_path), "child")
    first, second = parents(by_reference, 1)
    for message in ({"values": [1.0]}, {"weights": 5}):
        with pytest.raises(Exception, match=r"values|weights"):
            calculator.calculate(Node("child", None, (first, second)).merged(message))
