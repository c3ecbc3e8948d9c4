"""The distribution ``dishtayantra-lmdb-engine``: its wheel beside the package's, in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import msgpack
import pytest
import tomllib

import dishtayantra_lmdb

BINDINGS = Path(__file__).resolve().parents[3] / "bindings"
NAME = "dishtayantra_lmdb_engine"


def run(*command: object, cwd: Path | None = None) -> str:
    # What the tests themselves run with must not reach the other environment.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pip(*arguments: object) -> None:
    run(sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *arguments)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Wheels of both distributions as they are, by their names."""
    place = tmp_path_factory.mktemp("wheels")
    for project in ("python", "python-engine"):
        pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", place, BINDINGS / project)
    return {wheel.name.split("-")[0]: wheel for wheel in place.glob("*.whl")}


class Environment:
    """A fresh virtual environment with the packages that ours need."""

    def __init__(self, place: Path, wheels: dict[str, Path]) -> None:
        venv.create(place)
        self.python = place / "bin" / "python"
        self.site = Path(run(self.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
        self.wheels = wheels
        (self.site / "msgpack").symlink_to(Path(msgpack.__file__).parent)

    def pip(self, *arguments: object) -> None:
        pip("--python", self.python, *arguments)

    def install(self, *names: str) -> None:
        self.pip("install", "--no-index", "--no-deps", *(self.wheels[name] for name in names))

    def listing(self) -> set[str]:
        return {str(path.relative_to(self.site)) for path in self.site.rglob("*") if "msgpack" not in path.parts}


@pytest.fixture
def environment(tmp_path: Path, wheels: dict[str, Path]) -> Environment:
    return Environment(tmp_path / "environment", wheels)


LINE = """
from core.lmdb import LMDBCalculatorConfig, LMDBDataExchange, DataFormat
import core.lmdb, dishtayantra_lmdb
assert core.lmdb is dishtayantra_lmdb and isinstance(DataFormat.JSON, dishtayantra_lmdb.DataFormat)
print(dishtayantra_lmdb.__file__)
"""


def test_both_distributions_have_one_version() -> None:
    project = tomllib.loads((BINDINGS / "python-engine" / "pyproject.toml").read_text())["project"]
    assert project["version"] == dishtayantra_lmdb.__version__
    assert project["dependencies"] == [f"dishtayantra-lmdb=={dishtayantra_lmdb.__version__}"]


def test_no_wheel_installs_a_core(wheels: dict[str, Path]) -> None:
    for name, wheel in wheels.items():
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
        info = f"{name}-{dishtayantra_lmdb.__version__}.dist-info"
        # The stubs' directory has a name that nothing can import.
        allowed = {f"{NAME}.py", f"{NAME}.pth", "core-stubs", info} if name == NAME else {"dishtayantra_lmdb", info}
        assert {entry.split("/")[0] for entry in names} == allowed
        assert all(entry.endswith((".pyi", "/py.typed")) for entry in names if entry.startswith("core-stubs/"))
        assert any(entry.endswith("LICENSE-MIT") for entry in names)


def test_the_pth_file_is_one_import(wheels: dict[str, Path]) -> None:
    with zipfile.ZipFile(wheels[NAME]) as archive:
        assert archive.read(f"{NAME}.pth") == f"import {NAME}\n".encode()


def test_the_import_line_works_in_a_fresh_environment(environment: Environment, tmp_path: Path) -> None:
    environment.install("dishtayantra_lmdb", NAME)
    assert run(environment.python, "-c", LINE, cwd=tmp_path).startswith(str(environment.site))


def test_the_import_line_works_where_the_engine_has_its_own(environment: Environment, tmp_path: Path) -> None:
    environment.install("dishtayantra_lmdb", NAME)
    own = tmp_path / "engine" / "core" / "lmdb"
    own.mkdir(parents=True)
    (own.parent / "__init__.py").write_text("VALUE = 3\n")
    (own / "__init__.py").write_text("class LMDBDataExchange: pass\n")
    main = tmp_path / "engine" / "main.py"
    main.write_text(
        "import multiprocessing, sys\n"
        "def work():\n"
        "    from core.lmdb import LMDBDataExchange\n"
        "    return LMDBDataExchange, 'numpy' in sys.modules\n"
        "if __name__ == '__main__':\n"
        "    import core\n"
        "    assert core.VALUE == 3 and 'dishtayantra_lmdb' not in sys.modules\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        kind, numpy = pool.apply(work)\n"
        "    assert kind.__module__ == 'dishtayantra_lmdb._exchange.exchange' and not numpy\n"
    )
    run(environment.python, main, cwd=tmp_path)


def test_it_is_uninstalled_without_a_trace(environment: Environment) -> None:
    environment.install("dishtayantra_lmdb")
    run(environment.python, "-c", "import dishtayantra_lmdb")
    before = environment.listing()
    environment.install(NAME)
    run(environment.python, "-c", LINE)
    assert environment.listing() > before
    environment.pip("uninstall", "--yes", NAME)
    assert environment.listing() - before <= {
        name for name in environment.listing() if "dishtayantra_lmdb/__pycache__" in name
    }
    refused = "try:\n    import core.lmdb\nexcept ModuleNotFoundError as error:\n    print(error.name)"
    assert run(environment.python, "-c", refused) == "core\n"


def test_the_hook_imports_nothing_when_python_starts(environment: Environment) -> None:
    loaded = "import sys; print(*sorted(sys.modules))"
    before = set(run(environment.python, "-c", loaded).split())
    environment.install("dishtayantra_lmdb", NAME)
    assert set(run(environment.python, "-c", loaded).split()) - before == {NAME}
    # Nor when an engine imports what is its own.
    more = "import sys, json, pathlib, email.message; " + loaded
    assert "dishtayantra_lmdb" not in run(environment.python, "-c", more).split()


def test_without_the_package_the_hook_makes_it_an_import_error(environment: Environment) -> None:
    environment.install(NAME)
    source = "try:\n    from core.lmdb import DataFormat\nexcept ImportError as error:\n    print(error.name)"
    assert run(environment.python, "-c", source) == "dishtayantra_lmdb\n"


def test_the_environment_of_this_project_has_it() -> None:
    run(sys.executable, "-c", LINE)
    run(
        sys.executable,
        "-c",
        "from dishtayantra_lmdb import compat\ncompat.uninstall()\nimport sys\n"
        "assert not any(getattr(f, 'provides_core_lmdb', False) for f in sys.meta_path)",
    )
