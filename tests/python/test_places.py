"""Stores where the machine is not kind: memory that runs out, file systems that turn read-only, clocks that jump,
other namespaces, thousands of entries whose time is over at once.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import without

from dishtayantra_lmdb import EntryNotFoundError, LMDBConfig, LMDBTransport
from dishtayantra_lmdb.errors import LMDBError

MEMORY_GROUPS = Path("/sys/fs/cgroup/memory")
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of its own."""
    place = tmp_path / "mounted"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def payload(number: int) -> bytes:
    return bytes([number % 256]) * 200_000


FILLS = """
import os, sys
from dishtayantra_lmdb import LMDBConfig, LMDBTransport
transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
with open(sys.argv[2], "w") as group:
    group.write(str(os.getpid()))
number = 0
while True:
    transport.put(f"k{number}", bytes([number % 256]) * 200_000, format="raw", ttl=0)
    print(number, flush=True)
    number += 1
"""


@root_only
@pytest.mark.skipif(not (MEMORY_GROUPS / "tasks").exists(), reason="no memory control groups here")
def test_a_process_that_is_killed_for_want_of_memory_loses_nothing(mounted: Path) -> None:
    group = MEMORY_GROUPS / f"dy_lmdb_{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made: {error}")
    try:
        (group / "memory.limit_in_bytes").write_text(str(24 << 20))
        store = str(mounted / "store")
        with LMDBTransport(LMDBConfig(db_path=store)) as transport:
            # Pages of a tmpfs count for who first touches them.
            filler = subprocess.Popen(
                [sys.executable, "-c", FILLS, store, str(group / "tasks")], stdout=subprocess.PIPE, text=True
            )
            output, _ = filler.communicate(timeout=120)
            assert filler.returncode == -9
            acknowledged = [int(line) for line in output.split()]
            assert acknowledged
            for number in acknowledged:
                assert transport.get(f"k{number}") == payload(number)
            transport.audit()
            transport.put("after", b"still works", format="raw")
            assert transport.get("after") == b"still works"
    finally:
        for _ in range(100):
            with contextlib.suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.1)


@root_only
def test_a_file_system_that_turns_read_only_is_an_error_and_loses_nothing(mounted: Path) -> None:
    config = LMDBConfig(db_path=str(mounted / "store"))
    with LMDBTransport(config) as transport:
        transport.put("k", payload(1), format="raw", ttl=0)
    subprocess.run(["mount", "-o", "remount,ro", mounted], check=True)
    before = sorted(entry.name for entry in (mounted / "store").iterdir())
    with pytest.raises(LMDBError, match=r"[Rr]ead-only"):
        LMDBTransport(config).open()
    assert sorted(entry.name for entry in (mounted / "store").iterdir()) == before
    subprocess.run(["mount", "-o", "remount,rw", mounted], check=True)
    with LMDBTransport(config) as transport:
        assert transport.get("k") == payload(1)
        transport.audit()


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL) {
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    }
    const int status = real(clock, now);
    if (status == 0 && clock == CLOCK_REALTIME) {
        now->tv_sec += atol(getenv("CLOCK_STEP"));
    }
    return status;
}
"""

PUTS = """
import sys, time
from dishtayantra_lmdb import LMDBConfig, LMDBTransport
with LMDBTransport(LMDBConfig(db_path=sys.argv[1])) as transport:
    transport.put("short", b"s" * 5000, format="raw", ttl=1)
    transport.put("long", b"l" * 5000, format="raw", ttl=600)
    assert transport.get("short") is not None
    print(int(time.time()))
"""


@pytest.mark.parametrize("years", [-10, 10])
def test_a_clock_that_jumps_changes_no_time_to_live(tmp_path: Path, years: int) -> None:
    source, shim = tmp_path / "clock.c", tmp_path / "clock.so"
    source.write_text(CLOCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
    store = str(tmp_path / "store")
    step = years * 365 * 86_400
    with LMDBTransport(LMDBConfig(db_path=store)) as transport:
        done = subprocess.run(
            [sys.executable, "-c", PUTS, store],
            env={**os.environ, "LD_PRELOAD": str(shim), "CLOCK_STEP": str(step)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert abs(int(done.stdout) - time.time() - step) < 600, "the clock did not jump"
        assert transport.get("long") == b"l" * 5000
        for _ in range(100):
            if not transport.contains("short"):
                break
            time.sleep(0.1)
        with pytest.raises(EntryNotFoundError):
            transport.view("short")
        assert transport.get("long") == b"l" * 5000


LOOKS = """
import sys, time
from dishtayantra_lmdb import LMDBConfig, LMDBTransport
with LMDBTransport(LMDBConfig(db_path=sys.argv[1])) as transport:
    assert transport.get("forever") == b"f" * 5000
    assert transport.get("long") == b"l" * 5000
    transport.put("answer", b"a" * 5000, format="raw", ttl=600)
    for _ in range(200):
        if not transport.contains("short"):
            break
        time.sleep(0.1)
    print("short" if transport.contains("short") else "expired")
"""


@pytest.mark.parametrize(
    "namespace", [["--pid"], ["--time", "--boottime", "1000000"], ["--time", "--boottime", "-100"]]
)
def test_a_store_is_shared_with_another_namespace_and_outlives_its_processes(
    tmp_path: Path, namespace: list[str]
) -> None:
    unshare = ["unshare", *namespace, "--fork"]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
        without("pid and time namespaces are not permitted here")
    store = str(tmp_path / "store")

    def look(*prefix: str) -> None:
        seen = subprocess.run([*prefix, sys.executable, "-c", LOOKS, store], capture_output=True, text=True)
        assert (seen.returncode, seen.stdout) == (0, "expired\n"), seen

    with LMDBTransport(LMDBConfig(db_path=store)) as transport:
        transport.put("forever", b"f" * 5000, format="raw", ttl=0)
        transport.put("long", b"l" * 5000, format="raw", ttl=600)
        transport.put("short", b"s" * 5000, format="raw", ttl=3)
        look(*unshare)
        assert transport.get("answer") == b"a" * 5000
        assert transport.get("short") is None
        transport.audit()
    # There and back again, with nobody else there.
    for prefix in (unshare, []):
        look(*prefix)


def test_thousands_of_entries_that_expire_together_hold_nobody_up(tmp_path: Path) -> None:
    count = 20_000
    with LMDBTransport(LMDBConfig(db_path=str(tmp_path / "store"))) as transport:
        transport.put_many({f"k{number}": b"x" * 300 for number in range(count)}, ttl=1)
        longest = 0.0
        deadline = time.monotonic() + 60
        while transport.stats()["counters"]["expired"] < count and time.monotonic() < deadline:
            began = time.monotonic()
            transport.put("other", b"y" * 300, format="raw")
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.01)
        assert transport.stats()["counters"]["expired"] >= count
        assert longest < 10
        assert transport.get("other") == b"y" * 300
        transport.audit()
