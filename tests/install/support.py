"""What the tests here share: where the installed copy is, and commands."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PREFIX = ROOT / "build" / "install"
PKG_CONFIG_PATH = str(PREFIX / "lib" / "pkgconfig")


def done(*command: object, cwd: Path | None = None, **environment: str) -> str:
    """What a command prints; fails when it fails."""
    run = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, f"{shlex.join(map(str, command))}\n{run.stdout}\n{run.stderr}"
    return run.stdout


def make(target: str, prefix: Path, **settings: str) -> str:
    """Calls make for a prefix, with other variables."""
    variables = [f"{name}={value}" for name, value in settings.items()]
    return done("make", "--no-print-directory", "-C", ROOT, target, f"PREFIX={prefix}", *variables)


def install(prefix: Path, **settings: str) -> str:
    return make("install", prefix, **settings)


def new_home(place: Path) -> dict[str, str]:
    """The environment of somebody who has set nothing yet; Rust's toolchain is in the real home."""
    return {
        "HOME": str(place),
        "CARGO_HOME": os.environ.get("CARGO_HOME") or str(Path.home() / ".cargo"),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME") or str(Path.home() / ".rustup"),
    }
