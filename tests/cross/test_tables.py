"""A table of every language, read by every language: its values, and where the reader sees them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from grid import Cell, Grid
from peer import Peer, PeerError, maps_of, offset_in_file
from table import LANGUAGES, LENGTHS, TABLES
from test_payloads import check

from dishtayantra_lmdb import LMDBTransport

# Every buffer of a table.
ALIGNMENT = 64
# Larger payloads lie in extents of their own.
INLINE = 2048


def run_cell(writer: Peer, reader: Peer, cell: Cell, number: int, data: Path) -> None:
    kind, from_language, to_language, length = cell
    table = TABLES[kind]
    # A seed of its own, so that no cell can be right with another's payload.
    seed = 100_000 + 10 * number
    request = {
        "key": f"{kind}:{length}:{seed}",
        "format": "table",
        "origin": table.origin,
        "columns": table.columns,
        "nulls": table.nulls,
        "seed": seed,
        "count": LENGTHS[length],
        "inline": False,
        "source": from_language,
        "target": to_language,
        "ttl_ms": 77_000,
        "txn_id": f"txn {seed}",
        "checksum": number % 2 == 0,
        "frame": None,
    }
    written = writer.ask("write", **request)["envelope"]
    answer = reader.ask("read", **request)
    check(answer["envelope"] == written, f"the reader's envelope {answer['envelope']} is not the writer's {written}")
    check(answer["fault"] is None, f"{answer['fault']}")
    payload = answer["payload"]
    maps = maps_of(reader.pid, data)
    # Of what lies in its record a view is a copy.
    is_mapped = written["file_offset"] > 0
    check(is_mapped or written["size"] < INLINE, f"{written['size']} bytes lie in their record")
    if is_mapped:
        offset = offset_in_file(maps, payload["address"], payload["bytes"])
        check(offset == written["file_offset"], f"the view is of byte {offset} of the file")
    names = tuple(array["name"] for array in answer["arrays"])
    check(names == table.typed, f"the reader used {names} in place, not {table.typed}")
    for array in answer["arrays"]:
        check((array["bytes"] > 0) == (LENGTHS[length] > 0), f"{array['name']} has {array['bytes']} bytes")
        if array["bytes"]:
            start = array["address"]
            if is_mapped:
                offset_in_file(maps, start, array["bytes"])
            inside = payload["address"] <= start and start + array["bytes"] <= payload["address"] + payload["bytes"]
            check(inside, f"{array['name']} at {start:#x} lies outside the payload at {payload['address']:#x}")
            check(start % ALIGNMENT == 0, f"{array['name']} at {start:#x} is not aligned to {ALIGNMENT}")


@pytest.mark.parametrize(("kind", "writer", "reader"), list(itertools.product(TABLES, LANGUAGES, LANGUAGES)))
def test_table(
    kind: str,
    writer: str,
    reader: str,
    peer: Callable[[str, str], Peer],
    tables: Grid,
    transport: LMDBTransport,
    store_path: Path,
) -> None:
    faults = {}
    for length in LENGTHS:
        cell = (kind, writer, reader, length)
        if cell in tables.absent:
            continue
        number = tables.cells().index(cell)
        try:
            run_cell(peer(writer, "writer"), peer(reader, "reader"), cell, number, store_path / "data.mdb")
            tables.record(cell, None)
        except PeerError as fault:
            tables.record(cell, str(fault))
            faults[length] = str(fault)
        for key in transport.keys(""):
            transport.delete(key)
    assert not faults
