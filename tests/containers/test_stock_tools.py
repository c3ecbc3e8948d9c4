"""LMDB's own tools read a store from a third namespace, while processes of two others are killed."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from container import PATIENCE, Container

# Kills that last some seconds, and seconds that are enough for them anywhere.
KILLS, LONG = 400, 600
# Looks of the tools meanwhile, at least.
ROUNDS = 3


def ask(container: Container, *tool: str) -> str:
    run = subprocess.run(container.command(*tool), capture_output=True, text=True, timeout=PATIENCE, errors="replace")
    assert run.returncode == 0, f"{tool}: {run.stderr}"
    return run.stdout


def test_stock_tools_read_from_a_third_namespace(programs: Path, place: Path) -> None:
    volume, store = place / "volume", place / "tools/store"
    third = Container("tools", volume, place / "tools")
    with subprocess.Popen(
        [programs / "supervisor", programs / "worker", place, "alone", "wwrks", str(KILLS), str(LONG)],
        stdout=subprocess.PIPE,
        text=True,
    ) as supervisor:
        until = time.monotonic() + PATIENCE
        while not (volume / "store/data.mdb").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(0.5)
        rounds = 0
        while supervisor.poll() is None:
            stat = ask(third, "mdb_stat", "-ra", str(store))
            assert "Reader Table Status" in stat
            assert "Status of default" in stat
            dump = ask(third, "mdb_dump", "-p", "-s", "default", str(store))
            assert " own:" in dump
            assert dump.rstrip().endswith("DATA=END")
            rounds += 1
        assert supervisor.stdout is not None
        report = supervisor.stdout.read()
    assert supervisor.returncode == 0, report
    assert rounds >= ROUNDS, "the processes ended before the tools had looked"
