"""What the library does with Python's objects, watched by valgrind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

PROGRAM = """
    import copy, gc, os, sys
    from dishtayantra_lmdb import LMDBConfig, LMDBTransport, wrap_with_lmdb

    def refused(call):
        try:
            call()
        except Exception:
            pass
        else:
            raise AssertionError("not refused")

    path = sys.argv[1]
    # Nobody else refers to it, so a reference too few shows.
    key_of_test = f"key of process {os.getpid()}"
    settings = {"lmdb_enabled": True, "lmdb_db_path": path, "lmdb_min_size": 10, "lmdb_map_size": 16 << 20}
    transport = LMDBTransport(LMDBConfig(db_path=path, map_size=16 << 20, prefault=0)).open()
    wrapped = wrap_with_lmdb(lambda payload: {"size": len(payload)}, settings, "size")
    for turn in range(20):
        with transport.loan(key_of_test, 3000) as loan:
            memory = loan.memory
            memory[:5] = b"hello"
            kept = memory[2:4]
        with transport.loan(key_of_test, 3000) as loan:
            loan.memory[0] = turn
        with transport.view(key_of_test) as view:
            slice_of_view, whole = view.memory[:3], view.memory
        assert slice_of_view[0] == turn and bytes(kept) == b"ll"
        refused(lambda: transport.loan(key_of_test, 10).__enter__().__exit__())
        refused(lambda: type(loan)())
        refused(lambda: copy.copy(loan))
        refused(lambda: loan.memory)
        refused(lambda: whole[0])
        for key in (5, None, "\\ud800", "x" * 600):
            refused(lambda: transport.loan(key, 10).publish())
            refused(lambda: transport.view(key))
            refused(lambda: transport.put(key, b"", format="raw"))
        shrunk, dropped = transport.loan("shrunk", 100), transport.loan("dropped", 100)
        shrunk.publish(10)
        dropped.drop()
        transport.put("document", [1, {"a": 2}])
        assert transport.get("document") == [1, {"a": 2}]
        transport.put("raw", bytes(5000), format="raw")
        pinned = transport.get_raw("raw")[0]
        transport.delete("raw")
        assert pinned[4999] == 0
        assert wrapped.calculate({"a": "x" * 1000}) == {"size": 1}
    del loan, shrunk, dropped, memory, kept, view, slice_of_view, whole, pinned, wrapped
    gc.collect()
    transport.close()
    print("done", flush=True)
    # Not by way of the interpreter's end, which has faults of its own to show.
    os._exit(0)
"""


def test_no_object_is_read_or_written_where_it_is_not(tmp_path: Path) -> None:
    log = tmp_path / "valgrind.log"
    done = subprocess.run(
        [
            "valgrind",
            "--quiet",
            "--error-limit=no",
            "--num-callers=20",
            f"--log-file={log}",
            sys.executable,
            "-c",
            textwrap.dedent(PROGRAM),
            str(tmp_path / "store"),
        ],
        env={**os.environ, "PYTHONMALLOC": "malloc"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"
    # Python itself decides by bytes that it did not fill, and says so in its sources.
    blocks = re.split(r"==\d+== \n", log.read_text())
    faults = [block for block in blocks if "Invalid" in block or "dishtayantra" in block]
    assert faults == []
