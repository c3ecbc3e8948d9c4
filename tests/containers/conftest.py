"""Where the programs are, and whether this machine permits namespaces at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from container import GROUP, copy_programs, refused

# CI sets it: there a test that cannot be run has failed.
REQUIRED = "DY_LMDB_REQUIRE_NAMESPACES"

# What the stores of a test take, at the most.
ROOM = 1 << 30

_why_not = refused()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if _why_not is None:
        return
    if os.environ.get(REQUIRED) == "1":
        pytest.exit(f"{REQUIRED} is set, and namespaces cannot be made: {_why_not}", returncode=1)
    for item in items:
        item.add_marker(pytest.mark.skip(reason=f"namespaces cannot be made: {_why_not}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _why_not is not None:
        terminalreporter.line(f"containers: not tested, since namespaces cannot be made here: {_why_not}")


@pytest.fixture(scope="session")
def programs() -> Iterator[Path]:
    """The C programs and the library, where every user may run them: not every user may look into the source tree."""
    with tempfile.TemporaryDirectory(prefix="dy-lmdb-programs-") as directory:
        copy_programs(("supervisor", "worker", "bare", "member", "libdishtayantra_lmdb.so.0"), Path(directory))
        yield Path(directory)


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that every user may search, on memory when there is room for a store."""
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > ROOM
    directory = Path(tempfile.mkdtemp(prefix="dy-lmdb-containers-", dir=memory if has_room else None))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def volume(place: Path) -> Path:
    """A volume that a group shares, as ``fsGroup`` makes it."""
    made = place / "volume"
    made.mkdir()
    os.chown(made, 0, GROUP)
    made.chmod(0o2770)
    return made
