"""What Python users install, as `make wheel` makes it; it works where there is no source tree."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = "dishtayantra_lmdb/libdishtayantra_lmdb.so"
METADATA = "dishtayantra_lmdb-0.1.0.dist-info"


def done(*command: object, **options: object) -> str:
    """What a command prints; fails when it fails."""
    run = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, **options)  # type: ignore[call-overload]
    assert run.returncode == 0, run.stdout + run.stderr
    return str(run.stdout)


@pytest.fixture(scope="module")
def dist() -> Path:
    """The directory with the packages of the project as it is."""
    done(ROOT / "scripts" / "wheel.sh")
    return ROOT / "dist"


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    return place


@pytest.fixture(scope="module")
def metadata(unpacked: Path) -> Message:
    return email.message_from_string((unpacked / METADATA / "METADATA").read_text())


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel alone; what else is needed comes from this one, by PYTHONPATH."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=False, system_site_packages=False)
    python = place / "bin" / "python"
    site = done(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    done(sys.executable, "-m", "pip", "-q", "install", "--no-deps", "--target", site, wheel)
    others = tmp_path_factory.mktemp("others")
    for name in ("msgpack", "py4j"):
        (others / name).symlink_to(Path(__import__(name).__file__ or "").parent)
    (Path(site) / "others.pth").write_text(f"{others}\n")
    return python


def build_id(file: Path) -> str:
    found = re.search(r"Build ID: ([0-9a-f]+)", done("readelf", "-n", file))
    assert found
    return found[1]


def test_the_wheel_is_for_any_python_of_a_known_platform(wheel: Path) -> None:
    name, version, python, abi, platform = wheel.stem.split("-")
    assert (name, version, python, abi) == ("dishtayantra_lmdb", "0.1.0", "py3", "none")
    assert re.fullmatch(rf"manylinux_2_\d+_{os.uname().machine}", platform)


def test_the_wheel_is_small(wheel: Path, unpacked: Path) -> None:
    assert wheel.stat().st_size <= 1_750_000
    if "CARGO_PROFILE_RELEASE_LTO" not in os.environ:  # else it is built quickly
        assert (unpacked / LIBRARY).stat().st_size <= 2_400_000
    assert ".debug_info" not in done("readelf", "-S", "-W", unpacked / LIBRARY)


def test_the_debugging_information_lies_beside_the_wheel(wheel: Path, unpacked: Path) -> None:
    information = wheel.with_suffix(".so.debug")
    assert build_id(information) == build_id(unpacked / LIBRARY)
    assert ".debug_info" in done("readelf", "-S", "-W", information)


def test_what_is_in_the_wheel(unpacked: Path) -> None:
    for needed in (
        "dishtayantra_lmdb/__init__.py",
        "dishtayantra_lmdb/py.typed",
        "dishtayantra_lmdb/_jars/dishtayantra-lmdb-0.1.0.jar",
        "dishtayantra_lmdb/_jars/dishtayantra-calculators-0.1.0.jar",
        LIBRARY,
        "dishtayantra_lmdb/docs/troubleshooting.md",
        f"{METADATA}/licenses/LICENSE-MIT",
        f"{METADATA}/licenses/LICENSE-APACHE",
        f"{METADATA}/licenses/LICENSES/OpenLDAP-2.8.txt",
    ):
        assert (unpacked / needed).is_file(), needed
    assert {place.name for place in unpacked.iterdir()} == {"dishtayantra_lmdb", METADATA}


def test_the_metadata_says_who_what_and_under_which_licence(metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT OR Apache-2.0"
    assert "LICENSES/OpenLDAP-2.8.txt" in (metadata.get_all("License-File") or [])
    assert metadata["Author"]
    classifiers = metadata.get_all("Classifier") or []
    for minor in (10, 11, 12, 13):
        assert f"Programming Language :: Python :: 3.{minor}" in classifiers


def test_a_wheel_from_the_checkout_has_the_licences_as_well(tmp_path: Path) -> None:
    done(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path,
         ROOT / "bindings" / "python")  # fmt: skip
    (built,) = tmp_path.glob("*.whl")
    assert built.stem.endswith(f"-linux_{os.uname().machine}")
    with zipfile.ZipFile(built) as archive:
        assert f"{METADATA}/licenses/LICENSES/OpenLDAP-2.8.txt" in archive.namelist()
        assert archive.getinfo(LIBRARY).file_size < (ROOT / "target" / "release" / LIBRARY.split("/")[1]).stat().st_size


@pytest.fixture(scope="module")
def sources(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (archive,) = dist.glob("*.tar.gz")
    place = tmp_path_factory.mktemp("sources")
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    (unpacked,) = place.iterdir()
    return unpacked


def test_the_source_distribution_carries_the_engine(sources: Path) -> None:
    for needed in ("engine/Cargo.toml", "engine/Cargo.lock", "engine/src/lib.rs", "LICENSES/OpenLDAP-2.8.txt"):
        assert (sources / needed).is_file(), needed
    listed = done("cargo", "metadata", "--locked", "--offline", "--no-deps", "--format-version", "1",
                  "--manifest-path", sources / "engine" / "Cargo.toml")  # fmt: skip
    assert "dishtayantra-lmdb-engine" in listed


@pytest.mark.parametrize(
    ("tools", "missing"),
    [((), ["Rust 1.89", "C compiler"]), (("cc",), ["Rust 1.89"]), (("cargo",), ["C compiler"])],
)
def test_building_it_says_in_one_line_what_is_missing(
    sources: Path, tmp_path: Path, tools: tuple[str, ...], missing: list[str]
) -> None:
    for tool in tools:
        (tmp_path / tool).write_text("#!/bin/sh\n")
        (tmp_path / tool).chmod(0o755)
    run = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=sources,
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode != 0
    (line,) = run.stderr.splitlines()
    for name in missing:
        assert name in line
    assert ("Rust" in line, "C compiler" in line) == ("cargo" not in tools, "cc" not in tools)


def test_the_installed_wheel_uses_its_own_library(python: Path, tmp_path: Path) -> None:
    source = (
        "import sys\n"
        "import dishtayantra_lmdb as package\n"
        "with package.LMDBTransport(package.LMDBConfig(db_path=sys.argv[1])) as transport:\n"
        "    transport.put('key', {'a': [1, 2]})\n"
        "    print(transport.get('key'))\n"
        "print([line.split()[-1] for line in open('/proc/self/maps')\n"
        "       if 'libdishtayantra_lmdb.so' in line][0])\n"
    )
    value, library = done(python, "-c", source, tmp_path / "store", cwd=tmp_path).splitlines()
    assert value == "{'a': [1, 2]}"
    assert library.startswith(str(python.parents[1]))


def test_the_installed_wheel_tells_of_itself(python: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "LMDB_DB_PATH": str(tmp_path / "none yet")}
    told = done(python, "-m", "dishtayantra_lmdb", cwd=tmp_path, env=environment)
    assert f"{python.parents[1]}/lib" in told
    assert "dishtayantra-calculators-0.1.0.jar" in told
    assert re.search(rf"^docs +{python.parents[1]}/lib/.*/dishtayantra_lmdb/docs, ", told, re.MULTILINE)
    assert told.endswith("nothing found\n")


def test_java_in_a_jvm_of_its_own_takes_the_library_of_the_wheel(python: Path, tmp_path: Path) -> None:
    source = (
        "import sys\n"
        "from dishtayantra_lmdb import java\n"
        "gateway = java.start_gateway()\n"
        "try:\n"
        "    print(gateway.jvm.com.dishtayantra.lmdb.Store.open(sys.argv[1]).id())\n"
        "finally:\n"
        "    java.stop_gateway(gateway)\n"
    )
    assert done(python, "-c", source, tmp_path / "store", cwd=tmp_path).strip()
