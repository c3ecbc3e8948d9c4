"""What the stand-in engine's spawned workers run."""

from __future__ import annotations

import os
import threading
from typing import Any

from core.lmdb import LMDBReferenceIgnored, LMDBTransport

from .dag_engine import Node
from .natives import NATIVES


def bare(store_path: str, **settings: Any) -> dict[str, Any]:
    """The configuration as one manager passes it: bare names, and whatever else it knows."""
    return {
        "name": "risk",
        "enabled": True,
        "db_path": store_path,
        "db_name": "nodes",
        "min_payload_size": 512,
        "map_size_mb": 64,
        "retries": None,
        "callback": print,
        "lmdb_wait_timeout": 20_000,
        **settings,
    }


def payload(number: int) -> dict[str, Any]:
    return {"values": [float(number + step) for step in range(200)]}


def expected(number: int) -> float:
    return float(sum(payload(number)["values"]))


class Echo:
    """Writes the payload it got as its output."""

    def calculate(self, data: dict[str, Any]) -> dict[str, Any]:
        transport = LMDBTransport.get_instance(data["_lmdb_db_path"])
        name = data["_lmdb_db_name"]
        value = transport.get(data["_lmdb_input_key"], db_name=name)
        transport.put(data["_lmdb_output_key"], value, format=data["_lmdb_format"], db_name=name)
        return {"_lmdb_output_written": True}


def tick(node: Node, number: int) -> str | None:
    """One right result; what is wrong with it, if something is."""
    try:
        found = node.calculate(payload(number))
    except LMDBReferenceIgnored:
        # Told instead of a wrong number, once for each exchange that was under way.
        found = node.calculate(payload(number))
    return None if found["sum"] == expected(number) else f"{number}: {found}"


def run_threads(native: str, store_path: str, threads: int, ticks: int) -> list[str]:
    """Threads with nodes of one name in this process; what went wrong."""
    faults: list[str] = []

    def run(first: int) -> None:
        try:
            node = Node("calc", NATIVES[native].make("calc", {}), bare(store_path))
            for number in range(first, first + ticks):
                fault = tick(node, number)
                if fault:
                    faults.append(fault)
        except BaseException as error:
            faults.append(f"thread {first}: {error!r}")

    running = [threading.Thread(target=run, args=(1000 * index,)) for index in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return faults


def tick_until(stop: Any, done: Any, faults: Any, native: str, store_path: str) -> None:
    """Ticks until ``stop`` is not 0; counts in ``done`` and reports in ``faults``."""
    node = Node("calc", NATIVES[native].make("calc", {}), bare(store_path))
    number = 0
    while not stop.value:
        fault = tick(node, number)
        if fault:
            faults.put(fault)
        number += 1
        with done.get_lock():
            done.value += 1


def calculate_elsewhere(native: str, directory: str, reference: dict[str, Any]) -> dict[str, Any]:
    """A calculator in a process with another working directory."""
    os.chdir(directory)
    return dict(NATIVES[native].make("calc", {}).calculate(reference))
