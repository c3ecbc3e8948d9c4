"""Time namespaces: each container has a clock of its own, and entries expire when they should."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from container import PATIENCE, Container, Member

LIFE_MS = 2_000
HOUR_MS = 3_600_000
DAYS = 100 * 86_400


def behind() -> int:
    """As far back as a clock may go, which is never before the boot."""
    return -min(int(time.clock_gettime(time.CLOCK_BOOTTIME)) // 2, 3_600)


def offsets() -> dict[str, int]:
    return {"host": 0, "ahead": DAYS, "behind": behind()}


def member(programs: Path, volume: Path, place: Path, name: str) -> Member:
    offset = offsets()[name]
    started = Member(programs, Container(name, volume, place / name, offset=offset) if offset else None)
    assert abs(started.boottime - time.clock_gettime(time.CLOCK_BOOTTIME) - offset) < PATIENCE
    at = place / name if offset else volume
    started.ask("open", at / "store", 2770)
    return started


def until_gone(reader: Member, key: str, tag: int) -> float:
    """When the entry was gone; it is right as long as it is there."""
    until = time.monotonic() + PATIENCE
    while (found := int(reader.ask("tag", key))) != -1:
        assert found == tag
        assert time.monotonic() < until, f"{key} does not expire"
        time.sleep(0.02)
    return time.monotonic()


@pytest.mark.parametrize("writer", ["host", "ahead", "behind"])
def test_entries_expire_for_all_when_they_should(programs: Path, volume: Path, place: Path, writer: str) -> None:
    with ExitStack() as stack:
        members = {name: stack.enter_context(member(programs, volume, place, name)) for name in offsets()}
        members[writer].ask("put", "lasting", 96, 7, HOUR_MS)
        for _ in range(5):
            begun = time.monotonic()
            members[writer].ask("put", "brief", 96, 5, LIFE_MS)
            found = {name: int(reader.ask("tag", "brief")) for name, reader in members.items()}
            if time.monotonic() - begun < LIFE_MS / 1000:
                break
        else:
            pytest.fail("this machine is too slow to look at an entry before it expires")
        assert found == dict.fromkeys(members, 5)
        gone = {name: until_gone(reader, "brief", 5) - begun for name, reader in members.items()}
        assert min(gone.values()) >= LIFE_MS / 1000, gone
        # No one's sweep takes what lives.
        for sweeper in members.values():
            sweeper.ask("sweep")
            assert [reader.ask("tag", "lasting") for reader in members.values()] == ["7"] * len(members)


@pytest.mark.parametrize(("first", "then"), [("ahead", "behind"), ("behind", "ahead"), ("host", "ahead")])
def test_a_store_that_nobody_had_open_keeps_its_times(
    programs: Path, volume: Path, place: Path, first: str, then: str
) -> None:
    with member(programs, volume, place, first) as writer:
        begun = time.monotonic()
        writer.ask("put", "lasting", 96, 7, HOUR_MS)
        writer.ask("put", "brief", 96, 5, LIFE_MS)
    with member(programs, volume, place, then) as reader:
        assert until_gone(reader, "brief", 5) - begun >= LIFE_MS / 1000
        reader.ask("sweep")
        assert reader.ask("tag", "lasting") == "7"


OF_ITS_CHILDREN = """
import ctypes, os, sys
from dishtayantra_lmdb import LMDBConfig, LMDBTransport, UnsupportedStoreError

NEW_TIME = 0x80
assert ctypes.CDLL(None, use_errno=True).unshare(NEW_TIME) == 0, os.strerror(ctypes.get_errno())
transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1]))
try:
    transport.open()
except UnsupportedStoreError as error:
    print(error, flush=True)
if os.fork() == 0:
    with transport:
        print("a child:", transport.put("k", [1]) is not None, flush=True)
    os._exit(0)
os.wait()
"""


def test_who_has_one_clock_and_gives_its_children_another_is_refused(place: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", OF_ITS_CHILDREN, str(place / "store")], capture_output=True, text=True, timeout=PATIENCE
    )
    assert run.returncode == 0, run.stderr
    refused, child = run.stdout.splitlines()[0], run.stdout.splitlines()[-1]
    assert "/proc/self/ns/time and /proc/self/ns/time_for_children are two time namespaces" in refused
    assert child == "a child: True"
