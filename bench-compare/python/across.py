"""Payloads handed to another process, which looks at every byte and answers: this package, iceoryx2 and Ray.

The producer has an array of uint64. It hands it over, the other process sums it where it gets it and answers with the
sum; the time is from before the one to after the other. Every way copies the payload once, into shared memory, and
its reader looks at it there. Each is used as its documentation does it:

- this package: `put`, `wait` and `get` under a key of its own for each question and answer, both deleted;
- iceoryx2: `Slice[c_uint8]` of publisher and subscriber, an event for each direction, on which the other side sleeps;
- Ray: `put` of the array and a call of an actor with the reference; small arrays Ray sends with the call by itself.

usage: across.py [--tsv] [--directory DIRECTORY] [--rounds ROUNDS]
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

import report

Hand = Callable[[Any], int]
ROUNDS = 3
PATIENCE_MS = 60_000


def samples_of(size: int) -> int:
    """Payloads in one round: enough of them to warm up, in a second or two."""
    return max(12, min(1_000, (256 << 20) // (size + (256 << 10))))


@contextmanager
def consumer(name: str, directory: Path, size: int) -> Iterator[None]:
    """The other process, ready; it ends when its standard input does."""
    command = [sys.executable, __file__, "--consume", name, "--directory", str(directory), "--size", str(size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.kill()


@contextmanager
def ours(directory: Path, size: int) -> Iterator[Hand]:
    """This package."""
    from dishtayantra_lmdb import DataFormat, LMDBConfig, LMDBTransport

    turn = 0
    with LMDBTransport(LMDBConfig(db_path=str(directory))) as transport, consumer(report.OURS, directory, size):

        def hand(values: Any) -> int:
            nonlocal turn
            turn += 1
            question, answer = f"question {turn}", f"answer {turn}"
            transport.put(question, values, format=DataFormat.NUMPY)
            transport.wait(answer, PATIENCE_MS)
            found = int.from_bytes(transport.get(answer), "little")
            transport.delete(question)
            transport.delete(answer)
            return found

        yield hand


def consume_ours(directory: Path, _: int) -> None:
    """Its other process."""
    from dishtayantra_lmdb import DataFormat, LMDBConfig, LMDBTransport

    with LMDBTransport(LMDBConfig(db_path=str(directory))) as transport:
        print("ready", flush=True)
        turn = 0
        while True:
            turn += 1
            transport.wait(f"question {turn}")
            found = int(transport.get(f"question {turn}").sum())
            transport.put(f"answer {turn}", found.to_bytes(8, "little"), format=DataFormat.RAW_BYTES)


class Ports:
    """iceoryx2: what one process has of the two directions."""

    def __init__(self, directory: Path, sends: str, receives: str, size: int) -> None:
        import iceoryx2

        iceoryx2.set_log_level(iceoryx2.LogLevel.Error)
        self.slice: Any = iceoryx2.Slice[ctypes.c_uint8]
        self.node = iceoryx2.NodeBuilder.new().create(iceoryx2.ServiceType.Ipc)

        def service(name: str) -> Any:
            return self.node.service_builder(iceoryx2.ServiceName.new(f"{directory}/{name}"))

        outgoing = service(sends).publish_subscribe(self.slice).open_or_create()
        incoming = service(receives).publish_subscribe(self.slice).open_or_create()
        self.publisher = outgoing.publisher_builder().initial_max_slice_len(size).create()
        self.subscriber = incoming.subscriber_builder().create()
        self.notifier = service(f"{sends} event").event().open_or_create().notifier_builder().create()
        self.listener = service(f"{receives} event").event().open_or_create().listener_builder().create()

    def send(self, address: int, size: int) -> None:
        """One payload, and the event that wakes who waits for it."""
        loan = self.publisher.loan_slice_uninit(size)
        ctypes.memmove(loan.payload_ptr, address, size)
        loan.assume_init().send()
        self.notifier.notify()

    def receive(self) -> int:
        """The sum of the next payload."""
        while (sample := self.subscriber.receive()) is None:
            self.listener.blocking_wait()
        found = int(np.frombuffer(sample.payload().as_memory_view(), np.uint64).sum())
        sample.delete()
        return found


@contextmanager
def iceoryx2_ports(directory: Path, size: int) -> Iterator[Hand]:
    """iceoryx2."""
    ports = Ports(directory, "question", "answer", size)
    with consumer(report.ICEORYX2, directory, size):

        def hand(values: Any) -> int:
            ports.send(values.ctypes.data, values.nbytes)
            return ports.receive()

        yield hand


def consume_iceoryx2(directory: Path, _: int) -> None:
    """Its other process."""
    ports = Ports(directory, "answer", "question", 8)
    print("ready", flush=True)
    answer = np.zeros(1, np.uint64)
    while True:
        answer[0] = ports.receive()
        ports.send(answer.ctypes.data, 8)


@contextmanager
def ray_actor(_: Path, __: int) -> Iterator[Hand]:
    """Ray."""
    import ray

    if not ray.is_initialized():
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=1 << 30)

    class Reader:
        def sum(self, values: Any) -> int:
            return int(values.sum())

    reader = ray.remote(Reader).remote()

    def hand(values: Any) -> int:
        found: int = ray.get(reader.sum.remote(ray.put(values)))
        return found

    yield hand
    ray.kill(reader)


SUBJECTS = {report.OURS: ours, report.ICEORYX2: iceoryx2_ports, "Ray": ray_actor}
CONSUMERS = {report.OURS: consume_ours, report.ICEORYX2: consume_iceoryx2}


def measure(base: Path | None, rounds: int) -> Iterator[tuple[str, int, float]]:
    """The medians of each round; one subject after the other, so that none's idle processes disturb another."""
    generator = np.random.default_rng(1)
    payloads = {size: generator.integers(0, 1 << 40, size // 8, np.uint64) for size in report.ACROSS_SIZES}
    for subject, start in SUBJECTS.items():
        for _ in range(rounds):
            for size, values in payloads.items():
                expected = int(values.sum())
                count = samples_of(size)
                directory = Path(tempfile.mkdtemp(prefix="dy_lmdb_bench_", dir=base))
                try:
                    with start(directory, size) as hand:
                        times = [time_ns(hand, values, expected) for _ in range(count + count // 4)]
                finally:
                    shutil.rmtree(directory)
                yield subject, size, statistics.median(times[count // 4 :])


def time_ns(hand: Hand, values: Any, expected: int) -> int:
    """One payload there and its answer back."""
    start = perf_counter_ns()
    found = hand(values)
    took = perf_counter_ns() - start
    assert found == expected
    return took


def main() -> None:
    """Prints a table, or with `--tsv` the lines that `report.py` reads."""
    parser = argparse.ArgumentParser(description="Payloads to another process and an answer back, by several means.")
    parser.add_argument("--tsv", action="store_true", help="lines of subject, operation, bytes, nanoseconds")
    parser.add_argument("--directory", type=Path, help="where stores are made; the temporary directory by default")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--consume", choices=CONSUMERS, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.consume:
        CONSUMERS[options.consume](options.directory, options.size)
        return
    # Nothing is reported and nothing written to the home directory: it runs on this host alone.
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    lines = []
    for subject, size, median in measure(options.directory, options.rounds):
        lines.append(f"{subject}\t{report.ACROSS}, Python\t{size}\t{median:.1f}")
        if options.tsv:
            print(lines[-1], flush=True)
    if not options.tsv:
        report.across(report.read(lines), "Python")


if __name__ == "__main__":
    main()
