"""A payload of every language, read by every language: what it holds, its envelope, and where the reader sees it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import content
import pytest
from grid import Cell, Grid
from peer import Peer, PeerError, maps_of, offset_in_file
from table import FORMATS, LANGUAGES, SIZES, Format, Size

from dishtayantra_lmdb import LMDBTransport

TTL_MS = 77_000

CASES = [
    case
    for case in itertools.product(LANGUAGES, LANGUAGES, FORMATS)
    if not any(case[2] in LANGUAGES[language].absent for language in case[:2])
    and case[2] not in LANGUAGES[case[0]].unwritten
]


def check(condition: bool, what: str) -> None:
    if not condition:
        raise PeerError(what)


def check_envelope(found: dict[str, Any], request: dict[str, Any], form: Format, size: Size, writer: str) -> None:
    expected = {name: request[name] for name in ("key", "source", "target", "ttl_ms")} | {"format": form.recorded}
    if LANGUAGES[writer].chooses_txn_id:
        expected["txn_id"] = request["txn_id"]
    for name, value in expected.items():
        check(found[name] == value, f"{name} is {found[name]!r}, not {value!r}")
    check(bool(found["txn_id"]), "no exchange id")
    check((found["checksum"] is not None) == request["checksum"], f"the checksum is {found['checksum']}")
    check(found["size"] <= size.limit, f"{found['size']} bytes are more than {size.limit}")
    if size.rows is None:
        check(found["size"] > size.limit * 0.75, f"{found['size']} bytes are far less than {size.limit}")
    check((found["file_offset"] == 0) == size.inline, f"at {found['file_offset']} in the file")


def check_places(reader: Peer, answer: dict[str, Any], form: Format, size: Size, data: Path) -> None:
    """The payload is where the envelope says, and the arrays are inside it: nothing was copied."""
    names = tuple(array["name"] for array in answer["arrays"])
    check(names == form.typed, f"the reader used {names} in place, not {form.typed}")
    payload = answer["payload"]
    check(payload["bytes"] == answer["envelope"]["size"], f"a view of {payload['bytes']} bytes")
    if not size.inline:
        offset = offset_in_file(maps_of(reader.pid, data), payload["address"], payload["bytes"])
        check(offset == answer["envelope"]["file_offset"], f"the view is of byte {offset} of the file")
    for array in answer["arrays"]:
        if array["bytes"] == 0:
            # Nothing is nowhere.
            continue
        start, end = array["address"], array["address"] + array["bytes"]
        inside = payload["address"] <= start and end <= payload["address"] + payload["bytes"]
        check(inside, f"{array['name']} at {start:#x} lies outside the payload at {payload['address']:#x}")
        check(start % form.alignment == 0, f"{array['name']} at {start:#x} is not aligned to {form.alignment}")


def run_cell(writer: Peer, reader: Peer, cell: Cell, number: int, data: Path) -> None:
    form, from_language, to_language, size = cell
    # A seed of its own, so that no cell can be right with another's payload.
    seed = 1000 + 10 * number
    rows = SIZES[size].rows
    count = FORMATS[form].count(SIZES[size].limit) if rows is None else rows
    request = {
        "key": f"{form}:{size}:{seed}:schlüssel",
        "format": form,
        "seed": seed,
        "count": count,
        "inline": SIZES[size].inline,
        "source": f"größe {from_language}",
        "target": to_language,
        "ttl_ms": TTL_MS,
        "txn_id": f"txn {seed}",
        # Every size with and without.
        "checksum": (number + number // len(SIZES)) % 2 == 0,
        "frame": content.frame(count) if form == "arrow" else None,
    }
    written = writer.ask("write", **request)["envelope"]
    check_envelope(written, request, FORMATS[form], SIZES[size], from_language)
    answer = reader.ask("read", **request | {"format": FORMATS[form].read_as or form})
    check(answer["envelope"] == written, f"the reader's envelope {answer['envelope']} is not the writer's {written}")
    check(answer["fault"] is None, f"{answer['fault']}")
    check_places(reader, answer, FORMATS[form], SIZES[size], data)


@pytest.mark.parametrize(("writer", "reader", "form"), CASES, ids=["-".join(case) for case in CASES])
def test_payload(
    writer: str,
    reader: str,
    form: str,
    peer: Callable[[str, str], Peer],
    payloads: Grid,
    transport: LMDBTransport,
    store_path: Path,
) -> None:
    faults = {}
    for size in SIZES:
        cell = (form, writer, reader, size)
        try:
            run_cell(
                peer(writer, "writer"),
                peer(reader, "reader"),
                cell,
                payloads.cells().index(cell),
                store_path / "data.mdb",
            )
            payloads.record(cell, None)
        except PeerError as fault:
            payloads.record(cell, str(fault))
            faults[size] = str(fault)
        for key in transport.keys(""):
            transport.delete(key)
    assert not faults
