"""Calculators that answer by an awaitable."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import Any

import pytest
from wrapping import EXPECTED, LARGE, MODES, Seeing, double, value_of, wrapped

from dishtayantra_lmdb import LMDBCalculatorMixin, LMDBTransport


class Reading(LMDBCalculatorMixin):
    """Waits between all it does, and writes its output when it is asked to."""

    async def calculate(self, data: Any) -> Any:
        await asyncio.sleep(0)
        payload = self.lmdb_read_input() if data.get("_lmdb_ref") else data
        await asyncio.sleep(0.01)
        result = double(payload)
        if "_lmdb_output_key" in data and self.lmdb_write_output(result):
            return {"_lmdb_output_written": True}
        return result


class Returning(LMDBCalculatorMixin):
    async def calculate(self, data: Any) -> Any:
        await asyncio.sleep(0)
        return double(self.lmdb_read_input() if data.get("_lmdb_ref") else data)


class Ignoring(Seeing):
    async def calculate(self, data: Any) -> Any:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().calculate(data)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("data", [LARGE, {"values": [1], "name": "y"}], ids=["large", "small"])
@pytest.mark.parametrize(
    "make",
    [Reading, Returning, lambda: Ignoring(double), lambda: lambda data: Ignoring(double).calculate(data)],
    ids=["writes", "returns", "fails on a reference", "a function"],
)
def test_the_result_is_right_in_every_mode(
    transport: LMDBTransport, mode: str, data: Any, make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    calculator = wrapped(transport, make(), mode)
    for _ in range(3):
        result = asyncio.run(awaited(calculator, data))
        assert value_of(transport, result) == double(data)
    if isinstance(calculator.inner, (Reading, Returning)):
        assert not calculator.exchange.ignored
        assert caplog.records == []
    if mode != "reference":
        assert transport.keys() == []
    calculator.close()


async def awaited(calculator: Any, data: Any) -> Any:
    return await calculator.calculate(data)


def test_calls_under_way_at_once_do_not_mix_up_what_they_read(transport: LMDBTransport) -> None:
    calculator = wrapped(transport, Reading())

    async def all_at_once() -> list[Any]:
        inputs = [{"values": [number] * 3000, "name": str(number)} for number in range(20)]
        return list(await asyncio.gather(*(calculator.calculate(data) for data in inputs)))

    assert asyncio.run(all_at_once()) == [{"doubled": [2 * n] * 3000, "name": str(n)} for n in range(20)]
    assert transport.keys() == []
    calculator.close()


def test_a_calculator_without_an_exchange_is_awaited_too(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")
    from dishtayantra_lmdb import wrap_with_lmdb

    config = {"lmdb_enabled": True, "lmdb_db_path": str(tmp_path / "file" / "store")}
    logging.getLogger("core.lmdb").setLevel(logging.CRITICAL)
    try:
        calculator = wrap_with_lmdb(Returning(), config, "calc")
    finally:
        logging.getLogger("core.lmdb").setLevel(logging.NOTSET)
    assert asyncio.run(awaited(calculator, LARGE)) == EXPECTED


@pytest.mark.parametrize("failure", [ArithmeticError("no result"), StopIteration("over"), KeyError("k")])
def test_what_a_calculator_raises_after_it_opened_its_input_is_raised(
    transport: LMDBTransport, failure: Exception
) -> None:
    class Failing(LMDBCalculatorMixin):
        calls = 0

        async def calculate(self, data: Any) -> Any:
            self.calls += 1
            self.lmdb_read_input()
            await asyncio.sleep(0)
            raise failure

    inner = Failing()
    calculator = wrapped(transport, inner)
    # Python itself makes a RuntimeError of a StopIteration that leaves a coroutine.
    kind = RuntimeError if isinstance(failure, StopIteration) else type(failure)
    with pytest.raises(kind):
        asyncio.run(awaited(calculator, LARGE))
    assert inner.calls == 1
    assert transport.keys() == []
    calculator.close()


def test_a_call_that_is_cancelled_leaves_nothing_behind(transport: LMDBTransport) -> None:
    began: list[str] = []

    class Slow(LMDBCalculatorMixin):
        async def calculate(self, data: Any) -> Any:
            payload = self.lmdb_read_input() if data.get("_lmdb_ref") else data
            began.extend(transport.keys())
            await asyncio.sleep(0 if len(began) > 1 else 3600)
            return double(payload)

    calculator = wrapped(transport, Slow())

    async def cancelled() -> Any:
        task = asyncio.ensure_future(awaited(calculator, LARGE))
        while not began:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert transport.keys() == []
        return await calculator.calculate(LARGE)

    assert asyncio.run(cancelled()) == EXPECTED
    assert not calculator.exchange.ignored
    assert transport.keys() == []
    calculator.close()


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
def test_a_call_that_nobody_awaits_leaves_nothing_behind(transport: LMDBTransport) -> None:
    calculator = wrapped(transport, Reading())
    pending = calculator.calculate(LARGE)
    assert len(transport.keys()) == 1
    del pending
    gc.collect()
    assert transport.keys() == []
    calculator.close()


def test_a_class_enables_itself_for_one_call_only(transport: LMDBTransport) -> None:
    """What is enabled inside a call ends with it, in a task as in a thread."""
    transport.put("elsewhere", {"values": [1], "name": "e"})

    class Enabling(LMDBCalculatorMixin):
        async def calculate(self, data: Any) -> Any:
            if data.get("_lmdb_ref"):
                self.lmdb_read_input()
                self.enable_lmdb(transport.get_db_path(), "elsewhere")
                await asyncio.sleep(0)
                return double(self.lmdb_read_input())
            return double(data)

    inner = Enabling()
    calculator = wrapped(transport, inner)
    assert asyncio.run(awaited(calculator, LARGE)) == {"doubled": [2], "name": "e"}
    assert not inner.is_lmdb_enabled()
    calculator.close()
