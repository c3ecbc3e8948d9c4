"""Takes every way through the library's door once, for valgrind (``make memcheck``)."""

from __future__ import annotations

import logging
import tempfile
from typing import Any

import numpy as np
from test_door import CALCULATORS, PAYLOADS, outcome
from wrapping import LARGE, Writer, double

from dishtayantra_lmdb import LMDBConfig, LMDBTransport, wrap_with_lmdb

VALUES: list[Any] = [
    *PAYLOADS.values(),
    [1.5] * 100,
    [[1, 2], [3, 4]] * 50,
    np.arange(12.0).reshape(3, 4),
    {"f": np.asfortranarray(np.ones((3, 4))), "b": np.arange(5, dtype=">i4"), "t": np.array(["2026-01-01"], "M8[D]")},
    {"e": np.empty((0, 3)), "u": np.array(["a"]), "s": np.float32(1), "c": 1j, "x": (1, (2,)), "y": bytearray(b"a")},
    b"bytes",
    memoryview(b"view"),
]


def main() -> None:
    """Runs it."""
    logging.getLogger("core.lmdb").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as directory:
        settings = {"lmdb_enabled": True, "lmdb_db_path": directory + "/store", "lmdb_min_size": 200}
        settings |= {"lmdb_wait_timeout": 50, "lmdb_map_size": 64 << 20, "lmdb_prefault": 0}
        for name, make in CALCULATORS.items():
            for payload in PAYLOADS.values():
                outcome(wrap_with_lmdb(make(), settings, name.replace(" ", "")), payload)
        usual = wrap_with_lmdb(Writer(), settings, "usual")
        for _ in range(30):
            assert usual.calculate(LARGE) == double(LARGE)
        with LMDBTransport(LMDBConfig(db_path=directory + "/store", map_size=64 << 20, prefault=0)) as transport:
            for exact in (False, True):
                for value in VALUES:
                    try:
                        transport.put("value", value, exact=exact)
                    except ValueError:
                        continue
                    transport.get("value")
                    transport.get("value", copy=True, arrays="ndarray")
            transport.put_many({f"k{n}": {"n": n} for n in range(50)})
            transport.get_many([f"k{n}" for n in range(60)])


if __name__ == "__main__":
    main()
