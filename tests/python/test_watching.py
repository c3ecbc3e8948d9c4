"""Waiting for one of several keys, also in coroutines, and breaking it off."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
import time
from typing import Any

import pytest
from conftest import MAP_SIZE, Run, Start

from dishtayantra_lmdb import (
    BadKeyError,
    InvalidArgumentError,
    LMDBConfig,
    LMDBTimeoutError,
    LMDBTransport,
    StoreClosedError,
)

PUTS = """
    import sys, time
    from dishtayantra_lmdb import LMDBConfig, LMDBTransport
    with LMDBTransport(LMDBConfig(db_path=sys.argv[1])) as transport:
        sys.stdin.readline()
        transport.put(sys.argv[2], 1, db_name=sys.argv[3])
    """


def patient(coroutine: Any) -> Any:
    async def bounded() -> Any:
        return await asyncio.wait_for(coroutine, 60)

    return asyncio.run(bounded())


def waiting() -> int:
    return sum(thread.name == "dishtayantra-lmdb-watcher" for thread in threading.enumerate())


@pytest.mark.parametrize("db_name", ["default", "other"])
def test_any_of_several_keys_is_told(transport: LMDBTransport, db_name: str) -> None:
    keys = ["a", b"b", "c"]
    transport.put("b", 1, db_name=db_name)
    assert transport.wait_any(keys, 60_000, db_name) == b"b"
    assert patient(transport.wait_any_async(iter(keys), 60_000, db_name)) == b"b"
    assert patient(transport.wait_async("b", 0, db_name)) is None


@pytest.mark.parametrize("way", ["wait_any", "wait_any_async", "wait_async"])
def test_what_another_process_puts_ends_the_wait(
    transport: LMDBTransport, store_path: str, start: Start, way: str
) -> None:
    other = start(PUTS, store_path, "there", "default")
    threading.Timer(0.3, lambda: print(file=other.stdin, flush=True)).start()
    if way == "wait_any":
        assert transport.wait_any(["here", "there"], 60_000) == "there"
    elif way == "wait_any_async":
        assert patient(transport.wait_any_async(["here", "there"])) == "there"
    else:
        patient(transport.wait_async("there"))
    assert transport.get("there") == 1


@pytest.mark.parametrize("timeout_ms", [0, 1, 30.5])
def test_time_runs_out(transport: LMDBTransport, timeout_ms: float) -> None:
    keys = ["a", "b", "c", "d", "e"]
    expected = r"the keys 'a', 'b', 'c' and 2 others in database 'default'.*\(timeout_ms\)"
    with pytest.raises(LMDBTimeoutError, match=expected):
        transport.wait_any(keys, timeout_ms)
    with pytest.raises(LMDBTimeoutError, match=expected):
        patient(transport.wait_any_async(keys, timeout_ms))
    with pytest.raises(TimeoutError, match="under key 'a'"):
        patient(transport.wait_async("a", timeout_ms))


def test_what_is_no_wait_is_refused(transport: LMDBTransport) -> None:
    for keys, timeout_ms, error in (
        ([], 1, InvalidArgumentError),
        ("key", 1, InvalidArgumentError),
        (["a"], float("nan"), InvalidArgumentError),
        (["a"], "1", InvalidArgumentError),
        (["a", ""], 1, BadKeyError),
    ):
        with pytest.raises(error):
            transport.wait_any(keys, timeout_ms)  # type: ignore[arg-type]
        with pytest.raises(error):
            patient(transport.wait_any_async(keys, timeout_ms))  # type: ignore[arg-type]
    transport.close()
    with pytest.raises(StoreClosedError):
        transport.wait_any(["a"])
    with pytest.raises(StoreClosedError):
        patient(transport.wait_async("a"))


def test_a_cancelled_wait_is_given_up(transport: LMDBTransport) -> None:
    async def work() -> None:
        for _ in range(50):
            task = asyncio.ensure_future(transport.wait_any_async(["a", "b"]))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        late = asyncio.ensure_future(transport.wait_async("c"))
        await asyncio.sleep(0.05)
        transport.put("c", 1)
        await asyncio.wait_for(late, 60)

    asyncio.run(work())
    # Nothing holds the store open any more.
    transport.close()
    gc.collect()
    deadline = time.monotonic() + 60
    while waiting() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert waiting() == 0


def test_one_thread_waits_for_many(transport: LMDBTransport) -> None:
    count = 300

    async def work() -> list[Any]:
        tasks = [asyncio.ensure_future(transport.wait_async(f"key {n}")) for n in range(count)]
        await asyncio.sleep(0.05)
        assert waiting() == 1
        await asyncio.get_running_loop().run_in_executor(
            None, lambda: [transport.put(f"key {n}", n) for n in range(count)]
        )
        return await asyncio.wait_for(asyncio.gather(*tasks), 60)

    assert asyncio.run(work()) == [None] * count


def test_loops_of_several_threads_wait_at_once(transport: LMDBTransport) -> None:
    found: list[Any] = []

    def work(number: int) -> None:
        found.append(patient(transport.wait_any_async([f"{number}", f"also {number}"])))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for number in range(8):
        transport.put(f"also {number}", 1)
    for thread in threads:
        thread.join(60)
    assert sorted(found) == [f"also {n}" for n in range(8)]


def test_an_entry_that_expires_is_not_there(transport: LMDBTransport) -> None:
    transport.put("a", 1, ttl=0.05)
    time.sleep(0.1)
    with pytest.raises(LMDBTimeoutError):
        transport.wait_any(["a"], 50)
    with pytest.raises(LMDBTimeoutError):
        patient(transport.wait_async("a", 50))


def test_a_signal_ends_a_wait_for_any(store_path: str, start: Start) -> None:
    source = """
        import sys
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        with LMDBTransport(LMDBConfig(db_path=sys.argv[1])) as transport:
            print("waits", flush=True)
            try:
                transport.wait_any(["a", "b"])
            except KeyboardInterrupt:
                print("interrupted")
        """
    process = start(source, store_path)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert process.stdout.read() == "interrupted\n"
    assert process.wait(60) == 0


def test_children_wait_with_a_thread_of_their_own(run: Run, store_path: str) -> None:
    source = """
        import asyncio, os, sys
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
        async def waits(key, puts):
            task = asyncio.ensure_future(transport.wait_async(key))
            await asyncio.sleep(0.05)
            if puts: transport.put(key, 1)
            await asyncio.wait_for(task, 60)
        asyncio.run(waits("parent", True))
        child = os.fork()
        if not child:
            asyncio.run(waits("child", True))
            os._exit(7)
        asyncio.run(waits("child", False))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """
    assert run(source, store_path).stdout == "7\n"


def test_waits_that_nobody_ends_do_not_keep_the_program(run: Run, store_path: str) -> None:
    source = """
        import asyncio, sys
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
        async def work():
            asyncio.ensure_future(transport.wait_async("never"))
            await asyncio.sleep(0.05)
        asyncio.run(work())
        print("over")
        """
    for _ in range(3):
        assert run(source, store_path).stdout == "over\n"


def test_two_stores_of_one_process_are_told_apart(transport: LMDBTransport, tmp_path: Any) -> None:
    with LMDBTransport(LMDBConfig(db_path=str(tmp_path / "other"), map_size=MAP_SIZE)) as other:

        async def work() -> None:
            here = asyncio.ensure_future(transport.wait_async("key"))
            there = asyncio.ensure_future(other.wait_async("key"))
            await asyncio.sleep(0.05)
            other.put("key", os.getpid())
            await asyncio.wait_for(there, 60)
            assert not here.done()
            here.cancel()

        asyncio.run(work())
