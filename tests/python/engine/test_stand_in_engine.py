"""A stand-in for an engine, with natives that answer references and natives that ignore them, in many threads and
processes, killed in the middle."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import pyarrow as pa
import pytest
from core.lmdb import LMDBConfig, LMDBReferenceIgnored, LMDBTransport

from .conftest import Application
from .dag_engine import Node
from .natives import NATIVES
from .workers import Echo, bare, calculate_elsewhere, expected, payload, run_threads, tick_until

PATIENCE = 120
SPAWN = multiprocessing.get_context("spawn")
MODES = ["input", "output", "both", "reference"]
ANSWERING = [name for name, native in NATIVES.items() if native.knows_references]
IGNORING = [name for name, native in NATIVES.items() if not native.knows_references]


@pytest.fixture
def opened(store_path: str) -> Iterator[LMDBTransport]:
    with LMDBTransport(LMDBConfig(db_path=store_path, map_size=64 << 20)) as transport:
        yield transport


def held(transport: LMDBTransport) -> tuple[Any, Any]:
    """Pins, and loans but for those that the engine keeps for its next ones, which are nobody's."""
    transport.sweep()
    stats = transport.stats()
    return stats["pins"], [loan for loan in stats["loans"] if not loan["kept"]]


def nothing_is_left(transport: LMDBTransport, native: str | None = None) -> None:
    """No entry, loan or pin, and every page has its owner; after a while, where a native has a garbage collector."""
    collect = NATIVES[native].collect if native else None
    deadline = time.monotonic() + PATIENCE
    while collect and held(transport) != ([], []) and time.monotonic() < deadline:
        collect()
        time.sleep(0.01)
    assert held(transport) == ([], [])
    assert transport.keys(db_name="nodes") == []
    assert transport.audit()["faults"] == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("native", ANSWERING)
def test_a_native_that_answers_references(opened: LMDBTransport, store_path: str, native: str, mode: str) -> None:
    node = Node("calc", NATIVES[native].make("calc", {}), bare(store_path, lmdb_exchange_mode=mode))
    before = opened.stats()["counters"]["puts"]
    for number in (1, 2, 2, 3):
        result = node.tick(payload(number))
        assert result["sum"] == expected(number)
        assert not [key for key in result if key.startswith("_lmdb")]
    assert node.details()["name"] == "calc"
    # In mode output as in both: such an engine sends references whatever the mode.
    assert opened.stats()["counters"]["puts"] - before >= 4
    nothing_is_left(opened, native)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("native", IGNORING)
def test_a_native_that_ignores_references_is_told_once_and_then_passed_payloads(
    opened: LMDBTransport, store_path: str, native: str, mode: str
) -> None:
    node = Node("calc", NATIVES[native].make("calc", {}), bare(store_path, lmdb_exchange_mode=mode))
    began = time.monotonic()
    with pytest.raises(LMDBReferenceIgnored):
        node.tick(payload(1))
    assert node.exchange is not None
    assert node.exchange.put_input(payload(1), "1") is None
    for number in (1, 2, 3):
        assert node.tick(payload(number))["sum"] == expected(number)
    # At once: long before lmdb_wait_timeout.
    assert time.monotonic() - began < 15
    nothing_is_left(opened, native)


@pytest.mark.parametrize("native", ANSWERING)
def test_equal_results_are_no_change(store_path: str, native: str) -> None:
    node = Node("calc", NATIVES[native].make("calc", {}), bare(store_path))
    for number in (1, 1, 2, 2, 2, 1):
        node.tick(payload(number))
    assert node.changes == 3
    assert [kept and kept["sum"] for kept in node.history] == [None, expected(1), expected(2)]


@pytest.mark.parametrize("native", NATIVES)
def test_small_payloads_and_disabled_exchanges_go_directly(store_path: str, native: str) -> None:
    calculator = NATIVES[native].make("calc", {})
    assert Node("calc", calculator, bare(store_path)).tick({"values": [1.0, 2.0]})["sum"] == 3.0
    assert Node("calc", calculator, bare(store_path, enabled=False)).tick(payload(1))["sum"] == expected(1)
    assert Node("calc", calculator, bare("/proc/none")).tick(payload(1))["sum"] == expected(1)


@pytest.mark.parametrize("native", NATIVES)
def test_threads_and_spawned_processes_with_one_calculator_name(
    opened: LMDBTransport, store_path: str, native: str
) -> None:
    with SPAWN.Pool(2) as pool:
        running = [pool.apply_async(run_threads, (native, store_path, 4, 40)) for _ in range(2)]
        faults = run_threads(native, store_path, 4, 40)
        for worker in running:
            faults += worker.get(PATIENCE)
    assert faults == []
    nothing_is_left(opened, native)


KEPT: dict[str, tuple[str, Any]] = {
    "lists": ("msgpack", {"values": [float(n) for n in range(5000)], "names": ["a", "b"]}),
    "nested": ("msgpack", {"a": {"b": [{"c": list(range(2000))}]}}),
    "json": ("json", {"values": list(range(5000))}),
    "bytes": ("raw", b"x" * 50_000),
    "record batch": ("arrow", pa.record_batch({"a": list(range(5000)), "b": ["x"] * 5000})),
    "table": ("arrow", pa.table({"a": list(range(5000))})),
}


@pytest.mark.parametrize("kind", KEPT)
def test_results_are_compared_copied_and_kept(opened: LMDBTransport, store_path: str, kind: str) -> None:
    data_format, data = KEPT[kind]
    node = Node("echo", Echo(), bare(store_path, lmdb_data_format=data_format))
    kept = [node.calculate(data) for _ in range(3)]
    copies = [copy.deepcopy(kept[0]), pickle.loads(pickle.dumps(kept[0])), copy.copy(kept[0])]
    # What cleanup freed is written over, as often as there is room for.
    for number in range(400):
        opened.put("noise", bytes([number % 256]) * 200_000, format="raw", db_name="nodes")
    opened.delete("noise", db_name="nodes")
    for value in (*kept, *copies):
        assert type(value) is type(data)
        assert value == data
        assert (value != data) is False
    del kept, copies, value
    node.output = None
    nothing_is_left(opened)


def test_arrays_are_kept_and_copied(opened: LMDBTransport, store_path: str) -> None:
    values = np.arange(50_000.0)
    for data_format, data in (("numpy", values), ("msgpack", {"values": values})):
        node = Node("echo", Echo(), bare(store_path, lmdb_data_format=data_format))
        kept = node.calculate(data)
        copied = copy.deepcopy(kept)
        for number in range(200):
            opened.put("noise", bytes([number]) * 500_000, format="raw", db_name="nodes")
        opened.delete("noise", db_name="nodes")
        for found in (kept, copied):
            array = found["values"] if isinstance(found, dict) else found
            assert type(array) is np.ndarray
            np.testing.assert_array_equal(array, values)
        del kept, copied, found, array
    nothing_is_left(opened)


@pytest.mark.parametrize("native", ANSWERING)
def test_a_relative_path_is_the_same_store_in_another_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, native: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()

    class Remote:
        def calculate(self, data: Any) -> Any:
            assert Path(data["_lmdb_db_path"]).is_absolute()
            return pool.apply(calculate_elsewhere, (native, str(tmp_path / "elsewhere"), data))

    with SPAWN.Pool(1) as pool:
        node = Node("calc", Remote(), bare("relative/store"))
        assert node.tick(payload(7))["sum"] == expected(7)
    assert (tmp_path / "relative" / "store" / "data.mdb").exists()
    assert not (tmp_path / "elsewhere" / "relative").exists()


@pytest.mark.parametrize("native", ANSWERING)
def test_a_worker_ended_by_sigterm_leaves_nothing_and_the_others_go_on(
    opened: LMDBTransport, store_path: str, native: str
) -> None:
    # No lock that a worker could take with it.
    stop, faults = SPAWN.RawValue("b", 0), SPAWN.Queue()
    done = [SPAWN.Value("q", 0) for _ in range(3)]
    workers = [SPAWN.Process(target=tick_until, args=(stop, count, faults, native, store_path)) for count in done]
    for worker in workers:
        worker.start()
    try:
        reach(done, 20)
        for number in (0, 1):
            workers[number].terminate()
            workers[number].join(PATIENCE)
            assert workers[number].exitcode == -15
            going_on = done[2].value
            reach(done[2:], going_on + 50)
    finally:
        stop.value = 1
        for worker in workers:
            worker.join(PATIENCE)
            worker.kill()
    assert workers[2].exitcode == 0
    assert faults.empty()
    # What the ended ones had published is whole, and at most one exchange of each.
    left = opened.keys(db_name="nodes")
    assert len(left) <= 4
    for key in left:
        value = opened.get(key, db_name="nodes")
        assert len(value["values"]) == 200 if key.startswith("input:") else value["sum"] >= expected(0)
        opened.delete(key, db_name="nodes")
    nothing_is_left(opened, native)


def reach(counts: list[Any], least: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while any(count.value < least for count in counts):
        assert time.monotonic() < deadline, [count.value for count in counts]
        time.sleep(0.01)


def test_py_lmdb_in_the_same_process_on_another_directory(tmp_path: Path, store_path: str) -> None:
    native = NATIVES[ANSWERING[0]]
    other = lmdb.open(str(tmp_path / "other"), map_size=1 << 24)
    with other.begin(write=True) as txn:
        txn.put(b"key", b"value")
        node = Node("calc", native.make("calc", {}), bare(store_path))
        assert node.tick(payload(1))["sum"] == expected(1)
    other.close()
    again = lmdb.open(str(tmp_path / "other"), map_size=1 << 24)
    assert node.tick(payload(2))["sum"] == expected(2)
    with again.begin() as txn:
        assert txn.get(b"key") == b"value"
    again.close()


STAND_IN = f"""
import sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[1])!r})
"""


def test_without_numpy(application: Application, store_path: str) -> None:
    application(
        STAND_IN
        + f"""
sys.modules["numpy"] = sys.modules["pyarrow"] = None
from engine.natives import NATIVES
from engine.workers import run_threads
for name in NATIVES:
    faults = run_threads(name, {store_path!r}, 2, 20)
    assert faults == [], (name, faults)
""",
        hook=True,
    )


def test_without_the_library_the_engine_calculates_directly(application: Application, store_path: str) -> None:
    application(
        STAND_IN
        + f"""
from engine import dag_engine
assert dag_engine.LMDBDataExchange is None

class Calculator:
    def calculate(self, data):
        return {{"sum": sum(data["values"])}}

node = dag_engine.Node("calc", Calculator(), {{"enabled": True, "db_path": {store_path!r}}})
assert node.tick({{"values": list(range(1000))}}) == {{"sum": 499500}}
""",
        hook=True,
        environment={"DISHTAYANTRA_LMDB_LIBRARY": "/nonexistent.so"},
    )


def test_the_interpreter_keeps_its_gil_as_it_was() -> None:
    # On a free-threaded interpreter an extension that does not say it can do without would turn the GIL on.
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)
    before = enabled()
    for native in NATIVES.values():
        native.make("calc", {})
    assert enabled() == before
