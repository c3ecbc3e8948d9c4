"""How many puts of 1 KB processes make in a second, beside py-lmdb.

usage: puts.py DIRECTORY ours|py-lmdb, a process of the comparison: says when it is ready, waits for a line, puts for a
second, says how many it made.
"""

from __future__ import annotations

import os
import subprocess
import sys
from tempfile import TemporaryDirectory
from time import perf_counter

import lmdb

import report
from dishtayantra_lmdb import LMDBConfig, LMDBTransport

MAP_SIZE = 1 << 30
PROCESSES = {1: 0.7, 4: 1.0}
PEERS = "ours", "py-lmdb"
# Each process puts under as many keys of its own, again and again.
KEYS, SECONDS = 64, 1.0


def compare(directory: str | None, rounds: int) -> None:
    """Prints the table."""
    rows = []
    for count, wanted in PROCESSES.items():
        most = dict.fromkeys(PEERS, 0)
        for _ in range(rounds):
            for peer in PEERS:
                with TemporaryDirectory(dir=directory) as scratch:
                    most[peer] = max(most[peer], together(scratch, peer, count))
        ratio = most["ours"] / most["py-lmdb"]
        met = "" if ratio >= wanted else "not met"
        rows.append([str(count), *[f"{most[peer]:,}" for peer in PEERS], f"{ratio:.2f}", f"≥ {wanted:g}", met])
    report.table(
        f"Puts of 1 KB a second, the most of {rounds} rounds",
        ["processes", *PEERS, "ours ÷ py-lmdb", "wanted", ""],
        rows,
    )


def together(directory: str, peer: str, count: int) -> int:
    """How many puts so many processes make in a second, in all."""
    command = [sys.executable, __file__, directory, peer]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return sum(int(process.communicate()[0]) for process in processes)


def work(directory: str, peer: str) -> None:
    """One process."""
    data, keys = bytes(1024), [f"{os.getpid()}:{n}" for n in range(KEYS)]
    if peer == "ours":
        transport = LMDBTransport(LMDBConfig(db_path=directory, map_size=MAP_SIZE)).open()

        def put(key: str) -> None:
            transport.put(key, data, format="raw")

    else:
        environment = lmdb.open(directory, map_size=MAP_SIZE, writemap=True, sync=False, metasync=False)

        def put(key: str) -> None:
            with environment.begin(write=True) as transaction:
                transaction.put(key.encode(), data)

    for key in keys:
        put(key)
    print("ready", flush=True)
    sys.stdin.readline()
    made, end = 0, perf_counter() + SECONDS
    while perf_counter() < end:
        for key in keys:
            put(key)
        made += len(keys)
    print(int(made / SECONDS))


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2])
