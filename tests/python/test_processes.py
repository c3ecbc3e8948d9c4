"""Spawned, forked and killed processes on one store."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dishtayantra_lmdb import (
    ForkedError,
    LMDBCalculatorConfig,
    LMDBConfig,
    LMDBDataExchange,
    LMDBTransport,
    StoreClosedError,
    wrap_with_lmdb,
)
from dishtayantra_lmdb._library.core import new_txn_id

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def in_fork(work: Callable[[], None]) -> None:
    """Runs ``work`` in a forked child and fails when it fails."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            os.write(write, traceback.format_exc().encode())
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, text or f"status {status}"


def double(transport: LMDBTransport, key: str) -> int:
    transport.put(f"{key} doubled", transport.get(key) * 2, format="numpy")
    return os.getpid()


def test_a_transport_travels_to_spawned_processes(transport: LMDBTransport) -> None:
    for index in range(4):
        transport.put(f"k{index}", np.full(5000, index), format="numpy")
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        pids = pool.starmap(double, [(transport, f"k{index}") for index in range(4)])
    assert os.getpid() not in pids
    for index in range(4):
        assert (transport.get(f"k{index} doubled") == 2 * index).all()
    transport.audit()


def test_a_forked_child_reopens_by_itself(transport: LMDBTransport) -> None:
    transport.put("parent", 1)
    view = transport.view("parent")
    array = np.arange(10_000.0)
    transport.put("array", array, format="numpy")
    kept = transport.get("array")

    def work() -> None:
        assert transport.get("parent") == 1
        transport.put("child", os.getpid())
        with pytest.raises(StoreClosedError, match="fork"):
            view.value()
        view.close()
        assert transport.get("array")[-1] == 9999
        transport.wait("parent", 0)
        transport.close()

    in_fork(work)
    assert transport.get("child") != os.getpid()
    assert view.value() == 1
    np.testing.assert_array_equal(kept, array)
    view.close()
    transport.audit()


@pytest.mark.parametrize("forks", [1, 2])
def test_what_a_forked_child_inherits_stays_what_it_is(tmp_path: Any, forks: int) -> None:
    transport = LMDBTransport(LMDBConfig(db_path=str(tmp_path / "store"), map_size=16 << 20)).open()
    wanted = {f"k{index}": np.full(30_000, float(index)) for index in range(8)}
    for key, value in wanted.items():
        transport.put(key, value, format="numpy")
    kept = {key: transport.get(key) for key in wanted}
    told, tell = os.pipe()
    checked, report = os.pipe()

    if os.fork() == 0:
        os.close(tell)
        if forks == 2 and os.fork() != 0:
            os._exit(0)
        os.read(told, 1)
        wrong = [key for key, value in kept.items() if not (value == wanted[key]).all()]
        os.write(report, b"wrong " + ", ".join(wrong).encode() if wrong else b"right")
        os._exit(0)
    os.close(report)
    pins = len(transport.stats()["pins"])
    kept.clear()
    # Every page that nobody pins is used again.
    for key in wanted:
        transport.delete(key)
    for turn in range(200):
        transport.put("noise", np.full(30_000, -1.0 - turn), format="numpy")
    os.write(tell, b"x")
    with os.fdopen(checked) as answer:
        assert answer.read() == "right"
    os.wait()
    assert pins == 16
    deadline = time.monotonic() + 60
    while transport.stats()["pins"] and time.monotonic() < deadline:
        transport.sweep()
    assert transport.stats()["pins"] == []
    assert transport.audit()["faults"] == []
    transport.close()


def test_a_program_that_a_fork_starts_keeps_nothing(transport: LMDBTransport) -> None:
    transport.put("k", np.arange(30_000.0), format="numpy")
    kept = transport.get("k")
    child = os.fork()
    if child == 0:
        os.execvp("sleep", ["sleep", "600"])
    try:
        del kept
        deadline = time.monotonic() + 60
        while transport.stats()["pins"] and time.monotonic() < deadline:
            transport.sweep()
        assert transport.stats()["pins"] == []
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_loan_of_the_parent_is_refused_in_a_forked_child(transport: LMDBTransport) -> None:
    loan, other = transport.loan("key", 5000), transport.loan("other", 5000)
    loan.memory[:] = bytes([7]) * 5000

    def work() -> None:
        for use in (lambda: loan.memory, lambda: other.memory, loan.array, other.publish):
            with pytest.raises(ForkedError, match="fork"):
                use()
        with transport.loan("child", 5000) as own:
            own.memory[:] = bytes(5000)
        other.drop()
        transport.close()

    in_fork(work)
    loan.publish()
    assert set(transport.get("key")) == {7}
    assert len(transport.get("child")) == 5000
    other.publish(10)
    transport.audit()


def test_ids_of_exchanges_are_made_once_by_threads_and_forked_children(tmp_path: Any) -> None:
    def ids() -> list[str]:
        made = [[new_txn_id() for _ in range(500)]]
        threads = [threading.Thread(target=lambda: made.append([new_txn_id() for _ in range(500)])) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [txn_id for some in made for txn_id in some]

    mine = ids()

    def work() -> None:
        (tmp_path / "ids").write_text("\n".join(ids()))

    in_fork(work)
    everybody = [*mine, *(tmp_path / "ids").read_text().split(), *ids()]
    assert len(everybody) == 3 * 5 * 500
    assert len(set(everybody)) == len(everybody)


def test_an_instance_in_a_forked_child(tmp_path: Any) -> None:
    path = str(tmp_path / "store")
    transport = LMDBTransport.get_instance(path)
    transport.put("key", 1)

    def work() -> None:
        again = LMDBTransport.get_instance(path)
        assert again is transport
        assert again.get("key") == 1
        again.put("key", 2)

    in_fork(work)
    assert transport.get("key") == 2
    transport.close()


def test_a_fork_while_other_threads_use_the_store(transport: LMDBTransport) -> None:
    done = threading.Event()

    def use() -> None:
        turn = 0
        while not done.is_set():
            turn += 1
            transport.put("busy", np.full(3000, turn), format="numpy")
            transport.get("busy")

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(10):

            def work(turn: int = turn) -> None:
                transport.put(f"child {turn}", turn)
                assert transport.get(f"child {turn}") == turn

            in_fork(work)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert [transport.get(f"child {turn}") for turn in range(10)] == list(range(10))
    transport.audit()


def test_the_child_of_a_killed_parent_writes_nothing_of_its_parents(transport: LMDBTransport, start: Any) -> None:
    parent = start(
        """
        import os, sys, time
        import numpy as np
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
        transport.put("before", np.arange(50_000), format="numpy")
        kept = transport.view("before")
        if os.fork() == 0:
            time.sleep(0.5)
            del kept
            print("child", transport.get("before").sum(), flush=True)
            os._exit(0)
        print("parent", flush=True)
        time.sleep(600)
        """,
        transport.get_db_path(),
    )
    assert parent.stdout.readline() == "parent\n"
    parent.kill()
    for turn in range(50):
        transport.put("after", np.full(50_000, turn), format="numpy")
    assert parent.stdout.readline().split() == ["child", str(sum(range(50_000)))]
    assert (transport.get("after") == 49).all()
    assert transport.get("before").sum() == sum(range(50_000))
    transport.sweep()
    transport.audit()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_worker_that_is_ended_leaves_a_good_store(transport: LMDBTransport, start: Any, how: signal.Signals) -> None:
    worker = start(
        """
        import sys
        import numpy as np
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
        kept = []
        turn = 0
        while True:
            turn += 1
            transport.put(f"k{turn % 7}", np.full(turn * 997 % 60_000, turn), format="numpy")
            kept = [transport.get(f"k{turn % 7}"), *kept[:3]]
            if turn == 20:
                print("working", flush=True)
        """,
        transport.get_db_path(),
    )
    assert worker.stdout.readline() == "working\n"
    time.sleep(0.2)
    worker.send_signal(how)
    worker.communicate(timeout=60)
    assert worker.returncode == -how
    for key in transport.keys():  # noqa: SIM118
        value = transport.get(key)
        assert value.size == 0 or (value == value[0]).all()
    del value
    transport.sweep()
    report = transport.audit()
    assert report["loans"] == 0
    assert transport.stats()["pins"] == []


def test_a_sigterm_handler_may_use_the_store(transport: LMDBTransport, start: Any) -> None:
    worker = start(
        """
        import signal, sys
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()

        def ended(*_):
            transport.put("last words", "ended")
            sys.exit(0)

        signal.signal(signal.SIGTERM, ended)
        print("working", flush=True)
        while True:
            transport.put("key", b"x" * 3000, format="raw")
            transport.get("key")
        """,
        transport.get_db_path(),
    )
    assert worker.stdout.readline() == "working\n"
    time.sleep(0.2)
    worker.terminate()
    worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert transport.get("last words") == "ended"


def test_what_a_signal_handler_raises_is_never_lost(transport: LMDBTransport, start: Any) -> None:
    worker = start(
        """
        import signal, sys
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
        raised = 0

        class Tick(Exception):
            pass

        def tick(*_):
            global raised
            raised += 1
            raise Tick

        signal.signal(signal.SIGALRM, tick)
        transport.put("key", b"x" * 3000, format="raw")
        caught = 0
        while raised < 500:
            before = raised
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.001)
                while raised == before:
                    transport.get("key")
            except Tick:
                caught += 1
        print(raised - caught, flush=True)
        """,
        transport.get_db_path(),
    )
    assert worker.communicate(timeout=120)[0] == "0\n"


def total(data: dict[str, Any]) -> dict[str, Any]:
    return {"total": sum(data["values"]), "pid": os.getpid()}


def call(calculator: Any, data: dict[str, Any]) -> Any:
    return calculator.calculate(data)


def test_wrapped_calculators_and_exchanges_travel_to_spawned_processes(store_path: str) -> None:
    settings = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_map_size": 64 << 20}
    wrapped = wrap_with_lmdb(total, settings, "total")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        result = pool.apply(call, (wrapped, {"values": list(range(2000))}))
    assert result["total"] == sum(range(2000))
    assert result["pid"] != os.getpid()
    exchange = LMDBDataExchange(LMDBCalculatorConfig.from_dict(settings), "total")
    again = pickle.loads(pickle.dumps(exchange))
    assert not again.is_enabled()
    assert exchange.initialize()
    again = pickle.loads(pickle.dumps(exchange))
    assert again.is_enabled()
    wrapped.close()
    exchange.close()
    again.close()


def test_a_forked_child_uses_the_exchange(store_path: str) -> None:
    settings = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_map_size": 64 << 20}
    exchange = LMDBDataExchange(settings, "total")
    assert exchange.initialize()
    assert exchange.put_input([1] * 3000, "1")

    def work() -> None:
        assert exchange.put_input([2] * 3000, "2") == "input:total:2"
        exchange.cleanup("1")

    in_fork(work)
    assert exchange.put_input([3] * 3000, "1") == "input:total:1"
    assert exchange.put_input([3] * 3000, "2") is None
    exchange.close()


def test_two_processes_share_one_store(transport: LMDBTransport, run: Any) -> None:
    transport.put("question", np.arange(100_000), format="numpy")
    run(
        """
        import sys
        from dishtayantra_lmdb import LMDBTransport
        transport = LMDBTransport.get_instance(sys.argv[1])
        transport.put("answer", int(transport.get("question").sum()))
        """,
        transport.get_db_path(),
    )
    assert transport.get("answer") == sum(range(100_000))
