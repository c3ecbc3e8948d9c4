"""The base of calculators in Python, and the decorator that makes one of a function."""

from __future__ import annotations

import asyncio
import inspect
import pickle
from typing import Any

import numpy as np
import pytest

from dishtayantra_lmdb import (
    Calculator,
    CorruptError,
    EntryNotFoundError,
    LMDBDataExchange,
    LMDBTransport,
    calculator,
    resolve,
    wrap_with_lmdb,
)

VALUES = np.arange(10_000.0)
MEAN = {"mean": float(VALUES.mean())}


class Mean(Calculator):
    def compute(self, data: Any) -> Any:
        return {"mean": float(np.mean(data["values"]))}


@calculator
def mean_of_function(data: Any) -> Any:
    """The mean of `values`."""
    return {"mean": float(np.mean(data["values"]))}


@calculator
async def mean_later(data: Any) -> Any:
    await asyncio.sleep(0)
    return {"mean": float(np.mean(data["values"]))}


@calculator
def scaled(data: Any, config: dict[str, Any]) -> Any:
    return {"values": config["factor"] * data["values"]}


@calculator
def total(data: Any) -> Any:
    return {"sum": float(data["left"].sum() + data["right"].sum()), "day": data["day"]}


def answer(result: Any) -> Any:
    """What an engine gets in the end."""
    if not inspect.isawaitable(result):
        return result

    async def whole() -> Any:
        return await result

    return asyncio.run(whole())


ALL = pytest.mark.parametrize("kind", [Mean, mean_of_function, mean_later], ids=lambda kind: kind.__name__)


@ALL
@pytest.mark.parametrize("mode", ["input", "output", "both"])
@pytest.mark.parametrize("values", [VALUES, VALUES.tolist(), VALUES[:3]], ids=["array", "list", "small"])
def test_wrapped_in_every_mode(config: dict[str, Any], kind: Any, mode: str, values: Any) -> None:
    wrapped = wrap_with_lmdb(kind("mean"), {**config, "lmdb_exchange_mode": mode}, "mean")
    assert answer(wrapped.calculate({"values": values})) == {"mean": float(np.mean(values))}
    wrapped.close()


@ALL
def test_a_row_of_references(config: dict[str, Any], kind: Any) -> None:
    config = {**config, "lmdb_exchange_mode": "reference"}
    first = wrap_with_lmdb(scaled("twice", {"factor": 2}), config, "twice")
    second = wrap_with_lmdb(kind("mean"), config, "mean")
    middle = first.calculate({"values": VALUES})
    assert middle["_lmdb_ref"] is True
    assert resolve(answer(second.calculate(middle))) == {"mean": 2 * MEAN["mean"]}


@ALL
def test_called_directly_with_a_reference(config: dict[str, Any], kind: Any) -> None:
    exchange = LMDBDataExchange(config, "mean")
    assert exchange.initialize()
    key = exchange.put_input({"values": VALUES}, "7")
    reference = {
        "_lmdb_ref": True,
        "_lmdb_input_key": key,
        "_lmdb_output_key": exchange.generate_key(exchange.config.output_key_prefix, "7"),
        "_lmdb_db_path": exchange.config.db_path,
        "_lmdb_db_name": exchange.config.db_name,
        "_lmdb_format": "msgpack",
        "_txn_id": "7",
    }
    assert answer(kind("mean").calculate(reference)) == {"_lmdb_output_written": True}
    assert exchange.get_output("7") == MEAN
    exchange.cleanup("7")
    with pytest.raises(EntryNotFoundError):
        answer(kind("mean").calculate(reference))


def test_merged_references_with_fields_beside_them(transport: LMDBTransport, config: dict[str, Any]) -> None:
    config = {**config, "lmdb_exchange_mode": "reference"}

    @calculator
    def side_of(data: Any, settings: dict[str, Any]) -> Any:
        return {settings["side"]: data["values"]}

    given: dict[str, Any] = {"day": "Monday"}
    for side in ("left", "right"):
        given.update(wrap_with_lmdb(side_of(side, {"side": side}), config, side).calculate({"values": VALUES}))
    wanted = {"sum": float(2 * VALUES.sum()), "day": "Monday"}
    assert total("sum").calculate(given) == wanted
    assert resolve(wrap_with_lmdb(total("sum"), config, "sum").calculate(given)) == wanted


@pytest.mark.parametrize("reference", [{"_lmdb_ref": True}, {"_lmdb_ref": True, "_lmdb_input_key": 3}])
def test_nothing_computes_on_nothing(reference: dict[str, Any]) -> None:
    with pytest.raises(CorruptError):
        Mean("mean").calculate(reference)


def test_what_a_reference_gives_lies_in_place(config: dict[str, Any]) -> None:
    seen = []

    @calculator
    def look(data: Any) -> Any:
        seen.append(data["values"])
        return {"ok": True}

    wrap_with_lmdb(look("look"), config, "look").calculate({"values": VALUES})
    assert not seen[0].flags.writeable
    assert not seen[0].flags.owndata


def test_what_it_says_of_itself() -> None:
    assert mean_of_function.__doc__ == "The mean of `values`."
    made = mean_of_function("mine", {"level": 1})
    assert (made.name, made.config) == ("mine", {"level": 1})
    details = made.details()
    assert (details["name"], details["type"], details["language"]) == ("mine", "mean_of_function", "Python")
    again = pickle.loads(pickle.dumps(made))
    assert (type(again), again.config) == (mean_of_function, {"level": 1})
    assert Mean().name == "Mean"


@pytest.mark.parametrize("function", [lambda: 1, lambda a, b, c: 1], ids=["none", "three"])
def test_a_function_of_other_arguments_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="the payload and the configuration"):
        calculator(function)


def test_a_base_without_compute_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r"Calculator has no compute\(self, data\)"):
        Calculator("c").calculate({})
