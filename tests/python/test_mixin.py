"""Python calculators that read and write the store by the mixin."""

from __future__ import annotations

import pickle
import threading
import time
from typing import Any

import numpy as np
import pytest
from conftest import MAP_SIZE

from dishtayantra_lmdb import (
    DataFormat,
    EntryNotFoundError,
    LMDBCalculatorMixin,
    LMDBDataExchange,
    LMDBTransport,
    wrap_with_lmdb,
)


class Doubler(LMDBCalculatorMixin):
    """Writes its output."""

    def calculate(self, data: dict[str, Any]) -> Any:
        if not data.get("_lmdb_ref"):
            return {"doubled": [2 * value for value in data["values"]]}
        values = self.lmdb_read_input()["values"]
        self.lmdb_write_output({"doubled": [2 * value for value in values]})
        return {"_lmdb_output_written": True}


class Adder(LMDBCalculatorMixin):
    """Reads its input and answers directly."""

    def calculate(self, data: dict[str, Any]) -> Any:
        values = self.lmdb_read_input()["values"] if data.get("_lmdb_ref") else data["values"]
        return {"sum": sum(values)}


def reference(transport: LMDBTransport, **more: Any) -> dict[str, Any]:
    return {
        "_lmdb_ref": True,
        "_lmdb_input_key": "input:calc:1",
        "_lmdb_output_key": "output:calc:1",
        "_lmdb_db_path": transport.get_db_path(),
        "_lmdb_db_name": "default",
        "_lmdb_format": "json",
        "_txn_id": "1",
        **more,
    }


@pytest.fixture
def exchange(transport: LMDBTransport) -> Any:
    opened = LMDBDataExchange(
        {
            "lmdb_enabled": True,
            "lmdb_db_path": transport.get_db_path(),
            "lmdb_map_size": MAP_SIZE,
            "lmdb_wait_timeout": 60_000,
        },
        "calc",
    )
    assert opened.initialize()
    yield opened
    opened.close()


def test_enabled_by_hand(transport: LMDBTransport) -> None:
    calculator = LMDBCalculatorMixin()
    assert not calculator.is_lmdb_enabled()
    assert calculator.lmdb_read_input() is None
    assert calculator.lmdb_write_output(1) is None
    assert calculator.lmdb_get_db_path() is None
    assert calculator.enable_lmdb(transport.get_db_path(), "in", "out", "db")
    assert calculator.is_lmdb_enabled()
    assert calculator.lmdb_get_db_path() == transport.get_db_path()
    transport.put("in", np.arange(5000.0), format="numpy", db_name="db")
    array = calculator.lmdb_read_input()
    assert not array.flags.writeable
    assert array.sum() == sum(range(5000))
    txn_id = calculator.lmdb_write_output(array, format=DataFormat.NUMPY)
    raw = transport.get_raw("out", db_name="db")
    assert raw is not None
    assert raw[1].txn_id == txn_id
    assert raw[1].format is DataFormat.NUMPY
    assert calculator.lmdb_write_output(1, key="elsewhere")
    assert calculator.lmdb_read_input(key="elsewhere") == 1


def test_a_store_that_cannot_be_opened(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")
    calculator = LMDBCalculatorMixin()
    assert not calculator.enable_lmdb(str(tmp_path / "file" / "x"))
    assert not calculator.is_lmdb_enabled()


def test_a_missing_input_raises_and_nothing_is_computed(transport: LMDBTransport) -> None:
    for calculator in (Doubler(), Adder()):
        with pytest.raises(EntryNotFoundError, match="input:calc:1"):
            calculator.calculate(reference(transport))
    assert transport.keys() == []


def test_an_engine_takes_the_output(transport: LMDBTransport, exchange: Any) -> None:
    exchange.put_input({"values": [1, 2]}, "1")
    assert Doubler().calculate(reference(transport)) == {"_lmdb_output_written": True}
    raw = transport.get_raw("output:calc:1")
    assert raw is not None
    assert raw[1].format is DataFormat.JSON
    assert exchange.get_output("1") == {"doubled": [2, 4]}


def test_an_engine_does_not_wait_for_a_direct_answer(transport: LMDBTransport, exchange: Any) -> None:
    exchange.put_input({"values": [1, 2]}, "1")
    assert Adder().calculate(reference(transport)) == {"sum": 3}
    began = time.monotonic()
    assert exchange.get_output("1") is None
    assert time.monotonic() - began < 30


def test_small_inputs_are_calculated_directly() -> None:
    assert Doubler().calculate({"values": [1]}) == {"doubled": [2]}


class Enabling(LMDBCalculatorMixin):
    """Enables by hand what it is called with, and asks whether it is enabled."""

    def calculate(self, data: dict[str, Any]) -> Any:
        if data.get("_lmdb_ref"):
            self.enable_lmdb(
                data["_lmdb_db_path"], data["_lmdb_input_key"], data["_lmdb_output_key"], data["_lmdb_db_name"]
            )
        payload = self.lmdb_read_input() if self.is_lmdb_enabled() else data
        return {"sum": sum(payload["values"])}


@pytest.mark.parametrize("kind", [Adder, Enabling])
def test_an_exchange_ends_with_its_call(transport: LMDBTransport, kind: Any) -> None:
    calculator = kind()
    transport.put("input:calc:1", {"values": [1, 2]})
    assert calculator.calculate(reference(transport)) == {"sum": 3}
    transport.delete("input:calc:1")
    assert not calculator.is_lmdb_enabled()
    assert calculator.calculate({"values": [5]}) == {"sum": 5}


class Tripler(Doubler):
    """Lets its base write a first output, then writes its own."""

    def calculate(self, data: dict[str, Any]) -> Any:
        super().calculate(data)
        values = self.lmdb_read_input()["values"]
        self.lmdb_write_output({"tripled": [3 * value for value in values]})
        return {"_lmdb_output_written": True}


def test_subclasses_of_calculators(transport: LMDBTransport, exchange: Any) -> None:
    exchange.put_input({"values": [1, 2]}, "1")
    Tripler().calculate(reference(transport))
    assert exchange.get_output("1") == {"tripled": [3, 6]}


def test_threads_do_not_mix_their_inputs(transport: LMDBTransport) -> None:
    calculator = Doubler()
    failures: list[int] = []

    def work(number: int) -> None:
        for _ in range(30):
            key = f"input:calc:{number}"
            transport.put(key, {"values": [number] * 500})
            output = f"output:calc:{number}"
            calculator.calculate(reference(transport, _lmdb_input_key=key, _lmdb_output_key=output))
            if transport.get(output) != {"doubled": [2 * number] * 500}:
                failures.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_calculators_with_the_mixin_pickle(transport: LMDBTransport) -> None:
    calculator = Doubler()
    transport.put("input:calc:1", {"values": [3]})
    calculator.calculate(reference(transport))
    again = pickle.loads(pickle.dumps(calculator))
    again.calculate(reference(transport, _lmdb_output_key="again:1"))
    assert transport.get("again:1") == {"doubled": [6]}


def test_a_calculator_that_never_reads_its_input_gets_the_payload(store_path: str) -> None:
    class Unaware(LMDBCalculatorMixin):
        def calculate(self, data: Any) -> dict[str, int]:
            return {"n": len(data.get("values", ()))}

    for mode in ("input", "both", "reference"):
        config = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_exchange_mode": mode}
        wrapped = wrap_with_lmdb(Unaware(), config, f"unaware-{mode}")
        assert wrapped.calculate({"values": list(range(3000))}) == {"n": 3000}
