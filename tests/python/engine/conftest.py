"""Programs of several files, as an engine is one, in directories of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

PATIENCE = 120

Application = Callable[..., str]


@pytest.fixture
def application(tmp_path: Path) -> Application:
    """Writes the files of a program, runs ``main.py`` among them, and gives what it printed; fails when it fails.

    The environment's import hook is taken away first, unless ``hook`` is true.
    """

    def run(
        main: str,
        files: dict[str, str] | None = None,
        *,
        hook: bool = False,
        environment: dict[str, str] | None = None,
        command: tuple[str, ...] = ("main.py",),
    ) -> str:
        # What installs the package in a worker is the program's business.
        without = "import sys\nsys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != '_Hook']\n"
        written = {"main.py": ("" if hook else without) + textwrap.dedent(main), **(files or {})}
        place = tmp_path / "application"
        for name, text in written.items():
            file = place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text))
        done = subprocess.run(
            [sys.executable, *command],
            cwd=place,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        if done.returncode:
            pytest.fail(f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    return run
