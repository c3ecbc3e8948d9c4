"""Python's hot paths with this version of the package and with another one, in turns.

``versions.py --old TREE LIBRARY``: the source tree of the other version, whose package and built C++ calculators are
imported, and its built library. Prints a line an operation: the least of the medians of each, in µs, and their ratio.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TURNS, WARM = 400, 50
MAP_SIZE = 64 << 20


def operations(directory: str) -> dict[str, Callable[[], Any]]:
    """What is timed, with the package that this process imports."""
    import numpy as np

    from dishtayantra_calculators import MatrixProcessor
    from dishtayantra_lmdb import LMDBCalculatorMixin, LMDBConfig, LMDBTransport, wrap_with_lmdb

    class First(LMDBCalculatorMixin):
        def calculate(self, data: Any) -> Any:
            payload = self.lmdb_read_input() if data.get("_lmdb_ref") else data
            return {"first": float(payload["values"][0])}

    transport = LMDBTransport(LMDBConfig(db_path=directory, map_size=MAP_SIZE)).open()
    settings = {"lmdb_enabled": True, "lmdb_db_path": directory, "lmdb_map_size": MAP_SIZE}
    small, large, arrays = bytes(1024), bytes(100 * 1024), {"values": np.zeros(4000), "name": "close"}
    rows = {"rows": [{"price": float(i), "size": i, "side": "buy"} for i in range(100)], "prices": [0.5] * 1000}
    python, native = (wrap_with_lmdb(inner, settings, "c") for inner in (First(), MatrixProcessor("m", {})))

    def view() -> None:
        with transport.view("large"):
            pass

    def loan() -> None:
        with transport.loan("loaned", 100 * 1024, format="raw"):
            pass

    return {
        "put 1 KB": lambda: transport.put("small", small, format="raw"),
        "put 100 KB": lambda: transport.put("large", large, format="raw"),
        "view 100 KB": view,
        "loan 100 KB": loan,
        "pack dict with an array": lambda: transport.put("document", arrays),
        "unpack dict with an array": lambda: transport.get("document"),
        "pack rows": lambda: transport.put("rows", rows),
        "unpack rows": lambda: transport.get("rows"),
        "wrapped call, Python": lambda: python.calculate(arrays),
        "wrapped call, C++": lambda: native.calculate(arrays),
    }


def medians() -> dict[str, float]:
    """The median of each operation in this process, in µs."""
    # Before the calculators, which would bring the library that they were linked with.
    importlib.import_module("dishtayantra_lmdb")
    found = {}
    with tempfile.TemporaryDirectory() as directory:
        for name, call in operations(f"{directory}/store").items():
            times = []
            for turn in range(WARM + TURNS):
                began = time.perf_counter_ns()
                call()
                if turn >= WARM:
                    times.append(time.perf_counter_ns() - began)
            found[name] = statistics.median(times) / 1000
    return found


def run(tree: Path, library: Path) -> dict[str, float]:
    """As :func:`medians`, in a process with the package of ``tree``."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(tree / part) for part in ("bindings/python/src", "build/cpp-examples")),
        "DISHTAYANTRA_LMDB_LIBRARY": str(library),
    }
    done = subprocess.run(
        [sys.executable, __file__, "--child"], env=environment, check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Takes turns and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--old", nargs=2, type=Path, metavar=("TREE", "LIBRARY"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(medians()))
        return
    if arguments.old is None:
        parser.error("--old says what to compare with")
    root = Path(__file__).resolve().parents[2]
    new = root, root / "target/release/libdishtayantra_lmdb.so"
    old_runs, new_runs = [], []
    for _ in range(arguments.rounds):
        old_runs.append(run(*(path.resolve() for path in arguments.old)))
        new_runs.append(run(*new))
    print(f"{'least median of each, µs':28} {'old':>9} {'new':>9} {'ratio':>7}")
    for name in new_runs[0]:
        old_best, new_best = (min(found[name] for found in runs) for runs in (old_runs, new_runs))
        print(f"{name:28} {old_best:9.2f} {new_best:9.2f} {new_best / old_best:7.3f}")


if __name__ == "__main__":
    main()
