"""Puts the shared library and the licences into the wheel, and gives it the tag of this platform.

An editable installation takes the library from ``target/release`` instead, so it needs none at that
time.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging import tags

LIBRARY = "libdishtayantra_lmdb.so"
VARIABLE = "DISHTAYANTRA_LMDB_LIBRARY"
PACKAGE = "dishtayantra_lmdb"


class LibraryHook(BuildHookInterface):  # type: ignore[type-arg, unused-ignore]
    """Runs before a wheel is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds what the wheel needs beside the Python files."""
        if version == "editable":
            return
        project = Path(self.root).resolve().parents[1]
        named = os.environ.get(VARIABLE)
        library = Path(named) if named else project / "target" / "release" / LIBRARY
        if not library.is_file():
            raise FileNotFoundError(
                f"{library} is not there: build it with 'cargo build --release', "
                f"or name it in {VARIABLE}"
            )
        included = build_data["force_include"]
        included[str(library.resolve())] = f"{PACKAGE}/{LIBRARY}"
        for licence in licences(project):
            included[str(licence)] = f"{PACKAGE}/licenses/{licence.name}"
        # No code in it is compiled for a version of Python, but the library is for a platform.
        build_data["tag"] = f"py3-none-{next(tags.platform_tags())}"
        build_data["pure_python"] = False


def licences(project: Path) -> list[Path]:
    """The licences of this project and of what is linked into the library.

    Raises:
        FileNotFoundError: there are none, and without them the wheel must not be passed on.
    """
    found = sorted([*project.glob("LICENSE-*"), *(project / "LICENSES").glob("*")])
    if not found:
        raise FileNotFoundError(f"no licences in {project}")
    return found
