"""An engine's wrappers of natives: no message is lost, whatever a native makes of a reference, and nothing is called
twice without need.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from typing import Any

import pytest
from core.calculator.cpp_calculator import CppCalculator
from core.calculator.java_calculator import JavaCalculator
from core.calculator.rust_calculator import RustCalculator
from core.dag import Node
from core.lmdb import LMDBCalculatorMixin, LMDBDataExchange, LMDBReferenceIgnored

from .conftest import Application
from .natives import NATIVES
from .workers import bare, expected, payload

WRAPPERS = {"C++": CppCalculator, "Rust": RustCalculator, "Java": JavaCalculator}
PATIENCE = 120
SPAWN = multiprocessing.get_context("spawn")


def enabled(store_path: str, **settings: Any) -> dict[str, Any]:
    return bare(store_path, lmdb_enabled=True, **settings)


class Counting:
    """A native that counts its calls."""

    def __init__(self, calculate: Callable[[Any], Any]) -> None:
        self.calculate_once = calculate
        self.calls = 0

    def calculate(self, data: Any) -> Any:
        self.calls += 1
        return self.calculate_once(data)

    def details(self) -> dict[str, Any]:
        return {"name": "counting"}


def fails_on_references(data: Any) -> dict[str, Any]:
    return {"sum": float(sum(data["values"]))}


def ignores_references(data: Any) -> dict[str, Any]:
    return {"sum": float(sum(data.get("values", [])))}


def natives() -> dict[str, Callable[[], Any]]:
    made: dict[str, Callable[[], Any]] = {name: lambda name=name: NATIVES[name].make("calc", {}) for name in NATIVES}
    made["Python that fails on references"] = lambda: Counting(fails_on_references)
    return made


@pytest.mark.parametrize("native", natives())
@pytest.mark.parametrize("language", WRAPPERS)
def test_no_message_is_lost(store_path: str, language: str, native: str) -> None:
    node = Node("calc", WRAPPERS[language]("calc", enabled(store_path), natives()[native]()))
    for calculations, number in enumerate((1, 2, 3), 1):
        assert node.compute(payload(number))
        assert node.output["sum"] == expected(number)
        # Seen already: whatever became of it the first time is all there is.
        assert not node.compute(payload(number))
        assert node.calculations == calculations
    assert node.calculator.details()["stats"]["calculations"] == 3


@pytest.mark.parametrize("mode", ["input", "output", "both", "reference"])
@pytest.mark.parametrize("native", ["Python that ignores references", "Python that writes its output"])
def test_wrappers_send_a_reference_whatever_the_mode(store_path: str, native: str, mode: str) -> None:
    node = Node("calc", CppCalculator("calc", enabled(store_path, lmdb_exchange_mode=mode), natives()[native]()))
    for number in (1, 2):
        node.compute(payload(number))
        assert node.output["sum"] == expected(number)


def run(language: str, native: str, store_path: str, first: int) -> list[Any]:
    """First messages of threads with nodes of one name, and what is wrong with them."""
    faults: list[Any] = []

    def work(number: int) -> None:
        try:
            node = Node("calc", WRAPPERS[language]("calc", enabled(store_path), natives()[native]()))
            for step in range(5):
                node.compute(payload(number + step))
                if node.output["sum"] != expected(number + step):
                    faults.append((number, node.output))
        except BaseException as error:
            faults.append(repr(error))

    threads = [threading.Thread(target=work, args=(first + 100 * index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


@pytest.mark.parametrize("native", ["C++ that ignores references", "Python that fails on references"])
def test_first_messages_of_threads_and_spawned_workers(store_path: str, native: str) -> None:
    with SPAWN.Pool(2) as pool:
        running = [pool.apply_async(run, ("C++", native, store_path, 1000 * index)) for index in (1, 2)]
        faults = run("C++", native, store_path, 0)
        for worker in running:
            faults += worker.get(PATIENCE)
    assert faults == []


def test_one_wrapper_in_many_threads(store_path: str) -> None:
    native = Counting(ignores_references)
    calculator = CppCalculator("calc", enabled(store_path), native)
    start, found = threading.Barrier(8), []

    def work(number: int) -> None:
        start.wait()
        found.append(calculator.calculate(payload(number))["sum"] == expected(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8
    assert native.calls <= 16


class Opens(LMDBCalculatorMixin):
    """Opens its input and fails then."""

    def calculate(self, data: Any) -> Any:
        if "_lmdb_ref" in data:
            self.lmdb_read_input()
        raise ValueError("after it was opened")


def raises(error: BaseException) -> Callable[[Any], Any]:
    def calculate(data: Any) -> Any:
        raise error

    return calculate


class LateError(Exception):
    """What a signal handler raises."""


@pytest.mark.parametrize("language", WRAPPERS)
@pytest.mark.parametrize(
    ("native", "error", "calls"),
    [
        (lambda: Counting(raises(KeyError("always"))), KeyError, 2),
        (lambda: Counting(Opens().calculate), ValueError, 1),
        (lambda: Counting(raises(LateError())), LateError, 1),
        (lambda: Counting(raises(KeyboardInterrupt())), KeyboardInterrupt, 1),
        (lambda: Counting(raises(ConnectionResetError())), ConnectionResetError, 1),
        (lambda: Counting(raises(MemoryError())), MemoryError, 1),
    ],
    ids=["always", "opened", "signal", "interrupt", "connection", "memory"],
)
def test_a_native_that_fails_fails(
    store_path: str, language: str, native: Callable[[], Counting], error: type[BaseException], calls: int
) -> None:
    counting = native()
    calculator = WRAPPERS[language]("calc", enabled(store_path), counting)
    with pytest.raises(error) as raised:
        calculator.calculate(payload(1))
    assert counting.calls == calls
    assert raised.value.__context__ is None


def test_what_a_native_does_with_exchanges_of_its_own_is_its_own(store_path: str) -> None:
    inner = LMDBDataExchange(enabled(store_path), "inner")
    assert inner.initialize()

    def calculate(data: Any) -> Any:
        transport = data["_lmdb_db_path"] if "_lmdb_ref" in data else None
        assert inner.put_input(payload(1), "7")
        if transport:
            Reads().calculate(data)
        return inner.get_output("7")

    class Reads(LMDBCalculatorMixin):
        def calculate(self, data: Any) -> Any:
            return {"read": len(self.lmdb_read_input()["values"])}

    counting = Counting(calculate)
    with pytest.raises(LMDBReferenceIgnored):
        CppCalculator("calc", enabled(store_path), counting).calculate(payload(1))
    assert counting.calls == 1


def test_a_native_that_calls_another_wrapper(store_path: str) -> None:
    inner = Counting(fails_on_references)
    below = RustCalculator("below", enabled(store_path), inner)

    class Outer(LMDBCalculatorMixin):
        def calculate(self, data: Any) -> Any:
            return below.calculate(self.lmdb_read_input() if "_lmdb_ref" in data else data)

    outer = Counting(Outer().calculate)
    calculator = CppCalculator("above", enabled(store_path), outer)
    assert calculator.calculate(payload(1))["sum"] == expected(1)
    assert (outer.calls, inner.calls) == (1, 2)


ENGINE = {
    "core/__init__.py": "",
    "core/calculator/__init__.py": "",
    "core/calculator/cpp_calculator.py": """
        try:
            from core.lmdb import LMDBCalculatorConfig, LMDBDataExchange
        except ImportError:
            LMDBDataExchange = None

        class Base:
            async def later(self, data):
                return self.run(data, "later")

        class Wrapper(Base):
            def __init__(self, path):
                config = {"lmdb_enabled": True, "lmdb_db_path": path, "lmdb_min_size": 100}
                self.exchange = LMDBDataExchange(LMDBCalculatorConfig.from_dict(config), "calc")
                assert self.exchange.initialize()
                self.given = []

            def execute(self, data):
                return self.run(data, "execute")

            def run(self, data, how):
                key = self.exchange.put_input(data, how)
                self.given.append(key is None)
                if key is None:
                    return len(data)
                try:
                    return self.exchange.get_output(how)
                finally:
                    self.exchange.cleanup(how)
    """,
}
USE = """
import asyncio, os, sys
path = os.path.abspath("store")
def use(kind):
    wrapper = kind(path)
    assert wrapper.execute({"a": "x" * 1000}) == 1 and wrapper.given == [False, True], wrapper.given
    assert wrapper.execute({"a": "x" * 1000}) == 1 and wrapper.given == [False, True, True]
    wrapper = kind(path)
    assert asyncio.run(wrapper.later({"a": "x" * 1000})) == 1 and wrapper.given == [False, True]
"""
INSTALL = "from dishtayantra_lmdb import compat\ncompat.install()\n"
WRAPPER = "from core.calculator.cpp_calculator import Wrapper\n"


@pytest.mark.parametrize(
    ("main", "hook"),
    [
        (INSTALL + WRAPPER + USE + "use(Wrapper)\n", False),
        (WRAPPER + USE + "use(Wrapper)\n", True),
        ("import core.calculator.cpp_calculator as module\n" + USE + "use(module.Wrapper)\n", True),
        (
            # An engine's own core.lmdb before: the wrapper has taken names from it, which stay.
            "import dishtayantra_lmdb as ours, sys\nsys.modules['core.lmdb'] = ours\n"
            + WRAPPER
            + "del sys.modules['core.lmdb']\n"
            + INSTALL
            + USE
            + "use(Wrapper)\n",
            False,
        ),
        (
            INSTALL
            + WRAPPER
            + USE
            + "use(Wrapper)\nimport importlib, core.calculator.cpp_calculator as module\n"
            + "use(importlib.reload(module).Wrapper)\n",
            False,
        ),
    ],
    ids=["installed first", "hook", "hook, module", "imported first", "reloaded"],
)
def test_wrappers_of_any_shape_whenever_they_are_imported(application: Application, main: str, hook: bool) -> None:
    application(main, ENGINE, hook=hook)


def test_uninstalling_puts_back_what_was_there(application: Application) -> None:
    application(
        INSTALL
        + WRAPPER
        + USE
        + """
before = dict(vars(Wrapper))
use(Wrapper)
assert vars(Wrapper)["execute"] is not before["execute"]
assert Wrapper.execute.__wrapped__ is before["execute"] and Wrapper.execute.__name__ == "execute"
compat.uninstall()
assert dict(vars(Wrapper)) == before
from dishtayantra_lmdb import LMDBReferenceIgnored
try:
    Wrapper(path).execute({"a": "x" * 1000})
except LMDBReferenceIgnored:
    pass
else:
    raise SystemExit("it was repeated")
compat.install()
use(Wrapper)
""",
        ENGINE,
    )


def test_an_engine_without_such_modules_is_unaffected(application: Application) -> None:
    application(
        INSTALL
        + """
import sys
from core.lmdb import LMDBDataExchange, LMDBReferenceIgnored
exchange = LMDBDataExchange({"lmdb_enabled": True, "lmdb_db_path": "store", "lmdb_min_size": 1}, "calc")
assert exchange.initialize() and exchange.put_input({"a": 1}, "1")
try:
    exchange.get_output("1")
except LMDBReferenceIgnored:
    pass
else:
    raise SystemExit("nothing was raised")
assert not [name for name in sys.modules if name.startswith("core.calculator")]
"""
    )
