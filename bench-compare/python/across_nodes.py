"""Arrays from one process to others, on a Ray node and between two: plain Ray beside handles of dishtayantra_lmdb.ray.

Runs on host a of `scripts/cluster.sh`, with `demo/` on the path: `make cluster-bench`. A sample has an actor make an
array of float64 and others add it up; what each way does is in `demo/node_times.py`. A chain is an actor that makes an
array, three that increase each item by one, and one that adds it up, all on one node: by values that pass through the
driver, by `ObjectRef`s that it hands on unread, and by handles.

usage: across_nodes.py [--samples SAMPLES]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import ray

import node_times
from node_times import Way

CONSUMERS = 4
STEPS = 3


def fan_out(by_host: dict[str, list[Any]]) -> list[Way]:
    """One producer, four consumers on the other node."""
    producer, consumers = by_host["a"][0], by_host["b"][:CONSUMERS]
    name = f"{CONSUMERS} consumers on the other node"
    return [
        node_times.by_ray(f"{name}: Ray", producer, consumers),
        node_times.by_handle(f"{name}: handle", producer, consumers),
        node_times.by_object_ref(f"{name}: from an ObjectRef", producer, consumers),
    ]


def chained(first: Any, following: list[Any], between: Callable[[Any], Any]) -> Callable[[int], Any]:
    """Makes an array and passes it through `following`; `between` says how the driver takes what it hands on."""

    def make(size: int) -> Any:
        carried = between(first.remote(size))
        for step in following:
            carried = between(step.remote(carried))
        return carried

    return make


def read(carried: Any) -> Any:
    """The value itself, on the driver."""
    return ray.get(carried, timeout=node_times.PATIENCE)


def unread(carried: Any) -> Any:
    """What Ray answered a call with."""
    return carried


def chains(workers: list[Any]) -> list[Way]:
    """Five actors on one node."""
    first, *middle, last = workers[: STEPS + 2]
    plain, shared = ([step.successor for step in middle], [step.successor_shared for step in middle])
    name = f"chain of {STEPS + 2}, same node"
    return [
        Way(f"{name}: values", chained(first.make, plain, read), [last.total], STEPS),
        Way(f"{name}: ObjectRefs", chained(first.make, plain, unread), [last.total], STEPS),
        Way(f"{name}: handles", chained(first.make_shared, shared, unread), [last.total_shared], STEPS),
    ]


def main() -> None:
    """Prints a table in markdown."""
    parser = argparse.ArgumentParser(description="Arrays to other processes on a Ray node and on another.")
    parser.add_argument("--samples", type=int, default=20)
    options = parser.parse_args()
    if options.samples < 1:
        parser.error(f"--samples: {options.samples} is not allowed; allowed are numbers over 0")
    ray.init(log_to_driver=False, logging_level="warning")
    by_host = {"a": node_times.workers("a", STEPS + 2), "b": node_times.workers("b", CONSUMERS)}
    groups = [node_times.pairs(by_host), fan_out(by_host), chains(by_host["a"])]
    print(f"| ms, median / least of {options.samples} | {' | '.join(node_times.SIZES.values())} |")
    print(f"|---|{'--:|' * len(node_times.SIZES)}")
    for ways in groups:
        node_times.settle(ways)
        by_size = [node_times.measure(ways, size, options.samples) for size in node_times.SIZES]
        for way, times in zip(ways, zip(*by_size, strict=True), strict=True):
            print(f"| {way.name} | {' | '.join(map(str, times))} |", flush=True)


if __name__ == "__main__":
    main()
