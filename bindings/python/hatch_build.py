"""Puts library, licences, jars and documentation into the wheel, and gives it a platform tag.

The library is the one that ``DISHTAYANTRA_LMDB_LIBRARY`` names, or the checkout's, or it is built
from the Rust sources in the source distribution. An editable installation takes it from
``target/release`` and needs none at that time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LIBRARY = "libdishtayantra_lmdb.so"
VARIABLE = "DISHTAYANTRA_LMDB_LIBRARY"
PACKAGE = "dishtayantra_lmdb"
JARS = ("lmdb", "calculators")


class LibraryHook(BuildHookInterface):  # type: ignore[type-arg, unused-ignore]
    """Runs before a wheel is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds what the wheel needs beside the Python files."""
        if version == "editable":
            return
        root = Path(self.root).resolve()
        self.scratch = Path(tempfile.mkdtemp(prefix="dishtayantra_lmdb-"))
        included = build_data["force_include"]
        included[str(stripped(library(root), self.scratch))] = f"{PACKAGE}/{LIBRARY}"
        project = checkout(root)
        if project:
            metadata = f"{PACKAGE}-{self.metadata.version}.dist-info"
            for licence in licences(project):
                included[str(licence)] = f"{metadata}/licenses/{licence.relative_to(project)}"
        for page in pages(project or root):
            included[str(page)] = f"{PACKAGE}/docs/{page.name}"
        for jar in jars(root, self.scratch):
            included[str(jar)] = f"{PACKAGE}/_jars/{jar.name}"
        # No code in it is compiled for a version of Python, but the library is for a platform.
        platform = re.sub(r"\W", "_", sysconfig.get_platform())
        build_data["tag"] = f"py3-none-{platform}"
        build_data["pure_python"] = False

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes what was made for the wheel alone."""
        if version != "editable":
            shutil.rmtree(self.scratch)


def checkout(root: Path) -> Path | None:
    """The top of the project's tree; None in a source distribution, which has all of it."""
    return root.parents[1] if root.parts[-2:] == ("bindings", "python") else None


def library(root: Path) -> Path:
    """The shared library, which is built when only its sources are there."""
    named = os.environ.get(VARIABLE)
    if named:
        if not Path(named).is_file():
            raise SystemExit(f"error: {VARIABLE} names {named}, which is not there")
        return Path(named).resolve()
    project = checkout(root)
    if project is None:
        return built(root / "engine")
    found = project / "target" / "release" / LIBRARY
    if not found.is_file():
        raise SystemExit(f"error: {found} is not there: run 'make build', or name it in {VARIABLE}")
    return found


def built(sources: Path) -> Path:
    """The library, built by cargo from the sources that the source distribution carries."""
    manifest = (sources / "Cargo.toml").read_text()
    wanted = re.search(r'^rust-version = "(.+)"$', manifest, re.MULTILINE)
    assert wanted, "no rust-version in engine/Cargo.toml"
    rust = f"Rust {wanted[1]} or newer"
    tools = {f"{rust} (cargo)": "cargo", "a C compiler (cc)": os.environ.get("CC", "cc")}
    missing = [name for name, tool in tools.items() if shutil.which(tool) is None]
    if missing:
        raise SystemExit(
            f"error: building dishtayantra-lmdb from source needs {' and '.join(missing)}; "
            f"install what is missing, or name a built {LIBRARY} in {VARIABLE}"
        )
    # The LMDB that comes with it, never the system's.
    environment = {**os.environ, "LIBLMDB_NO_PKG_CONFIG": "1"}
    target = sources / "target"
    done = subprocess.run(
        ["cargo", "build", "--release", "--locked", "--lib", "--target-dir", str(target)],
        cwd=sources,
        env=environment,
    )
    if done.returncode != 0:
        raise SystemExit(f"error: cargo could not build the library, see above ({rust} is needed)")
    return target / "release" / LIBRARY


def stripped(library: Path, scratch: Path) -> Path:
    """The library without debugging information; as it is where there is no ``strip``."""
    strip = shutil.which("strip")
    if strip is None:
        return library
    copy = scratch / LIBRARY
    subprocess.run([strip, "--strip-unneeded", "-o", str(copy), str(library)], check=True)
    return copy


def licences(project: Path) -> list[Path]:
    """The licences of this project and of what is linked into the library.

    Raises:
        FileNotFoundError: there are none, and without them the wheel must not be passed on.
    """
    found = sorted([*project.glob("LICENSE-*"), *(project / "LICENSES").glob("*")])
    if not found:
        raise FileNotFoundError(f"no licences in {project}")
    return found


def pages(top: Path) -> list[Path]:
    """The documentation, which errors name places in.

    Raises:
        FileNotFoundError: there is none.
    """
    found = sorted((top / "docs").glob("*.md"))
    if not found:
        raise FileNotFoundError(f"no pages in {top / 'docs'}")
    return found


def jars(root: Path, scratch: Path) -> list[Path]:
    """The jars, where they were built, without the library in them: Java takes the wheel's."""
    project = checkout(root)
    found = []
    for artifact in JARS:
        place = project / "java" / artifact / "target" if project else root / "jars"
        for jar in sorted(place.glob(f"dishtayantra-{artifact}-*.jar")):
            if not jar.stem.endswith(("-sources", "-javadoc", "-tests")):
                found.append(without_natives(jar, scratch / jar.name))
    return found


def without_natives(jar: Path, to: Path) -> Path:
    """A copy of a jar without the directory ``native``."""
    with (
        zipfile.ZipFile(jar) as source,
        zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target,
    ):
        for entry in source.infolist():
            if not entry.filename.startswith("native/"):
                target.writestr(entry, source.read(entry), zipfile.ZIP_DEFLATED, 9)
    return to
