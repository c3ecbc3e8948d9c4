"""A payload put by its parts beside the same payload built in a loan by Python.

`put` hands the parts of a payload (headers, and each array where it lies) to the engine, which takes a loan of their
size, copies them into the map with no lock and no GIL held, and publishes. The other way is what Python can do by
itself: size the payload, take the loan, copy into it, publish. Both copy every array once.

Medians in µs, the two ways in turns. usage: parts.py [--directory DIRECTORY]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator
from time import perf_counter_ns
from typing import Any

import numpy as np
import pyarrow as pa

from dishtayantra_lmdb import LMDBConfig, LMDBTransport
from dishtayantra_lmdb._payload import formats

KEYS = tuple(f"bench:{i}" for i in range(8))
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)

Way = Callable[[str], None]


def ways(transport: LMDBTransport, size: int) -> Iterator[tuple[str, Way, Way]]:
    """Format, put by parts, put by a loan."""
    items = np.random.default_rng(size).random(size // 8)
    octets = items.tobytes()
    table = pa.table({"a": items[: len(items) // 2], "b": items[: len(items) // 2]})
    document = {"values": items, "meta": {"name": "x"}}

    def raw(key: str) -> None:
        with transport.loan(key, len(octets)) as loan:
            loan.memory[:] = octets

    def numpy(key: str) -> None:
        with transport.loan(key, items.nbytes, format="numpy") as loan:
            np.copyto(loan.array(items.dtype, items.shape), items)

    def write(sink: Any) -> None:
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)

    def arrow(key: str) -> None:
        counted = pa.MockOutputStream()
        write(counted)
        with (
            transport.loan(key, counted.size(), format="arrow") as loan,
            pa.FixedSizeBufferWriter(pa.py_buffer(loan.memory)) as sink,
        ):
            write(sink)

    def msgpack(key: str) -> None:
        # What stands around the array has to be made on this way too.
        _, parts = formats.encode(document, formats.MSGPACK)
        with transport.loan(key, formats.size_of(parts), format="msgpack") as loan:
            begin = 0
            for part in parts:
                octets = memoryview(part).cast("B")
                loan.memory[begin : begin + len(octets)] = octets
                begin += len(octets)

    values = {"raw": octets, "numpy": items, "arrow": table, "msgpack": document}
    for name, by_loan in {"raw": raw, "numpy": numpy, "arrow": arrow, "msgpack": msgpack}.items():

        def by_parts(key: str, name: str = name) -> None:
            transport.put(key, values[name], format=name)

        yield name, by_parts, by_loan


def compare(first: Way, second: Way, rounds: int) -> tuple[float, float]:
    """The medians of two ways that take turns, in µs."""
    samples: tuple[list[int], list[int]] = ([], [])
    for i in range(rounds):
        for way, times in zip((first, second), samples, strict=True):
            start = perf_counter_ns()
            way(KEYS[i % len(KEYS)])
            times.append(perf_counter_ns() - start)
    return statistics.median(samples[0]) / 1000, statistics.median(samples[1]) / 1000


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description="put by parts beside a loan filled by Python")
    parser.add_argument("--directory", help="where the store is made")
    arguments = parser.parse_args()
    print("| payload | format | parts | loan | loan ÷ parts |\n| ------: | ------ | ----: | ---: | -----------: |")
    with tempfile.TemporaryDirectory(dir=arguments.directory) as directory:
        config = LMDBConfig(db_path=f"{directory}/store", map_size=1 << 30)
        with LMDBTransport(config) as transport:
            for size in SIZES:
                for name, by_parts, by_loan in ways(transport, size):
                    compare(by_parts, by_loan, 50)
                    parts, loan = compare(by_parts, by_loan, max(300, 2_000_000_000 // (size * 10)))
                    print(f"| {size:,} | {name} | {parts:,.1f} | {loan:,.1f} | {loan / parts:.2f}× |")


if __name__ == "__main__":
    main()
