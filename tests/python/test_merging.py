"""Payloads in which engines have merged several references, and the results of several nodes."""

from __future__ import annotations

import collections
import decimal
import json
import types
from typing import Any

import numpy as np
import pytest
from conftest import MAP_SIZE
from wrapping import Seeing, wrapped

from dishtayantra_lmdb import (
    CorruptError,
    EntryNotFoundError,
    InvalidArgumentError,
    LMDBCalculatorConfig,
    LMDBCalculatorMixin,
    LMDBDataExchange,
    LMDBError,
    LMDBTransport,
)
from dishtayantra_lmdb._store.resolve import holds_references

A, B = {"a": list(range(500))}, {"b": [0.5] * 700}


class Giving(LMDBCalculatorMixin):
    """Answers what it was made with, through the store where it is asked to."""

    def __init__(self, result: Any) -> None:
        self.result = result

    def calculate(self, data: Any) -> Any:
        if "_lmdb_output_key" in data and self.lmdb_write_output(self.result):
            return {"_lmdb_output_written": True}
        return self.result


class Reading(LMDBCalculatorMixin):
    def calculate(self, data: Any) -> Any:
        return {"got": self.lmdb_read_input() if data.get("_lmdb_ref") else data}


def reference_to(transport: LMDBTransport, value: Any, returned: bool = False) -> Any:
    inner = (lambda data: value) if returned else Giving(value)
    calculator = wrapped(transport, inner, "reference", lmdb_min_size=1)
    reference = calculator.calculate({"x": 1})
    calculator.close()
    assert reference["_lmdb_ref"] is True
    assert sum(name.startswith("_lmdb_ref_") for name in reference) == 1
    return reference


def merged(*parts: Any) -> Any:
    whole: dict[str, Any] = {}
    for part in parts:
        whole.update(part)
    return whole


MERGES: dict[str, tuple[Any, Any]] = {
    "one": (lambda a, b: a, A),
    "side by side": (merged, {**A, **B}),
    "the other way round": (lambda a, b: merged(b, a), {**A, **B}),
    "the same twice": (lambda a, b: merged(a, a), A),
    "with plain fields": (lambda a, b: merged(a, {"plain": 7.0}), {**A, "plain": 7.0}),
    "both with plain fields": (
        lambda a, b: merged({"p": [1]}, a, b, {"q": "x" * 5000}),
        {"p": [1], **A, **B, "q": "x" * 5000},
    ),
    "under names": (lambda a, b: {"pa": a, "pb": b, "n": 1}, {"pa": A, "pb": B, "n": 1}),
    "in a list": (lambda a, b: {"all": [a, merged(a, b), 5]}, {"all": [A, {**A, **B}, 5]}),
    "in a tuple": (lambda a, b: {"all": (a, (b,))}, {"all": (A, (B,))}),
    "nested beside a reference": (lambda a, b: merged(a, {"deep": {"er": b}}), {**A, "deep": {"er": B}}),
    "at the end of a long list": (lambda a, b: {"all": [*range(100), b]}, {"all": [*range(100), B]}),
    "as JSON": (lambda a, b: json.loads(json.dumps(merged(a, b))), {**A, **B}),
    "none": (lambda a, b: {"x": [1.5] * 2000}, {"x": [1.5] * 2000}),
}


@pytest.mark.parametrize("mode", ["input", "output", "both", "reference"])
@pytest.mark.parametrize("name", MERGES)
@pytest.mark.parametrize("kind", ["knows references", "knows nothing"])
def test_a_calculator_sees_all_that_was_merged(transport: LMDBTransport, mode: str, name: str, kind: str) -> None:
    merge, wanted = MERGES[name]
    a, b = reference_to(transport, A), reference_to(transport, B, returned=True)
    inner: Any = Reading() if kind == "knows references" else Seeing(lambda data: {"got": data})
    calculator = wrapped(transport, inner, mode)
    for _ in range(2):
        result = calculator.calculate(merge(a, b))
        if result.get("_lmdb_ref"):
            result = transport.resolve(result)
        got = {key: item for key, item in result["got"].items() if key[0] != "_"}
        assert got == wanted
        assert {key: type(item) for key, item in got.items()} == {key: type(item) for key, item in wanted.items()}
    calculator.close()


@pytest.mark.parametrize("mode", ["input", "output", "both", "reference"])
def test_what_cannot_be_merged_raises(transport: LMDBTransport, mode: str) -> None:
    a, other_a = reference_to(transport, A), reference_to(transport, {"a": [1], "c": 2})
    array = reference_to(transport, np.arange(10.0))
    gone = reference_to(transport, B)
    calculator = wrapped(transport, Seeing(lambda data: {"n": len([key for key in data if key[0] != "_"])}), mode)
    base = {key: item for key, item in a.items() if not key.startswith("_lmdb_ref_")}
    for payload, kind, text in [
        (merged(a, other_a), InvalidArgumentError, "'a'"),
        (merged(a, {"a": 5}), InvalidArgumentError, "'a'"),
        ({"deep": [merged(a, {"a": 5})]}, InvalidArgumentError, "'a'"),
        (merged(a, array), InvalidArgumentError, "ndarray"),
        (merged(array, {"plain": 1}), InvalidArgumentError, "plain"),
        (merged(other_a, base), CorruptError, "_lmdb_input_key"),
        (merged(a, gone), EntryNotFoundError, "missing or expired"),
    ]:
        if kind is EntryNotFoundError:
            transport.delete(gone["_lmdb_input_key"])
        with pytest.raises(kind, match=text):
            calculator.calculate(payload)
    assert calculator.inner.got == []
    assert calculator.calculate(merged(a, {"plain": 1})) == {"n": 2}
    calculator.close()


def test_a_chained_reference_means_its_entry_and_no_other(transport: LMDBTransport) -> None:
    calculator = wrapped(transport, Reading())
    reference = reference_to(transport, {"a": list(range(5000))})
    assert calculator.calculate(reference) == {"got": {"a": list(range(5000))}}
    transport.put(reference["_lmdb_input_key"], {"a": [0] * 5000})
    with pytest.raises(EntryNotFoundError):
        calculator.calculate(reference)
    calculator.close()


def test_an_engine_gets_one_whole_payload_for_what_it_merged(transport: LMDBTransport) -> None:
    config = {"lmdb_enabled": True, "lmdb_db_path": transport.get_db_path(), "lmdb_map_size": MAP_SIZE}
    exchange = LMDBDataExchange(LMDBCalculatorConfig.from_dict(config), "calc")
    assert exchange.initialize()
    a, b = reference_to(transport, {"a": 1}), reference_to(transport, {"b": 2})
    assert not exchange.should_use_lmdb(a)
    assert exchange.put_input(a, "0") is None
    for number, (payload, wanted) in enumerate(
        [
            (merged(a, b), {"a": 1, "b": 2}),
            (merged(a, {"c": 3}), {"a": 1, "c": 3}),
            ({"pa": a, "n": 4}, {"pa": {"a": 1}, "n": 4}),
        ],
        1,
    ):
        assert exchange.should_use_lmdb(payload)
        key = exchange.put_input(payload, str(number))
        assert key is not None
        assert transport.get(key) == wanted
    # Nothing could be passed directly.
    for number, (payload, kind) in enumerate(
        [
            (merged(a, {"a": 5}), InvalidArgumentError),
            ({"deep": [merged(a, reference_to(transport, {"a": 2}))]}, InvalidArgumentError),
            (merged(a, {**b, "_lmdb_input_key": "x"}), CorruptError),
            ({"pa": {**a, "_lmdb_entry": None, "_lmdb_db_path": "/nowhere"}, "n": 1}, LMDBError),
        ]
    ):
        with pytest.raises(kind):
            exchange.put_input(payload, f"wrong{number}")
    exchange.close()


Pair = collections.namedtuple("Pair", "left right")


class Rows(list[Any]):
    """A list of the user's, made in its own way."""

    def __init__(self, name: str, rows: list[Any]) -> None:
        super().__init__(rows)
        self.name = name


class Triple(tuple[Any, ...]):
    def __new__(cls, a: Any, b: Any, c: Any) -> Triple:
        return super().__new__(cls, (a, b, c))


@pytest.mark.parametrize(
    "around",
    [
        lambda inner: [*range(1000), inner, *range(1000)],
        lambda inner: (*["text"] * 500, inner, 1.5),
        lambda inner: Pair(1, inner),
        lambda inner: Pair([0.5] * 100 + [{"x": Pair(inner, None)}] + [0.5] * 100, 2),
        lambda inner: Triple(1, inner, 3),
        lambda inner: Rows("rows", [1, inner, 2]),
        lambda inner: types.MappingProxyType({"x": inner, "n": 1}),
        lambda inner: collections.OrderedDict(z=1, a=inner),
        lambda inner: collections.defaultdict(list, a=inner),
    ],
)
@pytest.mark.parametrize("deep", [False, True])
def test_references_are_found_wherever_they_lie(transport: LMDBTransport, around: Any, deep: bool) -> None:
    payload = {"a": [1, 2]}
    for reference in (reference_to(transport, payload), types.MappingProxyType(reference_to(transport, payload))):
        given = around(reference)
        wanted = around(payload)
        if deep:
            given, wanted = {"k": [given] * 2, "n": 1}, {"k": [wanted] * 2, "n": 1}
        assert holds_references(given)
        found = transport.resolve(given)
        assert found == wanted
        assert repr(found) == repr(wanted)
        seen = Seeing(lambda data: {"n": 1})
        wrapped(transport, seen).calculate({"given": given})
        assert seen.got[-1] == {"given": wanted}
        assert repr(seen.got[-1]) == repr({"given": wanted})


def test_payloads_without_references_are_left_alone() -> None:
    endless = collections.UserDict()
    endless["itself"] = [endless]
    many: Any = []
    for _ in range(40):
        many = [many, many]
    assert not holds_references(endless)
    assert not holds_references(many)
    assert not holds_references([decimal.Decimal(n) for n in range(100)])
    assert not holds_references({"\ud800": 1, 5: {"_lmdb_re": True}, "_lmdb_ref ": True, "_lmdb_reference": 1})
    itself: list[Any] = []
    itself.append(itself)
    ring: dict[str, Any] = {"x": 1}
    ring["ring"] = [ring]
    for value in (None, 5, "x", [], {}, [1.5] * 1000, {"_lmdb_ref": 1}, {"_lmdb_ref": "true"}, itself, ring, ([], {})):
        assert not holds_references(value)
    for value in ({"_lmdb_ref": True}, [{"_lmdb_ref": True}], {"x": {"_lmdb_ref_00": "{}"}}):
        assert holds_references(value)
