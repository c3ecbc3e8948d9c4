"""Payloads that are built in the map."""

from __future__ import annotations

import gc
import io
from typing import Any

import numpy as np
import pytest

from dishtayantra_lmdb import (
    DataFormat,
    FormatError,
    InvalidArgumentError,
    LMDBTransport,
    StoreClosedError,
    TooLargeError,
)
from dishtayantra_lmdb._store.store import Store

SIZES = [0, 1, 63, 64, 2048, 100_000]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_written_is_published(transport: LMDBTransport, size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    with transport.loan("key", size) as loan:
        assert loan.size == len(loan.memory) == size
        loan.memory[:] = data
        assert not transport.contains("key")
    assert transport.get("key") == data
    raw = transport.get_raw("key")
    assert raw is not None
    assert raw[1].format is DataFormat.RAW_BYTES
    assert loan.entry_id is not None


@pytest.mark.parametrize("shape", [(), (5,), (100, 30), (0, 3)])
@pytest.mark.parametrize("dtype", ["f8", "i2", "?", "M8[ms]", ">f4", "f2", "c8", ">c16"])
def test_an_array_is_built_in_place(transport: LMDBTransport, shape: tuple[int, ...], dtype: str) -> None:
    expected = np.ones(shape, "i8").astype(dtype)
    with transport.loan("key", expected.nbytes + 100, format="numpy") as loan:
        array = loan.array(dtype, shape)
        assert array.flags.writeable
        array[...] = expected
    back = transport.get("key")
    assert back.shape == shape
    np.testing.assert_array_equal(back, expected)
    raw = transport.get_raw("key")
    assert raw is not None
    np.testing.assert_array_equal(np.load(io.BytesIO(raw[0])), expected)
    assert len(raw[0]) - expected.nbytes == 256


def test_numpy_without_an_array_is_bytes(transport: LMDBTransport) -> None:
    with transport.loan("key", 100, format="numpy") as loan:
        loan.memory[:] = bytes(range(100))
        loan.publish(10)
    assert transport.get("key").tolist() == list(range(10))


def test_the_published_memory_is_the_loan(transport: LMDBTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "put", None)
    with transport.loan("none", 0), transport.loan("bytes", 5000) as loan:
        loan.memory[:] = bytes(5000)
    with transport.loan("key", 100_000) as loan:
        first, array = loan.array("f8", (10, 10)), loan.array()
        array[:] = 7
        assert array.ctypes.data % 64 == 0
        loan.array()[3:] = 7
    assert first[0, 0] == array[:8].view("f8")[0]
    assert set(transport.get("key")) == {7}


def test_an_exception_drops_the_loan(transport: LMDBTransport) -> None:
    transport.put("key", b"before", format="raw")
    with pytest.raises(ZeroDivisionError), transport.loan("key", 100_000) as loan:
        loan.memory[:5] = bytes(5 // (loan.size - 100_000))
    assert loan.closed
    assert transport.get("key") == b"before"
    for _ in range(300):
        transport.loan("other", 1 << 20).drop()
    transport.audit()


def test_publishing_may_shrink(transport: LMDBTransport) -> None:
    with transport.loan("key", 100_000) as loan:
        loan.memory[:3] = b"abc"
        entry_id = loan.publish(3)
    assert transport.get("key") == b"abc"
    assert loan.entry_id == entry_id
    with transport.loan("key", 8000, format="numpy") as loan:
        loan.array("f8", (100, 10))[:] = 2.5
        with pytest.raises(InvalidArgumentError, match="rows"):
            loan.publish(7)
        loan.publish(160)
    np.testing.assert_array_equal(transport.get("key"), np.full((2, 10), 2.5))


@pytest.mark.parametrize("size", [-1, 101, True, 1.5])
def test_a_size_that_does_not_fit_is_refused(transport: LMDBTransport, size: Any) -> None:
    loan = transport.loan("key", 100)
    with pytest.raises(InvalidArgumentError, match="size"):
        loan.publish(size)
    loan.publish(5)


@pytest.mark.parametrize("end", ["publish", "drop"])
def test_writing_after_the_end_raises(transport: LMDBTransport, end: str) -> None:
    loan = transport.loan("key", 8000)
    memory, array = loan.memory, loan.array("f8", 1000)
    array[:] = 1
    getattr(loan, end)()
    with pytest.raises(ValueError, match="released"):
        memory[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 2
    for use in (lambda: loan.memory, loan.array, loan.publish):
        with pytest.raises(StoreClosedError, match="key"):
            use()
    loan.drop()


def test_views_that_live_on_do_not_reach_what_is_published(transport: LMDBTransport) -> None:
    for make in (
        lambda loan: loan.memory[10:20],
        lambda loan: loan.array()[10:20],
        lambda loan: np.frombuffer(loan.memory, "u1")[10:20],
        lambda loan: loan.array("u1", (100, 80))[0],
    ):
        with transport.loan("key", 8000) as loan:
            loan.memory[:] = bytes(8000)
            part = make(loan)
            part[0] = 5
        part[1] = 9
        assert sorted(set(transport.get("key"))) == [0, 5]
        del loan
        gc.collect()
        part[1] = 9
        transport.put("other", bytes(8000), format="raw")
        part[:] = part[:]
        assert set(transport.get("other")) == {0}
        del part
    transport.audit()


def test_any_number_of_loans(transport: LMDBTransport) -> None:
    loans = [transport.loan(f"key{index}", 5000) for index in range(200)]
    for index, loan in enumerate(loans):
        loan.array()[:] = index
    for loan in reversed(loans):
        loan.publish()
    for index in range(200):
        assert transport.get(f"key{index}") == bytes([index]) * 5000


def test_a_loan_that_is_forgotten_is_given_back(transport: LMDBTransport) -> None:
    for _ in range(500):
        transport.loan("key", 1 << 20)
    assert not transport.contains("key")
    transport.audit()


def test_what_is_refused(transport: LMDBTransport) -> None:
    with pytest.raises(TooLargeError):
        transport.loan("key", 1 << 40)
    with pytest.raises(FormatError, match="does not fit"):
        transport.loan("key", 100).array("f8", (13,))
    with pytest.raises(FormatError, match="objects"):
        transport.loan("key", 100).array(object)
    for size in (-1, "x", 1.5):
        with pytest.raises(ValueError, match="nbytes"):
            transport.loan("key", size)  # type: ignore[arg-type]
