"""Containers mount a volume where they like: references lead to the right store, or to none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from container import PATIENCE, Container

from dishtayantra_lmdb import LMDBConfig, LMDBTransport

PROGRAM = (sys.executable, str(Path(__file__).with_name("exchange.py")))


@pytest.fixture
def reference(place: Path, volume: Path) -> Iterator[str]:
    """A reference to an entry of a store that its maker has at ``place / "theirs"``, and open."""
    sender = Container("sender", volume, place / "theirs")
    with subprocess.Popen(
        sender.command(*PROGRAM, "send", str(place / "theirs/store")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline()
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("open_here", [False, True], ids=["closed here", "open here"])
@pytest.mark.parametrize("mapped", [False, True], ids=["no map", "map"])
@pytest.mark.parametrize("wrong", [False, True], ids=["nothing there", "another store there"])
def test_a_reference_leads_to_its_store_or_to_none(
    place: Path, volume: Path, reference: str, open_here: bool, mapped: bool, wrong: bool
) -> None:
    other = place / "other"
    with LMDBTransport(LMDBConfig(db_path=str(other / "store"))) as transport:
        transport.put("input:calculator:1", "of another store")
    others = ((other, place / "theirs"),) if wrong else ()
    receiver = Container("receiver", volume, place / "ours", others=others)
    environment = {**os.environ, "LMDB_PATH_MAP": json.dumps({str(place / "theirs"): str(place / "ours")})}
    stores = [str(place / "ours/store")] if open_here else []
    run = subprocess.run(
        receiver.command(*PROGRAM, "receive", *stores),
        input=reference,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment if mapped else None,
    )
    assert run.returncode == 0, run.stderr
    if open_here or mapped:
        assert run.stdout.strip() == "right"
        return
    status, _, message = run.stdout.strip().partition(" ")
    assert status == ("DY_LMDB_FOREIGN_STORE" if wrong else "DY_LMDB_NOT_FOUND"), run.stdout
    assert str(place / "theirs/store") in message
    assert "say where with lmdb_path_map or LMDB_PATH_MAP" in message
