"""The crates: what cargo would publish is built from the packed files alone."""

from __future__ import annotations

import os
import subprocess

from support import ROOT

CRATES = ["dishtayantra-lmdb-engine", "dishtayantra-lmdb", "dishtayantra-pyo3", "dishtayantra-lmdb-cli"]


def test_they_can_be_published() -> None:
    packages = [part for crate in CRATES for part in ("--package", crate)]
    run = subprocess.run(
        ["cargo", "publish", "--dry-run", "--locked", "--allow-dirty", *packages],
        cwd=ROOT,
        env={**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target" / "publish")},
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert run.returncode == 0, run.stderr
    # What only the tests here use is not published, and that it was a dry run is no complaint.
    expected = ("is not included in the published package", "aborting upload due to dry run")
    complaints = [line for line in run.stderr.splitlines() if line.startswith("warning:")]
    assert not [line for line in complaints if not line.endswith(expected)], run.stderr
