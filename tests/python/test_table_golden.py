"""Tables of rows and texts against those that another program wrote: `tests/fixtures/make_tables.py`."""

from __future__ import annotations

import ctypes
import json
from pathlib import Path

import pytest

from dishtayantra_lmdb import LMDBTransport

TABLES = Path(__file__).parents[1] / "fixtures" / "tables"


@pytest.mark.parametrize("name", ["rows", "list"])
def test_they_are_packed_byte_for_byte_and_read(tmp_path: Path, name: str) -> None:
    payload = (TABLES / f"{name}.msgpack").read_bytes()
    plain = json.loads((TABLES / f"{name}.json").read_text())["plain"]
    with LMDBTransport(tmp_path) as transport:
        transport.put("packed", plain, tables=True)
        with transport.view("packed") as view:
            assert ctypes.string_at(view.address, view.size) == payload
        assert transport.get("packed") == plain
