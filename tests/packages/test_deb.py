"""The Debian packages: installed, used by programs that name no path, removed, and nothing is left."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import DIST, ROOT, done

PACKAGES = [
    "libdishtayantra-lmdb0",
    "libdishtayantra-lmdb-dev",
    "libdishtayantra-lmdb0-dbgsym",
    "dishtayantra-lmdb-tools",
]

pytestmark = pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("apt-get") is None, reason="only root on Debian may install packages"
)


def apt(*arguments: object) -> None:
    done("apt-get", "-qq", "-y", *arguments, DEBIAN_FRONTEND="noninteractive")


def files() -> list[str]:
    """What the packages have brought, without directories that are others' as well."""
    listed = [line for package in PACKAGES for line in done("dpkg", "-L", package).splitlines()]
    return sorted({line for line in listed if os.path.islink(line) or os.path.isfile(line)})


@pytest.fixture(scope="module", autouse=True)
def installed() -> Iterator[None]:
    """Installed once for the tests here, removed whatever comes of them."""
    before = subprocess.run(["dpkg", "-l", PACKAGES[0]], capture_output=True, text=True)
    if before.returncode == 0 and "\nii " in before.stdout:
        pytest.skip(f"{PACKAGES[0]} is installed here already")
    debs = sorted(DIST.glob("*.deb"))
    assert len(debs) == len(PACKAGES)
    try:
        apt("install", "--no-install-recommends", *debs)
        yield
        brought = files()
        assert brought
        apt("purge", *PACKAGES)
        assert not [name for name in brought if os.path.lexists(name)]
        assert not Path("/usr/include/dishtayantra_lmdb").exists()
    finally:
        subprocess.run(["dpkg", "--purge", *PACKAGES], capture_output=True)


@pytest.mark.parametrize(
    ("compiler", "source"), [("cc -std=c99", "program.c"), ("c++ -std=c++17", "program.cpp")], ids=["c", "cpp"]
)
def test_a_program_is_built_and_runs_with_no_path_named(tmp_path: Path, compiler: str, source: str) -> None:
    place = ROOT / "tests" / "install" / source
    done("sh", "-c", f"{compiler} {place} $(pkg-config --cflags --libs dishtayantra_lmdb) -o {tmp_path}/program")
    assert "=> /lib/" in done("ldd", tmp_path / "program") or "=> /usr/lib/" in done("ldd", tmp_path / "program")
    assert done(tmp_path / "program", tmp_path / "store").endswith(" 8\n")


def test_cmake_finds_it(tmp_path: Path) -> None:
    done("cmake", "-S", ROOT / "tests" / "install" / "cmake", "-B", tmp_path, "-DWANTED_VERSION=0.1")


@pytest.mark.parametrize("name", ["dishtayantra-lmdb", "dylmdb"])
def test_the_tool_runs(name: str) -> None:
    assert "0.1.0" in done(name, "--version")


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tools' package has for usr/share; some systems are told to install none of it."""
    place = tmp_path_factory.mktemp("tools")
    (deb,) = DIST.glob("dishtayantra-lmdb-tools_*.deb")
    done("dpkg-deb", "-x", deb, place)
    return place / "usr" / "share"


@pytest.mark.parametrize("name", ["dishtayantra-lmdb", "dylmdb", "dishtayantra-lmdb-doctor"])
def test_the_tool_has_a_manual_page(share: Path, name: str) -> None:
    with gzip.open(share / "man" / "man1" / f"{name}.1.gz", "rt") as page:
        assert f".TH {name.replace('dylmdb', 'dishtayantra-lmdb')} 1" in page.read()


@pytest.mark.parametrize("name", ["dishtayantra-lmdb", "dylmdb"])
def test_bash_completes_the_commands_by_the_file_of_the_name(share: Path, name: str) -> None:
    script = (
        'source "$1"; found=$(complete -p "$2"); set -- "$2" ${found#* -F }; COMP_WORDS=("$1" hol); COMP_CWORD=1; '
        '"$2" "$1" hol "$1"; echo "${COMPREPLY[@]}"'
    )
    assert done("bash", "-c", script, "bash", share / "bash-completion" / "completions" / name, name) == "holders\n"


@pytest.mark.parametrize(
    "file",
    [
        "zsh/vendor-completions/_dishtayantra-lmdb",
        "fish/vendor_completions.d/dishtayantra-lmdb.fish",
        "fish/vendor_completions.d/dylmdb.fish",
    ],
)
def test_other_shells_know_both_names(share: Path, file: str) -> None:
    text = (share / file).read_text()
    assert all(word in text for word in ("dylmdb", "dishtayantra-lmdb", "holders"))


def test_debuggers_find_the_debugging_information() -> None:
    (library,) = [name for name in files() if name.endswith(".so.0.1.0")]
    (information,) = [name for name in files() if name.endswith(".debug")]
    notes = done("readelf", "-n", library)
    identity = "".join(Path(information).parts[-2:]).removesuffix(".debug")
    assert f"Build ID: {identity}" in notes
