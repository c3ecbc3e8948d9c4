"""Natives and modules that use LMDB by themselves: what they write into a store, and the stores that they leave."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import lmdb
import pytest
from core.calculator.cpp_calculator import CppCalculator
from core.lmdb import LMDBConfig, LMDBDataExchange, LMDBTransport

from dishtayantra_lmdb import CorruptError, ForeignStoreError

from .workers import bare, expected, payload

# As documented natives open the map, in a process of their own: py-lmdb and this library exclude each other in one.
NATIVE = """
import sys, lmdb
path, name, *pairs = sys.argv[1:]
env = lmdb.open(path, map_size=1 << 30, max_dbs=100, writemap=True, sync=False)
db = env.open_db(name.encode()) if name else None
with env.begin(write=True) as txn:
    for pair in pairs:
        key, value = pair.split("=", 1)
        txn.put(key.encode(), value.encode(), db=db)
    print(txn.get(b"own", db=db, default=b"none")[:4])
env.close()
"""


def write(path: str, name: str, **values: str) -> str:
    command = [sys.executable, "-c", NATIVE, path, name, *(f"{key}={value}" for key, value in values.items())]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_what_stock_lmdb_writes_is_corrupt_for_its_key_alone(store_path: str) -> None:
    with LMDBTransport(LMDBConfig(db_path=store_path, map_size=64 << 20)) as transport:
        for key in ("a", "own", "z"):
            transport.put(key, {"of": key}, ttl=0)
        # They find our record, not a payload.
        assert write(store_path, "default") == "b'DYR2'\n"
        write(store_path, "default", own="\x81\xa1x\x01", b="x" * 5000)
        assert transport.keys() == ["a", "z"]
        assert transport.get_many(["a", "z"]) == {"a": {"of": "a"}, "z": {"of": "z"}}
        for key in ("own", "b"):
            for look in (transport.get, transport.get_raw, transport.view, transport.contains):
                with pytest.raises(CorruptError, match=f'"{key}"'):
                    look(key)
        figures = transport.stats()["databases"]["default"]
        assert (figures["entries"], figures["corrupt"]) == (2, 2)
        assert transport.get_info()["entries"] >= 2
        transport.sweep()
        # A key comes back when it is put or deleted.
        transport.put("own", 1, ttl=0)
        assert transport.delete("b") is False
        assert transport.keys() == ["a", "own", "z"]
        # Beside the databases, where LMDB keeps those.
        write(store_path, "", loose="value")
        assert list(transport.stats()["databases"]) == ["default"]
        for number in range(50):
            transport.put(f"k{number}", b"x" * 100_000, format="raw")
        assert transport.audit()["faults"] == []


class WritesByItself:
    """A native that opens its input by a reference and writes its output with LMDB alone."""

    def __init__(self, reads: bool) -> None:
        self.reads = reads

    def calculate(self, data: Any) -> dict[str, Any]:
        if "_lmdb_ref" not in data:
            return {"sum": float(sum(data["values"]))}
        if self.reads:
            LMDBTransport.get_instance(data["_lmdb_db_path"]).resolve(data)
        write(data["_lmdb_db_path"], data["_lmdb_db_name"], **{data["_lmdb_output_key"]: "not a record"})
        return {"_lmdb_output_written": True}

    def details(self) -> dict[str, Any]:
        return {}


def test_an_output_that_a_native_wrote_by_itself_is_an_error_and_stays_its_own(store_path: str) -> None:
    exchange = LMDBDataExchange(bare(store_path), "calc")
    assert exchange.initialize()
    for txn_id in ("1", "2"):
        assert exchange.put_input(payload(1), txn_id)
        write(store_path, "nodes", **{f"output:calc:{txn_id}": "not a record"})
        with pytest.raises(CorruptError, match=f"output:calc:{txn_id}"):
            exchange.get_output(txn_id)
        exchange.cleanup(txn_id)
        assert LMDBTransport.get_instance(store_path).keys(db_name="nodes") == []
    calculator = CppCalculator("wrapped", bare(store_path, lmdb_enabled=True), WritesByItself(reads=True))
    with pytest.raises(CorruptError, match="output:wrapped"):
        calculator.calculate(payload(1))
    assert LMDBTransport.get_instance(store_path).audit()["faults"] == []


@pytest.mark.parametrize(
    ("databases", "said"), [(["_metadata", "default"], "safe to remove"), (["default"], "another program")]
)
def test_a_store_that_the_engines_own_module_left(
    tmp_path: Path, databases: list[str], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "left"
    env = lmdb.open(str(path), max_dbs=10)
    for name in databases:
        db = env.open_db(name.encode())
        with env.begin(write=True) as txn:
            for number in range(500):
                txn.put(b"default:key%d:meta" % number, b"{}" * 100, db=db)
    env.close()
    before = (path / "data.mdb").read_bytes()
    with pytest.raises(ForeignStoreError, match=said):
        LMDBTransport(LMDBConfig(db_path=str(path))).open()
    assert LMDBTransport.get_instance(str(path)).initialize() is False
    assert said in caplog.text
    assert (path / "data.mdb").read_bytes() == before
    # The calculation goes on without.
    calculator = CppCalculator("calc", bare(str(path), lmdb_enabled=True), WritesByItself(reads=False))
    assert calculator.calculate(payload(1))["sum"] == expected(1)
