"""What a Python program can use instead, beside this package, in one run.

- py-lmdb: `writemap`, no sync, values read as buffers; no time-to-live, no envelope;
- `multiprocessing.shared_memory`: create, attach, copy in, look, close, unlink;
- JSON and MessagePack: `{"values": [float, ...]}` encoded and decoded.

Every operation is a median. *put, get, view, delete* carry bytes; *hand over* carries the same float64 numbers by
every means, from having them to having them again on the other side: NumPy arrays where the means can hold one, lists
where it cannot. All of it happens in one process: what is measured is the means, not the scheduler.

usage: peers.py [--tsv] [--directory DIRECTORY]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from time import perf_counter_ns

import lmdb
import msgpack
import numpy as np

import report
from dishtayantra_lmdb import DataFormat, LMDBConfig, LMDBTransport

KEYS = tuple(f"bench:{i}" for i in range(8))
MAP_SIZE = 1 << 30

Row = tuple[str, str, int, float]


def rounds_for(size: int) -> int:
    """Enough for a steady median, few enough to end."""
    return max(40, min(4000, (200 << 20) // (size + (50 << 10))))


def median_ns(operation: Callable[[int], object], rounds: int, after: Callable[[int], object] | None = None) -> float:
    """The median time of `operation(round)`; `after(round)` runs off the clock."""
    samples = []
    for i in range(rounds):
        start = perf_counter_ns()
        operation(i)
        samples.append(perf_counter_ns() - start)
        if after is not None:
            after(i)
    return statistics.median(samples)


def measure_store(
    subject: str,
    size: int,
    *,
    put: Callable[[int], object],
    get: Callable[[int], object],
    view: Callable[[int], object],
    delete: Callable[[int], object],
) -> Iterator[Row]:
    """The operations that a store of bytes has."""
    rounds = rounds_for(size)
    for i in range(4 * len(KEYS)):
        put(i)

    def put_and_view(i: int) -> None:
        put(i)
        view(i)

    yield subject, "put", size, median_ns(put, rounds)
    yield subject, "get", size, median_ns(get, rounds)
    yield subject, "view", size, median_ns(view, rounds)
    yield subject, "put + view", size, median_ns(put_and_view, rounds)
    yield subject, "delete", size, median_ns(delete, rounds, after=put)
    for i in range(len(KEYS)):
        delete(i)


def ours(transport: LMDBTransport, size: int) -> Iterator[Row]:
    """This package, with its default time-to-live of 300 s."""
    payload = bytes(bytearray(i * 31 % 251 for i in range(size)))
    values = np.random.default_rng(size).random(size // 8)

    def put(i: int) -> None:
        transport.put(KEYS[i % 8], payload, format=DataFormat.RAW_BYTES)

    def get(i: int) -> None:
        transport.get(KEYS[i % 8], copy=True)

    def view(i: int) -> None:
        with transport.view(KEYS[i % 8]) as seen:
            _ = seen.memory[0]

    def delete(i: int) -> None:
        transport.delete(KEYS[i % 8])

    yield from measure_store(report.OURS, size, put=put, get=get, view=view, delete=delete)

    def hand_over(i: int) -> None:
        key = KEYS[i % 8]
        transport.put(key, values, format=DataFormat.NUMPY)
        with transport.view(key) as seen:
            _ = seen.array()[0]

    for i in range(32):
        hand_over(i)
    yield report.OURS, "hand over", size, median_ns(hand_over, rounds_for(size))
    for i in range(len(KEYS)):
        delete(i)


def py_lmdb(environment: lmdb.Environment, size: int) -> Iterator[Row]:
    """py-lmdb, one transaction for each operation, as its own documentation does it."""
    payload = bytes(bytearray(i * 31 % 251 for i in range(size)))
    values = np.random.default_rng(size).random(size // 8)
    keys = tuple(key.encode() for key in KEYS)

    def put(i: int) -> None:
        with environment.begin(write=True) as txn:
            txn.put(keys[i % 8], payload)

    def get(i: int) -> None:
        with environment.begin() as txn:
            txn.get(keys[i % 8])

    def view(i: int) -> None:
        with environment.begin(buffers=True) as txn:
            seen = txn.get(keys[i % 8])
            assert seen is not None
            _ = seen[0]

    def delete(i: int) -> None:
        with environment.begin(write=True) as txn:
            txn.delete(keys[i % 8])

    yield from measure_store("py-lmdb", size, put=put, get=get, view=view, delete=delete)

    def hand_over(i: int) -> None:
        key = keys[i % 8]
        with environment.begin(write=True) as txn:
            txn.put(key, values.data.cast("B"))
        with environment.begin(buffers=True) as txn:
            seen = txn.get(key)
            assert seen is not None
            _ = np.frombuffer(seen)[0]

    for i in range(32):
        hand_over(i)
    yield "py-lmdb", "hand over", size, median_ns(hand_over, rounds_for(size))
    for i in range(len(KEYS)):
        delete(i)


def shared_memory(size: int) -> Iterator[Row]:
    """A block made, attached, filled, looked at and removed."""
    values = np.random.default_rng(size).random(size // 8)

    def hand_over(_: int) -> None:
        block = SharedMemory(create=True, size=size)
        np.ndarray(values.shape, values.dtype, buffer=block.buf)[:] = values
        seen = SharedMemory(name=block.name)
        array = np.ndarray(values.shape, values.dtype, buffer=seen.buf)
        _ = array[0]
        del array
        seen.close()
        block.close()
        block.unlink()

    hand_over(0)
    yield "shared_memory", "hand over", size, median_ns(hand_over, min(1000, rounds_for(size)))


def serialised(size: int) -> Iterator[Row]:
    """The numbers as a list in a document, there and back."""
    values = {"values": np.random.default_rng(size).random(size // 8).tolist()}
    rounds = max(7, min(1000, (8 << 20) // size))
    yield "MessagePack", "hand over", size, median_ns(lambda _: msgpack.unpackb(msgpack.packb(values)), rounds)
    yield "JSON", "hand over", size, median_ns(lambda _: json.loads(json.dumps(values)), rounds)


def measure(directory: Path) -> Iterator[Row]:
    """Every size and means, one after the other."""
    config = LMDBConfig(db_path=str(directory / "ours"), map_size=MAP_SIZE)
    (directory / "py-lmdb").mkdir()
    environment = lmdb.open(
        str(directory / "py-lmdb"), map_size=MAP_SIZE, writemap=True, sync=False, metasync=False, map_async=True
    )
    with LMDBTransport(config) as transport, environment:
        for size in report.SIZES:
            yield from ours(transport, size)
            yield from py_lmdb(environment, size)
            yield from shared_memory(size)
            yield from serialised(size)


def main() -> None:
    """Prints a table, or with `--tsv` the lines that `report.py` reads."""
    parser = argparse.ArgumentParser(description="This package beside what a Python program can use instead.")
    parser.add_argument("--tsv", action="store_true", help="lines of subject, operation, bytes, nanoseconds")
    parser.add_argument("--directory", type=Path, help="where the stores are made; the temporary directory by default")
    options = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory(prefix="dy_lmdb_bench_", dir=options.directory) as directory:
        for subject, operation, size, nanoseconds in measure(Path(directory)):
            line = f"{subject}\t{operation}\t{size}\t{nanoseconds:.1f}"
            lines.append(line)
            if options.tsv:
                print(line, flush=True)
            elif sys.stderr.isatty():
                print(f"\r{subject}, {operation}, {report.SIZES[size]}".ljust(60), end="\r", file=sys.stderr)
    if not options.tsv:
        results = report.read(lines)
        report.python_store(results)
        report.python_hand_over(results)


if __name__ == "__main__":
    main()
