"""Payloads built in shared memory, published, looked at and released: this package beside iceoryx2's Python.

One process does all four steps in turn, so that no scheduler is measured:

- *loan → release*: loan, publish, view, release, the payload neither written nor read;
- *filled*: the payload is copied in, and one byte of it read on the other side.

Ours replaces an entry under a key and writes an envelope with a time-to-live of 300 s; the payload stays until it is
deleted. iceoryx2 sends a sample through a publisher to its one subscriber, `Slice[c_uint8]`, no history.

usage: loans.py [--tsv] [--directory DIRECTORY]
"""

from __future__ import annotations

import argparse
import ctypes
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter_ns

import iceoryx2

import report
from dishtayantra_lmdb import LMDBConfig, LMDBTransport

KEY = "bench"
WARM_UP = 300
# The two take turns, a batch each.
TURNS = 12

Row = tuple[str, str, int, float]
Steps = Callable[[int], None]


def batch_of(size: int) -> int:
    """Rounds in one turn: a few milliseconds of them."""
    return max(20, min(500, (32 << 20) // (size + (64 << 10))))


def ours(transport: LMDBTransport, size: int) -> tuple[Steps, Steps]:
    """This package."""
    payload = bytes(bytearray(i * 31 % 251 for i in range(size)))

    def untouched(_: int) -> None:
        with transport.loan(KEY, size):
            pass
        with transport.view(KEY):
            pass

    def filled(_: int) -> None:
        with transport.loan(KEY, size) as loan:
            loan.memory[:] = payload
        with transport.view(KEY) as view:
            view.memory[0]

    return untouched, filled


def theirs(node: iceoryx2.Node, size: int) -> tuple[Steps, Steps]:
    """iceoryx2, as its own examples do it; a sample is released with `delete`."""
    payload = bytes(bytearray(i * 31 % 251 for i in range(size)))
    name = iceoryx2.ServiceName.new(f"dy_lmdb_bench/{os.getpid()}/{size}")
    service = node.service_builder(name).publish_subscribe(iceoryx2.Slice[ctypes.c_uint8]).open_or_create()
    publisher = service.publisher_builder().initial_max_slice_len(size).create()
    subscriber = service.subscriber_builder().create()

    def untouched(_: int) -> None:
        publisher.loan_slice_uninit(size).assume_init().send()
        sample = subscriber.receive()
        assert sample is not None
        sample.delete()

    def filled(_: int) -> None:
        loan = publisher.loan_slice_uninit(size)
        # What its examples fill a slice with: one copy, and no memoryview to be made.
        ctypes.memmove(loan.payload_ptr, payload, size)
        loan.assume_init().send()
        sample = subscriber.receive()
        assert sample is not None
        sample.payload()[0]
        sample.delete()

    return untouched, filled


def measure(directory: Path) -> Iterator[Row]:
    """Every size: medians of each turn, of which the least counts."""
    iceoryx2.set_log_level(iceoryx2.LogLevel.Error)
    node = iceoryx2.NodeBuilder.new().create(iceoryx2.ServiceType.Ipc)
    with LMDBTransport(LMDBConfig(db_path=str(directory / "ours"))) as transport:
        for size in report.LOAN_SIZES:
            subjects = {report.OURS: ours(transport, size), report.ICEORYX2: theirs(node, size)}
            for which, operation in enumerate(report.LOAN_OPERATIONS):
                least = dict.fromkeys(subjects, float("inf"))
                for turn in range(TURNS + 1):
                    for subject, steps in subjects.items():
                        rounds = batch_of(size) if turn else WARM_UP
                        median = median_ns(steps[which], rounds)
                        if turn:
                            least[subject] = min(least[subject], median)
                for subject, median in least.items():
                    yield subject, operation, size, median


def median_ns(steps: Steps, rounds: int) -> float:
    """The median time of `steps(round)`."""
    samples = []
    for i in range(rounds):
        start = perf_counter_ns()
        steps(i)
        samples.append(perf_counter_ns() - start)
    return statistics.median(samples)


def main() -> None:
    """Prints a table, or with `--tsv` the lines that `report.py` reads."""
    parser = argparse.ArgumentParser(description="Loans of this package beside iceoryx2's Python.")
    parser.add_argument("--tsv", action="store_true", help="lines of subject, operation, bytes, nanoseconds")
    parser.add_argument("--directory", type=Path, help="where the store is made; the temporary directory by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dy_lmdb_bench_", dir=options.directory) as directory:
        lines = [f"{a}\t{b}\t{size}\t{time:.1f}" for a, b, size, time in measure(Path(directory))]
    if options.tsv:
        print("\n".join(lines))
    else:
        report.python_loans(report.read(lines))


if __name__ == "__main__":
    main()
