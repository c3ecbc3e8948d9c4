"""The installed headers: without warnings, beside the macros of others, and as ranges of C++20."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-pedantic", "-Werror"]
COMPILERS = ["g++", "clang++"]


def compiled(compiler: str, *arguments: object) -> None:
    """Compiles without making anything; fails when it is not silent."""
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}; make setup installs it")
    run = subprocess.run(
        [compiler, "-fsyntax-only", f"-I{ROOT}/include", *map(str, arguments)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize(
    ("standard", "first"), [("c++20", []), ("c++17", ["-include", HERE / "macros.hpp"])], ids=["alone", "macros"]
)
def test_the_headers_are_silent(compiler: str, standard: str, first: list[object]) -> None:
    compiled(compiler, f"-std={standard}", *WARNINGS, *first, HERE / "program.cpp")


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("standard", ["c99", "c17"])
def test_the_c_header_is_silent(compiler: str, standard: str) -> None:
    compiled(compiler, f"-std={standard}", *WARNINGS, HERE / "program.c")


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_base_for_python_is_silent(compiler: str, tmp_path: Path) -> None:
    """pybind11 goes as a system's header, whose warnings are not ours, and before the macros."""
    found = subprocess.run([sys.executable, "-m", "pybind11", "--includes"], capture_output=True, text=True, check=True)
    includes = [flag.replace("-I", "-isystem", 1) for flag in shlex.split(found.stdout)]
    before = tmp_path / "before.hpp"
    before.write_text(f'#include <pybind11/pybind11.h>\n#include <pybind11/numpy.h>\n#include "{HERE}/macros.hpp"\n')
    compiled(compiler, "-std=c++17", *WARNINGS, *includes, "-include", before, HERE / "module.cpp")


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_span_is_a_range_of_cpp20(compiler: str, tmp_path: Path) -> None:
    compiled(compiler, "-std=c++20", *WARNINGS, HERE / "ranges.cpp")
    program = tmp_path / "ranges"
    subprocess.run([compiler, "-std=c++20", f"-I{ROOT}/include", HERE / "ranges.cpp", f"-L{ROOT}/target/release",
                    "-ldishtayantra_lmdb", "-o", program], check=True)  # fmt: skip
    told = subprocess.run([program], env={"LD_LIBRARY_PATH": f"{ROOT}/target/release"}, capture_output=True, text=True)
    assert told.stdout == "ok\n"
