"""What is none of the exchange's failures reaches the caller as it is."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from conftest import MAP_SIZE
from wrapping import EXPECTED, LARGE, Direct, Seeing, Writer, double, value_of, wrapped

from dishtayantra_lmdb import LMDBCalculatorConfig, LMDBDataExchange, LMDBTransport

KINDS: list[type[BaseException]] = [TimeoutError, RuntimeError, ValueError, KeyboardInterrupt]


class LateError(Exception):
    """A soft time limit of somebody's."""


def raised_at_each_line(work: Callable[[], Any], step: int = 1) -> int:
    """Raises at each line of the package that ``work`` runs in turn, as a signal's handler can.

    Returns:
        How many lines there were.
    """
    line = 1
    while True:
        left, was_raised = line, False

        def trace(frame: Any, event: str, _: Any) -> Any:
            nonlocal left, was_raised
            # What a finaliser raises reaches nobody, in any program.
            ends = "__del__" in (frame.f_code.co_name, frame.f_back.f_code.co_name)
            if event == "line" and "dishtayantra_lmdb" in frame.f_code.co_filename and not ends:
                left -= 1
                if left == 0:
                    was_raised = True
                    raise LateError("late")
            return trace

        sys.settrace(trace)
        try:
            work()
        except LateError:
            pass
        else:
            assert not was_raised, f"line {line}: the caller was told nothing"
            return line
        finally:
            sys.settrace(None)
        line += step


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.getLogger("core.lmdb").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("core.lmdb").setLevel(logging.NOTSET)


PAYLOAD = {"values": [1.5] * 400, "name": "x", "array": np.ones(300)}


@pytest.mark.parametrize("mode", ["both", "output", "reference"])
@pytest.mark.parametrize("kind", [Writer, Direct], ids=["writes", "returns"])
def test_a_time_limit_that_ends_a_wrapped_call_is_told(transport: LMDBTransport, mode: str, kind: Any) -> None:
    # Each time by a wrapper that knows nothing of its calculator, and by one that does.
    known = wrapped(transport, kind(), mode)
    known.calculate(PAYLOAD)
    assert raised_at_each_line(lambda: known.calculate(PAYLOAD), 3) > 30
    new = [wrapped(transport, kind(), mode) for _ in range(1200)]
    assert raised_at_each_line(lambda: new.pop().calculate(PAYLOAD), 3) > 30


def test_a_time_limit_that_ends_an_engines_exchange_is_told(transport: LMDBTransport) -> None:
    config = {"lmdb_enabled": True, "lmdb_db_path": transport.get_db_path(), "lmdb_map_size": MAP_SIZE}
    exchange = LMDBDataExchange(LMDBCalculatorConfig.from_dict(config), "calc")
    assert exchange.initialize()
    number = 0

    def work() -> None:
        nonlocal number
        number += 1
        txn_id = str(number)
        if exchange.should_use_lmdb(PAYLOAD) and exchange.put_input(PAYLOAD, txn_id):
            transport.get(exchange.generate_key("input", txn_id))
            exchange.get_output(txn_id, wait=False)
        exchange.cleanup(txn_id)

    assert raised_at_each_line(work, 2) > 30
    exchange.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("proven", [False, True])
def test_what_a_signals_handler_raises_inside_a_calculator_is_told(
    transport: LMDBTransport, kind: type[BaseException], proven: bool
) -> None:
    def handler(*_: object) -> None:
        raise kind("over")

    interrupted = [False]

    def calculate(data: Any) -> Any:
        if interrupted:
            interrupted.pop()
            os.kill(os.getpid(), signal.SIGUSR1)
            for _ in range(1000):
                pass
        return double(transport.resolve(data) if data.get("_lmdb_ref") else data)

    inner = Seeing(calculate)
    calculator = wrapped(transport, inner)
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        if proven:
            interrupted.clear()
            calculator.calculate(LARGE)
            interrupted.append(True)
        with pytest.raises(kind, match="over"):
            calculator.calculate(LARGE)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(inner.got) == 1 + proven
    assert transport.keys() == []
    assert calculator.calculate(LARGE) == EXPECTED
    assert not calculator.exchange.ignored
    calculator.close()


@pytest.mark.parametrize("kind", [MemoryError, RecursionError])
@pytest.mark.parametrize("inside", ["calculator", "size"])
def test_memory_and_stack_that_run_out_are_told(transport: LMDBTransport, kind: type[Exception], inside: str) -> None:
    class Greedy:
        @property
        def nbytes(self) -> int:
            raise kind("no more")

    def calculate(data: Any) -> Any:
        if inside == "calculator":
            raise kind("no more")
        return {}

    calculator = wrapped(transport, calculate)
    payload = LARGE if inside == "calculator" else {"x": Greedy()}
    with pytest.raises(kind, match="no more"):
        calculator.calculate(payload)
    assert transport.keys() == []
    calculator.close()


def test_errors_of_natives_and_of_classes_with_a_call_count_as_failures_on_a_reference(
    transport: LMDBTransport,
) -> None:
    class Called:
        def __call__(self, data: Any) -> Any:
            return double(data)

    class OddError(Exception):
        pass

    def raising(data: Any) -> Any:
        if "_lmdb_ref" in data:
            raise OddError("what is this?")
        return double(data)

    for inner in (Called(), raising, Seeing(raising), wrapped(transport, raising, lmdb_enabled=False)):
        calculator = wrapped(transport, inner)
        assert value_of(transport, calculator.calculate(LARGE)) == EXPECTED
        assert calculator.exchange.ignored
        calculator.close()
