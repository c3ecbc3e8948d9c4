"""What all processes of a store share and one could use up: reader slots and pins."""

from __future__ import annotations

import logging
import os
import threading

import numpy as np
import pytest
from conftest import Run

from dishtayantra_lmdb import LMDBConfig, LMDBTransport

# More than one process may pin.
VIEWS = 40_000
THREADS = 600
NEWCOMER = """
    import sys
    from dishtayantra_lmdb import LMDBConfig, LMDBTransport
    with LMDBTransport(LMDBConfig(db_path=sys.argv[1])) as transport:
        assert transport.get("key", copy=True)[0] == 7
        assert "key" in transport.keys() and transport.stats()
        transport.put("newcomer", {"a": 1})
"""


def test_many_kept_arrays_leave_room_for_others(
    transport: LMDBTransport, store_path: str, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    transport.put("key", np.full(500, 7.0), format="numpy")
    with caplog.at_level(logging.WARNING, logger="core.lmdb"):
        kept = [transport.get("key") for _ in range(VIEWS)]
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1, said
    assert "are copies from now on" in said[0], said
    assert transport.stats()["counters"]["copied_views"] > 0
    run(NEWCOMER, store_path)
    for _ in range(10):
        transport.put("key", np.full(500, 8.0), format="numpy")
    assert all(array[0] == 7 and array[-1] == 7 for array in kept)
    del kept
    assert transport.audit()["pins"] == 0


def test_many_idle_threads_leave_room_for_others(store_path: str, run: Run) -> None:
    with LMDBTransport(LMDBConfig(db_path=store_path, map_size=64 << 20)) as transport:
        transport.put("key", np.full(500, 7.0), format="numpy")
        ready, end = threading.Barrier(THREADS + 1), threading.Event()

        def read() -> None:
            assert transport.get("key")[0] == 7
            ready.wait()
            end.wait()

        threading.stack_size(256 << 10)
        try:
            threads = [threading.Thread(target=read) for _ in range(THREADS)]
            for thread in threads:
                thread.start()
        finally:
            threading.stack_size(0)
        try:
            ready.wait(60)
            run(NEWCOMER, store_path)
            mine = [reader for reader in transport.stats()["readers"] if reader["pid"] == os.getpid()]
            assert len(mine) <= 17, len(mine)
        finally:
            end.set()
            for thread in threads:
                thread.join()
