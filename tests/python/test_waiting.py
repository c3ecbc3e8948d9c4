"""Waiting for a key, across threads and processes, without using the processor."""

from __future__ import annotations

import resource
import signal
import threading
import time
from typing import Any

import pytest

from dishtayantra_lmdb import LMDBTimeoutError, LMDBTransport
from dishtayantra_lmdb._library.abi import TIMEOUT
from dishtayantra_lmdb._library.types import ttl_milliseconds
from dishtayantra_lmdb._store.waiting import wait_in_slices

WAITER = """
    import resource, signal, sys, time
    from dishtayantra_lmdb import LMDBConfig, LMDBTimeoutError, LMDBTransport
    # A shell's background job inherits that SIGINT is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
    print("ready", flush=True)
    began = resource.getrusage(resource.RUSAGE_SELF)
    try:
        transport.wait(sys.argv[2], int(sys.argv[3]))
        print("there", transport.get(sys.argv[2]))
    except LMDBTimeoutError as error:
        print("timeout", error)
    ended = resource.getrusage(resource.RUSAGE_SELF)
    used = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
    print("cpu", used)
"""


def test_a_key_that_is_there(transport: LMDBTransport) -> None:
    transport.put("key", 1)
    assert transport.wait("key", 0) is None
    assert transport.wait("key") is None


def test_a_key_that_another_process_puts(transport: LMDBTransport, start: Any) -> None:
    waiter = start(WAITER, transport.get_db_path(), "key", 60_000)
    assert waiter.stdout.readline() == "ready\n"
    time.sleep(0.3)
    transport.put("other", 1)
    transport.put("key", {"value": 42})
    out, _ = waiter.communicate(timeout=60)
    assert "there {'value': 42}" in out


def test_a_key_that_never_comes_uses_no_processor(transport: LMDBTransport, start: Any) -> None:
    waiter = start(WAITER, transport.get_db_path(), "never", 1500)
    assert waiter.stdout.readline() == "ready\n"
    began = time.monotonic()
    out, _ = waiter.communicate(timeout=60)
    print(f"waited {time.monotonic() - began:.2f} s; {out}")
    assert "timeout" in out
    assert "'never'" in out
    assert "1500 ms" in out
    assert time.monotonic() - began >= 1.4
    # Nothing polls: what the process used is starting and ending a few system calls.
    assert float(out.rsplit("cpu ", 1)[1]) < 0.3


def test_a_thread_waits_while_others_run(transport: LMDBTransport) -> None:
    came: list[float] = []
    thread = threading.Thread(target=lambda: came.append(_wait(transport)))
    thread.start()
    counted = 0
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        counted += 1
    transport.put("key", 1)
    thread.join(60)
    assert came
    assert counted > 1000


def _wait(transport: LMDBTransport) -> float:
    transport.wait("key", 60_000)
    return time.monotonic()


@pytest.mark.parametrize("in_thread", [False, True])
def test_the_error_names_key_and_time(transport: LMDBTransport, in_thread: bool) -> None:
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            transport.wait("never", 40)
        except LMDBTimeoutError as error:
            caught.append(error)

    if in_thread:
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
    else:
        wait()
    (error,) = caught
    assert isinstance(error, TimeoutError)
    assert "'never'" in str(error)
    assert "40 ms" in str(error)
    assert "timeout_ms" in str(error)


def test_waiting_for_ever_ends_with_the_entry(transport: LMDBTransport) -> None:
    threading.Timer(0.7, lambda: transport.put("key", 1)).start()
    transport.wait("key")
    assert transport.contains("key")


def test_a_signal_reaches_a_waiting_main_thread(transport: LMDBTransport, start: Any) -> None:
    waiter = start(WAITER, transport.get_db_path(), "never", 600_000)
    assert waiter.stdout.readline() == "ready\n"
    time.sleep(0.2)
    waiter.send_signal(signal.SIGINT)
    _, errors = waiter.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors


def test_getrusage_of_this_process_while_waiting(transport: LMDBTransport) -> None:
    before = resource.getrusage(resource.RUSAGE_THREAD)
    with pytest.raises(LMDBTimeoutError):
        transport.wait("never", 1000)
    after = resource.getrusage(resource.RUSAGE_THREAD)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"waited 1000 ms, used {used * 1000:.2f} ms of the processor")
    assert used < 0.3


@pytest.mark.parametrize(("timeout_ms", "waited"), [(0.5, 1), (1, 1), (2.000001, 3), (-1, 0)])
def test_timeouts_are_rounded_up(timeout_ms: float, waited: int) -> None:
    slices: list[int] = []

    def wait(slice_ms: int) -> int:
        slices.append(slice_ms)
        time.sleep(slice_ms / 1000)
        return TIMEOUT

    assert not wait_in_slices(timeout_ms, wait)
    assert slices[0] == waited


def test_a_timeout_longer_than_the_library_can_say() -> None:
    slices: list[int] = []

    def wait(slice_ms: int) -> int:
        slices.append(slice_ms)
        return 0

    waiter = threading.Thread(target=lambda: wait_in_slices(1e300, wait))
    waiter.start()
    waiter.join()
    assert 2**62 < slices[0] < 2**63


@pytest.mark.parametrize(
    ("seconds", "milliseconds"),
    [(0, 0), (1e-9, 1), (0.0011, 2), (0.069, 69), (8.2, 8200), (1.0001, 1001), (2, 2000)],
)
def test_times_to_live_are_rounded_up(seconds: float, milliseconds: int) -> None:
    assert ttl_milliseconds(seconds) == milliseconds
