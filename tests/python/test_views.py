"""Payloads in place: read-only, and valid for as long as anything looks at them."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dishtayantra_lmdb import FormatError, LMDBTransport, StoreClosedError

SIZE = 100_000


def pins(transport: LMDBTransport) -> int:
    gc.collect()
    return len(transport.stats()["pins"])


def churn(transport: LMDBTransport) -> None:
    """Overwrites whatever of the store is free."""
    for turn in range(40):
        transport.put(f"churn {turn % 4}", np.full(SIZE, turn, "u1"), format="numpy")
        transport.delete(f"churn {turn % 4}")


def test_a_view_shows_the_payload_in_place(transport: LMDBTransport) -> None:
    array = np.arange(float(SIZE))
    transport.put("key", array, format="numpy")
    with transport.view("key") as view:
        assert view.memory.readonly
        assert view.memory.format == "B"
        assert view.memory.nbytes == view.size == view.envelope.size
        found = view.array()
        assert view.address <= found.ctypes.data < view.address + view.size
        np.testing.assert_array_equal(found, array)
        np.testing.assert_array_equal(view.value(), array)
        assert view.value(copy=True).flags.writeable
        assert view.file_offset > 0
        with pytest.raises(FormatError, match="numpy, not arrow"):
            view.table()
    assert view.closed


def test_a_raw_payload_as_an_array(transport: LMDBTransport) -> None:
    transport.put("key", np.arange(1000.0).tobytes(), format="raw")
    with transport.view("key") as view:
        assert view.array("<f8").sum() == 499500
        assert view.array().nbytes == 8000
        with pytest.raises(FormatError):
            view.array("V3000")
    transport.put("key", {"a": 1})
    with transport.view("key") as view, pytest.raises(FormatError, match="msgpack"):
        view.array()


def test_a_closed_view_raises(transport: LMDBTransport) -> None:
    transport.put("key", b"x" * SIZE, format="raw")
    view = transport.view("key")
    memory = view.memory
    view.close()
    view.close()
    for use in (
        lambda: view.memory,
        lambda: view.array(),
        lambda: view.table(),
        lambda: view.value(),
        lambda: view.size,
        lambda: view.envelope,
        lambda: view.address,
        lambda: view.verify(),
        lambda: view.__enter__(),
    ):
        with pytest.raises(StoreClosedError, match="'key'"):
            use()
    with pytest.raises(ValueError, match="released"):
        memory[0]
    assert "closed" in repr(view)


@pytest.mark.parametrize("kind", ["array", "slice", "memoryview", "buffer", "table", "empty base"])
def test_what_was_made_from_a_view_outlives_it(transport: LMDBTransport, kind: str) -> None:
    data = np.random.default_rng(5).integers(0, 255, SIZE, "u1")
    if kind == "table":
        transport.put("key", pa.table({"x": data}), format="arrow")
    else:
        transport.put("key", data.tobytes(), format="raw")
    view = transport.view("key")
    kept: Any
    if kind == "array":
        kept = view.array()[10:]
    elif kind == "slice":
        kept = view.memory[10:]
    elif kind == "memoryview":
        kept = memoryview(view.memory)[10:]
    elif kind == "buffer":
        kept = np.frombuffer(view.memory, "u1")[10:]
    elif kind == "table":
        kept = view.table().column(0).chunk(0).buffers()[1].slice(10)
    else:
        kept = view.array()[10:].view("i1")[::1]
    view.close()
    del view
    transport.delete("key")
    churn(transport)
    assert pins(transport) == 1
    transport.close()
    assert bytes(kept) == data.tobytes()[10:]
    assert transport.initialize()
    del kept
    assert pins(transport) == 0
    transport.audit()


def test_arrays_are_read_only(transport: LMDBTransport) -> None:
    transport.put("key", np.arange(float(SIZE)), format="numpy")
    array = transport.get("key")
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        array.flags.writeable = True
    raw = transport.get_raw("key")
    assert raw is not None
    with pytest.raises(TypeError, match="read-only"):
        raw[0][0] = 1


def test_a_stray_write_through_a_view_faults_and_changes_nothing(transport: LMDBTransport, run: Any) -> None:
    transport.put("key", bytes(SIZE), format="raw")
    done = run(
        """
        import ctypes, sys
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
        view = transport.view("key")
        ctypes.memset(view.address + 5000, 1, 1)
        """,
        transport.get_db_path(),
        check=False,
    )
    assert done.returncode == -11
    assert transport.get("key") == bytes(SIZE)


def test_results_compare_copy_and_pickle(transport: LMDBTransport) -> None:
    array, table = np.arange(float(SIZE)), pa.table({"x": np.arange(SIZE)})
    transport.put("array", array, format="numpy")
    transport.put("table", table, format="arrow")
    transport.put("batch", table.to_batches()[0], format="arrow")
    transport.put("dict", {"a": array, "b": [1, {"c": "x"}]})
    for key in ("array", "table", "batch", "dict"):
        value = transport.get(key)
        for other in (
            copy.copy(value),
            copy.deepcopy(value),
            *(pickle.loads(pickle.dumps(value, protocol)) for protocol in range(2, 6)),
        ):
            assert type(other) is type(value)
            if key == "array":
                np.testing.assert_array_equal(other, array)
            elif key == "dict":
                np.testing.assert_array_equal(other["a"], array)
                assert other["b"] == value["b"]
            else:
                assert other == value
    found = transport.get("array")
    independent = [copy.deepcopy(found), pickle.loads(pickle.dumps(found))]
    with transport.view("array") as view:
        begin, end = view.address, view.address + view.size
    assert begin <= found.ctypes.data < end
    assert not any(begin <= other.ctypes.data < end for other in independent)


def test_a_view_shows_its_entry_whatever_is_put_over_it(transport: LMDBTransport) -> None:
    for size in (1, 100, SIZE):
        transport.put("key", b"a" * size, format="raw")
        with transport.view("key") as view:
            transport.put("key", b"b" * size, format="raw")
            churn(transport)
            assert bytes(view.memory) == b"a" * size
        assert transport.get("key") == b"b" * size


def test_an_empty_payload(transport: LMDBTransport) -> None:
    transport.put("key", b"", format="raw")
    with transport.view("key") as view:
        assert view.size == 0
        assert bytes(view.memory) == b""
        assert view.array().size == 0
    assert transport.get("key") == b""


@pytest.mark.parametrize("size", [1, 2, 63, 64, 65, 4095, 4096, 4097, 65535, 65536, 65537, 1 << 20])
def test_memory_has_exactly_the_size_of_the_payload(transport: LMDBTransport, size: int) -> None:
    transport.put("key", b"z" * size, format="raw")
    with transport.view("key") as view:
        assert view.memory.nbytes == size
        assert view.memory == b"z" * size


def test_threads_share_and_close_a_view(transport: LMDBTransport) -> None:
    transport.put("key", np.arange(float(SIZE)), format="numpy")
    failures: list[BaseException] = []
    for _ in range(20):
        view = transport.view("key")
        barrier = threading.Barrier(4)

        def read(view: Any = view, barrier: Any = barrier) -> None:
            barrier.wait()
            try:
                for _ in range(50):
                    assert view.array()[-1] == SIZE - 1
            except StoreClosedError:
                pass
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        barrier.wait()
        view.close()
        for thread in threads:
            thread.join()
    assert failures == []
    assert pins(transport) == 0


def test_no_types_or_pins_pile_up(transport: LMDBTransport) -> None:
    before = None
    for turn in range(300):
        transport.put("key", b"x" * (5000 + turn), format="raw")
        with transport.view("key") as view:
            assert view.memory[0] == 120
        if turn == 100:
            gc.collect()
            before = len(gc.get_objects())
    gc.collect()
    assert before is not None
    assert len(gc.get_objects()) < before + 200
    assert pins(transport) == 0
