"""The wheel: one library, its licences, the tag of the platform; it works where there is no source tree."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2] / "bindings" / "python"


def pip(*arguments: object, python: Path | str = sys.executable) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "-q"]
    done = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the project as it is."""
    place = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", place, PROJECT)
    (built,) = place.glob("*.whl")
    return built


def test_the_wheel_is_for_any_python_of_this_platform(wheel: Path) -> None:
    name, version, python, abi, platform = wheel.stem.split("-")
    assert (name, version, python, abi) == ("dishtayantra_lmdb", "0.1.0", "py3", "none")
    assert "linux" in platform
    assert platform.endswith(os.uname().machine)


def test_what_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for needed in (
        "dishtayantra_lmdb/__init__.py",
        "dishtayantra_lmdb/py.typed",
        "dishtayantra_lmdb/libdishtayantra_lmdb.so",
        "dishtayantra_lmdb/licenses/LICENSE-MIT",
        "dishtayantra_lmdb/licenses/LICENSE-APACHE",
        "dishtayantra_lmdb/licenses/OpenLDAP-2.8.txt",
    ):
        assert needed in names
    assert {name.split("/")[0] for name in names} == {
        "dishtayantra_lmdb",
        "dishtayantra_lmdb-0.1.0.dist-info",
    }


def test_the_installed_wheel_uses_its_own_library(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "environment"
    venv.create(place, with_pip=False, system_site_packages=False)
    python = place / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    pip("install", "--no-deps", "--target", site, wheel)
    import msgpack

    done = subprocess.run(
        [
            python,
            "-c",
            "import sys; sys.path.append(sys.argv[2])\n"
            "import dishtayantra_lmdb as package\n"
            "with package.LMDBTransport(package.LMDBConfig(db_path=sys.argv[1])) as transport:\n"
            "    transport.put('key', {'a': [1, 2]})\n"
            "    print(transport.get('key'))\n"
            "print([line.split()[-1] for line in open('/proc/self/maps')\n"
            "       if 'libdishtayantra_lmdb.so' in line][0])\n",
            str(tmp_path / "store"),
            str(Path(msgpack.__file__).resolve().parents[1]),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    value, library = done.stdout.splitlines()
    assert value == "{'a': [1, 2]}"
    assert library.startswith(str(place))
