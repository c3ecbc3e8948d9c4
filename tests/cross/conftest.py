"""Peers that live as long as the session, and the grids of what they did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from grid import Cell, Grid
from peer import Peer
from table import (
    BEHAVIOURS,
    BUILT,
    CALCULATORS,
    FORMATS,
    LANGUAGES,
    LENGTHS,
    MODES,
    PYTHON_ROWS,
    SIZES,
    TABLES,
    WORKER,
)

from dishtayantra_lmdb import LMDBConfig, LMDBTransport

REPORT = BUILT.parent / "cross-matrix.txt"


def _payloads() -> Grid:
    absent: dict[Cell, str] = {}
    for language, entry in LANGUAGES.items():
        for form, reason in entry.absent.items():
            for other in LANGUAGES:
                for size in SIZES:
                    absent[(form, language, other, size)] = f"{form} in {language}: {reason}"
                    absent.setdefault((form, other, language, size), f"{form} in {language}: {reason}")
        for form, reason in entry.unwritten.items():
            for other in LANGUAGES:
                for size in SIZES:
                    absent.setdefault((form, language, other, size), f"{form} from {language}: {reason}")
    remarks = tuple(
        f"{form} in {language}: {remark}"
        for language, entry in LANGUAGES.items()
        for form, remark in entry.remarks.items()
    )
    axes = {
        "formats": tuple(FORMATS),
        "writers": tuple(LANGUAGES),
        "readers": tuple(LANGUAGES),
        "sizes": tuple(SIZES),
    }
    return Grid("payloads", axes, absent, remarks)


def _calculators() -> Grid:
    absent = {
        (name, mode, behaviour): f"mode {mode} of {name}: {reason}"
        for name, entry in CALCULATORS.items()
        for mode, reason in entry.absent.items()
        for behaviour in BEHAVIOURS
    }
    axes = {"calculators": tuple(CALCULATORS), "modes": MODES, "behaviours": BEHAVIOURS}
    return Grid("calculators", axes, absent)


def _tables() -> Grid:
    absent = {
        (kind, "Python", reader, length): f"{kind} from Python: fewer than {least} stay plain"
        for kind, least in PYTHON_ROWS.items()
        for reader in LANGUAGES
        for length, rows in LENGTHS.items()
        if rows < least
    }
    axes = {
        "tables": tuple(TABLES),
        "writers": tuple(LANGUAGES),
        "readers": tuple(LANGUAGES),
        "lengths": tuple(LENGTHS),
    }
    return Grid("tables", axes, absent)


GRIDS = {"payloads": _payloads(), "tables": _tables(), "calculators": _calculators()}


@pytest.fixture(scope="session")
def payloads() -> Grid:
    """The grid of writers, readers, formats and sizes."""
    return GRIDS["payloads"]


@pytest.fixture(scope="session")
def tables() -> Grid:
    """The grid of writers, readers, kinds of tables and their lengths."""
    return GRIDS["tables"]


@pytest.fixture(scope="session")
def calculations() -> Grid:
    """The grid of calculators, modes and what they make of references."""
    return GRIDS["calculators"]


@pytest.fixture(scope="session")
def store_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one store of the session."""
    return tmp_path_factory.mktemp("cross") / "store"


@pytest.fixture(scope="session")
def transport(store_path: Path) -> Iterator[LMDBTransport]:
    """The session's own access to the store, which outlives every peer's."""
    with LMDBTransport(LMDBConfig(db_path=str(store_path))) as opened:
        yield opened


@pytest.fixture(scope="session")
def peer(store_path: Path, transport: LMDBTransport) -> Iterator[Callable[[str, str], Peer]]:
    """The peer of a language in a role, a process for each: "writer", "reader" or "worker" (of calculators)."""
    started: dict[tuple[str, str], Peer] = {}

    def get(name: str, role: str) -> Peer:
        if (name, role) not in started:
            command = (*WORKER, name) if role == "worker" else LANGUAGES[name].command
            log = store_path.parent / f"{role}-{name}.log"
            started[name, role] = Peer(f"the {role} in {name}", (*command, str(store_path)), log)
        return started[name, role]

    yield get
    codes = {process.name: process.close() for process in started.values()}
    assert not any(codes.values()), f"exit codes {codes}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What counts the cells comes after what fills them.
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "last: runs after every other test")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = [line for grid in GRIDS.values() if grid.results for line in (*grid.lines(), "")]
    if lines:
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        REPORT.write_text("\n".join(lines))
        terminalreporter.section("every language against every other")
        for line in lines:
            terminalreporter.line(line)
