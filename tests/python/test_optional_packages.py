"""Without NumPy and pyarrow everything else works, and what needs them says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from dishtayantra_lmdb import LMDBTransport

BLOCKED = """
    import sys

    class Blocker:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in {"numpy", "pyarrow"}:
                raise ImportError(f"{name} is blocked")

    sys.meta_path.insert(0, Blocker())
    import dishtayantra_lmdb
    from dishtayantra_lmdb import FormatError, LMDBConfig, LMDBTransport, wrap_with_lmdb

    transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1], map_size=1 << 26)).open()

    def refused(call, package):
        try:
            call()
        except FormatError as error:
            assert f"needs the package {package}" in str(error), error
            assert "pip" in str(error) or "install" in str(error)
        else:
            raise AssertionError("it was not refused")
"""


def test_importing_the_package_imports_neither(run: Any) -> None:
    run(
        """
        import sys
        import dishtayantra_lmdb
        assert "numpy" not in sys.modules and "pyarrow" not in sys.modules
        """
    )


def test_everything_else_works(run: Any, store_path: str) -> None:
    run(
        BLOCKED
        + """
    for value, name in (({"a": [1, {2, 3}]}, "msgpack"), ({"a": 1}, "json"), (b"x" * 9000, "raw")):
        transport.put("key", value, format=name)
        assert transport.get("key") == value == transport.get("key", copy=True)
    transport.put("key", {"a": 1}, format="numpy")
    assert transport.get("key") == {"a": 1}
    transport.put("key", b"x" * 9000, format="raw")
    with transport.view("key") as view:
        kept = view.memory[1:]
        assert view.memory.readonly and bytes(view.memory) == b"x" * 9000
    transport.delete("key")
    assert bytes(kept) == b"x" * 8999 and len(transport.stats()["pins"]) == 1
    del kept
    assert transport.stats()["pins"] == []
    calculator = wrap_with_lmdb(
        lambda data: {"n": len(data["values"])},
        {"lmdb_enabled": True, "lmdb_db_path": sys.argv[1]},
        "count",
    )
    assert calculator.calculate({"values": list(range(5000))}) == {"n": 5000}
    assert "numpy" not in sys.modules
    """,
        store_path,
    )


def test_what_needs_them_says_so(run: Any, transport: LMDBTransport) -> None:
    transport.put("array", np.arange(5), format="numpy")
    transport.put("table", pa.table({"a": [1]}), format="arrow")
    transport.put("inside", {"a": np.arange(5)})
    transport.put("raw", b"abc", format="raw")
    run(
        BLOCKED
        + """
    refused(lambda: transport.get("array"), "numpy")
    refused(lambda: transport.get("table"), "pyarrow")
    refused(lambda: transport.get("inside"), "numpy")
    refused(lambda: transport.view("raw").array(), "numpy")
    refused(lambda: transport.put("x", {"a": [1]}, format="arrow"), "pyarrow")
    with transport.view("array") as view:
        assert len(view.memory) == view.size > 40
    """,
        transport.get_db_path(),
    )


def test_java_says_what_to_install_and_what_is_missing(run: Any) -> None:
    run(
        """
        import sys

        sys.modules["py4j"] = sys.modules["jpype"] = None
        from dishtayantra_lmdb import java

        assert dir(java) == sorted(java.__all__)
        for call, name in ((java.start_gateway, "py4j"), (java.start_jvm, "jpype")):
            try:
                call()
            except ImportError as error:
                assert f"dishtayantra-lmdb[{name}]" in str(error), error
            else:
                raise AssertionError(name)
        try:
            java.class_path(["not/there.jar"])
        except FileNotFoundError as error:
            assert "not/there.jar" in str(error), error
        else:
            raise AssertionError
        """
    )


def test_frames_need_no_pyarrow_as_tables(run: Any, store_path: str) -> None:
    run(
        BLOCKED.replace("sys.meta_path.insert(0, Blocker())", 'sys.modules["pyarrow"] = None')
        + """
    import duckdb
    import pandas
    import polars

    columns = {"x": [0.5, 1.5], "n": [1, 2], "s": ["a", "b"]}
    frames = polars.DataFrame(columns), polars.Series("q", [1, 2]), pandas.DataFrame(columns), pandas.Series([1.5])
    for frame in frames:
        transport.put("key", {"f": frame}, tables=True)
        found = transport.get("key")["f"]
        assert type(found) is type(frame) and found.equals(frame)
    relation = duckdb.sql("select range / 2.0 as x from range(1000)")
    transport.put("key", {"f": relation}, tables=True)
    with transport.view("key") as view:
        table = view.table("f")
        assert polars.DataFrame(table)["x"].sum() == table["x"].to_numpy().sum() == 499500 / 2
    # What it was handed as has no class of its own.
    refused(lambda: transport.get("key"), "pyarrow")
    """,
        store_path,
    )
