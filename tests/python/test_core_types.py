"""What type checkers make of ``from core.lmdb import …``, by the stubs of ``dishtayantra-lmdb-engine``."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dishtayantra_lmdb

PROGRAM = """\
from typing import Any

import core.lmdb.lmdb_zero_copy as zero_copy
from core.lmdb import LMDBCalculatorMixin, LMDBConfig, LMDBTransport, View, __version__
from core.lmdb.errors import EntryNotFoundError
from core.lmdb.lmdb_calculator import LMDBCalculatorConfig, LMDBDataExchange
from core.lmdb.lmdb_types import DataFormat


class Mean(LMDBCalculatorMixin):
    def calculate(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"mean": sum(data["values"]) / len(data["values"])}


def store(path: str) -> int:
    with LMDBTransport(LMDBConfig(db_path=path)) as transport:
        transport.put("answer", Mean().calculate({"values": [1.0]}), DataFormat.MSGPACK)
        try:
            view: View = transport.view("answer")
        except EntryNotFoundError as error:
            return error.status
    return len(view)


def exchange(config: dict[str, Any]) -> LMDBDataExchange:
    return LMDBDataExchange(LMDBCalculatorConfig.from_dict(config), "risk")


version: str = __version__
get = zero_copy.lmdb_get
"""

# Programs that are wrong, and what is said of their last line.
WRONG = [
    ("from core.lmdb import LMDBNothing", "attr-defined"),
    ("import core.lmdb.lmdb_nothing", "import-not-found"),
    ("from core.lmdb import LMDBConfig\nLMDBConfig(db_path=7)", "arg-type"),
    ("from core.lmdb.errors import LMDBError\nstatus: str = LMDBError('').status", "assignment"),
    ("from core.lmdb.lmdb_transport import resolve\nresolve()", "call-arg"),
]

# An engine without types of core.lmdb, in the same directory as the program.
ENGINE = "def run(value: int) -> int:\n    return value\n"
WITH_ENGINE = """\
import core.lmdb.lmdb_types as types
from core.calculator import run
from core.lmdb import DataFormat

format: type[DataFormat] = types.DataFormat
wrong: str = run(1)
wrong = types.DataFormat.ARROW
"""

Check = Callable[[dict[str, str]], list[str]]


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """What mypy says of files: the errors, as file, line and code."""
    cache = tmp_path_factory.mktemp("cache")

    def checked(files: dict[str, str]) -> list[str]:
        place = tmp_path_factory.mktemp("program")
        for name, text in files.items():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_text(text)
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}"]
        programs = [name for name in files if "/" not in name]
        run = subprocess.run([*command, *programs], cwd=place, capture_output=True, text=True, timeout=300)
        assert run.returncode in (0, 1), run.stdout + run.stderr
        errors = re.findall(r"^(.*?:\d+): error: .*\[(.*)\]$", run.stdout, re.MULTILINE)
        assert len(errors) == run.stdout.count(" error: "), run.stdout
        return [f"{place} {code}" for place, code in errors]

    return checked


def test_every_public_module_has_types() -> None:
    modules = {module.name for module in pkgutil.iter_modules(dishtayantra_lmdb.__path__)}
    (stubs,) = {Path(place) / "core-stubs/lmdb" for place in sys.path if (Path(place) / "core-stubs").is_dir()}
    assert {stub.stem for stub in stubs.iterdir()} == {"__init__"} | {name for name in modules if name[0] != "_"}


def test_right_programs_are_accepted_and_wrong_ones_are_not(check: Check) -> None:
    wrong = {f"wrong_{number}.py": text for number, (text, _) in enumerate(WRONG)}
    expected = [f"wrong_{number}.py:{len(text.splitlines())} {code}" for number, (text, code) in enumerate(WRONG)]
    assert sorted(check({"right.py": PROGRAM, **wrong})) == expected


def test_the_rest_of_core_keeps_its_types(check: Check) -> None:
    engine = {"core/__init__.py": "", "core/calculator.py": ENGINE}
    assert check({"program.py": WITH_ENGINE, **engine}) == ["program.py:6 assignment", "program.py:7 assignment"]
