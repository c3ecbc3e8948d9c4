"""`python -m dishtayantra_lmdb`: what is installed, what is in use, what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dishtayantra_lmdb import LMDBConfig, LMDBTransport, library_version, lmdb_version

ROOT = Path(__file__).parents[2]


def told(*arguments: object, **environment: str) -> tuple[int, str, str]:
    run = subprocess.run(
        [sys.executable, "-m", "dishtayantra_lmdb", *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return run.returncode, run.stdout, run.stderr


def test_versions_and_the_file_of_the_library(tmp_path: Path) -> None:
    status, text, _ = told(LMDB_DB_PATH=str(tmp_path / "none"))
    assert status == 0
    maps = Path("/proc/self/maps").read_text().splitlines()
    (file,) = {line.split()[-1] for line in maps if "libdishtayantra_lmdb.so" in line}
    assert f"docs      {ROOT}/docs" in text
    for part in (library_version(), lmdb_version(), file, sys.executable, "ABI", "msgpack"):
        assert part in text
    assert text.endswith("wrong     nothing found\n")


def test_the_store_in_use_and_who_reads_it(tmp_path: Path) -> None:
    with LMDBTransport(LMDBConfig(db_path=str(tmp_path / "store"))) as transport:
        transport.put_many({"a": 1, "b": 2})
        transport.get("a")
        status, text, _ = told(LMDB_DB_PATH=str(tmp_path / "store"))
        assert status == 0
        assert f"{tmp_path}/store (LMDB_DB_PATH): format" in text
        assert "2 entries in 1 databases" in text
        assert f"read by {os.getpid()}\n" in text


def test_a_store_is_looked_at_and_not_made(tmp_path: Path) -> None:
    status, text, _ = told(LMDB_DB_PATH=str(tmp_path / "none"))
    assert status == 0
    assert "it is made when it is first opened" in text
    status, text, _ = told(tmp_path / "none")
    assert status == 1
    assert f"wrong     there is no store in {tmp_path}/none\n" in text
    assert not (tmp_path / "none").exists()


def test_a_directory_that_is_no_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(b"something else" * 1000)
    status, text, _ = told(tmp_path)
    assert status == 1
    assert "cannot be opened" in text
    assert "ForeignStoreError: " in text


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become somebody else")
def test_the_store_of_another_user_is_named(tmp_path: Path) -> None:
    store = tmp_path / "store"
    LMDBTransport(LMDBConfig(db_path=str(store))).open().close()
    source = (
        "import os, sys\n"
        "from dishtayantra_lmdb import __main__\n"
        "__main__.main(['/nowhere'])\n"  # imports what it needs, which the other one may not read
        "os.setuid(65534)\n"
        "sys.exit(__main__.main(sys.argv[1:]))"
    )
    run = subprocess.run([sys.executable, "-c", source, store], capture_output=True, text=True, timeout=60)
    assert run.returncode == 1, run.stderr
    assert "StorePermissionError: " in run.stdout


def test_a_library_that_cannot_be_loaded_is_the_last_word() -> None:
    status, _, error = told(DISHTAYANTRA_LMDB_LIBRARY="/nowhere/lib.so")
    assert status == 1
    assert "DISHTAYANTRA_LMDB_LIBRARY names /nowhere/lib.so" in error.splitlines()[-1]
