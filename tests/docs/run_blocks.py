"""Runs the blocks of a page in their order, in a directory of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import tomllib
import yaml
from pages import ROOT, Block, blocks

PREFIX = ROOT / "build" / "install"
# Where the pages have their stores; here it is a directory of the page's own.
STORE = "/tmp/exchange"
DEBUG = ROOT / "target" / "debug"
PATIENCE = 280
# Where it is set, as in CI, what takes namespaces is run whether they are permitted or not.
REQUIRED = "DY_LMDB_REQUIRE_NAMESPACES"


def makes_namespaces() -> bool:
    """Whether blocks that make namespaces are to be run."""
    probe = ["unshare", "--pid", "--fork", "--mount", "--mount-proc", "--uts", "--time", "true"]
    return (
        os.environ.get(REQUIRED) == "1" or subprocess.run(probe, capture_output=True, timeout=PATIENCE).returncode == 0
    )


def rust_crate() -> None:
    """Builds the crate that Rust's blocks use."""
    subprocess.run(
        ["cargo", "build", "--locked", "--quiet", "--package", "dishtayantra-lmdb"],
        cwd=ROOT,
        check=True,
        timeout=PATIENCE,
    )


def jars() -> list[str]:
    found = [
        str(jar)
        for jar in sorted((ROOT / "java").glob("*/target/dishtayantra-*.jar"))
        if not jar.stem.endswith(("-sources", "-javadoc", "-tests"))
    ]
    assert found, "the jars are not built: make java"
    return found


class BlockError(Exception):
    """A block did not do what it says."""


def check_mounts(block: Block, document: dict[str, Any]) -> None:
    """The volumes that a pod or a service of Compose mounts are those that the document has."""
    if "services" in document:
        volumes = set(document["volumes"])
        mounted = {volume.split(":")[0] for service in document["services"].values() for volume in service["volumes"]}
    else:
        pod = document["spec"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        containers = [*pod["containers"], *pod.get("initContainers", [])]
        mounted = {mount["name"] for container in containers for mount in container["volumeMounts"]}
    if volumes != mounted:
        raise BlockError(f"{block}: there are the volumes {sorted(volumes)}, mounted are {sorted(mounted)}")


class Run:
    """A page on its way."""

    def __init__(self, page: Path, directory: Path) -> None:
        self.page, self.directory = page, directory
        # None: the block before was not run.
        self.printed: str | None = ""
        self._before: dict[str, str] = {}
        self._rust_done = False
        self.environment = {
            **os.environ,
            # A home where nobody has set anything yet; the toolchain is in the real one.
            "HOME": str(directory),
            "CARGO_HOME": os.environ.get("CARGO_HOME") or str(Path.home() / ".cargo"),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME") or str(Path.home() / ".rustup"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PKG_CONFIG_PATH": f"{PREFIX}/lib/pkgconfig",
            "CMAKE_PREFIX_PATH": str(PREFIX),
            "CLASSPATH": os.pathsep.join([".", *jars()]),
            "SOURCE": str(ROOT),
            # What builds wheels is in the environment already.
            "PIP_NO_BUILD_ISOLATION": "false",
            "PREFIX": str(PREFIX),
            # Built where the next run finds what it depends on.
            "CARGO_TARGET_DIR": str(ROOT / "build" / "templates" / "rust"),
            # Clusters of this machine alone, which tell nobody, and whose stores go with the page's directory.
            "DISHTAYANTRA_RAY_DIRECTORY": str(directory / "ray"),
            "RAY_AUTH_MODE": "disabled",
            "RAY_USAGE_STATS_ENABLED": "0",
            "DISHTAYANTRA_LMDB_LIBRARY": str(ROOT / "target" / "release" / "libdishtayantra_lmdb.so"),
        }

    def all(self, wanted: Callable[[Block], bool] = lambda block: True) -> int:
        """Runs the blocks that are wanted; says how many."""
        count = 0
        for block in blocks(self.page):
            if block.note.startswith("none"):
                if not re.match(r"none, \S", block.note):
                    raise BlockError(f"{block}: it is not run, and nothing says why")
                continue
            if wanted(block):
                self._one(block)
                count += 1
        return count

    def _one(self, block: Block) -> None:
        text = block.text.replace(STORE, str(self.directory / "exchange"))
        if block.note.startswith("file "):
            place = self.directory / block.note.removeprefix("file ")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
            return
        if block.note == "namespaces" and not makes_namespaces():
            self.printed = None
            return
        if block.note == "prints" and self.printed is None:
            return
        if block.note == "prints":
            pattern = ".*".join(re.escape(part) for part in block.text.split("…"))
            if not re.fullmatch(pattern, self.printed, re.DOTALL):
                raise BlockError(f"{block}: printed was\n{self.printed}")
            return
        if block.note == "goes on":
            text = self._before[block.language] + text
        elif block.note and block.note != "namespaces":
            raise BlockError(f"{block}: nothing is known of a block that is '{block.note}'")
        self._before[block.language] = text
        run = getattr(self, f"_run_{block.language or 'text'}", None)
        if run is None:
            raise BlockError(f"{block}: nothing runs '{block.language}'")
        run(block, text)

    def _command(self, block: Block, *command: str) -> None:
        run = subprocess.run(
            command, cwd=self.directory, env=self.environment, capture_output=True, text=True, timeout=PATIENCE
        )
        if run.returncode != 0:
            raise BlockError(f"{block}: {shlex.join(command)[:300]}\n{run.stdout}\n{run.stderr}")
        if "warning: " in run.stderr:
            raise BlockError(f"{block}: warns\n{run.stderr}")
        self.printed = run.stdout

    def _written(self, name: str, text: str) -> str:
        (self.directory / name).write_text(text)
        return name

    def _run_text(self, block: Block, text: str) -> None:
        """Nothing to run."""

    def _run_sh(self, block: Block, text: str) -> None:
        self._command(block, "bash", "-euo", "pipefail", "-c", text)

    def _run_python(self, block: Block, text: str) -> None:
        # In a file, as programs are that start others.
        self._command(block, sys.executable, self._written(f"block_{block.line}.py", text))

    def _run_cpp(self, block: Block, text: str) -> None:
        self._native(block, text, "c++ -std=c++17", f"block_{block.line}.cpp")

    def _run_c(self, block: Block, text: str) -> None:
        self._native(block, text, "cc -std=c99", f"block_{block.line}.c")

    def _native(self, block: Block, text: str, compiler: str, name: str) -> None:
        self._written(name, text)
        flags = "-Wall -Wextra -Werror $(pkg-config --cflags --libs dishtayantra_lmdb) -Wl,-rpath,$PREFIX/lib"
        if "python.hpp" in text:
            flags += " $(python -m pybind11 --includes)"
        if "main(" in text:
            self._command(block, "sh", "-c", f"{compiler} {name} {flags} -o program && ./program")
        else:
            self._command(block, "sh", "-c", f"{compiler} -fsyntax-only {name} {flags}")

    def _run_java(self, block: Block, text: str) -> None:
        found = re.search(r"^(?:public )?(?:final )?class (\w+)", text, re.MULTILINE)
        if found is None:
            raise BlockError(f"{block}: no class")
        self._written(f"{found[1]}.java", text)
        self._command(block, "javac", "-d", ".", "-Xlint:all,-processing", "-Werror", f"{found[1]}.java")
        if "static void main" in text:
            self._command(block, "java", found[1])

    def _run_rust(self, block: Block, text: str) -> None:
        """All of the page at once, as rustdoc does it: what has no ``main`` becomes one."""
        if self._rust_done:
            return
        self._rust_done = True
        lines = [""] * len(self.page.read_text().splitlines())
        for other in blocks(self.page):
            if other.language == "rust" and not other.note:
                body = other.text.replace(STORE, str(self.directory / "exchange")).splitlines()
                lines[other.line - 1 : other.line + len(body) + 1] = [f"```rust{other.flags}", *body, "```"]
        self._written("rust.md", "\n".join(lines))
        self._command(
            block, "rustdoc", "--test", "--edition", "2024", "rust.md", "--extern",
            f"dishtayantra={DEBUG}/libdishtayantra.rlib", "-L", f"dependency={DEBUG}/deps",
            "--test-run-directory", str(self.directory),
        )  # fmt: skip

    def _run_toml(self, block: Block, text: str) -> None:
        tomllib.loads(text)

    def _run_json(self, block: Block, text: str) -> None:
        json.loads(text)

    def _run_yaml(self, block: Block, text: str) -> None:
        for document in yaml.safe_load_all(text):
            check_mounts(block, document)

    def _run_xml(self, block: Block, text: str) -> None:
        ElementTree.fromstring(f"<all>{text}</all>")

    def _run_cmake(self, block: Block, text: str) -> None:
        project = "cmake_minimum_required(VERSION 3.18)\nproject(block LANGUAGES CXX)\nadd_library(mine INTERFACE)\n"
        text = text.replace("mine PRIVATE", "mine INTERFACE")
        place = self.directory / f"cmake_{block.line}"
        place.mkdir()
        (place / "CMakeLists.txt").write_text(project + text)
        self._command(block, "cmake", "-S", str(place), "-B", str(place / "tree"))
