"""Other programs on a store in use: stock LMDB through py-lmdb in another process."""

from __future__ import annotations

from typing import Any

import numpy as np

from dishtayantra_lmdb import LMDBTransport

READER = """
    import lmdb, sys
    environment = lmdb.open(sys.argv[1], readonly=True, max_dbs=32)
    with environment.begin() as txn:
        names = sorted(name.decode() for name, _ in txn.cursor())
        print(*names)
        for name in ("default", "other"):
            database = environment.open_db(name.encode(), txn, create=False)
            for key, value in txn.cursor(database):
                print(name, key.decode(), len(value))
    environment.close()
"""


def test_py_lmdb_reads_keys_and_envelopes_while_the_store_is_in_use(transport: LMDBTransport, run: Any) -> None:
    transport.put("small", {"a": 1}, source="me")
    transport.put("large", np.arange(100_000.0), format="numpy")
    transport.put("elsewhere", 1, db_name="other")
    kept = transport.get("large")
    lines = run(READER, transport.get_db_path()).stdout.splitlines()
    assert {"default", "other"} <= set(lines[0].split())
    found = {tuple(line.split()[:2]) for line in lines[1:]}
    assert found == {("default", "small"), ("default", "large"), ("other", "elsewhere")}
    # The payload of a large entry is not in its record.
    assert all(int(line.split()[2]) < 4096 for line in lines[1:])
    transport.put("after", 1)
    transport.delete("large")
    np.testing.assert_array_equal(kept, np.arange(100_000.0))
    transport.audit()


def test_py_lmdb_comes_and_goes_while_entries_are_put(transport: LMDBTransport, start: Any) -> None:
    reader = start(
        """
        import lmdb, sys
        for turn in range(30):
            environment = lmdb.open(sys.argv[1], readonly=True, max_dbs=32)
            with environment.begin() as txn:
                database = environment.open_db(b"default", txn, create=False)
                count = sum(1 for _ in txn.cursor(database))
            environment.close()
        print("done", count)
        """,
        transport.get_db_path(),
    )
    turn = 0
    while reader.poll() is None:
        turn += 1
        transport.put(f"k{turn % 20}", np.full(turn * 31 % 9000, turn), format="numpy")
        found = transport.get(f"k{turn % 20}")
        assert found.size == 0 or (found == turn).all()
    out, errors = reader.communicate()
    assert out.startswith("done"), errors
    transport.audit()
