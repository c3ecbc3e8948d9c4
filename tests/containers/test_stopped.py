"""Whoever is stopped with the write lock is alive: nobody takes it away. Whoever is dead has it no more."""

from __future__ import annotations

import random
import signal
import time
from contextlib import ExitStack
from pathlib import Path

from container import Container, Member

# What a put never takes when nobody is in the way.
BLOCKED = 1.5
# Far more than it takes to notice that a holder is dead.
LONGER = 4.0


def member(programs: Path, volume: Path, place: Path, name: str) -> Member:
    started = Member(programs, Container(name, volume, place / name))
    # All are the first process of their namespace.
    assert (started.pid, started.thread) == (1, 1)
    started.ask("open", place / name / "store", 2770)
    return started


def stop_with_the_lock(holder: Member, writer: Member) -> None:
    """Stops a busy writer when it has the lock: the other one's put, which is asked for, does not return."""
    for _ in range(200):
        holder.signal(signal.SIGSTOP)
        writer.tell("put", "other", 20_000, 2, 0)
        if not writer.answered(BLOCKED):
            return
        writer.answer()
        holder.signal(signal.SIGCONT)
        time.sleep(random.random() / 100)
    raise AssertionError("it was never stopped with the lock")


def test_a_stopped_holder_is_not_robbed(programs: Path, volume: Path, place: Path) -> None:
    with ExitStack() as stack:
        holder, waiter, writer, reader = (
            stack.enter_context(member(programs, volume, place, name))
            for name in ("holder", "waiter", "writer", "reader")
        )
        reader.ask("put", "there", 96, 9, 0)
        holder.ask("busy", "held")
        stop_with_the_lock(holder, waiter)
        assert not waiter.answered(LONGER), "the lock was taken from a process that lives"
        # Readers need no lock.
        assert reader.ask("tag", "there") == "9"
        held = int(reader.ask("tag", "held"))
        # The kernel would take it for the holder of a mutex that knows its owner by a thread id.
        waiter.kill()
        writer.tell("put", "other", 20_000, 3, 0)
        assert not writer.answered(LONGER), "the lock was taken from a process that lives"
        holder.signal(signal.SIGCONT)
        writer.answer()
        assert reader.ask("tag", "other") == "3"
        stop_with_the_lock(holder, writer)
        assert int(reader.ask("tag", "held")) >= held
        holder.kill()
        writer.answer()
        assert '"faults":[]' in writer.ask("audit")
