"""Calls that the library makes without a step of Python's are what the wrapper's own steps would have made of them."""

from __future__ import annotations

import contextlib
import copy
import gc
import logging
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from wrapping import LARGE, Direct, Seeing, Writer, double

from dishtayantra_lmdb import LMDBTransport, wrap_with_lmdb

CALLS = int(os.environ.get("DY_DOOR_CALLS", 5_000))


class BrokenError(Exception):
    """What a calculator fails with."""


class Stop(BaseException):
    """What nobody is to catch."""


def writes(output: Any) -> Callable[[], Any]:
    class Answering(Writer):
        def calculate(self, data: Any) -> Any:
            if not data.get("_lmdb_ref"):
                return output
            self.lmdb_read_input()
            return {"_lmdb_output_written": True} if self.lmdb_write_output(output) else output

    return Answering


def answers(answer: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: Seeing(answer)


def raising(error: BaseException, opens: bool = False) -> Callable[[], Any]:
    class Raising(Direct):
        def calculate(self, data: Any) -> Any:
            if opens and data.get("_lmdb_ref"):
                self.lmdb_read_input()
            # A new one: its traceback keeps what it went through.
            raise type(error)(*error.args)

    return Raising


async def later(data: Any) -> Any:
    return double(data)


class Later(Direct):
    async def calculate(self, data: Any) -> Any:
        return double(self.lmdb_read_input() if data.get("_lmdb_ref") else data)


CALCULATORS: dict[str, Callable[[], Any]] = {
    "writes": Writer,
    "reads": Direct,
    "ignores": answers(double),
    "answers nothing": answers(lambda data: None),
    "answers a list": writes([1, 2.5, "a", None]),
    "answers an array": writes(np.arange(3000.0)),
    "answers a float": writes(0.5),
    "answers names of the protocol": writes({"_lmdb_x": 1, "_txn_id": "a", "_kept": 2, "values": [1]}),
    "answers names of other classes": answers(lambda data: {np.str_("_txn_id"): 1, "a": 2}),
    "writes names of other classes": writes({np.str_("_txn_id"): 1, "a": 2}),
    "answers names that are no text": answers(lambda data: {"_lmdb_\udc80": 2, "_\udc80": 1}),
    "answers a reference inside": writes({"inner": {"_lmdb_ref": False}, "n": 1}),
    "answers what says that it wrote": answers(lambda data: {"_lmdb_output_written": True}),
    "fails": raising(BrokenError("no")),
    "fails by a value": raising(ValueError("no")),
    "opens and fails": raising(BrokenError("no"), opens=True),
    "is stopped": raising(Stop("now")),
    "is interrupted": raising(KeyboardInterrupt()),
    "answers later": Later,
    "answers later, a function": lambda: later,
}

PAYLOADS: dict[str, Any] = {
    "a dict": LARGE,
    "an array in a dict": {"values": np.arange(3000.0).tolist(), "name": "x", "array": np.arange(3000.0)},
    "a small dict": {"values": [1, 2], "name": "x"},
    "what no format holds": {"values": list(range(3000)), "name": "x", "other": object()},
    "a set and a date": {"values": list(range(3000)), "name": "x", "set": {1, 2}},
    "text that is not valid": {"values": list(range(3000)), "name": "\ud800"},
    "a long marker": {"values": list(range(3000)), "name": "x", "_lmdb_ref_" + "x" * 300: "abc"},
    "a key that is no text": {"values": list(range(3000)), "name": "x", 1: 2},
}


def outcome(calculator: Any, payload: Any) -> Any:
    """What a call came to."""
    import asyncio
    import inspect

    try:
        result = calculator.calculate(payload)
        if inspect.isawaitable(result):

            async def awaited() -> Any:
                return await result

            result = asyncio.run(awaited())
    except BaseException as error:
        return type(error), re.sub("[0-9a-f]{32}", "ID", str(error))
    return plain(result)


def plain(value: Any) -> Any:
    """What can be compared."""
    if isinstance(value, np.ndarray):
        return "array", value.dtype.str, value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return type(value), value


@pytest.mark.parametrize("mode", ["both", "input"])
@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("calculator", CALCULATORS)
def test_both_ways_come_to_the_same(
    store_path: str, caplog: pytest.LogCaptureFixture, calculator: str, payload: str, mode: str
) -> None:
    settings = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_exchange_mode": mode, "lmdb_wait_timeout": 1}
    settings |= {"lmdb_wait_timeout": 50, "lmdb_min_size": 200}
    said: dict[str, Any] = {}
    for way in ("by the library", "by steps"):
        wrapped = wrap_with_lmdb(CALCULATORS[calculator](), settings, "calc")
        caplog.clear()
        logging.getLogger("core.lmdb").setLevel(logging.INFO)
        outcomes = []
        for _ in range(3):
            if way == "by steps":
                wrapped._native = wrapped._caller = None
            outcomes.append(outcome(wrapped, PAYLOADS[payload]))
        said[way] = outcomes, [record.levelname for record in caplog.records]
        wrapped.close()
    assert said["by the library"] == said["by steps"]
    with LMDBTransport.get_instance(store_path) as left:
        assert left.keys() == []


def test_a_usual_call_takes_none_of_the_wrappers_steps(store_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_min_size": 1000}
    wrapped = wrap_with_lmdb(Writer(), settings, "calc")
    small = {"values": [1], "name": "x"}
    assert wrapped.calculate(LARGE) == double(LARGE)

    def refuse(*arguments: Any) -> Any:
        raise AssertionError("a step")

    monkeypatch.setattr(wrapped, "_steps", refuse)
    assert wrapped.calculate(LARGE) == double(LARGE)
    assert wrapped.calculate(small) == double(small)
    with pytest.raises(AssertionError, match="a step"):
        wrapped.calculate({"_lmdb_ref": True})


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_wrapped_calculator_that_was_called_can_be_copied(store_path: str, copied: Callable[[Any], Any]) -> None:
    settings = {"lmdb_enabled": True, "lmdb_db_path": store_path}
    wrapped = wrap_with_lmdb(Writer(), settings, "calc")
    assert wrapped.calculate(LARGE) == double(LARGE)
    made = copied(wrapped)
    for calculator in (made, wrapped, made):
        assert calculator.calculate(LARGE) == double(LARGE)


def test_calls_keep_no_objects(store_path: str) -> None:
    settings = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_min_size": 1000}
    array = np.arange(1000.0)
    payload, small = {"values": array, "name": "x"}, {"values": [1], "name": "y"}
    output = {"values": array, "n": 1}
    wrapped = wrap_with_lmdb(writes(output)(), settings, "calc")
    failing = wrap_with_lmdb(raising(BrokenError("no"))(), settings, "failing")

    def calls(count: int) -> None:
        for index in range(count):
            wrapped.calculate(payload)
            wrapped.calculate(small)
            if index % 50 == 0:
                with pytest.raises(BrokenError):
                    failing.calculate(payload)

    kept = [payload, small, array, output, wrapped, None, True, "x", wrapped._caller]

    def counts() -> list[int]:
        gc.collect()
        return [sys.getrefcount(item) for item in kept]

    calls(100)
    before, objects = counts(), len(gc.get_objects())
    calls(CALLS)
    after = counts()
    assert [later - sooner for later, sooner in zip(after, before, strict=True) if abs(later - sooner) > 50] == []
    assert abs(len(gc.get_objects()) - objects) < 200


@pytest.mark.parametrize("size", [10, 3000])
@pytest.mark.parametrize("calculator", ["fails", "opens and fails", "writes", "reads"])
def test_a_payload_goes_when_its_call_is_over(store_path: str, calculator: str, size: int) -> None:
    settings = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_min_size": 1000}
    wrapped = wrap_with_lmdb(CALCULATORS[calculator](), settings, "calc")

    def call() -> weakref.ref[Any]:
        array = np.arange(float(size))
        with contextlib.suppress(BrokenError):
            wrapped.calculate({"values": array[:3].tolist(), "name": "x", "array": array})
        return weakref.ref(array)

    call()
    gc.collect()
    gc.disable()
    try:
        assert call()() is None
    finally:
        gc.enable()


def test_an_answer_is_judged_by_the_exchange_that_asked(store_path: str) -> None:
    class Reopening(Direct):
        """Removes the store and has another call open it anew."""

        depth = 0

        def calculate(self, data: Any) -> Any:
            if self.depth == 0:
                self.depth = 1
                shutil.rmtree(store_path)
                assert wrapped.calculate(LARGE) == double(LARGE)
            return double(self.lmdb_read_input() if data.get("_lmdb_ref") else data)

    wrapped = wrap_with_lmdb(Reopening(), {"lmdb_enabled": True, "lmdb_db_path": store_path}, "calc")
    wrapped.inner.depth = 1
    assert wrapped.calculate(LARGE) == double(LARGE)
    wrapped.inner.depth = 0
    assert wrapped.calculate(LARGE) == double(LARGE)


HOLDER = """
import sys, time, lmdb
environment = lmdb.open(sys.argv[1], map_size=64 << 20, max_dbs=100, create=False)
transaction = environment.begin(write=True)
print("held", flush=True)
time.sleep(60)
"""


def test_whoever_holds_the_write_lock_does_not_freeze_other_threads(store_path: str) -> None:
    settings = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_map_size": 64 << 20}
    wrapped = wrap_with_lmdb(Writer(), settings, "calc")
    assert wrapped.calculate(LARGE) == double(LARGE)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, store_path], stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    results: list[Any] = []
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGSTOP)
        calling = threading.Thread(target=lambda: results.append(wrapped.calculate(LARGE)))
        calling.start()
        turns, end = 0, time.monotonic() + 1
        while time.monotonic() < end:
            turns += 1
            time.sleep(0.001)
        assert turns > 20
        assert results == []
    finally:
        holder.kill()
        holder.wait()
    calling.join(30)
    assert results == [double(LARGE)]
