"""Where payloads and arrays lie: aligned for what is in them, however they came into the store."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dishtayantra_lmdb import LMDBTransport

DTYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "M8[ns]", "m8[s]"]
BORDERS = [1800, 2048, 4032, 4096, 8192, 65_472, 65_536]


def sizes() -> Iterator[int]:
    """Small ones, those around a record's, a page's and 64 KiB's ends, and random ones up to 1 MB."""
    yield from range(70)
    for border in BORDERS:
        yield from range(border - 2, border + 3)
    seeded = random.Random(68)
    for _ in range(60):
        yield seeded.randrange(1 << 20)


def check(transport: LMDBTransport, key: str, payload: bytes) -> None:
    with transport.view(key) as view:
        assert view.size == len(payload)
        assert view.address % 64 == 0, f"{key} of {len(payload)} bytes"
        assert bytes(view.memory) == payload


def test_payloads_of_every_size_lie_at_64(transport: LMDBTransport) -> None:
    for size in sizes():
        payload = np.arange(size).astype("u1").tobytes()
        transport.put("put", payload, format="raw")
        transport.put_many([("one", b"x"), ("many", payload)], format="raw")
        with transport.loan("whole", size) as loan:
            loan.memory[:] = payload
        with transport.loan("shrunk", 2 * size + 1) as loan:
            loan.memory[:size] = payload
            loan.publish(size)
        for key in ("put", "many", "whole", "shrunk"):
            check(transport, key, payload)
    transport.audit()


def arrays_in(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from arrays_in(item)


@pytest.mark.parametrize("seed", range(10))
def test_every_array_of_a_document_of_hundreds_lies_at_64(transport: LMDBTransport, seed: int) -> None:
    seeded = random.Random(seed)

    def array() -> np.ndarray:
        dtype = seeded.choice(DTYPES)
        return np.arange(seeded.randrange(300)).astype("i8").astype(dtype)

    value = {
        "x" * index: {"text": "t" * seeded.randrange(40), "arrays": [array() for _ in range(10)]} for index in range(30)
    }
    transport.put("key", value)
    with transport.view("key") as view:
        start, end = view.address, view.address + view.size
        back = list(arrays_in(view.value()))
    assert len(back) == 300
    for before, after in zip(arrays_in(value), back, strict=True):
        assert after.flags.aligned
        assert after.size == 0 or after.ctypes.data % 64 == 0
        assert after.size == 0 or start <= after.ctypes.data <= end - after.nbytes
        assert after.dtype == before.dtype
        assert after.tobytes() == before.tobytes()


@pytest.mark.parametrize("data_format", ["numpy", "msgpack"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_array_alone_lies_at_64(transport: LMDBTransport, data_format: str, dtype: str) -> None:
    for size in (1, 2, 3, 7, 100, 255, 1000, 4097, 100_000):
        values = np.arange(size).astype("i8").astype(dtype)
        transport.put("key", values, format=data_format)
        back = transport.get("key")
        assert back.ctypes.data % 64 == 0, f"{size} items"
        assert back.flags.aligned
        assert not back.flags.writeable
        assert back.tobytes() == values.tobytes()


def test_columns_of_a_table_are_aligned(transport: LMDBTransport) -> None:
    table = pa.table(
        {f"c{index}": np.arange(2000 + index).astype(dtype)[:2000] for index, dtype in enumerate(DTYPES[1:11])}
    )
    transport.put("key", table, format="arrow")
    back = transport.get("key")
    assert back.equals(table)
    for column in back.columns:
        for chunk in column.chunks:
            # Arrow's own writer aligns to 8 bytes inside a stream.
            assert chunk.buffers()[1].address % 8 == 0
