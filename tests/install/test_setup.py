"""Each target asks for its own tools only: `scripts/setup.sh` where little is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support import ROOT

SHELL = ["bash", "uname", "sed", "sort", "id", "tr", "dirname", "head", "cut", "cat", "env", "grep"]
RUST = ["gcc", "cargo", "rustc"]


@pytest.mark.parametrize(
    ("part", "asked", "not_asked"),
    [
        ("cli", [], ["g++", "cmake", "python3", "maven", "valgrind"]),
        ("build", ["g++", "cmake", "python3-dev"], ["maven", "valgrind", "shellcheck", "clang"]),
        ("java", ["g++", "maven"], ["valgrind", "shellcheck", "clang"]),
        ("docs", ["doxygen", "openjdk-17-jdk-headless", "python3-venv"], ["g++", "maven", "valgrind", "python3-dev"]),
        ("browser", ["chromium", "python3-venv"], ["g++", "maven", "valgrind"]),
        ("all", ["g++", "maven", "valgrind", "shellcheck", "clang"], []),
    ],
)
def test_what_a_part_asks_for(tmp_path: Path, part: str, asked: list[str], not_asked: list[str]) -> None:
    for name in SHELL + RUST:
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"no {name}")
        (tmp_path / name).symlink_to(found)
    run = subprocess.run(
        [tmp_path / "bash", ROOT / "scripts" / "setup.sh", part],
        env={"PATH": str(tmp_path), "PYTHON": "none", "HOME": str(Path.home())},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.returncode != 0) == bool(asked), run.stderr
    names = run.stderr.split()
    assert set(asked) <= set(names)
    assert not set(not_asked) & set(names)
