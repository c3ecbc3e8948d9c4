"""``python -m dishtayantra_lmdb [STORE]``: what is installed, what is in use, and what is wrong.

Ends with 1 when something is wrong. Looks at the store without creating it.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec

from . import __version__, java
from ._library import load
from ._library.abi import OPEN_EXISTING, OPEN_NO_SWEEPER, lib, lmdb_version
from ._library.abi import version as library_version
from ._library.help import documentation
from ._library.types import LMDBConfig, default_db_path
from ._store.store import Store, data_file
from .errors import LMDBError

_DISTRIBUTION = "dishtayantra-lmdb"
# What is used when it is there, and what it is imported as.
_PACKAGES = {
    "msgpack": "msgpack",
    "numpy": "numpy",
    "pyarrow": "pyarrow",
    "py4j": "py4j",
    "JPype1": "jpype",
}


class Report:
    """Lines of a name and what is to be said of it, and what is wrong."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.wrong: list[str] = []

    def say(self, name: str, text: str) -> None:
        """One more line; without a name it goes on with the one before."""
        self.lines.append((name, text))

    def show(self) -> None:
        """Prints what was found."""
        for name, text in self.lines:
            print(f"{name:<10}{text}")
        for text in self.wrong or ["nothing found"]:
            print(f"{'wrong':<10}{text}")


def main(arguments: list[str] | None = None) -> int:
    """What ``python -m dishtayantra_lmdb`` does; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m dishtayantra_lmdb", description=__doc__)
    parser.add_argument("store", nargs="?", metavar="STORE", help="directory; default: the usual")
    asked = parser.parse_args(arguments)
    report = Report()
    _package(report)
    _library(report)
    _optional(report)
    _jars(report)
    _store(report, asked.store)
    report.show()
    return 1 if report.wrong else 0


def _package(report: Report) -> None:
    report.say("package", f"{_DISTRIBUTION} {__version__}, {os.path.dirname(__file__)}")
    report.say(
        "Python",
        f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}",
    )
    report.say("system", platform.platform())
    pages = documentation()
    report.say("docs", "not here" if pages is None else f"{pages}, by error: troubleshooting.md")


def _library(report: Report) -> None:
    found = library_version()
    report.say(
        "library",
        f"{found}, ABI {lib.abi_version()} (needed: {load.ABI_VERSION} or later), {lmdb_version()}",
    )
    files = list(dict.fromkeys(_mapped(load.FILE_NAME)))
    for file in files:
        report.say("", file)
    if len(files) > 1:
        report.wrong.append("this process has several copies of the library: see operations.md")
    if any(file.endswith(" (deleted)") for file in files):
        report.wrong.append("the library's file was removed or replaced: restart this process")
    if found != __version__:
        report.wrong.append(f"the library is of version {found}, the package of {__version__}")
    if os.environ.get(load.VARIABLE):
        report.say("", f"named by {load.VARIABLE}={os.environ[load.VARIABLE]}")


def _mapped(name: str) -> Iterator[str]:
    """The files of this process's mappings whose name begins with ``name``."""
    with open("/proc/self/maps", errors="surrogateescape") as maps:
        for line in maps:
            place = line.rstrip("\n").partition("/")[2]
            if os.path.basename(place).startswith(name):
                yield "/" + place


def _optional(report: Report) -> None:
    """The packages that are used when they are there."""
    found = [f"{name} {_installed(name, module)}" for name, module in _PACKAGES.items()]
    report.say("packages", ", ".join(found))
    if find_spec("msgpack") is None:
        report.wrong.append("the package msgpack is missing: pip install 'msgpack>=1.1,<2'")
    try:
        requires(_DISTRIBUTION)
    except PackageNotFoundError:
        report.say("", f"{_DISTRIBUTION} is not installed: its files were found on sys.path")


def _installed(name: str, module: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing" if find_spec(module) is None else "of unknown version"


def _jars(report: Report) -> None:
    try:
        places = java.class_path()
    except FileNotFoundError:
        places = [f"none here; from a Maven repository: {' '.join(java.COORDINATES)}"]
    for place in places:
        report.say("jars" if place is places[0] else "", place)


def _store(report: Report, given: str | None) -> None:
    path = given or default_db_path()
    why = "" if given else f" ({_why(path)})"
    if _is_absent(data_file(path)):
        report.say("store", f"{path}{why}: not there; it is made when it is first opened")
        if given:
            report.wrong.append(f"there is no store in {path}")
        return
    try:
        store = Store.open(LMDBConfig(db_path=path), OPEN_EXISTING | OPEN_NO_SWEEPER)
    except LMDBError as error:
        report.say("store", f"{path}{why}: cannot be opened")
        report.wrong.append(f"{type(error).__name__}: {error}; help: {error.help}")
        return
    try:
        stats = store.stats()
    finally:
        store.close()
    entries = sum(database["entries"] for database in stats["databases"].values())
    corrupt = sum(database["corrupt"] for database in stats["databases"].values())
    report.say("store", f"{path}{why}: format {stats['format_version']}, {stats['durability']}")
    report.say(
        "",
        f"{entries} entries in {len(stats['databases'])} databases, "
        f"{stats['map']['on_disk']:,} bytes on disk, at most {stats['map']['limit']:,}",
    )
    others = sorted(
        {reader["pid"] for reader in stats["readers"] if reader["engine"] != stats["engine"]}
    )
    report.say("", f"read by {', '.join(map(str, others)) or 'no other process'}")
    if corrupt:
        report.wrong.append(f"{corrupt} entries of {path} are corrupt")
    if stats["sweeper_error"]:
        report.wrong.append(f"the sweeper of {path}: {stats['sweeper_error']}")


def _is_absent(file: str) -> bool:
    """Whether a file is not there; what may not be looked at is not absent."""
    try:
        os.lstat(file)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        pass
    return False


def _why(path: str) -> str:
    if os.environ.get("LMDB_DB_PATH"):
        return "LMDB_DB_PATH"
    return "the default" if path.startswith("/tmp/") else "the property lmdb.db.path"


if __name__ == "__main__":
    sys.exit(main())
