"""How long an array takes from one process to another, on a node and between two, by plain Ray and by handles.

A sample is two calls of actors: one makes the array, the other adds it up. By plain Ray the array is the value of the
first call and the argument of the second. By a handle it is put into the node's store, and the handle travels. From an
`ObjectRef` it is a value of Ray's that the store of the consumer's node caches.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import ray

from dishtayantra_lmdb.ray import SharedPayload, from_ref, share

SIZES = {1 << 10: "1 KB", 100 << 10: "100 KB", 1 << 20: "1 MB", 10 << 20: "10 MB", 100 << 20: "100 MB"}
ITEM = 1.5
WARMING = 5
# Seconds in which Ray starts what it starts by the way: processes for tasks, connections.
SETTLING = 4.0
# A sample that takes longer is no time but a fault.
PATIENCE = 120

Array = npt.NDArray[np.float64]


class Worker:
    """Makes arrays and adds them up, as Ray carries them and as handles."""

    def make(self, size: int) -> Array:
        """An array of that many bytes, for Ray to carry."""
        return np.full(size // 8, ITEM)

    def make_shared(self, size: int) -> SharedPayload:
        """The same in the node's store."""
        return share(np.full(size // 8, ITEM))

    def total(self, values: Array) -> float:
        """The sum of what Ray brought."""
        return float(values.sum())

    def total_shared(self, payload: SharedPayload) -> float:
        """The sum of what lies in the node's store, or is fetched into it."""
        return float(payload.value().sum())

    def successor(self, values: Array) -> Array:
        """Each item increased by one."""
        return values + 1

    def successor_shared(self, payload: SharedPayload) -> SharedPayload:
        """The same of a shared array, shared."""
        return share(payload.value() + 1)


def workers(host: str, count: int) -> list[Any]:
    """That many processes on a host."""
    actor = ray.remote(Worker).options(num_cpus=0, resources={f"host_{host}": 1})
    made = [actor.remote() for _ in range(count)]
    # Started, with a store that is open.
    ray.get([worker.total_shared.remote(worker.make_shared.remote(8)) for worker in made], timeout=PATIENCE)
    return made


@dataclass(frozen=True)
class Way:
    """One way of carrying an array.

    Attributes:
        name: what the table calls it.
        make: has an array of so many bytes made, and gives what the consumers are called with.
        totals: the consumers' methods, which add it up.
        steps: how often each item was increased by one before.
    """

    name: str
    make: Callable[[int], Any]
    totals: Sequence[Any]
    steps: int = 0

    def send(self, size: int) -> list[float]:
        """What each consumer found."""
        made = self.make(size)
        sums: list[float] = ray.get([total.remote(made) for total in self.totals], timeout=PATIENCE)
        return sums


def by_ray(name: str, producer: Any, consumers: Sequence[Any]) -> Way:
    """Ray carries the array itself."""
    return Way(name, producer.make.remote, [consumer.total for consumer in consumers])


def by_handle(name: str, producer: Any, consumers: Sequence[Any]) -> Way:
    """The array is in the producer's store."""
    return Way(name, producer.make_shared.remote, [consumer.total_shared for consumer in consumers])


def by_object_ref(name: str, producer: Any, consumers: Sequence[Any]) -> Way:
    """The array is an object of Ray's, which the consumers' store caches."""
    return Way(
        name, lambda size: from_ref(producer.make.remote(size)), [consumer.total_shared for consumer in consumers]
    )


def pairs(by_host: dict[str, list[Any]]) -> list[Way]:
    """From one process to one other; `by_host` has two workers on a and one on b, or more."""
    producer, neighbour = by_host["a"][:2]
    stranger = by_host["b"][0]
    return [
        by_ray("same node: Ray", producer, [neighbour]),
        by_handle("same node: handle", producer, [neighbour]),
        by_ray("other node: Ray", producer, [stranger]),
        by_handle("other node: handle", producer, [stranger]),
        by_object_ref("other node: from an ObjectRef", producer, [stranger]),
    ]


@dataclass(frozen=True)
class Times:
    """Milliseconds of one way and size."""

    median: float
    least: float

    def __str__(self) -> str:
        return f"{_three_digits(self.median)} / {_three_digits(self.least)}"


def _three_digits(milliseconds: float) -> str:
    return f"{milliseconds:,.0f}" if milliseconds >= 99.95 else f"{milliseconds:.1f}"


def settle(ways: Sequence[Way]) -> None:
    """Sends small arrays, for as long as Ray takes to have everything started."""
    end = time.monotonic() + SETTLING
    while time.monotonic() < end:
        for way in ways:
            way.send(min(SIZES))


def measure(ways: Sequence[Way], size: int, samples: int) -> list[Times]:
    """The times of each way, which take turns, so that what else the machine does meets them alike.

    Raises:
        ValueError: a sum is wrong, and the message says whose.
    """
    taken: list[list[float]] = [[] for _ in ways]
    for turn in range(WARMING + samples):
        for way, times in zip(ways, taken, strict=True):
            start = time.perf_counter()
            sums = way.send(size)
            took = time.perf_counter() - start
            expected = [(ITEM + way.steps) * (size // 8)] * len(way.totals)
            if sums != expected:
                raise ValueError(f"{way.name}, {SIZES.get(size, size)}: the sums are {sums}, not {expected}")
            if turn >= WARMING:
                times.append(took * 1e3)
    return [Times(statistics.median(times), min(times)) for times in taken]
