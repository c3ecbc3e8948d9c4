"""The projects of templates/, copied out, built as their readme says, and called in a wrapped calculator."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path

import pytest
from support import PREFIX, ROOT, done, new_home

TEMPLATES = ROOT / "templates"
BUILT = ROOT / "build" / "templates"

# A node whose payloads go through the store, after one that hands it a reference, and alone.
NODES = """
import sys
import numpy as np
from dishtayantra_lmdb import InvalidArgumentError, resolve, wrap_with_lmdb

{made}
values = np.arange(10_000.0)
settings = {{"lmdb_enabled": True, "lmdb_db_path": sys.argv[1], "lmdb_wait_timeout": 20_000}}
for mode in ("input", "output", "both"):
    node = wrap_with_lmdb(calculator, {{**settings, "lmdb_exchange_mode": mode}}, "mean")
    for given in (values, values.tolist(), values[:3]):
        assert node.calculate({{"values": given}}) == {{"mean": float(np.mean(given))}}, mode
settings["lmdb_exchange_mode"] = "reference"
before = wrap_with_lmdb(lambda data: {{"values": data["values"] * 2}}, settings, "before")
node = wrap_with_lmdb(calculator, settings, "mean")
reference = before.calculate({{"values": values}})
assert reference["_lmdb_ref"] is True
assert resolve(node.calculate(reference)) == {{"mean": 2 * float(values.mean())}}
details = calculator.details()
assert details["name"] == "mean"
# Python's own errors go through; the others are the package's, and name what is missing.
try:
    calculator.calculate({{}})
except KeyError if details["language"] == "Python" else InvalidArgumentError as error:
    assert "values" in str(error), error
else:
    raise AssertionError("it calculated on nothing")
"""


# Of the second calculator, on rows and columns.
COLUMN = """
        column = {module}.MeanOfColumn("column", {{"column": "qty"}})
        rows = [{{"px": 0.5 * n, "qty": n}} for n in range(100)]
        stored = {{"lmdb_enabled": True, "lmdb_min_size": 0, "lmdb_map_size": 64 << 20}}
        stored["lmdb_db_path"] = sys.argv[1] + "-tables"
        nodes = [wrap_with_lmdb(column, {{**stored, "lmdb_tables": tables}}, "column") for tables in (True, False)]
        for node in (column, *nodes):
            assert node.calculate({{"trades": rows}}) == {{"mean": 49.5}}
            assert node.calculate({{"trades": {{"qty": np.arange(3)}}}}) == {{"mean": 1.0}}
"""


def copied(language: str, tmp_path: Path) -> Path:
    target = tmp_path / "mine"
    shutil.copytree(TEMPLATES / language, target, ignore=shutil.ignore_patterns("build", "target", "dist"))
    return target


def call(made: str, tmp_path: Path, module_path: Path | None = None) -> None:
    program = NODES.format(made=textwrap.dedent(made))
    environment = new_home(tmp_path) | ({} if module_path is None else {"PYTHONPATH": str(module_path)})
    done(sys.executable, "-W", "error", "-c", program, tmp_path / "store", cwd=tmp_path, **environment)


def installed_wheel(wheels: Path, tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (wheel,) = wheels.glob("*.whl")
    done(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site, wheel)
    return site


def test_cpp_with_cmake(tmp_path: Path) -> None:
    project = copied("cpp", tmp_path)
    pybind11 = done(sys.executable, "-m", "pybind11", "--cmakedir").strip()
    done("cmake", "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={PREFIX}",
         f"-Dpybind11_DIR={pybind11}", f"-DPython_EXECUTABLE={sys.executable}",
         "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror", **new_home(tmp_path))  # fmt: skip
    done("cmake", "--build", project / "build", **new_home(tmp_path))
    made = """
        import mean_cpp
        calculator = mean_cpp.Mean("mean", {})
    """
    call(made + COLUMN.format(module="mean_cpp"), tmp_path, project / "build")


def test_rust_with_maturin(tmp_path: Path) -> None:
    project = copied("rust", tmp_path)
    manifest = project / "Cargo.toml"
    manifest.write_text(manifest.read_text().replace("../../bindings", f"{ROOT}/bindings"))
    maturin = Path(sys.executable).parent / "maturin"
    # Built where the next run finds what it depends on.
    target = str(BUILT / "rust")
    done(maturin, "build", "--release", "--locked", "--quiet", "--out", "dist", "--interpreter", sys.executable,
         cwd=project, CARGO_TARGET_DIR=target, **new_home(tmp_path))  # fmt: skip
    site = installed_wheel(project / "dist", tmp_path)
    made = """
        import mean_rust
        calculator = mean_rust.Mean("mean", {})
        assert (mean_rust.Mean.__module__, mean_rust.Mean.__doc__) == ("mean_rust", "The mean of `values`.")
    """
    call(made + COLUMN.format(module="mean_rust"), tmp_path, site)


def test_python_with_hatch(tmp_path: Path) -> None:
    project = copied("python", tmp_path)
    done(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "dist", ".",
         cwd=project, **new_home(tmp_path))  # fmt: skip
    site = installed_wheel(project / "dist", tmp_path)
    call('import mean_python; calculator = mean_python.mean("mean", {})', tmp_path, site)


@pytest.fixture(scope="session")
def repository() -> Path:
    """A local repository of Maven with the jars in it, beside what the user's has."""
    place = BUILT / "m2"
    mine = Path.home() / ".m2" / "repository"
    place.mkdir(parents=True, exist_ok=True)
    if mine.is_dir():
        done("cp", "--archive", "--link", "--no-clobber", f"{mine}/.", place)
    shutil.rmtree(place / "com" / "dishtayantra", ignore_errors=True)
    done("mvn", "--batch-mode", "--quiet", f"-Dmaven.repo.local={place}", "-f", ROOT / "java", "-DskipTests", "install")
    return place


@pytest.fixture(scope="session")
def jar(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = copied("java", tmp_path_factory.mktemp("java"))
    done("mvn", "--batch-mode", "--quiet", f"-Dmaven.repo.local={repository}", "package", cwd=project)
    return project / "target" / "mean-java-0.1.0.jar"


@pytest.mark.parametrize("door", ["jpype", "py4j"])
def test_java_with_maven(tmp_path: Path, jar: Path, door: str) -> None:
    made = {
        "jpype": """
            from dishtayantra_lmdb import java
            java.start_jvm(["JAR"])
            calculator = java.JPypeCalculator("mine.Mean", "mean", {})
        """,
        "py4j": """
            from dishtayantra_lmdb import java
            gateway = java.start_gateway(["JAR"])
            calculator = java.Py4JCalculator(gateway, "mine.Mean", "mean", {})
        """,
    }
    call(made[door].replace("JAR", str(jar)), tmp_path)


# One of rows, in a table and plain.
TOTALS = """
import sys
from dishtayantra_lmdb import java, wrap_with_lmdb

java.start_jvm([sys.argv[2]])
rows = [{"px": row / 2, "sym": "ABC" if row % 3 else "XYZ"} for row in range(300)]
expected = {"XYZ": 7425.0, "ABC": 15000.0}
totals = java.JPypeCalculator("mine.Totals", "totals", {})
settings = {"lmdb_enabled": True, "lmdb_db_path": sys.argv[1], "lmdb_min_size": 0}
wrapped = [wrap_with_lmdb(totals, {**settings, "lmdb_tables": on}, "totals") for on in (True, False)]
for calculator in (totals, *wrapped):
    assert calculator.calculate({"trades": rows}) == {"totals": expected}
"""


def test_java_tables_with_maven(tmp_path: Path, jar: Path) -> None:
    done(sys.executable, "-W", "error", "-c", TOTALS, tmp_path / "store", jar, cwd=tmp_path, **new_home(tmp_path))
