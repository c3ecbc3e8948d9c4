"""An installed copy in build/install, once for all tests here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support import PREFIX, install


@pytest.fixture(scope="session", autouse=True)
def installed() -> Path:
    shutil.rmtree(PREFIX, ignore_errors=True)
    install(PREFIX)
    return PREFIX
