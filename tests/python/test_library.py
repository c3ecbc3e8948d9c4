"""Which copy of the shared library is used, and what is said when there is none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dishtayantra_lmdb._library import load as _library

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "bindings" / "python" / "src" / "dishtayantra_lmdb"
LIBRARY = ROOT / "target" / "release" / "libdishtayantra_lmdb.so"

MAPPED = """
    def copies():
        paths = set()
        for line in open("/proc/self/maps"):
            if "dishtayantra_lmdb" in line and ".so" in line:
                paths.add(line.split()[-1])
        return paths
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A second file of the library."""
    return Path(shutil.copy(LIBRARY, tmp_path / "libcopy_of_dishtayantra_lmdb.so"))


def test_an_editable_installation_uses_the_source_tree(run: Any) -> None:
    assert _library.source_tree_library() == LIBRARY
    out = run(MAPPED + "    import dishtayantra_lmdb\n    print(copies())").stdout
    assert str(LIBRARY) in out


def test_the_environment_names_the_library(run: Any, copy: Path) -> None:
    environment = {"DISHTAYANTRA_LMDB_LIBRARY": str(copy)}
    source = MAPPED + "    import dishtayantra_lmdb\n    print(*copies())"
    assert run(source, environment=environment).stdout.split() == [str(copy)]


@pytest.mark.parametrize("named", [False, True])
def test_a_copy_that_is_loaded_already_is_used(run: Any, copy: Path, named: bool) -> None:
    source = (
        MAPPED
        + """
    import ctypes, sys
    ctypes.CDLL(sys.argv[1])
    import dishtayantra_lmdb
    print(*copies())
    """
    )
    environment = {"DISHTAYANTRA_LMDB_LIBRARY": str(LIBRARY)} if named else {}
    assert run(source, copy, environment=environment).stdout.split() == [str(copy)]


def test_who_loads_it_by_its_soname_later_gets_the_same_copy(run: Any, store_path: str) -> None:
    out = run(
        MAPPED
        + """
    import ctypes, sys
    from dishtayantra_lmdb import LMDBConfig, LMDBTransport
    other = ctypes.CDLL("libdishtayantra_lmdb.so.0")
    store = ctypes.c_void_p()
    path = sys.argv[1].encode()
    with LMDBTransport(LMDBConfig(db_path=sys.argv[1], map_size=1 << 26)) as transport:
        transport.put("key", 1)
        argument = ctypes.c_size_t(len(path))
        assert other.dy_lmdb_store_open(path, argument, None, ctypes.byref(store)) == 0
        readers = transport.stats()["readers"]
        assert len({reader["pid"] for reader in readers}) <= 1
        assert other.dy_lmdb_store_close(store) == 0
        assert transport.get("key") == 1
    print(*copies())
    """,
        store_path,
    ).stdout
    assert len(out.split()) == 1


def unusable(tmp_path: Path, environment: dict[str, str]) -> str:
    """What importing a package says that lies outside the source tree and has no library."""
    package = tmp_path / "elsewhere" / "dishtayantra_lmdb"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    program = (
        "import sys\n"
        "try:\n"
        "    import dishtayantra_lmdb\n"
        "except ImportError as error:\n"
        "    print(error)\n"
        "else:\n"
        "    sys.exit('it was imported')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(package.parent), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_missing_library_is_an_import_error_that_says_where_was_looked(tmp_path: Path) -> None:
    message = unusable(tmp_path, {})
    for place in ("not loaded", "DISHTAYANTRA_LMDB_LIBRARY: not set", "elsewhere", "the system"):
        assert place in message


@pytest.mark.parametrize("content", [None, b"no library", b""])
def test_a_named_library_that_cannot_be_loaded(tmp_path: Path, content: bytes | None) -> None:
    wrong = tmp_path / "wrong.so"
    if content is not None:
        wrong.write_bytes(content)
    message = unusable(tmp_path, {"DISHTAYANTRA_LMDB_LIBRARY": str(wrong)})
    assert "DISHTAYANTRA_LMDB_LIBRARY" in message
    assert str(wrong) in message


def test_a_named_library_that_is_another(tmp_path: Path) -> None:
    message = unusable(tmp_path, {"DISHTAYANTRA_LMDB_LIBRARY": "libc.so.6"})
    assert "libc.so.6 is not libdishtayantra_lmdb" in message


@pytest.mark.parametrize(("version", "said"), [(1, "has ABI version 1, this package needs"), (99, "dy_lmdb_")])
def test_an_older_library_is_refused_and_a_newer_one_only_for_what_it_lacks(
    tmp_path: Path, version: int, said: str
) -> None:
    source, library = tmp_path / "other.c", tmp_path / "libother.so"
    source.write_text(f"unsigned dy_lmdb_abi_version(void) {{ return {version}; }}\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    message = unusable(tmp_path, {"DISHTAYANTRA_LMDB_LIBRARY": str(library)})
    assert said in message
    assert ("has ABI version" in message) == (version == 1)


def test_a_newer_library_serves(tmp_path: Path, run: Any) -> None:
    package = tmp_path / "older" / "dishtayantra_lmdb"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    loader = package / "_library" / "load.py"
    older, count = re.subn(r"^ABI_VERSION = \d+$", "ABI_VERSION = 1", loader.read_text(), flags=re.M)
    assert count == 1
    loader.write_text(older)
    out = run(
        "import dishtayantra_lmdb\nprint(dishtayantra_lmdb.__file__)",
        environment={"PYTHONPATH": str(package.parent), "DISHTAYANTRA_LMDB_LIBRARY": str(LIBRARY)},
    ).stdout
    assert out.strip() == str(package / "__init__.py")


def test_the_library_inside_the_package_comes_before_the_system(tmp_path: Path, run: Any) -> None:
    package = tmp_path / "installed" / "dishtayantra_lmdb"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(LIBRARY, package)
    out = run(
        MAPPED + "    import dishtayantra_lmdb\n    print(*copies())",
        environment={"PYTHONPATH": str(package.parent)},
    ).stdout
    assert out.split() == [str(package / LIBRARY.name)]
