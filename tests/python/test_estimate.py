"""How large a payload is: near enough, and looked at no further than the limit."""

from __future__ import annotations

import time
from typing import Any

import msgpack
import numpy as np
import pyarrow as pa
import pytest

from dishtayantra_lmdb._exchange.estimate import size_up_to

FAR = 1 << 40


@pytest.mark.parametrize(
    "value",
    [
        {"values": list(range(1000))},
        {"values": [0.5] * 1000, "name": "x" * 100},
        ["text"] * 500,
        {str(index): {"a": [index, 2.0, None, True]} for index in range(200)},
        b"x" * 5000,
        "x" * 5000,
        [[[]]] * 300,
        (1, 2, 3),
    ],
)
def test_it_is_near_what_is_stored(value: Any) -> None:
    stored = len(msgpack.packb(value))
    assert stored / 4 <= size_up_to(value, FAR) <= 4 * stored


def test_arrays_and_tables_say_it_themselves() -> None:
    assert size_up_to(np.zeros(1000), FAR) == 8000
    assert size_up_to({"a": [np.zeros(1000)], "b": memoryview(bytes(500))}, FAR) > 8500
    assert size_up_to(pa.table({"x": np.arange(1000)}), FAR) >= 8000


class Counting(dict[str, Any]):
    """A dict whose values count how often they are looked at."""


class Loud:
    looked_at = 0

    def __str__(self) -> str:
        raise AssertionError("it was turned into text")

    __repr__ = __str__

    def __iter__(self) -> Any:
        raise AssertionError("it was walked")

    @property
    def nbytes(self) -> int:
        Loud.looked_at += 1
        return 1


def test_the_walk_ends_at_the_limit() -> None:
    Loud.looked_at = 0
    assert size_up_to([[Loud()] * 50] * 10_000, 1000) == 1000
    assert size_up_to([Loud()] * 1_000_000, 1000) == 1000
    assert size_up_to(dict.fromkeys(range(100_000), Loud()), 1000) == 1000
    assert Loud.looked_at < 1100


def test_a_large_payload_costs_no_more_than_a_small_one() -> None:
    huge = {"values": list(range(3_000_000)), "more": {str(index): 1 for index in range(100_000)}}
    began = time.perf_counter()
    for _ in range(100):
        assert size_up_to(huge, 1024) == 1024
    print(f"{(time.perf_counter() - began) * 1e4:.1f} µs for a payload of millions")


def test_cycles_end() -> None:
    cycle: list[Any] = [1]
    cycle.append(cycle)
    assert size_up_to(cycle, 5000) == 5000


@pytest.mark.parametrize("limit", [0, 1])
def test_small_limits(limit: int) -> None:
    assert size_up_to({"a": 1}, limit) == limit
