"""Arrays that are kept while others come and go: they stay right, and the file does not grow with what went."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from dishtayantra_lmdb import LMDBConfig, LMDBTransport

MEGABYTE = 1 << 20
PAIRS = 100_000
PAGE = 4096
# What is kept populated ahead of the pages in use, by default.
PREFAULT = 16 * MEGABYTE


@pytest.mark.parametrize("kept", [1, 500])
def test_the_file_stays_small_and_kept_arrays_right_through_100000_puts_and_deletes(tmp_path: Path, kept: int) -> None:
    map_size = 2048 * MEGABYTE
    arena = map_size // 64
    live_peak = (kept + 1) * (MEGABYTE + PAGE)
    most = 2 * live_peak + arena
    values = np.arange(MEGABYTE / 8)
    with LMDBTransport(LMDBConfig(db_path=str(tmp_path / "store"), map_size=map_size)) as transport:
        arrays = []
        for index in range(kept):
            transport.put("kept", values + index, format="numpy")
            arrays.append(transport.get("kept"))
        transport.delete("kept")
        for _ in range(PAIRS):
            transport.put("key", values, format="numpy")
            assert transport.delete("key")
        used = (transport.get_info()["last_pgno"] + 1) * PAGE
        blocks = os.stat(tmp_path / "store" / "data.mdb").st_blocks * 512
        print(
            f"{used / MEGABYTE:.1f} MiB used, {blocks / MEGABYTE:.1f} MiB of blocks, {most / MEGABYTE:.1f} MiB allowed"
        )
        assert used <= most
        assert blocks <= most + PREFAULT
        for index, array in enumerate(arrays):
            np.testing.assert_array_equal(array, values + index)
        assert transport.audit()["pins"] == kept
        del arrays, array
        # What was kept can be used again.
        transport.put("key", values, format="numpy")
        assert transport.audit()["pins"] == 0
