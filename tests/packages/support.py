"""What the tests here share."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
# What this project's own tree tells programs; a user has none of it.
OURS = ("DISHTAYANTRA_LMDB_LIBRARY", "DISHTAYANTRA_LMDB_LIB_DIR", "PYTHONPATH", "PKG_CONFIG_PATH")


def done(*command: object, cwd: Path | None = None, seconds: int = 900, **environment: str) -> str:
    """What a command prints; fails when it fails."""
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    run = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert run.returncode == 0, f"{shlex.join(map(str, command))}\n{run.stdout}\n{run.stderr}"
    return run.stdout
