"""Programs of others on an installed copy: pkg-config, CMake's find_package, a module for Python."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from support import PKG_CONFIG_PATH, PREFIX, ROOT, done, install, make

HERE = Path(__file__).resolve().parent
VERSION = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]  # type: ignore[index]
STRICT = ["-O1", "-Wall", "-Wextra", "-Werror", "-pedantic"]


def pkg_config(*flags: str) -> list[str]:
    return shlex.split(done("pkg-config", *flags, "dishtayantra_lmdb", PKG_CONFIG_PATH=PKG_CONFIG_PATH))


def rpath() -> str:
    return "-Wl,-rpath," + pkg_config("--variable=libdir")[0]


def linked_copy(program: Path) -> str:
    """The file of the library that the loader takes for a program."""
    found = re.search(r"libdishtayantra_lmdb\.so\.0 => (\S+)", done("ldd", program))
    assert found, f"{program} does not need the library by its SONAME"
    return found[1]


def test_everything_is_in_its_place() -> None:
    names = {str(path.relative_to(PREFIX)) for path in PREFIX.rglob("*") if not path.is_dir()}
    headers = {f"include/{path.relative_to(ROOT / 'include')}" for path in (ROOT / "include").rglob("*.h*")}
    licences = {f"LICENSES/{path.name}" for path in (ROOT / "LICENSES").iterdir()} | {"LICENSE-MIT", "LICENSE-APACHE"}
    pages = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert names == headers | {f"share/doc/dishtayantra_lmdb/{name}" for name in licences | pages} | {
        f"lib/libdishtayantra_lmdb.so.{VERSION}",
        "lib/libdishtayantra_lmdb.so.0",
        "lib/libdishtayantra_lmdb.so",
        "lib/pkgconfig/dishtayantra_lmdb.pc",
        "lib/cmake/dishtayantra_lmdb/dishtayantra_lmdb-config.cmake",
        "lib/cmake/dishtayantra_lmdb/dishtayantra_lmdb-config-version.cmake",
    }
    assert os.readlink(PREFIX / "lib" / "libdishtayantra_lmdb.so.0") == f"libdishtayantra_lmdb.so.{VERSION}"
    assert os.readlink(PREFIX / "lib" / "libdishtayantra_lmdb.so") == "libdishtayantra_lmdb.so.0"
    assert pkg_config("--modversion") == [VERSION]


def test_destdir_and_libdir_for_packagers(tmp_path: Path) -> None:
    install(Path("/opt/exchange"), DESTDIR=str(tmp_path), LIBDIR="lib/x86_64-linux-gnu")
    inside = tmp_path / "opt" / "exchange"
    assert (inside / "lib/x86_64-linux-gnu/libdishtayantra_lmdb.so").exists()
    text = (inside / "lib/x86_64-linux-gnu/pkgconfig/dishtayantra_lmdb.pc").read_text()
    assert "prefix=/opt/exchange\n" in text
    assert str(tmp_path) not in text
    build_with_cmake(tmp_path / "tree", inside)


def test_installing_again_does_not_disturb_who_runs_it(tmp_path: Path) -> None:
    install(tmp_path)
    source = "import ctypes, sys; library = ctypes.CDLL(sys.argv[1]); input(); print(library.dy_lmdb_abi_version())"
    program = subprocess.Popen(
        [sys.executable, "-c", source, str(tmp_path / "lib" / "libdishtayantra_lmdb.so")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    before = (tmp_path / "lib" / f"libdishtayantra_lmdb.so.{VERSION}").stat().st_ino
    install(tmp_path)
    assert (tmp_path / "lib" / f"libdishtayantra_lmdb.so.{VERSION}").stat().st_ino != before
    header = (ROOT / "include" / "dishtayantra_lmdb.h").read_text()
    version = re.search(r"#define DY_LMDB_ABI_VERSION (\d+)", header)
    assert version
    assert program.communicate("\n", timeout=60)[0] == f"{version[1]}\n"


@pytest.mark.parametrize("prefix", ["in&st", "in#st", "in|st", "in*st"])
def test_prefixes_that_other_tools_read_otherwise_are_refused(tmp_path: Path, prefix: str) -> None:
    run = subprocess.run(
        [ROOT / "scripts" / "install.sh"],
        env={**os.environ, "PREFIX": str(tmp_path / prefix)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode != 0
    assert "PREFIX" in run.stderr
    assert not list(tmp_path.iterdir())


def test_a_prefix_with_a_space(tmp_path: Path) -> None:
    prefix = tmp_path / "my programs"
    install(prefix)
    found = done("pkg-config", "--cflags", "--libs", "dishtayantra_lmdb", PKG_CONFIG_PATH=str(prefix / "lib/pkgconfig"))
    assert shlex.split(found) == [f"-I{prefix}/include", f"-L{prefix}/lib", "-ldishtayantra_lmdb"]


@pytest.mark.parametrize("libdir", ["/lib", "../lib"])
def test_a_libdir_outside_the_prefix_is_refused(tmp_path: Path, libdir: str) -> None:
    refused = subprocess.run(
        ["make", "-C", ROOT, "install", f"PREFIX={tmp_path}", f"LIBDIR={libdir}"], capture_output=True, text=True
    )
    assert refused.returncode != 0
    assert "LIBDIR" in refused.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("compiler", [("cc", "-std=c99", "program.c"), ("c++", "-std=c++17", "program.cpp")])
def test_programs_built_with_pkg_config(tmp_path: Path, compiler: tuple[str, str, str]) -> None:
    name, standard, source = compiler
    program = tmp_path / "program"
    done(name, standard, *STRICT, HERE / source, *pkg_config("--cflags", "--libs"), rpath(), "-o", program)
    assert Path(linked_copy(program)).parent == PREFIX / "lib"
    assert done(program, tmp_path / "store") == f"{VERSION} 8\n"


def build_with_cmake(tree: Path, prefix: Path, wanted: str = "0.1") -> None:
    done("cmake", "-S", HERE / "cmake", "-B", tree, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DWANTED_VERSION={wanted}")
    done("cmake", "--build", tree)


def test_programs_built_with_find_package(tmp_path: Path) -> None:
    build_with_cmake(tmp_path / "tree", PREFIX)
    for name in ("program_c", "program_cpp"):
        program = tmp_path / "tree" / name
        assert Path(linked_copy(program)).parent == PREFIX / "lib"
        assert done(program, tmp_path / "store") == f"{VERSION} 8\n"


def test_the_cmake_package_may_be_moved(tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(PREFIX, moved, symlinks=True)
    build_with_cmake(tmp_path / "tree", moved)
    assert Path(linked_copy(tmp_path / "tree" / "program_cpp")).parent == moved / "lib"


@pytest.mark.parametrize(("wanted", "fits"), [("0", True), (VERSION, True), ("0.99", False), ("1.0", False)])
def test_find_package_looks_at_the_version(tmp_path: Path, wanted: str, fits: bool) -> None:
    asked = subprocess.run(
        ["cmake", "-S", HERE / "cmake", "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={PREFIX}", f"-DWANTED_VERSION={wanted}"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (asked.returncode == 0) == fits, asked.stderr
    assert fits or VERSION in asked.stderr


@pytest.mark.parametrize(
    ("components", "fits"),
    [("COMPONENTS;headers", False), ("OPTIONAL_COMPONENTS;headers", True), ("COMPONENTS", True)],
)
def test_find_package_refuses_components_that_it_does_not_know(tmp_path: Path, components: str, fits: bool) -> None:
    asked = subprocess.run(
        ["cmake", "-S", HERE / "cmake", "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={PREFIX}",
         f"-DWANTED_COMPONENTS={components}"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (asked.returncode == 0) == fits, asked.stderr
    assert fits or 'unknown component "headers"' in asked.stderr


def test_uninstall_removes_what_was_installed_and_nothing_else(tmp_path: Path) -> None:
    for theirs in ("lib/libother.so", "include/other.h", "share/doc/other/copyright", "lib/pkgconfig/other.pc"):
        (tmp_path / theirs).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / theirs).touch()
    before = sorted(tmp_path.rglob("*"))
    install(tmp_path)
    (tmp_path / "lib" / "libdishtayantra_lmdb.so.0.0.9").touch()  # of an earlier version
    make("uninstall", tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
    make("uninstall", tmp_path)


def test_uninstall_with_destdir_and_libdir(tmp_path: Path) -> None:
    settings = {"DESTDIR": str(tmp_path), "LIBDIR": "lib/x86_64-linux-gnu"}
    install(Path("/opt/exchange"), **settings)
    make("uninstall", Path("/opt/exchange"), **settings)
    assert not [place for place in tmp_path.rglob("*") if not place.is_dir()]


def test_what_is_installed_is_stripped() -> None:
    sections = done("readelf", "-S", "-W", PREFIX / "lib" / "libdishtayantra_lmdb.so")
    assert ".debug_info" not in sections
    assert ".gnu_debuglink" in sections


def test_the_examples_are_built_on_the_installed_library(tmp_path: Path) -> None:
    done("cmake", "-S", ROOT / "cpp-examples", "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={PREFIX}",
         f"-DPython_EXECUTABLE={sys.executable}", "-DCMAKE_BUILD_TYPE=Debug")  # fmt: skip
    done("cmake", "--build", tmp_path)
    (module,) = tmp_path.glob("dishtayantra_calculators*.so")
    assert Path(linked_copy(module)).parent == PREFIX / "lib"


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a module that one g++ line has built."""
    place = tmp_path_factory.mktemp("module")
    command = (
        f"g++ -std=c++17 -O2 -Wall -Wextra -Werror -shared -fPIC {HERE}/module.cpp"
        f" $({sys.executable} -m pybind11 --includes)"
        " $(pkg-config --cflags --libs dishtayantra_lmdb) -Wl,-rpath,$(pkg-config --variable=libdir dishtayantra_lmdb)"
        f" -o {place}/installed_module$({sys.executable} -m pybind11 --extension-suffix)"
    )
    done("sh", "-c", command, PKG_CONFIG_PATH=PKG_CONFIG_PATH)
    return place


@pytest.mark.parametrize("first", ["module", "package"])
def test_a_module_and_the_package_share_one_copy(tmp_path: Path, module: Path, first: str) -> None:
    """Whichever comes first brings the copy, and the other one uses it."""
    imports = ["import installed_module", "import dishtayantra_lmdb"]
    source = "\n".join(imports if first == "module" else reversed(imports)) + textwrap.dedent(
        """
        import sys
        import numpy as np
        with dishtayantra_lmdb.LMDBTransport(dishtayantra_lmdb.LMDBConfig(db_path=sys.argv[1])) as transport:
            transport.put("key", {"values": np.arange(100_000.0)})
            assert installed_module.sum(sys.argv[1], "key") == np.arange(100_000.0).sum()
        maps = {line.split()[-1] for line in open("/proc/self/maps") if "libdishtayantra_lmdb" in line}
        print(*maps)
        """
    )
    environment = {"PYTHONPATH": str(module)}
    (copy,) = done(sys.executable, "-c", source, tmp_path / "store", **environment).split()
    assert (Path(copy).parent == PREFIX / "lib") == (first == "module")


def test_a_calculator_on_the_installed_base_is_wrapped(tmp_path: Path, module: Path) -> None:
    source = """
        import sys
        import installed_module, numpy as np
        from dishtayantra_lmdb import wrap_with_lmdb
        native = installed_module.Double("d", {})
        config = {"lmdb_enabled": True, "lmdb_db_path": sys.argv[1]}
        values = np.arange(10_000.0)
        for calculator in (native, wrap_with_lmdb(native, config, "d")):
            assert (calculator.calculate({"values": values})["values"] == 2 * values).all()
            assert calculator.calculate({"values": values.tolist()}) == {"values": (2 * values).tolist()}
        assert native.details()["outputs_written"] == 2, native.details()
    """
    done(sys.executable, "-c", textwrap.dedent(source), tmp_path / "store", PYTHONPATH=str(module))
