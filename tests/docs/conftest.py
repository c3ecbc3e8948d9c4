"""What the blocks use: an installed copy, as the pages tell to make one, and Rust's crate."""

from __future__ import annotations

import os
import subprocess

import pytest
from pages import ROOT
from run_blocks import PREFIX, rust_crate


@pytest.fixture(scope="session")
def installed() -> None:
    environment = {**os.environ, "PREFIX": str(PREFIX)}
    subprocess.run([ROOT / "scripts" / "install.sh"], env=environment, check=True, timeout=280, capture_output=True)
    rust_crate()
