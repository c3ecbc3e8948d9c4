"""Processes of two containers are killed at random: nothing is lost or doubled. A plain LMDB store fails at it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

# In the layouts in which thread ids are equal.
LAYOUTS = ("equal", "alone")
KILLS = int(os.environ.get("CONTAINER_KILLS") or 2_400) // len(LAYOUTS)
# So many have always been enough for a plain LMDB store, by far.
BARE_KILLS = 2000
ATTEMPTS = 5
# Two that write in two threads, one that looks, one that waits, one that sweeps and audits; in each of two pods.
ROLES = "wwrks"
# Kills a second that the slowest machine manages.
SLOWEST = 5


def supervise(programs: Path, worker: str, place: Path, layout: str, roles: str, kills: int) -> tuple[int, str]:
    """Exit code and report of a run."""
    seconds = 60 + kills // SLOWEST
    run = subprocess.run(
        [programs / "supervisor", programs / worker, place, layout, roles, str(kills), str(seconds)],
        capture_output=True,
        text=True,
        timeout=seconds + 200,
    )
    print(run.stdout)
    return run.returncode, run.stdout + run.stderr


def killed(report: str) -> int:
    found = re.search(r"(\d+) kills", report)
    assert found, report
    return int(found[1])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_is_lost_or_doubled(programs: Path, place: Path, layout: str) -> None:
    code, report = supervise(programs, "worker", place, layout, ROLES, KILLS)
    assert code == 0, report
    assert killed(report) >= KILLS
    counted = re.search(r"(\d+) commits, (\d+) looks, (\d+) wakes, (\d+) audits", report)
    assert counted, report
    assert all(int(count) > 0 for count in counted.groups()), report


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_plain_lmdb_store_has_two_writers_at_once(programs: Path, place: Path, layout: str) -> None:
    """Whoever looks finds it, so that what finds nothing above has shown something."""
    reports = []
    for attempt in range(ATTEMPTS):
        directory = place / str(attempt)
        directory.mkdir()
        code, report = supervise(programs, "bare", directory, layout, "www", BARE_KILLS)
        reports.append(report)
        if re.search("fault: (two writers at once|lost or doubled|torn)", report):
            assert code == 1
            return
    pytest.fail("\n".join(reports))


def test_a_plain_lmdb_store_is_right_where_ids_differ(programs: Path, place: Path) -> None:
    """So equal ids are the cause, and what the workers tell is no fault of theirs."""
    code, report = supervise(programs, "bare", place, "distinct", "www", 300)
    assert code == 0, report
