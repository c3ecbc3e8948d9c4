"""Natives compiled before there were tables, and those that walk rows: the same results as on plain values."""

from __future__ import annotations

import ctypes
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from natives import MODULES, ill_behaved

from dishtayantra_lmdb import LMDBTransport

try:
    import dishtayantra_test_before_tables as before
except ImportError as missing:
    raise ImportError(f"{missing}; build tests/cpp first (make test does), in one of {MODULES}") from missing

ROWS = [
    {"px": n / 4, "qty": n - 50, "symbol": f"S{n % 3}", "note": f"note {n}" if n % 5 else None, "buy": n % 2 == 0}
    for n in range(100)
]
COLUMNS = {name: [row[name] for row in ROWS] for name in ROWS[0]}

# What is put, and what it was to natives before there were tables.
PAYLOADS: dict[str, tuple[Any, Any]] = {
    "rows": (ROWS, ROWS),
    "rows in a dict": ({"trades": ROWS, "after": [1, "x"]}, {"trades": ROWS, "after": [1, "x"]}),
    "texts": ([f"text {n}" for n in range(100)], [f"text {n}" for n in range(100)]),
    "repeated texts": (["a", "b", None] * 100, ["a", "b", None] * 100),
    "pandas": (pd.DataFrame({"px": [0.5, 1.5], "qty": [1, 2]}), {"px": [0.5, 1.5], "qty": [1, 2]}),
    "Polars": (pl.DataFrame(COLUMNS), COLUMNS),
    "pyarrow": (pa.table({"lists": [[1, 2], None], "structs": [{"a": 1}, {"a": 2}]}),
                {"lists": [[1, 2], None], "structs": [{"a": 1}, {"a": 2}]}),
}  # fmt: skip


def memory(view: Any) -> Any:
    """The payload where it lies in the map."""
    return (ctypes.c_char * view.size).from_address(view.address)


@pytest.mark.parametrize("what", PAYLOADS)
def test_who_knows_no_tables_sees_the_plain_value(transport: LMDBTransport, what: str) -> None:
    payload, expected = PAYLOADS[what]
    transport.put("k", payload, tables=True)
    with transport.view("k") as view:
        stored = memory(view)
        assert len(view.table()) if what != "rows in a dict" else view.table("trades")
        assert before.iterated(stored) == expected
        assert before.asked(stored, expected) == expected


def test_paths_and_numbers_lead_into_tables(transport: LMDBTransport) -> None:
    transport.put("k", {"trades": ROWS, "frame": pd.DataFrame({"px": [0.5, 1.5, -2.0]})}, tables=True)
    with transport.view("k") as view:
        stored = memory(view)
        assert before.number_at(stored, "trades.7.px") == 1.75
        assert before.number_at(stored, "frame.px.2") == -2.0
        assert before.numbers_at(stored, "frame.px") == [0.5, 1.5, -2.0]


def test_a_native_that_copies_documents_keeps_their_tables(transport: LMDBTransport, store_path: str) -> None:
    transport.put("k", {"trades": ROWS, "texts": ["x"] * 100}, tables=True)
    ill_behaved.copy_document(store_path, "k", "copy")
    assert transport.get("copy") == {"trades": ROWS, "texts": ["x"] * 100}
