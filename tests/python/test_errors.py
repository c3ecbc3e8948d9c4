"""What goes wrong: each with its exception, and a message that names the thing and says what to do."""

from __future__ import annotations

import errno
import os
import pickle
import resource
import stat
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import pytest

import dishtayantra_lmdb
from dishtayantra_lmdb import (
    AlreadyOpenError,
    BadKeyError,
    DiskFullError,
    ForeignStoreError,
    LMDBConfig,
    LMDBError,
    LMDBTransport,
    MapFullError,
    ReadersFullError,
    StoreClosedError,
    StorePermissionError,
    errors,
)

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, LMDBError)]


def opened(path: object, **options: Any) -> LMDBTransport:
    return LMDBTransport(LMDBConfig(db_path=str(path), **{"map_size": 64 << 20, **options})).open()


def test_one_tree_with_pythons_own_kinds() -> None:
    for kind, builtin in (
        (errors.LMDBTimeoutError, TimeoutError),
        (errors.DiskFullError, OSError),
        (errors.StorePermissionError, PermissionError),
        (errors.StoreClosedError, RuntimeError),
        (errors.ForkedError, errors.StoreClosedError),
        (errors.ConfigError, ValueError),
        (errors.BadKeyError, ValueError),
        (errors.TooLargeError, ValueError),
        (errors.FormatError, ValueError),
        (errors.InvalidArgumentError, ValueError),
        (errors.EntryNotFoundError, LookupError),
    ):
        assert issubclass(kind, LMDBError)
        assert issubclass(kind, builtin)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_errors_keep_message_and_status_when_they_travel(kind: type[LMDBError]) -> None:
    error = kind("what happened")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error) == "what happened"
    assert again.status == error.status == kind.status
    assert error.status_name.startswith("DY_LMDB_")
    assert error.help.endswith(f"docs/troubleshooting.md#{error.status_name.removeprefix('DY_LMDB_').lower()}")
    if isinstance(error, OSError):
        assert error.errno
        assert again.errno == error.errno


def test_every_status_of_the_library_has_its_exception() -> None:
    from dishtayantra_lmdb._library.abi import lib

    for status in range(1, 100):
        name = lib.status_name(status).decode()
        if name == "DY_LMDB_UNKNOWN":
            continue
        error = errors.error_for(status, "x")
        assert (error.status, error.status_name) == (status, name)
        assert type(error) is not LMDBError
    unknown = errors.error_for(9999, "x")
    assert type(unknown) is LMDBError
    assert unknown.status == 9999
    assert unknown.help.endswith("docs/troubleshooting.md")


def test_tracebacks_end_with_where_the_error_is_explained() -> None:
    error = errors.MapFullError("full")
    if sys.version_info >= (3, 11):
        shown = traceback.format_exception_only(error)
        assert [line.rstrip("\n") for line in shown][-1] == f"help: {error.help}"
        error.add_note("and more")
        assert "".join(traceback.format_exception_only(error)).endswith(f"help: {error.help}\nand more\n")
        assert pickle.loads(pickle.dumps(error)).__notes__ == error.__notes__
    page, _, anchor = error.help.partition("#")
    assert f"\n## {anchor.upper()}\n" in Path(page).read_text()
    assert str(error) == "full"


def fill(transport: LMDBTransport, payload: bytes, count: int) -> None:
    """Puts until that fails."""
    for index in range(count):
        transport.put(f"k{index:04}", payload, format="raw", ttl=0)


def test_a_full_map_says_who_holds_what_and_what_to_raise(tmp_path: Path) -> None:
    transport = opened(tmp_path / "store", map_size=8 << 20, prefault=0)
    transport.put("held", b"h" * (1 << 20), format="raw", ttl=0)
    view = transport.view("held")
    with pytest.raises(MapFullError) as caught:
        fill(transport, b"x" * (1 << 20), 100)
    message = str(caught.value)
    for part in ("MDB_MAP_FULL", "map_size", str(os.getpid())):
        assert part in message, message
    count = len(transport.keys())
    assert transport.get("k0000") == b"x" * (1 << 20)
    view.close()
    for key in transport.keys():  # noqa: SIM118
        assert transport.delete(key)
    assert count > 1
    transport.put("again", b"y" * (1 << 20), format="raw")
    transport.audit()
    transport.close()


@pytest.mark.parametrize("mebibytes", [16, 64])
def test_a_payload_of_a_quarter_of_the_map_fits_and_leaves_room(tmp_path: Path, mebibytes: int) -> None:
    with opened(tmp_path / "store", map_size=mebibytes << 20, prefault=0) as transport:
        for size in (100, 10_000, mebibytes << 18, 100, 10_000):
            transport.put(f"{size} bytes", b"x" * size, format="raw")
            assert len(transport.get(f"{size} bytes")) == size


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a file system needs privileges that this process has not")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_an_error_and_the_store_goes_on(small_disk: Path) -> None:
    transport = opened(small_disk / "store", map_size=1 << 30, prefault=0)
    with pytest.raises(DiskFullError) as caught:
        fill(transport, b"x" * 300_000, 1000)
    assert caught.value.errno == errno.ENOSPC
    assert isinstance(caught.value, OSError)
    assert str(small_disk) in str(caught.value)
    keys = transport.keys()
    assert len(keys) > 10
    assert all(transport.get(key) == b"x" * 300_000 for key in keys)
    assert all(transport.delete(key) for key in keys[:10])
    transport.sweep()
    transport.put("after", b"y" * 300_000, format="raw")
    assert transport.get("after") == b"y" * 300_000
    transport.audit()
    transport.close()


def as_nobody(run: Any, path: Path, environment: dict[str, str] | None = None) -> str:
    """What opening ``path`` says to a user without privileges."""
    if os.geteuid():
        pytest.skip("only root can become another user")
    return str(
        run(
            """
            import os, sys
            from dishtayantra_lmdb import LMDBConfig, LMDBTransport, StorePermissionError
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            try:
                LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
            except StorePermissionError as error:
                assert isinstance(error, PermissionError) and error.errno
                print(error)
            """,
            path,
        ).stdout
    )


def test_a_directory_that_may_not_be_made(tmp_path: Path, run: Any) -> None:
    tmp_path.chmod(0o755)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o755)
    _open_the_way(tmp_path)
    message = as_nobody(run, closed / "store")
    assert str(closed) in message


def test_a_directory_of_somebody_else(tmp_path: Path, run: Any) -> None:
    _open_the_way(tmp_path)
    with opened(tmp_path / "store"):
        message = as_nobody(run, tmp_path / "store")
    assert str(tmp_path / "store") in message
    assert "700" in message or "owner" in message


def _open_the_way(path: Path) -> None:
    for directory in (path, *path.parents):
        if directory == Path("/tmp"):
            break
        directory.chmod(directory.stat().st_mode | 0o055)


def test_a_directory_that_others_may_write_is_refused(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    store.chmod(0o777)
    with pytest.raises(StorePermissionError, match=str(store)):
        opened(store)
    store.chmod(0o770)
    opened(store, mode=0o770).close()


def test_a_directory_that_others_may_read_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = tmp_path / "store"
    store.mkdir()
    store.chmod(0o755)
    opened(store).close()
    assert str(store) in caplog.text


def test_a_new_directory_is_the_owners(tmp_path: Path) -> None:
    opened(tmp_path / "store").close()
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700


def test_a_symbolic_link_is_refused_unless_allowed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(LMDBError, match="link"):
        opened(tmp_path / "link")
    opened(tmp_path / "link", follow_symlinks=True).close()


def test_another_programs_store(tmp_path: Path, run: Any) -> None:
    run(
        """
        import lmdb, sys
        with lmdb.open(sys.argv[1]) as environment, environment.begin(write=True) as txn:
            txn.put(b"theirs", b"value")
        """,
        tmp_path / "store",
    )
    (tmp_path / "store").chmod(0o700)
    with pytest.raises(ForeignStoreError, match=str(tmp_path / "store")):
        opened(tmp_path / "store")


def test_a_store_open_through_py_lmdb_in_this_process(store_path: str, run: Any) -> None:
    opened(store_path).close()
    out = run(
        """
        import lmdb, sys
        from dishtayantra_lmdb import AlreadyOpenError, LMDBConfig, LMDBTransport
        environment = lmdb.open(sys.argv[1], max_dbs=8, readonly=True)
        transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1]))
        assert transport.initialize() is False
        try:
            transport.open()
        except AlreadyOpenError as error:
            print(error)
        environment.close()
        transport.open().put("key", 1)
        """,
        store_path,
    ).stdout
    assert store_path in out
    assert issubclass(AlreadyOpenError, LMDBError)


def test_py_lmdb_on_other_directories_is_no_matter(store_path: str, tmp_path: Path) -> None:
    with lmdb.open(str(tmp_path / "other")) as environment, opened(store_path) as transport:
        with environment.begin(write=True) as txn:
            txn.put(b"a", b"b")
        transport.put("key", 1)
        assert transport.get("key") == 1


def test_readers_full(tmp_path: Path, start: Any) -> None:
    path = tmp_path / "store"
    # The first to open a store that nobody has open decides.
    first = opened(path, max_readers=4)
    reader = """
        import sys
        from dishtayantra_lmdb import LMDBConfig, LMDBError, LMDBTransport, ReadersFullError
        try:
            transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
            view = transport.get("none")
        except ReadersFullError as error:
            print("full:", error, flush=True)
        else:
            print("reading", flush=True)
        sys.stdin.readline()
    """
    said = []
    readers = []
    for _ in range(8):
        readers.append(start(reader, path))
        said.append(readers[-1].stdout.readline())
    full = [line for line in said if line.startswith("full:")]
    assert full, said
    assert all("MDB_READERS_FULL" in line for line in full), said
    for process in readers:
        process.kill()
        process.wait()
    # The dead leave their places.
    first.close()
    with opened(path) as transport:
        assert transport.get("none") is None
    assert issubclass(ReadersFullError, LMDBError)


def test_a_limit_on_memory_is_named(store_path: str, run: Any) -> None:
    out = run(
        """
        import resource, sys
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        from dishtayantra_lmdb.errors import LimitError
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        try:
            LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
        except LimitError as error:
            print(error)
        """,
        store_path,
    ).stdout
    assert "RLIMIT_AS" in out
    assert resource.RLIMIT_AS is not None


def test_keys_and_databases_that_are_not_allowed(store_path: str) -> None:
    with opened(store_path) as transport:
        for key in ("", "x" * 512):
            for call in (transport.get, transport.contains, transport.delete, transport.view):
                with pytest.raises(BadKeyError):
                    call(key)
        for name in ("_dy_meta", "n" * 600):
            with pytest.raises(BadKeyError):
                transport.put("key", 1, db_name=name)


def test_too_many_databases(store_path: str) -> None:
    with opened(store_path, max_dbs=3) as transport:
        for index in range(3):
            transport.put("key", 1, db_name=f"db {index}")
        with pytest.raises(errors.DatabasesFullError, match="max_dbs"):
            transport.put("key", 1, db_name="db 3")


def test_use_after_close(store_path: str) -> None:
    transport = opened(store_path)
    store = transport._ready()
    transport.close()
    for call in (transport.stats, transport.sweep, transport.audit, transport.keys):
        with pytest.raises(StoreClosedError):
            call()
    with pytest.raises(StoreClosedError):
        store.sweep()


def test_a_handle_closed_while_other_threads_use_it(store_path: str) -> None:
    import threading

    failures: list[BaseException] = []
    for _ in range(15):
        transport = opened(store_path)
        transport.put("key", np.arange(5000), format="numpy")

        def use(transport: LMDBTransport = transport) -> None:
            try:
                while True:
                    transport.get("key")
                    transport.put("other", b"x" * 5000, format="raw")
            except StoreClosedError:
                pass
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=use) for _ in range(3)]
        for thread in threads:
            thread.start()
        transport.close()
        for thread in threads:
            thread.join()
    assert failures == []


def test_every_public_name_is_there() -> None:
    for name in dishtayantra_lmdb.__all__:
        assert getattr(dishtayantra_lmdb, name) is not None
    for module, names in {
        "lmdb_transport": "LMDBTransport LMDBConfig DataFormat DataEnvelope LMDBCalculatorMixin "
        "get_transport lmdb_put lmdb_get lmdb_delete",
        "lmdb_calculator": "LMDBCalculatorConfig LMDBDataExchange LMDBEnabledCalculator "
        "LMDBExchangeMode LMDBCalculatorMixin wrap_with_lmdb DataFormat LMDBTransport",
        "lmdb_types": "DataFormat LMDBConfig DataEnvelope LMDBExchangeMode",
        "lmdb_zero_copy": "View LMDBCalculatorMixin get_transport lmdb_put lmdb_get lmdb_delete",
    }.items():
        imported = __import__(f"dishtayantra_lmdb.{module}", fromlist=["*"])
        for name in names.split():
            assert getattr(imported, name) is getattr(dishtayantra_lmdb, name)
