"""The wheel on every Python that is here, and the source distribution built by pip."""

from __future__ import annotations

import shutil
import subprocess
import venv
from pathlib import Path

import pytest
from support import DIST, done

SOURCE = """
import sys
import numpy as np
from dishtayantra_lmdb import LMDBConfig, LMDBTransport, wrap_with_lmdb


class Double:
    def calculate(self, payload):
        return {"values": payload["values"] * 2}


with LMDBTransport(LMDBConfig(db_path=sys.argv[1])) as transport:
    payload = {"name": "x", "values": np.arange(10_000.0), "list": [1, 2.5, None, True]}
    transport.put("key", payload)
    found = transport.get("key")
    assert found["name"] == "x" and found["list"] == payload["list"]
    assert (found["values"] == payload["values"]).all() and not found["values"].flags.writeable
    with transport.loan("loan", 8_000, format="numpy") as loan:
        loan.array("f8")[:] = 7
    assert transport.get("loan").sum() == 7_000
wrapped = wrap_with_lmdb(Double(), {"lmdb_enabled": True, "lmdb_db_path": sys.argv[1]}, "double")
assert wrapped.calculate({"values": np.arange(10_000.0)})["values"][1] == 2
print("%d.%d" % sys.version_info[:2])
"""


def pythons() -> list[str]:
    """The programs of the versions that the wheel is for, one for each version."""
    found = {}
    places = [*Path.home().glob(".pyenv/versions/*/bin/python3"), *Path("/usr/bin").glob("python3.*")]
    for place in [str(place) for place in places] + ["python3"]:
        told = subprocess.run(
            [place, "-c", "import sys, ensurepip, venv; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
        )
        version = told.stdout.strip()
        if told.returncode == 0 and tuple(map(int, version.split("."))) >= (3, 10):
            found.setdefault(version, place)
    return sorted(found.values())


def bare(inside: Path, tmp_path: Path) -> dict[str, str]:
    """A machine that can make nothing, neither a compiler nor cargo on its path, and a new home."""
    return {"PATH": str(inside.parent), "HOME": str(tmp_path)}


def environment(python: str, place: Path) -> Path:
    done(python, "-m", "venv", place)
    return place / "bin" / "python"


@pytest.mark.parametrize("python", pythons())
def test_the_wheel(python: str, tmp_path: Path) -> None:
    (wheel,) = DIST.glob("*.whl")
    inside = environment(python, tmp_path / "environment")
    alone = bare(inside, tmp_path)
    assert not [name for name in ("cc", "gcc", "c++", "cargo") if shutil.which(name, path=alone["PATH"])]
    done(inside, "-m", "pip", "install", "-q", f"{wheel}[numpy]", **alone)
    assert done(inside, "-c", SOURCE, tmp_path / "store", cwd=tmp_path, **alone)
    told = done(inside, "-m", "dishtayantra_lmdb", tmp_path / "store", cwd=tmp_path, **alone)
    assert told.endswith("nothing found\n")


def test_the_source_distribution(tmp_path: Path) -> None:
    """Built by pip in an environment of its own, as by somebody with Rust and a C compiler."""
    if shutil.which("cargo") is None:
        pytest.skip("no cargo")
    (archive,) = DIST.glob("*.tar.gz")
    venv.create(tmp_path / "environment", with_pip=True)
    inside = tmp_path / "environment" / "bin" / "python"
    done(inside, "-m", "pip", "install", "-q", f"dishtayantra-lmdb[numpy] @ file://{archive}", seconds=1800)
    assert done(inside, "-c", SOURCE, tmp_path / "store", cwd=tmp_path)
