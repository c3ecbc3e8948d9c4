"""Loans of several processes, of killed ones, and of one that is taken for dead."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
from typing import Any

import pytest
from conftest import MAP_SIZE, Run, Start

from dishtayantra_lmdb import LMDBConfig, LMDBTransport, LoanLostError, MapFullError

LENDER = """
    import sys, time
    from dishtayantra_lmdb import LMDBConfig, LMDBTransport, MapFullError
    transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1], map_size=int(sys.argv[2]))).open()
    loans = []
    try:
        while True:
            loan = transport.loan(f"key{len(loans)}", 1 << 20)
            loan.memory[:] = b"x" * (1 << 20)
            loans.append(loan)
    except MapFullError:
        print(len(loans), flush=True)
    time.sleep(600)
"""


def test_loans_of_a_killed_process_are_reclaimed(transport: LMDBTransport, start: Start) -> None:
    lender = start(LENDER, transport.get_db_path(), MAP_SIZE)
    count = int(lender.stdout.readline())  # type: ignore[union-attr]
    assert count > 10
    assert transport.audit()["loans"] == count
    with pytest.raises(MapFullError):
        transport.loan("key", 1 << 20)
    assert transport.audit()["loans"] == count, "taken from the living"
    lender.send_signal(signal.SIGKILL)
    lender.wait()
    transport.sweep()
    report = transport.audit()
    assert report["loans"] == report["loaned_pages"] == 0
    assert not transport.contains("key0")
    again = [transport.loan(f"key{index}", 1 << 20) for index in range(count)]
    for loan in again:
        loan.drop()
    transport.audit()


def test_the_room_of_a_killed_process_is_taken_when_it_is_needed(transport: LMDBTransport, start: Start) -> None:
    """With no sweep of anybody's."""
    lender = start(LENDER, transport.get_db_path(), MAP_SIZE)
    count = int(lender.stdout.readline())  # type: ignore[union-attr]
    lender.kill()
    lender.wait()
    for index in range(count):
        transport.put(f"key{index}", bytes(1 << 20), format="raw")
    assert transport.audit()["loans"] == 0


HUNDREDS = """
    import sys
    import numpy as np
    from dishtayantra_lmdb import LMDBConfig, LMDBTransport
    seed, count = int(sys.argv[3]), int(sys.argv[4])
    transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1], map_size=int(sys.argv[2]))).open()
    loans = [transport.loan(f"{seed}:{index}", 2100 + index * 97) for index in range(count)]
    for index, loan in enumerate(loans):
        loan.array()[:] = (seed * 31 + index) % 251
    print("lent", flush=True)
    sys.stdin.readline()
    for index, loan in reversed(list(enumerate(loans))):
        loan.publish() if index % 3 else loan.drop()
"""


def test_hundreds_of_loans_at_once_in_each_of_four_processes(transport: LMDBTransport, start: Start) -> None:
    count = 250
    lenders = [start(HUNDREDS, transport.get_db_path(), MAP_SIZE, seed, count) for seed in range(4)]
    for lender in lenders:
        assert lender.stdout.readline() == "lent\n"  # type: ignore[union-attr]
    assert transport.audit()["loans"] == 4 * count
    assert transport.keys() == []
    for lender in lenders:
        lender.stdin.write("\n")  # type: ignore[union-attr]
        lender.stdin.flush()  # type: ignore[union-attr]
    for lender in lenders:
        assert lender.wait(120) == 0
    for seed in range(4):
        for index in range(count):
            payload = transport.get(f"{seed}:{index}")
            if index % 3:
                assert payload == bytes([(seed * 31 + index) % 251]) * (2100 + index * 97)
            else:
                assert payload is None
    assert transport.audit()["loans"] == 0


def look_dead() -> None:
    """Gives up the locks by which other processes know that this one lives, as the kernel does when it dies."""
    everything = struct.pack("hhqqi4x", fcntl.F_UNLCK, os.SEEK_SET, 0, 0, 0)
    unlocked = 0
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{descriptor}")
        except FileNotFoundError:
            continue
        if target.endswith("/owners"):
            fcntl.fcntl(int(descriptor), fcntl.F_OFD_SETLK, everything)
            unlocked += 1
    assert unlocked == 1


TAKEN_FOR_DEAD = """
    import sys
    sys.path.insert(0, sys.argv[3])
    from test_loans_of_processes import taken_for_dead
    taken_for_dead(sys.argv[1], int(sys.argv[2]))
"""


def taken_for_dead(path: str, map_size: int) -> None:
    """The body of a process of its own: what it does to its locks is not undone."""
    transport = LMDBTransport(LMDBConfig(db_path=path, map_size=map_size)).open()
    transport.put("key", b"before", format="raw")
    loan = transport.loan("key", 1 << 20)
    loan.memory[:] = bytes(1 << 20)
    look_dead()
    print("dead", flush=True)
    input()
    with pytest.raises(LoanLostError, match="reclaimed"):
        loan.publish()
    assert loan.closed
    assert transport.get("key") == b"before"
    with transport.loan("key", 1 << 20) as another:
        print("dead", flush=True)
        input()
        with pytest.raises(LoanLostError):
            another.publish()
    assert another.closed
    assert transport.get("key") == b"before"
    print("refused", flush=True)


def test_a_loan_whose_row_is_gone_is_lost(transport: LMDBTransport, start: Start, run: Run) -> None:
    holder: Any = start(TAKEN_FOR_DEAD, transport.get_db_path(), MAP_SIZE, os.path.dirname(__file__))
    for _ in range(2):
        assert holder.stdout.readline() == "dead\n", holder.stderr.read()
        transport.sweep()
        assert transport.audit()["loans"] == 0
        holder.stdin.write("\n")
        holder.stdin.flush()
    assert holder.stdout.readline() == "refused\n", holder.stderr.read()
    assert holder.wait(60) == 0
    transport.audit()
