"""A store of its own for every test, and Python programs in processes of their own."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest

from dishtayantra_lmdb import LMDBConfig, LMDBTransport

MAP_SIZE = 64 << 20
PATIENCE = 120


def without(what: str) -> NoReturn:
    """Skips a test that needs what this machine does not permit; it fails where nothing may be left out."""
    if os.environ.get("DY_LMDB_REQUIRE_NAMESPACES") == "1":
        pytest.fail(what)
    pytest.skip(what)


Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def store_path(tmp_path: Path) -> str:
    """Where a store of this test may be."""
    return str(tmp_path / "store")


@pytest.fixture
def transport(store_path: str) -> Iterator[LMDBTransport]:
    """An open transport on a small store."""
    with LMDBTransport(LMDBConfig(db_path=store_path, map_size=MAP_SIZE)) as opened:
        yield opened


@pytest.fixture
def config(store_path: str) -> dict[str, Any]:
    """A calculator's configuration that enables the exchange."""
    return {
        "lmdb_enabled": True,
        "lmdb_db_path": store_path,
        "lmdb_min_size": 1024,
        "lmdb_wait_timeout": 5000,
    }


@pytest.fixture(params=["dishtayantra_calculators", "dishtayantra_rust_calculators"], ids=["C++", "Rust"])
def calculators(request: pytest.FixtureRequest) -> ModuleType:
    """The example calculators of each native language."""
    try:
        return importlib.import_module(request.param)
    except ImportError as missing:
        raise ImportError(f"{missing}; build the calculators first (make build does)") from missing


def _environment(extra: dict[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", **(extra or {})}


@pytest.fixture
def run() -> Run:
    """Runs Python source to its end; fails when it fails."""

    def runner(
        source: str,
        *arguments: object,
        environment: dict[str, str] | None = None,
        check: bool = True,
        options: tuple[str, ...] = (),
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *options, "-c", textwrap.dedent(source), *map(str, arguments)],
            env=_environment(environment),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        if check and done.returncode:
            pytest.fail(f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    return runner


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts Python source with pipes; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def starter(source: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(source), *map(str, arguments)],
            env=_environment(None),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield starter
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
